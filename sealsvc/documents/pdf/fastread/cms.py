"""The CMS of a seal, by hand and strictly: one shape, the shape that PAdES baseline B has.

Source: RFC 5652; RFC 5035 (ESSCertIDv2); RFC 6211 (algorithm protection); ETSI EN 319 122-1;
pdf.md section 3.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fastread.algorithms import (
    CertificateNames,
    SignatureAlgorithm,
    certificate_names,
    checker_of,
    digest_name,
    fingerprint_of,
    signature_algorithm,
)
from sealsvc.documents.pdf.fastread.der import (
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    content_of,
    element_at,
    elements,
    whole,
)

MAX_CERTIFICATES = 64
MAX_BYTES = 1 << 20
MAX_KEPT, MAX_KEPT_BYTES = 256, 16_384
"""Sets of certificates that are known, and how large each may be."""

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_DETACHED = bytes.fromhex("300b06092a864886f70d010701")
_VERSION_1 = b"\x02\x01\x01"
_CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
_SIGNING_TIME = bytes.fromhex("06092a864886f70d010905")
_SIGNING_CERTIFICATE_V2 = bytes.fromhex("060b2a864886f70d010910022f")
_ALGORITHM_PROTECTION = bytes.fromhex("06092a864886f70d010934")
_KNOWN = frozenset(
    {_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME, _SIGNING_CERTIFICATE_V2, _ALGORITHM_PROTECTION}
)
_NEEDED = frozenset({_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_CERTIFICATE_V2})
_CERTIFICATES, _SIGNED_ATTRIBUTES, _PROTECTED_SIGNATURE = 0xA0, 0xA0, 0xA1
_DIRECTORY_NAME = 0xA4
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18


class SealCms(NamedTuple):
    """One SignedData that holds but for the digest, which the document gives.

    message_digest: what the document's digest must be; signer_der, certificates_der: as embedded,
    the signer's apart; claimed_at: the signing-time attribute, None without.
    """

    digest: str
    algorithm: SignatureAlgorithm
    message_digest: bytes
    signature_value: bytes
    signer_der: bytes
    certificates_der: tuple[bytes, ...]
    binding_digest: str
    claimed_at: datetime | None


def read_seal_cms(contents: bytes) -> SealCms:
    """The value of a seal's /Contents, its signature checked; only zeros may follow the DER.

    Raises: NotUnderstood for every other shape, and when the signature does not hold.
    """
    if len(contents) > MAX_BYTES:
        raise NotUnderstood("size of the signature")
    start, end = content_of(contents, 0, SEQUENCE)
    if contents[end:].strip(b"\0"):
        raise NotUnderstood("data behind the signature")
    if not contents.startswith(_SIGNED_DATA, start):
        raise NotUnderstood("content type")
    inner, last = content_of(contents, start + len(_SIGNED_DATA), 0xA0)
    at, stop = content_of(contents, inner, SEQUENCE)
    if not end == last == stop or not contents.startswith(_VERSION_1, at):
        raise NotUnderstood("signed data")
    digests = element_at(contents, at + 3, SET)
    at += 3 + len(digests)
    if not contents.startswith(_DETACHED, at):
        raise NotUnderstood("encapsulated content")
    certificates = element_at(contents, at + len(_DETACHED), _CERTIFICATES)
    at += len(_DETACHED) + len(certificates)
    first, final = content_of(contents, at, SET)
    if final != stop or content_of(contents, first, SEQUENCE)[1] != final:
        raise NotUnderstood("signer infos")  # more than one, or lists before them
    return _signer_info(contents[first:final], digests, certificates)


def _signer_info(info: bytes, digests: bytes, certificates: bytes) -> SealCms:
    at, end = whole(info, SEQUENCE)
    if not info.startswith(_VERSION_1, at):
        raise NotUnderstood("version of the signer info")
    sid = element_at(info, at + 3, SEQUENCE)
    at += 3 + len(sid)
    digest_der = element_at(info, at, SEQUENCE)
    at += len(digest_der)
    if digests[content_of(digests, 0, SET)[0] :] != digest_der:
        raise NotUnderstood("digest algorithms")
    signed = element_at(info, at, _SIGNED_ATTRIBUTES)
    at += len(signed)
    algorithm_der = element_at(info, at, SEQUENCE)
    at += len(algorithm_der)
    first, last = content_of(info, at, OCTET_STRING)
    if last != end:
        raise NotUnderstood("unsigned attributes")
    digest, algorithm = digest_name(digest_der), signature_algorithm(algorithm_der)
    signer, names, others = _signer(certificates, sid)
    attributes = _attributes(signed)
    protection = attributes.get(_ALGORITHM_PROTECTION)
    if protection is not None:
        _check_protection(protection, digest_der, algorithm_der)
    binding = _binding(attributes[_SIGNING_CERTIFICATE_V2], signer, names)
    value = info[first:last]
    # Re-tagged: the SET is what the key signed (RFC 5652 section 5.4).
    if not checker_of(names.spki, algorithm, digest)(value, b"\x31" + signed[1:]):
        raise NotUnderstood("signature")
    claimed = attributes.get(_SIGNING_TIME)
    message = attributes[_MESSAGE_DIGEST]
    return SealCms(
        digest,
        algorithm,
        message[whole(message, OCTET_STRING)[0] :],
        value,
        signer,
        others,
        binding,
        None if claimed is None else _time(claimed),
    )


_Signer = tuple[bytes, CertificateNames, tuple[bytes, ...]]


def _signer(certificates: bytes, sid: bytes) -> _Signer:
    """The certificate that the signer info names by issuer and serial, its names, the others."""
    if len(certificates) + len(sid) > MAX_KEPT_BYTES:
        return _find_signer(certificates, sid)
    return _known_signer(certificates, sid)


def _find_signer(certificates: bytes, sid: bytes) -> _Signer:
    start, end = content_of(certificates, 0, _CERTIFICATES)
    ders = elements(certificates, start, end, SEQUENCE)
    if len(ders) > MAX_CERTIFICATES:
        raise NotUnderstood("certificates")
    wanted = sid[content_of(sid, 0, SEQUENCE)[0] :]
    for der in ders:
        names = certificate_names(der)
        if names.issuer + names.serial == wanted:
            others = tuple(one for one in dict.fromkeys(ders) if one != der)
            for one in others:
                certificate_names(one)
            return der, names, others
    raise NotUnderstood("signer's certificate")


# The same bytes have the same signer for ever; what is not understood is not kept.
_known_signer = lru_cache(maxsize=MAX_KEPT)(_find_signer)


def _attributes(signed: bytes) -> dict[bytes, bytes]:
    """The one value of each signed attribute; ascending, once, and of known kinds only."""
    found: dict[bytes, bytes] = {}
    before = b""
    start, end = content_of(signed, 0, _SIGNED_ATTRIBUTES)
    for attribute in elements(signed, start, end, SEQUENCE):
        if attribute <= before:
            raise NotUnderstood("order of the signed attributes")
        before = attribute
        at, last = content_of(attribute, 0, SEQUENCE)
        kind = element_at(attribute, at, OBJECT_IDENTIFIER)
        first, stop = content_of(attribute, at + len(kind), SET)
        if stop != last or kind not in _KNOWN or kind in found:
            raise NotUnderstood("signed attribute")
        found[kind] = attribute[first:stop]
    if not found.keys() >= _NEEDED or found[_CONTENT_TYPE] != _DATA:
        raise NotUnderstood("signed attributes")
    return found


def _check_protection(value: bytes, digest_der: bytes, algorithm_der: bytes) -> None:
    """Source: RFC 6211 section 2."""
    start, _ = whole(value, SEQUENCE)
    if value[start:] != digest_der + bytes((_PROTECTED_SIGNATURE,)) + algorithm_der[1:]:
        raise NotUnderstood("algorithm protection")


def _binding(value: bytes, signer: bytes, names: CertificateNames) -> str:
    """The digest by which the attribute names the signer's certificate, and it alone."""
    certificates, _ = whole(value, SEQUENCE)
    first = content_of(value, certificates, SEQUENCE)
    identifier = content_of(value, first[0], SEQUENCE)
    if not len(value) == first[1] == identifier[1]:
        raise NotUnderstood("signing certificate")  # several, or policies
    at = identifier[0]
    digest = "sha256"  # the default (RFC 5035 section 4)
    if value[at : at + 1] == b"\x30":
        named = element_at(value, at, SEQUENCE)
        digest = digest_name(named)
        at += len(named)
    start, end = content_of(value, at, OCTET_STRING)
    if value[start:end] != fingerprint_of(signer, digest):
        raise NotUnderstood("signing certificate")
    if end != len(value):
        _check_issuer_serial(value[end:], names)
    return digest


def _check_issuer_serial(value: bytes, names: CertificateNames) -> None:
    start, _ = whole(value, SEQUENCE)
    first, last = content_of(value, start, SEQUENCE)
    name = content_of(value, first, _DIRECTORY_NAME)
    if name[1] != last or value[name[0] : last] != names.issuer:
        raise NotUnderstood("issuer of the signing certificate")
    if element_at(value, last, INTEGER) != names.serial or value[last:] != names.serial:
        raise NotUnderstood("serial of the signing certificate")


def _time(value: bytes) -> datetime:
    """Source: RFC 5652 section 11.3: UTCTime to 2049, in seconds and with Z."""
    tag = value[:1] and value[0]
    text = value[content_of(value, 0, tag)[0] :] if tag in (_UTC_TIME, _GENERALIZED_TIME) else b""
    digits = 12 if tag == _UTC_TIME else 14
    if len(text) != digits + 1 or text[-1:] != b"Z" or not text[:-1].isdigit():
        raise NotUnderstood("signing time")
    if tag == _UTC_TIME:
        text = (b"20" if text[:2] < b"50" else b"19") + text
    try:
        return datetime(
            *(int(text[a:b]) for a, b in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))),  # type: ignore[misc,arg-type]
            tzinfo=UTC,
        )
    except ValueError as error:
        raise NotUnderstood("signing time") from error
