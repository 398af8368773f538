"""The pages of an OFD as pictures with the places of its seals framed; for a person, no verdict.

A browser shows a PDF by itself and no OFD, so only these are drawn.
"""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from sealsvc.documents.values import DocumentReading, StampBox
from sealsvc.errors import BadInput, ServiceError
from sealsvc.ports import Sandbox

PAGES_LIMIT = 4
"""Most pages drawn for one file."""
FIRST_PAGES = 2
"""Of them the first ones; the others are pages that bear a whole seal."""
DPI = 96.0
MAX_PIXELS = 1_500_000
MAX_PNG_BYTES = 600_000
MAX_FRAMES = 40
"""Most frames on one page."""
_KIND = "ofd"
_FRAME = (220, 0, 0)
_FRAME_PX, _DIGIT_PX = 2, 14

Frame = tuple[int, StampBox]


@dataclass(frozen=True)
class PreviewPage:
    """One page. page: 1-based; png: base64, None where it cannot be drawn.

    seals: ids of the signatures whose seals, or slices of them, are framed, in the order of the
    numbers beside the frames. notes: what is not drawn as the document says, `text: number`.
    """

    page: int
    png: str | None
    seals: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """pages: some of all page_count. numbers: by signature id, the number beside its frames."""

    page_count: int
    pages: tuple[PreviewPage, ...]
    numbers: dict[str, int]


def preview_of(sandbox: Sandbox, data: bytes, reading: DocumentReading) -> Preview | None:
    """Pictures of an OFD's first pages and of those with whole seals; None for other documents.

    Never fails: a page that costs too much, or cannot be drawn, has no picture.
    """
    if reading.kind != _KIND or reading.page_count < 1:
        return None
    stamped = [one for one in reading.signatures if one.stamps]
    numbers = {one.id: number for number, one in enumerate(stamped, 1)}
    frames = [(numbers[one.id], stamp) for one in stamped for stamp in one.stamps]
    pages: list[PreviewPage] = []
    for number in _chosen(reading.page_count, (stamp for _, stamp in frames)):
        here = tuple(frame for frame in frames if frame[1].page == number)[:MAX_FRAMES]
        ids = tuple(id_ for id_, own in numbers.items() if any(own == one[0] for one in here))
        try:
            png, notes = sandbox.run(_drawn, data, number, here)
        except BadInput:
            pages.append(PreviewPage(number, None, ids))
        except ServiceError:  # too heavy to draw, or no worker free: the others would be too
            pages.append(PreviewPage(number, None, ids))
            break
        else:
            pages.append(PreviewPage(number, b64encode(png).decode(), ids, notes))
    return Preview(reading.page_count, tuple(pages), numbers)


def _chosen(page_count: int, stamps: Iterable[StampBox]) -> list[int]:
    chosen = list(range(1, min(page_count, FIRST_PAGES) + 1))
    whole = sorted({one.page for one in stamps if one.clip is None and one.page <= page_count})
    for page in (*whole, *range(1, min(page_count, PAGES_LIMIT) + 1)):
        if page not in chosen and len(chosen) < PAGES_LIMIT:
            chosen.append(page)
    return sorted(chosen)


def _drawn(data: bytes, page: int, frames: tuple[Frame, ...]) -> tuple[bytes, tuple[str, ...]]:
    """In the sandbox: PNG and notes of one page. Raises: OfdPageUnrenderable."""
    # Loads numpy and fonts, which only workers import (issue: /healthz within 5 s).
    from sealsvc.documents.ofd.render.page import render_page

    rendered = render_page(data, page, DPI, max_pixels=MAX_PIXELS)
    with Image.open(BytesIO(rendered.png), formats=("PNG",)) as opened:
        image = opened.convert("RGB")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(_DIGIT_PX)
    for number, stamp in frames:
        left, top, right, bottom = _box_px(stamp, rendered.px_per_mm)
        if right - left < 1 or bottom - top < 1:
            continue
        draw.rectangle((left, top, right, bottom), outline=_FRAME, width=_FRAME_PX)
        text = str(number)
        tag = (left, top, left + 6 + round(draw.textlength(text, font=font)), top + _DIGIT_PX + 4)
        draw.rectangle(tag, fill=_FRAME)
        draw.text((left + 3, top + 1), text, fill=(255, 255, 255), font=font)
    return _encoded(image), rendered.notes


def _box_px(stamp: StampBox, px_per_mm: float) -> tuple[int, int, int, int]:
    """The visible part of a stamp: left, top, right, bottom; cut to what a drawing can take."""
    x, y, width, height = stamp.x_mm, stamp.y_mm, stamp.width_mm, stamp.height_mm
    if stamp.clip is not None:
        x, y, width, height = x + stamp.clip[0], y + stamp.clip[1], *stamp.clip[2:]
    sides = (x, y, x + width, y + height)
    left, top, right, bottom = (round(min(max(one * px_per_mm, -100.0), 10_000.0)) for one in sides)
    return left, top, right, bottom


def _encoded(image: Image.Image) -> bytes:
    while True:
        out = BytesIO()
        image.save(out, "PNG", compress_level=9)
        if out.tell() <= MAX_PNG_BYTES or min(image.size) < 64:
            return out.getvalue()
        image = image.reduce(2)
