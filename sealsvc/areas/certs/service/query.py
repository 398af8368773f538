"""Look certificates, issuers and CRLs up."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from sealsvc.areas.certs import repo
from sealsvc.areas.certs.model import (
    INTERNATIONAL,
    MAKER_PROFILE,
    CertificateView,
    Issuer,
    PkiObject,
    PkiObjectNotFound,
    PublishedCrl,
    TrustMaterial,
    domain_of,
)
from sealsvc.areas.certs.service.kept import Kept
from sealsvc.areas.deps import Deps
from sealsvc.values import SealId
from sealsvc.verify.evidence import CertificateRecord

VERSIONS_KEPT = 4
# A CRL's number only grows, a CA's serial number is random: together they name the bytes.
_TRUST: Kept["KnownTrust"] = Kept(VERSIONS_KEPT)


@dataclass(frozen=True)
class KnownTrust:
    """Our CAs, the root first, and what a verifier needs of them."""

    material: TrustMaterial
    issuers: tuple[Issuer, ...]

    def chain_der(self, suite: str | None = None) -> tuple[bytes, ...]:
        """As the function of this name."""
        label = (INTERNATIONAL if suite is None else domain_of(suite)).issuing
        return tuple(issuer.der for issuer in self.issuers if issuer.label == label)


def trust_material(deps: Deps) -> TrustMaterial:
    """Our roots, issuing CAs and newest CRLs."""
    with deps.read() as session:
        return trust_in(session).material


def trust_in(session: Session) -> KnownTrust:
    """Our CAs and their newest CRLs, read anew when any of them was replaced.

    session: one that changes nothing, so that what is remembered is what was committed.
    """
    version = repo.trust_version(session)
    return _TRUST.get(session.get_bind().engine, version, lambda: _trust(session))


def _trust(session: Session) -> KnownTrust:
    issuers = tuple(repo.issuers(session))
    crls = [repo.find_crl(session, issuer.label) for issuer in issuers]
    material = TrustMaterial(
        anchors_der=tuple(issuer.der for issuer in issuers if issuer.rank == 0),
        issuers_der=tuple(issuer.der for issuer in issuers if issuer.rank > 0),
        crls_der=tuple(crl.der for crl in crls if crl is not None),
    )
    return KnownTrust(material, issuers)


def record_of(deps: Deps, certificate_der: bytes, serial: str) -> CertificateRecord | None:
    """Our record of a certificate, None unless it is byte for byte one we issued."""
    with deps.read() as session:
        row = repo.find_certificate(session, serial)
        if row is None or row.der != certificate_der:
            return None
        return CertificateRecord(
            serial_hex=row.serial_hex, sealed_for=row.seal_id, revoked_at=row.revoked_at
        )


def of_seal(deps: Deps, seal_id: str) -> list[CertificateView]:
    """All certificates of a seal, newest first."""
    with deps.read() as session:
        return [repo.view(row) for row in repo.certificates_of_seal(session, seal_id)]


def find(deps: Deps, serial: str) -> CertificateView | None:
    """A certificate by serial number."""
    with deps.read() as session:
        row = repo.find_certificate(session, serial)
        return None if row is None else repo.view(row)


def issuer_certificate(deps: Deps, label: str) -> bytes:
    """DER of a CA certificate, for /pki/. Raises: PkiObjectNotFound."""
    with deps.read() as session:
        return repo.issuer_certificate(session, label)


def usable_in(
    session: Session, seal_id: str, key_ref: str, now: datetime
) -> CertificateView | None:
    """The newest certificate of one of a seal's keys that is good now."""
    return repo.find_usable(session, seal_id, key_ref, now)


def chain_der(deps: Deps, suite: str | None = None) -> tuple[bytes, ...]:
    """The issuers a sealed document embeds: the issuing CA, never the root (pdf.md rule 9).

    suite: of the signer's key; None = the international ones.
    """
    with deps.read() as session:
        return trust_in(session).chain_der(suite)


def seal_maker(deps: Deps) -> CertificateView | None:
    """The certificate of the trust domain's seal-maker; None where there is no SM2 domain."""
    with deps.read() as session:
        row = repo.newest_of_profile(session, MAKER_PROFILE)
        return None if row is None else repo.view(row)


def newest_crl(deps: Deps, label: str) -> PublishedCrl:
    """An issuer's newest CRL, for /pki/. Raises: PkiObjectNotFound."""
    with deps.read() as session:
        row = repo.find_crl(session, label)
        if row is None:
            raise PkiObjectNotFound(name=label[:40])
        return PublishedCrl(row.der, row.number, row.this_update, row.next_update)


def pki_objects(deps: Deps) -> list[PkiObject]:
    """Our CAs, the root first, with what is known of their newest CRLs."""
    with deps.read() as session:
        found = []
        for row in repo.issuers(session):
            crl = repo.find_crl(session, row.label)
            dates = () if crl is None else (crl.number, crl.this_update, crl.next_update)
            found.append(PkiObject(row.label, row.rank, row.serial_hex, *dates))
        return found


def seal_of(deps: Deps, certificate_der: bytes, serial: str) -> SealId | None:
    """The seal whose certificate this is, byte for byte."""
    record = record_of(deps, certificate_der, serial)
    return None if record is None or record.sealed_for is None else SealId(record.sealed_for)
