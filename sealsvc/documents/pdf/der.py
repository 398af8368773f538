"""Whether bytes are encoded in DER as far as lengths go (ITU-T X.690, 10.1).

Whoever holds the file can encode the unsigned parts of a CMS anew; other encodings of the same
values are where two parsers may see two things.
"""

MAX_DEPTH = 64
CONSTRUCTED = 0x20
MORE_TAG = 0x1F
LONG = 0x80


def require_der(data: bytes) -> None:
    """All lengths are definite and minimal, and the elements fill each other exactly.

    Raises: ValueError. Source: ETSI EN 319 142-1 section 4.1 (the value is DER-encoded).
    """
    ends = [len(data)]
    position = 0
    while ends:
        if position == ends[-1]:
            ends.pop()
            continue
        constructed, position, end = _header(data, position)
        if end > ends[-1]:
            raise ValueError("element is longer than its holder")
        if not constructed:
            position = end
        elif len(ends) > MAX_DEPTH:
            raise ValueError("nested too deeply")
        else:
            ends.append(end)


def _header(data: bytes, position: int) -> tuple[bool, int, int]:
    """Whether the element is constructed, and the offsets of its content."""
    try:
        first = data[position]
        position += 1
        if first & MORE_TAG == MORE_TAG:
            while data[position] & LONG:
                position += 1
            position += 1
        length = data[position]
        position += 1
    except IndexError as error:
        raise ValueError("element is cut") from error
    if length >= LONG:
        size = length - LONG
        digits = data[position : position + size]
        if not 0 < size <= 4 or len(digits) < size or digits[0] == 0:
            raise ValueError("length is not in its shortest form")
        position += size
        length = int.from_bytes(digits)
        if length < LONG:
            raise ValueError("length is not in its shortest form")
    return bool(first & CONSTRUCTED), position, position + length
