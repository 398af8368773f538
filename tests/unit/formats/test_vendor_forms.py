"""V1 as its vendors write it, and the forms of time and DER below it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.formats import SealFormatInvalid, der, encode, parse_seal, parse_signature, unpadded
from sealsvc.formats.check import check_seal, check_signature
from sealsvc.formats.der import DerInvalid
from sealsvc.formats.problems import WARNING_CODES, Fault, Leniency, Problems, failing_codes
from sealsvc.formats.times import der_time, text_time
from sealsvc.formats.values import SealSignatureReading, SignatureOutcome
from tests.builders import seals
from tests.builders.seals import V1


def read(made: V1) -> SealSignatureReading:
    return check_signature(parse_signature(made.signature()))


def codes(reading: SealSignatureReading) -> set[str]:
    return {one.code for one in reading.problems + reading.eseal.problems}


# --- V1 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("octet", [1, 4, 0x0D, 0x20, 0x40, 0xFF])
def test_the_first_octet_of_a_bit_string_may_be_anything(octet: int) -> None:
    reading = read(V1(first_octet=octet))
    assert reading.signature is SignatureOutcome.VERIFIES
    assert codes(reading) == {"SIG_BIT_STRING_FORM", "SEAL_BIT_STRING_FORM"}


def test_sign_info_within_a_bit_string() -> None:
    reading = read(V1(wrapped=True))
    assert reading.eseal.maker_signature is SignatureOutcome.VERIFIES
    assert codes(reading) == {"SEAL_SIGN_INFO_WRAPPED"}


def test_octet_strings_for_bit_strings() -> None:
    plain = parse_signature(V1().signature())
    made = V1(
        data_hash=encode.octets(plain.data_hash),
        time_info=encode.octets(encode.signing_time(seals.AT)),
    )
    reading = read(made)
    assert failing_codes(reading) == ()
    assert reading.signed_at == seals.AT
    assert codes(reading) == {"SIG_OCTET_STRING_FORM"}


def test_generalized_times_in_a_v1_seal() -> None:
    start, end = seals.AT - timedelta(days=1), seals.AT + timedelta(days=9)
    times = encode.generalized(start), encode.generalized(start), encode.generalized(end)
    reading = read(V1(times=times))
    assert (reading.eseal.valid_from, reading.eseal.valid_to) == (start, end)
    assert codes(reading) == {"SEAL_TIME_FORM"}


def test_a_list_without_a_certificate_matches_nobody() -> None:
    reading = read(V1(listed=(encode.ia5("1"),)))
    assert reading.eseal.signer_listed is False
    assert failing_codes(reading) == ("SIG_SIGNER_NOT_IN_SEAL",)
    assert "SEAL_CERT_LIST_FOREIGN" in codes(reading)


def test_a_foreign_header_id_fails() -> None:
    assert failing_codes(read(V1(magic="XX"))) == ("SEAL_FORMAT_INVALID",)


def test_another_tbs_version_of_v1_is_a_warning() -> None:
    assert codes(read(V1(tbs_version=2))) == {"SIG_VERSION_FORM"}


def test_a_token_in_time_info() -> None:
    token = seals.make_token(b"whatever", at=seals.AT + timedelta(hours=1))
    reading = read(V1(time_info=encode.bits(token)))
    assert reading.signed_at == seals.AT + timedelta(hours=1)
    assert reading.time_is_self_declared
    assert reading.timestamp_token_der is None
    assert codes(reading) == {"SIG_TIMESTAMP_IN_TIME_INFO"}
    assert failing_codes(read(V1(time_info=encode.bits(b"\x30\x00")))) == ("SIG_FORMAT_INVALID",)


@pytest.mark.parametrize("hours", [-30, 8737])
def test_eight_hours_beyond_a_border_are_a_warning_for_texts(hours: int) -> None:
    """The seal holds from 24 hours before AT to 364 days (8,736 hours) after it."""
    when = seals.AT + timedelta(hours=hours)
    text = encode.bits(when.strftime("%Y%m%d%H%M%SZ").encode())
    reading = read(V1(time_info=text))
    assert failing_codes(reading) == ()
    assert codes(reading) == {"SIG_TIME_ZONE_UNCERTAIN"}
    der_form = read(V1(time_info=encode.bits(encode.generalized(when))))
    assert failing_codes(der_form) == ("SIG_TIME_OUTSIDE_SEAL_VALIDITY",)
    unix = read(V1(time_info=encode.bits(str(int(when.timestamp())).encode())))
    assert failing_codes(unix) == ("SIG_TIME_OUTSIDE_SEAL_VALIDITY",)


@pytest.mark.parametrize("hours", [-33, 8745])
def test_more_than_eight_hours_fail(hours: int) -> None:
    when = (seals.AT + timedelta(hours=hours)).strftime("%Y%m%d%H%M%SZ")
    reading = read(V1(time_info=encode.bits(when.encode())))
    assert failing_codes(reading) == ("SIG_TIME_OUTSIDE_SEAL_VALIDITY",)


# --- times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected", "assumed"),
    [
        ("180807153843Z", datetime(2018, 8, 7, 15, 38, 43, tzinfo=UTC), False),
        ("2018-09-28 10:33:33", datetime(2018, 9, 28, 2, 33, 33, tzinfo=UTC), True),
        ("2020-01-25T07:31:56.377Z", datetime(2020, 1, 25, 7, 31, 56, tzinfo=UTC), False),
        ("2020-01-25T07:31:56+08:00", datetime(2020, 1, 24, 23, 31, 56, tzinfo=UTC), False),
        ("20200125073156", datetime(2020, 1, 24, 23, 31, 56, tzinfo=UTC), True),
        ("20200125073156.5Z\0", datetime(2020, 1, 25, 7, 31, 56, tzinfo=UTC), False),
        ("1540970511", datetime(2018, 10, 31, 7, 21, 51, tzinfo=UTC), False),
        ("1540970511999", datetime(2018, 10, 31, 7, 21, 51, tzinfo=UTC), False),
    ],
)
def test_texts(text: str, expected: datetime, assumed: bool) -> None:
    found = text_time(text.encode())
    assert (found.at, found.zone_assumed) == (expected, assumed)
    assert found.doubt_s == (0 if text.startswith("15") else 8 * 3600)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "Z",
        "1808",
        "2018-09-28",
        "2018-W39-5T10:33:33",
        "2018-09-28T10:33+08",
        "2018-09-28 10:33:33 +8",
        "2018-09-28 10:33:61",
        "2018-02-30 10:33:33",
        "0000-01-01 00:00:00",
        "180807153843+99:00",
        "20200125073156.Z",
        "20200125073156ZZ",
        "9" * 40,
        "\u0661" * 10,
    ],
)
def test_texts_that_are_no_times(text: str) -> None:
    assert text_time(text.encode()).at is None


@pytest.mark.parametrize(
    ("content", "short", "year"),
    [(b"491231235959Z", True, 2049), (b"500101000000Z", True, 1950), (b"1012312359Z", True, 2010),
     (b"20500101000000Z", False, 2050)],
)  # fmt: skip
def test_years(content: bytes, short: bool, year: int) -> None:
    found = der_time(content, short_year=short).at
    assert found is not None
    assert found.year == year


@pytest.mark.parametrize("content", [b"202611210800Z", b"261121080000Z", b"00010101000000"])
def test_general_times_that_are_none(content: bytes) -> None:
    assert der_time(content, short_year=False).at is None


@given(st.binary(max_size=50), st.booleans())
def test_times_never_raise(content: bytes, short: bool) -> None:
    der_time(content, short_year=short)
    text_time(content)


@given(st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 30)))
def test_written_times_read_back(at: datetime) -> None:
    at = at.replace(tzinfo=UTC, microsecond=0)
    for written in (encode.generalized(at), encode.signing_time(at)):
        item = der.read_one(written)
        assert der_time(item.content, short_year=item.tag == der.UTC_TIME).at == at


# --- DER -----------------------------------------------------------------------------------------


@given(st.integers(-(2**62), 2**62))
def test_integers_read_back(value: int) -> None:
    assert der.integer(der.read_one(encode.integer(value)), "x") == value


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=12), st.integers(0, 2))
def test_object_identifiers_read_back(arcs: list[int], first: int) -> None:
    dotted = ".".join(str(one) for one in (first, arcs[0] % 40, *arcs[1:]))
    assert der.oid(der.read_one(encode.oid(dotted)), "x") == dotted


@pytest.mark.parametrize("dotted", ["", "1", "a.b", "3.1", "1.40", "1.-2"])
def test_texts_that_are_no_object_identifiers(dotted: str) -> None:
    with pytest.raises(ValueError, match=r"object identifier|invalid literal"):
        encode.oid(dotted)


@pytest.mark.parametrize("content", [b"", b"\x80\x01", b"\x81", b"\x2a\x80\x01", b"\x01" * 65])
def test_contents_that_do_not_decode(content: bytes) -> None:
    assert der.dotted_oid(content) is None


@pytest.mark.parametrize("encoded", [b"\2\0", b"\2\2\0\1", b"\2\2\xff\xff", b"\2\x09" + b"\1" * 9])
def test_integers_out_of_form(encoded: bytes) -> None:
    with pytest.raises(DerInvalid):
        der.integer(der.read_one(encoded), "x")


@given(st.binary(max_size=300), st.integers(0, 40))
def test_padding_with_zeros_is_cut_off(content: bytes, zeros: int) -> None:
    one = encode.octets(content)
    assert unpadded(one + bytes(zeros)) == one
    with pytest.raises(SealFormatInvalid):
        unpadded(one + bytes(zeros) + b"\1")


def test_v4_bit_strings_are_strict() -> None:
    bad = encode.tlv(3, b"\x04" + seals.key("signer").sign(b""))
    seal = parse_seal(seals.default_seal())
    made = encode.sequence(
        seal.message, encode.octets(seal.maker_certificate_der), encode.oid("1.2.3"), bad
    )
    with pytest.raises(SealFormatInvalid):
        parse_seal(made)
    assert check_seal(seal).problems == ()


def test_problems_are_kept_once_and_warnings_known() -> None:
    problems = Problems("SIG")
    for one in (*Leniency, *Leniency):
        problems.add(one)
    assert {found.code for found in problems.found()} <= WARNING_CODES
    assert len(problems.found()) == len(Leniency)
    assert not {f"SIG_{one}" for one in Fault} & WARNING_CODES
    assert not {f"SEAL_{one}" for one in Fault} & WARNING_CODES
