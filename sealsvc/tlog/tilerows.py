"""Contents of hash tiles: grow them leaf by leaf, and read any tree node out of them.

Source: C2SP tlog-tiles; transparency-log sections 2 and 11.7.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

from sealsvc.tlog import TlogError
from sealsvc.tlog.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    edge_tiles,
    hash_count,
    tile_at,
    written_tiles,
)
from sealsvc.tlog.tree import HASH_BYTES, fold, perfect_cover, perfect_root

TileReader = Callable[[Tile], bytes]
"""Reads the content of a tile; it may cut a partial one out of the full one."""


class TileMalformed(TlogError):
    """A tile's content has not the length that its width demands."""

    code = "TILE_MALFORMED"


@dataclass(frozen=True)
class Growth:
    """Result of appending leaves: the new size and root, and the tiles to write."""

    size: int
    root: bytes
    tiles: dict[Tile, bytes]


def read_row(tile: Tile, read: TileReader) -> list[bytes]:
    """The hashes of a tile. Raises: TileMalformed."""
    data = read(tile)
    if len(data) != tile.length_bytes:
        raise TileMalformed(path=tile.path, length=len(data))
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


class TileNodes:
    """A NodeReader over stored tiles: computes any perfect node of the tree of `size` leaves."""

    def __init__(self, size: int, read: TileReader) -> None:
        self._size = size
        self._read = read
        self._rows: dict[Tile, list[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """Hash of the node (level, index).

        Each tile is read once. Raises: TilePathInvalid outside the tree, TileMalformed.
        """
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = index << height
        tile = tile_at(tile_level, first + (1 << height) - 1, self._size)
        if tile not in self._rows:
            self._rows[tile] = read_row(tile, self._read)
        begin = first % TILE_WIDTH
        return perfect_root(self._rows[tile][begin : begin + (1 << height)])


class TileBuilder:
    """The right-edge tile of every level while leaves are appended.

    Memory: at most 255 hashes for each of at most 8 levels, whatever the size of the log.
    """

    def __init__(self) -> None:
        self.size = 0
        self._rows: list[list[bytes]] = []

    @classmethod
    def resume(cls, size: int, read: TileReader) -> Self:
        """The builder of an existing tree, from its partial tiles. Raises: TileMalformed."""
        builder = cls()
        builder.size = size
        for tile in edge_tiles(size):
            builder._row(tile.level).extend(read_row(tile, read))
        return builder

    def append(self, leaf_hash: bytes) -> list[tuple[Tile, bytes]]:
        """Add one leaf. Result: the tiles that became full, lowest level first; mostly none."""
        completed: list[tuple[Tile, bytes]] = []
        self.size += 1
        level, carried = 0, leaf_hash
        while True:
            row = self._row(level)
            row.append(carried)
            if len(row) < TILE_WIDTH:
                return completed
            index = hash_count(self.size, level) // TILE_WIDTH - 1
            completed.append((Tile(level, index), b"".join(row)))
            carried = perfect_root(row)
            row.clear()
            level += 1

    def partial_tiles(self) -> list[tuple[Tile, bytes]]:
        """The non-empty partial tiles of the present size, lowest level first."""
        return [(tile, b"".join(self._rows[tile.level])) for tile in edge_tiles(self.size)]

    def root(self) -> bytes:
        """Root of the present tree, from the tile rows (the second path of section 11.7)."""
        hashes = []
        for row in reversed(self._rows):
            for height, at in perfect_cover(0, len(row)):
                hashes.append(perfect_root(row[at << height : (at + 1) << height]))
        return fold(hashes)

    def _row(self, level: int) -> list[bytes]:
        while len(self._rows) <= level:
            self._rows.append([])
        return self._rows[level]


def extend_tiles(old_size: int, leaf_hashes: Iterable[bytes], read: TileReader) -> Growth:
    """Append leaves to a stored tree; reads the partial tiles of `old_size` only.

    Result: exactly the tiles of `written_tiles(old_size, new size)`. The caller compares the
    root with the one it computed by the frontier before signing.
    Raises: TileMalformed. Source: transparency-log sections 2 and 11.7.
    """
    builder = TileBuilder.resume(old_size, read)
    tiles: dict[Tile, bytes] = {}
    for leaf_hash in leaf_hashes:
        tiles.update(builder.append(leaf_hash))
    tiles.update(builder.partial_tiles())
    wanted = set(written_tiles(old_size, builder.size))
    return Growth(builder.size, builder.root(), {t: d for t, d in tiles.items() if t in wanted})
