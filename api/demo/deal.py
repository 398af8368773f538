"""A whole deal: order, contract, invoice, payment, waybill, customs, and the one verdict."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from api.demo.amounts import plain, totals
from api.demo.deal_operators import (
    BROKER,
    BROKER_PERMIT,
    PERMITS,
    held_permit,
    ready_operator,
)
from api.demo.deal_papers import make_deal_invoice
from api.demo.invoice import NUMBER_DIGITS, Invoice, demo_lines
from api.demo.service import PDF, Answer, SealedFile, Unexpected
from api.demo.steps import expect
from api.demo.story import Story
from sealsvc.values import Declaration, DocumentRole

CONTRACT_FILE, CONTRACT_OFD_FILE = "deal-contract-sealed.pdf", "deal-contract-sealed.ofd"
INVOICE_FILE = "deal-invoice-sealed.pdf"
TEMPLATE: Answer = {
    "title": "货物买卖合同",
    "clauses": [
        {"heading": "第一条 标的", "text": "甲方向乙方出售订单{order}所列货物及服务。"},
        {"heading": "第二条 价款", "text": "含税总价人民币{price}元，乙方于合同生效后付清。"},
    ],
    "placeholders": [
        {"name": "order", "label": "订单编号"},
        {"name": "price", "label": "含税总价", "kind": "MONEY"},
    ],
}


@dataclass(frozen=True)
class SoundDeal:
    """What the story made of a deal; all ids are the service's own. price: plain decimals."""

    order: str
    contract_number: str
    price: str
    contract_id: str
    contract: bytes
    half: bytes
    invoice_id: str
    invoice: bytes
    payment: Answer
    waybill: Answer

    def references(self, **changes: Any) -> Answer:
        """What is asked of the verdict; changes: members, `expect` merged."""
        expected = {
            "orderNumber": self.order,
            "contractNumber": self.contract_number,
            "amount": self.price,
            **changes.pop("expect", {}),
        }
        asked: Answer = {
            "contractId": self.contract_id,
            "invoiceIds": [self.invoice_id],
            "attestationIds": [self.payment["id"], self.waybill["id"]],
            "policy": "delivered",
        }
        asked |= {"expect": expected, **changes}
        return {name: value for name, value in asked.items() if value is not None}


def order(story: Story) -> str:
    """An order between two merchants; payment institution and carrier stand ready."""
    story.keep("deal order", f"SO-{story.stamp}")
    ready = [ready_operator(story, name) for name in PERMITS]
    return f"订单 SO-{story.stamp}，{price(story)} 元；{'、'.join(ready)}"


def contract(story: Story) -> str:
    """Both parties seal the contract as PDF, each by its own will on record."""
    made = _concluded(story, "pdf", contract_number(story))
    story.keep("deal contract", made)
    path = f"/v1/contracts/{made['id']}/document"
    whole = story.service.call("GET", path, by="merchant-a").content
    half = story.service.call("GET", path, by="merchant-a", params={"step": 1}).content
    story.keep("deal contract file", whole)
    story.keep("deal contract half", half)
    story.folder.write(CONTRACT_FILE, whole)
    return f"{made['status']}，PDF，2 枚印章"


def contract_ofd(story: Story) -> str:
    """The same contract as OFD, sealed by both in the national format."""
    made = _concluded(story, "ofd", f"{contract_number(story)}-O")
    story.keep("deal contract ofd", made)
    path = f"/v1/contracts/{made['id']}/document"
    story.folder.write(CONTRACT_OFD_FILE, story.service.call("GET", path, by="merchant-b").content)
    return f"{made['status']}，OFD，2 枚印章"


def invoice(story: Story) -> str:
    """The seller seals the invoice, the buyer takes it on file."""
    file = sealed_invoice(story, "a", number=invoice_number(story))
    story.keep("deal invoice", file.data)
    story.folder.write(INVOICE_FILE, file.data)
    taken = take(story, file.data, "merchant-b")
    expect(taken["state"], "VERIFIED", "state of the invoice on the buyer's file")
    story.keep("deal invoice on file", taken)
    return f"{taken['state']}，{taken['gross'] if 'gross' in taken else price(story)} 元"


def payment(story: Story) -> str:
    """The payment institution attests the payment."""
    made = attest_payment(story, "")
    story.keep("deal payment", made)
    story.folder.write_json("deal-payment.json", made)
    return f"{made['status']}，{made['record']['subject']['amount']} 元"


def waybill(story: Story) -> str:
    """The carrier attests the waybill."""
    made = attest_waybill(story, "")
    story.keep("deal waybill", made)
    story.folder.write_json("deal-waybill.json", made)
    return str(made["status"])


def customs(story: Story) -> str:
    """The carrier, registered as a customs broker too, attests the release by customs."""
    held_permit(story, BROKER, BROKER_PERMIT)
    made = attest_release(story, "")
    story.keep("deal release", made)
    story.folder.write_json("deal-customs.json", made)
    return f"{made['status']}，{made['record']['subject']['declarationNumber']}"


def trusted(story: Story) -> str:
    """One verdict over all of it: TRUSTED; the page behind its link says the same."""
    deal = sound(story)
    report = judge(story, "deal", deal.references(evidence=True), "TRUSTED")
    page = story.service.call("GET", report["links"]["page"], params={"lang": "en"}).text
    if 'data-summary="TRUSTED"' not in page:
        raise Unexpected("the page does not say TRUSTED")
    again = story.service.get(report["links"]["self"])
    expect(again, report, "the report read again")
    passed = sum(check["result"] == "PASSED" for check in report["checks"])
    return f"TRUSTED，{passed}/{len(report['checks'])} 项通过，{report['links']['page']}"


def trusted_import(story: Story) -> str:
    """The same deal as an import, which asks for the release by customs; without it, a doubt."""
    deal = sound(story)
    release = story.kept("deal release", dict)["id"]
    ids = [deal.payment["id"], deal.waybill["id"], release]
    report = judge(
        story, "deal-import", deal.references(attestationIds=ids, policy="import"), "TRUSTED"
    )
    judge(story, "deal-import-missing", deal.references(policy="import"), "INDETERMINATE")
    return f"TRUSTED（含海关放行）：{report['sentence']}"


def trusted_ofd(story: Story) -> str:
    """The same deal on the OFD contract."""
    deal = sound(story)
    other = story.kept("deal contract ofd", dict)
    asked = deal.references(
        contractId=other["id"], expect={"contractNumber": f"{deal.contract_number}-O"}
    )
    # The waybill names the other contract.
    asked |= {"attestationIds": [deal.payment["id"]], "policy": "paid"}
    judge(story, "deal-ofd", asked, "TRUSTED")
    return "TRUSTED（OFD 合同）"


def sound(story: Story) -> SoundDeal:
    """The deal as the steps above made it. Raises: Unexpected when one of them failed."""
    return SoundDeal(
        order=story.kept("deal order", str),
        contract_number=contract_number(story),
        price=price(story),
        contract_id=story.kept("deal contract", dict)["id"],
        contract=story.kept("deal contract file", bytes),
        half=story.kept("deal contract half", bytes),
        invoice_id=story.kept("deal invoice on file", dict)["id"],
        invoice=story.kept("deal invoice", bytes),
        payment=story.kept("deal payment", dict),
        waybill=story.kept("deal waybill", dict),
    )


def judge(
    story: Story,
    name: str,
    asked: Answer,
    wanted: str,
    files: tuple[tuple[str, bytes], ...] = (),
) -> Answer:
    """The verdict over a deal, written as `<name>.transaction.json` and held to one word.

    files: part of the request and content; the caller is the buyer. Raises: Unexpected.
    """
    path = "/v1/transactions/verifications"
    if files:
        parts: list[Any] = [("options", (None, json.dumps(asked), "application/json"))]
        parts += [(part, (part, data, "application/octet-stream")) for part, data in files]
        answer = story.service.call("POST", path, by="merchant-b", files=parts)
    else:
        answer = story.service.call("POST", path, by="merchant-b", json=asked)
    report: Answer = answer.json()
    story.folder.write_json(f"{name}.transaction.json", report)
    if report["summary"] != wanted:
        codes = [finding["code"] for finding in report["findings"]]
        raise Unexpected(f"{name} is {report['summary']}, expected {wanted}: {codes}")
    return report


def attest_payment(story: Story, tag: str, by: str = "payment", **changes: Any) -> Answer:
    """A payment of the whole price, attested; changes: members of its subject."""
    subject: Answer = {
        "payer": story.merchant("b").uscc,
        "payee": story.merchant("a").uscc,
        "amount": price(story),
        "currency": "CNY",
        "paidAt": now(story),
        "paymentNumber": f"PAY-{story.stamp}{tag}",
        "orderNumber": story.kept("deal order", str),
    }
    return _attest(story, by, "payment", subject | changes)


def attest_waybill(story: Story, tag: str, **changes: Any) -> Answer:
    """A waybill from seller to buyer, attested; changes: members of its subject."""
    subject: Answer = {
        "consignor": story.merchant("a").uscc,
        "consignee": story.merchant("b").uscc,
        "waybillNumber": f"YD-{story.stamp}{tag}",
        "shippedAt": now(story),
        "contractNumber": contract_number(story),
        "goods": "条码核验终端等",
    }
    return _attest(story, "carrier", "waybill", subject | changes)


def attest_release(story: Story, tag: str, **changes: Any) -> Answer:
    """A release by customs from seller to buyer, attested; changes: members of its subject."""
    subject: Answer = {
        "consignor": story.merchant("a").uscc,
        "consignee": story.merchant("b").uscc,
        "declarationNumber": f"BG-{story.stamp}{tag}",
        "customsOffice": "示例海关",
        "releasedAt": now(story),
        "amount": price(story),
        "currency": "CNY",
        "contractNumber": contract_number(story),
    }
    return _attest(story, BROKER, "customsRelease", subject | changes)


def sealed_invoice(
    story: Story, seller: str, *, number: str, sealer: str | None = None, buyer: str = "b"
) -> SealedFile:
    """An invoice of a merchant under the invoice seal of that one or another."""
    by = sealer or seller
    paper = make_deal_invoice(
        Invoice(
            number=number,
            issued_at=story.service.now(),
            seller=story.merchant(seller),
            buyer=story.merchant(buyer),
            lines=demo_lines(),
            drawer="李示例",
            remark="演示数据，不作记账和抵扣凭证。",
        )
    )
    said = Declaration(DocumentRole.INVOICE, number)
    seal_id = story.seal_id(f"{by}-invoice")
    return story.service.seal(
        paper.data, seal_id, by=f"merchant-{by}", place=paper.seal, declaration=said
    )


def take(story: Story, data: bytes, by: str) -> Answer:
    """An invoice on somebody's file, the file itself kept."""
    answer = story.service.call(
        "POST",
        "/v1/invoices",
        by=by,
        expect=201,
        params={"keep": "true"},
        content=data,
        headers={"Content-Type": PDF},
    )
    taken: Answer = answer.json()
    return taken


def contract_number(story: Story) -> str:
    """The number both parties file the deal's contract under."""
    return f"DL-{story.stamp}"


def invoice_number(story: Story, turn: int = 0) -> str:
    """20 digits of this run, another for each turn; channel 3 keeps it off the other story's."""
    return f"{story.at:%y}113{(int(story.stamp) + turn) % 10**15:015d}"[:NUMBER_DIGITS]


def price(story: Story) -> str:
    """What the deal costs, tax included."""
    return plain(totals(demo_lines()).gross)


def now(story: Story) -> str:
    """The service's time, to the second."""
    return f"{story.service.now():%Y-%m-%dT%H:%M:%SZ}"


def _concluded(story: Story, format: str, number: str) -> Answer:
    """A contract drawn from a template and sealed by both."""
    service = story.service
    template = service.post("/v1/contracts/templates", TEMPLATE, by="operator", expect=201)
    deadline = story.at + timedelta(days=7)
    asked: Answer = {
        "title": "货物买卖合同",
        "number": number,
        "parties": [
            {"uscc": story.merchant("a").uscc, "role": "SELLER"},
            {"uscc": story.merchant("b").uscc, "role": "BUYER"},
        ],
        "deadline": f"{deadline:%Y-%m-%dT%H:%M:%SZ}",
        "templateId": template["id"],
        "data": {"order": story.kept("deal order", str), "price": price(story)},
        "format": format,
    }
    made = service.post("/v1/contracts/from-template", asked, by="merchant-a", expect=201)
    path = f"/v1/contracts/{made['id']}"
    service.post(f"{path}/open", by="merchant-a")
    for letter in "ab":
        body = {
            "sealId": story.seal_id(f"{letter}-contract"),
            "statement": "我方已阅读并同意合同全文",
            "statementVersion": "1",
        }
        made = service.post(f"{path}/seal", body, by=f"merchant-{letter}")
    expect(made["status"], "CONCLUDED", f"state of the {format} contract")
    return made


def _attest(story: Story, by: str, kind: str, subject: Answer) -> Answer:
    members = {name: value for name, value in subject.items() if value is not None}
    answer = story.service.call(
        "POST",
        "/v1/attestations",
        by=by,
        expect=201,
        params={"seal": story.seal_id(f"operator {by}")},
        json={"kind": kind, "subject": members},
    )
    made: Answer = answer.json()
    return made
