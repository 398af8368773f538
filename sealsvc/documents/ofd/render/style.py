"""How an object is painted: attributes and colours, inherited over DrawParam."""

from dataclasses import dataclass

from sealsvc.documents.ofd.render.budget import Notes
from sealsvc.documents.ofd.render.canvas import Paint
from sealsvc.documents.ofd.render.geometry import Malformed, number
from sealsvc.documents.ofd.render.parts import Element, attribute, child, children, flag, local_name
from sealsvc.documents.ofd.render.structure import Resources

_MAX_CHAIN = 8
_BLENDS = ("Normal", "Multiply", "Darken")
BLACK = (0.0, 0.0, 0.0)
Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Style:
    """Where attributes and colours of one object are looked up, first find counts."""

    sources: tuple[Element, ...]
    resources: Resources
    notes: Notes

    def value(self, name: str) -> str | None:
        """An attribute of the object or of the nearest DrawParam that has it."""
        return next((found for one in self.sources if (found := attribute(one, name))), None)

    def paint(self, name: str, default: Rgb | None) -> Paint | None:
        """FillColor or StrokeColor with the object's Alpha and BlendMode; None: nothing to paint.

        Raises: Malformed.
        """
        each = (child(one, name) for one in self.sources)
        element = next((one for one in each if one is not None), None)
        rgb: Rgb | None = default
        alpha = _alpha(self.sources[0].get("Alpha", ""))
        if element is not None:
            rgb = self._color(element)
            alpha *= _alpha(element.get("Alpha", ""))
        return None if rgb is None else Paint(rgb, alpha, self.blend())

    def blend(self) -> str:
        """A supported blend mode; another is noted."""
        blend = attribute(self.sources[0], "BlendMode") or "Normal"
        if blend not in _BLENDS:
            self.notes.add("blend mode not supported, drawn as Normal")
            return "Normal"
        return blend

    @property
    def alpha(self) -> float:
        """The object's own opacity, 0..1. Raises: Malformed."""
        return _alpha(self.sources[0].get("Alpha", ""))

    def _color(self, element: Element) -> Rgb | None:
        kinds = [local_name(one) for one in element]
        if "Pattern" in kinds:
            self.notes.add("pattern fill not drawn")
            return None
        for one in element:
            if local_name(one) in ("AxialShd", "RadialShd", "GouraudShd", "LaGourandShd"):
                self.notes.add("shading drawn in one colour")
                return self._first_of(one)
        value = attribute(element, "Value")
        if value is None:
            if attribute(element, "Index") is not None:
                self.notes.add("palette colour not drawn")
                return None
            return BLACK
        return to_rgb(value, self._space(element))

    def _first_of(self, shading: Element) -> Rgb | None:
        for one in shading.iter():
            if local_name(one) == "Color" and one.get("Value"):
                return to_rgb(one.get("Value", ""), self._space(one))
        return None

    def _space(self, element: Element) -> str | None:
        found = self.resources.get("ColorSpace", element.get("ColorSpace", ""))
        return None if found is None else found.element.get("Type", "")


def style_of(
    element: Element, layer_param: str | None, resources: Resources, notes: Notes
) -> Style:
    """The object first, then its DrawParam and what that builds on, then the layer's."""
    sources = [element]
    for start in (attribute(element, "DrawParam"), layer_param):
        at = start
        while at and len(sources) < _MAX_CHAIN:
            found = resources.get("DrawParam", at)
            if found is None:
                notes.add("drawing parameters missing")
                break
            sources.append(found.element)
            at = attribute(found.element, "Relative")
    return Style(tuple(sources), resources, notes)


def to_rgb(value: str, space: str | None) -> Rgb:
    """Components 0..255 (or `#` and hexadecimal digits) of Gray, RGB or CMYK.

    Without a space the number of components decides. Raises: Malformed.
    """
    parts = value.split()
    if not 0 < len(parts) <= 8:
        raise Malformed("colour")
    levels = [_level(part) for part in parts]
    if space == "GRAY" or space == "Gray" or len(levels) < 3:
        return levels[0], levels[0], levels[0]
    if space == "CMYK" or (space is None and len(levels) == 4):
        if len(levels) < 4:
            raise Malformed("colour")
        cyan, magenta, yellow, black = levels[:4]
        return (1 - cyan) * (1 - black), (1 - magenta) * (1 - black), (1 - yellow) * (1 - black)
    return levels[0], levels[1], levels[2]


def _level(text: str) -> float:
    try:
        value = float(int(text[1:], 16)) if text.startswith("#") else number(text)
    except ValueError:
        raise Malformed("colour") from None
    return min(max(value, 0.0), 255.0) / 255


def _alpha(text: str | None) -> float:
    return min(max(number(text, 255.0), 0.0), 255.0) / 255


def dash_of(style: Style) -> list[float]:
    """Lengths of dashes and gaps, mm; empty for a whole line. Raises: Malformed."""
    from_text = style.value("DashPattern")
    if not from_text:
        return []
    values = [abs(number(one)) for one in from_text.split()[:16]]
    return values if sum(values) > 0 else []


def clips_of(element: Element) -> list[tuple[bool, list[Element]]]:
    """Areas of each clip of an object, and whether the object's CTM turns them too.

    Areas of one clip add up, clips cut one another.
    """
    found = []
    for holder in children(element, "Clips"):
        for clip in children(holder, "Clip"):
            areas = list(children(clip, "Area"))
            if areas:
                found.append((flag(holder, "TransFlag", True), areas))
    return found
