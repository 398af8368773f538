"""Steps about the service itself: who is there, what it refuses, whether its log holds."""

from hashlib import sha256
from typing import Any

from api.demo.invoice import InvoicePdf
from api.demo.offline import run_tool
from api.demo.service import SealedFile, Unexpected, sealing_query
from api.demo.steps import expect
from api.demo.story import Story
from sealsvc.values import Declaration, DocumentRole

_SAME_INK = 0.99
_PNG_HEAD = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(17)


def ready(story: Story) -> str:
    """The service is ready for traffic."""
    expect(story.service.get("/readyz")["ready"], True, "ready")
    version = story.service.get("/version")
    return f"{version['name']} {version['version']}"


def merchants(story: Story) -> str:
    """The three merchants stand in the register."""
    names = []
    for letter in "abc":
        wanted = story.merchant(letter)
        found = story.service.get(f"/v1/entities/{wanted.uscc}")
        expect(found["legalName"], wanted.legal_name, f"name of merchant {letter}")
        names.append(wanted.legal_name)
    return "、".join(names)


def wrong_uscc(story: Story) -> str:
    """A credit code with a wrong check character is refused with the reason."""
    code = story.merchant("a").uscc
    wrong = code[:-1] + ("3" if code[-1] != "3" else "4")
    answer = story.service.refused(422, "USCC_INVALID", "GET", f"/v1/entities/{wrong}")
    return f"{wrong} → 422 {answer.json()['errors'][0]['code']}"


def not_a_pdf(story: Story) -> str:
    """A picture that calls itself a PDF is told apart by its bytes."""
    story.service.refused(
        415,
        "UNSUPPORTED_FORMAT",
        "POST",
        "/v1/verifications",
        files={"file": ("invoice.pdf", _PNG_HEAD, "application/pdf")},
    )
    return "415 UNSUPPORTED_FORMAT"


def key_reused(story: Story) -> str:
    """An Idempotency-Key repeats an answer; with another body it is refused."""
    invoice = story.kept("invoice", InvoicePdf)
    declaration = Declaration(DocumentRole.INVOICE, story.invoice_number())
    params = sealing_query(story.seal_id("a-invoice"), invoice.seal, declaration)
    request: dict[str, Any] = {
        "by": "merchant-a",
        "params": params,
        "headers": {
            "Content-Type": "application/pdf",
            "Accept": "application/pdf",
            "Idempotency-Key": f'"demo-{story.stamp}"',
        },
    }
    path = "/v1/sealings"
    first = story.service.call("POST", path, expect=201, content=invoice.data, **request)
    again = story.service.call("POST", path, expect=201, content=invoice.data, **request)
    expect(sha256(again.content).hexdigest(), sha256(first.content).hexdigest(), "repeated answer")
    other = invoice.data + b"\n"
    story.service.refused(422, "IDEMPOTENCY_KEY_REUSED", "POST", path, content=other, **request)
    return "重放同一结果；换内容 → 422 IDEMPOTENCY_KEY_REUSED"


def comparison(story: Story) -> str:
    """The picture in the file is the registered imprint, measured and not just looked at."""
    file = story.kept("sealed invoice", SealedFile)
    answer = story.service.call(
        "POST",
        "/v1/comparisons",
        by="shop",
        params={"seal": story.seal_id("a-invoice")},
        content=file.data,
        headers={"Content-Type": "application/pdf"},
    )
    found = answer.json()
    story.folder.write_json("invoice.comparison.json", found)
    (compared,) = found["signatures"]
    distance = compared["picture"]["distance"]
    if distance["inkOverlap"] < _SAME_INK:
        raise Unexpected(f"the picture is not the registered one: {distance}")
    differing = [one["field"] for one in compared["fields"] if one["agrees"] is False]
    expect(differing, [], "fields that differ")
    return f"墨迹重合 {distance['inkOverlap']:.4f}，平均差 {distance['meanInkDifference']:.4f}"


def log_holds(story: Story) -> str:
    """The whole log recomputed from its public tiles, by the operator's own command."""
    told = run_tool("log", "audit", "--url", f"{story.service.base_url}/log").splitlines()
    verdict, _origin, size = told[:3]
    return f"{verdict}，{size} 条"
