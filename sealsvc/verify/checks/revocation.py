"""Is any certificate of the chain revoked, and was it so when the seal was made?

A log proof takes the place of a time-stamp: a revocation after it does no harm, a revocation
before the logged intent is proof of a bad seal, and what lies between proves nothing.
"""

from collections.abc import Iterable

from sealsvc.verify.case import Case, Gap, Link, PathResult, Status, instant
from sealsvc.verify.findings import Finding, noticed
from sealsvc.verify.policy import RevocationMode

_GAP_CODES: dict[Gap | None, str] = {
    Gap.STALE: "REVOCATION_DATA_STALE",
    Gap.WEAK: "REVOCATION_DATA_WEAK",
    Gap.SIGNER_EXPIRED: "REVOCATION_SIGNER_EXPIRED",
}


def check(case: Case) -> tuple[Finding, ...]:
    """One finding for each certificate that is revoked or whose status is unknown.

    Without a chain only what our own CA says of the signer's certificate counts: nobody else's
    list can be believed. Source: EN 319 102-1 clauses 5.2.5, 5.3 and 5.6.2.4.
    """
    links = tuple(link for link in case.chain.links if not link.trusted)
    found = [finding for link in links for finding in _link(link, case)]
    if case.policy.revocation_mode is RevocationMode.NONE:
        found.append(noticed("REVOCATION_NOT_ASKED", case.id))
    return tuple(found)


def _link(link: Link, case: Case) -> Iterable[Finding]:
    state = link.revocation
    if state.status is Status.REVOKED:
        yield _revoked(link, case)
    elif (
        state.status is Status.UNKNOWN
        and case.policy.revocation_mode is RevocationMode.REQUIRE
        and case.chain.result in (PathResult.VALID, PathResult.INVALID)
    ):
        code = _GAP_CODES.get(state.gap, "REVOCATION_DATA_MISSING")
        name = link.certificate.subject
        yield noticed(code, case.id, subject_name=name)
        for url in link.certificate.crl_urls:
            yield noticed("REVOCATION_DATA_NOT_FETCHED", case.id, subject_name=name, url=url)


def _revoked(link: Link, case: Case) -> Finding:
    at, earliest = link.revocation.revoked_at, case.earliest_at
    if at is not None and case.time.proven and case.latest_at < at:
        code = "REVOKED_AFTER_SIGNING"
    elif link is not case.chain.signer:
        code = "ISSUER_REVOKED_NO_POE"
    elif at is not None and earliest is not None and earliest >= at:
        code = "CERTIFICATE_REVOKED_AT_SIGNING"
    else:
        code = "CERTIFICATE_REVOKED_NO_POE"
    return noticed(
        code,
        case.id,
        evidence=(link.certificate.serial_hex,),
        subject_name=link.certificate.subject,
        revoked_at=instant(at),
    )
