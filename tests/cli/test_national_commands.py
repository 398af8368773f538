"""OFD and its parts on the command line, with nothing but the samples; no service, no network."""

import json
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sealsvc.areas.verification.inspecting import NothingToInspect, inspect
from tests.builders import seals
from tests.cli.test_commands import SAMPLES, run
from tests.unit.formats.fuzzing import formats_seeds

INVOICE = SAMPLES / "invoice-sealed.ofd"
CHAIN = ("--trust", SAMPLES / "chain.pem")
LISTS = ("--crl", SAMPLES / "sm2-root.crl", "--crl", SAMPLES / "sm2-issuing.crl")


def fresh() -> bool:
    """Whether the samples' lists are still current: a policy calls them stale after a week."""
    made = inspect((SAMPLES / "sm2-issuing.crl").read_bytes())["thisUpdate"]
    return (datetime.now(UTC) - datetime.fromisoformat(made)).days < 7


def report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    (one,) = json.loads(done.stdout)
    found: dict[str, Any] = one
    return found


def test_an_ofd_is_verified_offline_with_chain_lists_and_receipt() -> None:
    key = (SAMPLES / "log.vkey").read_text("utf-8").strip()
    receipt = ("--receipt", SAMPLES / "invoice-ofd.tlog-proof", "--key", key)
    done = run("verify", INVOICE, *CHAIN, *LISTS, *receipt, "--json")
    found = report(done)
    assert found["axes"]["integrity"] == "PASSED"
    assert found["axes"]["sealAuthority"] == "NOT_CHECKED"
    assert found["signatures"][0]["poeSources"] == ["LOG"]
    assert found["summary"] == ("INTACT" if fresh() else "INDETERMINATE")
    assert done.returncode == (0 if fresh() else 1)


@pytest.mark.parametrize(
    ("file", "more", "summary"),
    [
        ("invoice-sealed.ofd", CHAIN, "INDETERMINATE"),  # no lists: the status is unknown
        ("contract-sealed.ofd", (), "INTACT"),
        ("invoice-page-changed.ofd", (*CHAIN, *LISTS), "MODIFIED"),
        ("invoice.ofd", (*CHAIN, *LISTS), "UNSIGNED"),
    ],
)
def test_words_for_less(file: str, more: tuple[object, ...], summary: str) -> None:
    done = run("verify", SAMPLES / file, *more, "--json")
    assert report(done)["summary"] == summary
    assert done.returncode == (0 if summary == "INTACT" else 1)


def test_a_receipt_of_another_file_is_refused() -> None:
    key = (SAMPLES / "log.vkey").read_text("utf-8").strip()
    other = ("--receipt", SAMPLES / "invoice-sm2.tlog-proof", "--key", key)
    done = run("verify", INVOICE, *CHAIN, *LISTS, *other)
    assert done.returncode == 2
    assert "RECEIPT_NOT_OF_SEALING" in done.stderr
    assert "Traceback" not in done.stderr


def test_verify_of_a_bare_seal_names_inspect(tmp_path: Path) -> None:
    path = tmp_path / "seal.esl"
    path.write_bytes(seals.default_seal())
    done = run("verify", path)
    assert done.returncode == 2
    assert "UNSUPPORTED_FORMAT" in done.stderr
    assert "bare SEAL" in done.stderr


def test_inspect_a_package_and_what_lies_in_it(tmp_path: Path) -> None:
    shown = json.loads(run("inspect", SAMPLES / "contract-sealed.ofd").stdout)
    assert (shown["kind"], shown["pages"], len(shown["signatures"])) == ("ofd", 6, 2)
    first = shown["signatures"][0]
    assert first["signer"]["signatureAlgorithm"] == "sm2_sm3"
    assert first["seal"]["version"] == "V4"
    assert first["seal"]["maker"]["kind"] == "certificate"
    assert first["seal"]["signerListed"] is True
    assert len(first["stamps"]) == 7  # six slices and the whole
    assert "byteRange" not in first
    assert "docMdp" not in first
    with zipfile.ZipFile(SAMPLES / "contract-sealed.ofd") as package:
        esl = package.read("Doc_0/Signs/Sign_0/Seal.esl")
        dat = package.read("Doc_0/Signs/Sign_0/SignedValue.dat")
    seal, value = inspect(esl), inspect(dat)
    assert (seal["kind"], value["kind"]) == ("seal", "seal-signature")
    assert seal["sha256"] == first["seal"]["sha256"]
    assert value["seal"]["sealId"] == seal["sealId"] == first["seal"]["sealId"]
    path = tmp_path / "SignedValue.dat"
    path.write_bytes(dat)
    done = run("inspect", path)
    assert json.loads(done.stdout)["signature"] == "VERIFIES"
    assert "TRUSTED" not in done.stdout


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("seal-v1.esl", "seal"),
        ("seal-v5.esl", "seal"),
        ("signature-v1.dat", "seal-signature"),
        ("signed-data.dat", "signed-data"),
    ],
)
def test_every_national_object_is_described(name: str, kind: str) -> None:
    shown = inspect(formats_seeds()[name])
    assert shown["kind"] == kind
    assert not [member for member in shown if "_" in member]
    json.dumps(shown)


def test_certificates_and_lists_of_sm2() -> None:
    assert inspect(seals.certificate("signer"))["signatureAlgorithm"] == "sm2_sm3"
    shown = inspect((SAMPLES / "sm2-root.crl").read_bytes())
    assert (shown["kind"], shown["entries"]) == ("crl", 0)
    bundle = inspect((SAMPLES / "chain.pem").read_bytes())
    assert {"sm2_sm3", "sha256_ecdsa"} == {one["signatureAlgorithm"] for one in bundle["objects"]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"0",
        b"0\x80\x00\x00",
        b"MIIB",
        b"PK\x03\x04 and OFD.xml but no package",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"0\x03\x02\x01\x01",
    ],
)
def test_what_is_none_of_these_is_said_so(data: bytes) -> None:
    from sealsvc.documents.pdf.errors import DocumentUnreadable

    with pytest.raises((NothingToInspect, DocumentUnreadable)):
        inspect(data)


def test_a_cut_seal_is_refused_not_half_shown() -> None:
    whole = seals.default_seal()
    for length in range(1, len(whole), 97):
        with pytest.raises(NothingToInspect):
            inspect(whole[:length])
