"""What an attack on a national file is: a row of a table."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.attacks.ofd.craft import Parts, packed, parts_of
from tests.attacks.ofd.nation import DIGESTS, ONE, PDF, RICH, TWO, V5, Nation

Make = Callable[[Nation, bytes], bytes]
ONLY, BOTH, ALL, RICHER = (ONE,), (ONE, TWO), (ONE, TWO, V5, DIGESTS), (RICH,)
PDFS = (PDF,)

CHANGED = frozenset({"OFD_REFERENCE_DIGEST_MISMATCH"})
UNLISTED = frozenset({"OFD_SIGNATURE_UNLISTED"})
EXTRA = frozenset({"OFD_UNPROTECTED_EXTRA"})
PACKAGE = frozenset({"OFD_PACKAGE_INVALID"})
XML = frozenset({"OFD_XML_INVALID"})
HASH = frozenset({"CONTENT_DIGEST_DIFFERS"})
VALUE_WRONG = frozenset({"SIGNATURE_VALUE_WRONG"})
MALFORMED = frozenset({"SIG_FORMAT_INVALID"})


@dataclass(frozen=True)
class Kind:
    """One kind of attack. codes: one of them must name it; bases: which files it is done to."""

    id: str
    make: Make
    codes: frozenset[str]
    bases: tuple[str, ...] = ONLY


def edit(change: Callable[[Parts], object]) -> Make:
    """An attack on the parts, which are packed anew."""

    def make(nation: Nation, data: bytes) -> bytes:
        parts = parts_of(data)
        change(parts)
        return packed(parts)

    return make


def said(*codes: str) -> frozenset[str]:
    """Codes of which one must be found."""
    return frozenset(codes)
