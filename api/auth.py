"""Who is asking: `Authorization: Bearer <key>` to a principal, once a request."""

from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import Scope

from api.context import headers_named, request_info
from api.deps import Services, Services_
from api.problems import KeyRequired
from sealsvc.areas.access import service as access
from sealsvc.values import Principal

# Only writes the security scheme into openapi.yaml; the header is read below, strictly.
BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", description="An API client's key.")
_Documented = Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]

_MAX_KEY = 512


async def authenticate(scope: Scope, services: Services) -> Principal | None:
    """The request's principal, None without a key; looked up once a request.

    Raises: KeyRequired when the header is not one Bearer key; what the access area raises for a
    key that is unknown, revoked or wrong.
    """
    info = request_info(scope)
    given = headers_named(scope, b"authorization")
    if info.principal is not None or not given:
        return info.principal
    kind, _, key = given[0].partition(" ")
    key = key.strip()
    if len(given) > 1 or kind.lower() != "bearer" or not 0 < len(key) <= _MAX_KEY:
        raise KeyRequired()
    info.principal = await to_thread.run_sync(access.authenticate, services.deps, key)
    return info.principal


async def optional_principal(
    request: Request, services: Services_, _documented: _Documented
) -> Principal | None:
    """Dependency behind `OptionalPrincipal_`: None without a key; a bad key is refused."""
    return await authenticate(request.scope, services)


async def principal(request: Request, services: Services_, _documented: _Documented) -> Principal:
    """Dependency behind `Principal_`. Raises: KeyRequired without a key."""
    found = await authenticate(request.scope, services)
    if found is None:
        raise KeyRequired()
    return found


Principal_ = Annotated[Principal, Depends(principal)]
OptionalPrincipal_ = Annotated[Principal | None, Depends(optional_principal)]
