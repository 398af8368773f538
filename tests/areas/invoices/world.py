"""Companies with the same invoices, and the verbs in few words."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlmodel import select

from sealsvc.areas.deps import Deps
from sealsvc.areas.invoices import service as invoices
from sealsvc.areas.invoices.model.record import (
    BookingDraft,
    BookingView,
    BureauRisk,
    BureauStatus,
    ClaimPurpose,
    ClaimView,
    InvoiceView,
    Lookup,
)
from sealsvc.areas.invoices.model.red_letters import (
    RedLetterDraft,
    RedLetterReason,
    RedLetterView,
)
from sealsvc.areas.invoices.service import TakeRequest
from sealsvc.storage.tables import FactRow, FactSubjectRow
from sealsvc.values import Principal, Scope, SubjectKind
from tests.areas.conftest import SettableClock
from tests.builders.invoices import BUYER_ID, SELLER_ID, Cn, digital_xml, make_uscc

SELLER, BUYER = SELLER_ID, BUYER_ID
STRANGER = make_uscc("91320000MA0000003")
AUDITOR = Principal("cli_au", "auditor", frozenset({Scope.AUDIT_READ}))


def client(uscc: str, *scopes: Scope) -> Principal:
    return Principal(f"cli_{uscc[8:].lower()}", "client", frozenset(scopes or {Scope.VERIFY}), uscc)


def number(at: int) -> str:
    return f"26321000000{at:09d}"


def blue(at: int = 17, **facts: Any) -> bytes:
    return digital_xml(Cn(number=number(at), **facts))


def unaddressed(at: int = 17) -> bytes:
    """An invoice to a person: no buyer's credit code."""
    return blue(at).replace(f"<BuyerIdNum>{BUYER}</BuyerIdNum>".encode(), b"")


@dataclass
class World:
    """deps over a fresh database; SELLER and BUYER stand on each invoice."""

    deps: Deps
    clock: SettableClock

    def take(self, data: bytes | None = None, by: str = BUYER, **options: Any) -> InvoiceView:
        request = TakeRequest(blue() if data is None else data, **options)
        return invoices.take(self.deps, client(by), request)[0]

    def look(
        self,
        view: InvoiceView,
        status: BureauStatus = BureauStatus.NORMAL,
        risk: BureauRisk = BureauRisk.NORMAL,
    ) -> InvoiceView:
        lookup = Lookup("inv-veri.chinatax.gov.cn", self.clock.now(), status, risk)
        return invoices.record_lookup(self.deps, client(view.entity_uscc), view.invoice_id, lookup)

    def verified(self, data: bytes | None = None, by: str = BUYER) -> InvoiceView:
        return self.look(self.take(data, by))

    def claim(self, view: InvoiceView, purpose: ClaimPurpose = ClaimPurpose.DEDUCTION) -> ClaimView:
        return invoices.claim(self.deps, client(view.entity_uscc), view.invoice_id, purpose)

    def release(self, claim: ClaimView) -> ClaimView:
        key = (claim.invoice_id, claim.claim_id)
        return invoices.release(self.deps, client(claim.entity_uscc), key, "returned")

    def book(self, view: InvoiceView, **options: Any) -> BookingView:
        draft = replace(BookingDraft("V-12", date(2026, 11, 20), "2026-11"), **options)
        return invoices.book(self.deps, client(view.entity_uscc), view.invoice_id, draft)

    def red(self, view: InvoiceView, amount: str = "38.99") -> RedLetterView:
        draft = RedLetterDraft(amount, RedLetterReason.GOODS_RETURNED)
        return invoices.enter(self.deps, client(view.entity_uscc), view.invoice_id, draft)

    def facts(self, subject_id: str, kind: SubjectKind = SubjectKind.INVOICE) -> list[FactRow]:
        with self.deps.read() as session:
            query = (
                select(FactRow)
                .join(FactSubjectRow, FactSubjectRow.seq == FactRow.seq)  # type: ignore[arg-type]
                .where(FactSubjectRow.kind == str(kind), FactSubjectRow.subject_id == subject_id)
            )
            found = list(session.exec(query).all())
            session.expunge_all()
            return found

    def types(self, subject_id: str, kind: SubjectKind = SubjectKind.INVOICE) -> list[str]:
        return sorted(fact.type for fact in self.facts(subject_id, kind))
