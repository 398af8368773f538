"""Issuing: order of intents and signatures, failures in between, reconciling."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from sealsvc.areas.access.model import ScopeMissing
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import CertificateIntentLost, CertificateStatus
from sealsvc.areas.entities import service as entities
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import IllegalTransition, SealAction
from sealsvc.areas.seals.model.views import (
    ChangeRequest,
    SealChanged,
    SealImprintMissing,
    SealNotFound,
    SealOwnerChanged,
    SealView,
)
from sealsvc.areas.seals.service import Filing
from sealsvc.errors import ServiceError
from sealsvc.values import Principal, SealId, SealMedium, SealStatus
from tests.areas.seals.world import (
    APPROVER,
    APPROVER2,
    CODE,
    NAMES,
    OPERATOR,
    OWNER,
    REGULATOR,
    REGULATOR2,
    A,
    World,
    events,
    facts,
    picture,
)

ISSUE = import_module("sealsvc.areas.seals.service.issue")
CERTS_ISSUE = import_module("sealsvc.areas.certs.service.issue")


class Crash(BaseException):
    """The process dies here: no handler of ours may see it."""


def revoked_in_crl(world: World) -> set[int]:
    crl = x509.load_der_x509_crl(certs.newest_crl(world.deps, "issuing").der)
    return {entry.serial_number for entry in crl}


def test_electronic(world: World) -> None:
    seal = world.approved()
    issued = seals.issue(world.deps, APPROVER, seal.seal_id, seal.version)
    assert issued == world.get(seal)
    assert (issued.status, issued.version) == (SealStatus.ACTIVE, 3)
    assert issued.valid_from == issued.made_at == world.clock.now()
    assert issued.filed_at is None
    certificate = certs.find(world.deps, str(issued.cert_serial))
    assert certificate is not None
    assert certificate.der is not None
    assert issued.valid_until == certificate.not_after
    assert (certificate.seal_id, certificate.uscc) == (seal.seal_id, A)
    assert certificate.key_ref == issued.key_ref
    parsed = x509.load_der_x509_certificate(certificate.der)
    named = {item.oid: item.value for item in parsed.subject}
    assert named[NameOID.ORGANIZATION_NAME] == NAMES[A]
    assert named[NameOID.COMMON_NAME] == seal.name
    assert named[NameOID.SERIAL_NUMBER] == A
    assert named[NameOID.ORGANIZATION_IDENTIFIER] == f"NTRCN-{A}"
    fact, event = world.facts(seal)[-1], events(world.deps, seal)[-1]
    assert (fact.type, fact.public["state"]) == ("seal.activated", "ACTIVE")
    assert fact.public["certSerial"] == issued.cert_serial
    assert fact.payload["imprintDigest"] == issued.imprint_sha256
    assert "key" not in str(fact.payload) + str(fact.public)
    assert (event.action, event.status, event.fact_id) == ("ISSUE", "ACTIVE", fact.id)


def test_intent_is_logged_before_the_signature_exists(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = world.approved()
    seen: list[list[str]] = []
    real = CERTS_ISSUE.sign

    def watched(*args: Any) -> bytes:
        seen.append([fact.type for fact in world.facts(seal, "")])
        return bytes(real(*args))

    monkeypatch.setattr(CERTS_ISSUE, "sign", watched)
    seals.issue(world.deps, APPROVER, seal.seal_id)
    assert seen == [["seal.applied", "seal.approved", "certificate.intended"]]
    assert [fact.type for fact in world.facts(seal, "")][2:] == [
        "certificate.intended",
        "certificate.issued",
        "seal.activated",
    ]
    intended, issued = world.facts(seal, "certificate.")
    assert intended.public == issued.public
    assert set(intended.public) == {"certSerial", "profile", "sealId", "uscc"}
    assert set(intended.payload) == {"by", "tbsDigest", "profileDigest"}


def test_physical(world: World) -> None:
    seal = world.approved(medium=SealMedium.PHYSICAL, code=CODE)
    with pytest.raises(SealImprintMissing):
        seals.issue(world.deps, APPROVER, seal.seal_id)
    seals.file_imprint(world.deps, OWNER, seal.seal_id, Filing(picture()))
    issued = seals.issue(world.deps, APPROVER, seal.seal_id)
    assert issued.status is SealStatus.ACTIVE
    assert issued.filed_at == issued.valid_from == world.clock.now()
    assert (issued.key_ref, issued.cert_serial, issued.valid_until) == (None, None, None)
    assert world.facts(seal, "certificate.") == []
    assert world.facts(seal)[-1].payload["code"] == CODE


def test_physical_without_code(world: World) -> None:
    seal = world.approved(medium=SealMedium.PHYSICAL, imprint=picture())
    with pytest.raises(SealImprintMissing):
        seals.issue(world.deps, APPROVER, seal.seal_id)
    assert world.get(seal).status is SealStatus.APPROVED


def test_refusals_make_no_key_and_no_certificate(world: World) -> None:
    applied, approved = world.applied(), world.approved()
    keys = world.deps.keys.list_keys()
    with pytest.raises(IllegalTransition):
        seals.issue(world.deps, APPROVER, applied.seal_id)
    with pytest.raises(ScopeMissing):
        seals.issue(world.deps, OWNER, approved.seal_id)
    with pytest.raises(SealChanged):
        seals.issue(world.deps, APPROVER, approved.seal_id, 1)
    with pytest.raises(SealNotFound):
        seals.issue(world.deps, APPROVER, SealId("seal_x"))
    entities.change(world.deps, OPERATOR, A, {"legal_name": "北京改名有限公司"})
    with pytest.raises(SealOwnerChanged):
        seals.issue(world.deps, APPROVER, approved.seal_id)
    assert world.deps.keys.list_keys() == keys
    assert world.facts(approved, "certificate.") == []


def test_failure_after_the_certificate_withdraws_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = world.approved()

    def fails(*_args: object) -> None:
        raise RuntimeError("disk on fire")

    with monkeypatch.context() as patch:
        patch.setattr(ISSUE, "_activate", fails)
        with pytest.raises(RuntimeError, match="disk on fire"):
            seals.issue(world.deps, APPROVER, seal.seal_id)
    (certificate,) = certs.of_seal(world.deps, seal.seal_id)
    assert certificate.status is CertificateStatus.REVOKED
    assert int(certificate.serial_hex, 16) in revoked_in_crl(world)
    assert [fact.type for fact in world.facts(seal, "certificate.")] == [
        "certificate.intended",
        "certificate.issued",
        "certificate.revoked",
    ]
    assert world.get(seal).status is SealStatus.APPROVED
    assert seals.issue(world.deps, APPROVER, seal.seal_id).status is SealStatus.ACTIVE


def test_commit_that_was_reported_as_failed_keeps_the_certificate(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = world.approved()
    real = ISSUE._activate

    def answer_lost(*args: Any) -> None:
        real(*args)
        raise ConnectionError("the answer to COMMIT was lost")

    monkeypatch.setattr(ISSUE, "_activate", answer_lost)
    with pytest.raises(ConnectionError):
        seals.issue(world.deps, APPROVER, seal.seal_id)
    now = world.get(seal)
    certificate = certs.find(world.deps, str(now.cert_serial))
    assert now.status is SealStatus.ACTIVE
    assert certificate is not None
    assert certificate.status is CertificateStatus.ISSUED


def test_two_issuers_at_once(world: World) -> None:
    seal = world.approved()

    def issue(who: Principal) -> object:
        try:
            return seals.issue(world.deps, who, seal.seal_id)
        except ServiceError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(issue, (APPROVER, APPROVER2)))
    (won,) = [one for one in got if isinstance(one, SealView)]
    (lost,) = [one for one in got if not isinstance(one, SealView)]
    assert isinstance(lost, IllegalTransition)
    for certificate in certs.of_seal(world.deps, seal.seal_id):
        wanted = certificate.serial_hex == won.cert_serial
        assert (certificate.status is CertificateStatus.ISSUED) == wanted


def test_crash_between_intent_and_result(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seal = world.approved()

    def dies(*_args: object) -> bytes:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(CERTS_ISSUE, "sign", dies)
        with pytest.raises(Crash):
            seals.issue(world.deps, APPROVER, seal.seal_id)
    (intent,) = certs.of_seal(world.deps, seal.seal_id)
    assert intent.status is CertificateStatus.INTENDED
    assert certs.reconcile(world.deps) == 0
    world.clock.forward(minutes=11)
    assert certs.reconcile(world.deps) == 1
    assert certs.reconcile(world.deps) == 0
    (intent,) = certs.of_seal(world.deps, seal.seal_id)
    assert (intent.status, intent.der) == (CertificateStatus.ABANDONED, None)
    assert world.facts(seal, "certificate.")[-1].type == "certificate.abandoned"
    assert seals.issue(world.deps, APPROVER, seal.seal_id).status is SealStatus.ACTIVE


@pytest.mark.parametrize("voided", [False, True])
def test_crash_between_certificate_and_activation(
    world: World, monkeypatch: pytest.MonkeyPatch, voided: bool
) -> None:
    seal = world.approved()

    def dies(*_args: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(ISSUE, "_activate", dies)
        with pytest.raises(Crash):
            seals.issue(world.deps, APPROVER, seal.seal_id)
    if voided:
        for who in (REGULATOR, REGULATOR2):
            seals.void(world.deps, who, seal.seal_id, ChangeRequest(SealAction.VOID, "x"))
    assert seals.reconcile(world.deps) == 0
    world.clock.forward(minutes=11)
    assert seals.reconcile(world.deps) == (0 if voided else 1)
    assert seals.reconcile(world.deps) == 0
    (certificate,) = certs.of_seal(world.deps, seal.seal_id)
    assert certificate.status is CertificateStatus.REVOKED
    certs.refresh_crls(world.deps)
    assert int(certificate.serial_hex, 16) in revoked_in_crl(world)


def test_reconcile_leaves_seals_in_use_alone(world: World) -> None:
    seal = world.active()
    world.clock.forward(hours=1)
    assert seals.reconcile(world.deps) == 0
    world.change(seal, SealAction.SUSPEND)
    assert seals.reconcile(world.deps) == 0


def test_seal_that_ends_during_the_signing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seal = world.approved()
    real = CERTS_ISSUE.sign

    def meanwhile(*args: Any) -> bytes:
        for who in (REGULATOR, REGULATOR2):
            seals.void(world.deps, who, seal.seal_id, ChangeRequest(SealAction.VOID, "x"))
        return bytes(real(*args))

    monkeypatch.setattr(CERTS_ISSUE, "sign", meanwhile)
    with pytest.raises(CertificateIntentLost):
        seals.issue(world.deps, APPROVER, seal.seal_id)
    (certificate,) = certs.of_seal(world.deps, seal.seal_id)
    assert (certificate.status, certificate.der) == (CertificateStatus.ABANDONED, None)
    assert world.get(seal).status is SealStatus.VOID


def test_certificate_withdrawn_by_the_worker_is_not_activated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = world.approved()
    real = ISSUE._activate

    def late(*args: Any) -> SealView:
        world.clock.forward(minutes=11)
        assert seals.reconcile(world.deps) == 1
        return real(*args)  # type: ignore[no-any-return]

    monkeypatch.setattr(ISSUE, "_activate", late)
    with pytest.raises(CertificateIntentLost):
        seals.issue(world.deps, APPROVER, seal.seal_id)
    assert world.get(seal).status is SealStatus.APPROVED


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
def test_openssl_agrees(world: World, tmp_path: Path) -> None:
    good, bad = world.active(), world.active()
    world.change(bad, SealAction.REVOKE)
    material = certs.trust_material(world.deps)
    ca = tmp_path / "ca.pem"
    crls = [x509.load_der_x509_crl(der) for der in material.crls_der]
    from cryptography.hazmat.primitives.serialization import Encoding

    certificates = [*material.anchors_der, *material.issuers_der]
    pem = [x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in certificates]
    ca.write_bytes(b"".join([*pem, *(crl.public_bytes(Encoding.PEM) for crl in crls)]))
    at = str(int(world.clock.now().timestamp()))
    for seal, word in ((good, "OK"), (bad, "certificate revoked")):
        found = certs.find(world.deps, str(seal.cert_serial))
        assert found is not None
        assert found.der is not None
        leaf = tmp_path / "leaf.pem"
        leaf.write_bytes(x509.load_der_x509_certificate(found.der).public_bytes(Encoding.PEM))
        run = subprocess.run(
            ["openssl", "verify", "-crl_check_all", "-attime", at, "-CAfile", ca, leaf],
            capture_output=True,
            text=True,
            check=False,
        )
        assert word in run.stdout + run.stderr


def test_no_fact_names_a_key(world: World) -> None:
    seal = world.active()
    assert seal.key_ref is not None
    for fact in facts(world.deps):
        assert seal.key_ref not in f"{fact.public}{fact.payload}"
