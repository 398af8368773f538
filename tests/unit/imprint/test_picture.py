import contextlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sealsvc.imprint.picture import (
    MAX_PICTURE_BYTES,
    ImprintPictureUnreadable,
    PictureFormat,
    PictureInfo,
    inspect_picture,
    normal_bitmap,
)
from sealsvc.imprint.render import render_png
from sealsvc.values import SealType

from .ruler import seal

SEAL_PNG = render_png(seal(SealType.OFFICIAL), 100)


def encoded(kind: str, size: tuple[int, int] = (20, 10), mode: str = "RGB", **how: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind, **how)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def png(width: int, height: int, *chunks: bytes, idat: bytes = b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + b"".join(chunks)
        + chunk(b"IDAT", zlib.compress(idat, 9))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", list(PictureFormat))
def test_the_three_formats(kind: PictureFormat) -> None:
    data = encoded(kind.value, dpi=(300, 300))
    assert inspect_picture(data) == PictureInfo(kind, 20, 10, 300)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_png_modes(mode: str) -> None:
    assert inspect_picture(encoded("PNG", mode=mode)).dpi is None


def test_cmyk_jpeg() -> None:
    assert inspect_picture(encoded("JPEG", mode="CMYK")).format is PictureFormat.JPEG


def test_unequal_resolution_is_none() -> None:
    assert inspect_picture(encoded("PNG", dpi=(300, 600))).dpi is None


def test_own_picture() -> None:
    assert inspect_picture(SEAL_PNG) == PictureInfo(PictureFormat.PNG, 157, 157, 100)


def reason(data: bytes) -> object:
    with pytest.raises(ImprintPictureUnreadable) as caught:
        inspect_picture(data)
    assert caught.value.code == "IMPRINT_PICTURE_UNREADABLE"
    return caught.value.fields["reason"]


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "ICO", "PPM", "TGA", "PDF", "EPS"])
def test_other_formats(kind: str) -> None:
    assert reason(encoded(kind, size=(16, 16))) == "format"


@pytest.mark.parametrize(
    "data",
    [b"x", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"%PDF-1.7", b"<svg/>", b"\0" * 1000],
)
def test_not_a_picture(data: bytes) -> None:
    assert reason(data) == "format"


def test_empty_and_too_many_bytes() -> None:
    assert reason(b"") == "size"
    assert reason(SEAL_PNG + b"\0" * MAX_PICTURE_BYTES) == "size"


@pytest.mark.parametrize("kind", list(PictureFormat))
@pytest.mark.parametrize("size", [(4001, 1), (1, 4001)])
def test_side_too_long(kind: PictureFormat, size: tuple[int, int]) -> None:
    assert reason(encoded(kind.value, size=size)) == "dimensions"


@pytest.mark.parametrize("side", [5000, 10_000, 14_000, 30_000, 2**31 - 1])
def test_bomb_is_refused_by_its_header(side: int) -> None:
    assert reason(png(side, side)) == "dimensions"


def test_bomb_in_a_text_chunk() -> None:
    bomb = chunk(b"zTXt", b"k\0\0" + zlib.compress(b"\0" * 50_000_000, 9))
    assert reason(png(2, 2, bomb, idat=b"\0" * 14)) in {"format", "content"}


def test_bomb_in_the_pixels_is_not_unpacked() -> None:
    """More pixel data than the header promises is ignored or refused, never kept."""
    data = png(2, 2, idat=b"\0" * 100_000_000)
    with contextlib.suppress(ImprintPictureUnreadable):
        assert inspect_picture(data).width_px == 2


def test_animation_is_refused() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    assert reason(out.getvalue()) == "frames"


@pytest.mark.parametrize("keep", [60, 200, 1000, -30])
def test_truncated_png(keep: int) -> None:
    assert reason(SEAL_PNG[:keep]) in {"format", "content"}


def test_truncated_jpeg_and_bmp() -> None:
    for kind in ("JPEG", "BMP"):
        data = encoded(kind, size=(200, 200))
        assert reason(data[: len(data) // 2]) in {"format", "content"}


def test_zero_size() -> None:
    assert reason(png(0, 0)) in {"format", "dimensions"}


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(SEAL_PNG) - 1), st.binary(min_size=1, max_size=12))
def test_damaged_png_is_read_or_refused(at: int, patch: bytes) -> None:
    data = SEAL_PNG[:at] + patch + SEAL_PNG[at + len(patch) :]
    with contextlib.suppress(ImprintPictureUnreadable):
        assert inspect_picture(data).width_px <= 4000


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([encoded(kind, size=(40, 40)) for kind in ("JPEG", "BMP")]),
    st.integers(0, 500),
    st.binary(min_size=1, max_size=8),
)
def test_damaged_jpeg_or_bmp_is_read_or_refused(data: bytes, at: int, patch: bytes) -> None:
    damaged = data[:at] + patch + data[at + len(patch) :]
    with contextlib.suppress(ImprintPictureUnreadable):
        assert inspect_picture(damaged).width_px <= 4000


def test_normal_bitmap_forgets_margin_size_and_background() -> None:
    small = Image.open(io.BytesIO(SEAL_PNG))
    page = Image.new("RGB", (600, 500), "white")
    large = small.resize((314, 314))
    page.paste(large, (150, 90), large)
    out = io.BytesIO()
    page.save(out, "PNG")
    first, second = normal_bitmap(SEAL_PNG), normal_bitmap(out.getvalue())
    union = (first.mask | second.mask).sum()
    assert (first.mask & second.mask).sum() / union > 0.9
    assert second.aspect == pytest.approx(1.0, abs=0.02)
    assert second.color == pytest.approx((255, 0, 0), abs=40)


def test_normal_bitmap_of_white_paper_is_empty() -> None:
    out = io.BytesIO()
    Image.new("RGB", (30, 30), "white").save(out, "PNG")
    blank = normal_bitmap(out.getvalue())
    assert blank.color is None
    assert blank.aspect is None
    assert not blank.ink.any()
