"""Strict DER, an element at a time: definite and shortest lengths, low tag numbers, no slack.

Source: ITU-T X.690 sections 8.1 and 10.1.
"""

from sealsvc.documents.pdf.fast.refusal import NotUnderstood

SEQUENCE, SET, OCTET_STRING, INTEGER, OBJECT_IDENTIFIER = 0x30, 0x31, 0x04, 0x02, 0x06
_HIGH_TAG = 0x1F
_LONG, _MAX_LENGTH_BYTES = 0x80, 4


def content_of(buffer: bytes, at: int, tag: int) -> tuple[int, int]:
    """Where the content of the element at `at` starts and ends. Raises: NotUnderstood."""
    try:
        if buffer[at] != tag:
            raise NotUnderstood("tag")
        length, start = buffer[at + 1], at + 2
        if length >= _LONG:
            count = length - _LONG
            if not 0 < count <= _MAX_LENGTH_BYTES or not buffer[start]:
                raise NotUnderstood("length")
            length = int.from_bytes(buffer[start : start + count], "big")
            if length < _LONG:
                raise NotUnderstood("length")
            start += count
    except IndexError as error:
        raise NotUnderstood("end of data") from error
    end = start + length
    if end > len(buffer):
        raise NotUnderstood("end of data")
    return start, end


def element_at(buffer: bytes, at: int, tag: int) -> bytes:
    """The whole element at `at`. Raises: NotUnderstood."""
    return buffer[at : content_of(buffer, at, tag)[1]]


def whole(buffer: bytes, tag: int) -> tuple[int, int]:
    """Start and end of the content of the one element that fills the buffer.

    Raises: NotUnderstood.
    """
    start, end = content_of(buffer, 0, tag)
    if end != len(buffer):
        raise NotUnderstood("data behind an element")
    return start, end


def elements(buffer: bytes, at: int, end: int, tag: int) -> list[bytes]:
    """The elements, all of one tag, that fill the bytes up to `end`. Raises: NotUnderstood."""
    found: list[bytes] = []
    while at < end:
        last = content_of(buffer, at, tag)[1]
        found.append(buffer[at:last])
        at = last
    if at != end:
        raise NotUnderstood("end of an element")
    return found
