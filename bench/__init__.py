"""Measurements of this project; run by `make bench`."""
