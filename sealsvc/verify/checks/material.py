"""Certificates and lists decoded for pyhanko-certvalidator, and how its coroutines are run."""

from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

from asn1crypto import algos, crl, keys, ocsp, x509
from cryptography.exceptions import InvalidSignature
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    AcceptAllAlgorithms,
    CertRevTrustPolicy,
)
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    SignatureValidationContext,
)

from ca.errors import CaUnavailable
from sealsvc.documents.pdf.sm2 import Sm2Validator
from sealsvc.verify.certificates import UnreadableCertificateError, read_certificate
from sealsvc.verify.evidence import Evidence, SignatureEvidence

# Bounds against path bombs: cross-signed certificates multiply paths by k! per name.
MAX_ISSUERS = 12
MAX_PER_NAME = 3
# Bounds on what one signature may bring along or be given. A list of 8 MiB names some 200,000
# certificates; honest ones that large do not stand in documents.
MAX_CERTIFICATES = 128
MAX_LISTS = 24
MAX_RESPONSES = 48
MAX_ITEM_BYTES = 8 * 1024 * 1024
MAX_TOTAL_BYTES = 32 * 1024 * 1024

# Statuses are asked for one by one (checks/status.py). A list published after the moment asked
# about counts too: it names its revocation dates, and those are compared.
_STATUS_APART = CertRevTrustPolicy(
    revocation_checking_policy=NO_REVOCATION, retroactive_revinfo=True
)
T = TypeVar("T")


class _Validator(Sm2Validator):
    """Certificate signatures: whatever a key or algorithm makes the provider raise is a no."""

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        """Return when the signature verifies. Raises: InvalidSignature, CaUnavailable."""
        try:
            super().validate_signature(
                signature, signed_data, public_key_info, signature_algorithm, context
            )
        except (InvalidSignature, CaUnavailable):  # a missing provider says nothing of a signature
            raise
        except Exception as error:  # unsupported curve, odd parameters, failed assertion
            raise InvalidSignature(type(error).__name__) from error


@dataclass(frozen=True)
class Material:
    """Everything path building may use, decoded; what does not decode is left out.

    left_out, left_out_gathered: how much was over a limit, of the document's and of the gathered.
    """

    anchors: tuple[x509.Certificate, ...]
    issuers: tuple[x509.Certificate, ...]
    crls: tuple[crl.CertificateList, ...]
    ocsps: tuple[ocsp.OCSPResponse, ...]
    left_out: int = 0
    left_out_gathered: int = 0

    def context(
        self,
        moment: datetime,
        crls: Iterable[crl.CertificateList] = (),
        ocsps: Iterable[ocsp.OCSPResponse] = (),
    ) -> ValidationContext:
        """A fresh validation context at `moment` with these lists and answers only."""
        return ValidationContext(
            trust_roots=list(self.anchors),
            other_certs=self.issuers,
            moment=moment,
            allow_fetching=False,
            crls=list(crls),
            ocsps=list(ocsps),
            revinfo_policy=_STATUS_APART,
            algorithm_usage_policy=AcceptAllAlgorithms(),
            signature_validator=_Validator(),
        )


def material_for(signer_der: bytes, signature: SignatureEvidence, evidence: Evidence) -> Material:
    """What was gathered and what the signature brought along, bounded and decoded."""
    reading, limits = signature.reading, _Limits()
    pool = limits.take(MAX_CERTIFICATES, evidence.issuers_der, reading.certificates_der)
    lists = limits.take(MAX_LISTS, evidence.crls_der, reading.crls_der)
    answers = limits.take(MAX_RESPONSES, evidence.ocsps_der, reading.ocsps_der)
    anchors = evidence.anchors_der
    if reading.is_timestamp:
        anchors += evidence.stamp_anchors_der
    return Material(
        anchors=tuple(_certificates(anchors)),
        issuers=_reachable(decoded(signer_der), list(_certificates(pool))),
        crls=tuple(_lists(lists)),
        ocsps=tuple(_responses(answers)),
        left_out=limits.left_out,
        left_out_gathered=limits.left_out_gathered,
    )


def limits_in_force() -> tuple[int, ...]:
    """All bounds that decide what is looked at; a chain depends on them too."""
    per_kind = (MAX_CERTIFICATES, MAX_LISTS, MAX_RESPONSES)
    return (MAX_ISSUERS, MAX_PER_NAME, *per_kind, MAX_ITEM_BYTES, MAX_TOTAL_BYTES)


class _Limits:
    """Takes what fits, the gathered first: what a document brings cannot push that out."""

    def __init__(self) -> None:
        self.left_out = 0
        self.left_out_gathered = 0
        self._bytes = 0

    def take(
        self, most: int, gathered: tuple[bytes, ...], embedded: tuple[bytes, ...]
    ) -> list[bytes]:
        """Up to `most` different items that fit, in order."""
        taken: dict[bytes, None] = {}
        for item in gathered:
            self.left_out_gathered += not self._fits(item, most, taken)
        for item in embedded:
            self.left_out += not self._fits(item, most, taken)
        return list(taken)

    def _fits(self, item: bytes, most: int, taken: dict[bytes, None]) -> bool:
        if item in taken:
            return True
        size = len(item)
        if len(taken) >= most or size > MAX_ITEM_BYTES or self._bytes + size > MAX_TOTAL_BYTES:
            return False
        self._bytes += size
        taken[item] = None
        return True


@lru_cache(maxsize=512)
def decoded(der: bytes) -> x509.Certificate:
    """A certificate as certvalidator takes it; kept, as the same issuers come again and again.

    Raises: UnreadableCertificateError.
    """
    return x509.Certificate.load(read_certificate(der).der)


@lru_cache(maxsize=32)
def _decoded_list(der: bytes) -> crl.CertificateList:
    item = crl.CertificateList.load(der, strict=True)
    item.issuer.dump()
    this_update(item)
    return item


@lru_cache(maxsize=64)
def _decoded_response(der: bytes) -> ocsp.OCSPResponse:
    return ocsp.OCSPResponse.load(der, strict=True)


def this_update(item: crl.CertificateList | ocsp.OCSPResponse) -> datetime:
    """When a list or an answer was issued, in UTC."""
    if isinstance(item, ocsp.OCSPResponse):
        (single,) = item.response_data["responses"]
        at: datetime = single["this_update"].native
    else:
        at = item["tbs_cert_list"]["this_update"].native
    return at.astimezone(UTC)


Facts = tuple[str, datetime, datetime | None]


def list_facts(der: bytes) -> Facts | None:
    """Issuer, thisUpdate and nextUpdate of a list; None when it cannot be read."""
    try:
        item = _decoded_list(der)
        until = item["tbs_cert_list"]["next_update"].native
        return item.issuer.human_friendly, this_update(item), until and until.astimezone(UTC)
    except Exception:  # an unreadable list is no list
        return None


def response_facts(der: bytes) -> Facts | None:
    """Responder, thisUpdate and nextUpdate of an answer; None when it cannot be read."""
    try:
        item = _decoded_response(der)
        (single,) = item.response_data["responses"]
        until = single["next_update"].native
        who = item.response_data["responder_id"]
        named = who.chosen.human_friendly if who.name == "by_name" else who.chosen.native.hex()
        return str(named), this_update(item), until and until.astimezone(UTC)
    except Exception:  # an unreadable answer is no answer
        return None


def signature_algorithm(
    item: crl.CertificateList | ocsp.OCSPResponse,
) -> tuple[str, str | None]:
    """OID and digest (None where unknown) of the signature of a list or an answer."""
    answer = isinstance(item, ocsp.OCSPResponse)
    algorithm = (item.basic_ocsp_response if answer else item)["signature_algorithm"]
    try:
        digest: str | None = str(algorithm.hash_algo)
    except ValueError:
        digest = None
    return str(algorithm["algorithm"].dotted), digest


def finish(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits, without an event loop (it would open sockets).

    Raises: RuntimeError if it does wait; without fetching, certvalidator's coroutines do not.
    """
    try:
        work.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    work.close()
    raise RuntimeError("path validation tried to wait for something")


def _reachable(
    signer: x509.Certificate, pool: list[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """The certificates of `pool` that can stand above the signer by name, within the bounds."""
    wanted: list[bytes] = [signer.issuer.dump()]
    chosen: list[x509.Certificate] = []
    seen: set[bytes] = set()
    while wanted and len(chosen) < MAX_ISSUERS:
        name = wanted.pop(0)
        if name in seen:
            continue
        seen.add(name)
        found = [item for item in pool if item.subject.dump() == name][:MAX_PER_NAME]
        chosen += found
        wanted += [item.issuer.dump() for item in found]
    return tuple(chosen[:MAX_ISSUERS])


def _certificates(ders: Iterable[bytes]) -> Iterable[x509.Certificate]:
    for der in dict.fromkeys(ders):
        try:
            yield decoded(der)
        except UnreadableCertificateError:
            continue


def _lists(ders: Iterable[bytes]) -> Iterable[crl.CertificateList]:
    for der in dict.fromkeys(ders):
        try:
            yield _decoded_list(der)
        except Exception:  # noqa: S112 - an unreadable list is no list
            continue


def _responses(ders: Iterable[bytes]) -> Iterable[ocsp.OCSPResponse]:
    for der in dict.fromkeys(ders):
        try:
            item = _decoded_response(der)
            readable = item["response_status"].native == "successful"
            this_update(item)  # an answer about several certificates is left out here too
        except Exception:  # noqa: S112 - an unreadable answer is no answer
            continue
        if readable:
            yield item
