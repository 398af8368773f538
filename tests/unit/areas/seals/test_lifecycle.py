from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sealsvc.areas.access.model import NotYourEntity, ScopeMissing, UnboundRequired
from sealsvc.areas.seals.model import (
    TRANSITIONS,
    ActionIsAutomatic,
    DualControlRequired,
    EffectiveFromInvalid,
    IllegalTransition,
    ReasonRequired,
    SealAction,
    SealParties,
    SuspendedByRegulator,
    VoidProposal,
    VoidStep,
    as_rows,
    decide_void,
    is_regulator,
    may,
    next_state,
    require_reason,
    resolve_effective_from,
    transition,
)
from sealsvc.errors import NotAllowed
from sealsvc.values import Principal, Scope, SealStatus

OWNER = "91110000MA00000152"
OTHER = "113300000000000199"
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
S, A = SealStatus, SealAction

# Written out by hand from CONTRACT section 2, not derived from the table under test.
LEGAL: dict[tuple[SealStatus, SealAction], SealStatus] = {
    (S.APPLIED, A.APPROVE): S.APPROVED,
    (S.APPLIED, A.REJECT): S.REJECTED,
    (S.APPROVED, A.ISSUE): S.ACTIVE,
    (S.ACTIVE, A.REISSUE): S.ACTIVE,
    (S.ACTIVE, A.SUSPEND): S.SUSPENDED,
    (S.SUSPENDED, A.RESUME): S.ACTIVE,
    (S.ACTIVE, A.REPORT_LOST): S.LOST,
    (S.SUSPENDED, A.REPORT_LOST): S.LOST,
    (S.ACTIVE, A.REVOKE): S.REVOKED,
    (S.SUSPENDED, A.REVOKE): S.REVOKED,
    (S.LOST, A.REVOKE): S.REVOKED,
    (S.ACTIVE, A.EXPIRE): S.EXPIRED,
    (S.SUSPENDED, A.EXPIRE): S.EXPIRED,
    (S.ACTIVE, A.REPLACE): S.REPLACED,
    (S.SUSPENDED, A.REPLACE): S.REPLACED,
    (S.APPLIED, A.VOID): S.VOID,
    (S.APPROVED, A.VOID): S.VOID,
    (S.REJECTED, A.VOID): S.VOID,
    (S.ACTIVE, A.VOID): S.VOID,
    (S.SUSPENDED, A.VOID): S.VOID,
    (S.LOST, A.VOID): S.VOID,
    (S.REVOKED, A.VOID): S.VOID,
    (S.EXPIRED, A.VOID): S.VOID,
    (S.REPLACED, A.VOID): S.VOID,
}


@pytest.mark.parametrize(("status", "action"), list(product(S, A)))
def test_every_state_with_every_action(status: SealStatus, action: SealAction) -> None:
    expected = LEGAL.get((status, action))
    if expected is not None:
        assert next_state(status, action) is expected
        return
    with pytest.raises(IllegalTransition) as caught:
        next_state(status, action)
    assert caught.value.fields == {"status": str(status), "action": str(action)}


def test_every_state_is_reachable_and_void_is_the_end() -> None:
    reached = {transition(A.APPLY).target}
    while True:
        more = {LEGAL[key] for key in LEGAL if key[0] in reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(S)
    assert not [key for key in LEGAL if key[0] is S.VOID]


def test_rows_for_a_drawing_are_the_whole_table() -> None:
    rows = as_rows()
    assert ("-", "APPLY", "APPLIED", "seal.applied") in rows
    drawn = {(S(source), A(action)): S(to) for source, action, to, _ in rows if source != "-"}
    assert drawn == LEGAL
    assert len(rows) == len(LEGAL) + 1


def test_each_action_stands_once_with_its_own_fact() -> None:
    assert [row.action for row in TRANSITIONS] == list(A)
    assert [row.fact_type.removeprefix("seal.") for row in TRANSITIONS] == [
        "applied",
        "approved",
        "rejected",
        "activated",
        "reissued",
        "suspended",
        "resumed",
        "lost",
        "revoked",
        "expired",
        "replaced",
        "voided",
    ]


# --- rights ---------------------------------------------------------------------------------

CLIENTS = {
    "owner": Principal("cli_owner", "o", frozenset({Scope.SEAL_MANAGE, Scope.SEAL_APPLY}), OWNER),
    "owner signs": Principal("cli_sign", "o", frozenset({Scope.SEAL_SIGN, Scope.VERIFY}), OWNER),
    "stranger": Principal("cli_b", "b", frozenset({Scope.SEAL_MANAGE, Scope.SEAL_APPLY}), OTHER),
    "approver": Principal("cli_appr", "a", frozenset({Scope.SEAL_APPROVE})),
    "regulator": Principal("cli_reg", "r", frozenset({Scope.SEAL_MANAGE, Scope.AUDIT_READ})),
    "admin": Principal("cli_admin", "x", frozenset({Scope.ADMIN, Scope.ENTITY_WRITE})),
    "counter": Principal("cli_desk", "c", frozenset({Scope.SEAL_APPLY})),
    "bound approver": Principal("cli_bad", "y", frozenset({Scope.SEAL_APPROVE}), OWNER),
}
PARTIES = SealParties(OWNER, "cli_owner")

ALLOWED = {
    "owner": {A.APPLY, A.SUSPEND, A.RESUME, A.REPORT_LOST, A.REVOKE, A.REPLACE},
    "owner signs": set[SealAction](),
    "stranger": set[SealAction](),
    "approver": {A.APPROVE, A.REJECT, A.ISSUE, A.REISSUE},
    "regulator": {A.SUSPEND, A.RESUME, A.REVOKE, A.VOID},
    "admin": set[SealAction](),
    "counter": {A.APPLY},
    "bound approver": set[SealAction](),
}


@pytest.mark.parametrize(("who", "action"), list(product(CLIENTS, A)))
def test_every_client_with_every_action(who: str, action: SealAction) -> None:
    if action in ALLOWED[who]:
        may(CLIENTS[who], action, PARTIES)
        return
    with pytest.raises(NotAllowed):
        may(CLIENTS[who], action, PARTIES)


@pytest.mark.parametrize(
    ("who", "action", "error"),
    [
        ("owner", A.APPROVE, ScopeMissing),
        ("owner", A.EXPIRE, ActionIsAutomatic),
        ("regulator", A.EXPIRE, ActionIsAutomatic),
        ("stranger", A.REVOKE, NotYourEntity),
        ("stranger", A.APPLY, NotYourEntity),
        ("regulator", A.REPORT_LOST, NotYourEntity),
        ("regulator", A.REPLACE, NotYourEntity),
        ("owner", A.VOID, UnboundRequired),
        ("bound approver", A.APPROVE, UnboundRequired),
        ("approver", A.VOID, ScopeMissing),
        ("admin", A.SUSPEND, ScopeMissing),
    ],
)
def test_the_reason_of_a_refusal(who: str, action: SealAction, error: type[Exception]) -> None:
    with pytest.raises(error):
        may(CLIENTS[who], action, PARTIES)


def test_nobody_approves_an_own_application() -> None:
    desk = Principal("cli_all", "d", frozenset(Scope))
    with pytest.raises(DualControlRequired):
        may(desk, A.APPROVE, SealParties(OWNER, desk.client_id))
    may(desk, A.APPROVE, SealParties(OWNER, "cli_other"))
    may(desk, A.REJECT, SealParties(OWNER, desk.client_id))


def test_further_actions_need_two_persons_by_configuration() -> None:
    desk = Principal("cli_all", "d", frozenset(Scope))
    own = SealParties(OWNER, desk.client_id)
    may(desk, A.ISSUE, own)
    with pytest.raises(DualControlRequired):
        may(desk, A.ISSUE, own, never_by_applicant=frozenset({A.ISSUE}))
    may(desk, A.ISSUE, PARTIES, never_by_applicant=frozenset({A.ISSUE}))


def test_nobody_confirms_an_own_proposal_to_void() -> None:
    regulator = CLIENTS["regulator"]
    may(regulator, A.VOID, SealParties(OWNER, "cli_owner", proposer_client_id="cli_reg2"))
    with pytest.raises(DualControlRequired):
        may(regulator, A.VOID, SealParties(OWNER, "x", proposer_client_id=regulator.client_id))


@pytest.mark.parametrize("action", [A.RESUME, A.REPLACE])
def test_the_owner_does_not_lift_a_regulators_suspension(action: SealAction) -> None:
    frozen = SealParties(OWNER, "cli_owner", suspended_by_regulator=True)
    with pytest.raises(SuspendedByRegulator):
        may(CLIENTS["owner"], action, frozen)


@pytest.mark.parametrize("action", [A.REPORT_LOST, A.REVOKE])
def test_the_owner_may_still_end_a_suspended_seal(action: SealAction) -> None:
    may(CLIENTS["owner"], action, SealParties(OWNER, "cli_owner", suspended_by_regulator=True))


def test_a_regulator_resumes_what_a_regulator_suspended() -> None:
    frozen = SealParties(OWNER, "cli_owner", suspended_by_regulator=True)
    may(CLIENTS["regulator"], A.RESUME, frozen)
    assert is_regulator(CLIENTS["regulator"])
    assert [name for name, client in CLIENTS.items() if is_regulator(client)] == ["regulator"]


def test_void_is_proposed_by_one_and_confirmed_by_another() -> None:
    first = CLIENTS["regulator"]
    second = Principal("cli_reg2", "r2", frozenset({Scope.SEAL_MANAGE}))
    assert decide_void(None, first) is VoidStep.PROPOSE
    proposal = VoidProposal("seal_x", first.client_id, NOW, NOW, "私刻")
    assert decide_void(proposal, second) is VoidStep.CONFIRM
    with pytest.raises(DualControlRequired):
        decide_void(proposal, first)
    for who, error in (("owner", UnboundRequired), ("approver", ScopeMissing)):
        for given_proposal in (None, proposal):
            with pytest.raises(error):
                decide_void(given_proposal, CLIENTS[who])


# --- reasons and dates ----------------------------------------------------------------------


@pytest.mark.parametrize("action", list(A))
@pytest.mark.parametrize("reason", [None, "", "  "])
def test_reasons_are_required(action: SealAction, reason: str | None) -> None:
    if action in {A.APPLY, A.APPROVE, A.ISSUE, A.REISSUE, A.EXPIRE}:
        assert require_reason(action, reason) is None
        return
    with pytest.raises(ReasonRequired):
        require_reason(action, reason)


def test_reasons_are_kept_short() -> None:
    assert require_reason(A.REVOKE, " 更名 ") == "更名"
    assert require_reason(A.REVOKE, "x" * 500) == "x" * 500
    for action in A:
        with pytest.raises(ReasonRequired):
            require_reason(action, "x" * 501)


BORN = NOW - timedelta(days=100)


@pytest.mark.parametrize("action", list(A))
def test_without_a_date_void_counts_from_the_beginning_and_all_else_from_now(
    action: SealAction,
) -> None:
    expected = BORN if action is A.VOID else NOW
    assert resolve_effective_from(action, None, NOW, BORN) == expected


@pytest.mark.parametrize("action", list(A))
def test_only_some_actions_may_be_dated_back(action: SealAction) -> None:
    past = NOW - timedelta(days=3)
    if action in {A.REPORT_LOST, A.VOID, A.EXPIRE}:
        assert resolve_effective_from(action, past, NOW, BORN) == past
        return
    with pytest.raises(EffectiveFromInvalid) as caught:
        resolve_effective_from(action, past, NOW, BORN)
    assert caught.value.fields["reason"] == "NOT_DATABLE"


@pytest.mark.parametrize("action", list(A))
@pytest.mark.parametrize(
    "requested",
    [
        NOW + timedelta(microseconds=1),
        NOW + timedelta(days=400),
        BORN - timedelta(microseconds=1),
        NOW.replace(tzinfo=None),
    ],
)
def test_no_action_is_dated_into_the_future_or_before_the_seal(
    action: SealAction, requested: datetime
) -> None:
    with pytest.raises(EffectiveFromInvalid):
        resolve_effective_from(action, requested, NOW, BORN)


@pytest.mark.parametrize("action", list(A))
def test_now_may_be_named(action: SealAction) -> None:
    assert resolve_effective_from(action, NOW, NOW, BORN) == NOW


@pytest.mark.parametrize("action", [A.REPORT_LOST, A.VOID])
def test_the_seals_first_instant_may_be_named(action: SealAction) -> None:
    assert resolve_effective_from(action, BORN, NOW, BORN) == BORN


@given(st.sampled_from(A), st.none() | st.integers(-200, 200))
def test_a_date_lies_between_the_seal_and_now(action: SealAction, days: int | None) -> None:
    requested = None if days is None else NOW + timedelta(days=days)
    try:
        found = resolve_effective_from(action, requested, NOW, BORN)
    except EffectiveFromInvalid:
        return
    assert BORN <= found <= NOW


# --- state machine --------------------------------------------------------------------------

ENDED = {S.REJECTED, S.REVOKED, S.EXPIRED, S.REPLACED, S.VOID}


class SealLife(RuleBasedStateMachine):
    """Any sequence of actions, legal or not, against the promises a seal's life makes."""

    def __init__(self) -> None:
        super().__init__()
        self.path = [S.APPLIED]

    @rule(action=st.sampled_from(A))
    def act(self, action: SealAction) -> None:
        before = self.path[-1]
        try:
            after = next_state(before, action)
        except IllegalTransition:
            assert (before, action) not in LEGAL
            return
        assert after is LEGAL[before, action]
        self.path.append(after)

    @invariant()
    def nothing_but_void_follows_an_end(self) -> None:
        for before, after in zip(self.path, self.path[1:], strict=False):
            assert before not in ENDED or after is S.VOID

    @invariant()
    def active_only_after_approval(self) -> None:
        if S.ACTIVE in self.path:
            assert S.APPROVED in self.path[: self.path.index(S.ACTIVE)]

    @invariant()
    def lost_never_becomes_usable(self) -> None:
        if S.LOST in self.path:
            after = self.path[self.path.index(S.LOST) + 1 :]
            assert set(after) <= {S.REVOKED, S.VOID}


TestSealLife = SealLife.TestCase
