"""Domain of the electronic-seal and trusted-transaction service."""
