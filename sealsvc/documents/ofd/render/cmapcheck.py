"""Whether a font's character map is small enough to be unfolded.

fontTools lists every character of every range; a few bytes can promise billions of them.
"""

from struct import error as struct_error
from struct import iter_unpack, unpack_from

MAX_CHARACTERS = 500_000
_MAX_TABLES = 64


def is_bounded(cmap: bytes) -> bool:
    """All subtables of a `cmap` table together, and none of an unknown format.

    Source: OpenType 1.9, cmap.
    """
    try:
        (count,) = unpack_from(">H", cmap, 2)
        if count > _MAX_TABLES:
            return False
        starts = {unpack_from(">I", cmap, 8 + 8 * index)[0] for index in range(count)}
        return sum(_characters(cmap, start) for start in starts) <= MAX_CHARACTERS
    except struct_error:
        return False


def _characters(cmap: bytes, start: int) -> int:
    """Characters that a subtable lists; too many where the format is not known here."""
    (kind,) = unpack_from(">H", cmap, start)
    if kind in (0, 2, 6, 14):
        # At most 16 bits of entries; format 14 is not asked for.
        return 65_536 if kind != 0 else 256
    if kind == 4:
        return _of_segments(cmap, start)
    if kind in (12, 13):
        (groups,) = unpack_from(">I", cmap, start + 12)
        body = cmap[start + 16 : start + 16 + 12 * groups]
        whole = body[: len(body) // 12 * 12]
        return sum(max(0, end - first + 1) for first, end, _ in iter_unpack(">III", whole))
    return MAX_CHARACTERS + 1


def _of_segments(cmap: bytes, start: int) -> int:
    (doubled,) = unpack_from(">H", cmap, start + 6)
    segments = doubled // 2
    ends = unpack_from(f">{segments}H", cmap, start + 14)
    firsts = unpack_from(f">{segments}H", cmap, start + 16 + 2 * segments)
    return sum(max(0, end - first + 1) for first, end in zip(firsts, ends, strict=True))
