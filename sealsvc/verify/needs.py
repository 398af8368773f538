"""What is still to be fetched for a judgement, as addresses; nothing is fetched here.

Only what a certificate itself names, and only for certificates that a path leads to: an address in
a hostile document is still a hostile address, and who fetches must guard itself against that.
Source: ARCHITECTURE section 11, steps 5 and 6; RFC 5280 sections 4.2.1.13 and 4.2.2.1.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from asn1crypto import crl

from sealsvc.documents.values import SignatureReading
from sealsvc.verify.certificates import (
    CertificateFacts,
    UnreadableCertificateError,
    read_certificate,
)
from sealsvc.verify.evidence import Evidence, SignatureEvidence

MAX_NEEDS = 16
MAX_CHAIN = 12


@dataclass(frozen=True)
class Needs:
    """Addresses worth asking. issuers: certificates (DER or PKCS #7); crls: revocation lists.

    Each tuple holds `MAX_NEEDS` at most, in the order of the signatures.
    """

    issuers: tuple[str, ...] = ()
    crls: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.issuers or self.crls)


def needs(evidence: Evidence) -> Needs:
    """What would complete the evidence. New issuers may open new needs: ask again with them."""
    issuers: dict[str, None] = {}
    crls: dict[str, None] = {}
    for signature in evidence.signatures[:MAX_NEEDS]:
        for facts, issuer_known in _all_links(signature.reading, evidence):
            if not issuer_known:
                issuers.update(dict.fromkeys(facts.issuer_urls))
            if not _list_at_hand(facts, signature.reading, evidence):
                crls.update(dict.fromkeys(facts.crl_urls))
    return Needs(tuple(issuers)[:MAX_NEEDS], tuple(crls)[:MAX_NEEDS])


def missing_issuer_urls(signature: SignatureEvidence, evidence: Evidence) -> tuple[str, ...]:
    """Where the issuers that end this signature's path are said to be."""
    der = signature.reading.signer_certificate_der
    known = _known(signature.reading.certificates_der, evidence)
    links = () if der is None else _links(der, known, evidence)
    return tuple(
        dict.fromkeys(u for facts, at_hand in links if not at_hand for u in facts.issuer_urls)
    )


def _all_links(
    reading: SignatureReading, evidence: Evidence
) -> Iterator[tuple[CertificateFacts, bool]]:
    """The links above the signer and above the makers of its time-stamps."""
    embedded = list(reading.certificates_der)
    signers = [reading.signer_certificate_der]
    for token in reading.timestamps:
        embedded += token.certificates_der
        signers.append(token.signer_certificate_der)
    known = _known(embedded, evidence)
    for der in dict.fromkeys(signers):
        if der is not None:
            yield from _links(der, known, evidence)


def _known(
    embedded: Iterable[bytes], evidence: Evidence
) -> dict[bytes, tuple[CertificateFacts, ...]]:
    """Certificates at hand by the DER of their subject's name."""
    found: dict[bytes, tuple[CertificateFacts, ...]] = {}
    anchors = evidence.anchors_der + evidence.stamp_anchors_der
    for der in dict.fromkeys((*anchors, *evidence.issuers_der, *embedded)):
        facts = _read(der)
        if facts is not None:
            found[facts.subject_der] = (*found.get(facts.subject_der, ()), facts)
    return found


def _links(
    der: bytes, known: dict[bytes, tuple[CertificateFacts, ...]], evidence: Evidence
) -> Iterator[tuple[CertificateFacts, bool]]:
    """Every certificate from this one up by name, anchors left out; whether its issuer is known."""
    anchors = {*evidence.anchors_der, *evidence.stamp_anchors_der}
    waiting, seen = [_read(der)], set[bytes]()
    while waiting and len(seen) < MAX_CHAIN:
        facts = waiting.pop(0)
        if facts is None or facts.der in seen or facts.der in anchors:
            continue
        seen.add(facts.der)
        above = known.get(facts.issuer_der, ())
        yield facts, bool(above)
        waiting += above


def _list_at_hand(facts: CertificateFacts, reading: SignatureReading, evidence: Evidence) -> bool:
    """Whether a list of the issuer is here that has not run out by the validation time."""
    stamps = [der for token in reading.timestamps for der in token.crls_der]
    for der in (*evidence.crls_der, *reading.crls_der, *stamps):
        issuer, until = _issuer_and_end(der)
        if issuer == facts.issuer_der and until is not None and until >= evidence.validation_time:
            return True
    return False


@lru_cache(maxsize=64)
def _issuer_and_end(der: bytes) -> tuple[bytes, datetime | None]:
    try:
        item = crl.CertificateList.load(der, strict=True)
        until = item["tbs_cert_list"]["next_update"].native
        return item.issuer.dump(), until.astimezone(UTC)
    except Exception:  # hostile DER makes asn1crypto raise nearly anything; it is no list then
        return b"", None


def _read(der: bytes) -> CertificateFacts | None:
    try:
        return read_certificate(der)
    except UnreadableCertificateError:
        return None
