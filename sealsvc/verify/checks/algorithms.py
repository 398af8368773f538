"""Are the algorithms and keys strong enough for when they were used?"""

from collections.abc import Iterable
from datetime import datetime

from sealsvc.verify.case import Case
from sealsvc.verify.certificates import CertificateFacts
from sealsvc.verify.findings import Finding, noticed
from sealsvc.verify.policy import SignatureRule

# How messages name the signature itself, beside certificates named by their subject.
SIGNATURE = "CMS"


def check(case: Case) -> tuple[Finding, ...]:
    """The signature's digest and algorithm, then each certificate's; the anchor is exempt.

    Source: EN 319 102-1 clause 5.2.8; the tables and their sources are the policy's.
    """
    return (*_signature(case), *_certificates(case))


def digest_name(name: str) -> str:
    """`SHA-256`, `sha_256` and `sha256` are one digest."""
    return "".join(sign for sign in name.lower() if sign.isalnum())


def signature_name(case: Case) -> str | None:
    """The policy's name of the signature's algorithm, else the one the document gives."""
    rule = _rule(case, case.reading.signature_algorithm_oid)
    return case.reading.signature_algorithm if rule is None else rule.name


def _signature(case: Case) -> Iterable[Finding]:
    reading = case.reading
    digest = reading.digest_algorithm
    if digest is not None:
        yield from _digest(case, digest_name(digest), SIGNATURE)
    rule = _rule(case, reading.signature_algorithm_oid)
    if digest is None or rule is None:
        named = reading.signature_algorithm or reading.signature_algorithm_oid or "?"
        yield _refused(case, named if rule is None else "?", SIGNATURE)
    elif rule.digest is not None and rule.digest != digest_name(digest):
        # The digest inside the algorithm's name is what the key signed over; it counts too.
        yield from _digest(case, rule.digest, SIGNATURE)


def _certificates(case: Case) -> Iterable[Finding]:
    for link in case.chain.links:
        if link.trusted:
            continue
        certificate = link.certificate
        where = certificate.subject
        yield from _key(case, certificate, where)
        rule = _rule(case, certificate.signature_oid)
        if rule is None:
            yield _refused(case, certificate.signature_oid, where)
        elif rule.digest is not None:
            yield from _digest(case, rule.digest, where)


def _rule(case: Case, oid: str | None) -> SignatureRule | None:
    return next((rule for rule in case.policy.signatures if rule.oid == oid), None)


def _digest(case: Case, name: str, where: str) -> Iterable[Finding]:
    rule = next((rule for rule in case.policy.digests if rule.name == name), None)
    if rule is None:
        yield _refused(case, name, where)
    else:
        yield from _sunset(case, rule.until, name, where)


def _key(case: Case, certificate: CertificateFacts, where: str) -> Iterable[Finding]:
    family, bits = certificate.key_family, certificate.key_bits
    rule = next((rule for rule in case.policy.keys if rule.family == family), None)
    if rule is None:
        yield _refused(case, family, where)
    elif bits < rule.min_bits:
        yield noticed("KEY_TOO_SMALL", case.id, algorithm=f"{family}-{bits}", where=where)
    elif bits < rule.strong_bits:
        yield from _sunset(case, rule.until, f"{family}-{bits}", where)


def _sunset(case: Case, until: datetime | None, name: str, where: str) -> Iterable[Finding]:
    """Used before the sunset for sure, after it for sure, or nobody knows."""
    if until is None or case.latest_at <= until:
        return
    earliest = case.earliest_at
    if earliest is not None and earliest > until:
        yield _refused(case, name, where)
    else:
        yield noticed("ALGORITHM_SUNSET_NO_POE", case.id, algorithm=name, where=where)


def _refused(case: Case, name: str, where: str) -> Finding:
    return noticed("ALGORITHM_NOT_ACCEPTED", case.id, algorithm=name, where=where)
