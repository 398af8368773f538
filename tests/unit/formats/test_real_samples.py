"""Seals and signatures of real vendors against the manifest beside them; nothing is printed."""

import json
import subprocess
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import which

import pytest

from ca import sm2
from sealsvc.formats import ObjectKind, detect, encode, parse_seal, parse_signature
from sealsvc.formats.check import check_seal, check_signature, compare_original
from sealsvc.formats.describe import describe
from sealsvc.formats.gbt35275 import check_signed_data
from sealsvc.formats.issue import (
    SealSignatureSpec,
    finish_seal,
    finish_signature,
    prepare_seal,
    prepare_signature,
)
from sealsvc.formats.problems import failing, failing_codes
from sealsvc.formats.signing import digest_of
from sealsvc.formats.values import DigestOutcome, SignatureOutcome, SignedDataShape
from tests.builders import seals

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "samples-real" / "ofd"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no samples at {FOLDER}"),
]
# Codes the manifest speaks of that the bytes of one value alone can tell.
OURS = {"SIG_SIGNATURE_INVALID", "SIG_SIGNER_NOT_IN_SEAL", "SIG_TIME_OUTSIDE_SEAL_VALIDITY"}


@dataclass(frozen=True)
class Stored:
    """One SignedValue.dat with its Signature.xml and what the manifest says of it."""

    value: bytes
    xml: bytes
    told: dict[str, object]
    corrected: bool


@cache
def manifest() -> dict[str, dict[str, object]]:
    if not FOLDER.is_dir():
        return {}
    rows = json.loads((FOLDER / "MANIFEST.json").read_text("utf-8"))["files"]
    return {row["file"]: row for row in rows if "/" not in row["file"]}


def _names(suffix: str) -> list[str]:
    return sorted(name for name in manifest() if name.endswith(suffix))


@cache
def stored() -> dict[str, Stored]:
    found = {}
    for name in _names(".ofd"):
        row = manifest()[name]
        told = row.get("signatures", [])
        assert isinstance(told, list)
        with zipfile.ZipFile(FOLDER / name) as package:
            members = package.namelist()
            values = [one for one in members if one.endswith("SignedValue.dat")]
            values.sort()
            assert len(values) == len(told)
            for member, one in zip(values, told, strict=True):
                xml = package.read(member.replace("SignedValue.dat", "Signature.xml"))
                key = f"{name}:{one['id']}"
                found[key] = Stored(package.read(member), xml, one, "correction" in row)
    return found


def _expected(one: Stored) -> set[str]:
    errors = one.told["errors"]
    assert isinstance(errors, list)
    codes = OURS & set(errors)
    return codes - {"SIG_TIME_OUTSIDE_SEAL_VALIDITY"} if one.corrected else codes


@pytest.mark.parametrize("key", sorted(stored()))
def test_signed_values_inside_documents(key: str) -> None:
    one = stored()[key]
    kind = detect(one.value)
    if kind is not ObjectKind.SIGNATURE:
        reading = check_signed_data(one.value, sm2.sm3(one.xml))
        if kind is ObjectKind.BARE_VALUE:
            assert reading.shape is SignedDataShape.BARE
            assert failing(reading.problems) == ("SIG_SIGNER_CERT_MISSING",)
            return
        attributes = "authAttrs" in str(one.told["document_signature_over"])
        assert (reading.shape is SignedDataShape.ATTRIBUTES) == attributes
        assert reading.digest is DigestOutcome.MATCHES
        assert reading.signature is SignatureOutcome.VERIFIES
        assert failing(reading.problems) == ()
        return
    seal_reading = check_signature(parse_signature(one.value))
    told = one.told
    assert (seal_reading.signature is SignatureOutcome.VERIFIES) == told["document_signature_valid"]
    maker = seal_reading.eseal.maker_signature is SignatureOutcome.VERIFIES
    assert maker == told["seal_signature_valid"]
    assert seal_reading.eseal.signer_listed == told["signer_cert_in_seal_list"]
    assert seal_reading.digest_algorithm is not None
    digest = compare_original(seal_reading, digest_of(seal_reading.digest_algorithm, one.xml))
    assert (digest is DigestOutcome.MATCHES) == told["data_hash_ok"]
    assert set(failing_codes(seal_reading)) == _expected(one)


@pytest.mark.parametrize("key", sorted(stored()))
def test_raw_values_and_versions_are_told(key: str) -> None:
    one = stored()[key]
    if detect(one.value) is not ObjectKind.SIGNATURE:
        return
    parsed = parse_signature(one.value)
    reading = check_signature(parsed)
    assert f"SES {parsed.version} " in str(one.told["format"])
    raw = "raw64" in str(one.told["seal_signature_over"])
    assert raw == ("SEAL_SIGNATURE_RAW" in {it.code for it in reading.eseal.problems})
    assert reading.signed_at is not None
    seal = one.told["seal"]
    assert isinstance(seal, dict)
    assert reading.eseal.name == seal["name"]
    assert reading.eseal.seal_id == seal["esID"]
    assert parsed.seal.property.valid_from.text == seal["valid_from"]
    assert parsed.seal.property.valid_to.text == seal["valid_to"]
    assert f"{reading.eseal.width_mm}x{reading.eseal.height_mm} mm" in str(seal["picture"])
    json.dumps(describe(one.value))


@pytest.mark.parametrize("name", _names(".esl"))
def test_bare_seals(name: str) -> None:
    row = manifest()[name]
    data = (FOLDER / name).read_bytes()
    parsed = parse_seal(data)
    reading = check_seal(parsed)
    assert parsed.version == row["version"]
    assert (reading.maker_signature is SignatureOutcome.VERIFIES) == row["seal_signature_valid"]
    assert parsed.property.valid_from.text == row["valid_from"]
    stamped = parsed.timestamp_token_der is not None
    assert stamped == str(row["time_stamp"]).startswith("present")
    assert failing(reading.problems) == (("SEAL_TIMESTAMP_INVALID",) if stamped else ())
    json.dumps(describe(data))


@pytest.mark.parametrize("name", _names(".dat"))
def test_bare_signatures(name: str) -> None:
    row = manifest()[name]
    reading = check_signature(parse_signature((FOLDER / name).read_bytes()))
    assert reading.version == row["version"]
    assert (reading.signature is SignatureOutcome.VERIFIES) == row["document_signature_valid"]
    assert failing_codes(reading) == ("SIG_DATA_HASH_MISMATCH",)  # 32 zero octets


@pytest.mark.parametrize("name", _names(".esl"))
def test_real_seals_are_written_the_same_way(name: str) -> None:
    """The reference implementation's V4 and V5 seals, made again from what we read of them."""
    parsed = parse_seal((FOLDER / name).read_bytes())
    if parsed.version == "V1" or parsed.property.seal_type is None:
        return
    known = parsed.property
    assert known.created.at is not None
    assert known.valid_from.at is not None
    assert known.valid_to.at is not None
    prepared = prepare_seal(
        seals.seal_spec(
            version=parsed.version,
            seal_id=parsed.seal_id,
            vendor_id=parsed.header.vendor_id,
            name=known.name,
            seal_type=known.seal_type,
            certificates_der=known.certificates_der,
            created_at=known.created.at,
            valid_from=known.valid_from.at,
            valid_to=known.valid_to.at,
            picture_type=parsed.image.kind,
            picture=parsed.image.data,
            width_mm=parsed.image.width,
            height_mm=parsed.image.height,
            maker_certificate_der=parsed.maker_certificate_der,
        )
    )
    assert prepared.tbs == parsed.message
    again = finish_seal(prepared, parsed.signature_value)
    assert parse_seal(again).message == parsed.message


@dataclass(frozen=True)
class Holder:
    key: sm2.Sm2PrivateKey
    certificate_der: bytes


def _holder(name: str) -> Holder:
    """Key and certificate of a sample PKCS#12, by the openssl program with its old algorithms."""
    row = manifest()[name]
    base = ["openssl", "pkcs12", "-legacy", "-in", str(FOLDER / name), "-passin",
            f"pass:{row['password']}"]  # fmt: skip
    key = _piped([*base, "-nocerts", "-nodes"], ["openssl", "pkcs8", "-topk8", "-nocrypt",
                 "-outform", "DER"])  # fmt: skip
    certificate = _piped([*base, "-nokeys", "-clcerts"], ["openssl", "x509", "-outform", "DER"])
    return Holder(sm2.load(key), certificate)


def _piped(first: list[str], second: list[str]) -> bytes:
    try:
        made = subprocess.run(first, capture_output=True, check=True)
        return subprocess.run(second, input=made.stdout, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"openssl cannot open the sample keys: {error}")


def test_signatures_by_the_sample_keys() -> None:
    maker, signer = _holder("test-seal-maker.p12"), _holder("test-signer.p12")
    prepared = prepare_seal(
        seals.seal_spec(
            certificates_der=(signer.certificate_der,), maker_certificate_der=maker.certificate_der
        )
    )
    seal = finish_seal(prepared, maker.key.sign(prepared.tbs))
    to_sign = prepare_signature(
        SealSignatureSpec(
            seal, signer.certificate_der, seals.AT, sm2.sm3(seals.ORIGINAL), seals.SCOPE
        )
    )
    reading = check_signature(
        parse_signature(finish_signature(to_sign, signer.key.sign(to_sign.tbs)))
    )
    assert failing_codes(reading) == ()
    assert reading.signature is SignatureOutcome.VERIFIES


def test_the_bare_value_is_over_signature_xml_by_the_sample_key() -> None:
    """Shape (c): it holds for who knows the certificate, and says nothing to who does not."""
    one = next(it for key, it in stored().items() if key.startswith("sign-raw"))
    signer = _holder("test-signer.p12")
    sm2.check(signer.key.public_key_spki, one.value, one.xml)
    assert check_signed_data(one.value, sm2.sm3(one.xml)).signature is SignatureOutcome.NOT_CHECKED


@pytest.mark.parametrize("key", sorted(stored()))
def test_sample_values_cut_and_flipped_never_raise(key: str) -> None:
    one = stored()[key]
    step = max(1, len(one.value) // 40)
    for at in range(0, len(one.value), step):
        for data in (one.value[:at], one.value[:at] + b"\xaa" + one.value[at + 1 :]):
            check_signed_data(data, bytes(32))
            try:
                check_signature(parse_signature(data))
            except ValueError as error:
                assert getattr(error, "code", "").startswith(("SIG_", "SEAL_"))  # noqa: PT017


@pytest.mark.skipif(which("openssl") is None, reason="no openssl program")
def test_encoding_agrees_with_openssl() -> None:
    """asn1parse reads what we write."""
    data = seals.make_signature(timestamp=seals.make_token)
    done = subprocess.run(
        ["openssl", "asn1parse", "-inform", "DER"], input=data, capture_output=True, check=False
    )
    assert done.returncode == 0
    assert b"1.2.156.10197.1.501" in done.stdout or b"SM2-with-SM3" in done.stdout
    assert encode.integer(4) in data
