"""Invoices read from every carrier into one model; pure, exact decimals, never raising."""
