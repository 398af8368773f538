"""Issue, verify, correct and withdraw attestations."""

from dataclasses import replace

import pytest

from sealsvc.areas.access.model import NotYourEntity, ScopeMissing
from sealsvc.areas.certs import service as certs
from sealsvc.areas.entities import permits
from sealsvc.areas.sealing.model import SealNotActive
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.transactions import service as transactions
from sealsvc.areas.transactions.model.attestation import (
    AttestationNotFound,
    AttestationNotIssued,
    AttestationNotYours,
    AttestationNumberTaken,
    AttestationOperatorNotEntitled,
    AttestationSealNotFit,
    AttestationSubjectInvalid,
    AttestationUnreadable,
    read_envelope,
)
from sealsvc.areas.transactions.model.kinds import AttestationKindUnknown
from sealsvc.areas.transactions.model.proof import offline_problems
from sealsvc.areas.transactions.service import AttestRequest
from sealsvc.values import SealType, SubjectKind
from tests.areas.sealing.story import OPERATOR, A, merchant
from tests.areas.transactions.world import CARRIER, PAYER, PRICE, World, acts

ONE_DATABASE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def types(world: World, attestation_id: str) -> list[str]:
    return [one.type for one in world.story.facts(SubjectKind.ATTESTATION, attestation_id)]


def test_issued_with_its_facts_and_found_sound(world: World) -> None:
    made = world.payment()
    assert made.status == "ISSUED"
    assert types(world, made.attestation_id) == ["attestation.intended", "attestation.issued"]
    report = transactions.attestation_report(world.deps, made)
    assert report == {"summary": "TRUSTED", "findings": []}
    kept = transactions.get_attestation(world.deps, made.attestation_id)
    assert kept.envelope == made.envelope


@ONE_DATABASE
def test_holds_offline_with_the_root_alone(world: World) -> None:
    envelope = world.payment().envelope
    assert envelope is not None
    again = read_envelope(envelope.to_json())
    anchors = certs.trust_material(world.deps).anchors_der
    assert offline_problems(again, anchors) == ()
    assert offline_problems(again, ()) == ("CHAIN",)
    dearer = {**again.record.subject, "amount": "1.00"}
    forged = replace(again, record=replace(again.record, subject=dearer))
    assert offline_problems(forged, anchors) == ("SIGNATURE",)
    other = replace(again, record=replace(again.record, operator=A))
    assert set(offline_problems(other, anchors)) == {"SIGNATURE", "OPERATOR"}
    broken = replace(again, certificate_der=b"0")
    assert offline_problems(broken, anchors) == ("SIGNATURE", "CERTIFICATE")


@ONE_DATABASE
def test_an_operator_of_the_wrong_kind_is_refused(world: World) -> None:
    with pytest.raises(AttestationOperatorNotEntitled):
        world.attest(
            CARRIER,
            "payment",
            payer=A,
            payee=A,
            amount="1.00",
            currency="CNY",
            paidAt="2026-11-21T09:00:00Z",
            paymentNumber="1",
        )


@ONE_DATABASE
def test_an_operator_whose_permit_was_withdrawn(world: World) -> None:
    key = (PAYER, world.permits[PAYER])
    permits.withdraw(world.deps, OPERATOR, key, "revoked")
    with pytest.raises(AttestationOperatorNotEntitled):
        world.payment()


MALFORMED = (
    ({"amount": "1" * 30}, "amount"),
    ({"amount": "-1.00"}, "amount"),
    ({"amount": "1e3"}, "amount"),
    ({"amount": "0.00"}, "amount"),
    ({"amount": 12}, "amount"),
    ({"currency": "cny"}, "currency"),
    ({"payer": "91110000MA00000153"}, "payer"),
    ({"paidAt": "2026-11-21"}, "paidAt"),
    ({"paidAt": "2026-02-30T00:00:00Z"}, "paidAt"),
    ({"paymentNumber": "\n"}, "paymentNumber"),
    ({"paymentNumber": None}, "paymentNumber"),
    ({"bonus": "1"}, "bonus"),
)


@ONE_DATABASE
def test_a_malformed_subject_is_refused(world: World) -> None:
    for changed, field in MALFORMED:
        with pytest.raises(AttestationSubjectInvalid) as caught:
            world.payment(**changed)
        assert caught.value.fields["field"] == field


@ONE_DATABASE
def test_who_may_not(world: World) -> None:
    seal = world.seal(PAYER, SealType.OFFICIAL)
    request = AttestRequest(seal.seal_id, "payment", {})
    with pytest.raises(NotYourEntity):
        transactions.attest(world.deps, merchant(A), request)
    reader = replace(acts(PAYER), scopes=frozenset())
    with pytest.raises(ScopeMissing):
        transactions.attest(world.deps, reader, request)
    with pytest.raises(AttestationKindUnknown):
        transactions.attest(world.deps, acts(PAYER), replace(request, kind="gift"))
    contract_seal = world.seal(PAYER, SealType.CONTRACT)
    with pytest.raises(AttestationSealNotFit):
        transactions.attest(
            world.deps, acts(PAYER), replace(request, seal_id=contract_seal.seal_id)
        )
    world.story.change(seal, SealAction.SUSPEND)
    with pytest.raises(SealNotActive):
        transactions.attest(world.deps, acts(PAYER), request)


def test_one_number_stands_once_until_it_is_withdrawn(world: World) -> None:
    first = world.payment()
    with pytest.raises(AttestationNumberTaken):
        world.payment()
    ended = transactions.withdraw(world.deps, acts(PAYER), first.attestation_id, "回退")
    assert ended.status == "WITHDRAWN"
    assert types(world, first.attestation_id)[-1] == "attestation.withdrawn"
    with pytest.raises(AttestationNotIssued):
        transactions.withdraw(world.deps, acts(PAYER), first.attestation_id, "again")
    assert world.payment().status == "ISSUED"
    report = transactions.attestation_report(world.deps, ended)
    assert report["summary"] == "INVALID"


def test_a_correction_withdraws_what_it_replaces(world: World) -> None:
    first = world.payment(amount="1.00")
    second = world.payment(amount=PRICE, replaces=first.attestation_id)
    assert second.record.replaces == first.attestation_id
    old = transactions.get_attestation(world.deps, first.attestation_id)
    assert (old.status, old.withdraw_reason) == ("WITHDRAWN", "REPLACED")
    with pytest.raises(AttestationNotIssued):
        world.payment(paymentNumber="X", replaces=first.attestation_id)


@ONE_DATABASE
def test_only_its_operator_withdraws(world: World) -> None:
    made = world.payment()
    with pytest.raises(AttestationNotYours):
        transactions.withdraw(world.deps, acts(CARRIER), made.attestation_id, "no")
    with pytest.raises(AttestationNotFound):
        transactions.withdraw(world.deps, acts(PAYER), "att_" + "a" * 26, "no")


class DyingKeys:
    """A key store that is killed while it signs."""

    def signer(self, key_ref: str) -> None:
        raise KeyboardInterrupt


def test_a_crash_leaves_an_intent_that_is_abandoned(world: World) -> None:
    seal = world.seal(PAYER, SealType.OFFICIAL)
    alive = world.deps
    world.story.deps = replace(alive, keys=DyingKeys())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        world.payment()
    world.story.deps = alive
    world.story.clock.forward(minutes=11)
    assert transactions.reconcile(world.deps) == 1
    assert transactions.reconcile(world.deps) == 0
    types_seen = [one.type for one in world.story.facts(SubjectKind.SEAL, seal.seal_id)]
    assert types_seen[-2:] == ["attestation.intended", "attestation.abandoned"]
    assert world.payment().status == "ISSUED"


@pytest.mark.parametrize(
    "shape",
    [
        None,
        [],
        {},
        {"record": {}, "signature": {}},
        {"record": 1, "signature": {"suite": "x"}},
        {"record": {"v": 2}, "signature": {"suite": "x"}},
    ],
)
def test_what_is_no_envelope(shape: object) -> None:
    with pytest.raises(AttestationUnreadable):
        read_envelope(shape)
