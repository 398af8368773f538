"""Issue and withdraw attestations: intent, signature, result, each in its own unit of work.

The operator signs with the key of its own electronic seal under the rules of sealing; that it is
one who may attest this kind is read from its permits. Source: ARCHITECTURE section 7.4.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from sqlalchemy.exc import IntegrityError

from ca.errors import CaError
from sealsvc.areas.access.model import require
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import CertificateStatus
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import permits
from sealsvc.areas.entities.model.permits import PermitStatus
from sealsvc.areas.sealing.model import for_use, may_use
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SYSTEM
from sealsvc.areas.seals.model.views import SealSuiteMissing, SealView
from sealsvc.areas.transactions import repo
from sealsvc.areas.transactions.model.attestation import (
    AttestationNotIssued,
    AttestationNotYours,
    AttestationNumberTaken,
    AttestationOperatorNotEntitled,
    AttestationRecord,
    AttestationSignatureLost,
    AttestationStatus,
    AttestationView,
    Envelope,
    SigningKey,
    clean_reason,
    clean_subject,
    require_fit,
)
from sealsvc.areas.transactions.model.facts import (
    attestation_abandoned,
    attestation_intended,
    attestation_issued,
    attestation_withdrawn,
)
from sealsvc.areas.transactions.model.kinds import AttestationKind, kind_table
from sealsvc.areas.transactions.model.lifecycle import (
    AttestationAction,
    abandoned,
    attestation_step,
    issued,
    withdrawn,
)
from sealsvc.areas.transactions.model.proof import read_proof
from sealsvc.errors import ServiceError
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import JsonObject, KeyRef, Principal, Scope, SealId, random_id

INTENT_LIFETIME = timedelta(minutes=10)
REPLACED = "REPLACED"

_log = structlog.get_logger("sealsvc.attestations")


@dataclass(frozen=True)
class AttestRequest:
    """What an operator attests. replaces: id of one that this corrects; it is withdrawn with it."""

    seal_id: SealId
    kind: str
    subject: JsonObject
    replaces: str | None = None


def attest(deps: Deps, principal: Principal, request: AttestRequest) -> AttestationView:
    """Sign an attestation with the operator's seal and put it on record.

    Raises: SealNotFound, what `may_use` raises, EntityAlreadyCancelled, AttestationKindUnknown,
    AttestationSubjectInvalid, AttestationSealNotFit, AttestationOperatorNotEntitled,
    AttestationNumberTaken, AttestationNotFound, AttestationNotYours, AttestationNotIssued,
    SealSuiteMissing, CaUnavailable.
    """
    registered = seals.get(deps, request.seal_id)
    may_use(for_use(registered), principal, None, deps.clock.now())
    kind = kind_table().get(request.kind)
    require_fit(kind, registered.seal_type)
    _require_entitled(deps, registered.owner_uscc, kind)
    subject = clean_subject(kind, request.subject)
    key = _signing_key(deps, registered)
    view = _intend(deps, principal, replace(request, subject=subject), (registered, key))
    try:
        envelope = _signed(deps, view.record, key)
        return _issue(deps, principal, view, envelope)
    except Exception as error:
        _give_up(deps, view, error)
        raise


def withdraw(deps: Deps, principal: Principal, attestation_id: str, reason: str) -> AttestationView:
    """The operator takes an attestation back, from now on; there is no way back.

    Raises: ScopeMissing, AttestationNotFound, AttestationNotYours, AttestationNotIssued,
    AttestationReasonInvalid.
    """
    require(principal, Scope.SEAL_SIGN)
    clean = clean_reason(reason)
    with deps.write() as tx:
        view = repo.get_attestation(tx.session, attestation_id, lock=True)
        _require_own(principal, view)
        ended = _withdraw_in(tx, view, clean, principal.client_id)
        tx.commit()
    return ended


def get(deps: Deps, attestation_id: str) -> AttestationView:
    """One attestation that was issued. Its id is the capability: 128 random bits, given to who
    asked for it and to whom they gave it. Raises: AttestationNotFound, AttestationNotIssued.
    """
    with deps.read() as session:
        view = repo.get_attestation(session, attestation_id)
    if view.envelope is None:
        raise AttestationNotIssued(status=str(view.status))
    return view


def reconcile(deps: Deps) -> int:
    """Abandon intents that a crash left behind; how many."""
    with deps.write() as tx:
        stale = repo.stale_intents(tx.session, tx.now - INTENT_LIFETIME)
        for view in stale:
            _abandon(tx, view, "INTERRUPTED", by=SYSTEM)
        if stale:
            tx.commit()
        return len(stale)


def _require_entitled(deps: Deps, uscc: str, kind: AttestationKind) -> None:
    shown = permits.search(deps, None, uscc, status=PermitStatus.VALID)
    held = {one.permit.draft.kind for one in shown}
    if held.isdisjoint(kind.permits):
        raise AttestationOperatorNotEntitled(kind=kind.name, permits=",".join(kind.permits))


def _signing_key(deps: Deps, registered: SealView) -> SigningKey:
    """The seal's own suite, with its newest certificate that is valid now."""
    now = deps.clock.now()
    held = next(iter(seals.current(deps, registered)), None)
    for one in certs.of_seal(deps, registered.seal_id):
        if held is None:
            break
        usable = one.status is CertificateStatus.ISSUED and one.der is not None
        if usable and one.key_ref == held.key_ref and one.not_before <= now < one.not_after:
            assert one.der is not None
            chain = certs.chain_der(deps, one.suite)
            return SigningKey(KeyRef(one.key_ref), one.suite, one.serial_hex, one.der, chain)
    raise SealSuiteMissing(suite=deps.config.default_suite)


def _intend(
    deps: Deps, principal: Principal, request: AttestRequest, used: tuple[SealView, SigningKey]
) -> AttestationView:
    """tx 1: what will be signed, before it is; the rights once more, now under lock."""
    seal, key = used
    kind = kind_table().get(request.kind)
    number = str(request.subject[kind.number])
    with deps.write() as tx:
        present = seals.require_usable(tx, seal.seal_id)
        may_use(for_use(present), principal, None, tx.now)
        taken = repo.is_live(tx.session, repo.live_key(seal.owner_uscc, kind.name, number))
        if taken not in (None, request.replaces):
            raise AttestationNumberTaken(field=kind.number)
        if request.replaces is not None:
            _replaceable(tx, principal, request.replaces, kind)
        attestation_id = random_id("att", deps.rng.bytes(16))
        record = AttestationRecord(
            kind=kind.name,
            attestation_id=attestation_id,
            operator=seal.owner_uscc,
            issued_at=tx.now.replace(microsecond=0),
            subject=request.subject,
            replaces=request.replaces,
        )
        view = AttestationView(
            attestation_id=attestation_id,
            kind=kind.name,
            operator_uscc=seal.owner_uscc,
            number=number,
            status=attestation_step(None, AttestationAction.INTEND).target,
            record=record,
            seal_id=seal.seal_id,
            cert_serial=key.cert_serial,
            created_at=tx.now,
            by=principal.client_id,
        )
        view = replace(view, intended_fact_id=tx.record(attestation_intended(view)))
        repo.add_attestation(tx.session, view)
        tx.commit()
    return view


def _replaceable(
    tx: UnitOfWork, principal: Principal, attestation_id: str, kind: AttestationKind
) -> AttestationView:
    old = repo.get_attestation(tx.session, attestation_id, lock=True)
    _require_own(principal, old)
    if old.kind != kind.name:
        raise AttestationNotIssued(status=str(old.status))
    attestation_step(old.status, AttestationAction.WITHDRAW)
    return old


def _signed(deps: Deps, record: AttestationRecord, key: SigningKey) -> Envelope:
    """Outside any transaction; nothing leaves that a verifier would refuse."""
    signature = deps.keys.signer(key.key_ref).sign(record.signed_bytes())
    envelope = Envelope(record, key.suite, signature, key.certificate_der, key.chain_der)
    if not read_proof(envelope).holds:
        raise AttestationSignatureLost()
    return envelope


def _issue(
    deps: Deps, principal: Principal, view: AttestationView, envelope: Envelope
) -> AttestationView:
    """tx 2: the seal is asked once more; one suspended since tx 1 attests nothing."""
    try:
        with deps.write() as tx:
            seal = seals.require_usable(tx, SealId(view.seal_id))
            may_use(for_use(seal), principal, None, tx.now)
            present = repo.get_attestation(tx.session, view.attestation_id, lock=True)
            signed = issued(present, envelope)
            if view.record.replaces is not None:
                kind = kind_table().get(view.kind)
                old = _replaceable(tx, principal, view.record.replaces, kind)
                _withdraw_in(tx, old, REPLACED, principal.client_id)
            signed = replace(signed, issued_fact_id=tx.record(attestation_issued(signed)))
            repo.save_attestation(tx.session, signed)
            tx.commit()
    except IntegrityError as error:  # two at once with one number
        raise AttestationNumberTaken(field="number") from error
    return signed


def _withdraw_in(tx: UnitOfWork, view: AttestationView, reason: str, by: str) -> AttestationView:
    ended = withdrawn(view, reason, tx.now)
    ended = replace(ended, withdrawn_fact_id=tx.record(attestation_withdrawn(ended, by=by)))
    repo.save_attestation(tx.session, ended)
    return ended


def _require_own(principal: Principal, view: AttestationView) -> None:
    if principal.entity_uscc != view.operator_uscc:
        raise AttestationNotYours()


def _abandon(tx: UnitOfWork, view: AttestationView, reason: str, *, by: str) -> None:
    ended = abandoned(view)
    tx.record(attestation_abandoned(ended, by=by, reason=reason))
    repo.save_attestation(tx.session, ended)


def _give_up(deps: Deps, view: AttestationView, error: Exception) -> None:
    """Close the intent at once; if that fails too, `reconcile` closes it later."""
    reason = error.code if isinstance(error, ServiceError | CaError) else "INTERNAL"
    _log.warning("attestation.abandoned", attestation=view.attestation_id, reason=reason)
    try:
        with deps.write() as tx:
            present = repo.get_attestation(tx.session, view.attestation_id, lock=True)
            if present.status is AttestationStatus.INTENDED:
                _abandon(tx, present, reason, by=view.by)
                tx.commit()
    except Exception:
        _log.exception("attestation.abandon_failed", attestation=view.attestation_id)
