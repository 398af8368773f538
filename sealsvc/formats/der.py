"""A strict DER reader that keeps the original bytes of every element.

Only what seals need: definite lengths in their shortest form, one-octet tags. Nothing recurses;
the caller walks down a structure it knows. Source: ITU-T X.690; seal-formats.md section 3.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from functools import lru_cache

MAX_BYTES = 16 * 1024 * 1024
MAX_CHILDREN = 4096
MAX_OID_OCTETS = 64
MAX_INTEGER_OCTETS = 8

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OBJECT_ID = 0x01, 0x02, 0x03, 0x04, 0x06
UTF8, PRINTABLE, T61, IA5, UTC_TIME, GENERALIZED_TIME = 0x0C, 0x13, 0x14, 0x16, 0x17, 0x18
VISIBLE, BMP = 0x1A, 0x1E
SEQUENCE, SET = 0x30, 0x31
CONTEXT_0, CONTEXT_1 = 0xA0, 0xA1


class DerInvalid(ValueError):
    """Bytes that are not the DER wanted here. The argument names the element, never content."""


@dataclass(frozen=True, slots=True)
class Tlv:
    """One element. source: the whole buffer; start, body, end: offsets of tag, content and end."""

    tag: int
    source: bytes
    start: int
    body: int
    end: int

    @property
    def content(self) -> bytes:
        """The content octets."""
        return self.source[self.body : self.end]

    @property
    def encoded(self) -> bytes:
        """Tag, length and content, as they were stored."""
        return self.source[self.start : self.end]

    def children(self) -> tuple["Tlv", ...]:
        """The elements inside. Raises: DerInvalid."""
        found = []
        at = self.body
        while at < self.end:
            child = _tlv(self.source, at, self.end)
            found.append(child)
            if len(found) > MAX_CHILDREN:
                raise DerInvalid("too many elements")
            at = child.end
        return tuple(found)


def _tlv(data: bytes, at: int, limit: int) -> Tlv:
    if at + 2 > limit:
        raise DerInvalid("truncated")
    tag, length, body = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise DerInvalid("tag")
    if length >= 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4 or body + octets > limit:
            raise DerInvalid("length")
        length = int.from_bytes(data[body : body + octets], "big")
        body += octets
        if length < 0x80 or length >> (8 * (octets - 1)) == 0:
            raise DerInvalid("length")
    if body + length > limit:
        raise DerInvalid("truncated")
    return Tlv(tag, data, at, body, body + length)


def read_one(data: bytes) -> Tlv:
    """The one element that `data` is. Raises: DerInvalid, also for trailing bytes."""
    if len(data) > MAX_BYTES:
        raise DerInvalid("too large")
    found = _tlv(data, 0, len(data))
    if found.end != len(data):
        raise DerInvalid("trailing bytes")
    return found


def unpadded(data: bytes) -> bytes:
    """The one element at the start of `data`, when only zeros follow it (a PDF's Contents).

    Raises: DerInvalid. Source: ofd.md section 10.
    """
    if len(data) > MAX_BYTES:
        raise DerInvalid("too large")
    found = _tlv(data, 0, len(data))
    if data.count(0, found.end) != len(data) - found.end:
        raise DerInvalid("trailing bytes")
    return found.encoded


def unarmored(data: bytes) -> tuple[bytes, bool]:
    """`data` as DER and whether it was stored as Base64 text. Raises: DerInvalid."""
    if data[:1] == b"\x30":
        return data, False
    if not data or len(data) > 2 * MAX_BYTES:
        raise DerInvalid("no SEQUENCE")
    try:
        plain = b64decode(b"".join(data.split()), validate=True)
    except (Base64Error, ValueError) as error:
        raise DerInvalid("no SEQUENCE") from error
    if plain[:1] != b"\x30":
        raise DerInvalid("no SEQUENCE")
    return plain, True


def expect(item: Tlv, tag: int, name: str) -> Tlv:
    """`item` itself. Raises: DerInvalid when it has another tag."""
    if item.tag != tag:
        raise DerInvalid(name)
    return item


def parts(item: Tlv, name: str, least: int, most: int) -> tuple[Tlv, ...]:
    """The elements of a SEQUENCE, `least` to `most` of them. Raises: DerInvalid."""
    found = expect(item, SEQUENCE, name).children()
    if not least <= len(found) <= most:
        raise DerInvalid(name)
    return found


def integer(item: Tlv, name: str) -> int:
    """A small INTEGER. Raises: DerInvalid when it is long or not in its shortest form."""
    content = expect(item, INTEGER, name).content
    if not 1 <= len(content) <= MAX_INTEGER_OCTETS or not _is_shortest(content):
        raise DerInvalid(name)
    return int.from_bytes(content, "big", signed=True)


def _is_shortest(content: bytes) -> bool:
    """Neither nine leading zeros nor nine leading ones (X.690 section 8.3.2)."""
    return len(content) < 2 or not (
        (content[0] == 0 and content[1] < 0x80) or (content[0] == 0xFF and content[1] >= 0x80)
    )


def unsigned(item: Tlv, name: str, most_octets: int) -> int:
    """A non-negative INTEGER of up to `most_octets`, sign octet not counted. Raises: DerInvalid."""
    content = expect(item, INTEGER, name).content
    if not 1 <= len(content) <= most_octets + 1 or content[0] >= 0x80:
        raise DerInvalid(name)
    if not _is_shortest(content):
        raise DerInvalid(name)
    return int.from_bytes(content, "big")


def octets(item: Tlv, name: str) -> bytes:
    """The octets of an OCTET STRING. Raises: DerInvalid."""
    return expect(item, OCTET_STRING, name).content


def bits(item: Tlv, name: str) -> bytes:
    """The octets of a BIT STRING without unused bits. Raises: DerInvalid."""
    content = expect(item, BIT_STRING, name).content
    if content[:1] != b"\x00":
        raise DerInvalid(name)
    return content[1:]


def explicit(item: Tlv, tag: int, name: str) -> Tlv:
    """The one element inside an explicit tag. Raises: DerInvalid."""
    inside = expect(item, tag, name).children()
    if len(inside) != 1:
        raise DerInvalid(name)
    return inside[0]


def oid(item: Tlv, name: str) -> str:
    """An OBJECT IDENTIFIER in dotted form. Raises: DerInvalid."""
    dotted = dotted_oid(expect(item, OBJECT_ID, name).content)
    if dotted is None:
        raise DerInvalid(name)
    return dotted


@lru_cache(maxsize=512)
def dotted_oid(content: bytes) -> str | None:
    """The dotted form of OID content octets; None when they do not decode."""
    if not content or len(content) > MAX_OID_OCTETS or content[-1] & 0x80:
        return None
    arcs, value, fresh = [], 0, True
    for octet in content:
        if fresh and octet == 0x80:
            return None
        value = value << 7 | octet & 0x7F
        fresh = not octet & 0x80
        if fresh:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))
