"""A maker, a signer, a seal and a seal signature, all defaulted; override one thing.

The certificates are the least that seal checks need: an SM2 root and two leaves under it. Keys
are made once a process.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256

from ca import sm2
from sealsvc.formats import encode
from sealsvc.formats.certificate import SM2_SIGNATURE
from sealsvc.formats.issue import (
    SealSignatureSpec,
    SealSpec,
    finish_seal,
    finish_signature,
    prepare_seal,
    prepare_signature,
)
from sealsvc.formats.parsed import ParsedSeal
from sealsvc.formats.signing import SM2_SM3_OID

AT = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
ORIGINAL = b"<ofd:Signature/> of a test"
PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
    b"\0\0\0\nIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82"
)
SCOPE = "/Doc_0/Signs/Sign_0/Signature.xml"
_SM2_ALGORITHM = encode.sequence(encode.oid(SM2_SM3_OID))


@cache
def key(label: str) -> sm2.Sm2PrivateKey:
    """The private key of that label, the same for the whole process."""
    return sm2.load(sm2.generate())


def name(common_name: str) -> bytes:
    """A Name with a common name only."""
    kind = encode.oid("2.5.4.3")
    one = encode.tlv(0x31, encode.sequence(kind, encode.utf8(common_name)))
    return encode.sequence(one)


def make_certificate(
    label: str,
    *,
    spki_der: bytes | None = None,
    issuer: str = "root",
    serial: int | None = None,
    days: int = 3650,
) -> bytes:
    """A v3 certificate of the label's key, signed by the issuer's; key usage for leaves."""
    start = AT - timedelta(days=365)
    number = serial or int.from_bytes(sha256(label.encode()).digest()[:8], "big") | 1
    usage = encode.sequence(
        encode.oid("2.5.29.15"),
        encode.boolean(True),
        encode.octets(b"\x03\x02\x06\xc0" if label != issuer else b"\x03\x02\x01\x06"),
    )
    tbs = encode.sequence(
        encode.tlv(0xA0, encode.integer(2)),
        encode.integer(number),
        _SM2_ALGORITHM,
        name(issuer),
        encode.sequence(encode.signing_time(start), encode.signing_time(start + timedelta(days))),
        name(label),
        spki_der or key(label).public_key_spki,
        encode.tlv(0xA3, encode.sequence(usage)),
    )
    return encode.sequence(tbs, _SM2_ALGORITHM, encode.bits(key(issuer).sign(tbs)))


@cache
def certificate(label: str) -> bytes:
    """The default certificate of that label."""
    return make_certificate(label)


def odd_curve_spki(label: str) -> bytes:
    """The label's public key with .301.1 as curve, as one V1 vendor writes it."""
    plain = key(label).public_key_spki
    own = encode.oid("1.2.156.10197.1.301")
    at = plain.index(own)
    rest = plain[at + len(own) :]
    algorithm = encode.sequence(encode.oid("1.2.840.10045.2.1"), SM2_SIGNATURE)
    return encode.sequence(algorithm, rest)


def seal_spec(**changed: object) -> SealSpec:
    """A round seal of the signer `signer`, made by `maker`, valid a year around AT."""
    spec = SealSpec(
        seal_id="SEAL-0001",
        name="示例商贸有限公司合同专用章",
        vendor_id="TEST",
        certificates_der=(certificate("signer"),),
        created_at=AT - timedelta(days=1),
        valid_from=AT - timedelta(days=1),
        valid_to=AT + timedelta(days=364),
        picture=PNG,
        maker_certificate_der=certificate("maker"),
    )
    return replace(spec, **changed)  # type: ignore[arg-type]


def make_seal(maker: str = "maker", **changed: object) -> bytes:
    """A DER SESeal."""
    prepared = prepare_seal(seal_spec(**changed))
    return finish_seal(prepared, key(maker).sign(prepared.tbs))


@cache
def default_seal() -> bytes:
    """The seal with every default."""
    return make_seal()


def signature_spec(**changed: object) -> SealSignatureSpec:
    """A signature of `signer` over ORIGINAL at AT with the default seal."""
    spec = SealSignatureSpec(
        seal_der=default_seal(),
        certificate_der=certificate("signer"),
        signed_at=AT,
        data_hash=sm2.sm3(ORIGINAL),
        property_info=SCOPE,
    )
    return replace(spec, **changed)  # type: ignore[arg-type]


def make_signature(
    signer: str = "signer",
    timestamp: Callable[[bytes], bytes] | None = None,
    **changed: object,
) -> bytes:
    """A DER SES_Signature. timestamp: from the signature's octets to a token."""
    prepared = prepare_signature(signature_spec(**changed))
    value = key(signer).sign(prepared.tbs)
    return finish_signature(prepared, value, timestamp(value) if timestamp else None)


@dataclass(frozen=True)
class LooseSignature:
    """A signature assembled without any check, for what an honest signer would refuse to make.

    version: of the TBS_Sign; value: from the TBS to the signature's octets.
    """

    seal_der: bytes
    certificate_der: bytes
    signed_at: bytes
    data_hash: bytes
    value: Callable[[bytes], bytes]
    version: int = 4
    algorithm: bytes = encode.oid(SM2_SM3_OID)
    after: tuple[bytes, ...] = ()
    property_info: bytes = encode.ia5(SCOPE)

    def der(self) -> bytes:
        """The SES_Signature."""
        tbs = encode.sequence(
            encode.integer(self.version),
            self.seal_der,
            self.signed_at,
            encode.bits(self.data_hash),
            self.property_info,
        )
        return encode.sequence(
            tbs,
            encode.octets(self.certificate_der),
            self.algorithm,
            encode.bits(self.value(tbs)),
            *self.after,
        )


def loose(**changed: object) -> LooseSignature:
    """The default signature as LooseSignature."""
    plain = LooseSignature(
        seal_der=default_seal(),
        certificate_der=certificate("signer"),
        signed_at=encode.generalized(AT),
        data_hash=sm2.sm3(ORIGINAL),
        value=key("signer").sign,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


def resigned(seal: ParsedSeal, info_der: bytes, maker: str = "maker") -> bytes:
    """A V4 seal of this SES_SealInfo, honestly signed by the maker whatever it says."""
    return encode.sequence(
        info_der,
        encode.octets(seal.maker_certificate_der),
        encode.oid(SM2_SM3_OID),
        encode.bits(key(maker).sign(info_der)),
    )


def make_token(stamped: bytes, *, digest: str = "sm3", at: datetime = AT) -> bytes:
    """The least that reads as a time-stamp token over `stamped`; its signature is of nobody."""
    oids = {"sm3": "1.2.156.10197.1.401", "sha256": "2.16.840.1.101.3.4.2.1"}
    value = sm2.sm3(stamped) if digest == "sm3" else sha256(stamped).digest()
    info = encode.sequence(
        encode.integer(1),
        encode.oid("1.2.3.4"),
        encode.sequence(encode.sequence(encode.oid(oids[digest])), encode.octets(value)),
        encode.integer(7),
        encode.generalized(at),
    )
    content = encode.sequence(
        encode.oid("1.2.840.113549.1.9.16.1.4"), encode.tlv(0xA0, encode.octets(info))
    )
    signed = encode.sequence(encode.integer(3), encode.set_of(), content, encode.set_of())
    return encode.sequence(encode.oid("1.2.840.113549.1.7.2"), encode.tlv(0xA0, signed))


@dataclass(frozen=True)
class V1:
    """A V1 seal and signature with every quirk a vendor was met with.

    listed: encoded entries of certList; time_info, data_hash: whole elements; first_octet: of the
    BIT STRINGs; wrapped: signInfo inside a BIT STRING; signer: label of its key.
    """

    header: int = 1
    tbs_version: int = 1
    listed: tuple[bytes, ...] | None = None
    time_info: bytes | None = None
    data_hash: bytes | None = None
    times: tuple[bytes, bytes, bytes] | None = None
    first_octet: int = 0
    wrapped: bool = False
    magic: str = "ES"
    extensions: bytes = b""
    signer_certificate: bytes | None = None

    def _bits(self, content: bytes) -> bytes:
        return encode.tlv(0x03, bytes([self.first_octet]) + content)

    def seal(self) -> bytes:
        """The SESeal."""
        start, end = AT - timedelta(days=1), AT + timedelta(days=364)
        times = self.times or tuple(encode.signing_time(one) for one in (start, start, end))
        entries = self.listed or (encode.octets(certificate("signer")),)
        info = encode.sequence(
            encode.sequence(
                encode.ia5(self.magic), encode.integer(self.header), encode.ia5("TEST")
            ),
            encode.ia5("V1-0001"),
            encode.sequence(
                encode.integer(1), encode.utf8("示例印章"), encode.sequence(*entries), *times
            ),
            encode.sequence(
                encode.ia5("PNG"), encode.octets(PNG), encode.integer(40), encode.integer(40)
            ),
            *([self.extensions] if self.extensions else []),
        )
        named = encode.octets(certificate("maker")), encode.oid(SM2_SM3_OID)
        value = self._bits(key("maker").sign(encode.sequence(info, *named)))
        sign_info = encode.sequence(*named, value)
        return encode.sequence(info, encode.bits(sign_info) if self.wrapped else sign_info)

    def signature(self) -> bytes:
        """The SES_Signature."""
        when = encode.signing_time(AT)
        tbs = encode.sequence(
            encode.integer(self.tbs_version),
            self.seal(),
            self.time_info or self._bits(when),
            self.data_hash or self._bits(sm2.sm3(ORIGINAL)),
            encode.ia5(SCOPE),
            encode.octets(self.signer_certificate or certificate("signer")),
            encode.oid(SM2_SM3_OID),
        )
        return encode.sequence(tbs, self._bits(key("signer").sign(tbs)))
