"""API clients: keys, scopes, binding to an entity, and who may ask for what."""

import base64
import binascii
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sealsvc.errors import BadInput, NotAllowed
from sealsvc.values import (
    Fact,
    JsonObject,
    Principal,
    Scope,
    Subject,
    SubjectKind,
    Transition,
    Transitions,
)

SECRET_BYTES = 32
NAME_LIMIT = 80

_KEY = re.compile(r"(cli_[a-z2-7]{26})\.(sk_[a-z2-7]{52})", re.ASCII)
_CLIENT_ID = re.compile(r"cli_[a-z2-7]{26}", re.ASCII)
_USCC_SHAPE = re.compile(r"[0-9A-Y]{18}", re.ASCII)


class ScopeMissing(NotAllowed):
    """The client's key does not carry the scope that the action needs."""

    code = "SCOPE_MISSING"


class NotYourEntity(NotAllowed):
    """The client is not bound to the entity it wants to act for."""

    code = "ENTITY_NOT_YOURS"


class UnboundRequired(NotAllowed):
    """The action is for approvers, regulators or operators, who are bound to no entity."""

    code = "UNBOUND_CLIENT_REQUIRED"


class CredentialsRejected(NotAllowed):
    """A key is malformed, unknown, revoked or wrong; one code, so that none can be told apart."""

    code = "CREDENTIALS_REJECTED"


class ScopeUnknown(BadInput):
    """A scope was named that does not exist, or none at all."""

    code = "SCOPE_UNKNOWN"


class ClientInvalid(BadInput):
    """A client's name, entity or combination of scopes cannot be accepted; see `reason`."""

    code = "CLIENT_INVALID"


class SignNeedsEntity(BadInput):
    """`seal.sign` was asked for a client that is bound to no entity."""

    code = "SIGN_NEEDS_ENTITY"


class ScopeNeedsUnbound(BadInput):
    """`admin` or `seal.approve` was asked for a client that is bound to an entity."""

    code = "SCOPE_NEEDS_UNBOUND"


# Who acts for one merchant must neither run the service nor approve that merchant's seals.
_UNBOUND_ONLY = (Scope.ADMIN, Scope.SEAL_APPROVE)


def require(principal: Principal, scope: Scope) -> None:
    """Let pass who holds the scope; `admin` implies no other scope.

    Raises: ScopeMissing.
    """
    if scope not in principal.scopes:
        raise ScopeMissing(scope=str(scope))


def require_entity(principal: Principal, uscc: str) -> None:
    """Let pass who is bound to this entity or to none.

    Raises: NotYourEntity.
    """
    if principal.entity_uscc is not None and principal.entity_uscc != uscc:
        raise NotYourEntity()


def require_bound_to(principal: Principal, uscc: str) -> None:
    """Let pass only who is bound to exactly this entity, as signing needs.

    Raises: NotYourEntity.
    """
    if principal.entity_uscc != uscc:
        raise NotYourEntity()


def require_unbound(principal: Principal) -> None:
    """Let pass only who is bound to no entity.

    Raises: UnboundRequired.
    """
    if principal.entity_uscc is not None:
        raise UnboundRequired()


def parse_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Scopes from their names, as given on the command line or in a request.

    Raises: ScopeUnknown.
    """
    known = {str(scope): scope for scope in Scope}
    wanted = list(names)
    if not wanted:
        raise ScopeUnknown(scope=None)
    for name in wanted:
        if name not in known:
            raise ScopeUnknown(scope=name[:40])
    return frozenset(known[name] for name in wanted)


@dataclass(frozen=True)
class ParsedKey:
    """A presented key, taken apart; nothing about it is proved yet.

    client_id finds the row in one indexed read; secret: the `sk_…` part.
    """

    client_id: str
    secret: str = field(repr=False)


def format_key(client_id: str, secret: bytes) -> str:
    """The key as shown to its holder once: `cli_….sk_…`; secret: 32 random bytes.

    Raises: ClientInvalid.
    """
    if len(secret) != SECRET_BYTES:
        raise ClientInvalid(reason="SECRET_LENGTH")
    if _CLIENT_ID.fullmatch(client_id) is None:
        raise ClientInvalid(reason="CLIENT_ID")
    return f"{client_id}.sk_{_base32(secret)}"


def parse_key(text: str) -> ParsedKey:
    """Take a key apart; only the one spelling that `format_key` writes is accepted.

    Raises: CredentialsRejected.
    """
    match = _KEY.fullmatch(text)
    if match is None:
        raise CredentialsRejected()
    client_id, secret = match.groups()
    body = secret.removeprefix("sk_")
    try:
        canonical = _base32(base64.b32decode(body.upper() + "====")) == body
    except binascii.Error:
        canonical = False
    if not canonical:
        raise CredentialsRejected()
    return ParsedKey(client_id, secret)


def hash_secret(secret: str) -> bytes:
    """What is stored of a key: SHA-256 of its `sk_…` part, 32 bytes.

    A slow, salted hash protects secrets that can be guessed; 256 random bits cannot, and every
    request pays for the hash.
    """
    return hashlib.sha256(secret.encode()).digest()


def require_secret(presented: str, stored_sha256: bytes) -> None:
    """Let pass the holder of the secret, in constant time.

    Raises: CredentialsRejected.
    """
    if not hmac.compare_digest(hash_secret(presented), stored_sha256):
        raise CredentialsRejected()


class ClientStatus(StrEnum):
    """States of a client; computed from when its key was revoked."""

    ACTIVE = "ACTIVE"
    REVOKED = "REVOKED"


class ClientAction(StrEnum):
    """What can be done to a client; CREATE brings it into being."""

    CREATE = "CREATE"
    REVOKE = "REVOKE"


CLIENT_TRANSITIONS: Transitions[ClientStatus, ClientAction] = Transitions(
    (
        Transition(ClientAction.CREATE, None, ClientStatus.ACTIVE, "client.created"),
        Transition(
            ClientAction.REVOKE, ClientStatus.ACTIVE, ClientStatus.REVOKED, "client.revoked"
        ),
    )
)


@dataclass(frozen=True)
class ClientDraft:
    """A client to be created; entity_uscc: canonical credit code, None for an unbound client."""

    name: str
    scopes: frozenset[Scope]
    entity_uscc: str | None = None


@dataclass(frozen=True)
class ClientView:
    """A client as operators see it; nothing of its key. revoked_at: None while the key works."""

    client_id: str
    name: str
    scopes: frozenset[Scope]
    entity_uscc: str | None
    created_at: datetime
    revoked_at: datetime | None = None

    @property
    def status(self) -> ClientStatus:
        """Whether the key still works."""
        return ClientStatus.ACTIVE if self.revoked_at is None else ClientStatus.REVOKED

    def permits(self, action: ClientAction) -> bool:
        """Whether the table has the action in the client's state."""
        return CLIENT_TRANSITIONS.find(self.status, action) is not None

    def principal(self) -> Principal:
        """The client as the actor of a request."""
        return Principal(self.client_id, self.name, self.scopes, self.entity_uscc)


def validate_client(draft: ClientDraft) -> ClientDraft:
    """The draft, its name in NFC without outer blanks.

    Only the credit code's shape is looked at: whether the entity exists is for the caller to know.
    Raises: ClientInvalid, ScopeUnknown, SignNeedsEntity, ScopeNeedsUnbound.
    """
    name = unicodedata.normalize("NFC", draft.name[: 4 * NAME_LIMIT]).strip()
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        raise ClientInvalid(reason="NAME")
    if not draft.scopes:
        raise ScopeUnknown(scope=None)
    if draft.entity_uscc is None:
        if Scope.SEAL_SIGN in draft.scopes:
            raise SignNeedsEntity(scope=str(Scope.SEAL_SIGN))
        return ClientDraft(name, draft.scopes)
    if _USCC_SHAPE.fullmatch(draft.entity_uscc) is None:
        raise ClientInvalid(reason="ENTITY_USCC")
    for scope in _UNBOUND_ONLY:
        if scope in draft.scopes:
            raise ScopeNeedsUnbound(scope=str(scope))
    return ClientDraft(name, draft.scopes, draft.entity_uscc)


def client_created(client_id: str, draft: ClientDraft, *, by: str) -> Fact:
    """`client.created`: anyone sees that a key with these scopes came into being.

    The client id is time-ordered and so stays out of the leaf (CONTRACT section 5), as do the
    name and the entity, which may be a person.
    """
    payload: JsonObject = {"by": by, "clientId": client_id, "name": draft.name}
    if draft.entity_uscc is not None:
        payload["entityUscc"] = draft.entity_uscc
    public: JsonObject = {
        "bound": draft.entity_uscc is not None,
        "scopes": [str(scope) for scope in sorted(draft.scopes)],
    }
    return Fact("client.created", _client(client_id), public, payload)


def client_revoked(client_id: str, *, by: str, reason: str | None = None) -> Fact:
    """`client.revoked`; nothing is public but that it happened."""
    payload: JsonObject = {"by": by, "clientId": client_id}
    if reason is not None:
        payload["reason"] = reason
    return Fact("client.revoked", _client(client_id), {}, payload)


@dataclass(frozen=True)
class ClientTemplate:
    """The part a demo client plays.

    merchant: `a`, `b` or `c`, or an operator's own name; None for an unbound client.
    """

    name: str
    scopes: frozenset[Scope]
    merchant: str | None = None


_MERCHANT = frozenset(
    {Scope.SEAL_APPLY, Scope.SEAL_SIGN, Scope.SEAL_MANAGE, Scope.ENTITY_READ, Scope.VERIFY}
)

# Source: CONTRACT section 6.
DEMO_CLIENTS: tuple[ClientTemplate, ...] = (
    ClientTemplate(
        "applicant", frozenset({Scope.SEAL_APPLY, Scope.ENTITY_READ, Scope.VERIFY}), "a"
    ),
    ClientTemplate("approver", frozenset({Scope.SEAL_APPROVE, Scope.ENTITY_READ})),
    ClientTemplate("operator", frozenset({Scope.ENTITY_WRITE, Scope.ENTITY_READ, Scope.ADMIN})),
    ClientTemplate(
        "regulator", frozenset({Scope.SEAL_MANAGE, Scope.AUDIT_READ, Scope.ENTITY_READ})
    ),
    ClientTemplate("shop", frozenset({Scope.VERIFY})),
    ClientTemplate("merchant-a", _MERCHANT, "a"),
    ClientTemplate("merchant-b", _MERCHANT, "b"),
    ClientTemplate("merchant-c", _MERCHANT, "c"),
    ClientTemplate("payment", _MERCHANT, "payment"),
    ClientTemplate("carrier", _MERCHANT, "carrier"),
)


def _client(client_id: str) -> tuple[Subject, ...]:
    return (Subject(SubjectKind.CLIENT, client_id),)


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()
