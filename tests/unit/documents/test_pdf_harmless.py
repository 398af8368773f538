"""What honest writers do beside a second seal, found in public documents: no modification."""

from collections.abc import Callable, Iterator
from typing import Any

import pikepdf
import pytest

from sealsvc.documents.pdf import sealer, widget
from sealsvc.documents.pdf.pyhanko_api import generic
from sealsvc.documents.pdf.reader import read
from sealsvc.documents.values import ChangeClass
from sealsvc.values import Placement
from tests.builders import pdf
from tests.builders.pdf import PdfBuilder, chain_named, sealed_once

Meddle = Callable[[Any, Any], None]
NAME = generic.pdf_name
SECOND = Placement(page=1, x_mm=100, y_mm=30, width_mm=40)


@pytest.fixture
def forced() -> Iterator[pytest.MonkeyPatch]:
    """A sealer that seals whatever it is given."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealer, "try_prepare", lambda *_: None)
        patch.setattr(sealer, "_refuse_unfit", lambda *_: None)
        patch.setattr(sealer, "_refuse_forbidden", lambda *_: None)
        patch.setattr(sealer, "harm_of_seal", lambda *_: None)
        yield patch


def after_first(
    patch: pytest.MonkeyPatch, meddle: Meddle, base: bytes | None = None
) -> ChangeClass:
    """The worst change after the first seal, when the second one's revision also meddles."""

    def add_field(writer: Any, field: Any) -> None:
        widget.add_field(writer, field)
        meddle(writer, field)

    data = base or sealed_once()  # kept between tests: made before the sealer is patched
    patch.setattr(sealer, "try_prepare", lambda *_: None)  # only pyHanko can be made to meddle
    patch.setattr(sealer, "add_field", add_field)
    return (
        read(pdf.sealed(data, chain_named("second"), placement=SECOND)).signatures[0].worst_change
    )


def font(writer: Any) -> Any:
    entries = {
        NAME("/Type"): NAME("/Font"),
        NAME("/Subtype"): NAME("/Type1"),
        NAME("/BaseFont"): NAME("/Helvetica"),
    }
    return writer.add_object(generic.DictionaryObject(entries))


def defaults(writer: Any, field: Any, helvetica: Any = None) -> None:
    """/DA and /DR on the form, as PDFBox adds them."""
    fonts = generic.DictionaryObject({NAME("/Helv"): helvetica or font(writer)})
    form = writer.root["/AcroForm"]
    form[NAME("/DA")] = generic.pdf_string("/Helv 0 Tf 0 g ")
    resources = generic.DictionaryObject({NAME("/Font"): writer.add_object(fonts)})
    form[NAME("/DR")] = writer.add_object(resources)
    writer.update_container(form)


def page_of(writer: Any) -> Any:
    return writer.root["/Pages"]["/Kids"][0]


def old_defaults(writer: Any, field: Any) -> None:
    old = page_of(writer)["/Resources"]["/Font"]
    defaults(writer, field, old.raw_get(next(iter(old))))


def pages_again(writer: Any, field: Any) -> None:
    writer.mark_update(writer.root.raw_get("/Pages"))


def content_again(writer: Any, field: Any) -> None:
    writer.mark_update(page_of(writer).raw_get("/Contents"))


def pages_otherwise(writer: Any, field: Any) -> None:
    writer.root["/Pages"][NAME("/Rotate")] = generic.NumberObject(90)
    pages_again(writer, field)


def loose_text_field(document: pikepdf.Pdf) -> None:
    """A text widget on the page that the form does not name; some viewers show it all the same."""
    shown = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Widget,
        FT=pikepdf.Name.Tx,
        T="loose",
        V="1000",
        Rect=[100, 100, 200, 120],
    )
    document.pages[0].obj["/Annots"] = pikepdf.Array([document.make_indirect(shown)])


@pytest.mark.parametrize("meddle", [defaults, pages_again, content_again])
def test_what_shows_nothing_new_is_a_further_seal(
    meddle: Meddle, forced: pytest.MonkeyPatch
) -> None:
    assert after_first(forced, meddle) is ChangeClass.FURTHER_SEAL


@pytest.mark.parametrize("meddle", [old_defaults, pages_otherwise])
def test_the_same_with_a_difference_is_a_change(meddle: Meddle, forced: pytest.MonkeyPatch) -> None:
    assert after_first(forced, meddle) in (ChangeClass.OTHER, ChangeClass.UNREADABLE)


@pytest.mark.filterwarnings("ignore:This document has 1 form widget")  # pikepdf sees it too
@pytest.mark.parametrize(
    "base",
    [PdfBuilder().with_text_field(), PdfBuilder().with_step(loose_text_field)],
    ids=["in the form", "loose on the page"],
)
def test_defaults_that_a_text_field_could_take_are_a_change(
    base: PdfBuilder, forced: pytest.MonkeyPatch
) -> None:
    first = pdf.sealed(base.build())

    assert after_first(forced, defaults, first) is ChangeClass.OTHER


def test_defaults_that_were_there_may_not_change(forced: pytest.MonkeyPatch) -> None:
    def with_defaults(document: pikepdf.Pdf) -> None:
        document.Root["/AcroForm"] = pikepdf.Dictionary(Fields=[], DA="/Helv 12 Tf 1 g")

    first = pdf.sealed(PdfBuilder().with_step(with_defaults).build())

    assert after_first(forced, defaults, first) is ChangeClass.OTHER
