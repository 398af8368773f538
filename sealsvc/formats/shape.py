"""What tells the kinds and versions apart before anything else is read.

Source: seal-formats.md section 7.
"""

from dataclasses import dataclass
from enum import StrEnum

from sealsvc.formats import der
from sealsvc.formats.der import DerInvalid, Tlv
from sealsvc.formats.parsed import ParsedSeal


class ObjectKind(StrEnum):
    """The kinds of object stored beside or inside a sealed document."""

    SEAL = "SEAL"
    SIGNATURE = "SIGNATURE"
    SIGNED_DATA = "SIGNED_DATA"
    BARE_VALUE = "BARE_VALUE"


class VersionsDisagree(ValueError):
    """Shape, header and TBS_Sign name different versions. The argument names the element."""


@dataclass(frozen=True)
class SealShape:
    """Top-level elements of an SESeal, whether the last is [0], and its header's version."""

    elements: int
    has_timestamp: bool
    header_version: int


@dataclass(frozen=True)
class SignatureItems:
    """An SES_Signature whose embedded seal is read already."""

    outer: Tlv
    seal: ParsedSeal


def kind_of(outer: Tlv) -> ObjectKind:
    """Which kind of object this is, by its first elements. Raises: DerInvalid."""
    items = der.expect(outer, der.SEQUENCE, "outer").children()
    if not items:
        raise DerInvalid("outer")
    first = items[0]
    if first.tag == der.OBJECT_ID:
        return ObjectKind.SIGNED_DATA
    if first.tag == der.INTEGER and len(items) == 2:
        return ObjectKind.BARE_VALUE
    inner = der.expect(first, der.SEQUENCE, "outer").children()
    if inner and inner[0].tag == der.INTEGER:
        return ObjectKind.SIGNATURE
    return ObjectKind.SEAL


def shape_of_seal(outer: Tlv) -> SealShape:
    """Raises: DerInvalid."""
    items = der.parts(outer, "seal", 2, 5)
    info = der.parts(items[0], "eSealInfo", 4, 5)
    head = der.parts(info[0], "header", 3, 3)
    return SealShape(
        elements=len(items),
        has_timestamp=items[-1].tag == der.CONTEXT_0,
        header_version=der.integer(head[1], "header.version"),
    )


def embedded_seal(outer: Tlv) -> Tlv:
    """`toSign.eseal` of an SES_Signature. Raises: DerInvalid."""
    items = der.parts(outer, "signature", 2, 5)
    tbs = der.parts(items[0], "toSign", 5, 7)
    return der.expect(tbs[1], der.SEQUENCE, "eseal")
