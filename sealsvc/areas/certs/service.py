"""Verbs on certificates. Each signature follows a committed intent (ARCHITECTURE section 7.4)."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import structlog

from ca.crl import CrlEntry, prepare_crl, sign_crl
from ca.issue import CertificateRequest, Prepared, prepare, serial_from, sign
from ca.names import IssuerInfo, SubjectName
from ca.profiles import profile_named
from sealsvc.areas.certs import repo
from sealsvc.areas.certs.model import (
    ISSUING_LABEL,
    ROOT_LABEL,
    CertificateIntentLost,
    CertificateStatus,
    CertificateView,
    HierarchyExists,
    IssueOrder,
    PkiObject,
    PkiObjectNotFound,
    PublishedCrl,
    Revocation,
    TrustMaterial,
    certificate_fact,
    serial_hex,
)
from sealsvc.areas.certs.tables import CertificateRow, CrlRow, IssuerRow
from sealsvc.areas.deps import Deps
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import Fact, Json, KeyRef, SealId, Subject, SubjectKind
from sealsvc.verify.evidence import CertificateRecord

INTENT_LIFETIME = timedelta(minutes=10)
CRL_REFRESH_SHARE = 0.5
SYSTEM = "system"

_alarm = structlog.get_logger("sealsvc.certs")


def create_hierarchy(deps: Deps, *, domain_name: str, suite: str | None = None) -> None:
    """Root and issuing CA of a new trust domain, with their first CRLs.

    Raises: HierarchyExists. Source: ARCHITECTURE section 12.3.
    """
    with deps.read() as session:
        present = {row.label for row in repo.issuers(session)}
        published = {label for label in present if repo.find_crl(session, label)}
    if {ROOT_LABEL, ISSUING_LABEL} <= published:
        raise HierarchyExists()
    chosen = suite or deps.config.default_suite
    for label, profile in ((ROOT_LABEL, "root"), (ISSUING_LABEL, "issuing")):
        if label not in present:  # an earlier attempt may have been cut off behind it
            key_ref = KeyRef(deps.keys.generate(chosen, f"ca:{label}"))
            subject = SubjectName(
                common_name=f"{domain_name} {label.title()} CA", organization=domain_name
            )
            order = IssueOrder(profile=profile, subject=subject, key_ref=key_ref, by=SYSTEM)
            _issue(deps, order, as_label=label)
        if label not in published:
            publish_crl(deps, label)


def issue(deps: Deps, order: IssueOrder) -> CertificateView:
    """A certificate from the issuing CA: intent, signature, result.

    Raises: IssuerMissing, LintFailed, CertificateIntentLost, and what the key store raises.
    """
    return _issue(deps, order, as_label=None)


def revoke(tx: UnitOfWork, serial: str, revocation: Revocation) -> None:
    """Mark an issued certificate revoked, within the caller's unit of work.

    The caller publishes a CRL after its commit. An intent is closed, so that a signature on its
    way is thrown away; of a revoked certificate only an earlier `invalid_since` is taken over.
    Raises: CertificateNotFound.
    """
    row = repo.get_certificate(tx.session, serial)
    if row.status == CertificateStatus.INTENDED:
        _abandon(tx, row, revocation.by)
    elif row.status == CertificateStatus.ISSUED:
        row.status = CertificateStatus.REVOKED
        row.revoked_at = tx.now
        row.reason = int(revocation.reason)
        row.invalid_since = revocation.invalid_since
        _record_revocation(tx, row, "revoked", revocation)
    elif row.status == CertificateStatus.REVOKED and _is_earlier(revocation, row):
        row.invalid_since = revocation.invalid_since
        _record_revocation(tx, row, "revocation_dated", revocation)


def revoke_all_of_seal(tx: UnitOfWork, seal_id: str, revocation: Revocation) -> None:
    """Revoke every issued certificate of a seal, within the caller's unit of work."""
    for row in repo.certificates_of_seal(tx.session, seal_id):
        revoke(tx, row.serial_hex, revocation)


def publish_crl(deps: Deps, label: str = ISSUING_LABEL) -> bytes:
    """Sign and store the issuer's next CRL; DER.

    Signed outside any transaction; if another process publishes first, its CRL may lack our
    newest entries, so we start again. Raises: IssuerMissing.
    """
    while True:
        now = deps.clock.now()  # before the look at the entries, so it promises no unseen ones
        with deps.read() as session:
            issuer = repo.get_issuer(session, label)
            entries = repo.revoked_by(session, label)
            last = repo.find_crl(session, label)
            previous = None if last is None else last.number
        prepared = prepare_crl(
            _issuer_info(deps, issuer),
            entries,
            number=1 if previous is None else previous + 1,
            this_update=now,
            next_update=now + deps.config.crl_lifetime,
        )
        der = sign_crl(prepared, deps.keys.signer(issuer.key_ref))
        row = CrlRow(
            issuer_label=label,
            number=prepared.number,
            this_update=prepared.this_update,
            next_update=prepared.next_update,
            entries_sha256=_entries_sha256(entries),
            der=der,
        )
        if _store_crl(deps, issuer, row, previous, len(entries)):
            return der


def publish_revocations(deps: Deps) -> None:
    """A fresh CRL right after a commit that revoked.

    The revocation stands whatever happens here; `refresh_crls` repeats what fails.
    """
    try:
        publish_crl(deps)
    except Exception:  # the caller's change is committed: no failure may hide that
        _alarm.exception("crl.publish_failed")


def refresh_crls(deps: Deps) -> int:
    """Publish anew every CRL whose life is half over or that lacks a revocation; how many."""
    margin = deps.config.crl_lifetime * CRL_REFRESH_SHARE
    due = []
    with deps.read() as session:
        for issuer in repo.issuers(session):
            row = repo.find_crl(session, issuer.label)
            entries = repo.revoked_by(session, issuer.label)
            if (
                row is None
                or row.next_update - deps.clock.now() < margin
                or row.entries_sha256 != _entries_sha256(entries)
            ):
                due.append(issuer.label)
    for label in due:
        publish_crl(deps, label)
    return len(due)


def reconcile(deps: Deps) -> int:
    """Close intents that never became a certificate; how many were closed."""
    with deps.write() as tx:
        stale = repo.stale_intents(tx.session, tx.now - INTENT_LIFETIME)
        for row in stale:
            _abandon(tx, row, SYSTEM)
        if stale:
            tx.commit()
        return len(stale)


def trust_material(deps: Deps) -> TrustMaterial:
    """Our roots, issuing CAs and newest CRLs."""
    with deps.read() as session:
        rows = repo.issuers(session)
        crls = [repo.find_crl(session, row.label) for row in rows]
    return TrustMaterial(
        anchors_der=tuple(row.der for row in rows if row.rank == 0),
        issuers_der=tuple(row.der for row in rows if row.rank > 0),
        crls_der=tuple(row.der for row in crls if row is not None),
    )


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


def chain_der(deps: Deps) -> tuple[bytes, ...]:
    """The issuers a sealed document embeds: the issuing CA, never the root (pdf.md rule 9)."""
    with deps.read() as session:
        return tuple(row.der for row in repo.issuers(session) if row.rank > 0)


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


def _issue(deps: Deps, order: IssueOrder, *, as_label: str | None) -> CertificateView:
    spki_der = deps.keys.signer(order.key_ref).public_key_spki
    issuer, issuer_label, issuer_key = _issuer_for(deps, order, spki_der, as_label)
    prepared = prepare(
        CertificateRequest(order.subject, spki_der, order.not_after),
        profile_named(order.profile),
        now=deps.clock.now(),
        serial=serial_from(deps.rng.bytes(16)),
        issuer=issuer,
    )
    _store_intent(deps, order, prepared, issuer_label)
    der = sign(prepared, deps.keys.signer(issuer_key))
    return _store_result(deps, order, prepared, der, as_label)


def _issuer_for(
    deps: Deps, order: IssueOrder, spki_der: bytes, as_label: str | None
) -> tuple[IssuerInfo, str, str]:
    """Who signs: itself for a root, the root for an issuing CA, the issuing CA otherwise."""
    if as_label == ROOT_LABEL:
        return IssuerInfo.self_signed(order.subject, spki_der), as_label, order.key_ref
    with deps.read() as session:
        row = repo.get_issuer(session, ISSUING_LABEL if as_label is None else ROOT_LABEL)
    return _issuer_info(deps, row), row.label, row.key_ref


def _issuer_info(deps: Deps, row: IssuerRow) -> IssuerInfo:
    base = f"{deps.config.base_url}/pki/{row.label}"
    return IssuerInfo.from_certificate(
        row.der, certificate_url=f"{base}.cer", crl_url=f"{base}.crl"
    )


def _store_intent(deps: Deps, order: IssueOrder, prepared: Prepared, issuer_label: str) -> None:
    suite = deps.keys.signer(order.key_ref).suite
    with deps.write() as tx:
        row = CertificateRow(
            serial_hex=serial_hex(prepared.serial),
            issuer_label=issuer_label,
            profile=order.profile,
            status=CertificateStatus.INTENDED,
            uscc=order.uscc,
            seal_id=order.seal_id,
            key_ref=order.key_ref,
            suite=suite,
            tbs_sha256=prepared.tbs_sha256.hex(),
            not_before=prepared.not_before,
            not_after=prepared.not_after,
            intended_at=tx.now,
        )
        tx.session.add(row)
        tx.record(
            certificate_fact(
                "intended",
                repo.view(row),
                by=order.by,
                tbsDigest=row.tbs_sha256,
                profileDigest=prepared.profile_digest.hex(),
            )
        )
        tx.commit()


def _store_result(
    deps: Deps, order: IssueOrder, prepared: Prepared, der: bytes, as_label: str | None
) -> CertificateView:
    with deps.write() as tx:
        row = repo.get_certificate(tx.session, serial_hex(prepared.serial))
        if row.status != CertificateStatus.INTENDED:
            raise CertificateIntentLost(serial=row.serial_hex)
        row.status = CertificateStatus.ISSUED
        row.der = der
        tx.session.add(row)
        if as_label is not None:
            rank = 0 if as_label == ROOT_LABEL else 1
            tx.session.add(
                IssuerRow(
                    label=as_label,
                    rank=rank,
                    serial_hex=row.serial_hex,
                    key_ref=order.key_ref,
                    der=der,
                )
            )
        issued = repo.view(row)
        tx.record(certificate_fact("issued", issued, by=order.by))
        tx.commit()
    return issued


def _store_crl(
    deps: Deps, issuer: IssuerRow, row: CrlRow, previous: int | None, entries: int
) -> bool:
    """Whether the CRL became the newest; False when another process was faster."""
    with deps.write() as tx:
        if not repo.replace_crl(tx.session, row, previous):
            return False
        public: dict[str, Json] = {
            "issuer": issuer.label,
            "number": row.number,
            "entries": entries,
            "digest": sha256(row.der).hexdigest(),
        }
        tx.record(
            Fact("crl.issued", (Subject(SubjectKind.CERTIFICATE, issuer.serial_hex),), public)
        )
        tx.commit()
    return True


def _abandon(tx: UnitOfWork, row: CertificateRow, by: str) -> None:
    row.status = CertificateStatus.ABANDONED
    tx.session.add(row)
    tx.record(certificate_fact("abandoned", repo.view(row), by=by))


def _is_earlier(revocation: Revocation, row: CertificateRow) -> bool:
    if revocation.invalid_since is None or row.revoked_at is None:
        return False
    return revocation.invalid_since < (row.invalid_since or row.revoked_at)


def _record_revocation(
    tx: UnitOfWork, row: CertificateRow, kind: str, revocation: Revocation
) -> None:
    tx.session.add(row)
    tx.record(
        certificate_fact(
            kind,
            repo.view(row),
            by=revocation.by,
            revocationReason=revocation.reason.name,
            invalidSince=_utc(revocation.invalid_since),
        )
    )


def _entries_sha256(entries: Sequence[CrlEntry]) -> str:
    """What a list of entries says, as one value; entries by serial number in hex."""
    text = json.dumps(
        [
            [f"{entry.serial:x}", _utc(entry.revoked_at), entry.reason, _utc(entry.invalid_since)]
            for entry in entries
        ]
    )
    return sha256(text.encode()).hexdigest()


def _utc(at: datetime | None) -> str | None:
    """Whole UTC seconds, as CRLs and leaves write them."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
