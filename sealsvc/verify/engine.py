"""Which judgement made a report: its version changes whenever code that judges does."""

from sealsvc.version import VERSION

# First 16 hex digits of the digest that tests/unit/verify/test_engine.py takes of this package;
# the test fails, and names the new value, until a change to the judgement is named here.
JUDGEMENT = "836f65c327618ac1"


def engine_version() -> str:
    """The service's version and, behind a plus, the judgement's. The policy has its own digest."""
    return f"{VERSION}+{JUDGEMENT}"
