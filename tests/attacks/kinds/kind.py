"""What an attack is: a row of a table."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.attacks.world import World

Make = Callable[[World, bytes], bytes]
INVOICE, CONTRACT, TWO = "invoice", "contract", "two_party"
ALL = (INVOICE, CONTRACT, TWO)

MODIFIED = frozenset({"MODIFIED"})
BROKEN = frozenset({"MODIFIED", "INVALID"})
REFUSED = frozenset({"MODIFIED", "INVALID", "INDETERMINATE", "DOCUMENT_UNREADABLE"})
UNTRUSTED = frozenset({"INVALID", "INDETERMINATE"})
"""The bytes hold, the signer is nobody."""


@dataclass(frozen=True)
class Kind:
    """One kind of attack. make: the forged file from the world and an honest one; bases: which.

    expected: summaries it may get, or codes of the refusal; TRUSTED and INTACT never stand here.
    """

    id: str
    description: str
    make: Make
    expected: frozenset[str] = REFUSED
    bases: tuple[str, ...] = ALL
