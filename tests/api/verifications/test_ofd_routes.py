"""An OFD through every route that answers for documents, and every form of its report."""

from base64 import b64encode
from collections.abc import Callable

import httpx
import pytest
from lxml import etree

from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import ChangeRequest
from sealsvc.documents.pdf import PDF
from sealsvc.values import Scope, SealType
from tests.api.infra.conftest import Api
from tests.areas.conftest import SettableClock
from tests.areas.sealing.story import APPROVER, A, B, Story, merchant
from tests.areas.sealing.test_national import plain_ofd
from tests.builders import ofd
from tests.builders import seals as eseals

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

VERIFY = "/v1/verifications"
PDF_WORDS = ("ByteRange", "PAdES", "DocMDP", "PDF")
Key = Callable[..., dict[str, str]]


@pytest.fixture
def deps(make_deps: Callable[..., Deps]) -> Deps:
    return make_deps(operator_uscc=B)


@pytest.fixture
def story(deps: Deps, clock: SettableClock) -> Story:
    return Story(deps, clock).open(national=True)


def sealed_invoice(story: Story) -> bytes:
    return story.invoice(story.seal(), plain_ofd()).sealed


def test_every_form_of_the_report(api: Api, story: Story) -> None:
    applied = seals.apply(story.deps, merchant(B), sealing.report_seal(B))
    seals.change(story.deps, APPROVER, applied.seal_id, ChangeRequest(SealAction.APPROVE))
    seals.issue(story.deps, APPROVER, applied.seal_id)
    story.clock.forward(minutes=1)
    answer = api("POST", VERIFY, content=sealed_invoice(story))
    report = answer.json()
    assert (report["summary"], report["subject"]["kind"]) == ("TRUSTED", "ofd")
    (one,) = report["signatures"]
    assert (one["format"], one["scopes"][0]["byteRange"]) == ("OFD.Seal.V4", [])
    assert one["picture"]["widthMm"] > 1
    own = report["links"]["self"]
    assert api("GET", own).content == answer.content
    for level in ("detailed", "diagnostic"):
        shape = api("GET", f"{own}?level={level}")
        assert shape.status_code == 200, shape.text
        assert shape.json()["summary"] == "TRUSTED"
        assert not [word for word in PDF_WORDS if word in shape.text]
    page = api("GET", f"{own}?format=pdf")
    assert page.status_code == 200, page.text
    assert PDF.read(page.content).page_count == 1
    assert story.verify(page.content)["summary"] == "TRUSTED"
    assert api("GET", f"{own}?format=evidence").status_code == 200


def test_etsi_xml_has_no_words_of_pdf(api: Api, story: Story) -> None:
    report = api("POST", VERIFY, content=sealed_invoice(story)).json()
    xml = api("GET", f"{report['links']['self']}?format=etsi")
    assert xml.status_code == 200, xml.text
    assert not [word for word in PDF_WORDS if word in xml.text]
    tree = etree.fromstring(xml.content)
    main = tree.xpath(
        "//*[local-name()='SignatureValidationStatus']/*[local-name()='MainIndication']/text()"
    )
    assert main == ["urn:etsi:019102:mainindication:total-passed"]
    methods = tree.xpath("//*[local-name()='CryptoInformation']/*[local-name()='Algorithm']")
    assert methods[0].text == "urn:oid:1.2.156.10197.1.501"
    assert tree.xpath("//*[local-name()='SigningTime']")


@pytest.mark.parametrize("kind", ["Simple", "Detailed", "Diagnostic"])
def test_siva_clients_are_answered_too(api: Api, story: Story, kind: str) -> None:
    document = b64encode(sealed_invoice(story)).decode()
    body = {"filename": "发票.ofd", "document": document, "reportType": kind}
    answer = api("POST", "/compat/siva/validate", json=body)
    assert answer.status_code == 200, answer.text
    found = answer.json()["validationReport"]["validationConclusion"]
    assert (found["signaturesCount"], found["validSignaturesCount"]) == (1, 1)
    assert found["validatedDocument"]["filename"] == "发票.ofd"
    assert "signatureForm" not in found  # SiVa has no word for it
    (one,) = found["signatures"]
    assert one["indication"] == "TOTAL-PASSED"
    assert one["signatureFormat"] == "OFD.Seal.V4"
    assert one["subjectDistinguishedName"]["serialNumber"] == A
    assert [scope["scope"] for scope in one["signatureScopes"]] == ["FULL"]
    assert not [word for word in PDF_WORDS if word in answer.text]


def test_a_changed_ofd_is_modified_in_every_form(api: Api, story: Story) -> None:
    parts = ofd.signed(ofd.unsigned(1))
    parts["Doc_0/Pages/Page_0/Content.xml"] = ofd.page("changed")
    report = api("POST", VERIFY, content=ofd.pack(parts)).json()
    assert report["summary"] == "MODIFIED"
    own = report["links"]["self"]
    assert "total-failed" in api("GET", f"{own}?format=etsi").text
    document = b64encode(ofd.pack(parts)).decode()
    answer = api("POST", "/compat/siva/validate", json={"filename": "a.ofd", "document": document})
    (one,) = answer.json()["validationReport"]["validationConclusion"]["signatures"]
    assert one["indication"] == "TOTAL-FAILED"


@pytest.mark.parametrize(
    ("data", "contains"),
    [
        (eseals.default_seal(), "bare SEAL"),
        (eseals.make_signature(), "bare SIGNATURE"),
        (b"0\x80garbage", None),
        (b"PK\x03\x04 no package", None),
    ],
    ids=["esl", "dat", "der", "zip"],
)
def test_without_a_document_there_is_nothing_to_verify(
    api: Api, story: Story, data: bytes, contains: str | None
) -> None:
    answer = api("POST", VERIFY, content=data, headers={"Accept-Language": "en"})
    body = answer.json()
    assert (answer.status_code, body["code"]) == (415, "UNSUPPORTED_FORMAT")
    assert "sealsvc inspect" in body["detail"]
    assert body.get("contains") == contains


def test_comparison_over_http(api: Api, story: Story, key: Key) -> None:
    seal = story.seal(A, SealType.CONTRACT)
    sealed = story.use(seal, plain_ofd()).sealed
    url = f"/v1/comparisons?seal={seal.seal_id}"
    answer = api("POST", url, content=sealed, headers=key(Scope.VERIFY))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["mediaType"] == "application/ofd"
    (one,) = body["signatures"]
    assert one["picture"]["distance"]["pixelIdentical"]
    assert one["picture"]["rendered"]["dpi"] > 0


def page_of(api: Api, data: bytes, language: str = "zh") -> httpx.Response:
    files = {"file": ("合同.ofd", data, "application/ofd")}
    return api("POST", f"/verify?lang={language}", files=files)


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "页面预览"), ("en", "Preview of the pages")]
)
def test_the_page_shows_the_pages(api: Api, story: Story, language: str, words: str) -> None:
    answer = page_of(api, sealed_invoice(story), language)
    assert answer.status_code == 200
    assert words in answer.text
    assert answer.text.count('class="unseen zoom"') == 1
    assert "{" not in answer.text.split('class="preview"')[1].split("</section>")[0]


def test_the_page_says_what_it_could_not_draw(api: Api, story: Story) -> None:
    parts = ofd.unsigned()
    parts["Doc_0/Pages/Page_0/Content.xml"] = ofd.page("\ue0f0" * 3)
    parts["Doc_0/Pages/Page_1/Content.xml"] = b"<broken"
    text = page_of(api, ofd.pack(parts)).text
    assert "没有字形、以方框代替的字符: 3" in text
    assert "此页无法绘制" in text


def test_the_page_tells_of_a_bare_seal(api: Api, story: Story) -> None:
    answer = page_of(api, eseals.default_seal())
    assert answer.status_code == 415
    assert "sealsvc inspect" in answer.text
    assert "Traceback" not in answer.text
