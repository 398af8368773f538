"""Strings of a PDF: decoding those that are compared, writing those we add.

Source: ISO 32000-2, 7.3.4 (literal and hexadecimal strings), 7.9.2 (text strings).
"""

import re
from datetime import UTC, datetime

from sealsvc.documents.pdf.fast.refusal import NotUnderstood

_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|\r|\n)|([\0-\xff]))|(\r\n|\r)")
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_SPECIAL = re.compile(rb"[\\()\r\n\0]")
_PLAIN = re.compile(r"[ -'*-\[\]-~]*")


def decode_string(raw: bytes | None) -> bytes:
    """The bytes of a raw string. Raises: NotUnderstood when it is none."""
    if raw is not None and raw[:1] == b"(":
        body = raw[1:-1]
        if b"\\" not in body and b"\r" not in body:
            return body
        return _ESCAPE.sub(_unescape, body)
    if raw is not None and raw[:1] == b"<" and raw[:2] != b"<<":
        digits = raw[1:-1].translate(None, b"\0\t\n\f\r ")
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    raise NotUnderstood("no string")


def _unescape(match: re.Match[bytes]) -> bytes:
    octal, line_end, letter, bare = match.groups()
    if octal is not None:
        return bytes((int(octal, 8) & 0xFF,))
    if line_end is not None:
        return b""
    if bare is not None:
        return b"\n"
    return _LETTERS.get(letter, letter)


def decode_text(raw: bytes | None) -> str:
    """A text string. Raises: NotUnderstood for one whose encoding we are not sure of."""
    value = decode_string(raw)
    try:
        if value.startswith(b"\xfe\xff"):
            return value[2:].decode("utf-16-be")
        if value.startswith(b"\xef\xbb\xbf"):
            return value[3:].decode("utf-8")
        return value.decode("ascii")
    except UnicodeDecodeError:
        # PDFDocEncoding above ASCII: only ever compared, and never equal to what we write.
        return value.decode("latin-1")


def text_string(text: str) -> bytes:
    """A raw literal string: ASCII as it is, anything else as UTF-16 (7.9.2.2)."""
    if _PLAIN.fullmatch(text) is not None:
        return b"(%b)" % text.encode("ascii")
    return b"(%b)" % _SPECIAL.sub(_escape, b"\xfe\xff" + text.encode("utf-16-be"))


def _escape(match: re.Match[bytes]) -> bytes:
    return b"\\%03o" % match.group()[0]


def date_string(moment: datetime) -> bytes:
    """A raw date in UTC, to the second (7.9.4)."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    day = utc.year, utc.month, utc.day
    return b"(D:%04d%02d%02d%02d%02d%02dZ)" % (*day, utc.hour, utc.minute, utc.second)
