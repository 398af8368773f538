"""The page `/trace/{id}` in a real browser: on a phone, in both languages, from a verdict."""

from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
import zxingcpp
from PIL import Image

from tests.live.papers import Sealed
from tests.live.test_page import Visitor, browser, low_contrast, pytestmark, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser", "pytestmark", "visit"]

WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def phone(browser: "Browser", sealed: Sealed) -> Iterator[Visitor]:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, device_scale_factor=2, java_script_enabled=False
    )
    visitor = Visitor(context, sealed)
    yield visitor
    context.close()
    assert visitor.complaints == []


def scanned(page: "Page") -> str:
    from io import BytesIO

    picture = Image.open(BytesIO(page.locator(".qr svg").screenshot()))
    (found,) = zxingcpp.read_barcodes(picture)
    return str(found.text)


def test_from_a_verdict_to_the_document_and_its_seal(visit: Visitor) -> None:
    page = visit.verify(visit.sealed.invoice, "invoice-sealed.pdf")
    digest = sha256(visit.sealed.invoice).hexdigest()

    page.click(f"a[href*='/trace/{digest}']")
    page.wait_for_selector(".timeline")
    assert page.locator("li[data-type='sealing.completed'] .proven").count() == 1
    assert "发票" in page.inner_text(".timeline")
    assert low_contrast(page) == []

    page.click(".findings a[href*='/trace/seal_']")
    page.wait_for_selector("#status")
    assert page.get_attribute("#status", "data-status") == "ACTIVE"
    assert page.locator("li[data-type='seal.activated'] .proven").count() == 1
    assert low_contrast(page) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_on_a_phone_without_scripts(phone: Visitor, language: str) -> None:
    digest = sha256(phone.sealed.invoice).hexdigest()
    page = phone.page
    page.goto(f"{phone.base}/trace/{digest}?lang={language}")
    assert page.evaluate(WIDER) is False
    assert scanned(page) == f"{phone.base}/trace/{digest}"
    assert "{" not in page.inner_text("main")
    page.click("a.language")
    assert page.locator("html").get_attribute("lang") == ("en" if language == "zh" else "zh-CN")
    assert page.url.startswith(f"{phone.base}/trace/{digest}")


def test_what_the_log_does_not_know(phone: Visitor) -> None:
    phone.page.goto(f"{phone.base}/trace/{'0' * 64}?lang=zh")
    assert phone.page.locator(".unknown").count() == 1
    assert phone.page.evaluate(WIDER) is False
