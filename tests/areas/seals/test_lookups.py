"""Who sees what of a seal; status at a time as known at a time; what a judgement is told."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from sealsvc.areas.entities import service as entities
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import (
    ChangeRequest,
    PublicSeal,
    SealFilter,
    SealNotFound,
    SealNotYours,
    SealView,
)
from sealsvc.ports import BlobMissing
from sealsvc.values import Principal, SealId, SealMedium, SealStatus, SealType
from tests.areas.seals.world import (
    APPROVER,
    AUDITOR,
    CODE,
    NAMES,
    OPERATOR,
    OWNER,
    PERSON,
    REGULATOR,
    REGULATOR2,
    SELF,
    SHOP,
    STRANGER,
    A,
    B,
    World,
)


@pytest.mark.parametrize("viewer", [OWNER, APPROVER, REGULATOR, AUDITOR])
def test_owner_and_authorities_see_everything(world: World, viewer: Principal) -> None:
    seal = world.applied()
    assert seals.look_up(world.deps, viewer, seal.seal_id) == seal
    assert seals.show_imprint(world.deps, viewer, seal.seal_id).startswith(b"\x89PNG")
    assert [item.action for item in seals.history(world.deps, viewer, seal.seal_id)] == ["APPLY"]


@pytest.mark.parametrize("viewer", [None, STRANGER, SHOP, OPERATOR])
def test_others_see_the_public_members(world: World, viewer: Principal | None) -> None:
    seal = world.active()
    shown = seals.look_up(world.deps, viewer, seal.seal_id)
    assert isinstance(shown, PublicSeal)
    assert (shown.owner_uscc, shown.owner_name) == (A, NAMES[A])
    assert (shown.status, shown.cert_serial) == (SealStatus.ACTIVE, seal.cert_serial)
    if viewer is not None:
        with pytest.raises(SealNotYours):
            seals.show_imprint(world.deps, viewer, seal.seal_id)
        with pytest.raises(SealNotYours):
            seals.history(world.deps, viewer, seal.seal_id)


def test_natural_persons(world: World) -> None:
    seal, legal = world.applied(uscc=PERSON), world.applied()
    shown = seals.look_up(world.deps, None, seal.seal_id)
    assert shown.owner_uscc is None
    everything = SealFilter()
    assert ids(seals.search(world.deps, None, everything)) == ids([legal])
    assert ids(seals.search(world.deps, SELF, everything)) == ids([legal])
    assert ids(seals.search(world.deps, REGULATOR, everything)) == ids([seal, legal])
    named = seals.search(world.deps, None, SealFilter(uscc=PERSON))
    assert ids(named) == ids([seal])
    assert named[0].owner_uscc is None
    assert isinstance(seals.search(world.deps, SELF, SealFilter(uscc=PERSON))[0], SealView)


def ids(found: Any) -> list[str]:
    return sorted(seal.seal_id for seal in found)


def test_search(world: World) -> None:
    one = world.active(medium=SealMedium.PHYSICAL, code=CODE)
    two, three = world.applied(SealType.INVOICE), world.applied(uscc=B)
    for wanted, expected in (
        (SealFilter(), [one, two, three]),
        (SealFilter(uscc=A.lower()), [one, two]),
        (SealFilter(uscc=B), [three]),
        (SealFilter(code=" 11010800 12345"), [one]),
        (SealFilter(code="1101080099999"), []),
        (SealFilter(seal_type=SealType.CONTRACT), [one, three]),
        (SealFilter(status=SealStatus.ACTIVE), [one]),
        (SealFilter(uscc=A, seal_type=SealType.INVOICE, status=SealStatus.APPLIED), [two]),
        (SealFilter(uscc="x" * 500), []),
    ):
        assert ids(seals.search(world.deps, REGULATOR, wanted)) == ids(expected)


def test_pages(world: World) -> None:
    made = ids(world.applied() for _ in range(5))
    first = seals.search(world.deps, None, SealFilter(limit=2))
    assert [seal.seal_id for seal in first] == made[:3]  # one more tells that there are more
    rest = seals.search(world.deps, None, SealFilter(limit=9, after=made[1]))
    assert [seal.seal_id for seal in rest] == made[2:]


def test_absent(world: World) -> None:
    nowhere = SealId("seal_nowhere")
    for call in (
        lambda: seals.get(world.deps, nowhere),
        lambda: seals.look_up(world.deps, None, nowhere),
        lambda: seals.history(world.deps, OWNER, nowhere),
        lambda: seals.show_imprint(world.deps, OWNER, nowhere),
        lambda: seals.status(world.deps, nowhere, None, None),
        lambda: seals.registered_seal(world.deps, nowhere, None),
    ):
        with pytest.raises(SealNotFound):
            call()
    paper = world.applied(medium=SealMedium.PHYSICAL)
    with pytest.raises(BlobMissing):
        seals.show_imprint(world.deps, OWNER, paper.seal_id)


def test_status_knows_two_clocks(world: World) -> None:
    seal = world.active()
    used_at = world.clock.now()
    world.clock.forward(hours=2)
    lost_since = used_at - timedelta(seconds=30)
    reported_at = world.clock.now()
    world.change(seal, SealAction.REPORT_LOST, effective_from=lost_since)
    world.clock.forward(hours=1)

    def at(moment: datetime | None, known: datetime | None = None) -> seals.SealStatusAnswer:
        return seals.status(world.deps, seal.seal_id, moment, known)

    facts = {fact.type: fact.id for fact in world.facts(seal)}
    today = at(None)
    assert (today.answer.status, today.status_now) == (SealStatus.LOST, SealStatus.LOST)
    assert today.fact_id == facts["seal.lost"]
    assert today.answered_at == today.answer.at == world.clock.now()
    then = at(used_at, used_at)
    assert (then.answer.status, then.status_now) == (SealStatus.ACTIVE, SealStatus.LOST)
    assert then.fact_id == facts["seal.activated"]
    later = then.answer.known_later
    assert later is not None
    assert (later.status, later.since, later.effective_from) == (
        SealStatus.LOST,
        reported_at,
        lost_since,
    )
    assert then.later_fact_id == facts["seal.lost"]
    assert at(used_at).answer.status is SealStatus.LOST
    assert at(lost_since - timedelta(seconds=1)).answer.status is SealStatus.ACTIVE
    assert at(seal.applied_at).answer.status is SealStatus.APPLIED
    before = at(seal.applied_at - timedelta(seconds=1))
    assert (before.answer.status, before.fact_id) == (None, None)


def test_void_from_the_beginning(world: World) -> None:
    seal = world.active()
    used_at = world.clock.now()
    world.clock.forward(hours=1)
    for who in (REGULATOR, REGULATOR2):
        seals.void(world.deps, who, seal.seal_id, ChangeRequest(SealAction.VOID, "x"))
    told = seals.registered_seal(world.deps, seal.seal_id, used_at)
    assert told.status_at_signing is SealStatus.VOID
    assert told.status_then_known is SealStatus.ACTIVE
    assert told.status_now is SealStatus.VOID
    assert told.status_fact_id == world.facts(seal)[-1].id


def test_registered_seal(world: World) -> None:
    seal = world.active()
    told = seals.registered_seal(world.deps, seal.seal_id, world.clock.now())
    assert (told.seal_id, told.owner_uscc, told.owner_name) == (seal.seal_id, A, NAMES[A])
    assert told.owner_active
    assert told.status_at_signing is told.status_then_known is SealStatus.ACTIVE
    assert told.status_fact_id == world.facts(seal)[-1].id
    assert told.imprint_rgba_sha256 == seal.imprint_rgba_sha256
    timeless = seals.registered_seal(world.deps, seal.seal_id, None)
    assert timeless.status_at_signing is timeless.status_then_known is None
    assert timeless.status_fact_id is None
    entities.cancel(world.deps, OPERATOR, A, "解散")
    assert not seals.registered_seal(world.deps, seal.seal_id, None).owner_active


def test_signing_times_count_whole_seconds(world: World) -> None:
    world.clock.at = world.clock.at.replace(microsecond=400_000)
    seal = world.approved()
    world.clock.forward(minutes=1)
    issued = seals.issue(world.deps, APPROVER, seal.seal_id)
    assert issued.valid_from is not None
    assert issued.valid_from.microsecond == 400_000
    second = issued.valid_from.replace(microsecond=0)
    told = seals.registered_seal(world.deps, seal.seal_id, second)
    assert told.status_at_signing is SealStatus.ACTIVE
    assert told.valid_from == told.status_now_since == second
    earlier = seals.registered_seal(world.deps, seal.seal_id, second - timedelta(seconds=1))
    assert earlier.status_at_signing is SealStatus.APPROVED
    # used, then suspended within the second: it was active when it was used
    world.clock.forward(microseconds=300_000)
    world.change(issued, SealAction.SUSPEND)
    told = seals.registered_seal(world.deps, seal.seal_id, second)
    assert (told.status_at_signing, told.status_now) == (SealStatus.ACTIVE, SealStatus.SUSPENDED)
    exact = world.clock.now()
    told = seals.registered_seal(world.deps, seal.seal_id, exact)
    assert told.status_at_signing is SealStatus.SUSPENDED


def test_lock_for_those_who_use_the_seal(world: World) -> None:
    seal = world.active()
    with world.deps.write() as tx:
        assert seals.lock(tx, seal.seal_id) == seal
        assert seals.require_usable(tx, seal.seal_id) == seal
        with pytest.raises(SealNotFound):
            seals.lock(tx, SealId("seal_x"))
