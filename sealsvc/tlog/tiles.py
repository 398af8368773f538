"""Coordinates of hash tiles and entry bundles: paths, widths, what a growth writes; bundle bytes.

Source: C2SP tlog-tiles; transparency-log section 2.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sealsvc.tlog import TlogError
from sealsvc.tlog.tree import HASH_BYTES

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 256
MAX_LEVEL: Final = 63
MAX_ENTRY_BYTES: Final = 65_535

_INDEX: Final = r"(?P<index>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
_TILE_PATH: Final = re.compile(r"tile/(?P<level>[0-9]|[1-9][0-9])/" + _INDEX)
_BUNDLE_PATH: Final = re.compile(r"tile/entries/" + _INDEX)
_MAX_INDEX: Final = 10**18 - 1


class TilePathInvalid(TlogError):
    """A path, level, index or width names no tile or entry bundle."""

    code = "TILE_PATH_INVALID"


class BundleMalformed(TlogError):
    """Bytes are not an entry bundle of the expected number of entries."""

    code = "BUNDLE_MALFORMED"


class EntryTooLong(TlogError):
    """An entry does not fit the 16-bit length of an entry bundle."""

    code = "ENTRY_TOO_LONG"


@dataclass(frozen=True, order=True)
class Tile:
    """A hash tile: `width` hashes of tile level `level` from number 256 * index on.

    level: 0..63, each worth 8 tree levels. width: 1..256, below 256 it is a partial tile.
    Raises: TilePathInvalid.
    """

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not 0 <= self.level <= MAX_LEVEL:
            raise TilePathInvalid(level=self.level)
        _check_span(self.index, self.width)

    @property
    def path(self) -> str:
        """Path under the log's prefix. Source: C2SP tlog-tiles, "Merkle Tree"."""
        return f"tile/{self.level}/{_span_path(self.index, self.width)}"

    @property
    def length_bytes(self) -> int:
        """Length of the tile's content."""
        return self.width * HASH_BYTES


@dataclass(frozen=True, order=True)
class Bundle:
    """An entry bundle: `width` entries from number 256 * index on.

    width: 1..256, below 256 it is a partial bundle. Raises: TilePathInvalid.
    """

    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        _check_span(self.index, self.width)

    @property
    def path(self) -> str:
        """Path under the log's prefix. Source: C2SP tlog-tiles, "Log Entries"."""
        return f"tile/entries/{_span_path(self.index, self.width)}"


def parse_path(path: str) -> Tile | Bundle:
    """The tile or bundle a path under the log's prefix names; only the one canonical spelling.

    Raises: TilePathInvalid. Source: C2SP tlog-tiles.
    """
    if match := _BUNDLE_PATH.fullmatch(path):
        found: Tile | Bundle = Bundle(*_span(match))
    elif match := _TILE_PATH.fullmatch(path):
        found = Tile(int(match["level"]), *_span(match))
    else:
        raise TilePathInvalid(path=path[:80])
    if found.path != path:  # needless leading group x000, or width 256 spelled out
        raise TilePathInvalid(path=path[:80])
    return found


def hash_count(size: int, level: int) -> int:
    """Number of hashes on tile level `level` of a tree of `size` leaves."""
    return size >> (TILE_HEIGHT * level)


def tile_at(level: int, number: int, size: int) -> Tile:
    """The tile that holds hash `number` of tile level `level` in a tree of `size` leaves.

    Raises: TilePathInvalid when the tree has no such hash.
    """
    if not 0 <= number < hash_count(size, level):
        raise TilePathInvalid(level=level, number=number, size=size)
    index = number // TILE_WIDTH
    return Tile(level, index, min(TILE_WIDTH, hash_count(size, level) - index * TILE_WIDTH))


def bundle_at(number: int, size: int) -> Bundle:
    """The bundle that holds entry `number` of a log of `size` entries. Raises: TilePathInvalid."""
    tile = tile_at(0, number, size)
    return Bundle(tile.index, tile.width)


def edge_tiles(size: int) -> list[Tile]:
    """The partial tiles at the right edge of a tree, lowest level first.

    A level whose hashes fill whole tiles has none. Source: C2SP tlog-tiles, "Partial Tiles".
    """
    return [
        tile_at(level, count - 1, size)
        for level in range(MAX_LEVEL + 1)
        if (count := hash_count(size, level)) % TILE_WIDTH
    ]


def written_tiles(old_size: int, size: int) -> Iterator[Tile]:
    """The tiles a growth from `old_size` to `size` leaves writes, level by level.

    Only the widths of the final tree; intermediate sizes were never published.
    Source: transparency-log section 2.
    """
    for level in range(MAX_LEVEL + 1):
        first, end = hash_count(old_size, level), hash_count(size, level)
        if first >= end:
            return
        for index in range(first // TILE_WIDTH, (end - 1) // TILE_WIDTH + 1):
            yield tile_at(level, index * TILE_WIDTH, size)


def written_bundles(old_size: int, size: int) -> Iterator[Bundle]:
    """The entry bundles a growth from `old_size` to `size` entries writes, in order."""
    if old_size < size:
        for index in range(old_size // TILE_WIDTH, (size - 1) // TILE_WIDTH + 1):
            yield bundle_at(index * TILE_WIDTH, size)


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entry bundle bytes: each entry behind its 16-bit big-endian length.

    Raises: EntryTooLong. Source: C2SP tlog-tiles, "Log Entries".
    """
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise EntryTooLong(length=len(entry))
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """The exact bytes of the `width` entries of a bundle; nothing may follow them.

    Raises: BundleMalformed. Source: C2SP tlog-tiles, "Log Entries".
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) < width:
        begin = at + 2
        at = begin + int.from_bytes(data[at:begin], "big")
        entries.append(data[begin:at])
    if at != len(data) or len(entries) != width:  # `at` runs past the end of a cut-off entry
        raise BundleMalformed(reason="cut off, or another number of entries", expected=width)
    return entries


def _check_span(index: int, width: int) -> None:
    if not 0 <= index <= _MAX_INDEX or not 1 <= width <= TILE_WIDTH:
        raise TilePathInvalid(index=index, width=width)


def _span_path(index: int, width: int) -> str:
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03d}")
    path = "/".join(reversed(groups))
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def _span(match: re.Match[str]) -> tuple[int, int]:
    if len(match["index"]) > 30:  # more than six groups are beyond every index
        raise TilePathInvalid(path=match[0][:80])
    return int(match["index"].replace("/", "").replace("x", "")), int(match["width"] or TILE_WIDTH)
