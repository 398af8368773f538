"""GB/T 35275 SignedData: the three shapes, and everything that must not pass for one."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.sm2 import sm3
from sealsvc.formats import ObjectKind, SealFormatInvalid, SealRefused, der, detect, encode
from sealsvc.formats.certificate import read_certificate
from sealsvc.formats.describe import describe
from sealsvc.formats.gbt35275 import (
    SignedDataSpec,
    check_signed_data,
    finish_signed_data,
    prepare_signed_data,
)
from sealsvc.formats.problems import failing
from sealsvc.formats.signeddata import (
    CONTENT_TYPE,
    GM_DATA,
    GM_SIGNED_DATA,
    MESSAGE_DIGEST,
    PKCS7_DATA,
    PKCS7_SIGNED_DATA,
    SIGNING_TIME,
)
from sealsvc.formats.signing import SM2_SIGNATURE_OID, SM2_SM3_OID
from sealsvc.formats.values import (
    DigestOutcome,
    SignatureOutcome,
    SignedDataReading,
    SignedDataShape,
)
from tests.builders import seals, x509

DIGEST = sm3(seals.ORIGINAL)
SM3_ALGORITHM = encode.sequence(encode.oid("1.2.156.10197.1.401"), b"\x05\x00")


def attribute(oid: str, *values: bytes) -> bytes:
    return encode.sequence(encode.oid(oid), encode.tlv(der.SET, b"".join(values)))


ATTRIBUTES = (
    attribute(CONTENT_TYPE, encode.oid(GM_DATA)),
    attribute(MESSAGE_DIGEST, encode.octets(DIGEST)),
    attribute(SIGNING_TIME, encode.signing_time(seals.AT)),
)


@dataclass(frozen=True)
class Loose:
    """A SignedData assembled without any check; `signed` overrides what the key signs."""

    attributes: tuple[bytes, ...] | None = ATTRIBUTES
    content: bytes | None = None
    certificates: tuple[bytes, ...] | None = None
    signer: str = "signer"
    signed: Callable[[bytes], bytes] | None = None
    outer: str = GM_SIGNED_DATA
    inner: str = GM_DATA
    digest: bytes = SM3_ALGORITHM
    algorithm: str = SM2_SIGNATURE_OID
    infos: int = 1
    after: bytes = b""

    def message(self) -> bytes:
        if self.attributes is not None:
            return encode.tlv(der.SET, b"".join(self.attributes))
        return self.content or b""

    def info(self) -> bytes:
        own = read_certificate(seals.certificate("signer"))
        message = self.message()
        value = seals.key(self.signer).sign(message) if not self.signed else self.signed(message)
        listed = [] if self.attributes is None else [encode.tlv(0xA0, b"".join(self.attributes))]
        return encode.sequence(
            encode.integer(1),
            encode.sequence(own.issuer_der, own.serial_der),
            self.digest,
            *listed,
            encode.sequence(encode.oid(self.algorithm), b"\x05\x00"),
            encode.octets(value),
            self.after,
        )

    def der(self) -> bytes:
        inside = [] if self.content is None else [encode.tlv(0xA0, encode.octets(self.content))]
        certificates = self.certificates
        if certificates is None:
            certificates = (seals.certificate("signer"),)
        listed = [encode.tlv(0xA0, b"".join(certificates))] if certificates else []
        signed_data = encode.sequence(
            encode.integer(1),
            encode.tlv(der.SET, self.digest),
            encode.sequence(encode.oid(self.inner), *inside),
            *listed,
            encode.tlv(der.SET, self.info() * self.infos),
        )
        return encode.sequence(encode.oid(self.outer), encode.tlv(0xA0, signed_data))


CONTENT_DIGEST = Loose(attributes=None, content=DIGEST)


def read(made: Loose, original: bytes | None = None) -> SignedDataReading:
    return check_signed_data(made.der(), DIGEST, original)


def honest(**changed: object) -> bytes:
    spec = SignedDataSpec(seals.certificate("signer"), DIGEST, seals.AT)
    prepared = prepare_signed_data(replace(spec, **changed))  # type: ignore[arg-type]
    return finish_signed_data(prepared, seals.key("signer").sign(prepared.tbs))


def test_what_we_make_holds() -> None:
    root = seals.certificate("root")
    data = honest(chain_der=(root,))
    assert detect(data) is ObjectKind.SIGNED_DATA
    reading = check_signed_data(data, DIGEST)
    assert reading.shape is SignedDataShape.ATTRIBUTES
    assert reading.digest is DigestOutcome.MATCHES
    assert reading.signature is SignatureOutcome.VERIFIES
    assert reading.problems == ()
    assert reading.signed_at == seals.AT
    assert reading.signer_certificate_der == seals.certificate("signer")
    assert reading.certificates_der == (root,)
    assert (reading.signature_algorithm, reading.digest_algorithm) == ("sm2_sm3", "sm3")


@pytest.mark.parametrize("algorithm", [SM2_SIGNATURE_OID, SM2_SM3_OID])
@pytest.mark.parametrize("made", [Loose(), CONTENT_DIGEST], ids=["attributes", "content"])
def test_both_shapes_hold_under_both_oids(made: Loose, algorithm: str) -> None:
    reading = read(replace(made, algorithm=algorithm))
    assert reading.shape.value == ("ATTRIBUTES" if made.attributes else "CONTENT_DIGEST")
    assert reading.digest is DigestOutcome.MATCHES
    assert reading.signature is SignatureOutcome.VERIFIES
    assert reading.problems == ()


@pytest.mark.parametrize("made", [Loose(), CONTENT_DIGEST], ids=["attributes", "content"])
def test_another_original(made: Loose) -> None:
    reading = check_signed_data(made.der(), sm3(b"another"))
    assert reading.digest is DigestOutcome.DIFFERS
    assert reading.signature is SignatureOutcome.VERIFIES
    assert failing(reading.problems) == ("SIG_DATA_HASH_MISMATCH",)


def test_a_bare_value_is_nobodys() -> None:
    value = seals.key("signer").sign(seals.ORIGINAL)
    reading = check_signed_data(value, DIGEST, seals.ORIGINAL)
    assert reading.shape is SignedDataShape.BARE
    assert reading.signature is SignatureOutcome.NOT_CHECKED
    assert reading.digest is DigestOutcome.NOT_CHECKED
    assert failing(reading.problems) == ("SIG_SIGNER_CERT_MISSING",)
    zero = encode.sequence(encode.integer(0), encode.integer(0))
    assert failing(check_signed_data(zero, DIGEST).problems) == (
        "SIG_FORMAT_INVALID",
        "SIG_SIGNER_CERT_MISSING",
    )


@pytest.mark.parametrize(
    ("made", "codes"),
    [
        (Loose(infos=0), ("SIG_FORMAT_INVALID",)),
        (Loose(infos=2), ("SIG_FORMAT_INVALID",)),
        (Loose(outer="1.2.156.10197.6.1.4.2.3"), ("SIG_FORMAT_INVALID",)),
        (Loose(inner="1.2.840.113549.1.9.16.1.4"), ("SIG_FORMAT_INVALID",)),
        (Loose(attributes=None), ("SIG_FORMAT_INVALID",)),
        (Loose(attributes=None, content=seals.ORIGINAL), ("SIG_FORMAT_INVALID",)),
        (Loose(attributes=None, content=b""), ("SIG_FORMAT_INVALID",)),
        (Loose(attributes=()), ("SIG_FORMAT_INVALID",)),
        (Loose(attributes=ATTRIBUTES[:1]), ("SIG_FORMAT_INVALID",)),
        (Loose(attributes=ATTRIBUTES + ATTRIBUTES[1:2]), ("SIG_FORMAT_INVALID",)),
        (
            Loose(
                attributes=(
                    attribute(MESSAGE_DIGEST, encode.octets(DIGEST), encode.octets(bytes(32))),
                )
            ),
            ("SIG_FORMAT_INVALID",),
        ),
        (Loose(certificates=()), ("SIG_SIGNER_CERT_MISSING",)),
        (Loose(certificates=(seals.certificate("maker"),)), ("SIG_SIGNER_CERT_MISSING",)),
        (Loose(certificates=(b"\x30\x00",)), ("SIG_SIGNER_CERT_MISSING",)),
        (
            Loose(certificates=(seals.certificate("signer"), seals.make_certificate("signer"))),
            ("SIG_FORMAT_INVALID",),
        ),
        (Loose(algorithm="1.2.840.113549.1.1.11"), ("SIG_ALGORITHM_UNSUPPORTED",)),
        (Loose(algorithm="1.2.156.10197.1.301"), ("SIG_ALGORITHM_UNSUPPORTED",)),
        (
            Loose(digest=encode.sequence(encode.oid("2.16.840.1.101.3.4.2.1"))),
            ("SIG_ALGORITHM_UNSUPPORTED",),
        ),
        (Loose(signer="maker"), ("SIG_SIGNATURE_INVALID",)),
        (Loose(signed=lambda _: b""), ("SIG_SIGNATURE_INVALID",)),
        (Loose(signed=lambda _: bytes(64)), ("SIG_SIGNATURE_INVALID",)),
        (
            Loose(signed=lambda tbs: seals.key("signer").sign(b"\xa0" + tbs[1:])),
            ("SIG_SIGNATURE_INVALID",),
        ),
        (
            Loose(signed=lambda _: seals.key("signer").sign(seals.ORIGINAL)),
            ("SIG_SIGNATURE_INVALID",),
        ),
        (
            replace(CONTENT_DIGEST, signed=lambda _: seals.key("signer").sign(seals.ORIGINAL)),
            ("SIG_SIGNATURE_INVALID",),
        ),
        (
            replace(CONTENT_DIGEST, signed=lambda it: seals.key("signer").sign_digest(it)),
            ("SIG_SIGNATURE_INVALID",),
        ),
        (Loose(content=DIGEST), ("SIG_DATA_HASH_MISMATCH",)),
        (Loose(content=b"another original"), ("SIG_DATA_HASH_MISMATCH",)),
    ],
)
def test_what_must_not_pass(made: Loose, codes: tuple[str, ...]) -> None:
    reading = read(made)
    assert failing(reading.problems) == codes


def test_content_within_is_the_original_or_nothing() -> None:
    made = Loose(content=seals.ORIGINAL)
    assert failing(read(made, seals.ORIGINAL).problems) == ()
    assert failing(read(made).problems) == ("SIG_DATA_HASH_MISMATCH",)


def test_a_certificate_of_another_curve() -> None:
    serial = int.from_bytes(read_certificate(seals.certificate("signer")).serial_der[2:], "big")
    spki = x509.make_signer("p256").public_key_spki
    reading = read(
        Loose(certificates=(seals.make_certificate("signer", spki_der=spki, serial=serial),))
    )
    assert reading.signature is SignatureOutcome.NOT_CHECKED
    assert failing(reading.problems) == ("SIG_ALGORITHM_UNSUPPORTED",)


def test_pkcs7_oids_are_a_warning() -> None:
    reading = read(Loose(outer=PKCS7_SIGNED_DATA, inner=PKCS7_DATA))
    assert failing(reading.problems) == ()
    assert {one.code for one in reading.problems} == {"SIG_CONTENT_TYPE_FORM"}


def test_a_signing_time_that_cannot_be_read() -> None:
    bad = attribute(SIGNING_TIME, encode.tlv(der.UTC_TIME, b"soon"))
    reading = read(Loose(attributes=(*ATTRIBUTES[:2], bad)))
    assert reading.signed_at is None
    assert failing(reading.problems) == ("SIG_FORMAT_INVALID",)
    assert read(Loose(attributes=ATTRIBUTES[:2])).problems == ()


def test_a_token_over_the_value() -> None:
    spec = SignedDataSpec(seals.certificate("signer"), DIGEST, seals.AT + timedelta(days=9000))
    prepared = prepare_signed_data(spec)
    value = seals.key("signer").sign(prepared.tbs)
    data = finish_signed_data(prepared, value, seals.make_token(value))
    reading = check_signed_data(data, DIGEST)
    assert reading.timestamp_imprint is DigestOutcome.MATCHES
    assert reading.problems == ()
    assert reading.signed_at == spec.signed_at
    for token, code in (
        (b"\1", "SIG_TIMESTAMP_INVALID"),
        (seals.make_token(b""), "SIG_TIMESTAMP_IMPRINT_MISMATCH"),
    ):
        with pytest.raises(SealRefused) as caught:
            finish_signed_data(prepared, value, token)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"certificate_der": b""}, "SIG_FORMAT_INVALID"),
        ({"original_sm3": bytes(32)}, "SIG_DATA_HASH_MISMATCH"),
        ({"original_sm3": DIGEST[:20]}, "SIG_DATA_HASH_MISMATCH"),
        (
            {
                "certificate_der": seals.make_certificate(
                    "p256", spki_der=x509.make_signer("p256").public_key_spki
                )
            },
            "SIG_ALGORITHM_UNSUPPORTED",
        ),
    ],
)
def test_what_is_not_made(changed: dict[str, object], code: str) -> None:
    with pytest.raises(SealRefused) as caught:
        honest(**changed)
    assert caught.value.code == code


def test_a_foreign_signature_makes_none() -> None:
    prepared = prepare_signed_data(SignedDataSpec(seals.certificate("signer"), DIGEST, seals.AT))
    with pytest.raises(SealRefused) as caught:
        finish_signed_data(prepared, seals.key("maker").sign(prepared.tbs))
    assert caught.value.code == "SIG_SIGNATURE_INVALID"


def test_truncated_and_longer() -> None:
    data = honest()
    for end in range(len(data)):
        reading = check_signed_data(data[:end], DIGEST)
        assert failing(reading.problems) == ("SIG_FORMAT_INVALID",)
        assert reading.signature is SignatureOutcome.NOT_CHECKED
    assert failing(check_signed_data(data + b"\0", DIGEST).problems) == ("SIG_FORMAT_INVALID",)
    padded = der.unpadded(data + bytes(99))
    assert check_signed_data(padded, DIGEST).problems == ()


def test_every_flipped_byte_is_noticed_or_harmless() -> None:
    """What no signature covers may change: version numbers, digestAlgorithms, parameters."""
    data = Loose().der()
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
        reading = check_signed_data(changed, DIGEST)
        if failing(reading.problems):
            continue
        assert reading.signature is SignatureOutcome.VERIFIES
        assert reading.digest is DigestOutcome.MATCHES
        key = read_certificate(seals.certificate("signer")).spki_der
        assert reading.signer_certificate_der is not None
        assert read_certificate(reading.signer_certificate_der).spki_der == key


def test_a_seal_signature_is_no_signed_data() -> None:
    for data in (seals.make_signature(), seals.default_seal()):
        assert failing(check_signed_data(data, DIGEST).problems) == ("SIG_FORMAT_INVALID",)


def test_base64_is_read_behind_a_warning() -> None:
    reading = check_signed_data(b64encode(honest()), DIGEST)
    assert [one.code for one in reading.problems] == ["SIG_ARMORED"]


def test_described_without_an_original() -> None:
    told = describe(honest())
    assert told["shape"] == "ATTRIBUTES"
    assert told["signature"] == "VERIFIES"
    assert told["problems"] == []
    with pytest.raises(SealFormatInvalid):
        describe(Loose(infos=2).der())


SAMPLES = (Loose().der(), CONTENT_DIGEST.der())


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SAMPLES), st.integers(0, 900), st.binary(max_size=6), st.integers(0, 6))
def test_nothing_is_raised(base: bytes, at: int, put: bytes, gone: int) -> None:
    check_signed_data(base[:at] + put + base[at + gone :], DIGEST, seals.ORIGINAL)
