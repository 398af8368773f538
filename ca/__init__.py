"""Certificate engine: bytes and values in, bytes out; no database, no HTTP, no clock."""
