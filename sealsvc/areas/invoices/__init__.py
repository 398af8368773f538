"""Invoices (发票): taken on file, checked, claimed once, booked once, reversed by red letters."""
