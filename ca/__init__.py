"""Certificate engine: bytes and values in, bytes out; no database, no HTTP, no clock."""

from ca import asn1_names as asn1_names  # registers names with asn1crypto before anyone reads
