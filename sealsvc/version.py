"""The version, in one place for /version, reports and pyproject (a test compares them)."""

VERSION = "0.1.0"
