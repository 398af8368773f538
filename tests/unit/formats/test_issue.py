"""Seals and signatures we make: they read back as meant, and the wrong ones are not made."""

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ca import sm2
from sealsvc.formats import SealRefused, encode, parse_seal, parse_signature
from sealsvc.formats.check import check_seal, check_signature, is_listed
from sealsvc.formats.describe import describe
from sealsvc.formats.issue import (
    check_before_sealing,
    finish_seal,
    finish_signature,
    prepare_seal,
    prepare_signature,
)
from sealsvc.formats.parsed import CertificateDigest, SealExtension
from sealsvc.formats.problems import failing_codes
from sealsvc.formats.values import SealVersion, SignatureOutcome
from tests.builders import seals, x509

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(
    lambda at: at.replace(tzinfo=UTC, microsecond=0)
)
ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40)
EXTENSIONS = st.lists(
    st.builds(
        SealExtension, st.sampled_from(["1.2.3", "2.999.1"]), st.booleans(), st.binary(max_size=40)
    ),
    max_size=3,
).map(tuple)


def refused(make: Callable[[], object]) -> str:
    with pytest.raises(SealRefused) as caught:
        make()
    return caught.value.code


@settings(max_examples=60, deadline=None)
@given(
    version=st.sampled_from([SealVersion.V4, SealVersion.V5]),
    seal_id=ASCII,
    vendor_id=ASCII,
    name=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40).filter(str.strip),
    seal_type=st.integers(0, 99),
    kind=st.sampled_from([1, 2]),
    times=st.tuples(MOMENTS, MOMENTS, MOMENTS).map(sorted),
    picture=st.binary(min_size=1, max_size=400),
    sides=st.tuples(st.integers(1, 1000), st.integers(1, 1000)),
    extensions=EXTENSIONS,
)
def test_a_seal_reads_back_as_meant(
    version: SealVersion,
    seal_id: str,
    vendor_id: str,
    name: str,
    seal_type: int,
    kind: int,
    times: list[datetime],
    picture: bytes,
    sides: tuple[int, int],
    extensions: tuple[SealExtension, ...],
) -> None:
    listed = (seals.certificate("signer"), seals.certificate("somebody"))
    data = seals.make_seal(
        version=version,
        seal_id=seal_id,
        vendor_id=vendor_id,
        name=name,
        seal_type=seal_type,
        cert_list_type=kind,
        certificates_der=listed,
        created_at=times[0],
        valid_from=times[1],
        valid_to=times[2],
        picture=picture,
        width_mm=sides[0],
        height_mm=sides[1],
        extensions=extensions,
    )
    parsed = parse_seal(data)
    reading = check_seal(parsed)
    assert reading.maker_signature is SignatureOutcome.VERIFIES
    assert (parsed.version, reading.seal_id, reading.vendor_id) == (version, seal_id, vendor_id)
    assert (reading.name, reading.seal_type, parsed.extensions) == (name, seal_type, extensions)
    assert [reading.created_at, reading.valid_from, reading.valid_to] == times
    assert (reading.picture, reading.width_mm, reading.height_mm) == (picture, *sides)
    assert parsed.property.cert_list_type == kind
    if kind == 1:
        assert parsed.property.certificates_der == listed
    else:
        digests = [(one.kind, one.value) for one in parsed.property.certificate_digests]
        assert digests == [("SM3", sm2.sm3(one)) for one in listed]


@settings(max_examples=40, deadline=None)
@given(
    version=st.sampled_from([SealVersion.V4, SealVersion.V5]),
    kind=st.sampled_from([1, 2]),
    scope=ASCII,
    data_hash=st.binary(min_size=32, max_size=32).filter(any),
    seconds=st.integers(-86400, 364 * 86400),
    extensions=EXTENSIONS,
    stamped=st.booleans(),
)
def test_a_signature_reads_back_as_meant(
    version: SealVersion,
    kind: int,
    scope: str,
    data_hash: bytes,
    seconds: int,
    extensions: tuple[SealExtension, ...],
    stamped: bool,
) -> None:
    at = seals.AT + timedelta(seconds=seconds)
    seal = seals.make_seal(version=version, cert_list_type=kind)
    data = seals.make_signature(
        timestamp=seals.make_token if stamped else None,
        seal_der=seal,
        signed_at=at,
        data_hash=data_hash,
        property_info=scope,
        extensions=extensions,
    )
    parsed = parse_signature(data)
    reading = check_signature(parsed)
    assert failing_codes(reading) == ()
    assert reading.signature is SignatureOutcome.VERIFIES
    assert (parsed.seal.der, parsed.extensions) == (seal, extensions)
    assert (reading.signed_at, reading.data_hash, reading.property_info) == (at, data_hash, scope)
    assert (reading.timestamp_token_der is not None) == stamped


def test_a_digest_list_by_sha256_where_it_says_so() -> None:
    own = seals.certificate("signer")
    plain, by_sha256 = sm2.sm3(own), sha256(own).digest()
    known = parse_seal(seals.make_seal(cert_list_type=2)).property

    def listed(kind: str, value: bytes) -> bool:
        changed = replace(known, certificate_digests=(CertificateDigest(kind, value),))
        return is_listed(changed, own)

    assert listed("SM3", plain)
    assert listed("whatever", plain)
    assert listed("SHA-256", by_sha256)
    assert listed("sha256", by_sha256)
    assert not listed("SM3", by_sha256)
    assert not listed("whatever", by_sha256)
    assert not listed("SHA256", plain)
    assert not listed("SM3", b"")


LATER = seals.AT + timedelta(days=1)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"version": SealVersion.V1}, "SEAL_VERSION_UNSUPPORTED"),
        ({"valid_from": LATER, "valid_to": seals.AT}, "SEAL_FORMAT_INVALID"),
        ({"created_at": seals.AT + timedelta(days=999)}, "SEAL_FORMAT_INVALID"),
        ({"picture": b""}, "SEAL_FORMAT_INVALID"),
        ({"width_mm": 0}, "SEAL_FORMAT_INVALID"),
        ({"height_mm": 1001}, "SEAL_FORMAT_INVALID"),
        ({"certificates_der": ()}, "SEAL_FORMAT_INVALID"),
        ({"certificates_der": (b"1",)}, "SEAL_FORMAT_INVALID"),
        ({"cert_list_type": 3}, "SEAL_FORMAT_INVALID"),
        ({"name": " "}, "SEAL_FORMAT_INVALID"),
        ({"name": "\ud800"}, "SEAL_FORMAT_INVALID"),
        ({"seal_id": ""}, "SEAL_FORMAT_INVALID"),
        (
            dict.fromkeys(("created_at", "valid_from", "valid_to"), datetime(2026, 1, 1)),
            "SEAL_FORMAT_INVALID",
        ),
        ({"seal_id": "印章"}, "SEAL_FORMAT_INVALID"),
        ({"vendor_id": "供应商"}, "SEAL_FORMAT_INVALID"),
        ({"extensions": (SealExtension("x", False, b""),)}, "SEAL_FORMAT_INVALID"),
        ({"maker_certificate_der": b""}, "SEAL_FORMAT_INVALID"),
        ({"algorithm_oid": "1.2.840.113549.1.1.11"}, "SEAL_ALGORITHM_UNSUPPORTED"),
        (
            {
                "maker_certificate_der": seals.make_certificate(
                    "p256", spki_der=x509.make_signer("p256").public_key_spki
                )
            },
            "SEAL_ALGORITHM_UNSUPPORTED",
        ),
    ],
)
def test_seals_that_are_not_made(changed: dict[str, object], code: str) -> None:
    assert refused(lambda: prepare_seal(seals.seal_spec(**changed))) == code


def test_a_signature_that_does_not_hold_makes_no_seal() -> None:
    prepared = prepare_seal(seals.seal_spec())
    maker, signer = seals.key("maker"), seals.key("signer")
    for wrong in (b"", bytes(64), signer.sign(prepared.tbs), maker.sign(b"")):
        make = partial(finish_seal, prepared, wrong)
        assert refused(make) == "SEAL_SIGNATURE_INVALID"


def test_raw_values_are_written_as_der() -> None:
    prepared = prepare_seal(seals.seal_spec())
    value = seals.key("maker").sign(prepared.tbs)
    at = 4 + value[3]
    r, s = int.from_bytes(value[4:at], "big"), int.from_bytes(value[at + 2 :], "big")
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert finish_seal(prepared, raw) == finish_seal(prepared, value)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"signed_at": seals.AT - timedelta(days=2)}, "SEAL_NOT_YET_VALID"),
        ({"signed_at": seals.AT + timedelta(days=365)}, "SEAL_EXPIRED"),
        ({"certificate_der": seals.certificate("somebody")}, "SIG_SIGNER_NOT_IN_SEAL"),
        ({"data_hash": bytes(32)}, "SIG_DATA_HASH_MISMATCH"),
        ({"data_hash": b"\1" * 20}, "SIG_DATA_HASH_MISMATCH"),
        ({"property_info": "/文档/Signature.xml"}, "SIG_FORMAT_INVALID"),
        ({"extensions": (SealExtension("", True, b""),)}, "SIG_FORMAT_INVALID"),
        ({"algorithm_oid": "1.2.840.113549.1.1.5"}, "SIG_ALGORITHM_UNSUPPORTED"),
        ({"seal_der": seals.V1().seal()}, "SEAL_VERSION_UNSUPPORTED"),
    ],
)
def test_signatures_that_are_not_made(changed: dict[str, object], code: str) -> None:
    assert refused(lambda: prepare_signature(seals.signature_spec(**changed))) == code


def test_a_forged_seal_is_not_used() -> None:
    parsed = parse_seal(seals.default_seal())
    forged = encode.sequence(
        parsed.message,
        encode.octets(parsed.maker_certificate_der),
        encode.oid(parsed.algorithm_oid),
        encode.bits(seals.key("signer").sign(parsed.message)),
    )
    seal = parse_seal(forged)
    own = seals.certificate("signer")
    assert refused(lambda: check_before_sealing(seal, own, seals.AT)) == "SEAL_SIGNATURE_INVALID"


def test_a_foreign_signature_or_token_makes_no_seal_signature() -> None:
    prepared = prepare_signature(seals.signature_spec())
    own = seals.key("signer").sign(prepared.tbs)
    foreign = seals.key("maker").sign(prepared.tbs)
    assert refused(lambda: finish_signature(prepared, foreign)) == "SIG_SIGNATURE_INVALID"
    assert refused(lambda: finish_signature(prepared, own, b"no token")) == "SIG_TIMESTAMP_INVALID"
    other = seals.make_token(b"other")
    code = refused(lambda: finish_signature(prepared, own, other))
    assert code == "SIG_TIMESTAMP_IMPRINT_MISMATCH"


def test_values_and_errors_cross_the_sandbox() -> None:
    reading = check_signature(parse_signature(seals.make_signature()))
    prepared = prepare_seal(seals.seal_spec())
    error = SealRefused("SEAL_EXPIRED", "x")
    assert pickle.loads(pickle.dumps((reading, prepared))) == (reading, prepared)
    again = pickle.loads(pickle.dumps(error))
    assert (again.code, again.detail, str(again)) == ("SEAL_EXPIRED", "x", "SEAL_EXPIRED(x)")


def test_a_description_shows_no_picture() -> None:
    for data in (seals.make_signature(), seals.default_seal(), seals.V1().signature()):
        text = json.dumps(describe(data), ensure_ascii=False)
        assert seals.PNG.hex() not in text
        assert '"maker_signature": "VERIFIES"' in text
        assert len(text) < 8000
