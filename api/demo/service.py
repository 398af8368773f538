"""The service as the demonstration sees it: over HTTP, with the keys of its parties."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from sealsvc.values import Declaration, Placement

PDF, OFD = "application/pdf", "application/ofd"
_TIMEOUT_S = 60.0
_RECEIPT_PATIENCE_S = 20.0

Answer = dict[str, Any]  # a JSON object of the service, whose members the steps pick by name


class Unexpected(Exception):
    """The service answered otherwise than the story tells; the text says what and how."""


@dataclass(frozen=True)
class SealedFile:
    """What sealing gave. fact_id: the fact `sealing.completed`, whose receipt proves it."""

    data: bytes
    sealing_id: str
    fact_id: str


class Service:
    """One running service. clients: name -> key, as in `demo-clients.json`."""

    def __init__(self, base_url: str, clients: Mapping[str, str]) -> None:
        self.base_url = base_url.rstrip("/")
        self._clients = clients
        # Proxies of the environment are for the outside world; this service is named by its URL.
        self._http = httpx.Client(base_url=self.base_url, timeout=_TIMEOUT_S, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        by: str | None = None,
        expect: int = 200,
        **options: Any,
    ) -> httpx.Response:
        """One request. by: name of the client whose key is sent; options: as of httpx.

        Raises: Unexpected when the status is another one.
        """
        headers = dict(options.pop("headers", {}))
        if by is not None:
            headers["Authorization"] = f"Bearer {self._key(by)}"
        answer = self._http.request(method, path, headers=headers, **options)
        if answer.status_code != expect:
            raise Unexpected(
                f"{method} {path}: {answer.status_code}, expected {expect}: {answer.text[:300]}"
            )
        return answer

    def get(self, path: str, *, by: str | None = None, **params: str | int) -> Answer:
        """A JSON object. Raises: Unexpected."""
        found: Answer = self.call("GET", path, by=by, params=params).json()
        return found

    def post(
        self, path: str, body: Answer | None = None, *, by: str | None = None, expect: int = 200
    ) -> Answer:
        """Send JSON, read JSON. Raises: Unexpected."""
        found: Answer = self.call("POST", path, by=by, expect=expect, json=body or {}).json()
        return found

    def refused(
        self, status: int, code: str, method: str, path: str, **options: Any
    ) -> httpx.Response:
        """A request that must fail with this problem. Raises: Unexpected when it does not."""
        answer = self.call(method, path, expect=status, **options)
        found = answer.json().get("code")
        if found != code:
            raise Unexpected(f"{method} {path}: {found}, expected {code}")
        return answer

    def now(self) -> datetime:
        """The service's clock, to the second."""
        stamp = self.call("GET", "/healthz").headers.get("date")
        if stamp is None:
            raise Unexpected("the service sends no Date")
        return parsedate_to_datetime(stamp).astimezone(UTC)

    def verify(self, data: bytes, by: str | None = None, **options: str) -> Answer:
        """The report on a file; options: as `expect.sellerUscc`, with `_` for the dot."""
        query = {name.replace("_", "."): value for name, value in options.items()}
        headers = {"Content-Type": PDF}
        answer = self.call(
            "POST", "/v1/verifications", by=by, params=query, content=data, headers=headers
        )
        report: Answer = answer.json()
        return report

    def seal(
        self,
        data: bytes,
        seal_id: str,
        *,
        by: str,
        place: Placement,
        declaration: Declaration,
        media_type: str = PDF,
        **more: str,
    ) -> SealedFile:
        """Put a visible seal on a document; more: further parameters. Raises: Unexpected."""
        answer = self.call(
            "POST",
            "/v1/sealings",
            by=by,
            expect=201,
            params={**sealing_query(seal_id, place, declaration), **more},
            content=data,
            headers={"Content-Type": media_type, "Accept": media_type},
        )
        sealing_id = answer.headers["Sealing-Id"]
        record = self.get(answer.headers["Location"], by=by)
        return SealedFile(answer.content, sealing_id, str(record["completedFactId"]))

    def receipt(self, fact_id: str, digest: str) -> str:
        """The receipt of a document's fact, opened by the document's SHA-256 (hex).

        Raises: Unexpected, also when the log does not sequence the fact in time.
        """
        patience_ends = time.monotonic() + _RECEIPT_PATIENCE_S
        while True:
            answer = self._http.get(f"/v1/receipts/{fact_id}", params={"digest": digest})
            if answer.status_code == httpx.codes.OK:
                return answer.text
            if answer.status_code != httpx.codes.ACCEPTED or time.monotonic() > patience_ends:
                raise Unexpected(f"receipt of {fact_id}: {answer.status_code} {answer.text[:200]}")
            time.sleep(0.1)

    def _key(self, name: str) -> str:
        if name not in self._clients:
            raise Unexpected(f"there is no client {name} among {sorted(self._clients)}")
        return self._clients[name]


def sealing_query(
    seal_id: str, place: Placement, declaration: Declaration
) -> dict[str, str | float | list[str]]:
    """The parameters of a visible sealing. Source: CONTRACT section 3."""
    query: dict[str, str | float | list[str]] = {
        "seal": seal_id,
        "page": place.page,
        "x": place.x_mm,
        "y": place.y_mm,
        "width": place.width_mm,
        "role": str(declaration.role),
    }
    if declaration.number is not None:
        query["number"] = declaration.number
    if declaration.seller_uscc is not None:
        query["sellerUscc"] = declaration.seller_uscc
    if declaration.party_usccs:
        query["partyUsccs"] = list(declaration.party_usccs)
    return query
