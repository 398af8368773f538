"""Keywords on pages of PDF and OFD, and the paper that contracts are drawn on."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.areas.sealing.placing import Box, PlaceWish, over_keyword
from sealsvc.documents import UnsupportedFormat
from sealsvc.documents.contract_pdf import ContractPaper, write_contract_pdf
from sealsvc.documents.keywords import (
    KeywordBox,
    KeywordInvalid,
    KeywordNotFound,
    find_keyword,
)
from sealsvc.documents.ofd.contract_pages import OfdContract, write_contract
from sealsvc.documents.pdf.errors import DocumentUnreadable
from sealsvc.errors import ServiceError
from sealsvc.imprint.fonts import FontName, font_path
from sealsvc.values import PlacementInvalid

AT = datetime(2026, 11, 21, tzinfo=UTC)
FONT = font_path(FontName.SONGTI)


def paper(clauses: int = 3, signers: int = 2) -> ContractPaper:
    return ContractPaper(
        "买卖合同",
        "HT-1",
        AT,
        ("甲方：某公司",),
        (("第一条", "标的" * 200),) * clauses,
        tuple((f"第{at}方（盖章）：", "某公司") for at in range(1, signers + 1)),
    )


WHOLE = write_contract_pdf(paper(1), FONT).data


@pytest.mark.parametrize(("clauses", "signers"), [(1, 2), (3, 3), (12, 20)])
def test_every_place_is_beside_its_label(clauses: int, signers: int) -> None:
    made = write_contract_pdf(paper(clauses, signers), FONT)
    assert len(made.places) == signers
    for at, place in enumerate(made.places, 1):
        found = find_keyword(made.data, f"第{at}方（盖章）")
        assert found.page == place.page
        assert 0 < place.y_mm - found.y_mm < 20
        assert abs(place.x_mm - found.x_mm) < 30
        assert place.y_mm + place.width_mm < 290
    assert write_contract_pdf(paper(clauses, signers), FONT) == made


def test_the_last_place_counts() -> None:
    made = write_contract_pdf(paper(9), FONT)
    assert find_keyword(made.data, "第一条").page > 1


def test_ofd() -> None:
    lines = ("盖章处一", *["\u3000"] * 40, "盖章处二")
    data = write_contract(OfdContract("0" * 32, "合同", lines, AT))
    first, second = find_keyword(data, "盖章处一"), find_keyword(data, "盖章处二")
    assert (first.page, second.page) == (1, 2)
    assert first.x_mm == pytest.approx(25)
    assert first.width_mm == pytest.approx(4 * 4.2, abs=0.5)
    for word in ("章处", "处一"):
        assert find_keyword(data, word).x_mm > 25
    with pytest.raises(KeywordNotFound):
        find_keyword(data, "处三")


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_rotated_and_cropped_pages(rotate: int) -> None:
    import io

    import pikepdf
    from fpdf import FPDF

    sheet = FPDF(unit="pt", format=(400, 600))
    sheet.add_page()
    sheet.set_font("helvetica", size=20)
    sheet.text(100, 200, "SEAL")  # 100 from the left, 200 from the top
    with pikepdf.open(io.BytesIO(bytes(sheet.output()))) as opened:
        page = opened.pages[0].obj
        page.CropBox = pikepdf.Array([50, 100, 350, 500])  # 50 from the left, 100 from the top
        page.Rotate = rotate
        out = io.BytesIO()
        opened.save(out)
    found = find_keyword(out.getvalue(), "SEAL")
    mm = 25.4 / 72
    left, top = {0: (50, 86), 90: (300, 50), 180: (190, 300), 270: (86, 190)}[rotate]
    upright = rotate in (0, 180)
    assert (found.width_mm > found.height_mm) == upright
    assert found.x_mm == pytest.approx(left * mm, abs=8)
    assert found.y_mm == pytest.approx(top * mm, abs=8)


@pytest.mark.parametrize("word", ["", " ", "x" * 65, "a\nb", "\u202e"])
def test_malformed_keywords(word: str) -> None:
    with pytest.raises(KeywordInvalid):
        find_keyword(WHOLE, word)
    with pytest.raises(KeywordInvalid):
        PlaceWish(keyword=word)


def test_what_is_no_document() -> None:
    with pytest.raises(UnsupportedFormat):
        find_keyword(b"no", "x")
    with pytest.raises(DocumentUnreadable):
        find_keyword(b"%PDF-1.7\nnothing", "x")


def test_a_keyword_excludes_a_place() -> None:
    for more in ({"page": 1}, {"x_mm": 1.0, "y_mm": 1.0}, {"invisible": True}):
        with pytest.raises(PlacementInvalid):
            PlaceWish(keyword="x", **more)  # type: ignore[arg-type]


PACKED = write_contract(OfdContract("0" * 32, "合同", ("盖章",), AT))


@given(st.sampled_from((WHOLE, PACKED)), st.integers(0, 10_000), st.integers(0, 255))
@settings(max_examples=60, deadline=None)
def test_hostile_bytes_end_in_an_answer(data: bytes, at: int, value: int) -> None:
    changed = bytearray(data)
    changed[at % len(changed)] = value
    with contextlib.suppress(ServiceError):
        find_keyword(bytes(changed), "盖章")


@given(st.floats(0, 300), st.floats(0, 300), st.floats(0, 80), st.floats(10, 60))
def test_over_a_keyword_is_on_the_page(x: float, y: float, width: float, seal: float) -> None:
    box = KeywordBox(1, x, y, width, 4)
    wish = over_keyword(box, (210, 297), Box(0, 0, seal, seal))
    assert wish.x_mm is not None
    assert wish.y_mm is not None
    assert 0 <= wish.x_mm <= 210 - seal
    assert 0 <= wish.y_mm <= 297 - seal
