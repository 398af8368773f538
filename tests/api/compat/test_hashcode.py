"""Detached CMS by digest: made by ourselves with a registered seal's key, and by `openssl cms`."""

import shutil
import subprocess
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import new as new_hash
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from asn1crypto import cms

from sealsvc.areas.certs import service as certs
from sealsvc.areas.deps import Deps
from sealsvc.documents.cms_detached import read_detached
from sealsvc.documents.detached import DocumentDigest
from sealsvc.documents.pdf.cades import SignerMaterial, signed_attributes, signed_data
from sealsvc.documents.pdf.errors import DocumentUnreadable
from sealsvc.documents.values import DigestOutcome, SignatureOutcome
from tests.api.infra.conftest import Api
from tests.areas.sealing.story import Story

HASHCODE = "/compat/siva/validateHashcode"
DOCUMENT = b"any document, kept by the caller\n"
DIGEST = sha256(DOCUMENT).digest()


def datafile(value: bytes = DIGEST, algorithm: str = "SHA256", name: str = "a.txt") -> Any:
    return {"filename": name, "hashAlgo": algorithm, "hash": b64encode(value).decode()}


def body(signature: bytes, *datafiles: Any, **more: Any) -> dict[str, Any]:
    file: dict[str, Any] = {"signature": b64encode(signature).decode()}
    if datafiles:
        file["datafiles"] = list(datafiles)
    return {"signatureFiles": [file], **more}


def conclusion(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["validationReport"]["validationConclusion"]
    return found


def verdict(api: Api, signature: bytes, *datafiles: Any) -> tuple[str, str | None]:
    (one,) = conclusion(api("POST", HASHCODE, json=body(signature, *datafiles)))["signatures"]
    return one["indication"], one.get("subIndication")


@pytest.fixture
def ours(story: Story, deps: Deps) -> bytes:
    """CAdES over DOCUMENT with the key of an active seal."""
    seal = story.seal()
    assert seal.key_ref is not None
    (held,) = certs.of_seal(deps, seal.seal_id)
    signer = deps.keys.signer(held.key_ref)
    material = SignerMaterial(held.der, certs.chain_der(deps), signer.suite)
    attributes = timed(signed_attributes(material, DIGEST), deps.clock.now())
    return signed_data(material, attributes, signer.sign(attributes))


def timed(attributes: bytes, at: datetime) -> bytes:
    """PAdES leaves the time to the document; a detached signature has to carry it."""
    time = cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": at})]})
    inner = [one.dump() for one in (*cms.CMSAttributes.load(attributes), time)]
    return bytes(cms.CMSAttributes([cms.CMSAttribute.load(der) for der in sorted(inner)]).dump())


def test_a_seals_signature_over_a_digest(api: Api, ours: bytes) -> None:
    found = conclusion(api("POST", HASHCODE, json=body(ours, datafile(name="合同.ofd"))))
    (one,) = found["signatures"]
    assert one["indication"] == "TOTAL-PASSED", one
    assert one["signatureFormat"] == "CAdES_BASELINE_B"
    assert one["signatureScopes"] == [
        {
            "name": "合同.ofd",
            "scope": "FULL",
            "content": "Full document",
            "hashAlgo": "SHA256",
            "hash": b64encode(DIGEST).decode(),
        }
    ]
    assert found["signatureForm"] == "CAdES"
    assert "validatedDocument" not in found
    assert found["validSignaturesCount"] == 1


def test_a_wrong_hash(api: Api, ours: bytes) -> None:
    assert verdict(api, ours, datafile(bytes(32))) == ("TOTAL-FAILED", "HASH_FAILURE")


def test_without_a_hash_the_signed_one_is_named_and_nothing_passes(api: Api, ours: bytes) -> None:
    (one,) = conclusion(api("POST", HASHCODE, json=body(ours)))["signatures"]
    assert (one["indication"], one["subIndication"]) == ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")
    assert one["signatureScopes"][0]["hash"] == b64encode(DIGEST).decode()
    assert verdict(api, ours, datafile(bytes(64), "SHA512"))[0] == "INDETERMINATE"


def test_flipped_bits_never_pass(api: Api, ours: bytes) -> None:
    """From the signer's certificate on; the issuers before it are at hand anyway."""
    certificates = cms.ContentInfo.load(ours)["content"]["certificates"]
    start = max(ours.find(one.chosen.dump()) for one in certificates)
    for at in range(start, len(ours), 61):
        changed = bytearray(ours)
        changed[at] ^= 0x01
        answer = api("POST", HASHCODE, json=body(bytes(changed), datafile()))
        if answer.status_code != 400:
            assert conclusion(answer)["validSignaturesCount"] == 0, at


def test_several_files_are_one_conclusion(api: Api, ours: bytes) -> None:
    request = body(ours, datafile())
    request["signatureFiles"] += body(ours, datafile(bytes(32)))["signatureFiles"]
    found = conclusion(api("POST", HASHCODE, json={**request, "reportType": "Diagnostic"}))
    assert (found["signaturesCount"], found["validSignaturesCount"]) == (2, 1)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "signatureFiles"),
    ({"signatureFiles": []}, "signatureFiles"),
    ({"signatureFiles": [{}]}, "signatureFiles[0].signature"),
    ({"signatureFiles": [{"signature": "?"}]}, "signatureFiles[0].signature"),
    (body(b"no cms"), "document"),
    (body(b"\x30\x80" * 2000), "document"),
    (body(cms.ContentInfo({"content_type": "data", "content": b"x"}).dump()), "document"),
    (body(b"x", datafile(algorithm="MD4")), "signatureFiles[0].datafiles[0].hashAlgo"),
    (body(b"x", datafile(algorithm="SHA-999")), "signatureFiles[0].datafiles[0].hashAlgo"),
    (body(b"x", datafile(algorithm="sha²")), "signatureFiles[0].datafiles[0].hashAlgo"),
    (body(b"x", datafile(algorithm="")), "signatureFiles[0].datafiles[0].hashAlgo"),
    (body(b"x", datafile(b"short")), "signatureFiles[0].datafiles[0].hash"),
    (body(b"x", datafile(DIGEST, "SHA512")), "signatureFiles[0].datafiles[0].hash"),
    (body(b"x", datafile(name="")), "signatureFiles[0].datafiles[0].filename"),
    (body(b"x", datafile(), datafile()), "signatureFiles[0].datafiles"),
    (body(b"x", signaturePolicy="none"), "signaturePolicy"),
    ({"signatureFiles": [{"signature": "eA=="}] * 21}, "signatureFiles"),
]


def test_refused(api: Api) -> None:
    for request_body, key in REFUSED:
        answer = api("POST", HASHCODE, json=request_body)
        assert answer.status_code == 400, answer.text
        (row,) = answer.json()["requestErrors"]
        assert row["key"] == key


def test_what_is_no_cms_is_refused() -> None:
    for data in (b"", b"\x00", b"\x30\x00", b"\x30\x84\xff\xff\xff\xff", b"-----BEGIN CMS-----"):
        with pytest.raises(DocumentUnreadable):
            read_detached(data, None)


KEYS = {
    "rsa": ["-newkey", "rsa:2048"],
    "ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
}


def openssl(*arguments: str, directory: Path) -> None:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed")
    subprocess.run([program, *arguments], cwd=directory, check=True, capture_output=True)


def made_by_openssl(kind: str, directory: Path, *options: str) -> bytes:
    (directory / "document").write_bytes(DOCUMENT)
    openssl(
        *("req", "-x509", "-nodes", *KEYS[kind], "-keyout", "key.pem", "-out", "cert.pem"),
        *("-subj", "/CN=somebody", "-days", "10000", "-addext", "keyUsage=digitalSignature"),
        *("-addext", "basicConstraints=critical,CA:FALSE"),
        directory=directory,
    )
    openssl(
        *("cms", "-sign", "-binary", "-in", "document", "-signer", "cert.pem", "-inkey"),
        *("key.pem", "-outform", "DER", "-out", "signature.der", *options),
        directory=directory,
    )
    return (directory / "signature.der").read_bytes()


PLAIN, CADES = ("-md", "sha256"), ("-md", "sha512", "-cades")


@pytest.mark.interop
@pytest.mark.parametrize(
    ("kind", "options", "algorithm"),
    [("rsa", PLAIN, "SHA256"), ("ec", CADES, "SHA-512")],
)
def test_openssl_signatures_are_intact_but_of_nobody_we_know(
    api: Api, story: Story, tmp_path: Path, kind: str, options: tuple[str, ...], algorithm: str
) -> None:
    signature = made_by_openssl(kind, tmp_path, *options)
    story.clock.at = datetime.now(UTC) + timedelta(minutes=1)
    value = new_hash(algorithm.replace("-", "").lower(), DOCUMENT).digest()
    request = body(signature, datafile(value, algorithm), reportType="Diagnostic")
    answer = api("POST", HASHCODE, json=request)
    (one,) = conclusion(answer)["signatures"]
    assert one["indication"] == "INDETERMINATE"
    assert one["subIndication"] == "NO_CERTIFICATE_CHAIN_FOUND"
    cades = "-cades" in options
    assert one["signatureFormat"] == ("CAdES_BASELINE_B" if cades else "CMS_NOT_ETSI")
    report = answer.json()["validationReport"]["diagnosticData"]["reports"][0]
    assert report["axes"]["integrity"] == "PASSED"
    assert report["summary"] == "INTACT"
    assert report["subject"]["kind"] == "detached"
    wrong = verdict(api, signature, datafile(bytes(len(value)), algorithm))
    assert wrong == ("TOTAL-FAILED", "HASH_FAILURE")


@pytest.mark.interop
@pytest.mark.parametrize("kind", KEYS)
def test_a_bare_signature_speaks_of_the_digest_through_its_value(tmp_path: Path, kind: str) -> None:
    signature = made_by_openssl(kind, tmp_path, "-md", "sha256", "-noattr")
    (good,) = read_detached(signature, DocumentDigest("sha256", DIGEST)).reading.signatures
    assert (good.digest, good.signature) == (DigestOutcome.MATCHES, SignatureOutcome.VERIFIES)
    (bad,) = read_detached(signature, DocumentDigest("sha256", bytes(32))).reading.signatures
    assert (bad.digest, bad.signature) == (DigestOutcome.NOT_CHECKED, SignatureOutcome.FAILS)
    (silent,) = read_detached(signature, None).reading.signatures
    assert silent.digest is DigestOutcome.NOT_CHECKED
    assert silent.signature is not SignatureOutcome.VERIFIES


@pytest.mark.interop
def test_enclosed_content_and_two_signers_never_pass(
    api: Api, story: Story, tmp_path: Path
) -> None:
    enclosed = made_by_openssl("ec", tmp_path, "-nodetach")
    assert verdict(api, enclosed, datafile())[0] == "INDETERMINATE"
    (tmp_path / "two").mkdir()
    both = ("-signer", "../cert.pem", "-inkey", "../key.pem")
    two = made_by_openssl("rsa", tmp_path / "two", *both)
    assert verdict(api, two, datafile())[0] == "INDETERMINATE"
