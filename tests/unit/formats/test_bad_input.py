"""Seals and signatures that must not pass: each with its own code, never an exception."""

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ca import sm2
from ca.sm2_encoding import za
from sealsvc.formats import SealFormatInvalid, der, encode, parse_seal, parse_signature
from sealsvc.formats.check import check_seal, check_signature, compare_original
from sealsvc.formats.problems import failing, failing_codes
from sealsvc.formats.signing import SM2_ORDER
from sealsvc.formats.values import (
    DigestOutcome,
    ESealReading,
    SealSignatureReading,
    SealVersion,
    SignatureOutcome,
)
from tests.builders import seals, x509
from tests.unit.formats.fuzzing import formats

V4_ONLY = pytest.mark.parametrize(
    "data", [seals.make_signature(), seals.V1().signature()], ids=["V4", "V1"]
)


def read(data: bytes) -> SealSignatureReading:
    return check_signature(parse_signature(data))


def refused(data: bytes, *, seal: bool = False) -> str:
    with pytest.raises(SealFormatInvalid) as caught:
        parse_seal(data) if seal else parse_signature(data)
    return caught.value.code


# --- bytes ---------------------------------------------------------------------------------------


@V4_ONLY
def test_truncated_at_every_byte(data: bytes) -> None:
    for end in range(len(data)):
        assert refused(data[:end]) == "SIG_FORMAT_INVALID"
    seal = parse_signature(data).seal.der
    for end in range(len(seal)):
        assert refused(seal[:end], seal=True) == "SEAL_FORMAT_INVALID"


@V4_ONLY
def test_trailing_bytes(data: bytes) -> None:
    for more in (b"\0", b"\r\n", data):
        assert refused(data + more) == "SIG_FORMAT_INVALID"
        assert refused(parse_signature(data).seal.der + more, seal=True) == "SEAL_FORMAT_INVALID"


@V4_ONLY
def test_every_flipped_byte_is_refused_or_fails(data: bytes) -> None:
    """Where a flip is not refused, something fails: no byte is free.

    The first octet of V1's BIT STRINGs is: vendors put anything there, so it is read past.
    """
    free = 0
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
        try:
            reading = read(changed)
        except SealFormatInvalid:
            continue
        if not failing_codes(reading):
            free += 1
            assert reading.version is SealVersion.V1
            assert "SIG_BIT_STRING_FORM" in {one.code for one in reading.problems}
    assert free <= 1


GOOD = (seals.make_signature(), seals.default_seal(), seals.V1().signature(), b"")


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_nothing_else_is_raised(data: st.DataObject) -> None:
    base = data.draw(st.sampled_from(GOOD))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(base)))
        rest = base[at + data.draw(st.integers(0, 6)) :]
        base = base[:at] + data.draw(st.binary(max_size=6)) + rest
    formats(base)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_at_all_raise_anything_else(data: bytes) -> None:
    formats(data)
    formats(b"\x30" + data)
    formats(b64encode(b"\x30" + data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x81\x05\x02\x01\x01\x02\x00",
        b"\x1f\x1f\x1f",
        b"MAA=",
        b"\x30\x00",
        encode.sequence(*[encode.integer(1)] * 5000),
        b"\x30\x84\x7f\xff\xff\xff" * 1000,
    ],
)
def test_small_horrors(data: bytes) -> None:
    assert refused(data) == "SIG_FORMAT_INVALID"
    assert refused(data, seal=True) == "SEAL_FORMAT_INVALID"
    formats(data)


def test_base64_is_read_behind_a_warning() -> None:
    text = b64encode(seals.make_signature())
    wrapped = b"\n".join(text[at : at + 64] for at in range(0, len(text), 64)) + b"\n"
    reading = read(wrapped)
    assert [one.code for one in reading.problems] == ["SIG_ARMORED"]
    assert failing_codes(reading) == ()
    assert refused(b"====" + text) == "SIG_FORMAT_INVALID"


# --- versions ------------------------------------------------------------------------------------


def test_a_header_no_version_has() -> None:
    for header in (4, 5, 0, -1, 12):
        assert refused(seals.V1(header=header).seal(), seal=True) == "SEAL_VERSION_UNSUPPORTED"
    for header in (2, 3, 11):
        reading = check_seal(parse_seal(seals.V1(header=header).seal()))
        assert [one.code for one in reading.problems] == ["SEAL_VERSION_FORM"]
    good = seals.default_seal()
    head = encode.ia5("ES") + encode.integer(4)
    for header in (1, 3, 6):
        bad = good.replace(head, encode.ia5("ES") + encode.integer(header), 1)
        assert refused(bad, seal=True) == "SEAL_VERSION_UNSUPPORTED"


def test_a_v4_seal_has_no_timestamp() -> None:
    items = seals.default_seal(), encode.tlv(0xA0, encode.bits(b"\1\2\3"))
    stamped = encode.sequence(items[0][4:], items[1])
    assert refused(stamped, seal=True) == "SEAL_VERSION_UNSUPPORTED"


def test_a_v5_seal_with_a_timestamp() -> None:
    seal = seals.make_seal(version=SealVersion.V5)
    for token, code in (
        (b"\1\2\3", "SEAL_TIMESTAMP_INVALID"),
        (seals.make_token(b"what it covers is not known"), "SEAL_TIMESTAMP_NOT_CHECKED"),
    ):
        stamped = encode.sequence(seal[4:], encode.tlv(0xA0, encode.bits(token)))
        reading = check_seal(parse_seal(stamped))
        assert [one.code for one in reading.problems] == [code]
        assert reading.timestamp_token_der == token


@pytest.mark.parametrize("version", [1, 3, 5, 0])
def test_tbs_of_another_version_than_the_seal(version: int) -> None:
    assert refused(seals.loose(version=version).der()) == "SIG_VERSION_UNSUPPORTED"


def test_a_v1_seal_inside_a_v4_signature() -> None:
    assert refused(seals.loose(seal_der=seals.V1().seal()).der()) == "SIG_FORMAT_INVALID"


# --- signature values ----------------------------------------------------------------------------


def _value(r: int, s: int) -> bytes:
    return encode.sequence(encode.integer(r), encode.integer(s))


@pytest.mark.parametrize(
    "value",
    [
        b"",
        bytes(64),
        _value(0, 1),
        _value(1, 0),
        _value(-1, 1),
        _value(1, -5),
        _value(SM2_ORDER, 1),
        _value(1, SM2_ORDER),
        _value(1 << 300, 1),
        _value(1, 1) + b"\0",
        encode.sequence(encode.tlv(2, b"\0\1"), encode.integer(1)),
        encode.sequence(encode.integer(1)),
        b"\xff" * 64,
        b"\x01" * 63,
        b"\x01" * 128,
    ],
)
def test_values_that_are_none(value: bytes) -> None:
    reading = read(seals.loose(value=lambda _: value).der())
    assert reading.signature is SignatureOutcome.FAILS
    assert failing_codes(reading) == ("SIG_SIGNATURE_INVALID",)


def test_the_smallest_lawful_numbers_fail_as_any_wrong_value() -> None:
    reading = read(seals.loose(value=lambda _: _value(1, 1)).der())
    assert reading.signature is SignatureOutcome.FAILS


def test_raw_64_octets_hold_behind_a_warning() -> None:
    def raw(tbs: bytes) -> bytes:
        r, s = _numbers(seals.key("signer").sign(tbs))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    reading = read(seals.loose(value=raw).der())
    assert reading.signature is SignatureOutcome.VERIFIES
    assert [one.code for one in reading.problems] == ["SIG_SIGNATURE_RAW"]


def _numbers(value: bytes) -> tuple[int, int]:
    at = 4 + value[3]
    return int.from_bytes(value[4:at], "big"), int.from_bytes(value[at + 2 :], "big")


@pytest.mark.parametrize(
    "signed",
    [
        lambda tbs: seals.key("maker").sign(tbs),
        lambda tbs: seals.key("signer").sign(tbs[4:]),
        lambda tbs: seals.key("signer").sign(sm2.sm3(tbs)),
        lambda _: seals.key("signer").sign(sm2.sm3(seals.ORIGINAL)),
        lambda _: seals.key("signer").sign(seals.ORIGINAL),
        lambda _: seals.key("signer").sign_digest(sm2.sm3(seals.ORIGINAL)),
        lambda tbs: seals.key("signer").sign_digest(sm2.sm3(tbs)),
    ],
    ids=["key", "content", "double", "hash", "original", "e-is-data-hash", "without-za"],
)
def test_signed_over_anything_but_tbs_sign(signed: Callable[[bytes], bytes]) -> None:
    """seal-formats.md section 11 item 4: TBS_Sign would not be covered."""
    reading = read(seals.loose(value=signed).der())
    assert reading.signature is SignatureOutcome.FAILS
    assert failing_codes(reading) == ("SIG_SIGNATURE_INVALID",)


def test_the_seal_messages_of_v1_and_v4_are_opposite() -> None:
    parsed = parse_seal(seals.default_seal())
    named = encode.octets(parsed.maker_certificate_der), encode.oid(parsed.algorithm_oid)
    as_v1 = seals.key("maker").sign(encode.sequence(parsed.message, *named))
    seal = encode.sequence(parsed.message, *named, encode.bits(as_v1))
    reading = check_seal(parse_seal(seal))
    assert reading.maker_signature is SignatureOutcome.FAILS
    assert failing(reading.problems) == ("SEAL_SIGNATURE_INVALID",)


# --- keys and algorithms -------------------------------------------------------------------------


def _with_signer(certificate: bytes, **more: object) -> SealSignatureReading:
    parsed = parse_seal(seals.default_seal())
    old = seals.certificate("signer")
    info = _relisted(parsed.message, old, certificate)
    seal = seals.resigned(parsed, info)
    return read(seals.loose(seal_der=seal, certificate_der=certificate, **more).der())


def _relisted(info: bytes, old: bytes, new: bytes) -> bytes:
    """SES_SealInfo with another certificate in its list, lengths made right again."""
    items = list(der.read_one(info).children())
    known = list(items[2].children())
    assert known[3].children()[0].content == old
    listed = encode.sequence(encode.octets(new))
    rebuilt = encode.sequence(
        *(one.encoded for one in known[:3]), listed, *(one.encoded for one in known[4:])
    )
    return encode.sequence(items[0].encoded, items[1].encoded, rebuilt, items[3].encoded)


def test_another_curve_under_the_sm2_algorithm() -> None:
    certificate = seals.make_certificate("p256", spki_der=x509.make_signer("p256").public_key_spki)
    reading = _with_signer(certificate)
    assert reading.signature is SignatureOutcome.NOT_CHECKED
    assert failing_codes(reading) == ("SIG_ALGORITHM_UNSUPPORTED",)


def test_a_point_beside_the_curve() -> None:
    good = seals.key("signer").public_key_spki
    certificate = seals.make_certificate("off", spki_der=good[:-1] + bytes([good[-1] ^ 1]))
    reading = _with_signer(certificate)
    assert reading.signature is not SignatureOutcome.VERIFIES
    assert failing_codes(reading) == ("SIG_ALGORITHM_UNSUPPORTED",)


def test_the_odd_curve_oid_is_read_behind_a_warning() -> None:
    certificate = seals.make_certificate("odd", spki_der=seals.odd_curve_spki("signer"))
    reading = _with_signer(certificate)
    assert reading.signature is SignatureOutcome.VERIFIES
    assert [one.code for one in reading.problems] == ["SIG_KEY_CURVE_OID"]


@pytest.mark.parametrize(
    "oid", ["1.2.156.10197.501", "1.2.156.10197.1.301.1", "1.2.840.10045.4.3.2", "1.2.3"]
)
def test_unknown_algorithms(oid: str) -> None:
    reading = read(seals.loose(algorithm=encode.oid(oid)).der())
    assert reading.signature is SignatureOutcome.NOT_CHECKED
    assert reading.digest_algorithm is None
    assert compare_original(reading, sm2.sm3(seals.ORIGINAL)) is DigestOutcome.NOT_CHECKED
    assert failing_codes(reading) == ("SIG_ALGORITHM_UNSUPPORTED",)


def test_rsa_named_over_an_sm2_key() -> None:
    reading = read(seals.loose(algorithm=encode.oid("1.2.840.113549.1.1.11")).der())
    assert reading.signature is SignatureOutcome.NOT_CHECKED
    assert failing_codes(reading) == ("SIG_ALGORITHM_UNSUPPORTED",)
    assert "SIG_ALGORITHM_LEGACY" in {one.code for one in reading.problems}


def test_an_algorithm_that_does_not_decode() -> None:
    reading = read(seals.loose(algorithm=encode.tlv(6, b"\x80\x01")).der())
    assert reading.signature_algorithm_oid == "hex:8001"
    assert failing_codes(reading) == ("SIG_ALGORITHM_UNSUPPORTED",)


@pytest.mark.parametrize("certificate", [b"", b"1", b"\x30\x00", b"\x30\x82"])
def test_a_certificate_that_is_none(certificate: bytes) -> None:
    reading = read(seals.loose(certificate_der=certificate).der())
    assert reading.signer_certificate_der is None
    assert reading.signature is SignatureOutcome.NOT_CHECKED
    assert failing_codes(reading) == ("SIG_SIGNER_NOT_IN_SEAL", "SIG_FORMAT_INVALID")


# --- what the signed values say ------------------------------------------------------------------


def test_signer_not_in_the_seals_list() -> None:
    other = seals.certificate("somebody")
    reading = read(seals.loose(certificate_der=other, value=seals.key("somebody").sign).der())
    assert reading.signature is SignatureOutcome.VERIFIES
    assert reading.eseal.signer_listed is False
    assert failing_codes(reading) == ("SIG_SIGNER_NOT_IN_SEAL",)


def test_a_renewed_certificate_of_the_same_key_is_not_in_the_list() -> None:
    renewed = seals.make_certificate("signer", serial=99)
    reading = read(seals.loose(certificate_der=renewed).der())
    assert reading.signature is SignatureOutcome.VERIFIES
    assert failing_codes(reading) == ("SIG_SIGNER_NOT_IN_SEAL",)


@pytest.mark.parametrize("days", [-1.00002, 364.00002, 4000])
def test_signed_outside_the_seals_validity(days: float) -> None:
    when = encode.generalized(seals.AT + timedelta(days=days))
    reading = read(seals.loose(signed_at=when).der())
    assert failing_codes(reading) == ("SIG_TIME_OUTSIDE_SEAL_VALIDITY",)


@pytest.mark.parametrize("days", [-1, 364])
def test_the_ends_of_the_validity_count(days: int) -> None:
    when = encode.generalized(seals.AT + timedelta(days=days))
    assert failing_codes(read(seals.loose(signed_at=when).der())) == ()


@pytest.mark.parametrize("text", [b"", b"yesterday", b"20261399000000Z", b"2026112108Z0000"])
def test_a_time_that_cannot_be_read(text: bytes) -> None:
    reading = read(seals.loose(signed_at=encode.tlv(0x18, text)).der())
    assert reading.signed_at is None
    assert failing_codes(reading) == ("SIG_FORMAT_INVALID",)


def test_all_zero_and_short_hashes() -> None:
    for data_hash in (bytes(32), b"", sm2.sm3(b"")[:31], bytes(20)):
        reading = read(seals.loose(data_hash=data_hash).der())
        assert failing_codes(reading) == ("SIG_DATA_HASH_MISMATCH",)
        assert compare_original(reading, data_hash) in (
            DigestOutcome.DIFFERS,
            DigestOutcome.MATCHES if any(data_hash) else DigestOutcome.DIFFERS,
        )


def test_a_data_hash_with_za_differs_from_the_original() -> None:
    with_za = sm2.sm3(za(seals.key("signer").public_key_spki) + seals.ORIGINAL)
    reading = read(seals.loose(data_hash=with_za).der())
    assert compare_original(reading, sm2.sm3(seals.ORIGINAL)) is DigestOutcome.DIFFERS


def test_a_seal_made_by_its_own_signer_is_a_warning() -> None:
    own = seals.certificate("maker")
    seal = seals.make_seal(certificates_der=(own,))
    reading = read(
        seals.loose(seal_der=seal, certificate_der=own, value=seals.key("maker").sign).der()
    )
    assert failing_codes(reading) == ()
    assert [one.code for one in reading.eseal.problems] == ["SEAL_SELF_MADE"]


def _seal_of(**info: bytes) -> ESealReading:
    parsed = parse_seal(seals.default_seal())
    items = [one.encoded for one in der.read_one(parsed.message).children()]
    items += [b""]
    for at, name in enumerate(("header", "seal_id", "property", "picture", "extensions")):
        items[at] = info.get(name, items[at])
    return check_seal(parse_seal(seals.resigned(parsed, encode.sequence(*items))))


def _head(magic: bytes) -> bytes:
    return encode.sequence(magic, encode.integer(4), encode.ia5("TEST"))


def _picture(data: bytes, kind: str = "png", width: int = 42) -> bytes:
    sides = encode.integer(width), encode.integer(42)
    return encode.sequence(encode.ia5(kind), encode.octets(data), *sides)


def test_seals_wrong_in_content() -> None:
    for info in (
        {"header": _head(encode.ia5("SE"))},
        {"picture": _picture(b"")},
    ):
        reading = _seal_of(**info)
        assert reading.maker_signature is SignatureOutcome.VERIFIES
        assert failing(reading.problems) == ("SEAL_FORMAT_INVALID",)


def test_a_validity_that_ends_before_it_begins() -> None:
    spec = seals.seal_spec()
    late, early = encode.generalized(spec.valid_to), encode.generalized(spec.valid_from)
    seal = parse_seal(seals.default_seal())
    swapped = seal.message.replace(early + late, late + early, 1)
    reading = check_seal(parse_seal(seals.resigned(seal, swapped)))
    assert failing(reading.problems) == ("SEAL_FORMAT_INVALID",)


def test_what_vendors_write_is_a_warning() -> None:
    false = encode.boolean(False)
    entry = encode.sequence(encode.oid("1.2.156.10197.6.7.2.2.1"), false, encode.octets(b"2.1"))
    odd = encode.sequence(encode.tlv(6, b"\x80version"), encode.octets(b""))
    critical = encode.sequence(encode.oid("1.2.3"), encode.boolean(True), encode.octets(b""))
    truth = encode.sequence(encode.oid("1.2.3"), encode.tlv(1, b"\1"), encode.octets(b""))
    for info, codes in (
        ({"extensions": encode.sequence(entry)}, []),
        ({"extensions": encode.tlv(0xA0, encode.sequence(entry))}, ["SEAL_EXTENSIONS_FORM"]),
        ({"extensions": encode.sequence(odd)}, ["SEAL_OID_FORM"]),
        ({"extensions": encode.sequence(critical)}, ["SEAL_CRITICAL_EXTENSION_UNKNOWN"]),
        (
            {"extensions": encode.sequence(truth)},
            ["SEAL_BOOLEAN_FORM", "SEAL_CRITICAL_EXTENSION_UNKNOWN"],
        ),
        ({"picture": _picture(b"GIF89a")}, ["SEAL_PICTURE_TYPE_MISMATCH"]),
        ({"picture": _picture(seals.PNG, "tiff")}, ["SEAL_PICTURE_TYPE_MISMATCH"]),
        ({"picture": _picture(seals.PNG, width=0)}, ["SEAL_PICTURE_SIZE"]),
        ({"picture": _picture(seals.PNG, width=-4)}, ["SEAL_PICTURE_SIZE"]),
        ({"seal_id": encode.utf8("印章")}, ["SEAL_STRING_FORM"]),
        ({"seal_id": encode.tlv(0x16, b"\xff\xfe")}, ["SEAL_STRING_FORM"]),
    ):
        reading = _seal_of(**info)
        assert reading.maker_signature is SignatureOutcome.VERIFIES
        assert [one.code for one in reading.problems] == codes
        assert failing(reading.problems) == ()


# --- time stamps ---------------------------------------------------------------------------------


@pytest.mark.parametrize("digest", ["sm3", "sha256"])
def test_a_token_over_the_signature_value(digest: str) -> None:
    data = seals.make_signature(timestamp=lambda value: seals.make_token(value, digest=digest))
    reading = read(data)
    assert reading.timestamp_imprint is DigestOutcome.MATCHES
    assert reading.time_is_self_declared
    assert failing_codes(reading) == ()


def test_tokens_that_are_none_or_of_something_else() -> None:
    for token, code, outcome in (
        (b"\1\2\3", "SIG_TIMESTAMP_INVALID", DigestOutcome.NOT_CHECKED),
        (b"", "SIG_TIMESTAMP_INVALID", DigestOutcome.NOT_CHECKED),
        (seals.default_seal(), "SIG_TIMESTAMP_INVALID", DigestOutcome.NOT_CHECKED),
        (seals.make_token(b"else"), "SIG_TIMESTAMP_IMPRINT_MISMATCH", DigestOutcome.DIFFERS),
    ):
        stamped = seals.loose(after=(encode.tlv(0xA0, encode.bits(token)),)).der()
        reading = read(stamped)
        assert reading.timestamp_imprint is outcome
        assert reading.timestamp_token_der == token
        assert failing_codes(reading) == (code,)


def test_a_fifth_element_that_is_no_timestamp() -> None:
    assert refused(seals.loose(after=(encode.bits(b"x"),)).der()) == "SIG_FORMAT_INVALID"
