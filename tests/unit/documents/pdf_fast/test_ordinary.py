"""The few steps for ordinary files and the long way give the same bytes, or the same refusal."""

import random
import re
from io import BytesIO

import pytest
from PIL import Image

from sealsvc.documents.pdf.errors import PlacementOutOfPage
from sealsvc.documents.pdf.fast import ordinary
from sealsvc.documents.pdf.fast.kit import Composed, SealKit, SealOrder
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import Structure, understand
from sealsvc.documents.pdf.fast.tokens import read_ordinary_stream, tiled
from sealsvc.errors import ServiceError
from sealsvc.values import DocumentRole, Placement
from tests.builders import pdf
from tests.builders.pdf import PLACE, chain_named
from tests.unit.documents.pdf_fast.checks import fast_sealed
from tests.unit.documents.pdf_fast.generator import generated

INVOICE, CONTRACT = DocumentRole.INVOICE, DocumentRole.CONTRACT
ID = b"/ID[<00112233445566778899AABBCCDDEEFF><00112233445566778899AABBCCDDEEFF>]"
KEPT = (
    ordinary._trailer,
    ordinary._pages,
    ordinary._kids,
    ordinary._change,
    ordinary._picture,
)


def _opaque() -> bytes:
    buffer = BytesIO()
    Image.new("RGBA", (9, 6), (200, 0, 0, 255)).save(buffer, "PNG")
    return buffer.getvalue()


def _kit(imprint: tuple[bytes, float] | None) -> SealKit:
    chain = chain_named()
    return SealKit(
        chain.leaf_der, (chain.issuing_der,), chain.leaf_signer.suite, "印章 50%", imprint
    )


KITS = [_kit(None), _kit((pdf.imprint(), 1.0)), _kit((_opaque(), 0.5))]
PLACES = [
    None,
    PLACE,
    Placement(page=2, x_mm=1, y_mm=2.5, width_mm=9),
    Placement(page=-1, x_mm=0, y_mm=0, width_mm=12.34),
    Placement(page=1, x_mm=500, y_mm=0, width_mm=12),
]
ORDERS = [
    SealOrder(role, pdf.SIGNED_AT, name, place)
    for place in PLACES
    for role, name in ((INVOICE, "seal-1"), (CONTRACT, "(签) %d"))
]


def _short(kit: SealKit, data: bytes, order: SealOrder) -> Composed | str | None:
    """None where the file is not ordinary."""
    seal = kit._objects(order, order.role is INVOICE)
    try:
        found = ordinary.revise(data, seal, kit.template.digest.start)
    except ServiceError as error:
        return repr((error.code, error.fields))
    return None if found is None else Composed(*found, judged=False)


def _long(kit: SealKit, data: bytes, order: SealOrder) -> Composed | str:
    try:
        return kit._compose(data, order)
    except NotUnderstood as error:
        return repr(error)
    except ServiceError as error:
        return repr((error.code, error.fields))


def _is_alike(data: bytes, kit: SealKit, order: SealOrder) -> bool:
    """Whether the file was ordinary; fails where the two ways differ."""
    found = _short(kit, data, order)
    assert found is None or found == _long(kit, data, order)
    return found is not None


def _changed(base: bytes, old: bytes, new: bytes) -> bytes:
    """The first `old` replaced, the table moved along."""
    at = base.index(old)
    grown = len(new) - len(old)
    start = int(base.rsplit(b"startxref", 1)[1].split()[0])
    data = base[:at] + new + base[at + len(old) :]
    moved = start + grown if at < start else start

    def row(match: re.Match[bytes]) -> bytes:
        offset = int(match.group(1))
        return b"%010d 00000 n" % (offset + grown if offset > at else offset)

    table = re.sub(rb"(\d{10}) 00000 n", row, data[moved:])
    return data[:moved] + table.replace(b"startxref\n%d" % start, b"startxref\n%d" % moved)


BOXED = pdf.PdfBuilder().boxed((0, 0, 300, 400), (10, 10.5, 200, 200), 2.0).build()
ORDINARY = {
    "one": pdf.plain(),
    "three": pdf.plain(3),
    "boxed": BOXED,
    "turned": _changed(pdf.plain(), b"/Type /Page\n", b"/Type /Page\n/Rotate 90\n"),
    "no end of line": pdf.plain().rstrip(),
    "spelled": _changed(pdf.plain(), b"/Root", b"/X(50%d \\) %%)/Root"),
    "id in a string": _changed(pdf.plain(), b"]\n>>\nstartxref", b"]/X(" + ID + b")>>\nstartxref"),
}


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_files(name: str, order: SealOrder) -> None:
    pages = 3 if name == "three" else 1
    reached = order.placement is None or order.placement.page <= pages
    assert [_is_alike(ORDINARY[name], kit, order) for kit in KITS] == [reached] * len(KITS)


OTHER = [
    (b"/Root", b"/Prev 9/Root"),
    (b"/Root", b"/XRefStm 9/Root"),
    (b"/Root", b"/Encrypt 1 0 R/Root"),
    (b"/Root", ID + b"/Root"),
    (b"/Root", b"/X(" + ID + b")/Root"),
    (b"/Root", b"/X<<" + ID + b">>/Root"),
    (b"/Root", b"/X[" + ID + b"]/Root"),
    (b"/Root", b"/X " + ID + b"/Root"),
    (b"/Root", b"/X#41 1/Root"),
    (b"/Root", b"%c\n/Root"),
    (b"/Root", b"/Size 99/Root"),
    (b"/Size ", b"/Size -"),
    (b"/Size ", b"/Size 1/Y "),
    (b"/Root", b"/Root 1 0 R/Root"),
    (b"/Type /Catalog", b"/Type /Catalog/AcroForm null"),
    (b"/Type /Catalog", b"/Type /Catalog/AcroForm<</Fields[]>>"),
    (b"/Type /Catalog", b"/Type /Catalog/Perms<<>>"),
    (b"/Type /Catalog", b"/Type /Catalog/Lang()/Lang()"),
    (b"/Type /Catalog", b"/Type /Catalogue"),
    (b"/Type /Catalog", b"/Type /Catalog/ "),
    (b"/Type /Pages", b"/Type /Pages/Parent 1 0 R"),
    (b"/Type /Pages", b"/Type /Page"),
    (b"/Count 1", b"/Count 2"),
    (b"/Count 1", b"/Count 1 0 R"),
    (b"/Kids [", b"/Kids [1 0 R "),
    (b"/Kids [", b"/Kids [null "),
    (b"/Type /Page\n", b"/Type /Page/Annots[]\n"),
    (b"/Type /Page\n", b"/Type /Page/Annots null\n"),
    (b"/Type /Page\n", b"/Type /Page/Kids[]\n"),
    (b"/Type /Page\n", b"/Type /Pages\n"),
    (b"/Type /Page\n", b"/Type /Page/X%\n"),
    (b"/Parent 1 0 R", b"/Parent 2 0 R"),
    (b"/Parent 1 0 R", b"/Parent 1 1 R"),
    (b" 00000 n", b" 00001 n"),
    (b"0 obj", b"1 obj"),
    (b"%PDF-", b"\n%PDF-"),
    (b"endobj", b"endobjx"),
]


@pytest.mark.parametrize(("old", "new"), OTHER)
def test_any_other_file_goes_the_long_way(old: bytes, new: bytes) -> None:
    data = _changed(pdf.plain(), old, new)
    assert data != pdf.plain()
    assert _short(KITS[0], data, ORDERS[0]) is None


@pytest.mark.parametrize(
    "entry", [b"/Rotate 45", b"/UserUnit 0", b"/Rotate 1 0 R", b"/CropBox[0 0 1]"]
)
def test_page_that_shows_nothing_certain(entry: bytes) -> None:
    data = _changed(pdf.plain(), b"/Type /Page\n", b"/Type /Page\n" + entry)
    visible = ORDERS[PLACES.index(PLACE) * 2]
    assert _is_alike(data, KITS[0], visible)
    assert not _is_alike(data, KITS[1], visible)


def test_place_out_of_the_page() -> None:
    with pytest.raises(PlacementOutOfPage):
        KITS[1].compose(pdf.plain(), ORDERS[-1])


def test_sealed_file_is_not_ordinary() -> None:
    assert _short(KITS[0], fast_sealed(pdf.plain()), ORDERS[0]) is None


TOKENS = [ID, b"/Prev 5", b"/Perms<<>>", b"#", b"%", b"(", b")", b"<<", b">>", b"[", b"]"]
TOKENS += [b" ", b"\r", b"\0", b"1", b"/", b"R", b"null", b"/Annots[]", b"/Rotate 90", b"endobj"]
TOKENS += [b"stream", b"f", b"startxref", b"xref", b"trailer", b"-", b"/Count 1", b"/Pages 3 0 R"]
_MARKS = re.compile(rb"obj|trailer|xref|/Type|/Root|/ID|/Size|/Kids|/Parent|/Count| [nf] |%PDF|>>")


def _mutant(chance: random.Random) -> bytes:
    base = chance.choice((pdf.plain(), pdf.plain(3), BOXED))
    if chance.random() < 0.5:
        spot = chance.choice([m.group() for m in re.finditer(rb"(?:obj|trailer)\s*<<|>>", base)])
        token = chance.choice(TOKENS)
        base = _changed(base, spot, token + spot if spot == b">>" else spot + token)
    if chance.random() < 0.3:
        return base
    at = chance.choice([m.start() for m in _MARKS.finditer(base)]) + chance.randint(-4, 30)
    token = chance.choice(TOKENS)
    behind = at if chance.random() < 0.3 else at + len(token)
    return base[:at] + token + base[behind:]


@pytest.mark.parametrize("seed", range(12))
def test_mutants(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(50):
        _is_alike(_mutant(chance), chance.choice(KITS), chance.choice(ORDERS))


def test_generated() -> None:
    chance = random.Random(1)
    found = [
        _is_alike(generated(seed), chance.choice(KITS), chance.choice(ORDERS))
        for seed in range(300)
    ]
    assert any(found)
    assert not all(found)


@pytest.mark.parametrize("name", ORDINARY)
def test_what_is_kept_changes_nothing(name: str) -> None:
    warm = [_short(KITS[1], ORDINARY[name], order) for order in ORDERS for _ in range(2)]
    for one in KEPT:
        one.cache_clear()
    assert [_short(KITS[1], ORDINARY[name], order) for order in ORDERS for _ in range(2)] == warm


@pytest.mark.parametrize("raw", [b"<</A 1 / >>", b"<</>>", b"<</A 1/\n>>", b"<<//>>", b"<</A>>"])
def test_name_without_a_value_is_no_end(raw: bytes) -> None:
    assert tiled(raw) is None or raw == b"<<//>>"  # the empty name is a name
    data = _changed(pdf.plain(), b"/Type /Catalog", b"/Type /Catalog/ ")
    with pytest.raises(NotUnderstood):
        understand(data)


HEADS = [b"\n<<", b"<<", b" \r\n<<"]
BODIES = [
    b"/Length 3>>\nstream\nabc\nendstream",
    b"/Length 3>>stream\r\nabc\nendstream",
    b"/A/stream/Length 3>>stream\nabc\nendstream",
    b"/A(stream)/Length 3>>\nstream\nabc\nendstream",
    b"/A<</stream 1>>>>",
    b"/A 1>>streams\nabc\nendstream",
    b"/A 1>>\n%c\nstream\nabc\nendstream",
    b"/#41 1>>\nstream\nabc\nendstream",
    b"/A 1/A 2>>\nstream\nabc\nendstream",
    b"/A 1>> (x) stream\nabc\nendstream",
    b"/A 1>>\nstream(abc\nendstream",
    b"/A(" + b"x" * 9_000 + b")>>\nstream\nabc\nendstream",
]


def _object(structure: Structure, offset: int, short: bool) -> object:
    try:
        one = (structure._plain if short else structure._unusual)(1, 0, offset)
    except NotUnderstood:
        return None
    entries = None if one.dictionary is None else dict(one.dictionary.entries)
    return one.raw, entries, one.is_stream, one.end if one.is_stream else 0


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("head", HEADS)
def test_streams(head: bytes, body: bytes) -> None:
    base = understand(pdf.plain())
    data = base.data + b"1 0 obj" + head + body + b"\nendobj\n"
    structure = Structure(data, base.sections, base._budget)
    assert _object(structure, len(base.data), True) == _object(structure, len(base.data), False)


def test_no_stream_far_away() -> None:
    assert read_ordinary_stream(b"1 0 obj\n<</A(" + b"x" * 9_000 + b")>>stream\n", 7) is None
    assert read_ordinary_stream(b"1 0 obj\n<</A 1>>stream\n", 7) is not None
    assert read_ordinary_stream(b"1 0 obj 5 stream\n", 7) is None
