"""`POST /v1/sealings/batch` from outside: bodies, answers, limits, the key."""

import base64
import io
import json
import zipfile
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import httpx
import pytest

from api import batch_uploads
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import SealView
from sealsvc.values import Scope, SealType
from tests.api.infra.conftest import Api
from tests.areas.sealing.story import A, B, Story, pdf

Key = Callable[..., dict[str, str]]
URL = "/v1/sealings/batch?seal="


@pytest.fixture
def seal(story: Story) -> SealView:
    return story.seal(A, SealType.CONTRACT)


@pytest.fixture
def signer(key: Key) -> dict[str, str]:
    return key(Scope.SEAL_SIGN, uscc=A) | {"Idempotency-Key": "batch-1"}


ZIP = {"Content-Type": "application/zip"}
LINES = {"Content-Type": "application/x-ndjson"}


def archive(files: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", packing) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return body.getvalue()


def line(name: str, data: bytes, **more: object) -> bytes:
    members = {"name": name, "document": base64.b64encode(data).decode(), **more}
    return json.dumps(members).encode() + b"\n"


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(one) for one in answer.text.splitlines()]


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_lines_in_lines_out(api: Api, story: Story, seal: SealView, signer: dict[str, str]) -> None:
    body = b"".join(
        [
            line("1.pdf", pdf("One"), role="contract", number="HT-1", partyUsccs=[A, B]),
            b"not json\n",
            b"\n",
            line("3.pdf", b"no document"),
            line("4.pdf", pdf("Four"), colour="red"),
            line("../5.pdf", pdf("Five")),
            b'{"name": "6.pdf", "document": "***"}\n',
            line("7.pdf", b""),
            b"[1]\n",
            line("9.pdf", pdf("Nine"), page=1, x=20, y=30, width=35).rstrip(),
        ]
    )
    found = lines(api("POST", URL + seal.seal_id, content=body, headers=signer | LINES))
    assert [(one["name"], one["status"], one.get("code")) for one in found] == [
        ("1.pdf", "COMPLETED", None),
        ("line-2", "FAILED", "BATCH_ITEM_INVALID"),
        ("3.pdf", "FAILED", "UNSUPPORTED_FORMAT"),
        ("4.pdf", "FAILED", "BATCH_ITEM_INVALID"),
        ("line-6", "FAILED", "BATCH_ITEM_INVALID"),
        ("6.pdf", "FAILED", "BATCH_ITEM_INVALID"),
        ("7.pdf", "FAILED", "BATCH_ITEM_INVALID"),
        ("line-9", "FAILED", "BATCH_ITEM_INVALID"),
        ("9.pdf", "COMPLETED", None),
    ]
    sealed = base64.b64decode(found[0]["document"])
    assert found[0]["digest"] == sha256(sealed).hexdigest()
    assert story.verify(sealed)["summary"] == "TRUSTED"
    shown = api("GET", f"/v1/sealings/{found[8]['sealingId']}", headers=signer).json()
    assert shown["placement"] == {"page": 1, "x": 20.0, "y": 30.0, "width": 35.0}


def test_a_zip_with_a_manifest_answered_as_a_zip(
    api: Api, story: Story, seal: SealView, signer: dict[str, str]
) -> None:
    manifest = {
        "defaults": {"role": "contract", "partyUsccs": [A]},
        "files": {"合同/2.pdf": {"number": "HT-2"}, "bad.pdf": {"role": "will"}},
    }
    files = {
        "manifest.json": json.dumps(manifest).encode(),
        "1.pdf": pdf("One"),
        "合同/2.pdf": pdf("Two"),
        "bad.pdf": pdf("Three"),
        "../out.pdf": pdf("Four"),
    }
    answer = api(
        "POST",
        URL + seal.seal_id,
        content=archive(files),
        headers=signer | ZIP | {"Accept": "application/zip"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as made:
        assert made.namelist() == ["1.pdf", "合同/2.pdf", "results.ndjson"]
        assert made.testzip() is None
        assert story.verify(made.read("合同/2.pdf"))["summary"] == "TRUSTED"
        told = [json.loads(one) for one in made.read("results.ndjson").splitlines()]
    assert [one["status"] for one in told] == ["COMPLETED", "COMPLETED", "FAILED", "FAILED"]
    shown = api("GET", f"/v1/sealings/{told[1]['sealingId']}", headers=signer).json()
    assert shown["declaration"] == {"role": "contract", "number": "HT-2", "partyUsccs": [A]}


def test_the_same_key_and_body_seal_once(
    api: Api, story: Story, seal: SealView, signer: dict[str, str]
) -> None:
    body = line("1.pdf", pdf("One")) + line("2.pdf", pdf("Two"))
    first, again = (
        lines(api("POST", URL + seal.seal_id, content=body, headers=signer | LINES))
        for _ in range(2)
    )
    assert [one["resumed"] for one in first + again] == [False, False, True, True]
    assert [one["sealingId"] for one in first] == [one["sealingId"] for one in again]
    assert [one["document"] for one in first] == [one["document"] for one in again]
    other = api("POST", URL + seal.seal_id, content=body * 2, headers=signer | LINES)
    assert code(other) == (422, "IDEMPOTENCY_KEY_REUSED")
    bare = api("POST", f"{URL}{seal.seal_id}&documents=false", content=body, headers=signer | LINES)
    assert all("document" not in one for one in lines(bare))


def test_refused_as_a_whole(
    api: Api, story: Story, seal: SealView, signer: dict[str, str], key: Key
) -> None:
    good = line("1.pdf", pdf())

    def post(
        body: bytes = good, headers: dict[str, str] | None = None, at: str = ""
    ) -> tuple[int, str]:
        sent = signer | LINES if headers is None else headers
        return code(api("POST", at or URL + seal.seal_id, content=body, headers=sent))

    bare = {name: value for name, value in signer.items() if name != "Idempotency-Key"}
    again = {"Idempotency-Key": "batch-1"}
    assert post(headers=LINES) == (401, "UNAUTHENTICATED")
    assert post(headers=bare | LINES) == (400, "IDEMPOTENCY_KEY_MISSING")
    assert post(headers=key(Scope.VERIFY, uscc=A) | LINES | again) == (403, "SCOPE_MISSING")
    assert post(headers=key(Scope.SEAL_SIGN, uscc=B) | LINES | again) == (403, "ENTITY_NOT_YOURS")
    assert post(headers=signer | {"Content-Type": "text/csv"}) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert post(at=URL + "seal_unknown") == (404, "SEAL_NOT_FOUND")
    assert post(at="/v1/sealings/batch") == (422, "VALIDATION_FAILED")
    assert post(at=f"{URL}{seal.seal_id}&colour=red") == (422, "VALIDATION_FAILED")
    story.change(seal, SealAction.SUSPEND)
    assert post() == (409, "SEAL_NOT_ACTIVE")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "END_RECORD"),
        (b"PK\x05\x06", "END_RECORD"),
        (pdf(), "END_RECORD"),
        (archive({"1.pdf": b"%PDF-1.7"})[:-10], "END_RECORD"),
        (archive({"1.pdf": b"%PDF-1.7"}).replace(b"PK\x01\x02", b"PK\x01\x03"), "ZIP"),
        (archive({"manifest.json": b"[1"}), "MANIFEST"),
        (archive({"manifest.json": b"[" * 100_000}), "MANIFEST"),
        (archive({"manifest.json": b'{"files": {"1.pdf": {}}}'}), "MANIFEST_NAMES_NO_FILE"),
        (archive({"manifest.json": b'{"colour": 1}'}), "MANIFEST"),
    ],
)
def test_unreadable_archives(
    api: Api, seal: SealView, signer: dict[str, str], body: bytes, reason: str
) -> None:
    answer = api("POST", URL + seal.seal_id, content=body, headers=signer | ZIP)
    assert code(answer) == (422, "BATCH_ARCHIVE_INVALID"), answer.text
    assert reason in answer.text


def test_damaged_and_packed_too_well(api: Api, seal: SealView, signer: dict[str, str]) -> None:
    body = bytearray(
        archive({"1.pdf": pdf("One"), "2.pdf": pdf("Two")}, packing=zipfile.ZIP_STORED)
    )
    at = body.index(b"%PDF-") + 100
    body[at] ^= 1  # the checksum no longer holds
    bomb = archive({"1.pdf": bytes(51 * 1024 * 1024), "2.pdf": pdf("Two")})
    encrypted = bytearray(archive({"1.pdf": pdf("One"), "2.pdf": pdf("Two")}))
    encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
    for number, one in enumerate((bytes(body), bomb, bytes(encrypted))):
        headers = signer | ZIP | {"Idempotency-Key": f"key-{number}"}
        found = lines(api("POST", URL + seal.seal_id, content=one, headers=headers))
        assert [(item["name"], item.get("code")) for item in found] == [
            ("1.pdf", "BATCH_ITEM_INVALID"),
            ("2.pdf", None),
        ]


def test_limits(
    api: Api, seal: SealView, signer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_uploads, "MAX_ITEMS", 3)
    monkeypatch.setattr(batch_uploads, "MAX_UNPACKED_BYTES", 10_000_000)
    monkeypatch.setattr(batch_uploads, "MAX_DIRECTORY_BYTES", 1_000)
    too_much = (422, "BATCH_LIMIT_EXCEEDED")

    def post(body: bytes, kind: dict[str, str]) -> tuple[int, str]:
        return code(api("POST", URL + seal.seal_id, content=body, headers=signer | kind))

    assert post(b"{}\n" * 4, LINES) == too_much
    assert post(archive({f"{n}.pdf": b"%PDF" for n in range(5)}), ZIP) == too_much
    assert post(archive({f"{n}.pdf": bytes(6_000_000) for n in range(2)}), ZIP) == too_much
    assert post(archive({"a" * 1_000: b"%PDF"}), ZIP) == too_much


def test_a_long_line_fails_alone(
    api: Api, seal: SealView, signer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_uploads, "_LINE_OVERHEAD_BYTES", -69_000_000)
    body = b'{"name": "' + b"x" * 2_000_000 + b'"}\n' + line("2.pdf", pdf("Two"))
    found = lines(api("POST", URL + seal.seal_id, content=body, headers=signer | LINES))
    assert [(one["name"], one.get("code")) for one in found] == [
        ("line-1", "BATCH_ITEM_INVALID"),
        ("2.pdf", None),
    ]


def test_a_repeated_name_in_an_archive(api: Api, seal: SealView, signer: dict[str, str]) -> None:
    body = archive({"1.pdf": pdf("One"), "2.pdf": pdf("Two")}).replace(b"2.pdf", b"1.pdf")
    answer = api("POST", URL + seal.seal_id, content=body, headers=signer | ZIP)
    assert code(answer) == (422, "BATCH_ARCHIVE_INVALID")


def test_names_of_old_writers_are_gbk(api: Api, seal: SealView, signer: dict[str, str]) -> None:
    body = archive({"??????.pdf": pdf("One")}).replace(b"??????", "发票一".encode("gbk"))
    found = lines(api("POST", URL + seal.seal_id, content=body, headers=signer | ZIP))
    assert [one["name"] for one in found] == ["发票一.pdf"]
