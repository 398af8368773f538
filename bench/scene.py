"""A demo domain of its own for the HTTP measurements: what is asked of it, and for whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from api.demo.command import CLIENTS_FILE, read_clients
from bench.load import Request
from bench.pdf_seal import contract, demo_invoice

PDF = "application/pdf"
SIGNATURES = 20
_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Scene:
    """The requests. seal: an invoice sealed; verify: that file; contract: one of 20 seals."""

    seal: Request
    verify: Request

    def contract(self, url: str, count: int = SIGNATURES) -> Request:
        """A contract with so many seals, a page each, made by the service at that address."""
        data, headers = contract(), self.seal.headers
        target = self.seal.target.partition("&")[0]
        for number in range(1, count + 1):
            place = f"{target}&page={number}&x=120&y=230"
            data = _sealed(url, Request(place, headers, data))
        return Request(self.verify.target, self.verify.headers, data)


def scene(url: str, data: Path) -> Scene:
    """Have a seal made for a merchant and a file sealed. data: the service's folder."""
    key, seal_id = active_seal(url, read_clients(data / CLIENTS_FILE))
    headers = {"Authorization": f"Bearer {key}", "Content-Type": PDF, "Accept": PDF}
    sealing = Request(f"/v1/sealings?seal={seal_id}&invisible=true", headers, demo_invoice())
    return Scene(
        seal=sealing,
        verify=Request("/v1/verifications", {"Content-Type": PDF}, _sealed(url, sealing)),
    )


def active_seal(url: str, keys: Mapping[str, str]) -> tuple[str, str]:
    """A key that signs, and the id of its active seal."""
    with httpx.Client(base_url=url, trust_env=False, timeout=_TIMEOUT_S) as http:

        def post(path: str, by: str, **body: str) -> dict[str, str]:
            answer = http.post(path, headers={"Authorization": f"Bearer {keys[by]}"}, json=body)
            answer.raise_for_status()
            found: dict[str, str] = answer.json()
            return found

        rows = http.get("/v1/entities", headers={"Authorization": f"Bearer {keys['operator']}"})
        owner = next(row["uscc"] for row in rows.json()["data"] if row["uscc"].endswith("152"))
        made = post(
            "/v1/seals",
            "applicant",
            uscc=owner,
            type="INVOICE",
            medium="ELECTRONIC",
            name="电子发票专用章",
        )
        path = f"/v1/seals/{made['id']}"
        post(f"{path}/approve", "approver")
        post(f"{path}/issue", "approver")
    return keys["merchant-a"], made["id"]


def _sealed(url: str, request: Request) -> bytes:
    answer = httpx.post(
        url + request.target,
        headers=dict(request.headers),
        content=request.body,
        trust_env=False,
        timeout=_TIMEOUT_S,
    )
    answer.raise_for_status()
    return answer.content
