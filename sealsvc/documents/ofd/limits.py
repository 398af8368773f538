"""What a package may cost. Source: ofd.md section 5; the rest are our own bounds."""

MAX_ENTRIES = 10_000
MAX_UNPACKED = 512 * 1024 * 1024
MAX_RATIO = 100
RATIO_FREE = 1024 * 1024
"""Entries up to this size may be packed more tightly than MAX_RATIO."""
MAX_NAME = 1024
MAX_COMMENT_CANDIDATES = 64
"""How many end records are looked at before a package is given up."""

MAX_XML = 32 * 1024 * 1024
MAX_XML_TOTAL = 96 * 1024 * 1024
MAX_BODIES = 100
MAX_SIGNATURES = 100
MAX_REFERENCES = 20_000
MAX_REFERENCES_TOTAL = 100_000
"""Of all signatures together: each costs a few look-ups."""
MAX_STAMPS = 10_000
MAX_PAGES = 10_000
MAX_REACHED = 50_000
MAX_PROBLEMS = 200
MAX_SIGNED_VALUE = 16 * 1024 * 1024
