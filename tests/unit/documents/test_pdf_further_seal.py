"""Revisions that add a signature and something else are no FURTHER_SEAL."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sealsvc.documents.pdf import sealer, widget
from sealsvc.documents.pdf.errors import DocmdpForbidsSeal, ExistingSignatureBroken
from sealsvc.documents.pdf.pyhanko_api import generic
from sealsvc.documents.pdf.reader import read
from sealsvc.documents.values import (
    ChangeClass,
    Coverage,
    DocumentReading,
)
from sealsvc.values import DocumentRole, Placement
from tests.builders import pdf
from tests.builders.pdf import Revision, chain_named, sealed_once

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


def second_seal(patch: pytest.MonkeyPatch, meddle: Meddle, base: bytes | None = None) -> bytes:
    """A second, cryptographically perfect seal whose revision also does what `meddle` does."""

    def add_field(writer: Any, field: Any) -> None:
        widget.add_field(writer, field)
        meddle(writer, field)

    data = base or sealed_once()  # kept between tests: made before the sealer is patched
    patch.setattr(sealer, "try_prepare", lambda *_: None)  # only pyHanko can be made to meddle
    patch.setattr(sealer, "add_field", add_field)
    return pdf.sealed(data, chain_named("second"), placement=SECOND)


def page_of(writer: Any) -> Any:
    return writer.root["/Pages"]["/Kids"][0]


def set_and_mark(writer: Any, holder: Any, key: str, value: Any) -> None:
    holder[NAME(key)] = value
    writer.update_container(holder)


def stream_of(writer: Any, content: bytes = b"hidden") -> Any:
    return writer.add_object(generic.StreamObject(stream_data=content))


def action(writer: Any, field: Any) -> None:
    script = {NAME("/S"): NAME("/JavaScript"), NAME("/JS"): generic.pdf_string("1")}
    opened = generic.DictionaryObject({NAME("/PO"): generic.DictionaryObject(script)})
    field[NAME("/AA")] = opened


def doubled_annotation(writer: Any, field: Any) -> None:
    page = page_of(writer)
    page["/Annots"].append(page["/Annots"].raw_get(-1))
    writer.update_container(page["/Annots"])


def old_object_in_appearance(writer: Any, field: Any) -> None:
    field["/AP"]["/N"]["/Resources"]["/XObject"][NAME("/Old")] = page_of(writer).raw_get(
        "/Contents"
    )


def append_field(writer: Any, kind: str) -> None:
    entries = {NAME("/FT"): NAME(kind), NAME("/T"): generic.pdf_string("X")}
    extra = writer.add_object(generic.DictionaryObject(entries))
    writer.root["/AcroForm"]["/Fields"].append(extra)


def second_field(writer: Any, field: Any) -> None:
    extra = generic.DictionaryObject(
        {NAME("/FT"): NAME("/Sig"), NAME("/T"): generic.pdf_string("X")}
    )
    writer.root["/AcroForm"]["/Fields"].append(writer.add_object(extra))


def text_field(writer: Any, field: Any) -> None:
    extra = generic.DictionaryObject(
        {NAME("/FT"): NAME("/Tx"), NAME("/T"): generic.pdf_string("X")}
    )
    writer.root["/AcroForm"]["/Fields"].append(writer.add_object(extra))


def note_on_page(writer: Any, field: Any) -> None:
    note = {NAME("/Type"): NAME("/Annot"), NAME("/Subtype"): NAME("/FreeText")}
    page = page_of(writer)
    page["/Annots"].append(writer.add_object(generic.DictionaryObject(note)))
    writer.update_container(page["/Annots"])


def rewritten_content(writer: Any, field: Any) -> None:
    page = page_of(writer)
    page["/Contents"]._data = b"BT ET"
    page["/Contents"]._encoded_data = None
    writer.mark_update(page.raw_get("/Contents"))


def store_of_junk(writer: Any, field: Any) -> None:
    certificates = generic.ArrayObject([stream_of(writer)])
    store = generic.DictionaryObject({NAME("/Certs"): certificates})
    set_and_mark(writer, writer.root, "/DSS", writer.add_object(store))


def information(writer: Any, field: Any) -> None:
    set_and_mark(writer, writer.trailer["/Info"], "/Title", generic.pdf_string("another"))


def form_script(writer: Any, field: Any) -> None:
    form = writer.root["/AcroForm"]
    set_and_mark(writer, form, "/XFA", stream_of(writer, b"<xdp/>"))


def removed_first(writer: Any, field: Any) -> None:
    form = writer.root["/AcroForm"]
    del form["/Fields"][0]
    writer.update_container(form)


def page_resources(writer: Any, field: Any) -> None:
    set_and_mark(writer, page_of(writer), "/Rotate", generic.NumberObject(180))


MEDDLING: dict[str, Meddle] = {
    "action on the field": action,
    "annotation twice": doubled_annotation,
    "old object in the appearance": old_object_in_appearance,
    "second, empty field": second_field,
    "text field": text_field,
    "note on the page": note_on_page,
    "content rewritten": rewritten_content,
    "store of junk": store_of_junk,
    "information title": information,
    "form data": form_script,
    "first seal removed": removed_first,
    "page turned": page_resources,
    "hidden object": lambda writer, field: (stream_of(writer), None)[1],
    "catalog entry": lambda writer, field: set_and_mark(
        writer, writer.root, "/OpenAction", generic.ArrayObject([])
    ),
    "unknown field entry": lambda writer, field: field.update({NAME("/Foo"): NAME("/Bar")}),
    "trailer key": lambda writer, field: writer.set_custom_trailer_entry(
        NAME("/Foreign"), NAME("/Key")
    ),
}


@pytest.mark.parametrize("name", MEDDLING)
def test_seal_that_does_more_is_no_further_seal(name: str, forced: pytest.MonkeyPatch) -> None:
    reading = read(second_seal(forced, MEDDLING[name]))

    first = next((one for one in reading.signatures if one.coverage is Coverage.REVISION), None)
    if name == "first seal removed":
        assert first is None
        assert len(reading.earlier_signatures) == 1
    else:
        assert first is not None
        assert first.worst_change in (ChangeClass.OTHER, ChangeClass.UNREADABLE)


@pytest.mark.parametrize("name", MEDDLING)
def test_sealer_does_not_write_what_would_do_harm(name: str) -> None:
    with pytest.MonkeyPatch.context() as patch, pytest.raises(ExistingSignatureBroken):
        second_seal(patch, MEDDLING[name])


def test_further_seal_that_only_seals(forced: pytest.MonkeyPatch) -> None:
    reading = read(second_seal(forced, lambda writer, field: None))

    assert worst(reading) == [ChangeClass.FURTHER_SEAL, ChangeClass.NONE]


def worst(reading: DocumentReading) -> list[ChangeClass]:
    return [one.worst_change for one in reading.signatures]


def test_object_that_signed_content_waits_for_is_other(forced: pytest.MonkeyPatch) -> None:
    """Signed content refers to a number that only the second seal's appearance defines."""
    probe = read_size(sealed_once())
    step = Revision(pdf.plain())
    waiting = b"/Resources << /XObject << "
    waiting += b" ".join(b"/W%d %d 0 R" % (n, n) for n in range(probe, probe + 5)) + b" >> >>"
    step.put(step.page, step.bodies[step.page].replace(b"/Resources", b"/Old", 1))
    step.add_key(step.page, waiting)
    first = pdf.sealed(step.build())

    reading = read(pdf.sealed(first, chain_named("second"), placement=SECOND))

    assert reading.signatures[0].worst_change in (ChangeClass.OTHER, ChangeClass.UNREADABLE)


def read_size(data: bytes) -> int:
    return Revision(data).size


def test_certified_document_forbids_a_further_seal(forced: pytest.MonkeyPatch) -> None:
    invoice = sealed_once(DocumentRole.INVOICE)
    reading = read(second_seal(forced, lambda writer, field: None, invoice))

    assert worst(reading) == [ChangeClass.OTHER, ChangeClass.NONE]
    assert [one.docmdp_kept for one in reading.signatures] == [False, None]


def test_further_seal_whose_value_is_broken_is_other() -> None:
    data = pdf.sealed_thrice()
    place = data.rindex(b"2a864886f70d010904") + 30  # in the message digest
    broken = data[:place] + (b"0" if data[place : place + 1] != b"0" else b"1") + data[place + 1 :]

    reading = read(broken)

    assert reading.signatures[0].worst_change is ChangeClass.OTHER


@pytest.mark.parametrize("make", [pdf.plain, pdf.xref_stream])
def test_three_seals_in_turn(make: Callable[[], bytes]) -> None:
    data = make()
    for index, label in enumerate(("demo", "second", "third")):
        place = Placement(page=1, x_mm=10 + 50 * index, y_mm=40, width_mm=40)
        before, data = data, pdf.sealed(data, chain_named(label), placement=place)
        assert data.startswith(before)

    reading = read(data)

    assert worst(reading) == [ChangeClass.FURTHER_SEAL, ChangeClass.FURTHER_SEAL, ChangeClass.NONE]
    assert [one.coverage for one in reading.signatures] == [
        Coverage.REVISION,
        Coverage.REVISION,
        Coverage.FILE,
    ]
    assert [len(one.changes_after) for one in reading.signatures] == [2, 1, 0]
    assert all(
        one.digest == "MATCHES" and one.signature == "VERIFIES" for one in reading.signatures
    )
    assert all(not one.problems for one in reading.signatures)
    assert reading.problems == ()
    assert reading.earlier_signatures == ()


@pytest.mark.parametrize("visible", [True, False])
@pytest.mark.parametrize(
    "base",
    [
        pdf.PdfBuilder().with_note().build(),
        pdf.PdfBuilder().with_text_field().build(),
        pdf.PdfBuilder(pages=3).saved(linearize=True).build(),
    ],
    ids=["note in an indirect array", "form", "linearised"],
)
def test_second_seal_on_other_structures(base: bytes, visible: bool) -> None:
    place = SECOND if visible else None
    once = pdf.sealed(base, placement=place)

    reading = read(pdf.sealed(once, chain_named("second"), placement=place))

    assert worst(reading) == [ChangeClass.FURTHER_SEAL, ChangeClass.NONE]


def locking_seal(patch: pytest.MonkeyPatch, lock: dict[str, Any]) -> bytes:
    """A first seal whose field carries a /Lock dictionary."""

    def add_field(writer: Any, field: Any) -> None:
        entries = {NAME(key): value for key, value in lock.items()}
        field[NAME("/Lock")] = writer.add_object(generic.DictionaryObject(entries))
        widget.add_field(writer, field)

    patch.setattr(sealer, "try_prepare", lambda *_: None)  # only pyHanko can be made to meddle
    patch.setattr(sealer, "add_field", add_field)
    data = pdf.sealed(pdf.plain())
    patch.setattr(sealer, "add_field", widget.add_field)
    return data


def lock_entries(action: str, *names: str, level: int | None = None) -> dict[str, Any]:
    entries = {"/Type": NAME("/SigFieldLock"), "/Action": NAME(action)}
    if action != "/All":
        entries["/Fields"] = generic.ArrayObject(generic.pdf_string(one) for one in names)
    if level is not None:
        entries["/P"] = generic.NumberObject(level)
    return entries


LOCKS = {
    "all": lock_entries("/All"),
    "exclude": lock_entries("/Exclude", "another"),
    "no changes": lock_entries("/Include", "another", level=1),
    "no new field": lock_entries("/Include", "another", level=2),
}


@pytest.mark.parametrize("name", LOCKS)
def test_lock_forbids_a_further_seal(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = locking_seal(monkeypatch, LOCKS[name])

    with pytest.raises(DocmdpForbidsSeal):
        pdf.sealed(data, chain_named("second"), placement=SECOND)


@pytest.mark.parametrize("name", LOCKS)
def test_seal_against_a_lock_is_other(name: str, forced: pytest.MonkeyPatch) -> None:
    data = locking_seal(forced, LOCKS[name])

    first, second = read(pdf.sealed(data, chain_named("second"), placement=SECOND)).signatures

    assert (first.worst_change, first.docmdp_kept) == (ChangeClass.OTHER, False)
    assert second.worst_change is ChangeClass.NONE


def test_lock_of_other_fields_allows_a_further_seal(monkeypatch: pytest.MonkeyPatch) -> None:
    data = locking_seal(monkeypatch, lock_entries("/Include", "another"))

    first, _ = read(pdf.sealed(data, chain_named("second"), placement=SECOND)).signatures

    assert (first.worst_change, first.docmdp_kept) == (ChangeClass.FURTHER_SEAL, True)
