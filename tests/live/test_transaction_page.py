"""The page `/transactions/{id}` in a real browser: on a phone, in both languages, no scripts."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.live.papers import MERCHANTS, Sealed
from tests.live.test_page import Visitor, browser, low_contrast, pytestmark

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["browser", "pytestmark"]

WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(params=[(360, False), (1280, True)], ids=["phone", "desk"])
def visitor(
    request: pytest.FixtureRequest, browser: "Browser", sealed: Sealed
) -> Iterator[Visitor]:
    width, scripts = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 740}, java_script_enabled=scripts
    )
    visitor = Visitor(context, sealed)
    yield visitor
    context.close()
    assert visitor.complaints == []


@pytest.fixture(scope="module")
def report(sealed: Sealed) -> dict[str, Any]:
    """A deal whose order number is hostile and whose price nothing confirms."""
    expect = {
        "sellerUscc": MERCHANTS["a"].uscc,
        "buyerUscc": MERCHANTS["c"].uscc,
        "orderNumber": HOSTILE,
    }
    parts = [
        ("options", (None, json.dumps({"expect": expect}), "application/json")),
        ("contract", ("c.pdf", sealed.contract, "application/pdf")),
        ("invoice", ("i.pdf", sealed.invoice, "application/pdf")),
    ]
    answer = sealed.service.call("POST", "/v1/transactions/verifications", files=parts)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_verdict_is_read_at_a_glance(
    visitor: Visitor, report: dict[str, Any], language: str
) -> None:
    page = visitor.page
    page.goto(f"{visitor.base}{report['links']['page']}?lang={language}")
    assert page.get_attribute(".sentence", "data-summary") == report["summary"] == "INVALID"
    sentence = report["sentence" if language == "zh" else "sentenceEn"]
    assert sentence in page.inner_text(".sentence")
    assert page.locator("[data-code='TXN_CONTRACT_SEAL_MISSING']").count() == 1
    assert page.locator("[data-node='buyer'].failed").count() == 1
    assert page.evaluate(WIDER) is False
    assert "{" not in page.inner_text("main")
    assert HOSTILE in page.inner_text("[data-node='order']")
    page.click("#checks summary")
    assert page.locator("#checks li").count() == len(report["checks"])
    assert low_contrast(page) == []
    page.click("a.language")
    assert page.url.startswith(f"{visitor.base}{report['links']['page']}")


def test_a_link_to_nothing(visitor: Visitor) -> None:
    visitor.page.goto(f"{visitor.base}/transactions/txn_nothing?lang=en")
    assert "no such report" in visitor.page.inner_text("main")
    assert visitor.page.evaluate(WIDER) is False
