"""`/v1/entities/imports` and `/v1/seals/imports` over HTTP: keys, shapes, problems."""

import pytest

from sealsvc.values import Scope
from tests.areas.entities.test_register import LEGAL, OTHER

ENTITIES, SEALS = "/v1/entities/imports", "/v1/seals/imports"
CSV = f"uscc,legalName\n{LEGAL},甲公司\n{OTHER},\u202e\nx,y\n".encode()


@pytest.fixture
def client(key):
    return {**key(Scope.ENTITY_WRITE, Scope.SEAL_APPLY), "Content-Type": "text/csv"}


def keyed(headers: dict, name: str = "k1") -> dict:
    return {**headers, "Idempotency-Key": name}


def test_good_and_bad_rows(api, client) -> None:
    answer = api("POST", ENTITIES, content=CSV, headers=keyed(client))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    rows = body.pop("rows")
    assert body == {"total": 3, "created": 1, "unchanged": 0, "failed": 2}
    assert [(row["line"], row["code"], row["field"]) for row in rows] == [
        (3, "ENTITY_FIELD_INVALID", "legalName"),
        (4, "USCC_INVALID", "uscc"),
    ]
    assert rows[0]["message"] == "主体信息不合规"
    assert api("GET", f"/v1/entities/{LEGAL}").json()["legalName"] == "甲公司"
    again = api("POST", ENTITIES, content=CSV, headers=keyed(client))
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["created"] == 1
    english = {**keyed(client, "k2"), "Accept-Language": "en"}
    once_more = api("POST", ENTITIES, content=CSV, headers=english).json()
    assert (once_more["created"], once_more["unchanged"]) == (0, 1)
    assert once_more["rows"][0]["message"] == "Entity field invalid"


def test_as_a_form(api, client) -> None:
    headers = {name: value for name, value in keyed(client).items() if name != "Content-Type"}
    files = {"file": ("entities.csv", CSV, "text/csv")}
    assert api("POST", ENTITIES, files=files, headers=headers).json()["created"] == 1


def test_seals(api, client) -> None:
    api("POST", ENTITIES, content=CSV, headers=keyed(client))
    text = f"uscc,type,medium,name,code\n{LEGAL},04,实物,合同专用章,1101080012345\n{LEGAL},8,,,\n"
    answer = api("POST", SEALS, content=text.encode("gbk"), headers=keyed(client))
    assert answer.status_code == 200, answer.text
    assert (answer.json()["created"], answer.json()["failed"]) == (1, 1)
    assert answer.json()["rows"][0]["code"] == "IMPORT_ROW_INVALID"
    found = api("GET", "/v1/seals", params={"uscc": LEGAL}).json()["data"]
    assert [(one["status"], one["code"]) for one in found] == [("APPLIED", "1101080012345")]


@pytest.mark.parametrize("url", [ENTITIES, SEALS])
def test_what_is_refused_as_a_whole(api, client, key, url: str) -> None:
    def code(**options) -> tuple[int, str]:
        answer = api("POST", url, **options)
        return answer.status_code, answer.json()["code"]

    assert code(content=CSV) == (401, "UNAUTHENTICATED")
    assert code(content=CSV, headers=client) == (400, "IDEMPOTENCY_KEY_MISSING")
    plain = keyed({**key(Scope.VERIFY), "Content-Type": "text/csv"})
    assert code(content=CSV, headers=plain) == (403, "SCOPE_MISSING")
    assert code(content=b"", headers=keyed(client, "a")) == (422, "VALIDATION_FAILED")
    assert code(content=b" ", headers=keyed(client, "b")) == (422, "IMPORT_FILE_INVALID")
    assert code(content=b"[{]", headers=keyed(client, "c")) == (422, "IMPORT_FILE_INVALID")
    assert code(content=b"a,b\n", headers=keyed(client, "d")) == (422, "IMPORT_HEADER_INVALID")
    assert code(content=b"\xff\xfe", headers=keyed(client, "e")) == (
        422,
        "IMPORT_ENCODING_UNKNOWN",
    )
    assert code(content=b"\n" * 600_000, headers=keyed(client, "f")) == (422, "IMPORT_TOO_LONG")
    assert code(content=CSV + b"x", headers=keyed(client, "d")) == (
        422,
        "IDEMPOTENCY_KEY_REUSED",
    )
    assert code(content=b"x" * (51 * 1024 * 1024), headers=keyed(client, "g")) == (413, "TOO_LARGE")
