"""Transactions: attestations of third parties, and one verdict over a whole deal."""
