"""Stopping, starting again, and what stays behind."""

import signal
from collections.abc import Iterator

from tests.live.fixtures import NewService
from tests.live.service import LiveService, eventually, listens

SECOND_START_S = 5.0
LOADED = 4.0  # a machine busy with other tests gets this many times as long


def test_a_service_stops_in_order_and_comes_back(new_service: NewService) -> None:
    first = new_service().start()
    before = _identity(first)
    size = _log_size(first)

    _second_on_the_same_port_fails(new_service(port=first.port))
    assert first.http.get("/readyz").status_code == 200

    assert _terminated_while_sending(first) == 422  # the request under way is answered
    assert first.process.wait(40) == 0
    _nothing_left(first)

    again = new_service(port=first.port)
    again.launch()
    seconds = again.await_answer("/healthz")
    worked = again.cpu_s()
    print(f"second start answers /healthz after {seconds:.2f} s, {worked:.2f} s of CPU")
    assert worked < SECOND_START_S
    assert seconds < SECOND_START_S * LOADED
    again.await_answer("/readyz")
    assert _identity(again) == before
    assert _log_size(again) >= size
    assert again.audit().returncode == 0

    assert again.stop(signal.SIGINT) == 0
    _nothing_left(again)


def _identity(service: LiveService) -> dict[str, str]:
    texts = {path: service.http.get(path).text for path in ("/pki/root.pem", "/log/key")}
    return texts | service.keys() | {"log": service.http.get("/log/checkpoint").text.split("\n")[0]}


def _log_size(service: LiveService) -> int:
    return int(service.http.get("/log/checkpoint").text.split("\n")[1])


def _second_on_the_same_port_fails(second: LiveService) -> None:
    second.launch()
    assert second.process.wait(60) != 0
    assert "address already in use" in second.log_tail()


def _terminated_while_sending(service: LiveService) -> int:
    """Status of a request whose body was still on its way when the signal came."""

    def body() -> Iterator[bytes]:
        yield b"%PDF-1.4\n" + b"x" * 1000
        service.process.send_signal(signal.SIGTERM)
        yield b"y" * 1000

    return service.http.post("/v1/verifications", content=body()).status_code


def _nothing_left(service: LiveService) -> None:
    eventually("no process left", lambda: not service.leftovers(), 10)
    assert not listens(service.port)
    assert "Traceback" not in service.log_tail()
