import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.areas.access.model import (
    DEMO_CLIENTS,
    ClientDraft,
    ClientInvalid,
    CredentialsRejected,
    NotYourEntity,
    ScopeMissing,
    ScopeNeedsUnbound,
    ScopeUnknown,
    SignNeedsEntity,
    UnboundRequired,
    client_created,
    client_revoked,
    format_key,
    hash_secret,
    parse_key,
    parse_scopes,
    require,
    require_bound_to,
    require_entity,
    require_secret,
    require_unbound,
    validate_client,
)
from sealsvc.values import Principal, Scope

USCC = "91110000MA00000152"
OTHER = "113300000000000199"
CLIENT = "cli_" + "a2" * 13
SECRET = bytes(range(32))
KEY = format_key(CLIENT, SECRET)


def principal(*scopes: Scope, uscc: str | None = None) -> Principal:
    return Principal(CLIENT, "client", frozenset(scopes), uscc)


@given(st.binary(min_size=32, max_size=32))
def test_keys_round_trip(secret: bytes) -> None:
    parsed = parse_key(format_key(CLIENT, secret))
    assert parsed.client_id == CLIENT
    assert base64.b32decode(parsed.secret[3:].upper() + "====") == secret
    require_secret(parsed.secret, hash_secret(parsed.secret))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        CLIENT,
        KEY[:-1],
        KEY + "a",
        KEY + "\n",
        " " + KEY,
        KEY.upper(),
        KEY.replace(".", ":"),
        KEY.replace("sk_", ""),
        KEY.replace("cli_", "cly_"),
        KEY[:-1] + "1",
        "ａ" + KEY[1:],
        KEY + "." + KEY,
    ],
)
def test_malformed_keys_are_refused(text: str) -> None:
    with pytest.raises(CredentialsRejected):
        parse_key(text)


def test_a_secret_has_one_spelling() -> None:
    # 52 characters carry 260 bits: the last character's four spare bits must be zero.
    accepted = []
    for last in "abcdefghijklmnopqrstuvwxyz234567":
        try:
            parse_key(KEY[:-1] + last)
        except CredentialsRejected:
            continue
        accepted.append(last)
    assert accepted == ["a", "q"]


@given(st.text(max_size=120))
def test_any_text_is_refused_or_is_a_key(text: str) -> None:
    with pytest.raises(CredentialsRejected):
        parse_key(text)


def test_the_secret_is_not_shown() -> None:
    parsed = parse_key(KEY)
    assert parsed.secret not in repr(parsed)


def test_hash_is_plain_sha256_of_the_whole_secret_part() -> None:
    parsed = parse_key(KEY)
    assert hash_secret(parsed.secret) == hashlib.sha256(parsed.secret.encode()).digest()


@pytest.mark.parametrize("stored", [b"", bytes(32), hash_secret("sk_other"), b"\xff" * 31])
def test_wrong_secrets_are_refused(stored: bytes) -> None:
    with pytest.raises(CredentialsRejected):
        require_secret(parse_key(KEY).secret, stored)


@pytest.mark.parametrize(
    ("client_id", "secret"),
    [(CLIENT, b""), (CLIENT, bytes(31)), (CLIENT, bytes(33)), ("cli_x", SECRET), ("", SECRET)],
)
def test_keys_are_not_written_from_bad_parts(client_id: str, secret: bytes) -> None:
    with pytest.raises(ClientInvalid):
        format_key(client_id, secret)


def test_scopes_parse() -> None:
    assert parse_scopes(["verify", "seal.sign", "verify"]) == {Scope.VERIFY, Scope.SEAL_SIGN}
    assert parse_scopes(str(scope) for scope in Scope) == set(Scope)


@pytest.mark.parametrize("names", [[], [""], ["VERIFY"], ["seal"], ["verify", "root"], ["seal.*"]])
def test_unknown_scopes(names: list[str]) -> None:
    with pytest.raises(ScopeUnknown):
        parse_scopes(names)


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (ClientDraft("", frozenset({Scope.VERIFY})), ClientInvalid),
        (ClientDraft("  ", frozenset({Scope.VERIFY})), ClientInvalid),
        (ClientDraft("x" * 81, frozenset({Scope.VERIFY})), ClientInvalid),
        (ClientDraft("a\nb", frozenset({Scope.VERIFY})), ClientInvalid),
        (ClientDraft("a\u202eb", frozenset({Scope.VERIFY})), ClientInvalid),
        (ClientDraft("x", frozenset()), ScopeUnknown),
        (ClientDraft("x", frozenset({Scope.SEAL_SIGN})), SignNeedsEntity),
        (ClientDraft("x", frozenset({Scope.ADMIN}), USCC), ScopeNeedsUnbound),
        (ClientDraft("x", frozenset({Scope.SEAL_APPROVE}), USCC), ScopeNeedsUnbound),
        (ClientDraft("x", frozenset({Scope.VERIFY}), ""), ClientInvalid),
        (ClientDraft("x", frozenset({Scope.VERIFY}), USCC.lower()), ClientInvalid),
        (ClientDraft("x", frozenset({Scope.VERIFY}), USCC + "0"), ClientInvalid),
    ],
)
def test_refused_clients(draft: ClientDraft, error: type[Exception]) -> None:
    with pytest.raises(error):
        validate_client(draft)


def test_accepted_clients() -> None:
    bound = ClientDraft(" shop ", frozenset({Scope.SEAL_SIGN}), USCC)
    assert validate_client(bound) == ClientDraft("shop", bound.scopes, USCC)
    unbound = ClientDraft("office", frozenset({Scope.ADMIN, Scope.SEAL_APPROVE}))
    assert validate_client(unbound) == unbound


def test_requirements() -> None:
    require(principal(Scope.VERIFY), Scope.VERIFY)
    require_entity(principal(), USCC)
    require_entity(principal(uscc=USCC), USCC)
    require_bound_to(principal(uscc=USCC), USCC)
    require_unbound(principal())
    with pytest.raises(ScopeMissing) as caught:
        require(principal(Scope.ADMIN), Scope.VERIFY)
    assert caught.value.fields == {"scope": "verify"}
    with pytest.raises(NotYourEntity) as refused:
        require_entity(principal(uscc=OTHER), USCC)
    assert refused.value.fields == {}
    for other in (principal(), principal(uscc=OTHER)):
        with pytest.raises(NotYourEntity):
            require_bound_to(other, USCC)
    with pytest.raises(UnboundRequired):
        require_unbound(principal(uscc=USCC))


def test_client_facts_show_nobody() -> None:
    draft = ClientDraft("shop", frozenset({Scope.VERIFY, Scope.SEAL_SIGN}), USCC)
    created = client_created(CLIENT, draft, by="cli_admin")
    assert created.public == {"bound": True, "scopes": ["seal.sign", "verify"]}
    assert created.payload == {
        "by": "cli_admin",
        "clientId": CLIENT,
        "name": "shop",
        "entityUscc": USCC,
    }
    revoked = client_revoked(CLIENT, by="cli_admin")
    assert (revoked.public, revoked.payload) == ({}, {"by": "cli_admin", "clientId": CLIENT})
    assert client_revoked(CLIENT, by="x", reason="lost").payload["reason"] == "lost"
    unbound = client_created(CLIENT, ClientDraft("x", frozenset({Scope.VERIFY})), by="y")
    assert "entityUscc" not in unbound.payload


def test_demo_clients_are_those_of_the_contract_and_valid() -> None:
    assert {template.name: template.merchant for template in DEMO_CLIENTS} == {
        "applicant": "a",
        "approver": None,
        "operator": None,
        "regulator": None,
        "shop": None,
        "merchant-a": "a",
        "merchant-b": "b",
        "merchant-c": "c",
        "payment": "payment",
        "carrier": "carrier",
    }
    for template in DEMO_CLIENTS:
        uscc = None if template.merchant is None else USCC
        validate_client(ClientDraft(template.name, template.scopes, uscc))


def test_no_demo_client_can_apply_and_approve() -> None:
    for template in DEMO_CLIENTS:
        assert not {Scope.SEAL_APPLY, Scope.SEAL_APPROVE} <= template.scopes
