"""One module a subject of a deal; each yields its checks in order."""
