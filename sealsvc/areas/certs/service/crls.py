"""Sign and publish revocation lists."""

import json
from collections.abc import Sequence
from hashlib import sha256

import structlog

from ca.crl import CrlEntry, prepare_crl, sign_crl
from ca.names import IssuerInfo
from sealsvc.areas.certs import repo
from sealsvc.areas.certs.model import INTERNATIONAL, Issuer, whole_utc
from sealsvc.areas.certs.repo import CrlRow
from sealsvc.areas.deps import Deps
from sealsvc.values import Fact, Json, Subject, SubjectKind

REFRESH_SHARE = 0.5

_alarm = structlog.get_logger("sealsvc.certs")


def publish_crl(deps: Deps, label: str = INTERNATIONAL.issuing) -> bytes:
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
            issuer_info(deps, issuer),
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
    """Fresh CRLs right after a commit that revoked, of every issuer whose list lacks something.

    The revocation stands whatever happens here; `refresh_crls` repeats what fails.
    """
    try:
        refresh_crls(deps)
    except Exception:  # the caller's change is committed: no failure may hide that
        _alarm.exception("crl.publish_failed")


def refresh_crls(deps: Deps) -> int:
    """Publish anew every CRL whose life is half over or that lacks a revocation; how many."""
    margin = deps.config.crl_lifetime * REFRESH_SHARE
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


def issuer_info(deps: Deps, row: Issuer) -> IssuerInfo:
    """A CA of ours as the signer of certificates and CRLs."""
    base = f"{deps.config.base_url}/pki/{row.label}"
    return IssuerInfo.from_certificate(
        row.der, certificate_url=f"{base}.cer", crl_url=f"{base}.crl"
    )


def _store_crl(deps: Deps, issuer: Issuer, row: CrlRow, previous: int | None, entries: int) -> bool:
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


def _entries_sha256(entries: Sequence[CrlEntry]) -> str:
    """What a list of entries says, as one value; entries by serial number in hex."""
    text = json.dumps([_entry_members(entry) for entry in entries])
    return sha256(text.encode()).hexdigest()


def _entry_members(entry: CrlEntry) -> list[str | int | None]:
    dates = whole_utc(entry.revoked_at), whole_utc(entry.invalid_since)
    return [f"{entry.serial:x}", int(entry.reason), *dates]
