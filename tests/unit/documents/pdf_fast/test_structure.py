"""What is understood, agreement with pikepdf, and damage that is never more than handed on."""

import re
import time
import zlib
from io import BytesIO

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.documents.pdf.errors import DocumentEncrypted, PageNotFound
from sealsvc.documents.pdf.fast.budget import Budget
from sealsvc.documents.pdf.fast.filters import decode_stream
from sealsvc.documents.pdf.fast.form import read_form
from sealsvc.documents.pdf.fast.pages import Shown, all_pages, find_page, how_shown, page_count
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import understand
from sealsvc.documents.pdf.fast.tokens import read_dictionary
from sealsvc.documents.pdf.geometry import BoxMm, PageView, pages_of
from sealsvc.documents.pdf.opening import open_document
from tests.builders import pdf
from tests.builders.pdf import PdfBuilder, Revision
from tests.fuzz.pdf_fast_target import damaged, pdf_fast
from tests.unit.documents.pdf_fast.checks import fast_sealed
from tests.unit.documents.pdf_fast.generator import generated

BASES = {
    "table": pdf.plain(3),
    "stream": pdf.xref_stream(4),
    "linearised": PdfBuilder(3).saved(linearize=True).build(),
    "form": PdfBuilder().with_text_field().build(),
    "turned": PdfBuilder().rotated(90, inherited=True).build(),
    "update": Revision(pdf.plain()).put(99, b"<< /A 1 >>").build(),
}


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_agrees_with_pikepdf(base: bytes) -> None:
    structure = understand(base)

    with pikepdf.open(BytesIO(base)) as opened:
        assert structure.catalog.reference == opened.Root.objgen
        assert page_count(structure) == len(opened.pages)
        every = [page.object.reference for page in all_pages(structure)]
        assert every == [page.objgen for page in opened.pages]
        for number, page in enumerate(opened.pages, 1):
            assert find_page(structure, number).object.reference == page.objgen
            assert find_page(structure, number - len(opened.pages) - 1).object.reference == (
                page.objgen
            )


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
@pytest.mark.parametrize("number", [0, -9, 9])
def test_page_out_of_range(base: bytes, number: int) -> None:
    with pytest.raises(PageNotFound):
        find_page(understand(base), number)


@pytest.mark.parametrize("user", ["", "secret"])
def test_encrypted_is_refused(user: str) -> None:
    with pytest.raises(DocumentEncrypted):
        understand(pdf.encrypted(user))


def _xfa() -> bytes:
    form = PdfBuilder().with_text_field()
    return form.with_step(lambda one: one.Root.AcroForm.__setitem__("/XFA", "x")).build()


PLAIN = pdf.plain()
STARTXREF = int(PLAIN.rsplit(b"startxref", 1)[1].split()[0])
BROKEN = {
    "empty": b"",
    "text": b"not a document",
    "version": PLAIN.replace(b"%PDF-1.", b"%PDF-3.", 1),
    "junk before": b"\n" + PLAIN,
    "junk behind": PLAIN + b"x",
    "no end": PLAIN[:-6],
    "offset": PLAIN.replace(b"startxref\n%d" % STARTXREF, b"startxref\n%d" % (STARTXREF + 1)),
    "beyond": PLAIN.replace(b"startxref\n%d" % STARTXREF, b"startxref\n999999"),
    "entry": PLAIN.replace(b"00000 n", b"0000 nn", 1),
    "short entry": PLAIN.replace(b"00000 n \n", b"00000 n\n", 1),
    "count": PLAIN.replace(b"xref\n0 ", b"xref\n0 1", 1),
    "before trailer": PLAIN.replace(b"trailer", b"%x\ntrailer"),
    "no root": PLAIN.replace(b"/Root", b"/Toor"),
    "size": re.sub(rb"/Size \d+", b"/Size 2", PLAIN),
    "prev itself": PLAIN.replace(b"/Root", b"/Prev %d /Root" % STARTXREF),
    "hybrid": PLAIN.replace(b"/Root", b"/XRefStm 9 /Root"),
    "catalog type": PLAIN.replace(b"/Type /Catalog", b"/Type /Katalog"),
    "twice": PLAIN.replace(b"/Type /Catalog", b"/Type /Catalog /Type /Catalog"),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_is_not_understood(data: bytes) -> None:
    with pytest.raises(NotUnderstood):
        understand(data)


def test_xfa_is_handed_on() -> None:
    with pytest.raises(NotUnderstood):
        read_form(understand(_xfa()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/Type /Page\n", b"/Type /Pags\n"),
        (b"/Parent 1 0 R", b"/Parent 2 0 R"),
        (b"/Count 1", b"/Count 2"),
        (b"/Count 1", b"/Count x"),
        (b"/Kids [3 0 R]", b"/Kids [1 0 R]"),
        (b"/Kids [3 0 R]", b"/Kids [3 1 R]"),
        (b"/Kids [3 0 R]", b"/Kids [9 0 R]"),
        (b"/Kids [3 0 R]", b"/Kids  3 0 R "),
        (b"3 0 obj", b"3 1 obj"),
        (b"3 0 obj", b"4 0 obj"),
        (b"3 0 obj", b" 3 0obj"),
    ],
)
def test_broken_page_tree(old: bytes, new: bytes) -> None:
    assert old in PLAIN

    with pytest.raises(NotUnderstood):
        find_page(understand(PLAIN.replace(old, new, 1)), 1)


def test_older_revisions_are_seen() -> None:
    step = Revision(pdf.sealed_once())
    form = next(n for n, body in step.bodies.items() if b"/SigFlags" in body)
    structure = understand(step.put(form, b"<< /Fields [] >>").build())

    older = [read_form(one) for one in structure.older()]

    assert [len(one.signed()) if one is not None else 0 for one in older] == [1, 0]
    assert understand(BASES["linearised"]).older() == []


def test_signed_fields_are_found() -> None:
    form = read_form(understand(pdf.sealed_thrice()))

    assert form is not None
    assert len(form.signed()) == 3


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000))
def test_shown_as_geometry_says(seed: int) -> None:
    data = generated(seed)
    structure = understand(data)
    theirs = pages_of(open_document(data).reader)
    for number, other in enumerate(theirs, 1):
        try:
            mine = how_shown(structure, find_page(structure, number))
        except NotUnderstood:
            continue
        view = other.view()
        assert mine == Shown(pytest.approx(view.crop), view.rotate, view.mm_per_unit)
        box = BoxMm(1, 2, 3, 4)
        assert mine.to_user(1, 2, 3, 4) == pytest.approx(view.to_user(box))


@settings(deadline=None, max_examples=30)
@given(
    rotate=st.sampled_from([0, 90, 180, 270]),
    x=st.floats(0, 50),
    y=st.floats(0, 50),
    width=st.floats(1, 50),
)
def test_boxes_as_geometry_says(rotate: int, x: float, y: float, width: float) -> None:
    crop = (-10.0, 20.0, 600.0, 800.0)
    view = PageView(crop, rotate, 1.5)

    mine = Shown(crop, rotate, view.mm_per_unit).to_user(x, y, width, width / 2)

    assert mine == pytest.approx(view.to_user(BoxMm(x, y, width, width / 2)))


@pytest.mark.parametrize("kind", range(5))
def test_png_predictors(kind: int) -> None:
    rows = [bytes((7 * i * j + i) & 255 for i in range(5)) for j in range(6)]
    encoded, above = b"", bytes(5)
    for row in rows:
        encoded += bytes((kind,)) + _filtered(kind, row, above)
        above = row
    raw = b"<</Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 5>>>>"
    dictionary, _ = read_dictionary(raw, 0)

    assert decode_stream(dictionary, zlib.compress(encoded), Budget()) == b"".join(rows)


def _filtered(kind: int, row: bytes, above: bytes) -> bytes:
    out = []
    for i, x in enumerate(row):
        a, b, c = row[i - 1] if i else 0, above[i], above[i - 1] if i else 0
        p = a + b - c
        paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        out.append((x - (0, a, b, (a + b) // 2, paeth)[kind]) & 255)
    return bytes(out)


@pytest.mark.parametrize(
    ("raw", "data"),
    [
        (b"<</Filter/LZWDecode>>", b"x"),
        (b"<</Filter[/FlateDecode/FlateDecode]>>", zlib.compress(b"x")),
        (b"<</Filter/FlateDecode>>", b"x"),
        (b"<</Filter/FlateDecode>>", zlib.compress(b"x")[:-1]),
        (b"<</Filter/FlateDecode>>", zlib.compress(b"x") + b"more"),
        (b"<</Filter/FlateDecode>>", zlib.compress(bytes(20 << 20))),
        (b"<</Filter/FlateDecode/DecodeParms<</Predictor 2>>>>", zlib.compress(b"x")),
        (b"<</Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 4>>>>", zlib.compress(b"x")),
        (b"<</F(file)>>", b"x"),
    ],
)
def test_stream_is_not_decoded(raw: bytes, data: bytes) -> None:
    with pytest.raises(NotUnderstood):
        decode_stream(read_dictionary(raw, 0)[0], data, Budget())


def test_a_container_in_a_container_ends() -> None:
    base = pdf.xref_stream()
    changed = re.sub(rb"/Length \d+", b"/Length 1 0 R", base)
    with pytest.raises(NotUnderstood):
        read_form(understand(changed))


def test_a_web_of_sections_ends_soon() -> None:
    """Ten thousand kids over hundreds of sections: the budget ends it."""
    data = PLAIN
    for number in range(60):
        data = Revision(data).put(100 + number, b"<<>>").build()
    begin = time.thread_time()
    assert len(understand(data).older()) == 60
    assert time.thread_time() - begin < 5


@pytest.mark.parametrize("seed", range(40))
def test_both_ways_through_the_tree_agree(seed: int) -> None:
    structure = understand(generated(seed))

    every = list(all_pages(structure))

    assert len(every) == page_count(structure)
    for number, page in enumerate(every, 1):
        same = find_page(structure, number)
        assert (same.object, same.path) == (page.object, page.path)


def test_many_pages_sharing_annotations_end_soon() -> None:
    """Twenty thousand pages: no step may walk them all for each of them."""
    count = 20_000
    kids = b" ".join(b"%d 0 R" % (4 + index) for index in range(count))
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/MediaBox[0 0 99 99]/Kids[%b]>>" % (count, kids),
        b"[]",
        *[b"<</Type/Page/Parent 2 0 R/Annots 3 0 R>>"] * count,
    ]
    out, table = bytearray(b"%PDF-1.7\n"), b"0000000000 65535 f \n"
    for number, body in enumerate(bodies, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start, size = len(out), len(bodies) + 1
    out += b"xref\n0 %d\n%btrailer\n<</Size %d/Root 1 0 R>>\n" % (size, table, size)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    begin = time.thread_time()

    fast_sealed(bytes(out))

    assert time.thread_time() - begin < 5


@settings(deadline=None, max_examples=150)
@given(data=damaged())
def test_damage_is_never_more_than_handed_on(data: bytes) -> None:
    pdf_fast(data)
