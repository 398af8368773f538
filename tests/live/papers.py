"""Seals applied for, approved, issued over HTTP, and documents sealed with them."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from api.demo.contract import Contract, ContractPdf, make_contract
from api.demo.invoice import Invoice, InvoicePdf, demo_lines, make_invoice
from sealsvc.areas.entities.model.demo import demo_merchants
from sealsvc.values import Placement
from tests.live.service import PDF, LiveService

MERCHANTS = demo_merchants()
# Who applies for whose seals.
APPLICANTS = {"a": "applicant", "b": "merchant-b", "c": "merchant-c"}


def make_seal(
    service: LiveService, owner: str, seal_type: str, name: str, upto: str = "issue"
) -> str:
    """A seal's id; upto: `apply`, `approve` or `issue`."""
    body = {
        "uscc": MERCHANTS[owner].uscc,
        "type": seal_type,
        "medium": "ELECTRONIC",
        "name": name,
    }
    answer = service.call("POST", "/v1/seals", by=APPLICANTS[owner], json=body)
    assert answer.status_code == 201, answer.text
    seal_id: str = answer.json()["id"]
    for step in {"apply": (), "approve": ("approve",), "issue": ("approve", "issue")}[upto]:
        answer = service.call("POST", f"/v1/seals/{seal_id}/{step}", by="approver", json={})
        assert answer.status_code == 200, answer.text
    return seal_id


def seal(
    service: LiveService,
    data: bytes,
    seal_id: str,
    *,
    by: str,
    place: Placement | None = None,
    **options: Any,
) -> httpx.Response:
    """Seal a PDF, visibly where a place is given; the raw answer."""
    query: dict[str, Any] = {"seal": seal_id, **options.pop("params", {})}
    if place is None:
        query["invisible"] = "true"
    else:
        query |= {"page": place.page, "x": place.x_mm, "y": place.y_mm, "width": place.width_mm}
    headers = PDF | {"Accept": "application/pdf"} | options.pop("headers", {})
    return service.call(
        "POST", "/v1/sealings", by=by, params=query, content=data, headers=headers, **options
    )


def receipt_of(service: LiveService, fact_id: str, digest: str) -> str:
    """The receipt's text; waits until the log has the fact."""
    for _ in range(200):
        answer = service.call("GET", f"/v1/receipts/{fact_id}", params={"digest": digest})
        if answer.status_code != 202:
            assert answer.status_code == 200, answer.text
            return answer.text
        time.sleep(0.1)
    raise TimeoutError("the fact is in no checkpoint after 20 s")


def invoice_pdf(number: str = "26112000000000000001") -> InvoicePdf:
    return make_invoice(
        Invoice(
            number=number,
            issued_at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
            seller=MERCHANTS["a"],
            buyer=MERCHANTS["b"],
            lines=demo_lines(),
            drawer="李示例",
            remark="演示数据，不作记账和抵扣凭证。",
        )
    )


def contract_pdf() -> ContractPdf:
    return make_contract(
        Contract(
            number="QH-2026-000001",
            dated_at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
            seller=MERCHANTS["a"],
            buyer=MERCHANTS["b"],
            lines=demo_lines(),
        )
    )


@dataclass(frozen=True)
class Sealed:
    """One service with seals of A and B and what they sealed. fact_id: of the invoice's sealing."""

    service: LiveService
    a_invoice: str
    a_contract: str
    b_contract: str
    plain: bytes
    invoice: bytes
    contract: bytes
    fact_id: str


def seal_everything(service: LiveService) -> Sealed:
    """An invoice sealed by A, a contract sealed by A and B."""
    a_invoice = make_seal(service, "a", "INVOICE", "电子发票专用章")
    a_contract = make_seal(service, "a", "CONTRACT", "合同专用章")
    b_contract = make_seal(service, "b", "CONTRACT", "合同专用章")
    invoice, contract = invoice_pdf(), contract_pdf()
    uscc = {letter: one.uscc for letter, one in MERCHANTS.items()}
    as_invoice = {"role": "invoice", "number": "26112000000000000001", "sellerUscc": uscc["a"]}
    as_contract = {
        "role": "contract",
        "number": "QH-2026-000001",
        "partyUsccs": f"{uscc['a']},{uscc['b']}",
    }
    done = seal(
        service, invoice.data, a_invoice, by="merchant-a", place=invoice.seal, params=as_invoice
    )
    assert done.status_code == 201, done.text
    record = service.call("GET", done.headers["Location"], by="merchant-a").json()
    both = contract.data
    for seal_id, by, place in (
        (a_contract, "merchant-a", contract.seller_seal),
        (b_contract, "merchant-b", contract.buyer_seal),
    ):
        answer = seal(service, both, seal_id, by=by, place=place, params=as_contract)
        assert answer.status_code == 201, answer.text
        both = answer.content
    return Sealed(
        service=service,
        a_invoice=a_invoice,
        a_contract=a_contract,
        b_contract=b_contract,
        plain=invoice.data,
        invoice=done.content,
        contract=both,
        fact_id=str(record["completedFactId"]),
    )
