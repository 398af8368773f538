"""An invoice of a deal as a fact: from the buyer's or seller's file, or from a file just given."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from sealsvc.areas.deps import Deps
from sealsvc.areas.entities.model import UsccStatus, check_uscc
from sealsvc.areas.invoices import service as invoices
from sealsvc.areas.invoices.model.lifecycle import ClaimState, RedLetterState, Side
from sealsvc.areas.invoices.model.reading import TakenReading, is_red, read_taken
from sealsvc.areas.invoices.model.record import InvoiceView
from sealsvc.areas.invoices.model.red_letters import RedStatus
from sealsvc.areas.invoices.service.claims import is_held_by_other
from sealsvc.areas.transactions.model.deal import DEFAULT_CURRENCY, DocumentFact, InvoiceFact
from sealsvc.areas.transactions.model.money import total
from sealsvc.areas.transactions.model.verification import UploadedFile
from sealsvc.areas.transactions.service.papers import document_of, judged_file
from sealsvc.areas.verification import service as verification
from sealsvc.areas.verification.model import VerificationNotFound
from sealsvc.documents.invoices.detect import container_of
from sealsvc.documents.invoices.findings import Severity
from sealsvc.documents.invoices.model import Container, Invoice
from sealsvc.values import DocumentRole, Json, Principal

ELSEWHERE = "*"
_CARRIERS_DISAGREE = "INVOICE_CARRIERS_DISAGREE"


def invoice_from_file(deps: Deps, file: UploadedFile) -> InvoiceFact:
    """Read and verify a file; no register of invoices is asked, for a number proves no right to it.

    Raises: as `judged_file`.
    """
    taken = deps.sandbox.run(read_taken, file.data)
    document = None
    if container_of(file.data) is not Container.XML:
        document = judged_file(deps, file, DocumentRole.INVOICE)
    if taken.invoice is None:
        codes = tuple(dict.fromkeys(one.code for one in taken.findings))
        return InvoiceFact(document=document, problems=codes)
    return _read(taken, taken.invoice, document)


def invoice_on_file(deps: Deps, principal: Principal, invoice_id: str) -> InvoiceFact:
    """An invoice that the caller has on file, with its claims and red letters.

    Raises: ScopeMissing, InvoiceNotFound, BlobMissing.
    """
    detail = invoices.get(deps, principal, invoice_id)
    view = detail.invoice
    if view.kept:
        _, data = invoices.original(deps, principal, invoice_id)
        fact = invoice_from_file(deps, UploadedFile(data))
    else:
        fact = _kept(view, _report(deps, view))
    confirmed = [one for one in detail.red_letters if one.state is RedLetterState.CONFIRMED]
    claimers = [one.entity_uscc for one in detail.claims if one.state is ClaimState.HELD]
    if detail.booking is not None and detail.booking.side is not Side.SELLER:
        claimers.append(detail.booking.entity_uscc)
    if detail.booked_elsewhere or _held_elsewhere(deps, view):
        claimers.append(ELSEWHERE)
    facts = [view.fact_id, *(one.fact_id for one in confirmed)]
    facts += [one.fact_id for one in detail.claims]
    return replace(
        fact,
        invoice_id=invoice_id,
        reversed=detail.red_status is RedStatus.FULLY,
        red_total=total(Decimal(one.amount) for one in confirmed),
        claimed_by=tuple(dict.fromkeys(claimers)),
        fact_ids=tuple(one for one in facts if one),
    )


def _held_elsewhere(deps: Deps, view: InvoiceView) -> bool:
    """Whether a claim is held by another than the buyer."""
    if view.identity_mac is None:
        return False
    return is_held_by_other(deps, view.identity_mac, view.buyer_uscc or view.entity_uscc)


def _report(deps: Deps, view: InvoiceView) -> DocumentFact | None:
    """The verification made when the invoice was taken, as long as its report is kept."""
    if view.verification_id is None or view.summary is None:
        return None
    try:
        return document_of(verification.get(deps, view.verification_id))
    except VerificationNotFound:
        return DocumentFact(view.document_sha256, view.summary, view.verification_id)


def _read(taken: TakenReading, invoice: Invoice, document: DocumentFact | None) -> InvoiceFact:
    codes = tuple(dict.fromkeys(one.code for one in taken.findings))
    errors = [one for one in taken.findings if one.severity == Severity.ERROR]
    return InvoiceFact(
        document=document,
        number=_cut(invoice.number),
        code=_cut(invoice.code),
        seller=_credit_code(invoice.seller.tax_id),
        buyer=_credit_code(invoice.buyer.tax_id),
        gross=invoice.totals.gross,
        currency=_cut(invoice.currency) or DEFAULT_CURRENCY,
        issued_on=invoice.issued_on,
        arithmetic=(not errors) if taken.arithmetic_checked or errors else None,
        agree=_CARRIERS_DISAGREE not in codes,
        red=is_red(invoice),
        problems=codes[:40],
    )


def _kept(view: InvoiceView, document: DocumentFact | None) -> InvoiceFact:
    fields = view.fields
    codes = tuple(dict.fromkeys(str(one["code"]) for one in view.findings))
    gross, issued = _word(fields.get("gross")), _word(fields.get("issuedOn"))
    return InvoiceFact(
        document=document,
        number=_word(fields.get("number")),
        code=_word(fields.get("code")),
        seller=view.seller_uscc,
        buyer=view.buyer_uscc,
        gross=None if gross is None else Decimal(gross),
        currency=_word(fields.get("currency")) or DEFAULT_CURRENCY,
        issued_on=None if issued is None else date.fromisoformat(issued),
        arithmetic=view.sound if fields.get("arithmeticChecked") else None,
        agree=_CARRIERS_DISAGREE not in codes,
        red=view.red,
        problems=codes[:40],
    )


def _word(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _credit_code(text: str | None) -> str | None:
    """In canonical spelling where it is one, else as it stands."""
    if text is None:
        return None
    checked = check_uscc(text[:64])
    return _cut(text) if checked.status is UsccStatus.INVALID else checked.code


def _cut(text: str | None) -> str | None:
    """Short, and only whole characters: a document's words may hold half a surrogate pair."""
    return None if text is None else text[:40].encode("utf-8", "replace").decode()
