import asyncio
import json
from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.problems import InvalidRequest, MalformedRequest
from api.uploads import MULTIPART_OVERHEAD_BYTES, Received, _parse
from tests.api.infra.conftest import LIMIT, Api
from tests.api.infra.test_edge import assert_problem

FORM = {"Content-Type": "multipart/form-data; boundary=b"}


def part(name: str, body: bytes, filename: str | None = None, extra: str = "") -> bytes:
    where = f'Content-Disposition: form-data; name="{name}"'
    where += f'; filename="{filename}"' if filename is not None else ""
    return f"--b\r\n{where}\r\n{extra}\r\n".encode() + body + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--b--\r\n"


def test_raw_body(api: Api) -> None:
    answer = api("POST", "/v1/check", content=b"%PDF", headers={"Content-Type": "application/pdf"})
    assert answer.json() == {
        "who": None,
        "bytes": 4,
        "filename": None,
        "type": "application/pdf",
        "options": {"evidence": False},
    }


def test_multipart(api: Api) -> None:
    options = ("", json.dumps({"policy": "p", "expect": {"role": "invoice"}}), "application/json")
    files: dict[str, Any] = {"file": ("发票.pdf", b"%PDF", "application/pdf"), "options": options}
    body = api("POST", "/v1/check", files=files).json()
    assert body["filename"] == "发票.pdf"
    assert body["bytes"] == 4
    assert body["options"]["expect"] == {"role": "invoice", "partyUsccs": []}


def test_options_from_query_and_part_together(api: Api) -> None:
    body = form(part("file", b"x", "f"), part("options", b'{"expect":{"partyUsccs":["A"]}}'))
    url = "/v1/check?policy=p&evidence=true&expect.role=contract"
    assert api("POST", url, content=body, headers=FORM).json()["options"] == {
        "policy": "p",
        "evidence": True,
        "expect": {"role": "contract", "partyUsccs": ["A"]},
    }


@pytest.mark.parametrize(
    "query", ["expect.partyUsccs=A,B", "expect.partyUsccs=A&expect.partyUsccs=B"]
)
def test_lists_in_the_query(api: Api, query: str) -> None:
    body = api("POST", f"/v1/check?{query}", content=b"x").json()
    assert body["options"]["expect"]["partyUsccs"] == ["A", "B"]


@pytest.mark.parametrize(
    ("url", "options", "pointer", "place"),
    [
        ("?expect.role=king", None, "/expect.role", "query"),
        ("?policy=a&policy=b", None, "/policy", "query"),
        ("?unknown=1", None, "/unknown", "query"),
        ("?expect.who=1", None, "/expect.who", "query"),
        ("?policy=a", b'{"policy":"b"}', "/policy", "body"),
        ("", b'{"expect":{"role":"king"}}', "/expect/role", "body"),
        ("", b'{"strange":1}', "/strange", "body"),
        ("?expect.role=invoice", b'{"expect":3}', "/expect", "body"),
        ("", b"[]", "", "body"),
    ],
)
def test_bad_options(api: Api, url: str, options: bytes | None, pointer: str, place: str) -> None:
    content = form(part("file", b"x", "f"), *([part("options", options)] if options else []))
    answer = api("POST", f"/v1/check{url}", content=content, headers=FORM)
    errors = assert_problem(answer, 422, "VALIDATION_FAILED")["errors"]
    assert isinstance(errors, list)
    assert (errors[0]["pointer"], errors[0]["in"]) == (pointer, place)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no form at all",
        b"--b\r\n",
        part("file", b"x", "f"),  # cut off before the last boundary
        b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\n" + b"A" * 20_000,
        b"--b\r\n" + b"".join(b"H%d: v\r\n" % i for i in range(500)) + b"\r\nx\r\n--b--\r\n",
        form(part("file", b"x", "f"), part("options", b"{")),
        form(part("file", b"x", "f"), part("options", b"{}"), part("options", b"{}")),
        form(part("file", b"x", "f", "Content-Transfer-Encoding: strange\r\n")),
        form(part("file", b"!", "f", "Content-Transfer-Encoding: base64\r\n")),
        form(part("file", b"x", "f"), part("options", b'{"policy":"' + b"a" * 70_000 + b'"}')),
    ],
)
def test_malformed_multipart(api: Api, content: bytes) -> None:
    answer = api("POST", "/v1/check", content=content, headers=FORM)
    assert_problem(answer, 400, "MALFORMED_REQUEST")


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "b" * 999,
    ],
)
def test_no_usable_boundary(api: Api, kind: str) -> None:
    answer = api("POST", "/v1/check", content=b"--b--", headers={"Content-Type": kind})
    assert_problem(answer, 400, "MALFORMED_REQUEST")


def test_another_multipart_is_no_form(api: Api) -> None:
    kind = {"Content-Type": "multipart/mixed; boundary=b"}
    answer = api("POST", "/v1/check", content=b"a=b", headers=kind)
    assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_what_curl_calls_a_form_is_the_file(api: Api) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert api("POST", "/v1/check", content=b"a=b&c", headers=kind).status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        form(part("options", b"{}")),
        form(part("file", b"", "f")),
        form(part("other", b"x", "f")),
        form(part("file", b"x", "f"), part("file", b"y", "g")),
        form(part("file", b"not a file part")),
    ],
)
def test_not_one_file(api: Api, content: bytes) -> None:
    answer = api("POST", "/v1/check", content=content, headers=FORM)
    assert_problem(answer, 422, "VALIDATION_FAILED")


def test_empty_body(api: Api) -> None:
    assert_problem(api("POST", "/v1/check"), 422, "VALIDATION_FAILED")


def test_several_files(api: Api) -> None:
    content = form(*(part("file", b"x" * n, "f") for n in (1, 2, 3)))
    headers = api.auth | FORM | {"Idempotency-Key": "several"}
    assert api("POST", "/v1/batch", content=content, headers=headers).json() == [1, 2, 3]


# ---- limits


def test_exactly_the_limit(api: Api) -> None:
    assert api("POST", "/v1/check", content=bytes(LIMIT)).json()["bytes"] == LIMIT


def test_declared_too_large(api: Api) -> None:
    body = assert_problem(api("POST", "/v1/check", content=bytes(LIMIT + 1)), 413, "TOO_LARGE")
    assert body["limitBytes"] == LIMIT


@pytest.mark.parametrize("length", ["-1", "1e3", "x", "9" * 30, "+5"])
def test_strange_content_length(api: Api, length: str) -> None:
    answer = api("POST", "/v1/check", content=b"abc", headers={"Content-Length": length})
    assert_problem(answer, 400, "MALFORMED_REQUEST")


class Counted(httpx.AsyncByteStream):
    """A chunked body without length that counts what was taken of it."""

    def __init__(self, chunks: int) -> None:
        self.chunks, self.taken = chunks, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self.chunks):
            self.taken += 1
            yield bytes(10_000)


@pytest.mark.parametrize("keyed", [False, True])
def test_chunked_too_large_stops_early(api: Api, keyed: bool) -> None:
    stream = Counted(100_000)
    headers = api.auth | {"Idempotency-Key": "k"} if keyed else {}
    answer = api("POST", "/v1/check", content=stream, headers=headers)
    assert_problem(answer, 413, "TOO_LARGE")
    assert stream.taken == LIMIT // 10_000 + 1


def test_chunked_within_the_limit(api: Api) -> None:
    assert api("POST", "/v1/check", content=Counted(20)).json()["bytes"] == LIMIT


def test_multipart_may_add_its_overhead_only(api: Api) -> None:
    content = form(part("file", bytes(LIMIT), "f"))
    assert api("POST", "/v1/check", content=content, headers=FORM).status_code == 200
    content = form(part("file", bytes(LIMIT + MULTIPART_OVERHEAD_BYTES), "f"))
    assert_problem(api("POST", "/v1/check", content=content, headers=FORM), 413, "TOO_LARGE")
    content = form(part("file", bytes(LIMIT + 1), "f"))
    assert_problem(api("POST", "/v1/check", content=content, headers=FORM), 413, "TOO_LARGE")


def test_other_routes_take_a_mebibyte(api: Api) -> None:
    headers = api.auth | {"Content-Type": "application/json"}
    big = b'{"name":"' + b"a" * 1024 * 1024 + b'"}'
    body = assert_problem(api("POST", "/v1/things", content=big, headers=headers), 413, "TOO_LARGE")
    assert body["limitBytes"] == 1024 * 1024
    stream = Counted(1000)
    answer = api("POST", "/v1/things", content=stream, headers=headers)
    assert_problem(answer, 413, "TOO_LARGE")
    assert stream.taken < 200


def test_client_that_leaves_is_no_error(api: Api) -> None:
    async def leave() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def run(path: str, *headers: tuple[bytes, bytes]) -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "headers": list(headers),
            "client": ("192.0.2.1", 1),
        }
        await api.app(scope, leave, send)
        return sent

    key = (b"authorization", api.auth["Authorization"].encode())
    for path in ("/v1/check", "/v1/things"):
        assert all(m.get("status", 400) == 400 for m in asyncio.run(run(path, key)))
        keyed = asyncio.run(run(path, key, (b"idempotency-key", b"gone")))
        assert keyed == []


# ---- the parser never fails otherwise


def _parsed(body: bytes) -> Received:
    with SpooledTemporaryFile() as spool:
        spool.write(body)
        spool.seek(0)
        return _parse(spool, "multipart/form-data; boundary=b")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=30),
            st.sampled_from(
                [
                    b"--b\r\n",
                    b"--b--",
                    b"\r\n",
                    b'Content-Disposition: form-data; name="file"; filename="f"\r\n',
                    b'Content-Disposition: form-data; name="options"\r\n',
                    b"Content-Transfer-Encoding: quoted-printable\r\n",
                    b"{}",
                ]
            ),
        ),
        max_size=12,
    )
)
def test_any_bytes_are_read_or_refused(pieces: list[bytes]) -> None:
    try:
        found = _parsed(b"".join(pieces))
    except (MalformedRequest, InvalidRequest):
        return
    assert all(upload.data for upload in found.uploads)
