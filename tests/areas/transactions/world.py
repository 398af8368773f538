"""A whole deal with real seals: contract, invoice, payment and waybill, and how to break it."""

import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from api.demo.deal_papers import make_deal_invoice
from api.demo.invoice import Invoice, demo_lines
from sealsvc.areas.contracts import service as contracts
from sealsvc.areas.contracts.model.contract import ContractView, PartyRole
from sealsvc.areas.contracts.model.lifecycle import ContractAction
from sealsvc.areas.contracts.model.template import Clause, Placeholder, TemplateDraft, ValueKind
from sealsvc.areas.contracts.model.terms import ContractTerms, PartyDraft
from sealsvc.areas.contracts.service import Draft, PartySeal, TemplateText, templates
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import permits
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.model import EntityDraft
from sealsvc.areas.entities.model.permits import PermitDraft
from sealsvc.areas.invoices import service as invoices
from sealsvc.areas.invoices.model.record import InvoiceView
from sealsvc.areas.invoices.service import TakeRequest
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.areas.sealing.service import SealingRequest
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import ChangeRequest, SealApplication, SealView
from sealsvc.areas.transactions import service as transactions
from sealsvc.areas.transactions.model.attestation import AttestationView, whole_utc
from sealsvc.areas.transactions.model.deal import Expected
from sealsvc.areas.transactions.model.verification import TransactionRequest, UploadedFile
from sealsvc.areas.transactions.service import AttestRequest
from sealsvc.values import DocumentRole, Principal, Scope, SealMedium, SealType
from tests.areas.sealing.story import APPROVER, NAMES, OPERATOR, A, B, Story, merchant

C = "12420000000000027K"
PAYER = "51320000500000015D"
CARRIER = "N2330108MF00000134"
PERMIT = {PAYER: "支付业务许可证", CARRIER: "道路运输经营许可证"}
OTHERS = {C: "武汉示例中心", PAYER: "示例支付机构", CARRIER: "示例运输合作社"}
ORDER = "SO-2026-0001"
CONTRACT = "HT-2026-1"
NUMBER = "26112000000000000001"
PRICE = "23998.04"

TEMPLATE = TemplateDraft(
    title="买卖合同",
    clauses=(Clause("第一条 价款", "总价人民币{price}元。"),),
    placeholders=(Placeholder("price", "价款", ValueKind.MONEY),),
)
_RIGHTS = frozenset({Scope.SEAL_APPLY, Scope.SEAL_SIGN, Scope.SEAL_MANAGE, Scope.VERIFY})


def acts(uscc: str) -> Principal:
    if uscc in NAMES:
        return merchant(uscc)
    return Principal(f"cli_{uscc[:6].lower()}", OTHERS[uscc], _RIGHTS, uscc)


@cache
def invoice_pdf(at: datetime, seller: str = A, buyer: str = B, number: str = NUMBER) -> Any:
    names = {**NAMES, **OTHERS}
    drafts = [EntityDraft(uscc=one, legal_name=names[one]) for one in (seller, buyer)]
    invoice = Invoice(number, at, drafts[0], drafts[1], demo_lines(), "李示例")
    return make_deal_invoice(invoice)


@dataclass
class World:
    """deps over a fresh database, and the verbs of a deal in few words."""

    story: Story
    seals: dict[tuple[str, SealType], SealView] = field(default_factory=dict)
    permits: dict[str, str] = field(default_factory=dict)

    @property
    def deps(self) -> Deps:
        return self.story.deps

    def open(self) -> "World":
        for uscc, name in OTHERS.items():
            entities.register(self.deps, OPERATOR, EntityDraft(uscc=uscc, legal_name=name))
        for uscc, kind in PERMIT.items():
            draft = PermitDraft("P-" + uscc[-4:], kind, "示例机关", date(2020, 1, 1))
            shown = permits.register(self.deps, OPERATOR, uscc, draft)
            self.permits[uscc] = shown.permit.permit_id
        return self

    def seal(self, uscc: str, kind: SealType) -> SealView:
        if (uscc, kind) not in self.seals:
            application = SealApplication(uscc, kind, SealMedium.ELECTRONIC, f"{kind} seal")
            applied = seals.apply(self.deps, acts(uscc), application)
            approve = ChangeRequest(SealAction.APPROVE)
            seals.change(self.deps, APPROVER, applied.seal_id, approve)
            self.seals[uscc, kind] = seals.issue(self.deps, APPROVER, applied.seal_id)
            self.story.clock.forward(minutes=1)
        return self.seals[uscc, kind]

    def contract(self, *sealers: str, price: str = PRICE) -> ContractView:
        """Sealed by these, by both by default."""
        deps, clock = self.deps, self.story.clock
        template = templates.publish(deps, OPERATOR, TEMPLATE)
        parties = (PartyDraft(A, PartyRole.SELLER), PartyDraft(B, PartyRole.BUYER))
        terms = ContractTerms("买卖合同", CONTRACT, parties, clock.now() + timedelta(days=7))
        source = TemplateText(template.template_id, {"price": price})
        made = contracts.create(deps, acts(A), Draft(terms, source))
        made = contracts.change(deps, acts(A), made.contract_id, ContractAction.OPEN)
        for uscc in sealers or (A, B):
            seal = self.seal(uscc, SealType.CONTRACT)
            place = PlaceWish(1, 30 if uscc == A else 110, 200)
            order = PartySeal(seal.seal_id, place=place)
            made = contracts.seal(deps, acts(uscc), made.contract_id, order)
            clock.forward(minutes=1)
        return made

    def invoice(self, by: str = A, seller: str = A, buyer: str = B, number: str = NUMBER) -> bytes:
        """A sealed invoice; by: whose seal it gets."""
        paper = invoice_pdf(self.story.clock.now(), seller, buyer, number)
        seal = self.seal(by, SealType.INVOICE)
        return self.use(seal, paper.data, DocumentRole.INVOICE)

    def use(self, seal: SealView, data: bytes, role: DocumentRole | None = None) -> bytes:
        request = SealingRequest(seal.seal_id, data, role=role)
        sealed = sealing.seal(self.deps, acts(seal.owner_uscc), request).sealed
        self.story.clock.forward(minutes=1)
        return sealed

    def take(self, data: bytes, by: str = B) -> InvoiceView:
        return invoices.take(self.deps, acts(by), TakeRequest(data, keep=True))[0]

    def attest(self, operator: str, kind: str, **subject: Any) -> AttestationView:
        replaces = subject.pop("replaces", None)
        seal = self.seal(operator, SealType.OFFICIAL)
        request = AttestRequest(seal.seal_id, kind, subject, replaces)
        made = transactions.attest(self.deps, acts(operator), request)
        self.story.clock.forward(minutes=1)
        return made

    def payment(self, **changed: Any) -> AttestationView:
        subject: dict[str, Any] = {
            "payer": B,
            "payee": A,
            "amount": PRICE,
            "currency": "CNY",
            "paidAt": whole_utc(self.story.clock.now()),
            "paymentNumber": "PAY-1",
            "orderNumber": ORDER,
        }
        return self.attest(PAYER, "payment", **(subject | changed))

    def waybill(self, **changed: Any) -> AttestationView:
        subject: dict[str, Any] = {
            "consignor": A,
            "consignee": B,
            "waybillNumber": "YD-1",
            "shippedAt": whole_utc(self.story.clock.now()),
            "contractNumber": CONTRACT,
        }
        return self.attest(CARRIER, "waybill", **(subject | changed))

    def whole(self) -> TransactionRequest:
        """A sound deal, by references."""
        contract = self.contract()
        invoice = self.take(self.invoice())
        ids = (self.payment().attestation_id, self.waybill().attestation_id)
        return TransactionRequest(
            expected=Expected(A, B, Decimal(PRICE), "CNY", ORDER, CONTRACT),
            contract_id=contract.contract_id,
            invoice_ids=(invoice.invoice_id,),
            attestation_ids=ids,
        )

    def judge(self, request: TransactionRequest, by: str | None = B) -> dict[str, Any]:
        principal = None if by is None else acts(by)
        view = transactions.verify(self.deps, principal, request)
        shape: dict[str, Any] = json.loads(view.body)
        return shape

    def files(self, contract: bytes, invoice: bytes, *views: AttestationView) -> TransactionRequest:
        return TransactionRequest(
            expected=Expected(A, B, Decimal(PRICE), "CNY", ORDER, CONTRACT),
            contract_file=UploadedFile(contract),
            invoice_files=(UploadedFile(invoice),),
            envelopes=tuple(one.envelope for one in views if one.envelope),
        )


def codes(report: dict[str, Any]) -> set[str]:
    return {str(one["code"]) for one in report["findings"]}


def expecting(request: TransactionRequest, **changed: Any) -> TransactionRequest:
    return replace(request, expected=replace(request.expected, **changed))
