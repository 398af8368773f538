"""Certificates: hierarchy, intents, revocation, CRLs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from importlib import import_module
from typing import Any

import pytest
from cryptography import x509

from ca.crl import RevocationReason, parse_crl
from ca.errors import LintFailed, UnknownProfile
from ca.names import SubjectName
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import (
    CertificateIntentLost,
    CertificateNotFound,
    CertificateStatus,
    CertificateView,
    HierarchyExists,
    IssueOrder,
    IssuerMissing,
    PkiObjectNotFound,
    Revocation,
)
from sealsvc.areas.deps import Deps
from sealsvc.values import KeyRef, SealId
from tests.areas.conftest import SettableClock
from tests.areas.seals.world import A, facts

ISSUE = import_module("sealsvc.areas.certs.service.issue")
CRLS = import_module("sealsvc.areas.certs.service.crls")
LOST = Revocation(RevocationReason.KEY_COMPROMISE, by="cli_x")


class Crash(BaseException):
    """The process dies here: no handler of ours may see it."""


@pytest.fixture
def deps(make_deps: Callable[..., Deps]) -> Deps:
    deps = make_deps(crl_lifetime=timedelta(days=2))
    certs.create_hierarchy(deps, domain_name="Demo Seals")
    return deps


def order(deps: Deps, **more: Any) -> IssueOrder:
    subject = more.pop("subject", SubjectName("合同专用章", "北京示例商贸有限公司", uscc=A))
    key_ref = KeyRef(deps.keys.generate("ecdsa-p256-sha256", "test"))
    members = {"uscc": A, "seal_id": SealId("seal_a"), **more}
    return IssueOrder(profile="seal", subject=subject, key_ref=key_ref, by="cli_x", **members)


def revoke(deps: Deps, serial: str, revocation: Revocation = LOST) -> bool:
    with deps.write() as tx:
        changed = certs.revoke(tx, serial, revocation)
        if changed:
            tx.commit()
    return changed


def present(deps: Deps, certificate: CertificateView) -> CertificateView:
    found = certs.find(deps, certificate.serial_hex)
    assert found is not None
    return found


def entries(deps: Deps) -> dict[int, Any]:
    issuer = x509.load_der_x509_certificate(certs.chain_der(deps)[0])
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    spki = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return dict(parse_crl(certs.newest_crl(deps, "issuing").der, spki).revoked)


def test_hierarchy(deps: Deps) -> None:
    root, issuing = certs.pki_objects(deps)
    assert (root.label, root.rank, root.crl_number) == ("root", 0, 1)
    assert (issuing.label, issuing.rank, issuing.crl_number) == ("issuing", 1, 1)
    material = certs.trust_material(deps)
    chain = (*material.anchors_der, *material.issuers_der)
    anchor, ca = (x509.load_der_x509_certificate(der) for der in chain)
    anchor.verify_directly_issued_by(anchor)
    ca.verify_directly_issued_by(anchor)
    assert len(material.crls_der) == 2
    assert certs.chain_der(deps) == material.issuers_der
    assert certs.issuer_certificate(deps, "root") == material.anchors_der[0]
    assert [fact.type for fact in facts(deps)] == [
        "certificate.intended",
        "certificate.issued",
        "crl.issued",
        "certificate.intended",
        "certificate.issued",
        "crl.issued",
    ]
    with pytest.raises(HierarchyExists):
        certs.create_hierarchy(deps, domain_name="Another")


@pytest.mark.parametrize("victim", ["sign", "_store_result"])
@pytest.mark.parametrize("calls", [0, 1])
def test_hierarchy_cut_off_is_finished_by_the_next_try(
    make_deps: Callable[..., Deps], monkeypatch: pytest.MonkeyPatch, victim: str, calls: int
) -> None:
    deps = make_deps()
    real, left = getattr(ISSUE, victim), iter(range(calls))

    def dies(*args: Any) -> Any:
        if next(left, None) is None:
            raise Crash
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(ISSUE, victim, dies)
        with pytest.raises(Crash):
            certs.create_hierarchy(deps, domain_name="Demo Seals")
    certs.create_hierarchy(deps, domain_name="Demo Seals")
    assert [item.crl_number for item in certs.pki_objects(deps)] == [1, 1]


def test_hierarchy_cut_off_before_a_crl(
    make_deps: Callable[..., Deps], monkeypatch: pytest.MonkeyPatch
) -> None:
    deps = make_deps()

    def dies(*_args: object, **_kwargs: object) -> Any:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(CRLS, "sign_crl", dies)
        with pytest.raises(Crash):
            certs.create_hierarchy(deps, domain_name="Demo Seals")
    certs.create_hierarchy(deps, domain_name="Demo Seals")
    assert len(certs.trust_material(deps).crls_der) == 2


def test_issue_without_an_issuer(make_deps: Callable[..., Deps]) -> None:
    deps = make_deps()
    with pytest.raises(IssuerMissing):
        certs.issue(deps, order(deps))
    with pytest.raises(IssuerMissing):
        certs.publish_crl(deps)
    with pytest.raises(PkiObjectNotFound):
        certs.newest_crl(deps, "issuing")
    with pytest.raises(PkiObjectNotFound):
        certs.issuer_certificate(deps, "issuing")


def test_issue(deps: Deps) -> None:
    made = certs.issue(deps, order(deps))
    assert made == present(deps, made)
    assert (made.status, made.uscc, made.seal_id) == (CertificateStatus.ISSUED, A, "seal_a")
    assert made.der is not None
    parsed = x509.load_der_x509_certificate(made.der)
    assert f"{parsed.serial_number:x}" == made.serial_hex
    points = parsed.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert points[0].full_name is not None
    assert points[0].full_name[0].value == "http://seal.example/pki/issuing.crl"
    intended, issued = facts(deps, f"certificate:{made.serial_hex}")
    assert (intended.type, issued.type) == ("certificate.intended", "certificate.issued")
    assert intended.payload["tbsDigest"] == sha256(parsed.tbs_certificate_bytes).hexdigest()
    assert issued.public == {
        "certSerial": made.serial_hex,
        "profile": "seal",
        "sealId": "seal_a",
        "uscc": A,
    }
    assert issued.subjects >= {"seal:seal_a", f"entity:{A}"}
    record = certs.record_of(deps, made.der, made.serial_hex)
    assert record is not None
    assert (record.sealed_for, record.revoked_at) == ("seal_a", None)
    assert certs.seal_of(deps, made.der, made.serial_hex) == "seal_a"
    assert certs.record_of(deps, made.der + b"\0", made.serial_hex) is None
    assert certs.seal_of(deps, b"", "ff") is None


def test_what_breaks_a_lint_leaves_no_trace(deps: Deps) -> None:
    before = len(facts(deps))
    with pytest.raises(LintFailed):
        certs.issue(deps, order(deps, subject=SubjectName("x" * 65, "y", uscc=A)))
    with pytest.raises(LintFailed):
        certs.issue(deps, order(deps, subject=SubjectName("x", "y")))
    wanted = order(deps)
    with pytest.raises(UnknownProfile):
        certs.issue(deps, IssueOrder("none", wanted.subject, wanted.key_ref, "cli_x"))
    assert len(facts(deps)) == before


def test_revoke(deps: Deps, clock: SettableClock) -> None:
    made = certs.issue(deps, order(deps))
    since = clock.now()
    clock.forward(hours=1)
    assert revoke(deps, made.serial_hex, Revocation(LOST.reason, "cli_x", since))
    row = present(deps, made)
    assert (row.status, row.revoked_at) == (CertificateStatus.REVOKED, clock.now())
    assert row.reason is RevocationReason.KEY_COMPROMISE
    fact = facts(deps, f"certificate:{made.serial_hex}")[-1]
    assert fact.type == "certificate.revoked"
    assert fact.payload == {
        "by": "cli_x",
        "revocationReason": "KEY_COMPROMISE",
        "invalidSince": "2026-11-21T09:00:00Z",
    }
    assert not revoke(deps, made.serial_hex)  # twice is once
    assert made.der is not None
    record = certs.record_of(deps, made.der, made.serial_hex)
    assert record is not None
    assert record.revoked_at == clock.now()
    with deps.write() as tx, pytest.raises(CertificateNotFound):
        certs.revoke(tx, "abc", LOST)


def test_invalidity_only_moves_back(deps: Deps, clock: SettableClock) -> None:
    made = certs.issue(deps, order(deps))
    start = clock.now()
    clock.forward(hours=1)
    assert revoke(deps, made.serial_hex)
    assert revoke(deps, made.serial_hex, Revocation(LOST.reason, "b", start))
    later = Revocation(LOST.reason, "b", start + timedelta(minutes=1))
    assert not revoke(deps, made.serial_hex, later)
    certs.publish_crl(deps)
    (entry,) = entries(deps).values()
    assert (entry.revoked_at, entry.invalid_since) == (clock.now(), start)


def test_revoking_all_of_a_seal(deps: Deps) -> None:
    own = [certs.issue(deps, order(deps)) for _ in range(2)]
    other = certs.issue(deps, order(deps, seal_id=SealId("seal_b")))
    with deps.write() as tx:
        certs.revoke_all_of_seal(tx, "seal_a", LOST)
        tx.commit()
    assert {present(deps, one).status for one in own} == {CertificateStatus.REVOKED}
    assert present(deps, other).status is CertificateStatus.ISSUED
    assert {one.serial_hex for one in certs.of_seal(deps, "seal_a")} == {
        one.serial_hex for one in own
    }


def test_require_issued(deps: Deps) -> None:
    made = certs.issue(deps, order(deps))
    with deps.write() as tx:
        assert certs.require_issued(tx, made.serial_hex) == made
    revoke(deps, made.serial_hex)
    with deps.write() as tx, pytest.raises(CertificateIntentLost):
        certs.require_issued(tx, made.serial_hex)


def test_intent_closed_during_the_signing(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    real = ISSUE.sign

    def meanwhile(prepared: Any, signer: Any) -> bytes:
        assert revoke(deps, f"{prepared.serial:x}")
        return bytes(real(prepared, signer))

    monkeypatch.setattr(ISSUE, "sign", meanwhile)
    with pytest.raises(CertificateIntentLost):
        certs.issue(deps, order(deps))
    (row,) = certs.of_seal(deps, "seal_a")
    assert (row.status, row.der) == (CertificateStatus.ABANDONED, None)
    assert facts(deps)[-1].type == "certificate.abandoned"


def test_reconcile_closes_old_intents_only(
    deps: Deps, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_args: object) -> bytes:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(ISSUE, "sign", dies)
        for minutes in (11, 0):
            with pytest.raises(Crash):
                certs.issue(deps, order(deps))
            clock.forward(minutes=minutes)
    assert certs.reconcile(deps) == 1
    new, old = certs.of_seal(deps, "seal_a")
    assert (old.status, new.status) == (CertificateStatus.ABANDONED, CertificateStatus.INTENDED)


def test_crl(deps: Deps, clock: SettableClock) -> None:
    assert entries(deps) == {}
    made = certs.issue(deps, order(deps))
    revoke(deps, made.serial_hex)
    clock.forward(minutes=1)
    der = certs.publish_crl(deps)
    newest = certs.newest_crl(deps, "issuing")
    assert (newest.der, newest.number) == (der, 2)
    assert newest.next_update - newest.this_update == timedelta(days=2)
    assert set(entries(deps)) == {int(made.serial_hex, 16)}
    fact = facts(deps)[-1]
    assert fact.type == "crl.issued"
    assert fact.public == {
        "issuer": "issuing",
        "number": 2,
        "entries": 1,
        "digest": sha256(der).hexdigest(),
    }


def test_refresh_when_half_its_life_is_over(deps: Deps, clock: SettableClock) -> None:
    assert certs.refresh_crls(deps) == 0
    clock.forward(hours=24)
    assert certs.refresh_crls(deps) == 0
    clock.forward(seconds=1)
    assert certs.refresh_crls(deps) == 2
    assert certs.refresh_crls(deps) == 0


def test_refresh_when_a_revocation_is_missing(deps: Deps) -> None:
    made = certs.issue(deps, order(deps))
    revoke(deps, made.serial_hex)  # and the process died before it published
    assert certs.refresh_crls(deps) == 1
    assert set(entries(deps)) == {int(made.serial_hex, 16)}
    revoke(deps, made.serial_hex, Revocation(LOST.reason, "b", made.not_before - timedelta(1)))
    assert certs.refresh_crls(deps) == 1
    assert certs.refresh_crls(deps) == 0


def test_revocation_that_commits_while_a_crl_is_signed(
    deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certs.issue(deps, order(deps))
    real = CRLS.sign_crl

    def meanwhile(*args: Any) -> bytes:
        der = bytes(real(*args))
        monkeypatch.setattr(CRLS, "sign_crl", real)
        revoke(deps, made.serial_hex)
        certs.publish_crl(deps)
        return der

    monkeypatch.setattr(CRLS, "sign_crl", meanwhile)
    certs.publish_crl(deps)
    assert certs.newest_crl(deps, "issuing").number == 3  # 2 came first, ours was made anew
    assert set(entries(deps)) == {int(made.serial_hex, 16)}


def test_publishing_at_once(deps: Deps) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: certs.publish_crl(deps), range(4)))
    assert certs.newest_crl(deps, "issuing").number == 5
    numbers = [
        fact.public["number"]
        for fact in facts(deps)
        if fact.type == "crl.issued" and fact.public["issuer"] == "issuing"
    ]
    assert numbers == [1, 2, 3, 4, 5]


def test_publish_revocations_never_raises(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> bytes:
        raise RuntimeError("the token is unplugged")

    monkeypatch.setattr(CRLS, "sign_crl", broken)
    certs.publish_revocations(deps)
    assert certs.newest_crl(deps, "issuing").number == 1


def test_code_of_a_natural_person_stays_out_of_the_leaf(deps: Deps) -> None:
    from tests.areas.seals.world import PERSON

    made = certs.issue(
        deps, order(deps, uscc=PERSON, subject=SubjectName("x", "示例小店", uscc=PERSON))
    )
    for fact in facts(deps, f"certificate:{made.serial_hex}"):
        assert "uscc" not in fact.public
        assert fact.payload["uscc"] == PERSON
