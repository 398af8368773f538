"""The picture a signature shows: the image in its widget's normal appearance.

Source: ISO 32000-2, 12.5.5 (appearance streams), 8.9.5 (image dictionaries), 11.6.5.3 (SMask).
"""

import re
from io import BytesIO
from typing import Any

from PIL import Image

from sealsvc.documents.pdf.fields import FormField, widgets_of
from sealsvc.documents.pdf.geometry import Page, normal_box, number, numbers
from sealsvc.documents.pdf.opening import as_array, as_dictionary, entry, raw, reference_of
from sealsvc.documents.pdf.pyhanko_api import generic
from sealsvc.documents.picture import MAX_SIDE_PX, rgba_sha256, to_png
from sealsvc.documents.values import SealPicture

MAX_DEPTH = 4
MAX_IMAGES = 16


def find_picture(field: FormField, pages: list[Page]) -> SealPicture | None:
    """The largest image that the field's widget draws, decoded; None when it shows none.

    Raises: whatever the libraries raise on broken streams; the caller notes a problem.
    """
    for widget in widgets_of(field):
        rect = numbers(raw(widget, "/Rect"), 4)
        stream = normal_appearance(widget)
        index = _page_of(widget, field, pages)
        if rect is None or stream is None or index is None:
            continue
        images = _drawn_images(stream, 0)
        if not images:
            continue
        largest = max(images, key=lambda one: _side(one, "/Width") * _side(one, "/Height"))
        image = decode_image(largest)
        if image is None:
            continue
        place = pages[index].view().to_shown(normal_box(rect))
        return SealPicture(
            png=to_png(image),
            rgba_sha256=rgba_sha256(image),
            page=index + 1,
            x_mm=round(place.x, 3),
            y_mm=round(place.y, 3),
            width_mm=round(place.width, 3),
            height_mm=round(place.height, 3),
        )
    return None


def normal_appearance(widget: Any) -> Any:
    """The stream of /AP /N, or of the state /AS names; None where there is none."""
    appearances = as_dictionary(raw(widget, "/AP"))
    normal = as_dictionary(raw(appearances, "/N")) if appearances is not None else None
    if normal is None or isinstance(normal, generic.StreamObject):
        return normal
    state = entry(widget, "/AS")
    chosen = as_dictionary(raw(normal, str(state))) if state is not None else None
    return chosen if isinstance(chosen, generic.StreamObject) else None


def _page_of(widget: Any, field: FormField, pages: list[Page]) -> int | None:
    """The page whose /Annots holds the widget; /P is a hint that readers ignore."""
    single = widget is field.dictionary
    kids = [] if single else list(as_array(raw(field.dictionary, "/Kids")) or ())
    wanted = {field.ref} if single else {reference_of(kid) for kid in kids}
    hint = reference_of(raw(widget, "/P"))
    ordered = sorted(range(len(pages)), key=lambda i: pages[i].ref != hint)
    for index in ordered:
        annotations = as_array(raw(pages[index].dictionary, "/Annots"))
        if annotations is not None and wanted & {reference_of(one) for one in annotations}:
            return index
    return None


def _drawn_images(form: Any, depth: int) -> list[Any]:
    """Image XObjects that the form's content names before `Do`, nested forms included."""
    if depth > MAX_DEPTH:
        return []
    resources = as_dictionary(raw(form, "/Resources"))
    xobjects = as_dictionary(raw(resources, "/XObject")) if resources is not None else None
    if xobjects is None:
        return []
    content = form.data
    images: list[Any] = []
    for name in list(xobjects)[:MAX_IMAGES]:
        if re.search(re.escape(str(name).encode("latin-1")) + rb"\s+Do\b", content) is None:
            continue
        xobject = as_dictionary(raw(xobjects, name))
        if xobject is None:
            continue
        if entry(xobject, "/Subtype") == "/Image":
            images.append(xobject)
        elif entry(xobject, "/Subtype") == "/Form":
            images += _drawn_images(xobject, depth + 1)
    return images[:MAX_IMAGES]


def decode_image(xobject: Any) -> Image.Image | None:
    """An image XObject as RGBA with its SMask as alpha; None for kinds we do not decode.

    Kinds: 8-bit DeviceRGB, DeviceGray, ICC of 1 or 3 components, Indexed on RGB; DCTDecode.
    """
    colours = _decode_samples(xobject)
    if colours is None:
        return None
    image = colours.convert("RGBA")
    mask = as_dictionary(raw(xobject, "/SMask"))
    if mask is None:
        return image
    alpha = _decode_samples(mask)
    if alpha is None or alpha.size != image.size or alpha.mode != "L":
        return None
    image.putalpha(alpha)
    return image


def _decode_samples(xobject: Any) -> Image.Image | None:
    width, height = _side(xobject, "/Width"), _side(xobject, "/Height")
    if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX):
        return None
    if _filters(xobject) == ["/DCTDecode"]:
        with Image.open(BytesIO(xobject.encoded_data), formats=("JPEG",)) as jpeg:
            same = jpeg.size == (width, height)
            return jpeg.convert("L" if jpeg.mode == "L" else "RGB") if same else None
    if number(entry(xobject, "/BitsPerComponent")) != 8 or raw(xobject, "/Decode") is not None:
        return None
    mode, palette = _colour_mode(xobject)
    if mode is None:
        return None
    data = xobject.data
    expected = width * height * (3 if mode == "RGB" else 1)
    if len(data) < expected:
        return None
    image = Image.frombytes("P" if palette else mode, (width, height), data[:expected])
    if palette is None:
        return image
    image.putpalette(palette)
    return image.convert("RGB")


def _side(xobject: Any, key: str) -> int:
    return int(number(entry(xobject, key)) or 0)


def _filters(xobject: Any) -> list[str]:
    value = entry(xobject, "/Filter")
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, generic.ArrayObject) else [str(value)]


def _colour_mode(xobject: Any) -> tuple[str | None, bytes | None]:
    space = entry(xobject, "/ColorSpace")
    simple = _simple_mode(space)
    if simple is not None:
        return simple, None
    array = as_array(space)
    if array is None or len(array) != 4 or array[0] != "/Indexed":
        return None, None
    table = array[3]
    if isinstance(table, generic.StreamObject):
        palette = bytes(table.data)
    else:
        palette = bytes(getattr(table, "original_bytes", b""))
    return ("L", palette) if _simple_mode(array[1]) == "RGB" and palette else (None, None)


def _simple_mode(space: Any) -> str | None:
    known = {"/DeviceRGB": "RGB", "/CalRGB": "RGB", "/DeviceGray": "L", "/CalGray": "L"}
    if isinstance(space, str):
        return known.get(str(space))
    array = as_array(space)
    if array is None or len(array) < 2:
        return None
    if array[0] == "/ICCBased":
        profile = as_dictionary(array[1])
        components = number(entry(profile, "/N")) if profile is not None else None
        return {1.0: "L", 3.0: "RGB"}.get(components or 0.0)
    return known.get(str(array[0])) if isinstance(array[0], str) else None
