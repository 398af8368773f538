"""Strict base64 and decimals, shared by the text formats of the log.

Both raise plain ValueError: each format wraps it into its own error.
"""

import base64
import binascii
import re
from typing import Final

MAX_NUMBER: Final = 2**63 - 1
"""Largest tree size, index or POSIX time that the formats carry (signed 64 bit in Go)."""

_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")


def b64(data: bytes) -> str:
    """Standard padded base64. Source: RFC 4648 section 4."""
    return base64.b64encode(data).decode("ascii")


def unb64(text: str, *, canonical: bool = True) -> bytes:
    """Bytes of standard padded base64.

    canonical: refuse non-zero trailing bits; only readers of signature lines are lenient.
    Raises: ValueError. Source: RFC 4648 sections 3.5 and 4; transparency-log section 3.
    """
    if not _BASE64.fullmatch(text):
        raise ValueError("not padded standard base64")
    try:
        data = base64.b64decode(text)
    except binascii.Error as error:  # kept for stricter future decoders
        raise ValueError("not base64") from error
    if canonical and b64(data) != text:
        raise ValueError("base64 is not canonical")
    return data


def unb64_hash(text: str) -> bytes:
    """A SHA-256 value in canonical base64. Raises: ValueError."""
    data = unb64(text)
    if len(data) != 32:
        raise ValueError("not a 32-byte hash")
    return data


def parse_decimal(text: str) -> int:
    """A decimal 0..2**63-1 without sign or leading zeros. Raises: ValueError."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError("not a plain decimal")
    number = int(text)
    if number > MAX_NUMBER:
        raise ValueError("number above 2**63-1")
    return number
