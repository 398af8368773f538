"""Does the signer's certificate chain to a trust anchor, and was it made for this use?"""

from collections.abc import Iterable

from sealsvc.verify.case import Case, PathResult
from sealsvc.verify.certificates import CertificateFacts
from sealsvc.verify.findings import Finding, noticed
from sealsvc.verify.messages import Weight
from sealsvc.verify.needs import missing_issuer_urls


def check(case: Case) -> tuple[Finding, ...]:
    """The signer's certificate: there, trusted, and made for this use.

    Source: EN 319 102-1 clauses 5.2.3 and 5.2.6.
    """
    chain, subject = case.chain, case.id
    signer = chain.signer
    if signer is None:
        missing = chain.result is PathResult.NO_CERTIFICATE
        code = "SIGNER_CERTIFICATE_MISSING" if missing else "SIGNER_CERTIFICATE_UNREADABLE"
        return (noticed(code, subject),)
    issuer = signer.certificate.issuer
    path: tuple[Finding, ...] = ()
    if chain.result is PathResult.NOT_FOUND:
        path = (noticed("ISSUER_UNKNOWN", subject, issuer=issuer),)
    elif chain.result is PathResult.IMITATED:
        path = (noticed("ISSUER_NAME_IMITATED", subject, issuer=issuer),)
    elif chain.result is PathResult.INVALID:
        path = (noticed("CHAIN_INVALID", subject, reason=chain.reason),)
    elif chain.result is not PathResult.VALID:
        path = (noticed("CHAIN_NOT_CHECKED", subject),)
    return (*path, *_use(signer.certificate, case), *_material(case))


def _use(certificate: CertificateFacts, case: Case) -> Iterable[Finding]:
    """Key usage and purposes of the signer. Source: RFC 5280 sections 4.2.1.3 and 4.2.1.12."""
    if certificate.is_ca:
        yield noticed("SIGNER_IS_CA", case.id)
    usage = certificate.key_usage
    if usage is not None and not usage & {"digital_signature", "non_repudiation"}:
        yield noticed("SIGNER_KEY_USAGE", case.id)
    if not _fits_purpose(certificate, case):
        yield noticed("SIGNER_PURPOSE", case.id)


def _fits_purpose(certificate: CertificateFacts, case: Case) -> bool:
    """A time-stamping key is for that alone, and says so critically (RFC 3161 section 2.3)."""
    purposes = certificate.purposes
    if case.reading.is_timestamp:
        allowed = set(case.policy.timestamp_purposes)
        return bool(purposes and purposes <= allowed and certificate.purposes_critical)
    return purposes is None or bool(purposes & set(case.policy.signer_purposes))


def _material(case: Case) -> Iterable[Finding]:
    """What could be fetched to find a path, and what was too much to look at."""
    chain = case.chain
    if chain.result in (PathResult.NOT_FOUND, PathResult.IMITATED) and chain.signer is not None:
        for url in missing_issuer_urls(case.signature, case.evidence):
            yield noticed("ISSUER_NOT_FETCHED", case.id, url=url)
    if chain.left_out_gathered:
        count = chain.left_out_gathered
        yield noticed("MATERIAL_OVER_LIMIT", case.id, count=count)
    elif chain.left_out:
        yield noticed("MATERIAL_OVER_LIMIT", case.id, weight=Weight.OMITTED, count=chain.left_out)
