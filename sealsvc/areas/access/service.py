"""Create, revoke and list API clients; recognise a client by its key."""

from sealsvc.areas.access import repo
from sealsvc.areas.access.model import (
    SECRET_BYTES,
    ClientAction,
    ClientDraft,
    ClientInvalid,
    ClientStatus,
    ClientView,
    CredentialsRejected,
    client_created,
    client_revoked,
    format_key,
    hash_secret,
    parse_key,
    require,
    require_secret,
    validate_client,
)
from sealsvc.areas.deps import Deps
from sealsvc.errors import Conflict
from sealsvc.values import Principal, Scope, time_ordered_id

OPERATOR = "operator"
"""`by` of what somebody did at the command line, without a client."""

REASON_LIMIT = 300

# Compared with where no client has the id, so that the answer takes as long as for a wrong secret.
_NOBODYS_SECRET = hash_secret("")


class ClientAlreadyRevoked(Conflict):
    """The client's key was revoked before."""

    code = "CLIENT_ALREADY_REVOKED"


def create_client(
    deps: Deps, principal: Principal | None, draft: ClientDraft
) -> tuple[ClientView, str]:
    """A new client and its key, which is shown this once and never kept.

    principal: None for the operator at the command line. Whether the entity exists is for the
    caller to know. Raises: ScopeMissing, ClientInvalid, ScopeUnknown, SignNeedsEntity,
    ScopeNeedsUnbound.
    """
    by = _operator(principal)
    clean = validate_client(draft)
    secret = deps.rng.bytes(SECRET_BYTES)
    with deps.write() as tx:
        client_id = time_ordered_id("cli", tx.now, deps.rng.bytes(16))
        key = format_key(client_id, secret)
        client = ClientView(client_id, clean.name, clean.scopes, clean.entity_uscc, tx.now)
        secret_sha256 = hash_secret(parse_key(key).secret)
        repo.add(tx.session, repo.StoredClient(client, secret_sha256), by=by)
        tx.record(client_created(client_id, clean, by=by))
        tx.commit()
    return client, key


def revoke_client(
    deps: Deps, principal: Principal | None, client_id: str, *, reason: str | None = None
) -> ClientView:
    """Make a client's key worthless at once; there is no way back.

    reason: free text up to 300 characters, kept out of the public leaf.
    Raises: ScopeMissing, ClientNotFound, ClientAlreadyRevoked, ClientInvalid.
    """
    by = _operator(principal)
    if reason is not None and not 0 < len(reason) <= REASON_LIMIT:
        raise ClientInvalid(reason="REASON")
    with deps.write() as tx:
        if not repo.get_for_update(tx.session, client_id).permits(ClientAction.REVOKE):
            raise ClientAlreadyRevoked()
        client = repo.revoke(tx.session, client_id, at=tx.now, by=by, reason=reason)
        tx.record(client_revoked(client_id, by=by, reason=reason))
        tx.commit()
    return client


def list_clients(deps: Deps, principal: Principal | None) -> list[ClientView]:
    """All clients, the oldest first. Raises: ScopeMissing."""
    _operator(principal)
    with deps.read() as session:
        return repo.list_all(session)


def authenticate(deps: Deps, bearer_key: str) -> Principal:
    """Whose key this is; one read by primary key, the secret compared in constant time.

    Raises: CredentialsRejected, the same for a malformed, unknown, wrong or revoked key.
    """
    parsed = parse_key(bearer_key)
    with deps.read() as session:
        found = repo.find(session, parsed.client_id)
    require_secret(parsed.secret, _NOBODYS_SECRET if found is None else found.secret_sha256)
    if found is None or found.client.status is not ClientStatus.ACTIVE:
        raise CredentialsRejected()
    return found.client.principal()


def _operator(principal: Principal | None) -> str:
    """Who acts: the command line, or a client that may administer."""
    if principal is None:
        return OPERATOR
    require(principal, Scope.ADMIN)
    return principal.client_id
