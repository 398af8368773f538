"""What routers ask for: the services, pages of lists, entity tags.

`Services` is what the composition root must offer; the edge knows nothing more of it.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Header, Query, Request, Response

from api.problems import InvalidRequest, PreconditionFailed
from api.schemas.common import Page, ProblemRow
from sealsvc.areas.deps import Deps
from sealsvc.areas.transparency.model import ReleasedLog
from sealsvc.values import Json

Row = TypeVar("Row")
Out = TypeVar("Out")

MAX_PAGE = 200
DEFAULT_PAGE = 50
_MAC_BYTES = 16


class RateLimits(Protocol):
    """What a caller without a key may do, by address (an IPv6 /64 counts as one).

    per_minute: tokens a minute, 0 switches the limit off; exempt: networks that are never limited,
    in CIDR form as `127.0.0.0/8`. cost_heavy: tokens for drawn pages and reports judged again;
    cost_per_second: for each second of work on a document beyond the first. failed_keys_per_minute:
    keys that are none. upload_bytes: held at once by the process, and upload_bytes_per_address, 0 =
    no limit. jobs_per_address: documents in work at once; job_wait_s: longest wait for such a slot.
    """

    @property
    def per_minute(self) -> int: ...  # noqa: D102 - see above, as all of these
    @property
    def exempt(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def cost_heavy(self) -> int: ...  # noqa: D102
    @property
    def cost_per_second(self) -> int: ...  # noqa: D102
    @property
    def failed_keys_per_minute(self) -> int: ...  # noqa: D102
    @property
    def upload_bytes(self) -> int: ...  # noqa: D102
    @property
    def upload_bytes_per_address(self) -> int: ...  # noqa: D102
    @property
    def jobs_per_address(self) -> int: ...  # noqa: D102
    @property
    def job_wait_s(self) -> float: ...  # noqa: D102


class Services(Protocol):
    """The composition root as the edge sees it.

    cursor_key: secret of the process group, 32 bytes, signs list cursors. cors_origins: origins
    whose pages may call routes without a key; none by default.
    """

    deps: Deps
    logbook: ReleasedLog
    started: bool
    version: str
    cursor_key: bytes

    @property
    def rate_limits(self) -> RateLimits:
        """What callers may use, by address."""
        ...

    @property
    def cors_origins(self) -> Sequence[str]:
        """Origins allowed to read keyless answers from a browser."""
        ...

    def start(self) -> None:
        """Open workers and background loops."""
        ...

    def stop(self) -> None:
        """Close what `start` opened."""
        ...

    def ready(self) -> dict[str, bool]:
        """Each check by name (database, workers, log) and whether it holds."""
        ...


async def services(request: Request) -> Services:
    """The services the application was created with."""
    found: Services = request.app.state.services
    return found


Services_ = Annotated[Services, Depends(services)]


@dataclass(frozen=True)
class PageRequest:
    """Which page of a list is wanted. after: the position in the last row seen, None at first.

    Load `limit + 1` rows behind `after`, so that `page_json` can tell whether there are more.
    """

    limit: int
    after: list[Json] | None
    _key: bytes
    _request: Request
    _response: Response


async def page_request(
    request: Request,
    response: Response,
    services: Services_,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Rows a page.")] = DEFAULT_PAGE,
    cursor: Annotated[
        str | None, Query(max_length=2000, description="`nextCursor` of the page before.")
    ] = None,
) -> PageRequest:
    """Dependency behind `Page_`. Raises: InvalidRequest when the cursor is not one of ours."""
    key = services.cursor_key
    after = None if cursor is None else _open_cursor(key, request.url.path, cursor)
    return PageRequest(limit, after, key, request, response)


Page_ = Annotated[PageRequest, Depends(page_request)]


def page_json(
    page: PageRequest,
    rows: Sequence[Row],
    *,
    shape: Callable[[Row], Out],
    position: Callable[[Row], list[Json]],
) -> Page[Out]:
    """One page as `{data, hasMore, nextCursor}`, and its `Link: …; rel="next"` header.

    rows: up to `page.limit + 1` of them in order. position: the sort key of a row, comes back
    as `PageRequest.after`.
    """
    shown = rows[: page.limit]
    more = len(rows) > len(shown)
    cursor = None
    if more:
        cursor = _seal_cursor(page._key, page._request.url.path, position(shown[-1]))
        page._response.headers["Link"] = f'<{_next_url(page._request, cursor)}>; rel="next"'
    return Page[Any](data=[shape(row) for row in shown], has_more=more, next_cursor=cursor)


def etag_of(*parts: str | int | None) -> str:
    """A strong entity tag over what makes the representation. Source: RFC 9110 section 8.8.3."""
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return f'"{digest[:32]}"'


IfMatch_ = Annotated[str | None, Header(alias="If-Match", max_length=2000)]


def require_match(if_match: str | None, etag: str) -> None:
    """Let pass when the client names the present version, any (`*`), or none at all.

    Raises: PreconditionFailed. Source: RFC 9110 section 13.1.1 (strong comparison).
    """
    if if_match is None or if_match.strip() == "*":
        return
    if etag not in {tag.strip() for tag in if_match.split(",")}:
        raise PreconditionFailed()


def _mac(key: bytes, path: str, text: bytes) -> bytes:
    return hmac.digest(key, path.encode() + b"\x00" + text, "sha256")[:_MAC_BYTES]


def _seal_cursor(key: bytes, path: str, position: list[Json]) -> str:
    text = json.dumps(position, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mac(key, path, text) + text).decode().rstrip("=")


def _open_cursor(key: bytes, path: str, cursor: str) -> list[Json]:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        if not hmac.compare_digest(raw[:_MAC_BYTES], _mac(key, path, raw[_MAC_BYTES:])):
            raise ValueError("foreign cursor")
        position: list[Json] = json.loads(raw[_MAC_BYTES:])
    except (ValueError, binascii.Error) as error:
        row = ProblemRow.model_validate(
            {"in": "query", "pointer": "/cursor", "code": "CURSOR_INVALID", "detail": "cursor"}
        )
        raise InvalidRequest([row]) from error
    return position


def _next_url(request: Request, cursor: str) -> str:
    kept = [pair for pair in parse_qsl(request.url.query) if pair[0] != "cursor"]
    return f"{request.url.path}?{urlencode([*kept, ('cursor', cursor)])}"
