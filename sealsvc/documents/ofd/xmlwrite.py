"""Writing the XML parts of an OFD as text: no tree is built, the same values give the same bytes.

Source: GB/T 33190-2016; ofd.md sections 3, 6 and 7.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from sealsvc.errors import BadInput

NAMESPACE = "http://www.ofdspec.org/2016"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_WHITE = "\t\n\r"
_LONGEST_TEXT = 1_000_000


class XmlTextInvalid(BadInput):
    """A value holds a character that XML 1.0 cannot carry, or is longer than a document may be."""

    code = "OFD_TEXT_INVALID"


def escaped(value: str) -> str:
    """Character data. Raises: XmlTextInvalid."""
    return escape(_carried(value))


Attributes = Mapping[str, str]
Content = str | Iterable[str]


def named(name: str, attributes: Attributes | None = None, content: Content = "") -> str:
    """`<name …>content</name>` under a qualified name; content is already XML.

    Raises: XmlTextInvalid.
    """
    inner = content if isinstance(content, str) else "".join(content)
    opening = name + "".join(
        f" {key}={quoteattr(_carried(value))}" for key, value in (attributes or {}).items()
    )
    return f"<{opening}>{inner}</{name}>" if inner else f"<{opening}/>"


def element(name: str, attributes: Attributes | None = None, content: Content = "") -> str:
    """The same for an element of OFD. Raises: XmlTextInvalid."""
    return named(f"ofd:{name}", attributes, content)


def part(name: str, attributes: Attributes | None = None, content: Content = "") -> bytes:
    """A whole part, UTF-8 without a byte order mark. Raises: XmlTextInvalid."""
    declared = {"xmlns:ofd": NAMESPACE, **(attributes or {})}
    return (DECLARATION + element(name, declared, content)).encode("utf-8")


def number(value: float) -> str:
    """A plain decimal of at most three places, never an exponent (ofd.md section 6)."""
    plain = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


def box(x: float, y: float, width: float, height: float) -> str:
    """ST_Box: `x y width height`, millimetres."""
    return " ".join(number(one) for one in (x, y, width, height))


def signature_time(at: datetime) -> str:
    """SignatureDateTime: yyyyMMddHHmmssZ, UTC (ofd.md section 6)."""
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")


def _carried(value: str) -> str:
    """The value itself. Source: XML 1.0, production 2 (Char)."""
    if len(value) > _LONGEST_TEXT:
        raise XmlTextInvalid()
    # Whatever Python calls printable is an XML character, and most values are.
    if not value.isprintable() and not all(_is_xml(one) for one in value):
        raise XmlTextInvalid()
    return value


def _is_xml(character: str) -> bool:
    point = ord(character)
    if point < 0x20:
        return character in _WHITE
    return not (0xD800 <= point <= 0xDFFF or point in (0xFFFE, 0xFFFF))
