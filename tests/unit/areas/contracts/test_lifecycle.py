"""The table of transitions: reachable, closed, drawn, and walked by a machine."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sealsvc.areas.contracts.model.contract import (
    ContractActorRefused,
    ContractAlreadySealed,
    ContractConsentPending,
    ContractDeadlinePassed,
    ContractNotYourTurn,
    ContractView,
    Party,
    PartyRole,
    SealingOrder,
    SealingStep,
    SuccessionKind,
    is_complete,
    moved,
    proposed_or_moved,
    require_action,
    require_turn,
    sealed,
    succession_action,
)
from sealsvc.areas.contracts.model.lifecycle import (
    PLAIN_ACTIONS,
    TRANSITIONS,
    Actor,
    ContractAction,
    ContractIllegalTransition,
    ContractStatus,
    as_mermaid,
    as_rows,
    next_state,
    transition,
)
from sealsvc.errors import ServiceError

S, X = ContractStatus, ContractAction
START = datetime(2026, 11, 21, tzinfo=UTC)
DOC = Path(__file__).parents[4] / "docs" / "contracts.md"
A, B, C = "A", "B", "C"


def contract(order: SealingOrder = SealingOrder.IN_TURN) -> ContractView:
    return ContractView(
        contract_id="ctr_1",
        title="t",
        number="n",
        status=S.DRAFT,
        status_since=START,
        version=1,
        initiator_uscc=A,
        order=order,
        deadline=START + timedelta(days=10),
        media_type="application/pdf",
        original_sha256="0",
        current_sha256="0",
        created_at=START,
        parties=(
            Party(A, PartyRole.SELLER),
            Party(B, PartyRole.BUYER),
            Party(C, PartyRole.COPY),
        ),
    )


def step_by(view: ContractView, uscc: str, now: datetime) -> SealingStep:
    number = len(view.steps) + 1
    texts = {
        "name": "n",
        "client_id": "c",
        "client_name": "c",
        "seal_id": "s",
        "seal_name": "s",
        "seal_type": "CONTRACT",
        "seal_status": "ACTIVE",
        "cert_serial": "1",
        "sealing_id": f"slg_{number}",
        "signature_sha256": "s",
        "intent_fact_id": "i",
        "fact_id": "f",
        "sealing_fact_id": "f",
    }
    return SealingStep(
        step=number,
        uscc=uscc,
        digest_before=view.current_sha256,
        digest_after=str(number),
        intended_at=now,
        sealed_at=now,
        **texts,
    )


def test_every_state_is_reachable() -> None:
    reached = {"[*]"}
    for _ in ContractStatus:
        reached |= {target for source, _, target, _, _ in as_rows() if source in reached}
    assert reached - {"[*]"} == {str(one) for one in ContractStatus}


def test_every_state_but_the_last_can_be_left() -> None:
    sources = {source for source, *_ in as_rows()}
    assert {str(one) for one in ContractStatus} - sources == {"ARCHIVED"}


def test_each_action_has_one_row_and_each_fact_one_type() -> None:
    assert sorted(row.action for row in TRANSITIONS) == sorted(ContractAction)
    assert len({row.fact_type for row in TRANSITIONS}) == len(TRANSITIONS)


@pytest.mark.parametrize("status", list(ContractStatus))
@pytest.mark.parametrize("action", list(ContractAction))
def test_only_what_the_table_names(status: ContractStatus, action: ContractAction) -> None:
    row = transition(action)
    if status in row.sources:
        assert next_state(status, action) is row.target
        return
    with pytest.raises(ContractIllegalTransition):
        next_state(status, action)


@pytest.mark.parametrize("action", list(ContractAction))
def test_only_the_actor_of_the_table(action: ContractAction) -> None:
    row = transition(action)
    view = replace(contract(), status=min(row.sources, default=S.DRAFT))
    fit = {
        Actor.INITIATOR: {A},
        Actor.SIGNER: {A, B},
        Actor.COUNTERPARTY: {B},
        Actor.CLOCK: {None},
        Actor.SUCCESSOR: {None},
    }[row.actor]
    for uscc in (A, B, C, "D", None):
        if uscc in fit and row.sources:
            require_action(view, action, uscc, START)
        elif uscc not in fit:
            with pytest.raises(ContractActorRefused):
                require_action(view, action, uscc, START)


def test_the_drawing_in_the_documentation_is_up_to_date() -> None:
    assert f"```mermaid\n{as_mermaid()}```\n" in DOC.read_text("utf-8")


class Machine(RuleBasedStateMachine):
    """A contract under random words of everybody, held against a small model of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.view = contract()
        self.walked: list[ContractAction] = [X.CREATE]

    @rule(order=st.sampled_from(list(SealingOrder)))
    @precondition(lambda self: self.view.version == 1)
    def ordered(self, order: SealingOrder) -> None:
        self.view = replace(self.view, order=order)

    @rule(action=st.sampled_from(PLAIN_ACTIONS), uscc=st.sampled_from((A, B, C, "D")))
    def says(self, action: ContractAction, uscc: str) -> None:
        before, row = self.view, transition(action)
        try:
            self.view = proposed_or_moved(before, action, uscc, "why", self.now)
        except ContractActorRefused:
            assert uscc not in (A, B) or row.actor in (Actor.INITIATOR, Actor.COUNTERPARTY)
        except ContractIllegalTransition:
            assert before.status not in row.sources
        except ContractDeadlinePassed:
            assert self.now >= before.deadline
            assert row.within_deadline
        except ContractAlreadySealed:
            assert action is X.REJECT
            assert uscc in before.sealed_by
        except ContractConsentPending:
            assert before.pending is not None
            assert before.pending.by_uscc == uscc
        else:
            assert before.status in row.sources
            if self.view.pending is None:
                assert self.view.status is row.target
                self.walked.append(action)
                if row.by_consent:
                    assert before.pending is not None
                    assert before.pending.by_uscc != uscc
            else:
                assert row.by_consent
                assert self.view.status is before.status

    @rule()
    def revises(self) -> None:
        try:
            require_action(self.view, X.REVISE, A, self.now)
        except ServiceError:
            assert self.view.status not in (S.DRAFT, S.NEGOTIATING)
        else:
            self.view = moved(self.view, X.REVISE, self.now)
            self.walked.append(X.REVISE)

    @rule(uscc=st.sampled_from((A, B, C)))
    def seals(self, uscc: str) -> None:
        before = self.view
        try:
            require_turn(before, uscc, self.now)
        except ContractNotYourTurn:
            assert before.order is SealingOrder.IN_TURN
            assert before.waiting_for[0] != uscc
        except ContractDeadlinePassed:
            assert self.now >= before.deadline
        except ContractAlreadySealed:
            assert uscc in before.sealed_by
        except ContractActorRefused:
            assert uscc == C
        except ContractIllegalTransition:
            assert before.status not in (S.READY, S.SIGNING)
        else:
            self.view = sealed(before, step_by(before, uscc, self.now))
            self.walked.append(X.SEAL)
            if is_complete(self.view):
                self.view = moved(self.view, X.CONCLUDE, self.now)
                self.walked.append(X.CONCLUDE)

    @rule(kind=st.sampled_from(list(SuccessionKind)))
    def is_replaced(self, kind: SuccessionKind) -> None:
        action = succession_action(kind)
        if self.view.status in transition(action).sources:
            self.view = moved(self.view, action, self.now)
            self.walked.append(action)
        else:
            with pytest.raises(ContractIllegalTransition):
                moved(self.view, action, self.now)

    @rule(days=st.integers(0, 4))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    @precondition(lambda self: self.now >= self.view.deadline)
    def expires(self) -> None:
        if self.view.status in transition(X.EXPIRE).sources:
            self.view = moved(self.view, X.EXPIRE, self.now)
            self.walked.append(X.EXPIRE)

    @invariant()
    def path_is_one_of_the_table(self) -> None:
        assert self.walked.count(X.CONCLUDE) <= 1
        assert self.walked.count(X.SEAL) == len(self.view.steps) <= 2

    @invariant()
    def seals_form_a_chain(self) -> None:
        digest = self.view.original_sha256
        for step in self.view.steps:
            assert step.digest_before == digest
            digest = step.digest_after
        assert digest == self.view.current_sha256

    @invariant()
    def concluded_means_everybody_sealed(self) -> None:
        if self.view.concluded_at is not None:
            assert not self.view.waiting_for
        if self.view.status in (S.CONCLUDED, S.PERFORMED, S.DISPUTED, S.AMENDED, S.RENEWED):
            assert self.view.concluded_at is not None
        if self.view.order is SealingOrder.IN_TURN:
            assert self.view.sealed_by == self.view.signers[: len(self.view.steps)]

    @invariant()
    def sealed_texts_are_seen_by_all(self) -> None:
        if self.view.steps:
            assert self.view.shared


Machine.TestCase.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, derandomize=True
)
TestMachine = Machine.TestCase

WAYS: dict[ContractAction, tuple[tuple[str, object], ...]] = {
    X.NEGOTIATE: ((X.NEGOTIATE, A),),
    X.REVISE: ((X.NEGOTIATE, A), (X.REVISE, A)),
    X.OPEN: ((X.NEGOTIATE, A), (X.OPEN, A)),
    X.REJECT: ((X.OPEN, A), (X.REJECT, B)),
    X.WITHDRAW: ((X.OPEN, A), ("SEAL", B), (X.WITHDRAW, A)),
    X.EXPIRE: ((X.OPEN, A), ("SEAL", B), (X.EXPIRE, None)),
}
_DONE: tuple[tuple[str, object], ...] = ((X.OPEN, A), ("SEAL", A), ("SEAL", B))
WAYS |= {
    X.CONCLUDE: _DONE,
    X.AMEND: (*_DONE, (X.AMEND, None)),
    X.RENEW: (*_DONE, (X.PERFORM, A), (X.PERFORM, B), (X.RENEW, None)),
    X.PERFORM: (*_DONE, (X.PERFORM, A), (X.PERFORM, B)),
    X.TERMINATE: (*_DONE, (X.DISPUTE, B), (X.TERMINATE, B), (X.TERMINATE, A)),
    X.DISPUTE: (*_DONE, (X.DISPUTE, B)),
    X.RESOLVE: (*_DONE, (X.DISPUTE, B), (X.RESOLVE, B), (X.RESOLVE, A)),
    X.ARCHIVE: (*_DONE, (X.AMEND, None), (X.ARCHIVE, A)),
}


@pytest.mark.parametrize("goal", list(WAYS))
def test_a_way_through_every_action(goal: ContractAction) -> None:
    view = contract(SealingOrder.PARALLEL)
    for action, who in WAYS[goal]:
        if action == "SEAL":
            require_turn(view, str(who), START)
            view = sealed(view, step_by(view, str(who), START))
            if is_complete(view):
                view = moved(view, X.CONCLUDE, START)
        elif who is None or action == X.REVISE:
            view = moved(view, ContractAction(action), START)
        else:
            view = proposed_or_moved(view, ContractAction(action), str(who), "why", START)
    assert view.status is transition(goal).target
    assert set(WAYS) | {X.CREATE, X.SEAL} == set(ContractAction)


def test_another_proposal_replaces_the_first() -> None:
    view = replace(contract(), status=S.CONCLUDED)
    view = proposed_or_moved(view, X.TERMINATE, A, "why", START)
    view = proposed_or_moved(view, X.PERFORM, B, None, START)
    assert view.pending is not None
    assert (view.pending.action, view.pending.by_uscc) == (X.PERFORM, B)
    assert proposed_or_moved(view, X.PERFORM, A, None, START).status is S.PERFORMED
