"""What a seal signs with: keys, certificates and the electronic seal (SESeal) made of them.

Nothing here activates a seal; `issue` and `reissue` do, with what is made here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from ca.algorithms import suite_named
from ca.names import SubjectName
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import NATIONAL_SUITE, CertificateView, IssueOrder
from sealsvc.areas.deps import Deps
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import eseal_intended
from sealsvc.areas.seals.model.views import (
    SealCredential,
    SealImprintMissing,
    SealSuiteMissing,
    SealView,
    require_reader,
)
from sealsvc.areas.seals.repo import SealCredentialRow, SealRow
from sealsvc.formats.issue import PreparedSeal, SealSpec, finish_seal, prepare_seal
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import JsonObject, KeyRef, Principal, SealId

VENDOR_ID = "SEALSVC"
# GB/T 38540 leaves the number to the business; 1 = an organisation's seal, 2 = a person's.
_ORGANISATION, _PERSON = 1, 2


@dataclass(frozen=True)
class MadeCredential:
    """A certificate that was issued, and the SESeal around it, not yet in use."""

    certificate: CertificateView
    eseal_sha256: str | None


def suites_of(deps: Deps, seal: SealView) -> tuple[str, ...]:
    """The suites a seal is to hold certificates of, its own first.

    Every electronic seal also gets the national one where the domain has a seal-maker, since OFD
    can be sealed with no other. Source: china-domain section 3; ofd.md section 4.
    """
    own = seal.suite or deps.config.default_suite
    if own == NATIONAL_SUITE or certs.seal_maker(deps) is None:
        return (own,)
    return (own, NATIONAL_SUITE)


def make(
    deps: Deps, by: str, seal: SealView, suite: str, key_ref: str | None = None
) -> MadeCredential:
    """A certificate, and for a national suite its SESeal; key_ref: None = a new key.

    Raises: what issuing raises, SealImprintMissing, CaUnavailable.
    """
    key = KeyRef(key_ref or deps.keys.generate(suite, seal.seal_id))
    certificate = certs.issue(deps, certificate_order(seal, key, by))
    maker = certs.seal_maker(deps) if suite == NATIONAL_SUITE else None
    if maker is None:
        return MadeCredential(certificate, None)
    return MadeCredential(certificate, _make_eseal(deps, by, seal, (certificate, maker)))


def certificate_order(
    seal: SealView, key_ref: str, by: str, not_after: datetime | None = None
) -> IssueOrder:
    """The order of a certificate for one of the seal's keys. not_after: None = the profile's."""
    return IssueOrder(
        profile="seal",
        subject=SubjectName(
            common_name=seal.name, organization=seal.owner_name, uscc=seal.owner_uscc
        ),
        key_ref=KeyRef(key_ref),
        by=by,
        uscc=seal.owner_uscc,
        seal_id=seal.seal_id,
        not_after=not_after,
    )


def keep(tx: UnitOfWork, row: SealRow, made: MadeCredential) -> None:
    """Put what was made into use, within the caller's unit of work.

    Raises: CertificateIntentLost.
    """
    certificate = certs.require_issued(tx, made.certificate.serial_hex)
    tx.session.add(
        SealCredentialRow(
            seal_id=row.id,
            suite=certificate.suite,
            key_ref=certificate.key_ref,
            cert_serial=certificate.serial_hex,
            eseal_sha256=made.eseal_sha256,
            made_at=tx.now,
        )
    )


def details(made: tuple[MadeCredential, ...]) -> JsonObject:
    """What the payload of an activation says of the electronic seal."""
    digests = [one.eseal_sha256 for one in made if one.eseal_sha256 is not None]
    serials = [one.certificate.serial_hex for one in made]
    members: JsonObject = {"certSerials": list(serials)}
    return {**members, "esealDigest": digests[0]} if digests else members


def current(deps: Deps, seal: SealView) -> tuple[SealCredential, ...]:
    """What the seal signs with today, one per suite, its own suite first."""
    with deps.read() as session:
        found = repo.credentials(session, seal.seal_id)
    return current_of(deps, seal, found)


def current_of(
    deps: Deps, seal: SealView, found: Sequence[SealCredential]
) -> tuple[SealCredential, ...]:
    """As `current`; found: what the seal signs or signed with, the newest first."""
    newest: dict[str, SealCredential] = {}
    for one in found:
        newest.setdefault(one.suite, one)
    own = seal.suite or deps.config.default_suite
    if own not in newest and seal.key_ref and seal.cert_serial:  # issued before 0002
        made_at = seal.made_at or seal.applied_at
        newest[own] = SealCredential(
            seal.seal_id, own, seal.key_ref, seal.cert_serial, None, made_at
        )
    return tuple(sorted(newest.values(), key=lambda one: one.suite != own))


def credential(deps: Deps, seal: SealView, suite: str) -> SealCredential:
    """What the seal signs with in that suite. Raises: SealSuiteMissing."""
    for one in current(deps, seal):
        if one.suite == suite:
            return one
    raise SealSuiteMissing(suite=suite)


def eseal(deps: Deps, seal: SealView) -> bytes:
    """DER of the seal's present SESeal. Raises: SealSuiteMissing, BlobMissing."""
    held = credential(deps, seal, NATIONAL_SUITE)
    if held.eseal_sha256 is None:
        raise SealSuiteMissing(suite=NATIONAL_SUITE)
    return deps.blobs.get(held.eseal_sha256)


def show_eseal(deps: Deps, viewer: Principal, seal_id: SealId) -> bytes:
    """The same for those entitled: it holds the imprint.

    Raises: SealNotFound, SealNotYours, SealSuiteMissing, BlobMissing.
    """
    with deps.read() as session:
        seal = repo.view(repo.get_seal(session, seal_id))
    require_reader(viewer, seal.owner_uscc)
    return eseal(deps, seal)


def eseal_owner(deps: Deps, eseal_sha256: str) -> SealId | None:
    """The registered seal whose SESeal, present or past, has this digest (lower-case hex)."""
    with deps.read() as session:
        found = repo.credential_of_eseal(session, eseal_sha256)
    return None if found is None else found.seal_id


def _make_eseal(
    deps: Deps, by: str, seal: SealView, pair: tuple[CertificateView, CertificateView]
) -> str:
    """The SESeal, signed by the seal-maker under a logged intent; digest of its blob."""
    _, maker = pair
    prepared = _prepared(deps, seal, pair)
    with deps.write() as tx:
        intended = sha256(prepared.tbs).hexdigest()
        tx.record(eseal_intended(seal.snapshot(), by=by, digest=intended))
        tx.commit()
    der = finish_seal(prepared, deps.keys.signer(maker.key_ref).sign(prepared.tbs))
    return deps.blobs.put(der)


def _prepared(
    deps: Deps, seal: SealView, pair: tuple[CertificateView, CertificateView]
) -> PreparedSeal:
    certificate, maker = pair
    if seal.imprint_sha256 is None or not seal.width_mm or not seal.height_mm:
        raise SealImprintMissing()
    assert certificate.der is not None  # both were issued
    assert maker.der is not None
    now = deps.clock.now().replace(microsecond=0)
    return prepare_seal(
        SealSpec(
            version=deps.config.eseal_version,
            seal_id=seal.seal_id,
            name=seal.name,
            vendor_id=VENDOR_ID,
            seal_type=_ORGANISATION if seal.person_name is None else _PERSON,
            certificates_der=(certificate.der,),
            cert_list_type=deps.config.eseal_list_type,
            created_at=now,
            valid_from=certificate.not_before,
            valid_to=certificate.not_after,
            picture_type="png",
            picture=deps.blobs.get(seal.imprint_sha256),
            width_mm=round(seal.width_mm),
            height_mm=round(seal.height_mm),
            maker_certificate_der=maker.der,
            algorithm_oid=suite_named(NATIONAL_SUITE).signature_oid,
        )
    )
