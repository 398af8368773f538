from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import ParamSpec, TypeVar

import pytest
from sqlalchemy import func, select

from sealsvc.areas.access.model import NotYourEntity, ScopeMissing
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.model import EntityAlreadyCancelled
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.sealing.model import (
    DeclarationInvalid,
    SealingIntentClosed,
    SealIsPhysical,
    SealNotActive,
    SealOutOfValidity,
    SealTypeNotAllowed,
)
from sealsvc.areas.sealing.placing import Box, PlaceWish, placed
from sealsvc.areas.sealing.service import SealingRequest
from sealsvc.areas.sealing.service.check import require_sound
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import SealApplication, SealNotFound, SealView
from sealsvc.documents import UnsupportedFormat
from sealsvc.documents.pdf.errors import (
    DocmdpForbidsSeal,
    DocumentEncrypted,
    DocumentUnreadable,
    ExistingSignatureBroken,
    PageNotFound,
    PlacementOutOfPage,
)
from sealsvc.storage.tables import FactRow
from sealsvc.values import (
    DocumentRole,
    PlacementInvalid,
    Principal,
    Scope,
    SealId,
    SealMedium,
    SealType,
    SubjectKind,
)
from tests.areas.sealing.story import (
    APPROVER,
    OPERATOR,
    REGULATOR,
    A,
    B,
    Remembering,
    Story,
    codes,
    merchant,
    pdf,
)
from tests.builders.pdf import encrypted, imprint

P = ParamSpec("P")
T = TypeVar("T")


def refused(story: Story, seal: SealView, error: type[Exception], **options: object) -> None:
    """The sealing is refused and leaves no trace: no row, no fact, no certificate."""
    before = _facts(story.deps)
    with pytest.raises(error):
        story.use(seal, **options)  # type: ignore[arg-type]
    assert _facts(story.deps) == before


def _facts(deps: Deps) -> int:
    with deps.read() as session:
        return session.scalar(select(func.count()).select_from(FactRow)) or 0


@pytest.fixture
def contract(story: Story) -> SealView:
    return story.seal(A, SealType.CONTRACT)


def test_who_may_not(story: Story, contract: SealView) -> None:
    a = merchant(A)
    without = replace(a, scopes=a.scopes - {Scope.SEAL_SIGN})
    everything = Principal("cli_x", "x", frozenset(Scope))
    for who, error in (
        (without, ScopeMissing),
        (merchant(B), NotYourEntity),
        (REGULATOR, ScopeMissing),
        (everything, NotYourEntity),
    ):
        refused(story, contract, error, who=who)


def test_unknown_seal(story: Story) -> None:
    with pytest.raises(SealNotFound):
        sealing.seal(story.deps, merchant(A), SealingRequest(SealId("seal_unknown"), pdf()))


@pytest.mark.parametrize("action", [SealAction.SUSPEND, SealAction.REPORT_LOST, SealAction.REVOKE])
def test_a_seal_that_is_not_active(story: Story, contract: SealView, action: SealAction) -> None:
    story.change(contract, action, merchant(A))
    refused(story, contract, SealNotActive)


def test_a_seal_that_was_never_issued(story: Story) -> None:
    application = SealApplication(A, SealType.CONTRACT, SealMedium.ELECTRONIC, "合同专用章")
    refused(story, seals.apply(story.deps, merchant(A), application), SealNotActive)


def test_a_seal_past_its_validity(story: Story, contract: SealView) -> None:
    assert contract.valid_until is not None
    story.clock.at = contract.valid_until
    refused(story, contract, SealOutOfValidity)


def test_a_cancelled_owner(story: Story, contract: SealView) -> None:
    entities.cancel(story.deps, OPERATOR, A, "注销")
    refused(story, contract, EntityAlreadyCancelled)


def test_a_physical_seal(story: Story) -> None:
    application = SealApplication(
        A,
        SealType.CONTRACT,
        SealMedium.PHYSICAL,
        "合同专用章",
        code="1100000000001",
        imprint=imprint(),
    )
    refused(story, seals.apply(story.deps, merchant(A), application), SealIsPhysical)


def test_types_and_declarations(story: Story, contract: SealView) -> None:
    refused(story, contract, SealTypeNotAllowed, role=DocumentRole.INVOICE)
    refused(story, contract, DeclarationInvalid, seller_uscc="91110000MA00000153")
    refused(story, contract, DeclarationInvalid, party_usccs=(A, A))
    refused(story, contract, DeclarationInvalid, number="\n")


NO_DOCUMENTS: tuple[tuple[bytes, type[Exception]], ...] = (
    (imprint(), UnsupportedFormat),
    (b"", UnsupportedFormat),
    (b"hello", UnsupportedFormat),
    (b"PK\x03\x04" + bytes(100), UnsupportedFormat),
    (encrypted(), DocumentEncrypted),
    (encrypted("secret"), DocumentEncrypted),
    (b"%PDF-1.7\n", DocumentUnreadable),
    (pdf()[: len(pdf()) // 3], DocumentUnreadable),
    (b"%PDF-1.7\n" + b"\xff" * 10_000, DocumentUnreadable),
    (b"%PDF-1.7\n" + imprint(), DocumentUnreadable),
)
NO_PLACES: tuple[tuple[PlaceWish, type[Exception]], ...] = (
    (PlaceWish(page=2), PageNotFound),
    (PlaceWish(page=-2), PageNotFound),
    (PlaceWish(page=0), PageNotFound),
    (PlaceWish(1, 200, 10), PlacementOutOfPage),
    (PlaceWish(1, 10, 290), PlacementOutOfPage),
    (PlaceWish(width_mm=500), PlacementOutOfPage),
)


def test_documents_and_places_that_are_none(story: Story, contract: SealView) -> None:
    for data, error in NO_DOCUMENTS:
        refused(story, contract, error, data=data)
    for wish, error in NO_PLACES:
        refused(story, contract, error, place=wish)


@pytest.mark.parametrize(
    "wish", [{"x_mm": 1}, {"y_mm": 1}, {"invisible": True, "page": 1}, {"x_mm": -1, "y_mm": 0}]
)
def test_wishes_that_contradict_themselves(wish: dict[str, int]) -> None:
    with pytest.raises(PlacementInvalid):
        placed(PlaceWish(**wish), 1, (210, 297), Box(0, 0, 40, 40), [])  # type: ignore[arg-type]


def test_a_certified_invoice_takes_no_further_seal(story: Story, contract: SealView) -> None:
    seal = story.seal()
    invoice = story.invoice(seal)
    refused(story, contract, DocmdpForbidsSeal, data=invoice.sealed)
    refused(story, seal, DocmdpForbidsSeal, data=invoice.sealed)


def test_what_cannot_be_placed_costs_no_certificate(story: Story, contract: SealView) -> None:
    once = story.use(contract).sealed
    refused(story, contract, PlacementOutOfPage, data=once, place=PlaceWish(1, 200, 10))


def test_a_broken_signature_is_not_covered_up(story: Story, contract: SealView) -> None:
    sealed = story.use(contract).sealed
    broken = sealed.replace(b"595.28", b"595.27", 1)
    assert broken != sealed
    before = _facts(story.deps)
    with pytest.raises(ExistingSignatureBroken):
        story.use(contract, broken)
    assert _facts(story.deps) == before


def test_suspended_while_it_was_being_sealed(story: Story, contract: SealView) -> None:
    """The suspension commits between the two transactions: nothing leaves."""
    deps = story.deps

    class Suspending:
        """Suspends the seal just before the sealed file is stored."""

        def put(self, data: bytes) -> str:
            story.change(contract, SealAction.SUSPEND)
            return deps.blobs.put(data)

        def get(self, sha256: str) -> bytes:
            return deps.blobs.get(sha256)

    story.deps = replace(deps, blobs=Suspending())
    with pytest.raises(SealNotActive):
        story.use(contract)
    _, abandoned = _sealing_facts(story)
    assert abandoned is not None
    assert abandoned["reason"] == "SEAL_NOT_ACTIVE"


CHANGES = pytest.mark.parametrize(
    ("after", "error"), [((), SealNotActive), ((SealAction.RESUME,), SealingIntentClosed)]
)


@CHANGES
def test_suspended_before_the_self_check(
    story: Story,
    contract: SealView,
    after: tuple[SealAction, ...],
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The check fails because of what the owner did: a conflict, no fault of the service."""

    def check(deps: Deps, document: object, expected: object) -> None:
        story.change(contract, SealAction.SUSPEND)
        try:
            require_sound(deps, document, expected)  # type: ignore[arg-type]
        finally:
            for action in after:
                story.change(contract, action)

    walk = import_module("sealsvc.areas.sealing.service.seal")  # the package has a verb so named
    monkeypatch.setattr(walk, "require_sound", check)
    with pytest.raises(error):
        story.use(contract, place=PlaceWish(keyword="Invoice"))  # the general way
    _, abandoned = _sealing_facts(story)
    assert abandoned is not None
    assert abandoned["reason"] == error.code  # type: ignore[attr-defined]


class _Changing(Remembering):
    """Lets the owner change a seal while a worker looks at the sealed file."""

    def __init__(self, change: Callable[[], object]) -> None:
        self.change = change

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if function.__name__ == "examine":
            self.change()
        return super().run(function, *args, **kwargs)


@CHANGES
def test_changed_during_the_self_check_of_the_short_way(
    story: Story, contract: SealView, after: tuple[SealAction, ...], error: type[Exception]
) -> None:
    """What the check stood on no longer holds, though the file itself is sound."""

    def change() -> None:
        for action in (SealAction.SUSPEND, *after):
            story.change(contract, action)

    story.deps = replace(story.deps, sandbox=_Changing(change))
    with pytest.raises(error):
        story.use(contract)
    _, abandoned = _sealing_facts(story)
    assert abandoned is not None
    assert abandoned["reason"] == error.code  # type: ignore[attr-defined]


def test_what_is_remembered_of_a_seal_never_hides_a_change(
    story: Story, contract: SealView
) -> None:
    story.use(contract)
    story.change(contract, SealAction.SUSPEND)
    with pytest.raises(SealNotActive):
        story.use(contract)
    story.change(contract, SealAction.RESUME)
    assert "SEAL_SUSPENDED" not in codes(story.verify(story.use(contract).sealed))
    renewed = seals.reissue(story.deps, APPROVER, contract.seal_id)
    assert renewed.cert_serial != contract.cert_serial
    assert story.use(contract).view.cert_serial == renewed.cert_serial
    story.change(contract, SealAction.REVOKE)
    with pytest.raises(SealNotActive):
        story.use(contract)


def _sealing_facts(story: Story) -> tuple[object, dict[str, object] | None]:
    facts = [one for one in story.facts(SubjectKind.ENTITY, A) if one.type.startswith("sealing.")]
    assert [fact.type for fact in facts] == ["sealing.authorised", "sealing.abandoned"]
    return facts[0], facts[1].opened()  # type: ignore[return-value]
