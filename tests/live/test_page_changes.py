"""The page `/verify` shows what was changed after a seal: words, and pages side by side."""

import pytest

from api.demo.tamper import change_one_byte, overpaint
from tests.live.test_page import (
    Visitor,
    browser,
    elsewhere,
    low_contrast,
    pytestmark,
    summary,
    visit,
)

__all__ = ["browser", "pytestmark", "visit"]

AMOUNT = (154.0, 89.5, 30.0, 5.5)
WIDTHS = "all => all.map(one => one.naturalWidth)"


@pytest.mark.parametrize(
    ("language", "words"), [("zh", ("页面内容", "盖章时")), ("en", ("page content", "As signed"))]
)
def test_a_changed_amount_is_framed(visit: Visitor, language: str, words: tuple[str, str]) -> None:
    painted = elsewhere(overpaint, visit.sealed.invoice, "99999.00", AMOUNT)

    page = visit.verify(painted, query=f"?lang={language}")

    assert summary(page) == "MODIFIED"
    assert page.locator(".changes").count() == 1
    text = page.inner_text(".changes")
    assert all(one in text for one in words), text
    assert page.eval_on_selector_all(".changes img", WIDTHS) == [700, 700]
    assert page.locator(".changes details[open]").count() == 1
    assert "{" not in text
    assert low_contrast(page) == []


def test_a_further_seal_is_told_and_shown_on_demand(visit: Visitor) -> None:
    page = visit.verify(visit.sealed.contract)

    assert summary(page) == "TRUSTED"
    assert page.locator(".changes").count() == 1
    assert "又加盖了一枚印章" in page.inner_text(".changes")
    assert page.locator(".changes details[open]").count() == 0
    page.click(".changes summary")
    assert page.locator(".changes img").count() == 2


def test_no_pages_where_nobody_knows_what_was_signed(visit: Visitor) -> None:
    painted = elsewhere(overpaint, change_one_byte(visit.sealed.invoice), "99999.00", AMOUNT)

    page = visit.verify(painted)

    assert summary(page) == "MODIFIED"
    assert page.locator(".changes img").count() == 0
    assert "无法完整还原" in page.inner_text(".changes")


def test_an_untouched_file_tells_of_no_changes(visit: Visitor) -> None:
    page = visit.verify(visit.sealed.invoice)

    assert summary(page) == "TRUSTED"
    assert page.locator(".changes").count() == 0
