"""What the story's steps share: the parties, their seals, the papers, the folder."""

import hashlib
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from api.demo.contract import Contract, ContractPdf, make_contract
from api.demo.invoice import NUMBER_DIGITS, Invoice, InvoicePdf, demo_lines, make_invoice
from api.demo.service import Answer, Service, Unexpected
from api.demo.steps import Folder
from sealsvc.areas.entities.model.demo import demo_merchants
from sealsvc.areas.entities.model.record import EntityDraft
from sealsvc.values import SealMedium, SealType

Made = TypeVar("Made")


@dataclass(frozen=True)
class SealPlan:
    """A seal the story needs. owner: merchant letter; by: client that applies for it."""

    key: str
    owner: str
    by: str
    seal_type: SealType
    name: str


# Merchant A sells and has a contract and an invoice seal, B buys, C wants to pass for A.
SEAL_PLANS = (
    SealPlan("a-invoice", "a", "applicant", SealType.INVOICE, "电子发票专用章"),
    SealPlan("a-contract", "a", "applicant", SealType.CONTRACT, "合同专用章"),
    SealPlan("b-contract", "b", "merchant-b", SealType.CONTRACT, "合同专用章"),
    SealPlan("c-invoice", "c", "merchant-c", SealType.INVOICE, "电子发票专用章"),
)


@dataclass
class Story:
    """One run. at: the service's time when it began; stamp: 15 digits that no other run has.

    seals: plan key -> seal id; made: name -> what an earlier step made.
    """

    service: Service
    folder: Folder
    at: datetime
    stamp: str
    seals: dict[str, str] = field(default_factory=dict)
    made: dict[str, object] = field(default_factory=dict)

    def merchant(self, letter: str) -> EntityDraft:
        """The particulars of merchant a, b or c."""
        return demo_merchants()[letter]

    def seal_id(self, key: str) -> str:
        """The active seal of a plan. Raises: Unexpected when an earlier step failed."""
        if key not in self.seals:
            raise Unexpected(f"seal {key} was not issued by an earlier step")
        return self.seals[key]

    def keep(self, name: str, thing: object) -> None:
        """Keep something for later steps."""
        self.made[name] = thing

    def kept(self, name: str, kind: type[Made]) -> Made:
        """What an earlier step made. Raises: Unexpected when it did not."""
        thing = self.made.get(name)
        if not isinstance(thing, kind):
            raise Unexpected(f"an earlier step did not make {name}")
        return thing

    def invoice_number(self) -> str:
        """20 digits: year, region of the bureau, channel, this run's stamp."""
        number = f"{self.at:%y}112{self.stamp}"
        return number[:NUMBER_DIGITS]

    def contract_number(self) -> str:
        """The number both parties file the contract under."""
        return f"QH-{self.at:%Y}-{self.stamp[-6:]}"

    def sale(self) -> Invoice:
        """What the seller's invoice to the buyer says."""
        return Invoice(
            number=self.invoice_number(),
            issued_at=self.at,
            seller=self.merchant("a"),
            buyer=self.merchant("b"),
            lines=demo_lines(),
            drawer="李示例",
            remark=f"演示数据，不作记账和抵扣凭证。\n合同编号：{self.contract_number()}",
        )

    def agreement(self) -> Contract:
        """What seller and buyer agree on."""
        return Contract(
            number=self.contract_number(),
            dated_at=self.at,
            seller=self.merchant("a"),
            buyer=self.merchant("b"),
            lines=demo_lines(),
        )

    def invoice(self) -> InvoicePdf:
        """The invoice as PDF, not sealed yet."""
        return make_invoice(self.sale())

    def contract(self) -> ContractPdf:
        """The contract as PDF, not sealed yet."""
        return make_contract(self.agreement())

    def judged(self, name: str, data: bytes, wanted: tuple[str, ...], **options: str) -> Answer:
        """Verify a file, write the report as `<name>.report.json`, hold it to the summary.

        Raises: Unexpected when the summary is not one of those wanted.
        """
        report = self.service.verify(data, **options)
        self.folder.write_json(f"{name}.report.json", report)
        if report["summary"] not in wanted:
            codes = [finding["code"] for finding in report["findings"]]
            raise Unexpected(f"{name} is {report['summary']}, expected {wanted}: {codes}")
        return report


def new_stamp(at: datetime) -> str:
    """15 digits that differ from run to run: the second, then what the machine's timer shows.

    A name tag, not a secret: a service refuses a repeated number loudly.
    """
    return f"{int(at.timestamp()):010d}{time.perf_counter_ns() // 1000 % 100_000:05d}"


def sha256_hex(data: bytes) -> str:
    """Lower-case hex, as the trace asks for."""
    return hashlib.sha256(data).hexdigest()


def find_seals(
    story: Story, owner: str, seal_type: SealType, medium: SealMedium, by: str
) -> list[Answer]:
    """The owner's seals of a type and medium, newest last, in any state."""
    uscc = story.merchant(owner).uscc
    page = story.service.get("/v1/seals", by=by, uscc=uscc, type=str(seal_type), limit=200)
    return [row for row in page["data"] if row["medium"] == medium]
