"""Hash tiles as rows: one row a tile at its present width, narrower ones cut from it."""

from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlmodel import Session

from sealsvc.errors import Internal, NotFound
from sealsvc.storage.rows import Cell, insert_rows, update_rows
from sealsvc.storage.tables import LogTileRow
from sealsvc.tlog.tilerows import TileReader
from sealsvc.tlog.tiles import Tile

_KEY = ("level", "n")


class TileNotFound(NotFound):
    """The log is not yet large enough to have this tile or bundle."""

    code = "TILE_NOT_FOUND"


class TileChanged(Internal):
    """A stored tile would get other bytes than it has; published objects are immutable."""

    code = "LOG_TILE_CHANGED"


def tile_reader(session: Session) -> TileReader:
    """A reader over the stored tiles. The reader raises: TileNotFound."""

    def read(tile: Tile) -> bytes:
        data = _data(session, tile)
        if data is None or len(data) < tile.length_bytes:
            raise TileNotFound(path=tile.path)
        return data[: tile.length_bytes]

    return read


def write_tiles(session: Session, tiles: dict[Tile, bytes]) -> None:
    """Store tiles; an existing row may only grow. Raises: TileChanged.

    Source: transparency-log section 11.6.
    """
    fresh: list[tuple[Cell, ...]] = []
    grown: list[tuple[Cell, ...]] = []
    for tile, data in tiles.items():
        present = _data(session, tile)
        if present is None:
            fresh.append((data, tile.level, tile.index))
        elif data[: len(present)] != present:
            raise TileChanged(path=tile.path)
        elif len(data) > len(present):
            grown.append((data, tile.level, tile.index))
    insert_rows(session, LogTileRow, ("data", *_KEY), fresh)
    update_rows(session, LogTileRow, ("data",), _KEY, grown)


def remembered(read: TileReader) -> TileReader:
    """A reader that asks for each tile once."""
    kept: dict[Tile, bytes] = {}

    def reader(tile: Tile) -> bytes:
        if tile not in kept:
            kept[tile] = read(tile)
        return kept[tile]

    return reader


def overlaid(tiles: dict[Tile, bytes], below: TileReader) -> TileReader:
    """A reader of new tiles first (narrower ones are cut from them), else of those below."""
    newest = {(tile.level, tile.index): data for tile, data in tiles.items()}

    def reader(tile: Tile) -> bytes:
        data = newest.get((tile.level, tile.index))
        return below(tile) if data is None else data[: tile.length_bytes]

    return reader


def _data(session: Session, tile: Tile) -> bytes | None:
    # Core, and built once: a proof reads several tiles, and the ORM's part is dearer than SQLite's.
    key = {"level": tile.level, "n": tile.index}
    data = session.connection().execute(_TILE, key).scalar()
    return None if data is None else bytes(data)


def _tile_by_key() -> Select[Any]:
    columns = LogTileRow.__table__.c  # type: ignore[attr-defined]
    here = (columns.level == bindparam("level"), columns.n == bindparam("n"))
    return select(columns.data).where(*here)


_TILE = _tile_by_key()
