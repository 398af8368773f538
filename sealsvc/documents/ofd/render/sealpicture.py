"""Pictures of seals: out of a signature, onto a canvas, or alone as PNG."""

from io import BytesIO
from math import ceil

from PIL import Image

from sealsvc import formats
from sealsvc.documents.ofd.render import pictures
from sealsvc.documents.ofd.render.budget import Budget, Exhausted, Notes
from sealsvc.documents.ofd.render.canvas import Canvas, Clip, edges_of
from sealsvc.documents.ofd.render.errors import SealPictureUnrenderable
from sealsvc.documents.ofd.render.geometry import Box, Malformed, Matrix
from sealsvc.documents.ofd.render.painter import Painter
from sealsvc.documents.ofd.render.parts import Parts, child, text_of
from sealsvc.documents.ofd.render.structure import Stamp, load_page, pages_of
from sealsvc.errors import ServiceError

MAX_SEAL_SIDE_PX = 4_000
MAX_SEAL_MM = 300.0
_ZIP = b"PK\x03\x04"
_MM_PER_INCH = 25.4


def render_seal_picture(
    data: bytes, picture_type: str, width_mm: float, height_mm: float, dpi: float
) -> bytes:
    """A seal's picture as PNG: RGBA, transparent where nothing is, of the size asked for.

    picture_type: as the seal names it; the bytes decide between `ofd` and rasters all the same.
    An OFD's first page is fitted to the box in both directions, as readers do.
    Raises: SealPictureUnrenderable.
    """
    width, height = (round(side / _MM_PER_INCH * dpi) for side in (width_mm, height_mm))
    if not (0 < width <= MAX_SEAL_SIDE_PX and 0 < height <= MAX_SEAL_SIDE_PX):
        raise SealPictureUnrenderable(reason="size")
    canvas = Canvas(width, height, Budget(), white=False)
    try:
        image = picture_of(data, picture_type, (width, height), canvas.budget, Notes())
    except (Malformed, ServiceError, Exhausted):
        raise SealPictureUnrenderable(reason="content") from None
    pictures.lay(canvas, image, Matrix.scale(width, height), canvas.whole, (1.0, "Normal"))
    out = BytesIO()
    Image.fromarray(canvas.rgba8()).save(out, "PNG")
    return out.getvalue()


def picture_of(
    data: bytes, picture_type: str, size_px: tuple[int, int], budget: Budget, notes: Notes
) -> Image.Image:
    """RGBA pixels; of an OFD picture the size asked for.

    Raises: Malformed, ServiceError, Exhausted.
    """
    if data[:4] != _ZIP:
        if picture_type.strip().lower() == "ofd":
            notes.add("seal picture is not of the type it names")
        return pictures.decoded(data, budget)
    parts = Parts(data)
    pages = pages_of(parts, notes)
    if not pages:
        raise Malformed("no page")
    page = load_page(parts, pages[0], notes)
    canvas = Canvas(*size_px, budget, white=False)
    fit = Matrix.scale(size_px[0] / page.box.width, size_px[1] / page.box.height)
    matrix = Matrix.shift(-page.box.x, -page.box.y).then(fit)
    painter = Painter(parts, canvas, notes)
    # Seals on a seal's picture are not followed.
    for layer in (*page.layers, *page.annotations):
        painter.layer(layer, matrix)
    return Image.fromarray(canvas.rgba8())


class StampPainter:
    """Draws the seals of one document; a seal cut over many stamps is decoded once.

    Seals are multiplied with what is below, as ink would be: text stays readable under a picture
    without transparency too.
    """

    def __init__(self, parts: Parts, canvas: Canvas, notes: Notes) -> None:
        self._parts = parts
        self._canvas = canvas
        self._notes = notes
        self._images: dict[tuple[str, tuple[int, int]], Image.Image | None] = {}

    def stamp(self, stamp: Stamp, matrix: Matrix) -> None:
        """Draw one StampAnnot. matrix: from the page's millimetres to pixels. Raises: Exhausted."""
        box = stamp.box
        if not (0 < box.width <= MAX_SEAL_MM and 0 < box.height <= MAX_SEAL_MM):
            self._notes.add("seal not drawn (size)")
            return
        if stamp.turned:
            self._notes.add("turn of a seal not drawn")
        scale = matrix.length
        size = tuple(
            min(MAX_SEAL_SIDE_PX, max(1, ceil(side * scale))) for side in (box.width, box.height)
        )
        image = self._image(stamp, (size[0], size[1]))
        if image is None:
            return
        place = Matrix.scale(box.width, box.height).then(Matrix.shift(box.x, box.y)).then(matrix)
        pictures.lay(self._canvas, image, place, self._visible(stamp, matrix), (1.0, "Multiply"))

    def _visible(self, stamp: Stamp, matrix: Matrix) -> Clip:
        """Clip counts from the box's corner; nothing outside the box shows."""
        whole = _inside(stamp.box, matrix, self._canvas)
        if stamp.clip is None:
            return whole
        clip = stamp.clip
        shown = Box(stamp.box.x + clip.x, stamp.box.y + clip.y, clip.width, clip.height)
        return whole.within(_inside(shown, matrix, self._canvas))

    def _image(self, stamp: Stamp, size: tuple[int, int]) -> Image.Image | None:
        key = (stamp.part, size)
        if key not in self._images:
            self._images[key] = None
            try:
                kind, data = self._picture(stamp)
                budget = self._canvas.budget
                self._images[key] = picture_of(data, kind, size, budget, self._notes)
            except Malformed as error:
                self._notes.add(f"seal not drawn ({error})")
            except ServiceError as error:
                self._notes.add(f"seal not drawn ({error.code})")
        return self._images[key]

    def _picture(self, stamp: Stamp) -> tuple[str, bytes]:
        """Type and bytes: of the seal in the signature, else of the seal's own file."""
        root = stamp.description
        value = text_of(child(root, "SignedValue"))
        own = text_of(child(root, "SignedInfo", "Seal", "BaseLoc"))
        for location, in_signature in ((value, True), (own, False)):
            try:
                data = self._parts.content(self._parts.path(location, stamp.part))
                seal = (
                    formats.parse_signature(data).seal if in_signature else formats.parse_seal(data)
                )
            except (Malformed, formats.SealFormatInvalid):
                continue
            if not in_signature:
                self._notes.add("seal's picture taken from its file, not from the signature")
            return seal.image.kind, seal.image.data
        raise Malformed("no picture")


def _inside(box: Box, matrix: Matrix, canvas: Canvas) -> Clip:
    place = Matrix.scale(box.width, box.height).then(Matrix.shift(box.x, box.y)).then(matrix)
    return canvas.masked(edges_of([place.many(pictures.UNIT_SQUARE)]).clip(-1e6, 1e6))
