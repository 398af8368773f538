"""Whether a signature's CMS holds over given bytes: the shapes that real signers write.

Wider than `fastread.cms`, which tells all that a CMS says and therefore takes one shape only: here
what does not bear on the arithmetic (further signed attributes, unsigned ones, CRLs) is passed
over. Never wider than `documents.pdf.cms`, which has the rest.
Source: RFC 5652; RFC 5035; RFC 2634 (ESSCertID); RFC 6211; X.690.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from asn1crypto import algos, core, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ca.algorithms import concerns_sm2, load_public_key
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fastread.algorithms import CertificateNames, certificate_names
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
from sealsvc.errors import ServiceError

MAX_BYTES = 1 << 20
MAX_CERTIFICATES = 64
MAX_KEPT = 128
MAX_OPEN = 3
"""How deep an open length may lie: ContentInfo, its [0], SignedData, the parts of that."""
MAX_ALGORITHM_BYTES = 64

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_DETACHED = bytes.fromhex("300b06092a864886f70d010701")
_CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
_SIGNING_CERTIFICATE = bytes.fromhex("060b2a864886f70d010910020c")
_SIGNING_CERTIFICATE_V2 = bytes.fromhex("060b2a864886f70d010910022f")
_ALGORITHM_PROTECTION = bytes.fromhex("06092a864886f70d010934")
_REVOCATION_ARCHIVE = bytes.fromhex("06092a864886f72f010108")
_BINDINGS = (_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2)
_0, _1 = 0xA0, 0xA1
_DIRECTORY_NAME = 0xA4
_CONSTRUCTED = 0x20

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - weak, which the reading says; a seal may follow it
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
_PKCS1 = padding.PKCS1v15()
Covered = tuple[memoryview, memoryview]


class Signed(NamedTuple):
    """A SignedData that holds. value_sha256: hex, of the signature value."""

    digest: str
    signer_der: bytes
    value_sha256: str


class _Info(NamedTuple):
    """The elements of a SignerInfo. signed: [0] as it stands; value: the signature's bytes."""

    sid: bytes
    digest: bytes
    signed: bytes
    algorithm: bytes
    value: bytes


def check_cms(contents: bytes, covered: Covered, *, cades: bool) -> Signed:
    """The value of /Contents, checked over what is covered; only zeros may follow the DER.

    cades: the signing certificate must be named. Raises: NotUnderstood for every other shape, and
    when digest or signature do not hold.
    """
    certificates, signer_info = _signed_data(_definite(contents))
    info = _signer_info(signer_info)
    digest = _digest_name(info.digest)
    attributes = _attributes(info.signed)
    running = hashlib.new(digest, usedforsecurity=False)
    for part in covered:
        running.update(part)
    if attributes[_MESSAGE_DIGEST] != bytes((OCTET_STRING, running.digest_size)) + running.digest():
        raise NotUnderstood("digest")
    protection = attributes.get(_ALGORITHM_PROTECTION)
    if protection is not None:
        _check_protection(protection, info)
    signer, names = _signer(certificates, info.sid)
    named = [kind for kind in _BINDINGS if kind in attributes]
    if len(named) > 1 or (cades and not named):
        raise NotUnderstood("signing certificate")
    for kind in named:
        _check_binding(attributes[kind], signer, names, is_v2=kind is _SIGNING_CERTIFICATE_V2)
    # Re-tagged: the SET is what the key signed (RFC 5652 section 5.4).
    if not _checker(names.spki, info.algorithm, digest)(info.value, b"\x31" + info.signed[1:]):
        raise NotUnderstood("signature")
    return Signed(digest, signer, hashlib.sha256(info.value).hexdigest())


def _definite(contents: bytes) -> bytes:
    """The same with definite lengths, where a signer left the outer ones open (X.690, 8.1.3.6).

    What lies within a certificate or a SignerInfo stays as it is: the key signed those bytes.
    """
    if contents[1:2] != b"\x80" or len(contents) > MAX_BYTES:
        return contents
    element, end = _closed(contents, 0, 0)
    return element + contents[end:]


def _closed(buffer: bytes, at: int, depth: int) -> tuple[bytes, int]:
    """The element at `at` with a definite length, and where it ends."""
    tag, open_end = buffer[at : at + 1], buffer[at + 1 : at + 2] == b"\x80"
    if not open_end:
        end = content_of(buffer, at, tag[0] if tag else 0)[1]
        return buffer[at:end], end
    if depth > MAX_OPEN or not tag[0] & _CONSTRUCTED:
        raise NotUnderstood("open length")
    parts: list[bytes] = []
    at += 2
    while buffer[at : at + 2] != b"\0\0":
        part, at = _closed(buffer, at, depth + 1)
        parts.append(part)
    content = b"".join(parts)
    size = len(content)
    width = (size.bit_length() + 7) // 8
    length = bytes((size,)) if size < 128 else bytes((0x80 | width,)) + size.to_bytes(width, "big")
    return tag + length + content, at + 2


def _signed_data(contents: bytes) -> tuple[bytes, bytes]:
    """The certificates ([0], as it stands) and the one SignerInfo."""
    if len(contents) > MAX_BYTES:
        raise NotUnderstood("size of the signature")
    start, end = content_of(contents, 0, SEQUENCE)
    if contents[end:].strip(b"\0") or not contents.startswith(_SIGNED_DATA, start):
        raise NotUnderstood("content type")
    inner, last = content_of(contents, start + len(_SIGNED_DATA), _0)
    at, stop = content_of(contents, inner, SEQUENCE)
    if not end == last == stop:
        raise NotUnderstood("signed data")
    at = content_of(contents, at, INTEGER)[1]
    at = content_of(contents, at, SET)[1]
    if not contents.startswith(_DETACHED, at):
        raise NotUnderstood("encapsulated content")
    at += len(_DETACHED)
    certificates = element_at(contents, at, _0)
    at += len(certificates)
    if contents[at : at + 1] == b"\xa1":  # CRLs
        at = content_of(contents, at, _1)[1]
    first, final = content_of(contents, at, SET)
    if final != stop or content_of(contents, first, SEQUENCE)[1] != final:
        raise NotUnderstood("signer infos")
    return certificates, contents[first:final]


def _signer_info(info: bytes) -> _Info:
    at, end = whole(info, SEQUENCE)
    at = content_of(info, at, INTEGER)[1]
    sid = element_at(info, at, SEQUENCE)
    at += len(sid)
    digest = element_at(info, at, SEQUENCE)
    at += len(digest)
    signed = element_at(info, at, _0)
    at += len(signed)
    algorithm = element_at(info, at, SEQUENCE)
    at += len(algorithm)
    first, last = content_of(info, at, OCTET_STRING)
    if last != end and content_of(info, last, _1)[1] != end:
        raise NotUnderstood("signer info")
    return _Info(sid, digest, signed, algorithm, info[first:last])


def _attributes(signed: bytes) -> dict[bytes, bytes]:
    """The value of each signed attribute by its type, which may come but once.

    Their order is the signer's affair: the bytes as they stand are what the key signed.
    """
    found: dict[bytes, bytes] = {}
    start, end = content_of(signed, 0, _0)
    listed = elements(signed, start, end, SEQUENCE)
    for attribute in listed:
        at, last = content_of(attribute, 0, SEQUENCE)
        kind = element_at(attribute, at, OBJECT_IDENTIFIER)
        first, stop = content_of(attribute, at + len(kind), SET)
        if stop != last or kind in found:
            raise NotUnderstood("signed attribute")
        found[kind] = attribute[first:stop]
    # The general reader looks into the archive, upon which asn1crypto encodes all anew, in order.
    if _REVOCATION_ARCHIVE in found and listed != sorted(listed):
        raise NotUnderstood("revocation information")
    if found.get(_CONTENT_TYPE) != _DATA or _MESSAGE_DIGEST not in found:
        raise NotUnderstood("signed attributes")
    return found


def _check_protection(value: bytes, info: _Info) -> None:
    """Source: RFC 6211 section 2."""
    start, _ = whole(value, SEQUENCE)
    if value[start:] != info.digest + bytes((_1,)) + info.algorithm[1:]:
        raise NotUnderstood("algorithm protection")


def _signer(certificates: bytes, sid: bytes) -> tuple[bytes, CertificateNames]:
    """The one certificate of that serial and issuer, as the signer info names them."""
    start, end = content_of(certificates, 0, _0)
    ders = elements(certificates, start, end, SEQUENCE)
    if len(ders) > MAX_CERTIFICATES:
        raise NotUnderstood("certificates")
    issuer_at, stop = whole(sid, SEQUENCE)
    issuer = element_at(sid, issuer_at, SEQUENCE)
    serial = element_at(sid, issuer_at + len(issuer), INTEGER)
    if issuer_at + len(issuer) + len(serial) != stop:
        raise NotUnderstood("signer identifier")
    # The general reader looks at them all: one that does not read would end its search.
    named = [(der, certificate_names(der)) for der in dict.fromkeys(ders)]
    alike = [one for one in named if one[1].serial == serial]
    found = [one for one in alike if _same_name(one[1].issuer, issuer)]
    if len(found) != 1 or (found[0][1].issuer, found[0][1].serial) != (issuer, serial):
        raise NotUnderstood("signer's certificate")
    return found[0]


@lru_cache(maxsize=MAX_KEPT)
def _same_name(one: bytes, other: bytes) -> bool:
    """As the general reader compares names: without regard to case and spaces."""
    return one == other or bool(x509.Name.load(one) == x509.Name.load(other))


def _check_binding(value: bytes, signer: bytes, names: CertificateNames, *, is_v2: bool) -> None:
    """The first certificate named must be the signer's; policies may follow the list."""
    at, end = whole(value, SEQUENCE)
    first, last = content_of(value, at, SEQUENCE)
    if last != end and content_of(value, last, SEQUENCE)[1] != end:
        raise NotUnderstood("signing certificate")
    at, stop = content_of(value, first, SEQUENCE)
    digest = "sha256" if is_v2 else "sha1"  # RFC 5035 section 4; RFC 2634 section 5.4.1
    if is_v2 and value[at : at + 1] == b"\x30":
        named = element_at(value, at, SEQUENCE)
        digest = _digest_name(named)
        at += len(named)
    start, at = content_of(value, at, OCTET_STRING)
    if value[start:at] != hashlib.new(digest, signer, usedforsecurity=False).digest():
        raise NotUnderstood("signing certificate")
    if at == stop:
        return
    # IssuerSerial: one directory name, and the serial.
    inside, behind = content_of(value, at, SEQUENCE)
    if behind != stop:
        raise NotUnderstood("signing certificate")
    name_at, serial_at = content_of(value, inside, SEQUENCE)
    name = content_of(value, name_at, _DIRECTORY_NAME)
    if name[1] != serial_at or value[name[0] : serial_at] != names.issuer:
        raise NotUnderstood("issuer of the signing certificate")
    if value[serial_at:stop] != names.serial:
        raise NotUnderstood("serial of the signing certificate")


@lru_cache(maxsize=MAX_KEPT)
def _digest_name(identifier_der: bytes) -> str:
    """The digest that an AlgorithmIdentifier names. Raises: NotUnderstood."""
    found = _algorithm(algos.DigestAlgorithm, identifier_der)[1]
    if found not in _HASHES:
        raise NotUnderstood("digest algorithm")
    return found


def _algorithm(kind: type[core.Sequence], identifier_der: bytes) -> tuple[str, str]:
    """OID and asn1crypto's name of an AlgorithmIdentifier without parameters."""
    if len(identifier_der) > MAX_ALGORITHM_BYTES:
        raise NotUnderstood("algorithm identifier")
    try:
        identifier = kind.load(identifier_der, strict=True)
        if identifier["parameters"].native is not None:
            raise NotUnderstood("algorithm parameters")
        return str(identifier["algorithm"].dotted), str(identifier["algorithm"].native)
    except (ValueError, TypeError, KeyError) as error:
        raise NotUnderstood("algorithm identifier") from error


@lru_cache(maxsize=MAX_KEPT)
def _checker(spki_der: bytes, algorithm_der: bytes, digest: str) -> Callable[[bytes, bytes], bool]:
    """What checks (signature, signed bytes). Raises: NotUnderstood where they do not fit."""
    oid, name = _algorithm(algos.SignedDigestAlgorithm, algorithm_der)
    of_digest, _, family = ("", "", "rsa") if oid == _RSA_ENCRYPTION else name.partition("_")
    if of_digest not in ("", digest) or concerns_sm2(oid, spki_der):
        raise NotUnderstood("signature algorithm")
    try:
        key = load_public_key(spki_der)
    except (ServiceError, UnsupportedAlgorithm) as error:
        raise NotUnderstood("key") from error
    chosen = _HASHES[digest]

    def by_rsa(value: bytes, signed: bytes) -> bool:
        try:
            if not isinstance(key, rsa.RSAPublicKey):
                return False
            key.verify(value, signed, _PKCS1, chosen)
        except InvalidSignature:
            return False
        return True

    def by_ec(value: bytes, signed: bytes) -> bool:
        try:
            if not isinstance(key, ec.EllipticCurvePublicKey):
                return False
            key.verify(value, signed, ec.ECDSA(chosen))
        except InvalidSignature:
            return False
        return True

    if family not in ("rsa", "ecdsa"):
        raise NotUnderstood("signature algorithm")
    return by_rsa if family == "rsa" else by_ec
