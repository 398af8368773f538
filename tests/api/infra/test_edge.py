import json
import subprocess
import sys
from collections.abc import Callable

import httpx
import pytest
import structlog

from api.limits import Quota
from tests.api.infra.conftest import Api, Limits

PROBLEM = "application/problem+json"


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    headers = answer.headers
    assert headers["content-type"] == PROBLEM
    body: dict[str, object] = json.loads(answer.content)
    assert body["code"] == code
    assert body["type"] == f"/problems/{code}"
    assert body["status"] == status
    assert body["requestId"] == headers["x-request-id"]
    return body


# ---- methods and paths


def test_unknown_path(api: Api) -> None:
    assert_problem(api("GET", "/nothing"), 404, "NOT_FOUND")
    assert_problem(api("GET", "/healthz/"), 404, "NOT_FOUND")


def test_wrong_method_names_all_methods(api: Api) -> None:
    answer = api("PUT", "/v1/items")
    assert_problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert api("TRACE", "/v1/things").headers["allow"] == "OPTIONS, POST"


def test_head_is_get_without_body(api: Api) -> None:
    answer = api("HEAD", "/v1/items/7")
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["content-length"] == str(len(api("GET", "/v1/items/7").content))
    assert answer.headers["etag"] == api("GET", "/v1/items/7").headers["etag"]


def test_head_where_there_is_no_get(api: Api) -> None:
    assert api("HEAD", "/v1/things").status_code == 405


def test_options_names_the_methods(api: Api) -> None:
    answer = api("OPTIONS", "/v1/items")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert "access-control-allow-origin" not in answer.headers


def test_cors_only_where_configured(make_api: Callable[..., Api]) -> None:
    asks = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    api = make_api(cors_origins=("https://shop.example",))
    allowed = api("OPTIONS", "/v1/check", headers=asks)
    assert allowed.headers["access-control-allow-origin"] == "https://shop.example"
    other = api("OPTIONS", "/v1/check", headers=asks | {"Origin": "https://other.example"})
    assert "access-control-allow-origin" not in other.headers
    plain = make_api()("GET", "/healthz", headers={"Origin": "https://shop.example"})
    assert "access-control-allow-origin" not in plain.headers


@pytest.mark.parametrize("url", ["/v1/items?limit=1%00", "/v1/fail/a%00b", "/v1/items?a%00=1"])
def test_nul_is_refused(api: Api, url: str) -> None:
    assert_problem(api("GET", url), 400, "MALFORMED_REQUEST")


def test_unknown_query_parameter(api: Api) -> None:
    body = assert_problem(api("GET", "/v1/items?limit=3&lim%2Fit=4&x="), 422, "VALIDATION_FAILED")
    errors = body["errors"]
    assert isinstance(errors, list)
    assert [row["pointer"] for row in errors] == ["/lim~1it", "/x"]
    assert {row["in"] for row in errors} == {"query"}


# ---- problems


def test_language(api: Api) -> None:
    def title(accept: str | None) -> str:
        headers = {} if accept is None else {"Accept-Language": accept}
        return str(api("GET", "/nothing", headers=headers).json()["title"])

    assert title(None) == title("fr") == title("zh-CN") == title("en;q=0.1, zh;q=0.9") == "未找到"
    assert title("en") == title("en-GB, zh;q=0.5") == title("*;q=0.1, en;q=x, en") == "Not found"


def test_validation_rows(api: Api) -> None:
    answer = api(
        "POST",
        "/v1/things",
        json={"tags": ["a", 5], "madeAt": "2026-01-01T00:00:00", "extra": 1},
        headers=api.auth,
    )
    errors = assert_problem(answer, 422, "VALIDATION_FAILED")["errors"]
    assert isinstance(errors, list)
    found = {row["pointer"]: row["code"] for row in errors}
    assert found == {
        "/name": "MISSING",
        "/tags/1": "STRING_TYPE",
        "/madeAt": "TIMEZONE_AWARE",
        "/extra": "EXTRA_FORBIDDEN",
    }


@pytest.mark.parametrize(
    "content",
    [b"{", b"", b"\xff\xfe", b'{"name": "a" "b"}', b"[" * 100_000],
)
def test_bad_json(api: Api, content: bytes) -> None:
    headers = api.auth | {"Content-Type": "application/json"}
    answer = api("POST", "/v1/things", content=content, headers=headers)
    assert answer.status_code == (400 if content else 422), answer.text
    assert answer.headers["content-type"] == PROBLEM


@pytest.mark.parametrize("content", [b'{"name":"a\\u0000"}', b'{"name":"a","amount":NaN}', b"[]"])
def test_unfit_json(api: Api, content: bytes) -> None:
    headers = api.auth | {"Content-Type": "application/json"}
    assert_problem(
        api("POST", "/v1/things", content=content, headers=headers), 422, "VALIDATION_FAILED"
    )


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", "x", ""])
def test_wrong_content_type(api: Api, kind: str) -> None:
    headers = api.auth | {"Content-Type": kind}
    answer = api("POST", "/v1/things", content=b'{"name":"a"}', headers=headers)
    assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_fields_of_an_error_never_hide_the_problems_own(api: Api) -> None:
    answer = api("POST", "/v1/things?mode=conflict", json={"name": "a"}, headers=api.auth)
    body = assert_problem(answer, 409, "STATE_CONFLICT")
    assert (body["statusValue"], body["sealId"], body["typeValue"]) == ("LOST", "seal_1", "X")


def test_field_of_bad_input_is_a_pointer(api: Api) -> None:
    body = assert_problem(api("GET", "/v1/fail/field"), 422, "VALIDATION_FAILED")
    assert body["errors"] == [
        {
            "in": "body",
            "pointer": "/party/0/uscc",
            "code": "VALIDATION_FAILED",
            "detail": "CHECK_DIGIT",
        }
    ]


def test_unavailable_says_when(api: Api) -> None:
    answer = api("GET", "/v1/fail/busy")
    assert_problem(answer, 503, "WORKERS_BUSY")
    assert answer.headers["retry-after"] == "2"


@pytest.mark.parametrize("how", ["internal", "unknown"])
def test_internal_says_nothing_and_logs_all(api: Api, how: str) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = api("GET", f"/v1/fail/{how}")
    body = assert_problem(answer, 500, "INTERNAL")
    assert "secret" not in answer.text.lower()
    entry = next(entry for entry in logs if entry["event"] == "internal_error")
    assert entry["requestId"] == body["requestId"]
    assert "fake_router.py" in entry["traceback"]


# ---- keys


@pytest.mark.parametrize(
    "value",
    ["Basic abc", "Bearer", "Bearer  ", "Bearer nonsense", "bearer " + "a" * 600, "", "Bearer a b"],
)
@pytest.mark.parametrize("url", ["/v1/things/x", "/v1/check"])
def test_bad_key(api: Api, value: str, url: str) -> None:
    method = "POST" if url == "/v1/check" else "DELETE"
    answer = api(method, url, content=b"x", headers={"Authorization": value})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="sealsvc"'
    assert answer.headers["content-type"] == PROBLEM


def test_two_keys_are_none(api: Api) -> None:
    pair = [("Authorization", api.auth["Authorization"])] * 2
    assert api("DELETE", "/v1/things/x", headers=pair).status_code == 401


def test_key_where_needed_and_where_optional(api: Api) -> None:
    assert_problem(api("DELETE", "/v1/things/x"), 401, "UNAUTHENTICATED")
    assert api("DELETE", "/v1/things/x", headers=api.auth).status_code == 200
    assert api("POST", "/v1/check", content=b"x").json()["who"] is None
    assert api("POST", "/v1/check", content=b"x", headers=api.auth).json()["who"] == "tester"


# ---- request ids, headers, logs, metrics


def test_request_id_is_kept_when_sane(api: Api) -> None:
    given = {"X-Request-Id": "abc-DEF_123.4"}
    assert api("GET", "/healthz", headers=given).headers["x-request-id"] == "abc-DEF_123.4"


@pytest.mark.parametrize(
    "value", ["short", "a" * 65, "a b c d e f", "abcdefgh\tX", "<script>alert", "abcdefg\xe9h"]
)
def test_request_id_is_replaced_when_not(api: Api, value: str) -> None:
    headers = [(b"X-Request-Id", value.encode("latin-1"))]
    assert api("GET", "/healthz", headers=headers).headers["x-request-id"].startswith("req_")


def test_shared_headers(api: Api) -> None:
    headers = api("GET", "/healthz").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["server-timing"].startswith("total;dur=")


def test_access_log_holds_no_secrets(api: Api) -> None:
    with structlog.testing.capture_logs() as logs:
        api("DELETE", "/v1/things/x?token=hidden", headers=api.auth)
        api("DELETE", "/v1/things/x", headers=api.auth)
    entries = [entry for entry in logs if entry["event"] == "request"]
    assert [entry["status"] for entry in entries] == [422, 200]
    assert entries[1]["route"] == "/v1/things/{name}"
    assert entries[1]["client"].startswith("cli_")
    assert "hidden" not in repr(logs)
    assert "sk_" not in repr(logs)


def test_what_others_log_is_one_json_object_a_line() -> None:
    script = (
        "import logging; from api.observability import configure_logging; configure_logging();"
        "logging.getLogger('uvicorn').warning('two\\nlines %s', 'x')"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    (line,) = shown.stdout.splitlines()
    assert json.loads(line)["event"] == "two\nlines x"
    assert shown.stderr == ""


def test_metrics_have_bounded_labels(api: Api) -> None:
    for number in range(3):
        api("GET", f"/v1/items/{number}")
        api("GET", f"/nothing/{number}")
    api("BREW", "/v1/items")
    text = api("GET", "/metrics").text
    assert 'route="/v1/items/{item_id}",status="200"} 3.0' in text
    assert 'route="unmatched",status="404"} 3.0' in text
    assert 'method="OTHER"' in text
    assert "BREW" not in text


def test_two_applications_in_one_process(make_api: Callable[..., Api]) -> None:
    one, other = make_api(), make_api()
    one("GET", "/v1/items")
    assert "/v1/items" not in other("GET", "/metrics").text


# ---- operations


def test_ready_only_when_all_is(api: Api) -> None:
    assert api("GET", "/readyz").status_code == 503
    api.services.start()
    assert api("GET", "/readyz").json() == {
        "ready": True,
        "checks": {"started": True, "database": True, "log": True},
    }
    api.services.checks = {"database": False}
    assert api("GET", "/readyz").status_code == 503
    assert api("GET", "/healthz").json() == {"status": "ok"}
    assert api("GET", "/version").json() == {"name": "sealsvc", "version": "0.1.0"}


def test_lifespan_starts_and_stops(api: Api) -> None:
    import asyncio

    async def run() -> None:
        async with api.app.router.lifespan_context(api.app):
            assert api.services.started

    asyncio.run(run())
    assert not api.services.started


def test_problem_page(api: Api) -> None:
    page = api("GET", "/problems/TOO_LARGE")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "HTTP 413" in page.text
    assert 'lang="zh"' in page.text
    data = api("GET", "/problems/TOO_LARGE", headers={"Accept": "application/json"}).json()
    assert data["status"] == 413
    assert set(data["title"]) == {"zh", "en"}
    assert_problem(api("GET", "/problems/NO_SUCH"), 404, "NOT_FOUND")
    assert_problem(api("GET", "/problems/%3Cb%3E"), 422, "VALIDATION_FAILED")


# ---- rate limit


def test_rate_limit(make_api: Callable[..., Api]) -> None:
    api = make_api(rate_limits=Limits(per_minute=3))
    answers = [api("GET", "/v1/items/1") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"permin";q=3;w=60'
    assert answers[0].headers["ratelimit"].startswith('"permin";r=2;t=')
    body = assert_problem(answers[3], 429, "QUOTA_EXCEEDED")
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20
    assert body["retryAfterS"] == int(answers[3].headers["retry-after"])
    assert api("GET", "/healthz").status_code == 200
    assert api("DELETE", "/v1/things/x", headers=api.auth).status_code == 200


def test_a_header_does_not_lift_the_limit_of_a_keyless_route(make_api: Callable[..., Api]) -> None:
    api = make_api(rate_limits=Limits(per_minute=1))
    api("GET", "/v1/items/1")
    assert api("GET", "/v1/items/1", headers={"Authorization": "Bearer x"}).status_code == 429
    assert api("GET", "/no/such", headers={"Authorization": "Bearer x"}).status_code == 429


def test_exempt_network(make_api: Callable[..., Api]) -> None:
    api = make_api(rate_limits=Limits(per_minute=1, exempt=("192.0.2.0/24",)))
    assert [api("GET", "/v1/items/1").status_code for _ in range(3)] == [200] * 3


def test_ipv4_in_ipv6_counts_by_its_own_address() -> None:
    quota = Quota(1, ("127.0.0.0/8",), clock=lambda: 0.0)
    assert quota.take("::ffff:127.0.0.1") is None
    assert quota.take("::ffff:192.0.2.1") == 0
    assert quota.take("::ffff:192.0.2.2") == 0
    assert quota.take("192.0.2.1") == -1


# ---- pages and entity tags


def test_pages_follow_one_another(api: Api) -> None:
    url, seen = "/v1/items?limit=50&kind=a", []
    for _ in range(3):
        answer = api("GET", url)
        body = answer.json()
        seen += [row["itemId"] for row in body["data"]]
        if body["hasMore"]:
            url = answer.headers["link"].removeprefix("<").removesuffix('>; rel="next"')
            assert "kind=a" in url
    assert seen == list(range(120))
    assert body["nextCursor"] is None
    assert "link" not in answer.headers


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=AAAA", "cursor=%F0"])
def test_bad_page_request(api: Api, query: str) -> None:
    assert_problem(api("GET", f"/v1/items?{query}"), 422, "VALIDATION_FAILED")


def test_a_changed_cursor_is_refused(api: Api) -> None:
    cursor = api("GET", "/v1/items").json()["nextCursor"]
    for changed in (cursor[:-2], cursor + "AA", "A" + cursor[1:], cursor[:-1] + "~"):
        answer = api("GET", "/v1/items", params={"cursor": changed})
        assert_problem(answer, 422, "VALIDATION_FAILED")


def test_if_match(api: Api) -> None:
    etag = api("GET", "/v1/items/7").headers["etag"]
    for good in (etag, "*", f'"other", {etag}'):
        assert api("POST", "/v1/items/7/touch", headers={"If-Match": good}).status_code == 200
    assert api("POST", "/v1/items/7/touch").status_code == 200
    for bad in ('"other"', f"W/{etag}", "", "x"):
        answer = api("POST", "/v1/items/7/touch", headers={"If-Match": bad})
        assert_problem(answer, 412, "PRECONDITION_FAILED")
