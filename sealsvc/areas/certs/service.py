"""Verbs on certificates. Each signature follows a committed intent (ARCHITECTURE section 7.4)."""

from datetime import timedelta

from ca.crl import CrlEntry, RevocationReason, prepare_crl, sign_crl
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
    PkiObjectNotFound,
    Revocation,
    TrustMaterial,
    certificate_fact,
    serial_hex,
)
from sealsvc.areas.certs.tables import CertificateRow, CrlRow, IssuerRow
from sealsvc.areas.deps import Deps
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import Fact, KeyRef, SealId, Subject, SubjectKind
from sealsvc.verify.evidence import CertificateRecord

INTENT_LIFETIME = timedelta(minutes=10)
CRL_REFRESH_SHARE = 0.5
SYSTEM = "system"


def create_hierarchy(deps: Deps, *, domain_name: str, suite: str | None = None) -> None:
    """Root and issuing CA of a new trust domain, with their first CRLs.

    Raises: HierarchyExists. Source: ARCHITECTURE section 12.3.
    """
    with deps.read() as session:
        present = {row.label for row in repo.issuers(session)}
    if present == {ROOT_LABEL, ISSUING_LABEL}:
        raise HierarchyExists()
    chosen = suite or deps.config.default_suite
    for label, profile in ((ROOT_LABEL, "root"), (ISSUING_LABEL, "issuing")):
        if label in present:  # an earlier attempt was cut off
            continue
        key_ref = KeyRef(deps.keys.generate(chosen, f"ca:{label}"))
        subject = SubjectName(
            common_name=f"{domain_name} {label.title()} CA", organization=domain_name
        )
        order = IssueOrder(profile=profile, subject=subject, key_ref=key_ref, by=SYSTEM)
        _issue(deps, order, as_label=label)
        publish_crl(deps, label)


def issue(deps: Deps, order: IssueOrder) -> CertificateView:
    """A certificate from the issuing CA: intent, signature, result.

    Raises: IssuerMissing, LintFailed, and what the key store raises.
    """
    return _issue(deps, order, as_label=None)


def revoke(tx: UnitOfWork, serial: str, revocation: Revocation) -> None:
    """Mark an issued certificate revoked, within the caller's unit of work.

    The caller publishes a CRL after its commit. An intended or revoked one is left as it is.
    Raises: CertificateNotFound.
    """
    row = repo.get_certificate(tx.session, serial)
    if row.status != CertificateStatus.ISSUED:
        return
    row.status = CertificateStatus.REVOKED
    row.revoked_at = tx.now
    row.reason = int(revocation.reason)
    row.invalid_since = revocation.invalid_since
    tx.session.add(row)
    reason = revocation.reason.name
    tx.record(
        certificate_fact("revoked", repo.view(row), by=revocation.by, revocationReason=reason)
    )


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
        with deps.read() as session:
            issuer = repo.get_issuer(session, label)
            entries = [_entry(row) for row in repo.revoked_by(session, label)]
            last = repo.find_crl(session, label)
            previous = None if last is None else last.number
        number = 1 if previous is None else previous + 1
        now = deps.clock.now()
        prepared = prepare_crl(
            _issuer_info(deps, issuer),
            entries,
            number=number,
            this_update=now,
            next_update=now + deps.config.crl_lifetime,
        )
        der = sign_crl(prepared, deps.keys.signer(issuer.key_ref))
        row = CrlRow(
            issuer_label=label,
            number=number,
            this_update=prepared.this_update,
            next_update=prepared.next_update,
            der=der,
        )
        with deps.write() as tx:
            if not repo.replace_crl(tx.session, row, previous):
                continue
            tx.record(
                Fact(
                    "crl.issued",
                    (Subject(SubjectKind.CERTIFICATE, issuer.serial_hex),),
                    {"issuer": label, "number": number, "entries": len(entries)},
                )
            )
            tx.commit()
        return der


def refresh_crls(deps: Deps) -> int:
    """Publish anew every CRL whose life is half over; how many were."""
    with deps.read() as session:
        labels = [row.label for row in repo.issuers(session)]
        newest = {label: repo.find_crl(session, label) for label in labels}
    margin = deps.config.crl_lifetime * CRL_REFRESH_SHARE
    due = [
        label
        for label, row in newest.items()
        if row is None or row.next_update - deps.clock.now() < margin
    ]
    for label in due:
        publish_crl(deps, label)
    return len(due)


def reconcile(deps: Deps) -> int:
    """Close intents that never became a certificate; how many were closed."""
    with deps.write() as tx:
        stale = repo.stale_intents(tx.session, tx.now - INTENT_LIFETIME)
        for row in stale:
            row.status = CertificateStatus.ABANDONED
            tx.session.add(row)
            tx.record(certificate_fact("abandoned", repo.view(row), by=SYSTEM))
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


def newest_crl(deps: Deps, label: str) -> bytes:
    """DER of an issuer's newest CRL, for /pki/. Raises: PkiObjectNotFound."""
    with deps.read() as session:
        row = repo.find_crl(session, label)
    if row is None:
        raise PkiObjectNotFound(name=label)
    return row.der


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
    with deps.write() as tx:
        row = CertificateRow(
            serial_hex=serial_hex(prepared.serial),
            issuer_label=issuer_label,
            profile=order.profile,
            status=CertificateStatus.INTENDED,
            uscc=order.uscc,
            seal_id=order.seal_id,
            key_ref=order.key_ref,
            suite=deps.keys.signer(order.key_ref).suite,
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


def _entry(row: CertificateRow) -> CrlEntry:
    assert row.revoked_at is not None
    return CrlEntry(
        serial=int(row.serial_hex, 16),
        revoked_at=row.revoked_at,
        reason=RevocationReason(row.reason or 0),
        invalid_since=row.invalid_since,
    )


def seal_of(deps: Deps, certificate_der: bytes, serial: str) -> SealId | None:
    """The seal whose certificate this is, byte for byte."""
    record = record_of(deps, certificate_der, serial)
    return None if record is None or record.sealed_for is None else SealId(record.sealed_for)
