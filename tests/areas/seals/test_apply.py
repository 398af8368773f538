"""Applications: what is taken, what is refused, and what two at once may do."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module
from io import BytesIO
from threading import Barrier
from typing import Any

import pytest
from PIL import Image
from sqlalchemy.exc import IntegrityError

from sealsvc.areas.access.model import NotYourEntity, ScopeMissing
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.model import EntityAlreadyCancelled
from sealsvc.areas.entities.repo import EntityNotFound
from sealsvc.areas.seals import repo
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import (
    IllegalTransition,
    SealAction,
    SealCodeInvalid,
    SealCodeTaken,
    SealLimitReached,
)
from sealsvc.areas.seals.model.views import (
    CounterpartInvalid,
    SealApplicationInvalid,
    SealChanged,
    SealNotFound,
    SealOwnerChanged,
    SealView,
)
from sealsvc.areas.seals.service import Filing
from sealsvc.errors import ServiceError
from sealsvc.imprint.picture import ImprintPictureUnreadable
from sealsvc.imprint.render import ImprintSpecInvalid
from sealsvc.values import Principal, Scope, SealId, SealMedium, SealStatus, SealType
from tests.areas.seals.world import (
    APPROVER,
    CODE,
    NAMES,
    OPERATOR,
    OWNER,
    PERSON,
    STRANGER,
    A,
    B,
    World,
    asked,
    events,
    facts,
    picture,
)

PHYSICAL = SealMedium.PHYSICAL
# The package's attribute of this name is the verb, not the module.
APPLY = import_module("sealsvc.areas.seals.service.apply")


def test_electronic(world: World) -> None:
    seal = world.applied()
    assert seal == world.get(seal)
    assert (seal.status, seal.version) == (SealStatus.APPLIED, 1)
    assert (seal.owner_uscc, seal.owner_name) == (A, NAMES[A])
    assert seal.applied_at == seal.status_since == world.clock.now()
    assert (seal.key_ref, seal.cert_serial, seal.valid_until) == (None, None, None)
    assert seal.suite == world.deps.config.default_suite
    assert (seal.width_mm, seal.height_mm) == (38.0, 38.0)
    png = Image.open(BytesIO(seals.imprint(world.deps, seal.seal_id)))
    assert png.format == "PNG"
    (event,) = events(world.deps, seal)
    (fact,) = world.facts(seal)
    assert (event.action, event.status, event.by) == ("APPLY", "APPLIED", OWNER.client_id)
    assert (event.fact_id, event.recorded_at) == (fact.id, world.clock.now())
    assert fact.type == "seal.applied"
    assert fact.public == {
        "sealId": seal.seal_id,
        "type": "CONTRACT",
        "medium": "ELECTRONIC",
        "state": "APPLIED",
        "uscc": A,
    }
    assert fact.payload == {
        "by": OWNER.client_id,
        "name": "合同专用章",
        "imprintDigest": seal.imprint_sha256,
        "imprintPixelsDigest": seal.imprint_rgba_sha256,
    }
    assert fact.subjects == {f"seal:{seal.seal_id}", f"entity:{A}"}


def test_code_of_a_natural_person_stays_out_of_the_leaf(world: World) -> None:
    (fact,) = world.facts(world.applied(uscc=PERSON))
    assert "uscc" not in fact.public
    assert fact.payload["uscc"] == PERSON


def test_credit_code_in_any_spelling(world: World) -> None:
    seal = seals.apply(world.deps, OWNER, asked(uscc=" 9111 0000-ma00000152"))
    assert seal.owner_uscc == A


def test_physical_with_everything(world: World) -> None:
    seal = world.applied(medium=PHYSICAL, code=" 11010800 12345 ", imprint=picture("JPEG"))
    assert (seal.code, seal.suite, seal.medium) == (CODE, None, PHYSICAL)
    assert seal.width_mm == pytest.approx(10.16)
    # Whatever came in, a PNG is kept: it is what the imprint is served as.
    assert seals.imprint(world.deps, seal.seal_id).startswith(b"\x89PNG")
    (fact,) = world.facts(seal)
    assert fact.payload["code"] == CODE
    assert fact.payload["imprintDigest"] == seal.imprint_sha256


def test_pixels_measure_does_not_depend_on_the_file(world: World) -> None:
    one = world.applied(medium=PHYSICAL, imprint=picture("PNG"))
    other = world.applied(SealType.INVOICE, medium=PHYSICAL, imprint=picture("BMP"))
    third = world.applied(SealType.FINANCE, medium=PHYSICAL, imprint=picture("PNG", None))
    assert one.imprint_rgba_sha256 == third.imprint_rgba_sha256
    assert one.imprint_rgba_sha256 == other.imprint_rgba_sha256
    assert (third.width_mm, third.height_mm) == (None, None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"person_name": ""}, "personName"),
        ({"person_name": "x" * 121}, "personName"),
        ({"person_name": "a\nb"}, "personName"),
        ({"sequence": 0}, "sequence"),
        ({"sequence": 100}, "sequence"),
        ({"imprint": b"x"}, "imprint"),
        ({"code": CODE}, "code"),
        ({"suite": "no-such-suite"}, "suite"),
        ({"medium": PHYSICAL, "suite": "ecdsa-p256-sha256"}, "suite"),
    ],
)
def test_invalid_applications(world: World, change: dict[str, Any], field: str) -> None:
    application = replace(asked(), **change)
    before = len(facts(world.deps))
    with pytest.raises(SealApplicationInvalid) as caught:
        seals.apply(world.deps, OWNER, application)
    assert caught.value.fields["field"] == field
    assert len(facts(world.deps)) == before


@pytest.mark.parametrize(
    ("name", "reason"),
    [("北" * 65, "TOO_LONG_FOR_CERTIFICATE"), ("北京\u3000公司", "UNPRINTABLE_IN_CERTIFICATE")],
)
def test_owner_name_that_no_certificate_can_hold(world: World, name: str, reason: str) -> None:
    entities.change(world.deps, OPERATOR, A, {"legal_name": name})
    with pytest.raises(SealApplicationInvalid) as caught:
        world.applied()
    assert caught.value.fields == {"field": "ownerName", "reason": reason}
    assert world.applied(medium=PHYSICAL).status is SealStatus.APPLIED


@pytest.mark.parametrize("code", ["", "123", "110108001234", "11010800123456789", "110108001234x"])
def test_seal_code_must_be_one(world: World, code: str) -> None:
    with pytest.raises(SealCodeInvalid):
        world.applied(medium=PHYSICAL, code=code)


@pytest.mark.parametrize(
    "data", [b"", b"no picture", picture()[:60], picture("GIF"), b"\x00" * 100]
)
def test_pictures_that_are_none(world: World, data: bytes) -> None:
    with pytest.raises(ImprintPictureUnreadable):
        world.applied(medium=PHYSICAL, imprint=data)


def test_name_seal_needs_a_name(world: World) -> None:
    entities.change(world.deps, OPERATOR, A, {"legal_representative": None})
    with pytest.raises(ImprintSpecInvalid):
        world.applied(SealType.LEGAL_REPRESENTATIVE)
    seal = world.applied(SealType.LEGAL_REPRESENTATIVE, person_name="李四")
    assert seal.person_name == "李四"


def test_rights(world: World) -> None:
    powerless = Principal("cli_x", "x", frozenset(Scope) - {Scope.SEAL_APPLY}, A)
    with pytest.raises(ScopeMissing):
        seals.apply(world.deps, powerless, asked())
    with pytest.raises(NotYourEntity):
        seals.apply(world.deps, STRANGER, asked())


def test_owner_must_be_there_and_alive(world: World) -> None:
    with pytest.raises(EntityNotFound):
        seals.apply(world.deps, OWNER, asked(uscc="113300000000000199"))
    entities.cancel(world.deps, OPERATOR, A, "解散")
    with pytest.raises(EntityAlreadyCancelled):
        world.applied()


def test_seal_code_taken(world: World) -> None:
    world.applied(medium=PHYSICAL, code=CODE)
    with pytest.raises(SealCodeTaken):
        world.applied(SealType.INVOICE, uscc=B, medium=PHYSICAL, code=CODE)


def test_code_taken_between_look_and_write(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.applied(medium=PHYSICAL, code=CODE)
    look = repo.find_by_code
    answers = iter([None])  # the first look sees nothing, as in a race
    monkeypatch.setattr(repo, "find_by_code", lambda *args: next(answers, look(*args)))
    with pytest.raises(SealCodeTaken):
        world.applied(SealType.INVOICE, medium=PHYSICAL, code=CODE)


def test_other_conflicts_are_not_called_a_taken_code(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = world.applied()
    monkeypatch.setattr(APPLY, "random_id", lambda *args: str(seal.seal_id))
    with pytest.raises(IntegrityError):
        world.applied(SealType.INVOICE, medium=PHYSICAL, code=CODE)
    with pytest.raises(IntegrityError):
        world.applied(SealType.INVOICE)


def test_limit_of_one_name_seal(world: World) -> None:
    seal = world.applied(SealType.LEGAL_REPRESENTATIVE)
    with pytest.raises(SealLimitReached):
        world.applied(SealType.LEGAL_REPRESENTATIVE)
    world.change(seal, SealAction.REJECT, APPROVER)
    assert world.applied(SealType.LEGAL_REPRESENTATIVE).status is SealStatus.APPLIED


def _at_once(count: int, action: Any) -> list[Any]:
    """What each of `count` threads got, results and errors alike."""
    gate = Barrier(count)

    def run(number: int) -> Any:
        gate.wait()
        try:
            return action(number)
        except ServiceError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_applications_at_once_for_the_one_place(world: World) -> None:
    got = _at_once(6, lambda _: world.applied(SealType.LEGAL_REPRESENTATIVE))
    won = [one for one in got if isinstance(one, SealView)]
    lost = [one for one in got if isinstance(one, SealLimitReached)]
    assert (len(won), len(lost)) == (1, 5)
    assert [fact.type for fact in facts(world.deps, f"entity:{A}")].count("seal.applied") == 1


def test_applications_at_once_with_one_code(world: World) -> None:
    def claim(number: int) -> SealView:
        return world.applied(uscc=(A, B)[number % 2], medium=PHYSICAL, code=CODE)

    got = _at_once(4, claim)
    assert sum(isinstance(one, SealView) for one in got) == 1
    assert sum(isinstance(one, SealCodeTaken) for one in got) == 3


def test_owner_renamed_while_the_imprint_was_drawn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = APPLY.make_imprint

    def slowly(*args: Any) -> Any:
        found = draw(*args)
        entities.change(world.deps, OPERATOR, A, {"legal_name": "北京改名有限公司"})
        return found

    monkeypatch.setattr(APPLY, "make_imprint", slowly)
    with pytest.raises(SealOwnerChanged):
        world.applied()


def test_counterparts(world: World) -> None:
    paper = world.active(medium=PHYSICAL, code=CODE)
    seal = world.applied(counterpart_seal_id=paper.seal_id)
    assert seal.counterpart_seal_id == paper.seal_id
    assert world.facts(seal)[0].payload["counterpartSealId"] == paper.seal_id


def test_counterparts_that_do_not_fit(world: World) -> None:
    paper = world.active(medium=PHYSICAL, code=CODE)
    electronic = world.applied()
    foreign = world.applied(uscc=B, medium=PHYSICAL)
    for application in (
        asked(SealType.INVOICE, counterpart_seal_id=paper.seal_id),  # another type
        asked(counterpart_seal_id=electronic.seal_id),  # the same medium
        asked(counterpart_seal_id=foreign.seal_id),  # another owner
    ):
        with pytest.raises(CounterpartInvalid):
            seals.apply(world.deps, OWNER, application)
    with pytest.raises(SealNotFound):
        world.applied(counterpart_seal_id=SealId("seal_nowhere"))
    world.change(paper, SealAction.REVOKE)
    with pytest.raises(CounterpartInvalid):
        world.applied(counterpart_seal_id=paper.seal_id)


def test_filing_an_imprint(world: World) -> None:
    seal = world.applied(medium=PHYSICAL)
    assert (seal.code, seal.imprint_sha256) == (None, None)
    filed = seals.file_imprint(world.deps, OWNER, seal.seal_id, Filing(picture(), CODE, 1))
    assert filed == world.get(seal)
    assert (filed.code, filed.version, filed.status) == (CODE, 2, SealStatus.APPLIED)
    again = seals.file_imprint(world.deps, OWNER, seal.seal_id, Filing(picture(color="blue"), CODE))
    assert again.imprint_sha256 != filed.imprint_sha256
    applied, first, second = world.facts(seal)
    assert (applied.type, first.type, second.type) == ("seal.applied", *["seal.imprint_filed"] * 2)
    assert first.payload["imprintDigest"] == filed.imprint_sha256
    assert first.payload["code"] == CODE
    assert len(events(world.deps, seal)) == 1


def test_filings_that_are_refused(world: World) -> None:
    seal = world.applied(medium=PHYSICAL)
    with pytest.raises(NotYourEntity):
        seals.file_imprint(world.deps, STRANGER, seal.seal_id, Filing(picture()))
    with pytest.raises(ScopeMissing):
        seals.file_imprint(world.deps, APPROVER, seal.seal_id, Filing(b"never looked at"))
    with pytest.raises(SealChanged):
        seals.file_imprint(world.deps, OWNER, seal.seal_id, Filing(picture(), None, 7))
    with pytest.raises(SealCodeInvalid):
        seals.file_imprint(world.deps, OWNER, seal.seal_id, Filing(picture(), "1"))
    with pytest.raises(SealNotFound):
        seals.file_imprint(world.deps, OWNER, SealId("seal_x"), Filing(picture()))
    electronic = world.applied()
    with pytest.raises(SealApplicationInvalid):
        seals.file_imprint(world.deps, OWNER, electronic.seal_id, Filing(picture()))
    world.applied(SealType.INVOICE, medium=PHYSICAL, code=CODE)
    with pytest.raises(SealCodeTaken):
        seals.file_imprint(world.deps, OWNER, seal.seal_id, Filing(picture(), CODE))
    world.change(seal, SealAction.REJECT, APPROVER)
    with pytest.raises(IllegalTransition):
        seals.file_imprint(world.deps, OWNER, seal.seal_id, Filing(picture()))
    assert [fact.type for fact in world.facts(seal)] == ["seal.applied", "seal.rejected"]
