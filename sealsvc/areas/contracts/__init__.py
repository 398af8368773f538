"""Contracts: text, order of sealing, states, evidence."""
