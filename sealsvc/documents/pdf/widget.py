"""The field a seal lives in, its place on the page and what it shows.

Source: ISO 32000-2, 12.5.5 (appearance), 12.5.6.19 (widgets), 12.7.5.5 (signature fields);
CONTRACT section 3 (placement).
"""

from typing import Any

from PIL import Image

from sealsvc.documents.pdf.errors import ImprintUnreadable, PageNotFound, PlacementOutOfPage
from sealsvc.documents.pdf.geometry import BoxMm, Page, PageView, pages_of
from sealsvc.documents.pdf.opening import as_array, as_dictionary, entry, raw
from sealsvc.documents.pdf.pyhanko_api import generic
from sealsvc.documents.picture import PictureUnreadable, load_png
from sealsvc.documents.values import SealingSpec
from sealsvc.values import Placement

PRINT_AND_LOCKED = 132  # annotation flags Print (bit 3) and Locked (bit 8)
TOLERANCE_MM = 0.01
# The matrix turns the picture against /Rotate, so that it stands upright for the viewer.
UPRIGHT = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


def place_seal(writer: Any, spec: SealingSpec) -> Any:
    """A new signature field merged with its widget, already among its page's annotations.

    Raises: PageNotFound, PlacementOutOfPage, ImprintUnreadable.
    """
    pages = pages_of(writer)
    number = spec.placement.page if spec.placement is not None else 1
    page = _page(pages, number)
    field = _dictionary(
        Type=_name("Annot"),
        Subtype=_name("Widget"),
        FT=_name("Sig"),
        T=generic.pdf_string(spec.field_name),
        F=generic.NumberObject(PRINT_AND_LOCKED),
        P=generic.IndirectObject(page.ref.idnum, page.ref.generation, writer),
        Rect=_numbers(0, 0, 0, 0),
    )
    if spec.placement is not None and spec.imprint_png is not None:
        _show(writer, field, page.view(), spec.placement, spec)
    return field


def add_field(writer: Any, field: Any) -> None:
    """Register the field with its page and at the end of the form's /Fields."""
    field_ref = writer.add_object(field)
    writer.register_annotation(field.raw_get("/P").reference, field_ref)
    form = as_dictionary(raw(writer.root, "/AcroForm"))
    if form is None:
        form = _dictionary(
            Fields=generic.ArrayObject([field_ref]), SigFlags=generic.NumberObject(3)
        )
        writer.root[_name("AcroForm")] = writer.add_object(form)
        writer.update_root()
        return
    fields = as_array(raw(form, "/Fields"))
    if fields is None:
        form[_name("Fields")] = generic.ArrayObject([field_ref])
        writer.update_container(form)
    else:
        fields.append(field_ref)
        writer.update_container(fields)
    if entry(form, "/SigFlags") != 3 or "/NeedAppearances" in form:
        form[_name("SigFlags")] = generic.NumberObject(3)
        form.pop("/NeedAppearances", None)
        writer.update_container(form)


def seal_box(view: PageView, placement: Placement, height_ratio: float) -> BoxMm:
    """The seal's box on the page as shown. Raises: PlacementOutOfPage."""
    height = placement.width_mm * height_ratio
    box = BoxMm(placement.x_mm, placement.y_mm, placement.width_mm, height)
    width_mm, height_mm = view.shown_mm
    fits = (
        box.x + box.width <= width_mm + TOLERANCE_MM
        and box.y + box.height <= height_mm + TOLERANCE_MM
    )
    if not fits or height <= 0:
        raise PlacementOutOfPage(page_mm=f"{width_mm:.1f} x {height_mm:.1f}")
    return box


def _page(pages: list[Page], number: int) -> Page:
    index = number - 1 if number > 0 else len(pages) + number
    if not 0 <= index < len(pages) or pages[index].ref is None:
        raise PageNotFound(page=number, pages=len(pages))
    return pages[index]


def _show(writer: Any, field: Any, view: PageView, placement: Placement, spec: SealingSpec) -> None:
    box = seal_box(view, placement, spec.imprint_height_ratio)
    rect = view.to_user(box)
    field[_name("Rect")] = _numbers(*rect)
    width, height = box.width / view.mm_per_unit, box.height / view.mm_per_unit
    image_ref = _image(writer, spec.imprint_png or b"")
    content = f"q {width:.4f} 0 0 {height:.4f} 0 0 cm /Seal Do Q".encode("ascii")
    resources = _dictionary(XObject=_dictionary(Seal=image_ref))
    turn = UPRIGHT[view.rotate]
    form = generic.StreamObject(
        _dictionary(
            Type=_name("XObject"),
            Subtype=_name("Form"),
            BBox=_numbers(0, 0, width, height),
            Matrix=_numbers(*turn, 0, 0),
            Resources=resources,
        ),
        stream_data=content,
    )
    field[_name("AP")] = _dictionary(N=writer.add_object(form))


def _image(writer: Any, png: bytes) -> Any:
    """The imprint as an image XObject, pixel for pixel, its alpha as SMask."""
    try:
        image = load_png(png)
    except PictureUnreadable as error:
        raise ImprintUnreadable(reason=str(error.fields.get("reason"))) from error
    alpha = image.getchannel("A")
    mask = None
    if alpha.getextrema() != (255, 255):
        mask = writer.add_object(_samples(alpha, "DeviceGray"))
    colours = _samples(image.convert("RGB"), "DeviceRGB")
    if mask is not None:
        colours[_name("SMask")] = mask
    return writer.add_object(colours)


def _samples(image: Image.Image, space: str) -> Any:
    stream = generic.StreamObject(
        _dictionary(
            Type=_name("XObject"),
            Subtype=_name("Image"),
            Width=generic.NumberObject(image.width),
            Height=generic.NumberObject(image.height),
            ColorSpace=_name(space),
            BitsPerComponent=generic.NumberObject(8),
        ),
        stream_data=image.tobytes(),
    )
    stream.compress()
    return stream


def _name(name: str) -> Any:
    return generic.pdf_name(f"/{name}")


def _dictionary(**members: Any) -> Any:
    return generic.DictionaryObject({_name(key): value for key, value in members.items()})


def _numbers(*values: float) -> Any:
    return generic.ArrayObject(generic.FloatObject(f"{value:.4f}") for value in values)
