"""The same service on PostgreSQL: two server processes, concurrent writers, one log."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from uuid import uuid4

import pytest

from tests.live.fixtures import NewService
from tests.live.papers import MERCHANTS, invoice_pdf, receipt_of, seal, seal_everything
from tests.live.service import PDF, eventually, listens

BASE_URL = os.environ.get("SEALSVC_TEST_POSTGRES")
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(
        BASE_URL is None, reason=os.environ.get("SEALSVC_NO_POSTGRES", "no PostgreSQL")
    ),
]


@pytest.fixture
def database() -> Iterator[str]:
    """The URL of a database of one's own beside the areas' one."""
    import psycopg

    assert BASE_URL is not None
    name = f"live_{uuid4().hex[:12]}"
    plain = BASE_URL.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{BASE_URL.rsplit('/', 1)[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_two_processes_write_one_log(new_service: NewService, database: str) -> None:
    settings = {"SEALSVC_DATABASE_URL": database, "SEALSVC_WORKERS": "1"}
    service = new_service(workers=2, settings=settings).start()
    sealed = seal_everything(service)
    assert service.verify(sealed.invoice)["summary"] == "TRUSTED"
    assert service.verify(sealed.contract)["summary"] == "TRUSTED"
    changed = sealed.invoice.replace(b"/Producer (s", b"/Producer (t")
    assert service.verify(changed)["summary"] == "MODIFIED"

    document = invoice_pdf().data

    def write(number: int) -> tuple[str, str]:
        """A sealing and an application, each on a connection of its own: either process gets it."""
        headers = {"Connection": "close", "Idempotency-Key": f"pg-{number}"}
        query = {"role": "invoice", "number": f"{number:020d}"}
        answer = seal(
            service, document, sealed.a_invoice, by="merchant-a", params=query, headers=headers
        )
        assert answer.status_code == 201, answer.text
        body = {"uscc": MERCHANTS["b"].uscc, "type": "OTHER", "medium": "ELECTRONIC"}
        applied = service.call(
            "POST",
            "/v1/seals",
            by="merchant-b",
            json=body | {"name": f"专用章{number}"},
            headers={"Connection": "close"},
        )
        assert applied.status_code in (201, 409), applied.text  # 409: as many as one may have
        record = service.call("GET", answer.headers["Location"], by="merchant-a").json()
        return record["completedFactId"], sha256(answer.content).hexdigest()

    with ThreadPoolExecutor(6) as pool:
        facts = list(pool.map(write, range(12)))

    assert len({fact for fact, _ in facts}) == len(facts)
    for fact, digest in facts:
        assert receipt_of(service, fact, digest).startswith("c2sp.org/tlog-proof@v1")
    repeated = seal(
        service,
        document + b"\n",
        sealed.a_invoice,
        by="merchant-a",
        params={"role": "invoice", "number": f"{0:020d}"},
        headers=PDF | {"Idempotency-Key": "pg-0"},
    )
    assert repeated.json()["code"] == "IDEMPOTENCY_KEY_REUSED"
    audit = service.audit()
    assert audit.returncode == 0, audit.stderr
    log = service.log.read_text("utf-8")
    assert log.count("Started server process") == 2
    assert "internal_error" not in log
    assert "worker.loop_failed" not in log
    assert service.stop() == 0
    eventually("no process left", lambda: not service.leftovers(), 15)
    assert not listens(service.port)

    again = new_service(port=service.port, workers=2, settings=settings).start()
    assert again.verify(sealed.invoice)["summary"] == "TRUSTED"
    again.stop(signal.SIGKILL)  # the supervisor alone: those it started must not hold the port
    eventually("no process left", lambda: not again.leftovers(), 40)
    assert not listens(again.port)
