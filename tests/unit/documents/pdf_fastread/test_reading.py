"""Where the fast reader answers it says what the general reader says; elsewhere it is silent."""

from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealsvc.documents.pdf import fastread, reader
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fastread.soundness import _refuse_waiting
from sealsvc.documents.values import ChangeClass
from tests.attacks.mutations import ANY, Mutation
from tests.builders import pdf
from tests.unit.documents.pdf_fast.corpus_run import MANIFEST, samples
from tests.unit.documents.pdf_fastread.compare import complaints
from tests.unit.documents.pdf_fastread.crafted import CHANGES, Change, crafted, trailer_key
from tests.unit.documents.pdf_fastread.crafted import honest as unchanged
from tests.unit.documents.pdf_fastread.samples import INVOICE, OTHER, fast, honest, seals
from tests.unit.documents.test_pdf_tampering import REVISIONS

NAMES = (
    "invoice",
    "contract",
    "second page",
    "invisible",
    "xref stream",
    "xref stream twice",
    "two",
    "three",
    "six",
    "rsa",
    "turned",
    "cropped",
    "notes",
    "text field",
    "filled",
    "general writer",
    "general writer, contract",
)


@pytest.mark.parametrize("name", NAMES)
def test_honest_file_is_read_fast_and_equal(name: str) -> None:
    assert complaints(honest()[name]) == []


def test_all_honest_files_are_tried() -> None:
    assert set(honest()) == set(NAMES)


def test_sm2(monkeypatch: pytest.MonkeyPatch) -> None:
    data = fast(pdf.plain(), suite="sm2-sm3")
    assert complaints(data, by_pyhanko=False) == []


def test_digest_of_the_file_comes_along() -> None:
    for data in honest().values():
        found = fastread.read_with_digest(data)
        assert found is not None
        assert found[1] == sha256(data).hexdigest()
        assert reader.read_with_digest(data) == (reader.read(data), found[1])
    assert reader.read_with_digest(pdf.plain())[1] == sha256(pdf.plain()).hexdigest()


def test_picture_is_drawn_once_and_equal_again() -> None:
    data = honest()["invoice"]
    first, second = fastread.read(data), fastread.read(data)
    assert first is not None
    assert first == second
    assert first.signatures[0].picture is not None
    assert second is not None
    assert second.signatures[0].picture is not None
    assert first.signatures[0].picture.png is second.signatures[0].picture.png


def test_another_picture_under_the_same_numbers() -> None:
    one = fast(pdf.plain(), png=pdf.imprint())
    other = fast(pdf.plain(), png=pdf.imprint(colour=(10, 20, 200)))
    assert complaints(one) == complaints(other) == []


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", pdf.plain(), pdf.encrypted()])
def test_nothing_to_say(data: bytes) -> None:
    assert fastread.read(data) is None


@pytest.mark.parametrize("base", ["invoice", "two", "xref stream"])
@pytest.mark.parametrize("name", sorted(REVISIONS))
def test_unsigned_revision_is_left_alone(base: str, name: str) -> None:
    step = pdf.Revision(honest()[base])
    try:
        REVISIONS[name](step)
        data = step.build()
    except (KeyError, ValueError, AssertionError, IndexError):
        pytest.skip("the change does not fit this file")
    assert fastread.read(data) is None


def test_crafting_itself_is_harmless() -> None:
    data = crafted(seals(1), unchanged)
    assert complaints(data) == []
    reading = fastread.read(data)
    assert reading is not None
    assert reading.signatures[0].worst_change is ChangeClass.FURTHER_SEAL


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_seal_that_brings_more_is_left_alone(change: Change) -> None:
    assert fastread.read(crafted(seals(1), change)) is None


def test_foreign_trailer_key_is_left_alone() -> None:
    assert fastread.read(crafted(seals(1), unchanged, trailer_key)) is None


def test_further_seal_after_a_certification_is_left_alone() -> None:
    assert fastread.read(crafted(fast(pdf.plain(), role=INVOICE), unchanged)) is None


@pytest.mark.parametrize("number", [90, 14, 9999])
def test_reference_that_waits_for_a_later_object_is_left_alone(number: int) -> None:
    """Rule (g): what the first party signed already names an object of the second party."""
    base = _with_catalog_entry(pdf.plain(), b"/Later %d 0 R" % number)
    once = seals(1, base)
    assert fastread.read(crafted(once, unchanged)) is None


@pytest.mark.parametrize(
    "text", [b"x 90 0 R", b"[90\t0\nR]", b"90 %c\n0 % d\r\nR/", b"90%\n0%\nR", b"<90 0 R>"]
)
def test_waiting_references_are_found_however_spelled(text: bytes) -> None:
    with pytest.raises(NotUnderstood):
        _refuse_waiting(text, len(text), 90)
    _refuse_waiting(text, len(text), 91)


def _with_catalog_entry(data: bytes, entry: bytes) -> bytes:
    step = pdf.Revision(data)
    return step.put(step.root, step.bodies[step.root][:-2] + entry + b">>").build()


def test_broken_object_of_the_base_matters_for_two() -> None:
    step = pdf.Revision(pdf.plain())
    base = step.put(step.size, b"<</Broken [1 2 >>").build()
    assert fastread.read(seals(1, base)) is not None
    two = crafted(seals(1, base), unchanged)
    assert fastread.read(two) is None


def test_cut_back_to_the_first_seal() -> None:
    two = honest()["two"]
    first = two[: two.index(b"%%EOF", two.index(b"/ByteRange")) + 6]
    assert complaints(first) == []


@pytest.mark.parametrize("tail", [b"\n", b" ", b"% x", b"\0", b"xref", b"1 0 obj<<>>endobj"])
def test_bytes_behind_the_end(tail: bytes) -> None:
    for data in honest().values():
        assert fastread.read(data + tail) is None


def test_signature_outside_the_form() -> None:
    base = _with_catalog_entry(pdf.plain(), b"/X<</ByteRange [0 1 2 3]>>")
    assert fastread.read(seals(1, base)) is None
    assert "SIGNATURE_OUTSIDE_FORM" in {one.code for one in reader.read(seals(1, base)).problems}


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["invoice", "two", "xref stream twice", "filled"]), ANY)
def test_damaged_file_is_left_alone_or_equal(name: str, mutation: Mutation) -> None:
    data = honest()[name]
    try:
        damaged = mutation.apply(data)
    except (ValueError, KeyError, AssertionError, IndexError):
        return
    assert complaints(damaged) in (None, [])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes(data: bytes) -> None:
    assert fastread.read(data) is None
    assert fastread.read(b"%PDF-1.7\n" + data + b"\nstartxref\n9\n%%EOF\n") is None


@pytest.mark.shared
@pytest.mark.skipif(not MANIFEST.exists(), reason="the public samples are not beside the checkout")
def test_public_samples() -> None:
    for path in samples():
        assert complaints(path.read_bytes()) in (None, []), path.name


def test_many_seals_are_the_general_readers() -> None:
    data = seals(3, role=OTHER, placement=None)
    assert complaints(data) == []
