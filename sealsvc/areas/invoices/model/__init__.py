"""Invoices: values, states, decisions and facts; pure."""
