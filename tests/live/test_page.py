"""The page `/verify` in a real browser: languages, no scripts, keyboard only, hostile files."""

import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest

from api.demo.foreign import sign_foreign
from api.demo.tamper import overpaint
from tests.live.foreign import signed_by
from tests.live.papers import Sealed
from tests.live.service import run_tool

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE_MS = 60_000
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(17)
HOSTILE = "<img src=x onerror=alert(1)>.pdf"


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


def elsewhere(make: Callable[..., bytes], *arguments: object) -> bytes:
    """What `make` returns, called in a thread that has no event loop running.

    Playwright keeps one running in this thread, and pyHanko wants to start its own.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(make, *arguments).result()


class Visitor:
    """A page that notes everything a well-behaved one does not do."""

    def __init__(self, context: "BrowserContext", sealed: Sealed) -> None:
        context.set_default_timeout(PATIENCE_MS)
        self.sealed = sealed
        self.base = sealed.service.base
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda line: self._note(line.type, line.text))
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: self._dialog(dialog))
        self.page.on("request", lambda request: self._request(request.url))

    def _note(self, kind: str, text: str) -> None:
        # Chromium itself reports each answer with a 4xx status; those are meant here.
        if kind in ("error", "warning") and "status of 4" not in text:
            self.complaints.append(f"{kind}: {text}")

    def _dialog(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, url: str) -> None:
        if not url.startswith((self.base, "data:", "blob:")):
            self.complaints.append(f"outside: {url}")

    def open(self, query: str = "?lang=zh") -> "Page":
        self.page.goto(f"{self.base}/verify{query}")
        return self.page

    def choose(self, data: bytes, name: str = "paper.pdf", kind: str = "application/pdf") -> None:
        self.page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": data})

    def verify(self, data: bytes, name: str = "paper.pdf", query: str = "?lang=zh") -> "Page":
        """Open, choose, send, wait for a verdict or a problem."""
        page = self.open(query)
        self.choose(data, name)
        page.click("#send")
        page.wait_for_selector("#verdict .sentence")
        return page


@pytest.fixture
def visit(browser: "Browser", sealed: Sealed) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1100, "height": 800}, locale="zh-CN")
    visitor = Visitor(context, sealed)
    yield visitor
    context.close()
    assert visitor.complaints == []


def summary(page: "Page") -> str | None:
    return page.get_attribute("#verdict .sentence", "data-summary")


def test_trusted_invoice_shows_everything(visit: Visitor, tmp_path: Path) -> None:
    page = visit.verify(visit.sealed.invoice, "invoice-sealed.pdf")

    assert summary(page) == "TRUSTED"
    assert page.locator(".sentence").count() == 1
    assert "可信" in page.inner_text(".sentence")
    assert page.locator(".chips .chip").count() == 4
    assert page.locator(".chips .chip.passed").count() == 4
    images = page.locator(".seal figure img")
    assert images.count() == 2  # what stands in the file, and what is registered
    assert [images.nth(at).evaluate("one => one.naturalWidth > 100") for at in (0, 1)] == [True] * 2
    assert "北京青禾示例科技有限公司" in page.inner_text(".seal h3")
    events = [page.locator(".timeline b").nth(at).inner_text() for at in range(5)]
    assert events == ["申请印章", "批准", "启用", "盖章", "本次验证"]
    assert "SIGNING_TIME_PROVEN" in page.inner_text(".findings >> nth=0")
    assert page.evaluate("document.activeElement.id") == "verdict"

    with page.expect_download() as download:
        page.click("#receipt")
    receipt, document = tmp_path / "sealing.tlog-proof", tmp_path / "invoice.pdf"
    download.value.save_as(receipt)
    document.write_bytes(visit.sealed.invoice)
    key = visit.sealed.service.http.get("/log/key").text.strip()
    done = run_tool("receipt", "verify", str(receipt), "--document", str(document), "--key", key)
    assert done.returncode == 0, done.stderr
    assert "sealing.completed" in done.stdout


def test_contract_shows_both_seals_in_order_and_both_receipts(visit: Visitor) -> None:
    page = visit.verify(visit.sealed.contract, query="?lang=en")

    assert summary(page) == "TRUSTED"
    assert page.locator("article.seal").count() == 2
    kinds = page.eval_on_selector_all(".timeline li", "all => all.map(one => one.classList[0])")
    assert kinds == ["registry"] * 6 + ["signed"] * 2 + ["verified"]
    for link in page.locator(".timeline a").all():
        answer = visit.sealed.service.http.get(link.get_attribute("href") or "")
        assert answer.status_code == 200
        assert answer.text.startswith("c2sp.org/tlog-proof@v1")


@pytest.mark.parametrize(
    ("what", "expected"), [("plain", "UNSIGNED"), ("painted", "MODIFIED"), ("foreign", "INTACT")]
)
def test_other_verdicts(visit: Visitor, what: str, expected: str) -> None:
    data = {
        "plain": visit.sealed.plain,
        "painted": elsewhere(overpaint, visit.sealed.invoice, "99999.00", (154.0, 89.5, 30.0, 5.5)),
        "foreign": elsewhere(sign_foreign, visit.sealed.plain, datetime.now(UTC)),
    }[what]

    page = visit.verify(data)

    assert summary(page) == expected
    assert page.locator(".chips .chip").count() == 4


def test_expectations_are_sent(visit: Visitor) -> None:
    page = visit.open()
    visit.choose(visit.sealed.invoice)
    page.click("form summary")
    page.select_option("#role", "invoice")
    page.fill("#seller", "91310115MA21223310")  # merchant B, who did not sell
    page.click("#send")
    page.wait_for_selector("#verdict .sentence")

    assert summary(page) == "INVALID"
    assert "SELLER_SEAL_MISMATCH" in page.inner_text("#verdict")


def test_dropped_file_is_verified_at_once(visit: Visitor) -> None:
    page = visit.open()
    transfer = page.evaluate_handle(
        """bytes => {
            const transfer = new DataTransfer();
            const file = new File([new Uint8Array(bytes)], "dropped.pdf");
            transfer.items.add(file);
            return transfer;
        }""",
        list(visit.sealed.plain),
    )
    page.dispatch_event("#drop", "dragenter", {"dataTransfer": transfer})
    assert page.locator("#drop.over").count() == 1
    page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})
    page.wait_for_selector("#verdict .sentence")

    assert summary(page) == "UNSIGNED"
    assert page.inner_text("#chosen") == "dropped.pdf"
    assert page.locator("#drop.over").count() == 0


def test_keyboard_alone_is_enough(visit: Visitor) -> None:
    page = visit.open()
    order = []
    for _ in range(5):
        page.keyboard.press("Tab")
        order.append(
            page.evaluate(
                """() => {
                    const one = document.activeElement;
                    const ring = one.id === "file" ? one.parentElement : one;
                    const style = getComputedStyle(ring);
                    const seen = style.outlineStyle !== "none" && style.outlineWidth !== "0px";
                    return [one.id || one.className || one.tagName, seen];
                }"""
            )
        )
    expected = ["brand", "language", "file", "SUMMARY", "send"]
    assert order == [[name, True] for name in expected]

    visit.choose(visit.sealed.plain)
    page.focus("#send")
    page.keyboard.press("Enter")
    page.wait_for_selector("#verdict .sentence")
    assert summary(page) == "UNSIGNED"
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('verdict').contains(document.activeElement)")


@pytest.mark.parametrize(
    ("query", "locale", "language", "words"),
    [
        ("?lang=zh", "en-US", "zh-CN", "已被改动"),
        ("?lang=en", "zh-CN", "en", "Modified"),
        ("", "en-GB", "en", "Modified"),
        ("", "zh-CN", "zh-CN", "已被改动"),
        ("", "fr-FR", "zh-CN", "已被改动"),
    ],
)
def test_languages(
    browser: "Browser", sealed: Sealed, query: str, locale: str, language: str, words: str
) -> None:
    context = browser.new_context(locale=locale)
    visitor = Visitor(context, sealed)

    page = visitor.verify(sealed.invoice.replace(b"/Producer (s", b"/Producer (t"), query=query)

    assert page.get_attribute("html", "lang") == language
    assert summary(page) == "MODIFIED"
    assert words in page.inner_text(".sentence")
    chinese = re.findall(r"[\u4e00-\u9fff]+", page.inner_text("main").replace("中文", ""))
    if language == "en":  # only what stands in the registry and in certificates
        assert all("示例" in one or "章" in one for one in chinese), chinese
    context.close()
    assert visitor.complaints == []


def encrypted(data: bytes) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(data)) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("what", "words", "code"),
    [
        ("png", "格式", "UNSUPPORTED_FORMAT"),
        ("encrypted", "加密", "DOCUMENT_ENCRYPTED"),
        ("broken", "文件", "DOCUMENT_UNREADABLE"),
        ("cut", "文件", "DOCUMENT_UNREADABLE"),
        ("too large", "50 MB", "TOO_LARGE"),
        ("empty", "没有选择文件", "VALIDATION_FAILED"),
    ],
)
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_problems_are_sentences(
    browser: "Browser", sealed: Sealed, scripts: bool, what: str, words: str, code: str
) -> None:
    data = {
        "png": PNG,
        "encrypted": encrypted(sealed.plain),
        "broken": b"%PDF-1.7\n" + b"\x00\xff" * 500,
        "cut": sealed.plain[: len(sealed.plain) // 2],
        "too large": sealed.plain + bytes(50 * 1024 * 1024 + 1 - len(sealed.plain)),
        "empty": b"",
    }[what]
    context = browser.new_context(java_script_enabled=scripts, locale="zh-CN")
    visitor = Visitor(context, sealed)

    page = visitor.open()
    if len(data) > 40 * 1024 * 1024:  # more than playwright sends as a buffer
        path = sealed.service.data.parent / "large.pdf"
        path.write_bytes(data)
        page.set_input_files("#file", path)
    else:
        visitor.choose(data)
    page.click("#send")
    page.wait_for_selector(".sentence.problem")

    text = page.inner_text(".sentence.problem")
    assert words in text or (not scripts and what == "too large" and "过大" in text)
    assert code in text
    whole = page.inner_text("body")
    assert not {"{", "}", "requestId", "Traceback"} & set(whole.split()), whole
    assert '"type"' not in whole
    context.close()
    assert visitor.complaints == []


def test_without_scripts_the_form_is_a_form(browser: "Browser", sealed: Sealed) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    visitor = Visitor(context, sealed)

    page = visitor.verify(sealed.invoice, "invoice.pdf", "?lang=en")

    assert summary(page) == "TRUSTED"
    assert page.locator(".seal figure img").count() == 2
    assert page.locator(".chips .chip.passed").count() == 4
    assert page.locator("#form").count() == 1  # ready for the next file
    assert page.get_attribute("html", "lang") == "en"
    context.close()
    assert visitor.complaints == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_hostile_names_are_text(browser: "Browser", sealed: Sealed, scripts: bool) -> None:
    context = browser.new_context(java_script_enabled=scripts, locale="zh-CN")
    visitor = Visitor(context, sealed)

    page = visitor.verify(elsewhere(signed_by, "<script>alert(2)</script><b>x"), HOSTILE)

    assert page.locator("#verdict script, #verdict figure b, img[src=x]").count() == 0
    shown = page.inner_text("#verdict")
    assert HOSTILE in shown
    assert "<script>alert(2)</script>" in shown
    page.wait_for_timeout(200)
    context.close()
    assert visitor.complaints == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_narrow_screens_do_not_scroll_sideways(
    browser: "Browser", sealed: Sealed, language: str
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 640})
    visitor = Visitor(context, sealed)

    page = visitor.verify(sealed.contract, "a" * 120 + ".pdf", f"?lang={language}")

    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()
    assert visitor.complaints == []


def test_names_and_landmarks_for_screen_readers(visit: Visitor) -> None:
    page = visit.verify(visit.sealed.contract)

    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("input, select, button, a, img")].filter(one => {
            if (one.tagName === "IMG") { return !one.hasAttribute("alt"); }
            const named = one.labels && one.labels.length ? one.labels[0] : one;
            return !(named.innerText || named.textContent).trim();
        }).map(one => one.outerHTML)"""
    )
    assert unnamed == []
    assert page.get_attribute("#verdict", "aria-live") == "polite"
    assert page.locator("main").count() == page.locator("h1").count() == 1
    levels = page.evaluate(
        "() => [...document.querySelectorAll('h1, h2, h3')].map(one => Number(one.tagName[1]))"
    )
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = page.evaluate("() => [...document.querySelectorAll('[id]')].map(one => one.id)")
    assert len(ids) == len(set(ids))
    assert low_contrast(page) == []


def low_contrast(page: "Page") -> list[str]:
    """Texts below 4.5:1 against what is behind them. Source: WCAG 2.2 criterion 1.4.3."""
    found: list[str] = page.evaluate(
        """() => {
            const parts = text => text.match(/[\\d.]+/g).map(Number);
            const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
                .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
            const behind = one => {
                for (; one; one = one.parentElement) {
                    const colour = parts(getComputedStyle(one).backgroundColor);
                    if (colour.length === 3 || colour[3] > 0.99) { return colour; }
                }
                return [255, 255, 255];
            };
            const words = node => node.nodeType === 3 && node.textContent.trim();
            const own = one => [...one.childNodes].some(words);
            return [...document.querySelectorAll("body *")].filter(own).filter(one => {
                const [a, b] = [light(parts(getComputedStyle(one).color)), light(behind(one))];
                return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
            }).map(one => one.outerHTML.slice(0, 100));
        }"""
    )
    return found


def test_static_files_and_headers(sealed: Sealed) -> None:
    page = sealed.service.http.get("/verify")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
        assert sealed.service.http.get(path).status_code == 200, path
    assert sealed.service.http.get("/static/%2e%2e/views.py").status_code == 404
    assert sealed.service.http.get("/", follow_redirects=True).url.path == "/verify"
