"""Collect the facts of a deal from the registers and from the files given."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sealsvc.areas.certs import service as certs
from sealsvc.areas.contracts import service as contracts
from sealsvc.areas.contracts.model.contract import ContractView
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import permits
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.model import UsccStatus
from sealsvc.areas.entities.model.permits import PermitStatus
from sealsvc.areas.seals import service as seals
from sealsvc.areas.transactions import repo
from sealsvc.areas.transactions.model.attestation import (
    AttestationSubjectInvalid,
    Envelope,
    clean_subject,
)
from sealsvc.areas.transactions.model.deal import (
    AttestationFact,
    ContractFact,
    Deal,
    DocumentFact,
    InvoiceFact,
    MerchantFact,
    PartyFact,
    SealUse,
    SignatureFact,
)
from sealsvc.areas.transactions.model.kinds import kind_table
from sealsvc.areas.transactions.model.money import parse_amount
from sealsvc.areas.transactions.model.proof import read_proof
from sealsvc.areas.transactions.model.verification import TransactionRequest, UploadedFile
from sealsvc.areas.transactions.service.invoicing import invoice_from_file, invoice_on_file
from sealsvc.areas.transactions.service.papers import judged_file
from sealsvc.errors import NotAllowed
from sealsvc.values import DocumentRole, Json, Principal, SealId

# Gaps of a contract's template whose value is its price, and its currency.
PRICE_GAPS = ("amount", "totalAmount", "total", "price")
CURRENCY_GAP = "currency"


class TransactionKeyRequired(NotAllowed):
    """Contracts and invoices on file are shown to their parties only, who come with a key."""

    code = "TRANSACTION_KEY_REQUIRED"


def gather(deps: Deps, principal: Principal | None, request: TransactionRequest) -> Deal:
    """Everything that is known of a deal, now.

    Raises: TransactionKeyRequired, ContractNotFound, InvoiceNotFound, AttestationNotFound,
    ScopeMissing, UnsupportedFormat, DocumentEncrypted, DocumentUnreadable, ResourceLimit,
    WorkersBusy, BlobMissing.
    """
    deal = Deal(
        asked_at=deps.clock.now().replace(microsecond=0),
        expected=request.expected,
        contract=_contract(deps, principal, request),
        invoices=tuple(_invoices(deps, principal, request)),
        attestations=tuple(_attestations(deps, request)),
    )
    codes = dict.fromkeys(code for code in (deal.seller, deal.buyer) if code is not None)
    return replace(deal, merchants=tuple(merchant(deps, code) for code in codes))


def merchant(deps: Deps, code: str) -> MerchantFact:
    """What the register knows of a credit code."""
    checked = entities.check(deps, code)
    if checked.status is UsccStatus.INVALID:
        return MerchantFact(code[:40], valid=False)
    with deps.read() as session:
        entity = entities.find_in(session, checked.code)
    if entity is None:
        return MerchantFact(checked.code, registered=False)
    history = entities.history(deps, None, checked.code)
    return MerchantFact(
        uscc=entity.uscc,
        registered=True,
        name=entity.legal_name,
        cancelled_at=entity.cancelled_at,
        fact_ids=tuple(one.fact_id for one in history[-1:]),
    )


def attestation_fact(deps: Deps, envelope: Envelope) -> AttestationFact:
    """An attestation with all that the registers know of it."""
    record = envelope.record
    with deps.read() as session:
        known = repo.find_attestation(session, record.attestation_id)
    same = None if known is None or known.envelope is None else known.record == record
    operator = merchant(deps, record.operator)
    held = None
    if operator.registered:
        held = tuple(_permits(deps, record.operator, record.issued_at))
    facts = () if known is None else (known.issued_fact_id, known.withdrawn_fact_id)
    return AttestationFact(
        record=record,
        signature=_signature(deps, envelope),
        subject_problem=_subject_problem(envelope),
        registered=same is not None,
        same=same,
        withdrawn_at=None if known is None else known.withdrawn_at,
        operator=operator,
        operator_permits=held,
        fact_ids=tuple(one for one in facts if one is not None),
    )


def _contract(
    deps: Deps, principal: Principal | None, request: TransactionRequest
) -> ContractFact | None:
    given = request.contract_file
    if request.contract_id is None:
        if given is None:
            return None
        document = judged_file(deps, given, DocumentRole.CONTRACT)
        return ContractFact(document=document, concluded_at=_last_seal(document))
    view, data = contracts.document(deps, _known(principal), request.contract_id)
    file = given or UploadedFile(data)
    document = judged_file(deps, file, DocumentRole.CONTRACT)
    same = None if given is None else document.sha256 == view.current_sha256
    amount, currency = _price(view)
    return ContractFact(
        document=document,
        contract_id=view.contract_id,
        number=view.number,
        status=str(view.status),
        same_file=same,
        parties=tuple(PartyFact(one.uscc, str(one.role), one.signs) for one in view.parties),
        amount=None if amount is None else parse_amount(amount),
        currency=currency,
        concluded_at=view.concluded_at or _last_seal(document),
        fact_ids=tuple(one.fact_id for one in view.steps),
    )


def _last_seal(document: DocumentFact) -> datetime | None:
    times: list[SealUse] = [one for one in document.seals if one.passed]
    return max((one.signed_at for one in times if one.signed_at is not None), default=None)


def _price(view: ContractView) -> tuple[str | None, str | None]:
    """What the data of a contract's template say, where they have a gap for the price."""
    data = view.clause_data or {}
    amount = next((_text(data[gap]) for gap in PRICE_GAPS if gap in data), None)
    return amount, _text(data.get(CURRENCY_GAP))


def _text(value: Json) -> str | None:
    return None if value is None else str(value)[:40].replace(",", "")


def _invoices(
    deps: Deps, principal: Principal | None, request: TransactionRequest
) -> Iterable[InvoiceFact]:
    for invoice_id in request.invoice_ids:
        yield invoice_on_file(deps, _known(principal), invoice_id)
    for file in request.invoice_files:
        yield invoice_from_file(deps, file)


def _known(principal: Principal | None) -> Principal:
    if principal is None:
        raise TransactionKeyRequired()
    return principal


def _attestations(deps: Deps, request: TransactionRequest) -> Iterable[AttestationFact]:
    for attestation_id in request.attestation_ids:
        with deps.read() as session:
            view = repo.get_attestation(session, attestation_id)
        if view.envelope is not None:
            yield attestation_fact(deps, view.envelope)
    for envelope in request.envelopes:
        yield attestation_fact(deps, envelope)


def _signature(deps: Deps, envelope: Envelope) -> SignatureFact:
    """Whether it holds, and by what our registers know of the certificate, whose it is."""
    proof = deps.sandbox.run(read_proof, envelope)
    if proof.serial_hex is None:
        return SignatureFact(holds=proof.holds, ours=False)
    record = certs.record_of(deps, envelope.certificate_der, proof.serial_hex)
    view = certs.find(deps, proof.serial_hex)
    if record is None or view is None:
        return SignatureFact(holds=proof.holds, ours=False)
    issued_at = envelope.record.issued_at
    fact = SignatureFact(
        holds=proof.holds,
        ours=True,
        owner_uscc=view.uscc,
        valid_then=view.not_before.replace(microsecond=0) <= issued_at < view.not_after,
        revoked_at=record.revoked_at,
    )
    if record.sealed_for is None:
        return fact
    seal = seals.registered_seal(deps, SealId(record.sealed_for), issued_at)
    return replace(
        fact,
        owner_uscc=seal.owner_uscc,
        seal_id=seal.seal_id,
        seal_then=None if seal.status_at_signing is None else str(seal.status_at_signing),
        seal_now=str(seal.status_now),
    )


def _permits(deps: Deps, uscc: str, at: datetime) -> Iterable[str]:
    for one in permits.search(deps, None, uscc, status=PermitStatus.VALID, at=at):
        yield one.permit.draft.kind


def _subject_problem(envelope: Envelope) -> str | None:
    kind = kind_table().find(envelope.record.kind)
    if kind is None:
        return None
    try:
        clean = clean_subject(kind, envelope.record.subject)
    except AttestationSubjectInvalid as error:
        return f"{error.fields.get('field')}:{error.fields.get('reason')}"
    return None if clean == envelope.record.subject else "subject:NOT_CANONICAL"
