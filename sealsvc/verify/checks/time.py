"""When was the seal made, how sure is that, and were the certificates valid then?

A signature exists from somewhere between `earliest_at` (the logged intent) and `latest_at` (the
logged completion, or now). Only a bound on the wrong side proves anything against it.
"""

from collections.abc import Iterable
from datetime import timedelta

from sealsvc.verify.case import Case, Link, Status, instant
from sealsvc.verify.findings import Finding, noticed


def check(case: Case) -> tuple[Finding, ...]:
    """Findings about the signing time, and about each certificate's validity then.

    Source: EN 319 102-1 clauses 5.3, 5.5 and 5.6.2.4; china-domain section 3.3.
    """
    return (
        *_plausible(case),
        *(finding for link in case.chain.links for finding in _validity(link, case)),
    )


def _plausible(case: Case) -> Iterable[Finding]:
    """Do the times agree with each other and with the time of validation?"""
    skew = timedelta(seconds=case.policy.clock_skew_s)
    at, claimed, log = case.time.at, case.reading.claimed_at, case.signature.log_proof
    stamp = case.reading.is_timestamp
    said = claimed if stamp else at
    if stamp and claimed is None:
        yield noticed("TIMESTAMP_WITHOUT_TIME", case.id)
    if said is not None and said > case.evidence.validation_time + skew:
        yield noticed("SIGNING_TIME_IN_FUTURE", case.id, at=instant(said))
    if not case.time.proven or at is None:
        return
    if log is not None and log.not_before_at is not None and log.not_before_at > log.at:
        yield noticed("LOG_TIMES_CONTRADICT", case.id)
    earliest = case.earliest_at
    if claimed is None or (earliest or claimed) - skew <= claimed <= at + skew:
        return
    said_at, proven_at = instant(claimed), instant(at)
    if stamp:
        # What a time-stamp claims is what it proves: it cannot be younger than its own proof.
        yield noticed("PROOF_ORDER_CONTRADICTS", case.id, after=said_at, by=proven_at)
    elif log is not None:
        yield noticed("CLAIMED_TIME_DIFFERS_FROM_LOG", case.id, claimed=said_at, proven=proven_at)
    else:
        code = "CLAIMED_TIME_DIFFERS_FROM_TIMESTAMP"
        yield noticed(code, case.id, claimed=said_at, proven=proven_at)


def _validity(link: Link, case: Case) -> Iterable[Finding]:
    if link.trusted:
        return
    finding = _proven(link, case) if case.time.proven else _unproven(link, case)
    if finding is not None:
        yield finding


def _proven(link: Link, case: Case) -> Finding | None:
    """Judged at the log's time; conclusive only where the clocks' skew cannot explain it."""
    skew = timedelta(seconds=case.policy.clock_skew_s)
    start, end = link.certificate.not_before, link.certificate.not_after
    at, earliest = case.latest_at, case.earliest_at
    if start <= at <= end:
        return None
    signer = link is case.chain.signer
    if signer and at + skew < start:
        code = "CERTIFICATE_NOT_YET_VALID_AT_SIGNING"
        return noticed(code, case.id, at=instant(at), limit=instant(start))
    if signer and earliest is not None and end + skew < earliest <= at:
        code = "CERTIFICATE_EXPIRED_AT_SIGNING"
        return noticed(code, case.id, at=instant(earliest), limit=instant(end))
    return noticed("OUT_OF_VALIDITY_NO_POE", case.id, subject_name=link.certificate.subject)


def _unproven(link: Link, case: Case) -> Finding | None:
    """Judged now; a claimed time can only add doubt, never take it away."""
    skew = timedelta(seconds=case.policy.clock_skew_s)
    start, end = link.certificate.not_before, link.certificate.not_after
    if not start <= case.evidence.validation_time <= end:
        good = link.revocation.status is Status.GOOD
        code = "OUT_OF_VALIDITY_NOT_REVOKED" if good else "OUT_OF_VALIDITY_NO_POE"
        return noticed(code, case.id, subject_name=link.certificate.subject)
    claimed = case.reading.claimed_at
    if claimed is not None and not start - skew <= claimed <= end + skew:
        return noticed("CLAIMED_TIME_OUTSIDE_VALIDITY", case.id, at=instant(claimed))
    return None
