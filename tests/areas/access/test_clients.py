"""Clients: the row, the fact in the log, and who is let in."""

import pytest
from sqlmodel import Session

from sealsvc.areas.access.model import (
    ClientDraft,
    ClientInvalid,
    CredentialsRejected,
    ScopeMissing,
    ScopeNeedsUnbound,
    SignNeedsEntity,
)
from sealsvc.areas.access.repo import ClientNotFound
from sealsvc.areas.access.service import (
    ClientAlreadyRevoked,
    authenticate,
    create_client,
    list_clients,
    revoke_client,
)
from sealsvc.areas.access.tables import ClientRow
from sealsvc.areas.deps import Deps
from sealsvc.areas.transparency.repo import FactFilter, queued
from sealsvc.storage.uow import Store, UnloggedChange
from sealsvc.values import Principal, Scope, Subject, SubjectKind

USCC = "91110000MA00000152"
MERCHANT = ClientDraft("merchant", frozenset({Scope.SEAL_SIGN, Scope.ENTITY_READ}), USCC)
ADMIN = Principal("cli_admin", "admin", frozenset({Scope.ADMIN}))
NOBODY = Principal("cli_nobody", "nobody", frozenset(Scope) - {Scope.ADMIN})


def facts_of(session: Session, client_id: str):
    wanted = FactFilter((Subject(SubjectKind.CLIENT, client_id),))
    return queued(session, wanted, limit=10)


def test_a_key_is_shown_once_and_recognised(deps: Deps) -> None:
    view, key = create_client(deps, None, MERCHANT)
    found = authenticate(deps, key)
    assert found == Principal(view.client_id, "merchant", MERCHANT.scopes, USCC)
    with deps.read() as session:
        row = session.get(ClientRow, view.client_id)
        assert row is not None
        kept = row.model_dump()
        (fact,) = facts_of(session, view.client_id)
    assert kept["created_by"] == "operator"
    secret = key.split(".")[1]
    assert secret not in str(kept)
    assert secret not in repr(view)
    assert fact.type == "client.created"
    assert fact.public() == {"bound": True, "scopes": ["entity.read", "seal.sign"]}
    assert fact.opened()["clientId"] == view.client_id
    assert view.client_id.encode() not in fact.entry


def test_keys_and_ids_differ(deps: Deps, clock) -> None:
    first, first_key = create_client(deps, None, MERCHANT)
    clock.forward(seconds=1)
    second, second_key = create_client(deps, ADMIN, MERCHANT)
    assert first_key != second_key
    assert [one.client_id for one in list_clients(deps, ADMIN)] == [
        first.client_id,
        second.client_id,
    ]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key, other: "",
        lambda key, other: key.upper(),
        lambda key, other: key + " ",
        lambda key, other: key[:-1],
        lambda key, other: key.split(".")[0] + "." + other.split(".")[1],
        lambda key, other: other.split(".")[0] + "." + key.split(".")[1],
        lambda key, other: "cli_" + "a" * 26 + "." + key.split(".")[1],
        lambda key, other: key.replace(".sk_", ".pk_"),
    ],
)
def test_wrong_keys_are_told_apart_by_nothing(deps: Deps, spoil) -> None:
    _, key = create_client(deps, None, MERCHANT)
    _, other = create_client(deps, None, MERCHANT)
    with pytest.raises(CredentialsRejected) as caught:
        authenticate(deps, spoil(key, other))
    assert caught.value.fields == {}


def test_a_revoked_key_opens_nothing(deps: Deps, clock) -> None:
    view, key = create_client(deps, None, MERCHANT)
    clock.forward(minutes=1)
    gone = revoke_client(deps, None, view.client_id, reason="lost laptop")
    assert gone.revoked_at == clock.now()
    with pytest.raises(CredentialsRejected):
        authenticate(deps, key)
    with deps.read() as session:
        fact = facts_of(session, view.client_id)[-1]
    assert (fact.type, fact.public()) == ("client.revoked", {})
    assert fact.opened()["reason"] == "lost laptop"
    with pytest.raises(ClientAlreadyRevoked):
        revoke_client(deps, None, view.client_id)


def test_only_administrators_manage_clients(deps: Deps) -> None:
    view, _ = create_client(deps, ADMIN, MERCHANT)
    for attempt in (
        lambda: create_client(deps, NOBODY, MERCHANT),
        lambda: revoke_client(deps, NOBODY, view.client_id),
        lambda: list_clients(deps, NOBODY),
    ):
        with pytest.raises(ScopeMissing):
            attempt()
    assert len(list_clients(deps, None)) == 1


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (ClientDraft("", frozenset({Scope.VERIFY})), ClientInvalid),
        (ClientDraft("a", frozenset({Scope.SEAL_SIGN})), SignNeedsEntity),
        (ClientDraft("a", frozenset({Scope.ADMIN}), USCC), ScopeNeedsUnbound),
        (ClientDraft("a", frozenset({Scope.VERIFY}), "x"), ClientInvalid),
    ],
)
def test_drafts_that_make_no_client(deps: Deps, draft: ClientDraft, error) -> None:
    with pytest.raises(error):
        create_client(deps, None, draft)
    assert list_clients(deps, None) == []


def test_unknown_clients_and_unfit_reasons(deps: Deps) -> None:
    with pytest.raises(ClientNotFound):
        revoke_client(deps, None, "cli_" + "a" * 26)
    view, key = create_client(deps, None, MERCHANT)
    for reason in ("", "x" * 301):
        with pytest.raises(ClientInvalid):
            revoke_client(deps, None, view.client_id, reason=reason)
    assert authenticate(deps, key).client_id == view.client_id


def test_a_client_row_without_its_fact_cannot_commit(deps: Deps, store: Store) -> None:
    view, _ = create_client(deps, None, MERCHANT)

    def widen() -> None:
        with store.write() as tx:
            row = tx.session.get(ClientRow, view.client_id)
            assert row is not None
            row.scopes = "admin"
            tx.commit()

    with pytest.raises(UnloggedChange):
        widen()
    assert list_clients(deps, None)[0].scopes == MERCHANT.scopes
