"""Are the algorithms and keys strong enough for when they were used?"""

from collections.abc import Iterable
from datetime import datetime

from sealsvc.verify.case import Case
from sealsvc.verify.certificates import CertificateFacts
from sealsvc.verify.findings import Finding, noticed
from sealsvc.verify.policy import digest_name

# How messages name the signature itself, beside certificates named by their subject.
SIGNATURE = "CMS"


def check(case: Case) -> tuple[Finding, ...]:
    """The signature's digest and algorithm, then each certificate's.

    The anchor is exempt, trusted by decision, unless the policy says otherwise.
    Source: EN 319 102-1 clause 5.2.8; the tables and their sources are the policy's.
    """
    return (*_signature(case), *_certificates(case))


def signature_name(case: Case) -> str | None:
    """The policy's name of the signature's algorithm, else the one the document gives."""
    rule = case.policy.signature_rule(case.reading.signature_algorithm_oid)
    return case.reading.signature_algorithm if rule is None else rule.name


def sunsets(case: Case) -> tuple[datetime, ...]:
    """When each algorithm and key used by the signature and its chain stops being accepted."""
    policy, reading = case.policy, case.reading
    names = [name for name in (reading.digest_algorithm, reading.imprint_algorithm) if name]
    oids = [reading.signature_algorithm_oid]
    ends: list[datetime | None] = []
    for link in case.chain.links:
        if not link.trusted:
            oids.append(link.certificate.signature_oid)
            bits = link.certificate.key_bits
            key = policy.key_rule(link.certificate.key_family, bits)
            ends.append(key.until if key is not None and bits < key.strong_bits else None)
    for oid in oids:
        rule = policy.signature_rule(oid)
        names += [rule.digest] if rule is not None and rule.digest is not None else []
    rules = [policy.digest_rule(digest_name(name)) for name in names]
    ends += [rule.until for rule in rules if rule is not None]
    return tuple(end for end in ends if end is not None)


def _signature(case: Case) -> Iterable[Finding]:
    reading = case.reading
    digest = reading.digest_algorithm
    if digest is not None:
        yield from _digest(case, digest_name(digest), SIGNATURE)
    rule = case.policy.signature_rule(reading.signature_algorithm_oid)
    if digest is None or rule is None:
        named = reading.signature_algorithm or reading.signature_algorithm_oid or "?"
        yield _refused(case, named if rule is None else "?", SIGNATURE)
    elif rule.digest is not None and rule.digest != digest_name(digest):
        # The digest inside the algorithm's name is what the key signed over; it counts too.
        yield from _digest(case, rule.digest, SIGNATURE)
    if reading.imprint_algorithm is not None:
        yield from _digest(case, digest_name(reading.imprint_algorithm), SIGNATURE)
    if case.policy.anchors_and_bindings and reading.binding_digest is not None:
        yield from _digest(case, digest_name(reading.binding_digest), SIGNATURE)


def _certificates(case: Case) -> Iterable[Finding]:
    for link in case.chain.links:
        if link.trusted and not case.policy.anchors_and_bindings:
            continue
        certificate = link.certificate
        where = certificate.subject
        yield from _key(case, certificate, where)
        rule = case.policy.signature_rule(certificate.signature_oid)
        if rule is None:
            yield _refused(case, certificate.signature_oid, where)
        elif rule.digest is not None:
            yield from _digest(case, rule.digest, where)


def _digest(case: Case, name: str, where: str) -> Iterable[Finding]:
    rule = case.policy.digest_rule(name)
    if rule is None:
        yield _refused(case, name, where)
    else:
        yield from _sunset(case, rule.until, name, where)


def _key(case: Case, certificate: CertificateFacts, where: str) -> Iterable[Finding]:
    family, bits = certificate.key_family, certificate.key_bits
    rule = case.policy.key_rule(family, bits)
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
