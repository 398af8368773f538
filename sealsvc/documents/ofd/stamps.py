"""Where a seal is drawn, and its picture. Source: ofd.md sections 3 and 6."""

import warnings
from hashlib import sha256
from io import BytesIO

from PIL import Image

from sealsvc.documents.ofd.coverage import Reach
from sealsvc.documents.ofd.errors import STAMP_INVALID
from sealsvc.documents.ofd.limits import MAX_STAMPS
from sealsvc.documents.ofd.package import Package, Problems
from sealsvc.documents.ofd.pages import PageSizes, pages_by_id
from sealsvc.documents.ofd.references import StampMark
from sealsvc.documents.picture import MAX_SIDE_PX, normalised, rgba_sha256, to_png
from sealsvc.documents.values import ESealReading, SealPicture, StampBox

MAX_PIXELS = 3 * MAX_SIDE_PX * MAX_SIDE_PX
TOLERANCE_MM = 0.01
RASTERS = ("PNG", "GIF", "JPEG", "BMP")
PICTURE_UNREADABLE = "PICTURE_UNREADABLE"
DRAWN_DPI = 300.0
MAX_RENDERINGS = 8
"""Pictures drawn for one document; a real one has a seal or two, and drawing costs."""
_ZIP = b"PK\x03\x04"


class StampReader:
    """Reads the stamps of the signatures of one body; page sizes are looked up once."""

    def __init__(self, package: Package, reach: Reach, first_page: int) -> None:
        self._pages = pages_by_id(reach, first_page)
        self._sizes = PageSizes(package)

    def read(self, marks: tuple[StampMark, ...], problems: Problems) -> tuple[StampBox, ...]:
        """Every stamp that lies on a page; the others are problems."""
        found: list[StampBox] = []
        for mark in marks[:MAX_STAMPS]:
            stamp = self._stamp(mark)
            if stamp is None:
                problems.note(STAMP_INVALID, f"page {mark.page_ref}"[:40])
            else:
                found.append(stamp)
        if len(marks) > MAX_STAMPS:
            problems.note(STAMP_INVALID, "too many")
        return tuple(found)

    def _stamp(self, mark: StampMark) -> StampBox | None:
        page = self._pages.get(mark.page_ref)
        if page is None or mark.boundary is None or (mark.clip_written and mark.clip is None):
            return None
        if not _visible(mark, self._sizes.of(page.entry)):
            return None
        return StampBox(page.number, *mark.boundary, clip=mark.clip)


def _visible(mark: StampMark, page_mm: tuple[float, float]) -> bool:
    """Whether the clip lies inside its box and the visible part meets the page."""
    assert mark.boundary is not None
    x, y, width, height = mark.boundary
    if mark.clip is not None:
        left, top, clip_width, clip_height = mark.clip
        inside = (
            left >= -TOLERANCE_MM
            and top >= -TOLERANCE_MM
            and left + clip_width <= width + TOLERANCE_MM
            and top + clip_height <= height + TOLERANCE_MM
        )
        if not inside:
            return False
        x, y, width, height = x + left, y + top, clip_width, clip_height
    right, bottom = min(x + width, page_mm[0]), min(y + height, page_mm[1])
    return right - max(x, 0.0) > TOLERANCE_MM and bottom - max(y, 0.0) > TOLERANCE_MM


class SealPictures:
    """Re-encodes the pictures of seals, each once, within a budget for the whole document."""

    def __init__(self) -> None:
        self._left = MAX_PIXELS
        self._renderings = 0
        self._known: dict[tuple[bytes, int, int], tuple[bytes, str] | None] = {}

    def read(
        self, eseal: ESealReading, stamps: tuple[StampBox, ...], problems: Problems
    ) -> SealPicture | None:
        """The picture of a seal at its first stamp; None without a stamp: nothing is shown.

        A picture that is an OFD itself is drawn at 300 dpi of the size that the seal names.
        """
        if not stamps or not eseal.picture:
            return None
        found = self._encoded(eseal)
        if found is None:
            problems.note(PICTURE_UNREADABLE, "seal")
            return None
        at = stamps[0]
        return SealPicture(
            png=found[0],
            rgba_sha256=found[1],
            page=at.page,
            x_mm=at.x_mm,
            y_mm=at.y_mm,
            width_mm=at.width_mm,
            height_mm=at.height_mm,
        )

    def _encoded(self, eseal: ESealReading) -> tuple[bytes, str] | None:
        drawn = _is_package(eseal)
        size = (eseal.width_mm, eseal.height_mm) if drawn else (0, 0)
        key = (sha256(eseal.picture).digest(), *size)
        if key not in self._known:
            picture = self._drawn(eseal) if drawn else eseal.picture
            image = None if picture is None else _raster(picture, self._left)
            if image is not None:
                self._left -= image.width * image.height
            self._known[key] = None if image is None else (to_png(image), rgba_sha256(image))
        return self._known[key]

    def _drawn(self, eseal: ESealReading) -> bytes | None:
        """An OFD picture as PNG; None where it cannot be drawn, or too many were."""
        # The renderer is large, and hardly any seal needs it.
        from sealsvc.documents.ofd.render.sealpicture import render_seal_picture

        if self._renderings >= MAX_RENDERINGS:
            return None
        self._renderings += 1
        size = (float(eseal.width_mm), float(eseal.height_mm))
        try:
            return render_seal_picture(eseal.picture, eseal.picture_type, *size, DRAWN_DPI)
        except MemoryError:
            raise
        except Exception:  # SealPictureUnrenderable, and what numpy thinks of hostile numbers
            return None


def _is_package(eseal: ESealReading) -> bool:
    """By the bytes too: a type that lies must not keep the picture from being seen."""
    return eseal.picture_type.strip().lower() == "ofd" or eseal.picture[:4] == _ZIP


def _raster(picture: bytes, budget: int) -> Image.Image | None:
    """By the bytes, whatever type the seal names; None when unreadable or too large."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(BytesIO(picture), formats=RASTERS) as image:
                if max(image.size) > MAX_SIDE_PX or image.width * image.height > budget:
                    return None
                return normalised(image)
    except Exception:  # Pillow's plugins raise whatever they like on hostile bytes
        return None
