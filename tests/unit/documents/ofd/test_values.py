"""The forms of a signature value inside a package: SignedData, Base64, bare, with a time-stamp."""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta

import pytest

from ca import sm2
from sealsvc.documents.ofd.reader import read
from sealsvc.documents.values import (
    DigestOutcome,
    SignatureOutcome,
    SignatureReading,
    TimestampKind,
)
from sealsvc.formats.gbt35275 import SignedDataSpec, finish_signed_data, prepare_signed_data
from tests.builders import ofd, seals, tsa
from tests.builders.ofd import Signing

SIGN = Signing(kind="Sign", stamps="")
DESCRIBED = f"{SIGN.directory}/Signature.xml"
VALUE = f"{SIGN.directory}/SignedValue.dat"


def signed_data(described: bytes) -> bytes:
    spec = SignedDataSpec(seals.certificate("signer"), sm2.sm3(described), seals.AT)
    prepared = prepare_signed_data(spec)
    return finish_signed_data(prepared, seals.key("signer").sign(prepared.tbs))


def with_value(how: Signing, value: bytes | None = None) -> ofd.Parts:
    parts = ofd.signed(ofd.unsigned(), how)
    parts[VALUE] = signed_data(parts[DESCRIBED]) if value is None else value
    return parts


def only(parts: ofd.Parts) -> SignatureReading:
    (one,) = read(ofd.pack(parts)).signatures
    return one


def codes(one: SignatureReading) -> set[str]:
    return {problem.code for problem in one.problems}


def test_signed_data() -> None:
    one = only(with_value(SIGN))
    assert one.sub_filter == "OFD.Sign.GBT35275"
    assert (one.digest, one.signature) == (DigestOutcome.MATCHES, SignatureOutcome.VERIFIES)
    assert one.signer_certificate_der == seals.certificate("signer")
    assert one.claimed_at == seals.AT
    assert one.eseal is None
    assert one.picture is None
    assert one.problems == ()


def test_signed_data_of_another_description() -> None:
    parts = with_value(SIGN)
    parts[DESCRIBED] = parts[DESCRIBED].replace(b"20261121", b"20261122")
    one = only(parts)
    assert one.digest is DigestOutcome.DIFFERS
    assert "SIG_DATA_HASH_MISMATCH" in codes(one)


@pytest.mark.parametrize("kind", ["", "Seal"])
def test_signed_data_where_a_seal_should_be(kind: str) -> None:
    parts = with_value(replace(SIGN, kind="Sign"))
    parts[VALUE] = b64encode(parts[VALUE])
    kinds = b'Type="Sign" ', b'Type="Seal" ' if kind else b""
    parts[ofd.SIGNATURES] = parts[ofd.SIGNATURES].replace(*kinds)
    one = only(parts)
    if kind:
        assert one.signature is SignatureOutcome.NOT_CHECKED
        assert "SIG_FORMAT_INVALID" in codes(one)
    else:
        assert one.sub_filter == "OFD.Sign.GBT35275"
        assert one.signature is SignatureOutcome.VERIFIES


def test_a_bare_value_is_nobodys() -> None:
    one = only(with_value(SIGN, seals.key("signer").sign(b"x")))
    assert one.sub_filter == "OFD.Sign.SM2"
    assert one.signature is SignatureOutcome.NOT_CHECKED
    assert one.digest is DigestOutcome.NOT_CHECKED
    assert "SIG_SIGNER_CERT_MISSING" in codes(one)


def test_a_seal_signature_where_signed_data_should_be() -> None:
    parts = ofd.signed(ofd.unsigned(), SIGN)
    one = only(parts)
    assert one.signature is SignatureOutcome.NOT_CHECKED
    assert "SIG_FORMAT_INVALID" in codes(one)


def test_the_time_stamp_is_read() -> None:
    parts = ofd.signed(ofd.unsigned())
    made = seals.AT + timedelta(seconds=5)
    parts[VALUE] = seals.make_signature(
        data_hash=sm2.sm3(parts[DESCRIBED]), timestamp=lambda value: tsa.make_token(value, made)
    )
    one = only(parts)
    (stamp,) = one.timestamps
    assert stamp.kind is TimestampKind.SIGNATURE
    assert stamp.made_at == made
    assert (stamp.digest, stamp.signature) == (DigestOutcome.MATCHES, SignatureOutcome.VERIFIES)
    assert one.timestamp_token_der is not None


def test_a_signer_the_seal_does_not_list() -> None:
    parts = ofd.signed(ofd.unsigned())
    parts[VALUE] = seals.loose(
        data_hash=sm2.sm3(parts[DESCRIBED]),
        certificate_der=seals.certificate("other"),
        value=seals.key("other").sign,
    ).der()
    one = only(parts)
    assert one.signature is SignatureOutcome.VERIFIES
    assert "SIG_SIGNER_NOT_IN_SEAL" in codes(one)
    assert one.eseal is not None
    assert one.eseal.signer_listed is False


def test_a_key_that_is_not_the_certificates() -> None:
    parts = ofd.signed(ofd.unsigned())
    parts[VALUE] = seals.loose(
        data_hash=sm2.sm3(parts[DESCRIBED]), value=seals.key("other").sign
    ).der()
    one = only(parts)
    assert one.signature is SignatureOutcome.FAILS
    assert "SIG_SIGNATURE_INVALID" in codes(one)
