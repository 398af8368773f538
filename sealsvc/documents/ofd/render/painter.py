"""Draws the objects of layers: text, paths, pictures, blocks and composites.

Objects are not cut at their Boundary: producers get it wrong, and common readers do not cut.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image

from sealsvc.documents.ofd.render import paths, pictures
from sealsvc.documents.ofd.render.budget import MAX_DEPTH, Budget, Exhausted, Notes
from sealsvc.documents.ofd.render.canvas import Canvas, Clip, Edges, Paint, edges_of
from sealsvc.documents.ofd.render.fonts import Face, Shape
from sealsvc.documents.ofd.render.geometry import Box, Malformed, Matrix, Points, number
from sealsvc.documents.ofd.render.outlines import Outline, open_font
from sealsvc.documents.ofd.render.parts import (
    Element,
    Parts,
    attribute,
    child,
    children,
    flag,
    local_name,
    text_of,
)
from sealsvc.documents.ofd.render.structure import Layer, Resources
from sealsvc.documents.ofd.render.style import BLACK, Style, clips_of, dash_of, style_of
from sealsvc.documents.ofd.render.textlayout import Slot, lines_of, object_matrix
from sealsvc.errors import ServiceError

_FAR_PX = 1e6
_THINNEST_PX = 0.8
_NARROWEST = 0.5
_BOLD_FROM = 600
_BOLD_EM = 0.03
_SLANT = Matrix(c=-0.21)
_PLACEHOLDER = Paint((0.6, 0.6, 0.6), 0.35)
_SILENT = frozenset(("Actions", "Clips", "FillColor", "StrokeColor"))


@dataclass(frozen=True)
class Scene:
    """Where objects are drawn. matrix: from their container to pixels."""

    matrix: Matrix
    clip: Clip
    resources: Resources
    layer_param: str | None = None
    depth: int = 0


@dataclass(frozen=True)
class _Font:
    """bold, slanted: to be made from the project's face, as the named one is not at hand."""

    face: Face
    bold: bool
    slanted: bool


class Painter:
    """Draws one document's objects on one canvas. Exhausted ends it; all else becomes a note."""

    def __init__(self, parts: Parts, canvas: Canvas, notes: Notes) -> None:
        self._parts = parts
        self._canvas = canvas
        self._notes = notes
        self._faces: dict[str, Face] = {}
        self._images: dict[str, Image.Image] = {}
        self._draw: dict[str, Callable[[Element, Scene], None]] = {
            "TextObject": self._text,
            "PathObject": self._path,
            "ImageObject": self._image,
            "CompositeObject": self._composite,
            "PageBlock": self._block,
            "Layer": self._block,
        }

    @property
    def budget(self) -> Budget:
        """Of the canvas."""
        return self._canvas.budget

    def layer(self, layer: Layer, matrix: Matrix) -> None:
        """Draw a layer or an annotation's appearance. Raises: Exhausted."""
        moved = Matrix.shift(*layer.offset).then(matrix)
        param = attribute(layer.element, "DrawParam")
        self._all(layer.element, Scene(moved, self._canvas.whole, layer.resources, param))

    def _all(self, holder: Element, scene: Scene) -> None:
        for one in children(holder):
            name = local_name(one)
            draw = self._draw.get(name)
            if draw is None:
                if name not in _SILENT:
                    self._notes.add("object of unknown kind not drawn")
            elif flag(one, "Visible", True):
                self.budget.spend("objects")
                self._safely(name, partial(draw, one, scene))

    def _safely(self, name: str, action: Callable[[], None]) -> None:
        """Hostile values make libraries raise anything; the object is left out and counted."""
        try:
            action()
        except (MemoryError, Exhausted):
            raise
        except Malformed as error:
            self._notes.add(f"{name} not drawn ({error})")
        except ServiceError as error:
            self._notes.add(f"{name} not drawn ({error.code})")
        except Exception as error:
            self._notes.add(f"{name} not drawn ({type(error).__name__})")

    def _block(self, element: Element, scene: Scene) -> None:
        if scene.depth >= MAX_DEPTH:
            raise Malformed("nesting")
        param = attribute(element, "DrawParam") or scene.layer_param
        inner = Scene(scene.matrix, scene.clip, scene.resources, param, scene.depth + 1)
        self._all(element, inner)

    def _composite(self, element: Element, scene: Scene) -> None:
        if scene.depth >= MAX_DEPTH:
            raise Malformed("nesting")
        unit = scene.resources.get("CompositeGraphicUnit", attribute(element, "ResourceID"))
        content = None if unit is None else child(unit.element, "Content")
        if content is None:
            raise Malformed("resource missing")
        if attribute(element, "Alpha") not in (None, "255"):
            self._notes.add("opacity of a composite not drawn")
        matrix = object_matrix(element).then(scene.matrix)
        clip = self._clipped(element, scene)
        self._all(content, Scene(matrix, clip, scene.resources, scene.layer_param, scene.depth + 1))

    def _clipped(self, element: Element, scene: Scene) -> Clip:
        """The scene's clip cut by the object's own."""
        clip = scene.clip
        for turned, areas in clips_of(element):
            box = Box.read(attribute(element, "Boundary"))
            base = object_matrix(element) if turned else Matrix.shift(box.x, box.y)
            edges = [self._area(area, base.then(scene.matrix)) for area in areas]
            found = [one for one in edges if one is not None]
            if len(found) == len(edges):
                clip = clip.within(self._canvas.masked(np.concatenate(found)))
        return clip

    def _area(self, area: Element, matrix: Matrix) -> Edges | None:
        path = child(area, "Path")
        if path is None:
            self._notes.add("clip by text not applied")
            return None
        inner = object_matrix(path).then(Matrix.read(attribute(area, "CTM"))).then(matrix)
        data = text_of(child(path, "AbbreviatedData"))
        runs = paths.contours(data, inner.length)
        return _edges([inner.many(run.points) for run in runs])

    def _path(self, element: Element, scene: Scene) -> None:
        style = style_of(element, scene.layer_param, scene.resources, self._notes)
        matrix = object_matrix(element).then(scene.matrix)
        runs = paths.contours(text_of(child(element, "AbbreviatedData")), max(matrix.reach))
        clip = self._clipped(element, scene)
        if flag(element, "Fill", False):
            paint = style.paint("FillColor", None)
            if paint is not None:
                edges = _edges([matrix.many(run.points) for run in runs])
                self._canvas.fill(edges, paint, clip, attribute(element, "Rule") == "Even-Odd")
        if flag(element, "Stroke", True):
            paint = style.paint("StrokeColor", BLACK)
            if paint is not None:
                self._stroke(runs, style, paint, (matrix, clip))

    def _stroke(
        self, runs: list[paths.Contour], style: Style, paint: Paint, place: tuple[Matrix, Clip]
    ) -> None:
        matrix, clip = place
        pattern = dash_of(style)
        if pattern:
            runs = paths.dashed(runs, pattern, number(style.value("DashOffset"), 0.0))
        width = abs(number(style.value("LineWidth"), 0.353)) * matrix.length
        bounded = [
            paths.Contour(np.clip(matrix.many(run.points), -_FAR_PX, _FAR_PX), run.closed)
            for run in runs
        ]
        self.budget.spend("points", 4 * sum(len(run.points) for run in bounded))
        areas = paths.stroked(
            bounded,
            min(max(width, _THINNEST_PX), _FAR_PX),
            style.value("Join") or "Miter",
            style.value("Cap") or "Butt",
        )
        self._canvas.fill(_edges(areas), paint, clip)

    def _text(self, element: Element, scene: Scene) -> None:
        style = style_of(element, scene.layer_param, scene.resources, self._notes)
        font = self._font(element, scene.resources)
        place = object_matrix(element).then(scene.matrix)
        clip = self._clipped(element, scene)
        glyph = self._glyph_matrix(element, font)
        fill = style.paint("FillColor", BLACK) if flag(element, "Fill", True) else None
        stroke = style.paint("StrokeColor", BLACK) if flag(element, "Stroke", False) else None

        def advance(character: str, index: int | None) -> float:
            return self._shape(font.face, character, index).advance

        for line in lines_of(element, advance):
            self.budget.spend("glyphs", len(line.slots))
            drawn: list[Points] = []
            for slot in line.slots:
                shape = self._shape(font.face, slot.character, slot.glyph)
                self._count(shape)
                fitted = Matrix.scale(_fit(shape, slot, glyph), 1.0).then(glyph)
                matrix = fitted.then(Matrix.shift(slot.x, slot.y)).then(place)
                drawn += [matrix.many(one) for one in shape.contours]
            if fill is not None:
                self._canvas.fill(_edges(drawn), fill, clip)
            bold = fill if font.bold else None
            em = glyph.then(place).length * _BOLD_EM
            width = number(style.value("LineWidth"), 0.353) * place.length
            for paint, pen in ((bold, em), (stroke, max(width, _THINNEST_PX))):
                if paint is not None:
                    runs = [paths.Contour(np.clip(one, -_FAR_PX, _FAR_PX), True) for one in drawn]
                    self._canvas.fill(
                        _edges(paths.stroked(runs, pen, "Bevel", "Butt")), paint, clip
                    )

    def _glyph_matrix(self, element: Element, font: _Font) -> Matrix:
        size = number(attribute(element, "Size"))
        stretch = number(attribute(element, "HScale"), 1.0)
        matrix = Matrix.scale(size * stretch, size)
        if font.slanted:
            matrix = _SLANT.then(matrix)
        turn = number(attribute(element, "CharDirection"), 0.0)
        return matrix.then(Matrix.turn(turn)) if turn else matrix

    def _shape(self, face: Face, character: str, glyph: int | None) -> Shape:
        if glyph is not None:
            own = face.of_glyph(glyph)
            if own is not None:
                return own
        return face.of_character(character) if character else Shape((), 0.0)

    def _count(self, shape: Shape) -> None:
        if shape.missing:
            self._notes.add("missing glyphs")
        elif shape.substituted:
            self._notes.add("glyphs not in the document's own font")

    def _font(self, element: Element, resources: Resources) -> _Font:
        found = resources.get("Font", attribute(element, "Font"))
        location = "" if found is None else text_of(child(found.element, "FontFile"))
        path = ""
        if found is None:
            self._notes.add("font resource missing")
        elif location:
            path = found.file(self._parts, location)
        face = self._faces.get(path)
        if face is None:
            face = self._faces[path] = Face(self._outline(path))
        plain = bool(path) or found is None
        weight = number(attribute(element, "Weight"), 400.0)
        bold = weight >= _BOLD_FROM or (found is not None and flag(found.element, "Bold", False))
        slanted = flag(element, "Italic", False) or (
            found is not None and flag(found.element, "Italic", False)
        )
        return _Font(face, bold and not plain, slanted and not plain)

    def _outline(self, path: str) -> Outline | None:
        """An embedded font; None where the document has none or it cannot be read."""
        if not path:
            return None
        try:
            return open_font(self._parts.content(path))
        except (MemoryError, Exhausted):
            raise
        except Exception:
            self._notes.add("embedded font not readable")
            return None

    def _image(self, element: Element, scene: Scene) -> None:
        style = style_of(element, scene.layer_param, scene.resources, self._notes)
        box = Box.read(attribute(element, "Boundary"))
        own = attribute(element, "CTM")
        inner = Matrix.read(own) if own else Matrix.scale(box.width, box.height)
        matrix = inner.then(Matrix.shift(box.x, box.y)).then(scene.matrix)
        clip = self._clipped(element, scene)
        try:
            image = self._media(attribute(element, "ResourceID"), scene.resources)
            mask = attribute(element, "ImageMask")
            if mask:
                image = pictures.with_mask(image, self._media(mask, scene.resources))
        except Malformed:
            self._canvas.fill(_bounded(pictures.square(matrix)), _PLACEHOLDER, clip)
            raise
        pictures.lay(self._canvas, image, matrix, clip, (style.alpha, style.blend()))

    def _media(self, identifier: str | None, resources: Resources) -> Image.Image:
        found = resources.get("MultiMedia", identifier)
        if found is None:
            raise Malformed("resource missing")
        path = found.file(self._parts, text_of(child(found.element, "MediaFile")))
        if path not in self._images:
            self._images[path] = pictures.decoded(self._parts.content(path), self.budget)
        return self._images[path]


def _fit(shape: Shape, slot: Slot, glyph: Matrix) -> float:
    """Narrows a glyph of a wider face than the document's, which would run into the next one."""
    width = shape.advance * glyph.a
    if not shape.foreign or slot.room is None or width <= slot.room or glyph.b:
        return 1.0
    return max(slot.room / width, _NARROWEST)


def _bounded(edges: Edges) -> Edges:
    """Far outside any page all places are alike; numbers stay exact enough there."""
    if not np.isfinite(edges).all():
        raise Malformed("coordinates")
    return np.asarray(np.clip(edges, -_FAR_PX, _FAR_PX))


def _edges(areas: list[Points]) -> Edges:
    return _bounded(edges_of(areas))
