"""What proves the signing time, do the proofs agree, and is a claimed time enough?"""

from collections.abc import Iterable

from sealsvc.documents.values import ChangeClass
from sealsvc.verify.case import Case, Stamp, instant
from sealsvc.verify.evidence import Proof, ProofSource
from sealsvc.verify.existence import contradiction
from sealsvc.verify.findings import Finding, noticed
from sealsvc.verify.messages import Weight
from sealsvc.verify.past import control_time
from sealsvc.verify.policy import ProofDemand


def check(case: Case) -> tuple[Finding, ...]:
    """Findings about proofs of existence, for signatures of the document itself.

    Source: EN 319 102-1 clauses 5.5.4, 5.6.2.3 and 5.6.2.4; china-domain section 3.3.
    """
    seal = () if case.reading.is_timestamp else (*_stamps(case), *_missing(case))
    return (*_proven(case), *seal, *_order(case), *_past(case))


def _proven(case: Case) -> Iterable[Finding]:
    log = case.signature.log_proof
    if log is not None:
        yield noticed("SIGNING_TIME_PROVEN", case.id, evidence=(log.fact_id,), at=instant(log.at))
    for proof in case.proofs:
        if not _is_log_of(case, proof):
            yield noticed(
                "EXISTENCE_PROVEN",
                case.id,
                evidence=(proof.by,),
                at=instant(proof.at),
                source=proof.source,
            )


def _is_log_of(case: Case, proof: Proof) -> bool:
    log = case.signature.log_proof
    return log is not None and proof == Proof(log.at, ProofSource.LOG, log.fact_id)


def _stamps(case: Case) -> Iterable[Finding]:
    for stamp in case.stamps:
        if not stamp.holds:
            yield _not_used(stamp, case)
    read = case.reading.timestamps
    if len(read) > len(case.stamps) or (case.reading.timestamp_token_der and not read):
        yield noticed("TIMESTAMP_TOKEN_NOT_EVALUATED", case.id)


def _not_used(stamp: Stamp, case: Case) -> Finding:
    against = dict.fromkeys(
        item.code for item in stamp.findings if item.weight in (Weight.FAILS, Weight.DOUBT)
    )
    reasons = ", ".join(against)
    named = (stamp.case.id,)
    return noticed("TIMESTAMP_NOT_USED", case.id, evidence=named, reasons=reasons)


def _missing(case: Case) -> Iterable[Finding]:
    """No proof: said always, and a doubt where the policy demands one.

    Whoever seals with a certificate of ours through us has a receipt; without one the key was used
    where nobody logs it, whatever time-stamps say.
    """
    ours = case.signature.issued_by_us is not None
    if case.signature.log_proof is None and (ours or not case.time.proven):
        weight = None if ours else Weight.INFO  # others' seals are in no log of ours
        yield noticed("LOG_RECEIPT_MISSING", case.id, weight=weight)
    if case.time.proven:
        return
    demand = case.policy.proof_demand
    changed = demand is ProofDemand.ANYTHING_CHANGED and _anything_changed(case)
    if demand is ProofDemand.ALWAYS or changed:
        yield noticed("SIGNING_TIME_UNPROVEN", case.id)


def _anything_changed(case: Case) -> bool:
    """The document, the seal, its owner, or what the registry knows of them."""
    reading, seal = case.reading, case.seal
    later = {change.change_class for change in reading.changes_after} | {reading.worst_change}
    if later != {ChangeClass.NONE}:
        return True
    if seal is None:
        return False
    at = case.time.at
    return (
        at is None
        or seal.status_now_since > at
        or seal.status_now is not seal.status_at_signing
        or seal.status_then_known is not seal.status_at_signing
        or not seal.owner_active
    )


def _order(case: Case) -> Iterable[Finding]:
    wrong = contradiction(case)
    if wrong is not None:
        after, by = (instant(at) for at in wrong)
        yield noticed("PROOF_ORDER_CONTRADICTS", case.id, after=after, by=by)


def _past(case: Case) -> Iterable[Finding]:
    control = control_time(case)
    if control is not None and case.latest_at <= control:
        yield noticed("PAST_VALIDATION", case.id, control=instant(control))
