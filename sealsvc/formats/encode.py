"""Writing minimal, strict DER. Source: ITU-T X.690 sections 8, 10 and 11."""

from datetime import UTC, datetime
from functools import lru_cache

from sealsvc.formats import der


def tlv(tag: int, content: bytes) -> bytes:
    """One element."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*elements: bytes) -> bytes:
    """A SEQUENCE of encoded elements."""
    return tlv(der.SEQUENCE, b"".join(elements))


def set_of(*elements: bytes) -> bytes:
    """A SET OF, its elements in the order DER demands (X.690 section 11.6)."""
    return tlv(der.SET, b"".join(sorted(elements)))


def integer(value: int) -> bytes:
    """An INTEGER."""
    return tlv(der.INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


@lru_cache(maxsize=512)
def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER. Raises: ValueError for text that is none."""
    arcs = [int(arc) for arc in dotted.split(".")]
    if len(arcs) < 2 or min(arcs) < 0 or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39):
        raise ValueError("object identifier")
    return tlv(
        der.OBJECT_ID, b"".join(_base128(arc) for arc in (40 * arcs[0] + arcs[1], *arcs[2:]))
    )


def _base128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(arc & 0x7F | 0x80)
    return bytes(reversed(octets))


def octets(content: bytes) -> bytes:
    """An OCTET STRING."""
    return tlv(der.OCTET_STRING, content)


def bits(content: bytes) -> bytes:
    """A BIT STRING without unused bits."""
    return tlv(der.BIT_STRING, b"\x00" + content)


def utf8(text: str) -> bytes:
    """A UTF8String. Raises: ValueError for lone surrogates."""
    return tlv(der.UTF8, text.encode("utf-8"))


def ia5(text: str) -> bytes:
    """An IA5String. Raises: ValueError for text that is not ASCII."""
    return tlv(der.IA5, text.encode("ascii"))


def printable(text: str) -> bytes:
    """A PrintableString; the caller vouches for the characters. Raises: ValueError."""
    return tlv(der.PRINTABLE, text.encode("ascii"))


def boolean(value: bool) -> bytes:
    """A BOOLEAN."""
    return tlv(der.BOOLEAN, b"\xff" if value else b"\x00")


def generalized(at: datetime) -> bytes:
    """A GeneralizedTime in whole seconds UTC (X.690 section 11.7). at: aware.

    Raises: ValueError for a time without a zone, which would be read as the machine's own.
    """
    if at.tzinfo is None:
        raise ValueError("time without a zone")
    text = at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()
    return tlv(der.GENERALIZED_TIME, text.translate(_PLAIN).encode("ascii") + b"Z")


def signing_time(at: datetime) -> bytes:
    """UTCTime through 2049, GeneralizedTime from 2050 (RFC 5652 section 11.3). at: aware."""
    whole = generalized(at)
    if not 1950 <= at.astimezone(UTC).year <= 2049:
        return whole
    return tlv(der.UTC_TIME, whole[4:])


_PLAIN = str.maketrans("", "", "-:T")
