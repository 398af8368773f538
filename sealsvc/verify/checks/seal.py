"""Is the seal registered, was it active when it was used, and is it its owner's?"""

from collections.abc import Iterable
from datetime import datetime

from sealsvc.documents.values import SignatureOutcome
from sealsvc.values import SealMedium, SealStatus
from sealsvc.verify.case import Case, instant
from sealsvc.verify.evidence import RegisteredSeal, best_signing_time
from sealsvc.verify.findings import Finding, noticed

_STATUS_CODES = {
    SealStatus.APPLIED: "SEAL_NOT_YET_ACTIVE",
    SealStatus.APPROVED: "SEAL_NOT_YET_ACTIVE",
    SealStatus.REJECTED: "SEAL_NOT_YET_ACTIVE",
    SealStatus.SUSPENDED: "SEAL_SUSPENDED_AT_SIGNING",
    SealStatus.LOST: "SEAL_LOST_AT_SIGNING",
    SealStatus.REVOKED: "SEAL_REVOKED_AT_SIGNING",
    SealStatus.EXPIRED: "SEAL_EXPIRED_AT_SIGNING",
    SealStatus.REPLACED: "SEAL_REPLACED_AT_SIGNING",
    SealStatus.VOID: "SEAL_VOID",
}


def check(case: Case) -> tuple[Finding, ...]:
    """Registration, owner, and the status at signing time and since.

    Source: CONTRACT section 1 (`sealAuthority`); china-domain sections 3.3 and 11, R02 to R04.
    """
    if not case.evidence.registry_asked:
        return (noticed("REGISTRY_NOT_ASKED", case.id),)
    if case.reading.signature is not SignatureOutcome.VERIFIES:
        return (noticed("SIGNER_NOT_ESTABLISHED", case.id),)
    seal = case.seal
    if seal is None:
        ours = case.signature.issued_by_us is not None
        return (noticed("CERTIFICATE_WITHOUT_SEAL" if ours else "SEAL_NOT_REGISTERED", case.id),)
    return (*_identity(seal, case), *_at_signing(seal, case), *_since(seal, case))


def _identity(seal: RegisteredSeal, case: Case) -> Iterable[Finding]:
    """Seal, certificate and owner belong together; names may change, the credit code does not."""
    record = case.signature.issued_by_us
    if seal.medium is SealMedium.PHYSICAL:
        yield noticed("SEAL_IS_PHYSICAL", case.id)
    if record is not None and record.sealed_for not in (None, seal.seal_id):
        yield noticed("CERTIFICATE_FOR_OTHER_SEAL", case.id)
    signer = case.chain.signer
    codes = frozenset() if signer is None else signer.certificate.usccs
    if not codes:
        yield noticed("SEAL_OWNER_NOT_IN_CERTIFICATE", case.id)
    elif codes != {seal.owner_uscc}:
        named = "/".join(sorted(codes))
        yield noticed("SEAL_OWNER_MISMATCH", case.id, owner=seal.owner_uscc, certificate=named)
    if not seal.owner_active:
        yield noticed("ENTITY_CANCELLED", case.id, owner=seal.owner_uscc)


def _asked_at(seal: RegisteredSeal, case: Case) -> datetime | None:
    """The time that the registry's answer about the seal is for."""
    if seal.asked_at is not None:
        return seal.asked_at
    return best_signing_time(case.reading.claimed_at, case.signature.log_proof).at


def _answers_for(seal: RegisteredSeal, case: Case) -> bool:
    """Whether the registry was asked about the time the signature is judged at.

    An answer for a later proven time will do: it lies after the signing, and what came between
    counts against the seal. So will one for a time since which nothing changed.
    """
    at, asked = case.time.at, _asked_at(seal, case)
    if at is None or asked is None or asked == at:
        return True
    if seal.status_now_since <= min(at, asked):
        return True
    later = asked in {proof.at for proof in case.proofs}
    return later and not at < seal.status_now_since <= asked


def _at_signing(seal: RegisteredSeal, case: Case) -> Iterable[Finding]:
    status, at = seal.status_at_signing, case.time.at
    if not _answers_for(seal, case):
        asked, wanted = instant(_asked_at(seal, case)), instant(at)
        yield noticed("SEAL_STATUS_OF_OTHER_TIME", case.id, asked=asked, wanted=wanted)
    proof = () if seal.status_fact_id is None else (seal.status_fact_id,)
    if status is None or at is None:
        yield noticed("SEAL_STATUS_UNKNOWN_AT_SIGNING", case.id)
    elif status is not SealStatus.ACTIVE:
        yield noticed(_STATUS_CODES[status], case.id, evidence=proof, status=status)
    elif seal.valid_from is not None and at < seal.valid_from:
        yield noticed("SEAL_NOT_YET_ACTIVE", case.id, status=status)
    elif seal.valid_to is not None and at > seal.valid_to:
        yield noticed("SEAL_EXPIRED_AT_SIGNING", case.id)
    then = seal.status_then_known
    if then is not None and status is not None and then is not status:
        yield noticed("SEAL_STATUS_KNOWN_LATER", case.id, then_known=then, known_now=status)


def _since(seal: RegisteredSeal, case: Case) -> Iterable[Finding]:
    """Was active when used: what changed since, and can the seal have been used after it?

    An ACTIVE status younger than the claimed time means that the seal was out of use in between,
    and an unproven time could be a time before that only on paper.
    """
    at, asked = case.time.at, _asked_at(seal, case)
    if seal.status_at_signing is not SealStatus.ACTIVE or at is None:
        return
    changed = seal.status_now is not SealStatus.ACTIVE
    since = instant(seal.status_now_since)
    if changed and asked is not None and seal.status_now_since < asked:
        yield noticed("SEAL_STATUS_INCONSISTENT", case.id)
    elif not case.time.proven and not case.policy.unproven_time_suffices:
        if changed or seal.status_now_since > at:
            yield noticed("SEAL_STATUS_CHANGED_NO_POE", case.id, since=since)
    elif changed:
        status = seal.status_now
        yield noticed("SEAL_STATUS_CHANGED_SINCE", case.id, since=since, status=status)
