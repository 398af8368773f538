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
    DefaultSignatureValidator,
    SignatureValidationContext,
)

from sealsvc.verify.certificates import UnreadableCertificateError, read_certificate
from sealsvc.verify.evidence import Evidence, SignatureEvidence

# Bounds against path bombs: cross-signed certificates multiply paths by k! per name.
MAX_ISSUERS = 12
MAX_PER_NAME = 3

# Statuses are asked for one by one (checks/status.py). A list published after the moment asked
# about counts too: it names its revocation dates, and those are compared.
_STATUS_APART = CertRevTrustPolicy(
    revocation_checking_policy=NO_REVOCATION, retroactive_revinfo=True
)
T = TypeVar("T")


class _Validator(DefaultSignatureValidator):
    """Certificate signatures: whatever a key or algorithm makes the provider raise is a no."""

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        """Return when the signature verifies. Raises: InvalidSignature."""
        try:
            super().validate_signature(
                signature, signed_data, public_key_info, signature_algorithm, context
            )
        except InvalidSignature:
            raise
        except Exception as error:  # unsupported curve, odd parameters, failed assertion
            raise InvalidSignature(type(error).__name__) from error


@dataclass(frozen=True)
class Material:
    """Everything path building may use, decoded; what does not decode is left out."""

    anchors: tuple[x509.Certificate, ...]
    issuers: tuple[x509.Certificate, ...]
    crls: tuple[crl.CertificateList, ...]
    ocsps: tuple[ocsp.OCSPResponse, ...]

    def context(
        self, moment: datetime, crls: Iterable[crl.CertificateList] | None = None
    ) -> ValidationContext:
        """A fresh validation context at `moment`. crls: only these lists instead of all."""
        return ValidationContext(
            trust_roots=list(self.anchors),
            other_certs=self.issuers,
            moment=moment,
            allow_fetching=False,
            crls=list(self.crls if crls is None else crls),
            ocsps=list(self.ocsps),
            revinfo_policy=_STATUS_APART,
            algorithm_usage_policy=AcceptAllAlgorithms(),
            signature_validator=_Validator(),
        )


def material_for(signer_der: bytes, signature: SignatureEvidence, evidence: Evidence) -> Material:
    """What was gathered and what the signature brought along, bounded and decoded."""
    reading = signature.reading
    pool = list(_certificates((*evidence.issuers_der, *reading.certificates_der)))
    return Material(
        anchors=tuple(_certificates(evidence.anchors_der)),
        issuers=_reachable(decoded(signer_der), pool),
        crls=tuple(_lists((*evidence.crls_der, *reading.crls_der))),
        ocsps=tuple(_responses(reading.ocsps_der)),
    )


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


def this_update(item: crl.CertificateList) -> datetime:
    """When a list was issued, in UTC."""
    at: datetime = item["tbs_cert_list"]["this_update"].native
    return at.astimezone(UTC)


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
            item = ocsp.OCSPResponse.load(der, strict=True)
            readable = item["response_status"].native == "successful"
        except Exception:  # noqa: S112 - an unreadable answer is no answer
            continue
        if readable:
            yield item
