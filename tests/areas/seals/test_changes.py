"""Changes of state: each asserts the row, the event and the fact."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509

from sealsvc.areas.access.model import NotYourEntity, ScopeMissing, UnboundRequired
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import CertificateStatus
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.model import EntityAlreadyCancelled
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import (
    SYSTEM,
    DualControlRequired,
    EffectiveFromInvalid,
    IllegalTransition,
    ReasonRequired,
    SealAction,
    SuspendedByRegulator,
    VoidStep,
    transition,
)
from sealsvc.areas.seals.model.views import ChangeRequest, SealChanged, SealNotFound, SealView
from sealsvc.areas.seals.service import Filing
from sealsvc.errors import Conflict, ServiceError
from sealsvc.values import Principal, Scope, SealId, SealMedium, SealStatus, SealType
from tests.areas.seals.world import (
    APPROVER,
    APPROVER2,
    CODE,
    OPERATOR,
    OWNER,
    REGULATOR,
    REGULATOR2,
    STRANGER,
    A,
    World,
    events,
    picture,
)

PHYSICAL = SealMedium.PHYSICAL


def changed(world: World, seal: SealView, action: SealAction, by: str) -> dict[str, Any]:
    """Asserts that row, last event and last seal fact tell of this action; the fact's public."""
    now = world.get(seal)
    event, fact = events(world.deps, seal)[-1], world.facts(seal)[-1]
    assert fact.type == transition(action).fact_type
    assert now.status == event.status == fact.public["state"]
    assert (event.action, event.by, event.fact_id) == (str(action), by, fact.id)
    assert fact.payload["by"] == by
    assert fact.payload.get("reason") == event.reason
    assert now.status_since == event.recorded_at
    return fact.public


def test_approve(world: World) -> None:
    seal = world.applied()
    approved = world.change(seal, SealAction.APPROVE, APPROVER, reason=None)
    assert (approved.status, approved.version) == (SealStatus.APPROVED, 2)
    changed(world, seal, SealAction.APPROVE, APPROVER.client_id)


def test_reject_needs_a_reason(world: World) -> None:
    seal = world.applied()
    for reason in (None, "", "  ", "x" * 501):
        with pytest.raises(ReasonRequired):
            world.change(seal, SealAction.REJECT, APPROVER, reason=reason)
    rejected = world.change(seal, SealAction.REJECT, APPROVER, reason=" 材料不全 ")
    assert rejected.status is SealStatus.REJECTED
    changed(world, seal, SealAction.REJECT, APPROVER.client_id)
    assert world.facts(seal)[-1].payload["reason"] == "材料不全"


def test_nobody_approves_an_own_application(world: World) -> None:
    both = Principal("cli_both", "both", frozenset({Scope.SEAL_APPLY, Scope.SEAL_APPROVE}))
    seal = seals.apply(world.deps, both, seals_asked())
    with pytest.raises(DualControlRequired):
        world.change(seal, SealAction.APPROVE, both)
    assert world.change(seal, SealAction.APPROVE, APPROVER).status is SealStatus.APPROVED


def seals_asked() -> Any:
    from tests.areas.seals.world import asked

    return asked()


def test_two_approvers_at_once(world: World) -> None:
    seal = world.applied()

    def approve(who: Principal) -> object:
        try:
            return world.change(seal, SealAction.APPROVE, who)
        except ServiceError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(approve, (APPROVER, APPROVER2)))
    assert sum(isinstance(one, SealView) for one in got) == 1
    assert sum(isinstance(one, IllegalTransition) for one in got) == 1
    assert [fact.type for fact in world.facts(seal)] == ["seal.applied", "seal.approved"]


@pytest.mark.parametrize("who", [OWNER, STRANGER, REGULATOR])
def test_who_may_not_approve(world: World, who: Principal) -> None:
    seal = world.applied()
    with pytest.raises(ScopeMissing):
        world.change(seal, SealAction.APPROVE, who)
    assert len(events(world.deps, seal)) == 1


@pytest.mark.parametrize("action", [SealAction.ISSUE, SealAction.REPLACE, SealAction.VOID])
def test_actions_with_verbs_of_their_own(world: World, action: SealAction) -> None:
    seal = world.applied()
    with pytest.raises(ValueError, match="verb of its own"):
        world.change(seal, action, REGULATOR)


def test_version_of_if_match(world: World) -> None:
    seal = world.applied()
    with pytest.raises(SealChanged):
        world.change(seal, SealAction.APPROVE, APPROVER, if_version=2)
    with pytest.raises(ScopeMissing):  # rights before anything about the seal
        world.change(seal, SealAction.APPROVE, OWNER, if_version=2)
    assert world.change(seal, SealAction.APPROVE, APPROVER, if_version=1).version == 2
    with pytest.raises(SealNotFound):
        seals.change(world.deps, APPROVER, SealId("seal_x"), ChangeRequest(SealAction.APPROVE))


def test_suspend_and_resume(world: World) -> None:
    seal = world.active()
    with pytest.raises(ReasonRequired):
        world.change(seal, SealAction.SUSPEND, reason=None)
    suspended = world.change(seal, SealAction.SUSPEND)
    assert (suspended.status, suspended.suspended_by_regulator) == (SealStatus.SUSPENDED, False)
    changed(world, seal, SealAction.SUSPEND, OWNER.client_id)
    with pytest.raises(IllegalTransition):
        world.change(seal, SealAction.SUSPEND)
    world.clock.forward(minutes=1)
    assert world.change(seal, SealAction.RESUME).status is SealStatus.ACTIVE
    changed(world, seal, SealAction.RESUME, OWNER.client_id)
    certificate = certs.find(world.deps, str(seal.cert_serial))
    assert certificate is not None
    assert certificate.status is CertificateStatus.ISSUED


def test_owner_cannot_lift_what_a_regulator_imposed(world: World) -> None:
    seal = world.active()
    suspended = world.change(seal, SealAction.SUSPEND, REGULATOR)
    assert suspended.suspended_by_regulator
    with pytest.raises(SuspendedByRegulator):
        world.change(seal, SealAction.RESUME)
    with pytest.raises(SuspendedByRegulator):
        seals.replace(world.deps, OWNER, seal.seal_id, "damaged")
    resumed = world.change(seal, SealAction.RESUME, REGULATOR2)
    assert (resumed.status, resumed.suspended_by_regulator) == (SealStatus.ACTIVE, False)


def test_strangers_change_nothing(world: World) -> None:
    seal = world.active()
    for action in (SealAction.SUSPEND, SealAction.REPORT_LOST, SealAction.REVOKE):
        with pytest.raises(NotYourEntity):
            world.change(seal, action, STRANGER)
    with pytest.raises(NotYourEntity):  # one person's word must not undo old signatures
        world.change(seal, SealAction.REPORT_LOST, REGULATOR)
    with pytest.raises(NotYourEntity):
        seals.replace(world.deps, STRANGER, seal.seal_id, "x")
    with pytest.raises(UnboundRequired):
        seals.void(world.deps, OWNER, seal.seal_id, ChangeRequest(SealAction.VOID, "x"))


def crl_entry(world: World, serial: str | None) -> x509.RevokedCertificate | None:
    crl = x509.load_der_x509_crl(certs.newest_crl(world.deps, "issuing").der)
    return crl.get_revoked_certificate_by_serial_number(int(str(serial), 16))


def test_loss_dated_back(world: World) -> None:
    seal = world.active()
    world.clock.forward(hours=5)
    now = world.clock.now()
    since = now - timedelta(hours=3)
    for wrong in (now + timedelta(seconds=1), seal.applied_at, datetime(2026, 11, 21)):
        with pytest.raises(EffectiveFromInvalid):
            world.change(seal, SealAction.REPORT_LOST, effective_from=wrong)
    lost = world.change(seal, SealAction.REPORT_LOST, effective_from=since)
    assert lost.status is SealStatus.LOST
    public = changed(world, seal, SealAction.REPORT_LOST, OWNER.client_id)
    assert public["effectiveFrom"] == since.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert events(world.deps, seal)[-1].effective_from == since
    revoked = world.facts(seal, "certificate.")[-1]
    assert revoked.type == "certificate.revoked"
    assert revoked.payload["revocationReason"] == "KEY_COMPROMISE"
    assert revoked.payload["invalidSince"] == public["effectiveFrom"]
    entry = crl_entry(world, seal.cert_serial)
    assert entry is not None
    assert entry.revocation_date_utc == now
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value
    dated = entry.extensions.get_extension_for_class(x509.InvalidityDate).value
    assert reason.reason is x509.ReasonFlags.key_compromise
    assert dated.invalidity_date_utc == since


@pytest.mark.parametrize("action", [SealAction.SUSPEND, SealAction.REVOKE])
def test_other_changes_cannot_be_dated(world: World, action: SealAction) -> None:
    seal = world.active()
    with pytest.raises(EffectiveFromInvalid):
        world.change(seal, action, effective_from=seal.valid_from)


def test_revoke(world: World) -> None:
    seal = world.active()
    assert world.change(seal, SealAction.REVOKE).status is SealStatus.REVOKED
    changed(world, seal, SealAction.REVOKE, OWNER.client_id)
    entry = crl_entry(world, seal.cert_serial)
    assert entry is not None
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value
    assert reason.reason is x509.ReasonFlags.cessation_of_operation
    for action in (SealAction.SUSPEND, SealAction.RESUME, SealAction.REPORT_LOST):
        with pytest.raises(IllegalTransition):
            world.change(seal, action)


def test_revocation_stands_when_the_crl_cannot_be_made(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = world.active()

    def broken(*_args: object, **_kwargs: object) -> bytes:
        raise RuntimeError("the token is unplugged")

    with monkeypatch.context() as patch:
        patch.setattr("sealsvc.areas.certs.service.crls.sign_crl", broken)
        assert world.change(seal, SealAction.REVOKE).status is SealStatus.REVOKED
    assert crl_entry(world, seal.cert_serial) is None
    assert certs.refresh_crls(world.deps) == 1
    assert crl_entry(world, seal.cert_serial) is not None
    assert certs.refresh_crls(world.deps) == 0


def test_expiry(world: World) -> None:
    seal, other = world.active(), world.active(SealType.INVOICE)
    world.change(other, SealAction.SUSPEND)
    assert seals.expire_due(world.deps) == 0
    assert seal.valid_until is not None
    world.clock.at = seal.valid_until + timedelta(days=2)
    assert seals.expire_due(world.deps) == 2
    assert seals.expire_due(world.deps) == 0
    for one in (seal, other):
        assert world.get(one).status is SealStatus.EXPIRED
        public = changed(world, one, SealAction.EXPIRE, SYSTEM)
        assert public["effectiveFrom"] == one.valid_until.strftime("%Y-%m-%dT%H:%M:%SZ")  # type: ignore[union-attr]
    # an expired certificate is good up to its end: no CRL entry
    assert crl_entry(world, seal.cert_serial) is None


def test_void_by_two_regulators(world: World) -> None:
    seal = world.active()
    request = ChangeRequest(SealAction.VOID, "伪造材料")
    proposed, step = seals.void(world.deps, REGULATOR, seal.seal_id, request)
    assert step is VoidStep.PROPOSE
    assert (proposed.status, proposed.version) == (SealStatus.ACTIVE, seal.version + 1)
    assert proposed.void_proposal is not None
    assert proposed.void_proposal.effective_from == seal.applied_at
    fact = world.facts(seal)[-1]
    assert (fact.type, fact.public) == ("seal.void_proposed", {})
    assert fact.payload["reason"] == "伪造材料"
    with pytest.raises(DualControlRequired):
        seals.void(world.deps, REGULATOR, seal.seal_id, request)
    world.clock.forward(hours=1)
    other = ChangeRequest(SealAction.VOID, "another reason", world.clock.now())
    voided, step = seals.void(world.deps, REGULATOR2, seal.seal_id, other)
    assert (step, voided.status) == (VoidStep.CONFIRM, SealStatus.VOID)
    assert voided.void_proposal is None
    public = changed(world, seal, SealAction.VOID, REGULATOR2.client_id)
    assert public["effectiveFrom"] == seal.applied_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    payload = world.facts(seal)[-1].payload
    assert (payload["reason"], payload["proposedBy"]) == ("伪造材料", REGULATOR.client_id)
    entry = crl_entry(world, seal.cert_serial)
    assert entry is not None
    dated = entry.extensions.get_extension_for_class(x509.InvalidityDate).value
    assert dated.invalidity_date_utc == seal.applied_at
    with pytest.raises(IllegalTransition):
        seals.void(world.deps, REGULATOR, seal.seal_id, request)


def test_void_needs_a_reason_and_the_version(world: World) -> None:
    seal = world.active()
    with pytest.raises(ReasonRequired):
        seals.void(world.deps, REGULATOR, seal.seal_id, ChangeRequest(SealAction.VOID))
    with pytest.raises(SealChanged):
        seals.void(
            world.deps, REGULATOR, seal.seal_id, ChangeRequest(SealAction.VOID, "x", None, 99)
        )
    assert world.get(seal).void_proposal is None


def test_void_dates_an_earlier_revocation_back(world: World) -> None:
    seal = world.active()
    world.change(seal, SealAction.REVOKE)
    world.clock.forward(hours=1)
    request = ChangeRequest(SealAction.VOID, "x", seal.valid_from)
    seals.void(world.deps, REGULATOR, seal.seal_id, request)
    seals.void(world.deps, REGULATOR2, seal.seal_id, request)
    entry = crl_entry(world, seal.cert_serial)
    assert entry is not None
    dated = entry.extensions.get_extension_for_class(x509.InvalidityDate).value
    assert dated.invalidity_date_utc == seal.valid_from
    assert world.facts(seal, "certificate.")[-1].type == "certificate.revocation_dated"


def test_replace(world: World) -> None:
    paper = world.active(medium=PHYSICAL, code=CODE)
    seal = world.active(counterpart_seal_id=paper.seal_id)
    with pytest.raises(ReasonRequired):
        seals.replace(world.deps, OWNER, seal.seal_id, None)
    with pytest.raises(SealChanged):
        seals.replace(world.deps, OWNER, seal.seal_id, "x", 1)
    made = seals.replace(world.deps, OWNER, seal.seal_id, "密钥损坏", seal.version)
    old = world.get(seal)
    assert (old.status, old.superseded_by) == (SealStatus.REPLACED, made.seal_id)
    assert (made.status, made.supersedes) == (SealStatus.APPLIED, seal.seal_id)
    assert made.counterpart_seal_id == paper.seal_id
    assert not world.get(paper).under_review  # a remake is routine
    changed(world, seal, SealAction.REPLACE, OWNER.client_id)
    assert world.facts(seal)[-1].payload["successorSealId"] == made.seal_id
    changed(world, made, SealAction.APPLY, OWNER.client_id)
    assert world.facts(made)[0].payload["supersedes"] == seal.seal_id
    assert crl_entry(world, seal.cert_serial) is not None
    with pytest.raises(IllegalTransition):
        seals.replace(world.deps, OWNER, seal.seal_id, "again")


def test_replacing_the_one_name_seal_keeps_its_place(world: World) -> None:
    seal = world.active(SealType.LEGAL_REPRESENTATIVE)
    made = seals.replace(world.deps, OWNER, seal.seal_id, "worn")
    assert made.seal_type is SealType.LEGAL_REPRESENTATIVE


def test_physical_successor_gets_its_code_when_it_is_filed(world: World) -> None:
    seal = world.active(medium=PHYSICAL, code=CODE)
    made = seals.replace(world.deps, OWNER, seal.seal_id, "worn")
    assert made.code is None
    world.change(made, SealAction.APPROVE, APPROVER)
    seals.file_imprint(world.deps, OWNER, made.seal_id, Filing(picture(), "1101080012346"))
    issued = seals.issue(world.deps, APPROVER, made.seal_id)
    assert (issued.status, issued.code) == (SealStatus.ACTIVE, "1101080012346")


@pytest.mark.parametrize("lost", ["paper", "electronic"])
def test_loss_of_one_medium_puts_the_other_under_review(world: World, lost: str) -> None:
    paper = world.active(medium=PHYSICAL, code=CODE)
    electronic = world.active(counterpart_seal_id=paper.seal_id)
    one, other = (paper, electronic) if lost == "paper" else (electronic, paper)
    world.change(one, SealAction.REPORT_LOST)
    flagged = world.get(other)
    assert (flagged.under_review, flagged.status) == (True, SealStatus.ACTIVE)
    assert flagged.version == other.version + 1
    fact = world.facts(other)[-1]
    assert fact.type == "seal.review_flagged"
    assert fact.payload["counterpartSealId"] == one.seal_id
    world.change(other, SealAction.SUSPEND)
    assert not world.change(other, SealAction.RESUME).under_review


def test_both_media_lost_at_once(world: World) -> None:
    paper = world.active(medium=PHYSICAL, code=CODE)
    electronic = world.active(counterpart_seal_id=paper.seal_id)
    with ThreadPoolExecutor(2) as pool:
        calls = [
            pool.submit(world.change, one, SealAction.REPORT_LOST) for one in (paper, electronic)
        ]
        assert [call.result().status for call in calls] == [SealStatus.LOST] * 2


def test_cancelled_owner_ends_every_seal(world: World) -> None:
    active, applied = world.active(), world.applied(SealType.INVOICE)
    approved = world.approved(SealType.FINANCE)
    suspended = world.active(SealType.OFFICIAL)
    world.change(suspended, SealAction.SUSPEND)
    assert seals.follow_entities(world.deps) == 0
    entities.cancel(world.deps, OPERATOR, A, "解散")
    with pytest.raises(EntityAlreadyCancelled):  # at once, before the worker comes round
        world.change(applied, SealAction.APPROVE, APPROVER)
    with pytest.raises(EntityAlreadyCancelled):
        world.change(suspended, SealAction.RESUME)
    with pytest.raises(EntityAlreadyCancelled):
        seals.issue(world.deps, APPROVER, approved.seal_id)
    with pytest.raises(EntityAlreadyCancelled):
        seals.replace(world.deps, OWNER, active.seal_id, "x")
    with world.deps.write() as tx, pytest.raises(EntityAlreadyCancelled):
        seals.require_usable(tx, active.seal_id)
    assert seals.follow_entities(world.deps) == 4
    assert seals.follow_entities(world.deps) == 0
    for seal, action in (
        (active, SealAction.REVOKE),
        (suspended, SealAction.REVOKE),
        (applied, SealAction.REJECT),
        (approved, SealAction.REJECT),
    ):
        changed(world, seal, action, SYSTEM)
        assert world.facts(seal)[-1].payload["reason"] == "ENTITY_CANCELLED"
    assert crl_entry(world, active.cert_serial) is not None
    assert crl_entry(world, suspended.cert_serial) is not None


def test_resuming_twice_at_once_is_one_change(world: World) -> None:
    seal = world.active()
    world.change(seal, SealAction.SUSPEND)

    def resume(_: int) -> object:
        try:
            return world.change(seal, SealAction.RESUME)
        except Conflict as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(resume, range(4)))
    assert sum(isinstance(one, SealView) for one in got) == 1
    assert [fact.type for fact in world.facts(seal)].count("seal.resumed") == 1


def test_loss_is_not_dated_before_use(world: World) -> None:
    seal = world.active()
    assert seal.valid_from is not None
    with pytest.raises(EffectiveFromInvalid):
        world.change(
            seal, SealAction.REPORT_LOST, effective_from=seal.valid_from - timedelta(seconds=1)
        )
    zone = seal.valid_from.astimezone(UTC)
    assert world.change(seal, SealAction.REPORT_LOST, effective_from=zone).status == "LOST"
