"""Which field, annotation or page a later revision changed, by name."""

import re

import pytest

from api.demo.tamper import overpaint
from sealsvc.documents.pdf import naming, sealer
from sealsvc.documents.pdf.naming import MAX_NAME, shown_name
from sealsvc.documents.pdf.reader import read
from sealsvc.documents.values import Change, ChangeClass, ChangedKind, ChangedObject
from sealsvc.values import DocumentRole
from sealsvc.verify.messages import object_words
from tests.builders import pdf
from tests.builders.pdf import Revision, sealed_once, sealed_thrice

K = ChangedKind


def changes(data: bytes, index: int = 0) -> tuple[Change, ...]:
    return read(data).signatures[index].changes_after


def named(data: bytes) -> list[tuple[ChangedKind, int | None, str | None]]:
    return [(one.kind, one.page, one.name) for item in changes(data) for one in item.objects]


def with_field() -> tuple[Revision, int]:
    step = Revision(pdf.sealed(pdf.PdfBuilder().with_text_field().build()))
    return step, next(n for n, body in step.bodies.items() if b"/FT /Tx" in body)


def edited(data: bytes) -> Revision:
    """A revision to edit pages in: pikepdf put a size of paper into them that is nowhere."""
    step = Revision(data)
    step.bodies[step.page] = re.sub(rb"/MediaBox \d+ 0 R ", b"", step.bodies[step.page])
    return step


def with_annotations(step: Revision, *numbers: int) -> Revision:
    """The first page carries these annotations too."""
    refs = b" ".join(b"%d 0 R" % number for number in numbers)
    if b"/Annots [" in step.bodies[step.page]:
        return step.replace_in(step.page, b"/Annots [", b"/Annots [ " + refs)
    return step.add_key(step.page, b"/Annots [" + refs + b"]")


def annotated(data: bytes, annotation: bytes) -> bytes:
    step = edited(data)
    return with_annotations(step, step.new(annotation)).build()


NOTE = b"<< /Type /Annot /Subtype /FreeText /NM (note-7) /Rect [10 10 90 40] /Contents (paid) >>"


def test_value_of_a_field() -> None:
    step, number = with_field()
    step.replace_in(number, b"(1000)", b"(9000)")
    ((kind, page, name),) = named(step.build())
    assert kind is K.FIELD_VALUE_CHANGED
    assert name in str(step.bodies[number])
    assert page in (1, None)


def test_settings_of_a_field_are_not_its_value() -> None:
    step, number = with_field()
    step.add_key(number, b"/Ff 1")
    assert [kind for kind, _, _ in named(step.build())] == [K.FIELD_CHANGED]


def test_removed_field() -> None:
    step, number = with_field()
    form = next(n for n, body in step.bodies.items() if b"/SigFlags" in body)
    step.replace_in(form, b"%d 0 R" % number, b"")
    assert K.FIELD_REMOVED in [kind for kind, _, _ in named(step.build())]


def test_annotation_added_then_changed_then_removed() -> None:
    added = annotated(sealed_once(), NOTE)
    assert (K.ANNOTATION_ADDED, 1, "FreeText note-7") in named(added)
    step = edited(added)
    number = next(n for n, body in step.bodies.items() if b"note-7" in body)
    step.replace_in(number, b"(paid)", b"(PAID)")
    changed = step.build()
    first, second = changes(changed)
    assert [one.kind for one in first.objects] == [K.ANNOTATION_ADDED]
    assert [one.kind for one in second.objects] == [K.ANNOTATION_CHANGED]
    step = edited(changed)
    step.replace_in(step.page, b"%d 0 R" % number, b"")
    assert changes(step.build())[2].objects == (
        ChangedObject(K.ANNOTATION_REMOVED, 1, "FreeText note-7"),
    )


def test_page_painted_over() -> None:
    data = overpaint(sealed_once(), "99999.00", (60.0, 100.0, 30.0, 6.0))
    assert (K.PAGE_CHANGED, 1, None) in named(data)


def test_object_written_once_more_the_same_is_no_change() -> None:
    step = edited(sealed_once())
    step.put(step.page, step.bodies[step.page])
    assert named(step.build()) == []


def test_further_seal_is_named_with_its_page() -> None:
    first, second = changes(sealed_thrice())
    for one in (first, second):
        assert one.change_class is ChangeClass.FURTHER_SEAL
        (found,) = one.objects
        assert (found.kind, found.page) == (K.SIGNATURE_ADDED, 1)
        assert found.name is not None


def test_names_survive_what_an_earlier_signature_forbids() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealer, "try_prepare", lambda *_: None)
        patch.setattr(sealer, "_refuse_unfit", lambda *_: None)
        patch.setattr(sealer, "_refuse_forbidden", lambda *_: None)
        patch.setattr(sealer, "harm_of_seal", lambda *_: None)
        data = pdf.sealed(sealed_once(DocumentRole.INVOICE), pdf.chain_named("second"))
    (change,) = changes(data)
    assert change.change_class is ChangeClass.OTHER
    assert [one.kind for one in change.objects] == [K.SIGNATURE_ADDED]


def test_many_are_bounded_and_the_rest_is_said() -> None:
    step = edited(sealed_once())
    fresh = [step.new(NOTE) for _ in range(naming.MAX_OBJECTS + 5)]
    found = named(with_annotations(step, *fresh).build())
    assert len(found) == naming.MAX_OBJECTS + 1
    assert found[-1] == (K.MORE, None, None)


def test_spent_budget_is_said_and_changes_no_class(monkeypatch: pytest.MonkeyPatch) -> None:
    data = overpaint(sealed_once(), "1", (60.0, 100.0, 30.0, 6.0))
    full = changes(data)
    monkeypatch.setattr(naming, "MAX_NODES", 3)
    short = changes(data)
    assert [one.change_class for one in short] == [one.change_class for one in full]
    assert short[0].objects[-1].kind is K.MORE


def test_annotations_that_lead_in_circles_end() -> None:
    step = edited(sealed_once())
    one = step.new(b"null")
    two = step.new(b"<< /Subtype /Text /Rect [0 0 1 1] /X %d 0 R >>" % one)
    step.put(one, b"<< /Subtype /Text /Rect [0 0 1 1] /X %d 0 R >>" % two)
    data = with_annotations(step, one, two).build()
    assert [kind for kind, _, _ in named(data)] == [K.ANNOTATION_ADDED] * 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a\r\nb", "a b"),
        ("\u202eevil\x00\x1b[31m", "evil [31m"),
        ("\ud800x", "x"),
        ("\x00\x01", None),
        ("n" * 10_000, "n" * MAX_NAME),
    ],
)
def test_hostile_names(name: str, expected: str | None) -> None:
    assert shown_name(name) == expected


@pytest.mark.parametrize("kind", list(ChangedKind))
def test_every_kind_has_words(kind: ChangedKind) -> None:
    zh, en = (object_words(ChangedObject(kind, 3, "{name}<b>"), lang) for lang in ("zh", "en"))
    assert zh.startswith("第 3 页：")
    assert en.startswith("page 3: ")
    assert "None" not in object_words(ChangedObject(kind)) + object_words(ChangedObject(kind), "en")
