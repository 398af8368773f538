"""`/trace/{id}`: what strangers see, the QR code, the log's word on each fact."""

import re
from io import BytesIO

import pytest
import zxingcpp
from lxml import etree, html
from PIL import Image, ImageDraw

from sealsvc.areas.seals.model import SealAction
from sealsvc.values import Fact, Subject, SubjectKind
from tests.areas.seals.world import PERSON, A

DIGEST = "ab" * 32


def page(answer) -> html.HtmlElement:
    return html.document_fromstring(answer.text)


def some(answer, kind: str, *, tag: str = "*") -> list[html.HtmlElement]:
    """Elements of a class."""
    held = f"contains(concat(' ', normalize-space(@class), ' '), ' {kind} ')"
    found = page(answer).xpath(f"//{tag}[{held}]")
    assert isinstance(found, list)
    return found


def receipts(answer) -> list[str]:
    return page(answer).xpath("//ol//a/@href")


def types(answer) -> list[str]:
    return page(answer).xpath("//li/@data-type")


def scanned(answer) -> str:
    """What a phone reads off the page's own squares."""
    (svg,) = page(answer).xpath("//figure[contains(@class,'qr')]//*[local-name()='svg']")
    size = int(svg.get("viewbox", svg.get("viewBox")).split()[2])
    picture = Image.new("L", (size * 8, size * 8), 255)
    draw = ImageDraw.Draw(picture)
    x = y = 0.0
    for path in svg.xpath(".//*[local-name()='path'][@stroke]"):
        for name, rest in re.findall(r"([Mmh])([^Mmh]*)", path.get("d")):
            numbers = [float(n) for n in re.findall(r"-?\d*\.?\d+", rest)]
            if name == "M":
                x, y = numbers
            elif name == "m":
                x, y = x + numbers[0], y + numbers[1]
            else:
                box = (x * 8, (y - 0.5) * 8, (x + numbers[0]) * 8 - 1, (y + 0.5) * 8 - 1)
                draw.rectangle(box, 0)
                x += numbers[0]
    (found,) = zxingcpp.read_barcodes(picture)
    return str(found.text)


@pytest.fixture
def seal(world):
    return world.active()


@pytest.fixture
def document(deps, logbook, seal):
    """A document's facts as sealing records them."""
    payload = {
        "by": "cli_secret",
        "digest": DIGEST,
        "sealId": seal.seal_id,
        "declaration": {"role": "invoice", "number": "NO-1", "partyUsccs": []},
    }
    subjects = (Subject(SubjectKind.DOCUMENT, DIGEST), Subject(SubjectKind.ENTITY, A))
    with deps.write() as tx:
        tx.record(Fact("sealing.completed", subjects, {}, payload))
        tx.commit()
    logbook.sequence()
    return DIGEST


def test_a_seals_life(api, world, seal, logbook) -> None:
    world.change(seal, SealAction.SUSPEND)
    logbook.sequence()
    answer = api("GET", f"/trace/{seal.seal_id}", headers={"Accept-Language": "zh"})
    assert answer.status_code == 200
    shown = types(answer)
    assert [one for one in shown if one.startswith("seal.")][-1] == "seal.suspended"
    assert {"seal.applied", "seal.approved", "seal.activated", "certificate.issued"} <= set(shown)
    assert page(answer).xpath("//dd[@id='status']/@data-status") == ["SUSPENDED"]
    times = page(answer).xpath("//time/@datetime")
    assert times == sorted(times)
    assert len(some(answer, "proven")) == len(shown)
    for link in receipts(answer):
        assert api("GET", link).status_code == 200
    for secret in ("because", "cli_", "王小明"):
        assert secret not in answer.text


def test_the_code_leads_to_the_page(api, seal, document) -> None:
    for subject in (seal.seal_id, document):
        assert scanned(api("GET", f"/trace/{subject}")) == f"http://seal.example/trace/{subject}"


def test_facts_without_a_place_yet(api, seal) -> None:
    answer = api("GET", f"/trace/{seal.seal_id}?lang=en")
    assert "waiting for its place in the log" in answer.text
    assert some(answer, "proven") == []


def test_pages_of_facts(api, world, seal, logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    logbook.sequence()
    everything = types(api("GET", f"/trace/{seal.seal_id}"))
    monkeypatch.setattr("api.pages.trace.PAGE_FACTS", 3)
    seen, url = [], f"/trace/{seal.seal_id}"
    for _ in range(9):
        answer = api("GET", url)
        seen += types(answer)
        more = page(answer).xpath("//a[@id='more']/@href")
        if not more:
            break
        url = more[0]
    assert seen == everything
    assert len(seen) > 3


def test_a_document_is_opened_by_its_digest(api, document, seal) -> None:
    for subject in (document, document.upper()):
        answer = api("GET", f"/trace/{subject}?lang=en")
        assert answer.status_code == 200
        assert types(answer) == ["sealing.completed"]
        assert "invoice" in answer.text
        assert f"/trace/{seal.seal_id}" in answer.text
        assert answer.headers["X-Robots-Tag"] == "noindex"
        for secret in ("cli_secret", "NO-1"):
            assert secret not in answer.text
    (link,) = receipts(answer)
    receipt = api("GET", link, headers={"Accept": "application/json"}).json()
    assert receipt["opened"] is True


def test_an_unknown_document_is_said_to_be_unknown(api, logbook) -> None:
    answer = api("GET", f"/trace/{'0' * 64}")
    assert answer.status_code == 404
    assert some(answer, "unknown")


def test_a_natural_persons_code_stays_hidden(api, world, logbook) -> None:
    seal = world.active(uscc=PERSON)
    logbook.sequence()
    answer = api("GET", f"/trace/{seal.seal_id}")
    assert answer.status_code == 200
    assert PERSON not in answer.text


@pytest.mark.parametrize(
    "subject",
    ["seal_" + "a" * 26, "evt_" + "a" * 26, "x", "0" * 63, "0" * 65, "seal_%3Cscript%3E", "%00", A],
)
def test_nothing_else_is_traced(api, logbook, subject: str) -> None:
    answer = api("GET", f"/trace/{subject}", headers={"Accept": "text/html"})
    assert answer.status_code in (400, 404)
    assert "<script>" not in answer.text


def test_queries_that_are_refused(api, seal) -> None:
    for query in ("after=-2", "after=x", f"after={2**60}", "colour=red"):
        assert api("GET", f"/trace/{seal.seal_id}?{query}").status_code == 422


def test_names_are_text(api, world, deps, logbook) -> None:
    from sealsvc.areas.entities import service as entities
    from tests.areas.seals.world import OPERATOR

    entities.change(deps, OPERATOR, A, {"legal_name": "北京<b>示例"})
    seal = world.applied(medium=world.applied().medium.__class__.PHYSICAL, name="章<i>")
    answer = api("GET", f"/trace/{seal.seal_id}")
    assert "<b>示例" not in answer.text
    assert "<i>" not in answer.text


def test_both_languages(api, seal, logbook) -> None:
    logbook.sequence()
    zh, en = (api("GET", f"/trace/{seal.seal_id}?lang={one}") for one in ("zh", "en"))
    assert "印章的公开履历" in zh.text
    assert "The public life of a seal" in en.text
    for answer in (zh, en):
        etree.parse(BytesIO(answer.content), etree.HTMLParser(recover=False))
        assert not re.search(r"trace\.[a-z]+<", answer.text)
        (switch,) = some(answer, "language", tag="a")
        assert api("GET", switch.get("href")).status_code == 200
