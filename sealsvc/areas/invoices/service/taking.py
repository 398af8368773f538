"""Take an invoice on an entity's file: read it, verify the file, keep what was found."""

import json
from dataclasses import dataclass, replace
from hashlib import sha256

from sqlalchemy.exc import IntegrityError

from sealsvc.areas.deps import Deps
from sealsvc.areas.invoices import repo
from sealsvc.areas.invoices.model.errors import InvoiceNotRead
from sealsvc.areas.invoices.model.facts import invoice_taken
from sealsvc.areas.invoices.model.identity import identity_mac
from sealsvc.areas.invoices.model.lifecycle import InvoiceAction, invoice_step
from sealsvc.areas.invoices.model.reading import (
    XML_MEDIA_TYPE,
    TakenReading,
    action_on_taking,
    fields_json,
    is_red,
    read_taken,
    valid_uscc,
)
from sealsvc.areas.invoices.model.record import (
    InvoiceView,
    Proof,
    acting_entity,
    side_of,
)
from sealsvc.areas.verification import service as verification
from sealsvc.areas.verification.model import VerificationRequest, VerificationView
from sealsvc.documents import UnsupportedFormat
from sealsvc.documents.invoices.findings import plain
from sealsvc.documents.invoices.model import Invoice
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import DocumentRole, Principal, random_id
from sealsvc.verify.evidence import Expectation


@dataclass(frozen=True)
class TakeRequest:
    """A file with an invoice. keep: keep the file itself, not only its digest."""

    data: bytes
    filename: str | None = None
    keep: bool = False


@dataclass(frozen=True)
class _Verdict:
    """What the file's verification says; all None for a file that cannot carry seals."""

    verification_id: str | None = None
    summary: str | None = None
    semantics: str | None = None


def take(deps: Deps, principal: Principal, request: TakeRequest) -> tuple[InvoiceView, bool]:
    """Put an invoice on file; the same file twice is the same invoice. True: it is new.

    Raises: ScopeMissing, NotYourEntity, UnsupportedFormat, InvoiceNotRead, InvoiceNotYours,
    DocumentEncrypted, DocumentUnreadable, ResourceLimit, WorkersBusy.
    """
    entity = acting_entity(principal)
    digest = sha256(request.data).hexdigest()
    with deps.read() as session:
        known = repo.find_by_digest(session, entity, digest)
    if known is not None and (known.kept or not request.keep):
        return known, False
    taken = deps.sandbox.run(read_taken, request.data)
    if not taken.media_type:
        raise UnsupportedFormat()
    if taken.invoice is None:
        raise InvoiceNotRead(reason=next((one.code for one in taken.findings), "INVOICE_NOT_FOUND"))
    draft = _draft(deps, principal, digest, (taken, taken.invoice))
    sealable = taken.media_type != XML_MEDIA_TYPE
    verdict = _verified(deps, principal, request) if sealable else _Verdict()
    if request.keep:
        deps.blobs.put(request.data)
    return _file(deps, replace(draft, size_bytes=len(request.data), kept=request.keep), verdict)


def _verified(deps: Deps, principal: Principal, request: TakeRequest) -> _Verdict:
    """The ordinary verification; who seals must be the seller that the document itself names."""
    asked = VerificationRequest(
        request.data, request.filename, expectation=Expectation(role=DocumentRole.INVOICE)
    )
    report: VerificationView = verification.verify(deps, principal, asked)
    axes = json.loads(report.body)["axes"]
    return _Verdict(report.verification_id, report.summary, str(axes["semantics"]))


def _draft(
    deps: Deps, principal: Principal, digest: str, read: tuple[TakenReading, Invoice]
) -> InvoiceView:
    taken, invoice = read
    entity = acting_entity(principal)
    seller, buyer = valid_uscc(invoice.seller.tax_id), valid_uscc(invoice.buyer.tax_id)
    side = side_of(entity, seller, buyer)
    gross, now = invoice.totals.gross, deps.clock.now()
    return InvoiceView(
        invoice_id=random_id("inv", deps.rng.bytes(16)),
        entity_uscc=entity,
        side=side,
        state=invoice_step(None, InvoiceAction.TAKE_UNPROVEN).target,
        document_sha256=digest,
        media_type=taken.media_type,
        size_bytes=0,
        kept=False,
        fields=fields_json(taken, invoice),
        findings=tuple(one.to_json() for one in taken.findings),
        sound=taken.sound,
        red=is_red(invoice),
        gross=None if gross is None else plain(gross),
        seller_uscc=seller,
        buyer_uscc=buyer,
        identity_mac=identity_mac(invoice, deps.config.claim_key),
        verification_id=None,
        summary=None,
        proof=None,
        lookup=None,
        by=principal.client_id,
        taken_at=now,
        changed_at=now,
        fact_id="",
    )


def _file(deps: Deps, draft: InvoiceView, verdict: _Verdict) -> tuple[InvoiceView, bool]:
    try:
        with deps.write() as tx:
            known = repo.find_by_digest(tx.session, draft.entity_uscc, draft.document_sha256)
            if known is not None:
                return _kept_now(tx, known, draft), False
            view = _new(tx, draft, verdict)
            tx.commit()
            return view, True
    except IntegrityError:  # PostgreSQL: the twin was filed first
        with deps.read() as session:
            twin = repo.find_by_digest(session, draft.entity_uscc, draft.document_sha256)
        if twin is None:
            raise
        return twin, False


def _kept_now(tx: UnitOfWork, known: InvoiceView, draft: InvoiceView) -> InvoiceView:
    """The file was taken before; `keep` now keeps it too."""
    if known.kept or not draft.kept:
        return known
    view = replace(known, kept=True)
    repo.keep_file(tx.session, known.invoice_id)
    tx.record(invoice_taken(view))
    tx.commit()
    return view


def _new(tx: UnitOfWork, draft: InvoiceView, verdict: _Verdict) -> InvoiceView:
    action = action_on_taking(
        verdict.summary,
        verdict.semantics,
        sound=draft.sound,
        identified=draft.identity_mac is not None,
    )
    view = replace(
        draft,
        state=invoice_step(None, action).target,
        proof=Proof.SEAL if action is InvoiceAction.TAKE_PROVEN else None,
        verification_id=verdict.verification_id,
        summary=verdict.summary,
        taken_at=tx.now,
        changed_at=tx.now,
    )
    view = replace(view, fact_id=tx.record(invoice_taken(view)))
    if view.identity_mac is not None:
        repo.ensure_identity(tx.session, view.identity_mac)
    repo.add(tx.session, view)
    return view
