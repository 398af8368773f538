"""kill -9 in the middle of sealing: what was acknowledged is there, nothing is half there."""

import signal
import threading
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx

from tests.live.fixtures import NewService
from tests.live.papers import contract_pdf, make_seal, receipt_of
from tests.live.service import PDF, LiveService, eventually, listens, run_tool

THREADS = 4
ACKNOWLEDGED = 12  # kill after this many
CHECKED_RECEIPTS = 3


@dataclass
class Load:
    """Several clients that seal until the service dies; what they were told."""

    service: LiveService
    seal_id: str
    document: bytes
    done: dict[str, httpx.Response] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    refused: list[httpx.Response] = field(default_factory=list)

    def request(self, key: str) -> httpx.Response:
        headers = PDF | {"Idempotency-Key": key, "Accept": "application/pdf"}
        query = {"seal": self.seal_id, "invisible": "true", "number": key}
        return self.service.call(
            "POST",
            "/v1/sealings",
            by="merchant-a",
            params=query,
            content=self.document,
            headers=headers,
        )

    def run(self, name: int) -> None:
        for number in range(1000):
            key = f"kill-{name}-{number}"
            try:
                answer = self.request(key)
            except httpx.HTTPError:
                self.unknown.append(key)
                return
            if answer.status_code == 201:
                self.done[key] = answer
            else:
                self.refused.append(answer)
                return


def test_acknowledged_sealings_survive_kill_9(new_service: NewService, tmp_path: Path) -> None:
    service = new_service().start()
    load = Load(service, make_seal(service, "a", "CONTRACT", "合同专用章"), contract_pdf().data)
    threads = [threading.Thread(target=load.run, args=(name,)) for name in range(THREADS)]
    for thread in threads:
        thread.start()
    eventually("enough sealings", lambda: len(load.done) >= ACKNOWLEDGED, 120)
    time.sleep(0.03)  # not at the edge of an answer
    service.stop(signal.SIGKILL)
    for thread in threads:
        thread.join(90)
    eventually("the workers notice", lambda: not service.leftovers(), 30)
    assert not listens(service.port)
    assert load.refused == []
    assert load.unknown  # it died while sealing

    again = new_service(port=service.port).start()
    load.service = again
    _everything_acknowledged_is_there(again, load, tmp_path)
    _nothing_is_half_there(load)
    audit = again.audit()
    assert audit.returncode == 0, audit.stderr
    fresh = load.request("after-the-crash")
    assert fresh.status_code == 201
    assert again.verify(fresh.content)["axes"]["integrity"] == "PASSED"
    assert again.stop() == 0


def _everything_acknowledged_is_there(service: LiveService, load: Load, folder: Path) -> None:
    key = service.http.get("/log/key").text.strip()
    for number, (name, told) in enumerate(load.done.items()):
        path, digest = told.headers["Location"], sha256(told.content).hexdigest()
        record = service.call("GET", path, by="merchant-a").json()
        assert record["status"] == "COMPLETED"
        assert record["digest"] == digest
        kept = service.call("GET", path, by="merchant-a", headers={"Accept": "application/pdf"})
        assert kept.content == told.content
        replayed = load.request(name)
        assert (replayed.status_code, replayed.content) == (201, told.content)
        receipt = receipt_of(service, record["completedFactId"], digest)
        if number < CHECKED_RECEIPTS:  # each is a process of its own
            (folder / "receipt").write_text(receipt)
            (folder / "sealed.pdf").write_bytes(told.content)
            options = ["--document", str(folder / "sealed.pdf"), "--key", key]
            checked = run_tool("receipt", "verify", str(folder / "receipt"), *options)
            assert checked.returncode == 0, checked.stderr


def _nothing_is_half_there(load: Load) -> None:
    """An interrupted request took effect and says so, or still counts as running, or runs now."""
    for name in load.unknown:
        answer = load.request(name)
        if answer.status_code == 201:
            continue
        assert answer.status_code == 409, answer.text
        problem = answer.json()
        if problem["code"] == "REQUEST_IN_PROGRESS":
            assert int(answer.headers["Retry-After"]) > 0
            continue
        assert problem["code"] == "REQUEST_INTERRUPTED"
        for fact_id in problem["factIds"].split():
            _is_whole(load.service, fact_id)


def _is_whole(service: LiveService, fact_id: str) -> None:
    answer = service.call("GET", "/v1/trace", by="merchant-a", params={"factId": fact_id})
    assert answer.status_code == 200, answer.text
    for event in answer.json()["data"]:
        assert event["type"] in ("sealing.authorised", "sealing.completed")
        path = f"/v1/sealings/{event['payload']['sealingId']}"
        record = service.call("GET", path, by="merchant-a").json()
        assert record["status"] in ("AUTHORISED", "COMPLETED")
        assert (record["digest"] is None) == (record["status"] == "AUTHORISED")
        assert (record["completedFactId"] is None) == (record["status"] == "AUTHORISED")
