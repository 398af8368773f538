"""Tile coordinates and contents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.tlog.tilerows import TileBuilder, TileMalformed, TileNodes, extend_tiles
from sealsvc.tlog.tiles import (
    Bundle,
    BundleMalformed,
    EntryTooLong,
    Tile,
    TilePathInvalid,
    bundle_at,
    decode_bundle,
    edge_tiles,
    encode_bundle,
    parse_path,
    tile_at,
    written_bundles,
    written_tiles,
)
from sealsvc.tlog.tree import Frontier
from tests.unit.tlog.support import leaf_hashes, reader

INDEXES = st.integers(0, 10**18 - 1)
WIDTHS = st.integers(1, 256)


@given(
    st.one_of(
        st.builds(Tile, st.integers(0, 63), INDEXES, WIDTHS), st.builds(Bundle, INDEXES, WIDTHS)
    )
)
def test_paths_read_back(coordinates) -> None:
    assert parse_path(coordinates.path) == coordinates


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/000/",
        "/tile/0/000",
        "tile/00/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000.p/255\n",
        "tile/0/٠٠٠",
        "tile/0/../checkpoint",
        "tile/entries/x001",
        "tile/64/000",
        "tile/0/" + "x999/" * 6 + "999",
        "tile/0/" + "x999/" * 2000 + "999",
    ],
)
def test_other_spellings_are_refused(path) -> None:
    with pytest.raises(TilePathInvalid):
        parse_path(path)


@given(st.text(max_size=40))
def test_any_text_is_a_path_or_refused(text) -> None:
    try:
        found = parse_path("tile/" + text)
    except TilePathInvalid:
        return
    assert found.path == "tile/" + text


@pytest.mark.parametrize(
    "make",
    [
        lambda: Tile(64, 0),
        lambda: Tile(-1, 0),
        lambda: Tile(0, -1),
        lambda: Tile(0, 0, 0),
        lambda: Bundle(0, 257),
        lambda: Bundle(10**18),
        lambda: tile_at(0, 5, 5),
        lambda: tile_at(1, 0, 255),
        lambda: bundle_at(0, 0),
    ],
)
def test_impossible_coordinates_are_refused(make) -> None:
    with pytest.raises(TilePathInvalid):
        make()


def test_widths_of_the_sheet() -> None:
    assert edge_tiles(70_000) == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert edge_tiles(256) == [Tile(1, 0, 1)]
    assert edge_tiles(65_536) == [Tile(2, 0, 1)]
    assert edge_tiles(0) == []
    assert list(written_tiles(0, 256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(written_tiles(255, 257)) == [Tile(0, 0), Tile(0, 1, 1), Tile(1, 0, 1)]
    assert list(written_tiles(256, 256)) == []
    assert list(written_bundles(255, 257)) == [Bundle(0), Bundle(1, 1)]
    assert list(written_bundles(256, 257)) == [Bundle(1, 1)]
    assert list(written_bundles(3, 3)) == []


LEAVES = leaf_hashes(66_100)
SIZES = st.one_of(st.integers(0, 1200), st.integers(65_400, 66_100))
STORE: dict[str, bytes] = {}


def stored(tile: Tile) -> bytes:
    """Content by definition: hash by hash from the leaves."""
    if tile.path not in STORE:
        frontiers = []
        for number in range(tile.index * 256, tile.index * 256 + tile.width):
            frontier = Frontier()
            for one in LEAVES[number << 8 * tile.level : (number + 1) << 8 * tile.level]:
                frontier.append(one)
            frontiers.append(frontier.root())
        STORE[tile.path] = b"".join(frontiers)
    return STORE[tile.path]


@pytest.mark.parametrize(
    ("old", "new"),
    [(0, 0), (0, 1), (0, 600), (1, 255), (255, 256), (255, 257), (256, 512), (300, 301), (7, 1200),
     (65_279, 65_536), (65_535, 65_537), (65_536, 66_100)],
)  # fmt: skip
def test_growth_writes_the_tiles_it_should(old, new) -> None:
    growth = extend_tiles(old, LEAVES[old:new], stored)
    frontier = Frontier()
    for one in LEAVES[:new]:
        frontier.append(one)
    assert (growth.size, growth.root) == (new, frontier.root())
    assert set(growth.tiles) == set(written_tiles(old, new))
    for tile, data in growth.tiles.items():
        assert data == stored(tile)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700, 66_100])
def test_nodes_out_of_tiles(size) -> None:
    read = reader(LEAVES[:size])
    nodes = TileNodes(size, stored)
    for level in range(min(size.bit_length(), 11)):
        for index in {0, (size >> level) // 2, (size >> level) - 1}:
            assert nodes(level, index) == read(level, index)
        with pytest.raises(TilePathInvalid):
            nodes(level, size >> level)


def test_wrong_length_of_a_tile() -> None:
    for data in (b"", bytes(31), bytes(64)):
        with pytest.raises(TileMalformed):
            TileNodes(1, lambda _, data=data: data)(0, 0)
        with pytest.raises(TileMalformed):
            TileBuilder.resume(1, lambda _, data=data: data)


@given(st.lists(st.binary(max_size=20), max_size=8), st.data())
def test_bundles(entries, data) -> None:
    bundle = encode_bundle(entries)
    assert decode_bundle(bundle, len(entries)) == entries
    for width in {len(entries) - 1, len(entries) + 1, 256} - {-1}:
        with pytest.raises(BundleMalformed):
            decode_bundle(bundle, width)
    cut = data.draw(st.integers(0, len(bundle)))
    if cut < len(bundle):
        with pytest.raises(BundleMalformed):
            decode_bundle(bundle[:cut], len(entries))
    with pytest.raises(BundleMalformed):
        decode_bundle(bundle + b"\0", len(entries))


def test_longest_entry() -> None:
    longest = bytes(65_535)
    assert decode_bundle(encode_bundle([longest]), 1) == [longest]
    with pytest.raises(EntryTooLong):
        encode_bundle([longest + b"\0"])
