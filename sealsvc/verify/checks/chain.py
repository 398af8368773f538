"""Does the signer's certificate chain to a trust anchor, and was it made for this use?"""

from collections.abc import Iterable

from sealsvc.verify.case import Case, PathResult
from sealsvc.verify.certificates import CertificateFacts
from sealsvc.verify.findings import Finding, noticed


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
    return (*path, *_use(signer.certificate, case))


def _use(certificate: CertificateFacts, case: Case) -> Iterable[Finding]:
    """Key usage and purposes of the signer. Source: RFC 5280 sections 4.2.1.3 and 4.2.1.12."""
    if certificate.is_ca:
        yield noticed("SIGNER_IS_CA", case.id)
    usage = certificate.key_usage
    if usage is not None and not usage & {"digital_signature", "non_repudiation"}:
        yield noticed("SIGNER_KEY_USAGE", case.id)
    stamp = case.reading.is_timestamp
    allowed = case.policy.timestamp_purposes if stamp else case.policy.signer_purposes
    purposes = certificate.purposes
    if (purposes is None and stamp) or (purposes is not None and not purposes & set(allowed)):
        yield noticed("SIGNER_PURPOSE", case.id)
