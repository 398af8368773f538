"""Cheap looks at raw bytes before a parser in Python walks them token by token.

What is refused here no honest writer makes; a parser would take seconds, or all its memory, to
come to the same end. Whatever slips through is ended by the sandbox's own limits.
Source: ISO 32000-2, annex C (implementation limits).
"""

import re

MAX_NAME = 16_384
MAX_DIGITS = 4_096
MAX_SECTIONS = 4_000
# A run of digits inside a hexadecimal string (the padding of /Contents) follows other digits.
_LONG_NAME = re.compile(rb"/[^\0\t\n\f\r ()<>\[\]{}/%%]{%d}" % MAX_NAME)
_LONG_NUMBER = re.compile(rb"[\0\t\n\f\r \[][+-]?[0-9.]{%d}" % MAX_DIGITS)


def find_excess(data: bytes) -> str | None:
    """What makes the file too costly to read, as a word for `DocumentUnreadable`; None: nothing."""
    if data.count(b"trailer") > MAX_SECTIONS or data.count(b"/XRef") > MAX_SECTIONS:
        return "too many cross-reference sections"
    if _LONG_NAME.search(data) is not None:
        return "name too long"
    if _LONG_NUMBER.search(data) is not None:
        return "number too long"
    return None
