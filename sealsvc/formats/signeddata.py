"""A GB/T 35275 SignedData taken apart: one signer, nothing judged yet.

Source: GB/T 35275-2017 (RFC 2315 with other OIDs); ofd.md section 4.
"""

from dataclasses import dataclass

from sealsvc.formats import der, encode
from sealsvc.formats.certificate import is_certificate, read_certificate
from sealsvc.formats.der import DerInvalid, Tlv
from sealsvc.formats.problems import Leniency, Problems
from sealsvc.formats.times import ReadTime, der_time

GM_SIGNED_DATA, GM_DATA = "1.2.156.10197.6.1.4.2.2", "1.2.156.10197.6.1.4.2.1"
PKCS7_SIGNED_DATA, PKCS7_DATA = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
TIMESTAMP_TOKEN = "1.2.840.113549.1.9.16.2.14"  # noqa: S105
MAX_CERTIFICATES = 64
MAX_ATTRIBUTES = 64


@dataclass(frozen=True)
class SignedAttributes:
    """to_sign: the attributes with the tag of a SET, the exact bytes signed."""

    to_sign: bytes
    message_digest: bytes
    signed_at: ReadTime | None


@dataclass(frozen=True)
class ParsedSignedData:
    """One signer's value and what it was made over.

    signer_certificate_der: the one certificate of the SignerInfo's issuer and serial, or None.
    content: octets inside, None when detached. certificates_der: the others that can be read.
    """

    content: bytes | None
    certificates_der: tuple[bytes, ...]
    crls_der: tuple[bytes, ...]
    signer_certificate_der: bytes | None
    digest_oid: str
    attributes: SignedAttributes | None
    algorithm_oid: str
    signature_value: bytes
    timestamp_token_der: bytes | None


def parse_signed_data(outer: Tlv, notes: Problems) -> ParsedSignedData:
    """The SignedData of a ContentInfo. Raises: DerInvalid, also for more than one signer."""
    kind, wrapped = der.parts(outer, "ContentInfo", 2, 2)
    named = der.oid(kind, "contentType")
    if named not in (GM_SIGNED_DATA, PKCS7_SIGNED_DATA):
        raise DerInvalid("contentType")
    if named != GM_SIGNED_DATA:
        notes.add(Leniency.CONTENT_TYPE_FORM, "signedData")
    items = der.parts(der.explicit(wrapped, der.CONTEXT_0, "content"), "SignedData", 4, 6)
    der.integer(items[0], "version")
    der.expect(items[1], der.SET, "digestAlgorithms")
    infos = der.expect(items[-1], der.SET, "signerInfos").children()
    if len(infos) != 1:
        raise DerInvalid("signerInfos")
    certificates, crls = _optional(items[3:-1])
    return _signer(infos[0], _content(items[2], notes), (certificates, crls), notes)


def _optional(items: tuple[Tlv, ...]) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """[0] certificates and [1] CRLs, both implicit, in this order."""
    if [one.tag for one in items] not in ([], [0xA0], [0xA1], [0xA0, 0xA1]):
        raise DerInvalid("SignedData")
    found: dict[int, tuple[bytes, ...]] = {der.CONTEXT_0: (), der.CONTEXT_1: ()}
    for one in items:
        inside = one.children()
        if len(inside) > MAX_CERTIFICATES:
            raise DerInvalid("certificates")
        found[one.tag] = tuple(entry.encoded for entry in inside)
    return tuple(filter(is_certificate, found[der.CONTEXT_0])), found[der.CONTEXT_1]


def _content(item: Tlv, notes: Problems) -> bytes | None:
    items = der.parts(item, "contentInfo", 1, 2)
    _data_type(items[0], notes)
    if len(items) == 1:
        return None
    return der.octets(der.explicit(items[1], der.CONTEXT_0, "content"), "content")


def _data_type(item: Tlv, notes: Problems) -> None:
    """Both OIDs of plain data are met, even side by side in one value."""
    named = der.oid(item, "contentType")
    if named not in (GM_DATA, PKCS7_DATA):
        raise DerInvalid("contentType")
    if named != GM_DATA:
        notes.add(Leniency.CONTENT_TYPE_FORM, "data")


def _signer(
    info: Tlv,
    content: bytes | None,
    embedded: tuple[tuple[bytes, ...], tuple[bytes, ...]],
    notes: Problems,
) -> ParsedSignedData:
    items = list(der.parts(info, "SignerInfo", 5, 7))
    der.integer(items[0], "SignerInfo.version")
    issuer, serial = der.parts(items[1], "issuerAndSerialNumber", 2, 2)
    signed = items.pop(3) if items[3].tag == der.CONTEXT_0 else None
    unsigned = items.pop() if items[-1].tag == der.CONTEXT_1 else None
    if len(items) != 5:
        raise DerInvalid("SignerInfo")
    own = _own_certificate(embedded[0], issuer.encoded, serial.encoded)
    return ParsedSignedData(
        content=content,
        certificates_der=tuple(one for one in embedded[0] if one != own),
        crls_der=embedded[1],
        signer_certificate_der=own,
        digest_oid=_algorithm(items[2], "digestAlgorithm"),
        attributes=None if signed is None else _attributes(signed, notes),
        algorithm_oid=_algorithm(items[3], "signatureAlgorithm"),
        signature_value=der.octets(items[4], "signature"),
        timestamp_token_der=None if unsigned is None else _token(unsigned),
    )


def _algorithm(item: Tlv, name: str) -> str:
    return der.oid(der.parts(item, name, 1, 2)[0], name)


def _own_certificate(certificates: tuple[bytes, ...], issuer: bytes, serial: bytes) -> bytes | None:
    """Raises: DerInvalid when two different certificates claim the same issuer and serial."""
    found = set()
    for one in certificates:
        fields = read_certificate(one)
        if (fields.issuer_der, fields.serial_der) == (issuer, serial):
            found.add(one)
    if len(found) > 1:
        raise DerInvalid("certificates")
    return next(iter(found), None)


def _values(item: Tlv) -> dict[str, tuple[Tlv, ...]]:
    """Attributes by OID. Raises: DerInvalid for one that stands there twice."""
    entries = item.children()
    if len(entries) > MAX_ATTRIBUTES:
        raise DerInvalid("attributes")
    found: dict[str, tuple[Tlv, ...]] = {}
    for entry in entries:
        kind, values = der.parts(entry, "attribute", 2, 2)
        named = der.oid(kind, "attribute")
        if named in found:
            raise DerInvalid("attribute twice")
        found[named] = der.expect(values, der.SET, "attribute").children()
    return found


def _attributes(item: Tlv, notes: Problems) -> SignedAttributes:
    values = _values(item)
    digest, kind = values.get(MESSAGE_DIGEST, ()), values.get(CONTENT_TYPE, ())
    when = values.get(SIGNING_TIME, ())
    if len(digest) != 1 or len(kind) > 1 or len(when) > 1:
        raise DerInvalid("attributes")
    for one in kind:
        _data_type(one, notes)
    return SignedAttributes(
        to_sign=encode.tlv(der.SET, item.content),
        message_digest=der.octets(digest[0], "messageDigest"),
        signed_at=_time(when[0], notes) if when else None,
    )


def _time(item: Tlv, notes: Problems) -> ReadTime:
    if item.tag not in (der.UTC_TIME, der.GENERALIZED_TIME):
        raise DerInvalid("signingTime")
    found = der_time(item.content, short_year=item.tag == der.UTC_TIME)
    if found.zone_assumed:
        notes.add(Leniency.TIME_ZONE_ASSUMED)
    return found


def _token(item: Tlv) -> bytes | None:
    values = _values(item).get(TIMESTAMP_TOKEN, ())
    if len(values) > 1:
        raise DerInvalid("timeStampToken")
    return values[0].encoded if values else None
