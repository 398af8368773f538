"""The page `/verify` with an OFD in a real browser: pages drawn, seals framed, words of doubt."""

import pytest

from sealsvc.values import Placement
from tests.areas.sealing.test_national import plain_ofd
from tests.builders import ofd, seals
from tests.live.papers import Sealed, make_seal, seal
from tests.live.test_page import Visitor, browser, low_contrast, pytestmark, summary, visit

__all__ = ["browser", "pytestmark", "visit"]

WIDTHS = "all => all.map(one => one.naturalWidth)"
OFD = {"Accept": "application/ofd", "Content-Type": "application/ofd"}


@pytest.fixture(scope="module")
def contract(sealed: Sealed) -> bytes:
    """Six pages, a seal on the last and the same cut over the edge of all."""
    seal_id = make_seal(sealed.service, "a", "CONTRACT", "合同专用章（版式）")
    answer = seal(
        sealed.service,
        plain_ofd(6),
        seal_id,
        by="merchant-a",
        place=Placement(6, 100.0, 200.0, 40.0),
        params={"straddle": "RIGHT"},
        headers=OFD,
    )
    assert answer.status_code == 201, answer.text
    return answer.content


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_are_shown_and_enlarged(visit: Visitor, contract: bytes, language: str) -> None:
    page = visit.verify(contract, "contract.ofd", f"?lang={language}")

    assert summary(page) == "TRUSTED"
    assert page.eval_on_selector_all(".pages img", WIDTHS) == [794] * 4
    assert page.locator(".seal .number").count() == 1
    assert "{" not in page.inner_text(".preview")
    assert low_contrast(page) == []
    before = page.locator(".pages img").first.bounding_box()
    page.click(".pages label >> nth=0")
    after = page.locator(".pages img").first.bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > 1.5 * before["width"]
    page.keyboard.press("Space")  # the box has the focus: keyboards reduce it again
    assert page.locator(".zoom:checked").count() == 0


def test_a_phone_shows_one_page_below_the_other(visit: Visitor, contract: bytes) -> None:
    visit.page.set_viewport_size({"width": 360, "height": 640})
    page = visit.verify(contract, "a" * 120 + ".ofd")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    boxes = [one.bounding_box() for one in page.locator(".pages img").all()]
    assert len({round(box["x"]) for box in boxes if box is not None}) == 1


def test_what_is_not_drawn_is_said(visit: Visitor) -> None:
    parts = ofd.unsigned()
    parts["Doc_0/Pages/Page_0/Content.xml"] = ofd.page("\ue0f0" * 3)
    parts["Doc_0/Pages/Page_1/Content.xml"] = b"<broken"
    page = visit.verify(ofd.pack(parts), "odd.ofd")
    text = page.inner_text(".preview")
    assert "以方框代替的字符: 3" in text
    assert "此页无法绘制" in text
    assert page.locator(".pages img").count() == 1


def test_a_bare_seal_gets_a_readable_refusal(visit: Visitor) -> None:
    page = visit.verify(seals.default_seal(), "seal.esl")
    text = page.inner_text(".sentence.problem")
    assert "sealsvc inspect" in text
    assert "UNSUPPORTED_FORMAT" in text
