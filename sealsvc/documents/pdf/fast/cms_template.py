"""The CMS of a seal, encoded once per key: a seal fills in a digest and a signature.

The same attributes in the same order as `documents.pdf.cades` writes (a test holds the two
together byte for byte). Source: ETSI EN 319 142-1 section 6.3; RFC 5652; RFC 5035; RFC 6211.
"""

import hashlib
from binascii import hexlify
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple, Protocol

from asn1crypto import core, x509

from ca.algorithms import suite_named
from sealsvc.documents.pdf.errors import SignatureTooLarge
from sealsvc.documents.pdf.fast.refusal import NotUnderstood

MAX_KEYS = 256
SLACK = 2  # bytes of /Contents beyond the largest value (pdf.md section 2 rule 7)

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52"


class RunningDigest(Protocol):
    """A digest in the making, as `hashlib` gives it."""

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""

    def digest(self) -> bytes:
        """The value so far."""

    def copy(self) -> "RunningDigest":
        """A fork."""


@dataclass(frozen=True)
class DigestRow:
    """A digest over the ByteRange. identifier_der: its AlgorithmIdentifier."""

    start: Callable[[bytes], RunningDigest]
    size: int
    identifier_der: bytes


def _tlv(tag: int, content: bytes) -> bytes:
    """DER: tag, shortest length, content. Source: X.690 section 10.1."""
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _oid(dotted: str) -> bytes:
    return bytes(core.ObjectIdentifier(dotted).dump())


def _sequence(*parts: bytes) -> bytes:
    return _tlv(0x30, b"".join(parts))


def _set_of(*parts: bytes) -> bytes:
    """DER SET OF: ascending by encoding (X.690 section 11.6)."""
    return _tlv(0x31, b"".join(sorted(parts)))


_NULL = b"\x05\x00"
# A row per digest a suite may name; SHA-256 with NULL as asn1crypto writes it (RFC 5754 section 2
# takes both), SM3 without (GB/T 33560).
DIGESTS: dict[str, DigestRow] = {
    "sha256": DigestRow(hashlib.sha256, 32, _sequence(_oid("2.16.840.1.101.3.4.2.1"), _NULL)),
    "sm3": DigestRow(partial(hashlib.new, "sm3"), 32, _sequence(_oid("1.2.156.10197.1.401"))),
}


class _Frame(NamedTuple):
    """The text of /Contents before the digest, between it and the signature, and behind that."""

    before_digest: bytes
    before_signature: bytes
    behind: bytes


class CmsTemplate:
    """All of one key's signatures but their digest and value.

    Built for a certificate, its issuers without the root, and a suite's name.
    """

    def __init__(self, certificate_der: bytes, chain_der: tuple[bytes, ...], suite: str) -> None:
        row = suite_named(suite)
        self.digest = _digest_row(row.digest)
        self._algorithm_der = row.algorithm_der
        certificate = x509.Certificate.load(certificate_der)
        self.largest_signature = _largest_signature(certificate)
        serial = bytes(core.Integer(certificate.serial_number).dump())
        issuer = bytes(certificate.issuer.dump())
        self._sid = _sequence(issuer, serial)
        # DER sorts a SET OF by its members' encodings: certificates too.
        self._certificates = _tlv(0xA0, b"".join(sorted((certificate_der, *chain_der))))
        attributes = _attributes(self, certificate_der, issuer, serial)
        self._attributes = attributes
        place = attributes.index(_marker(self.digest.size))
        self._tbs_before = attributes[:place]
        self._tbs_after = attributes[place + self.digest.size :]
        self._frames: dict[int, _Frame] = {}
        self.room = 2 * (len(self._content_info(bytes(self.largest_signature))) + SLACK)

    @property
    def algorithm_der(self) -> bytes:
        """The AlgorithmIdentifier of the signature."""
        return self._algorithm_der

    def signed_attributes(self, document_digest: bytes) -> bytes:
        """DER SET OF the signed attributes: the exact bytes the key signs (RFC 5652, 5.4)."""
        return self._tbs_before + document_digest + self._tbs_after

    def encode(self, document_digest: bytes, signature: bytes) -> bytes:
        """The ContentInfo as hexadecimal text. Raises: SignatureTooLarge."""
        frame = self._frame_for(len(signature))
        digest, value = hexlify(document_digest), hexlify(signature)
        return b"%b%b%b%b" % (frame.before_digest[1:], digest, frame.before_signature, value)

    def contents(self, document_digest: bytes, signature: bytes) -> bytes:
        """The value of /Contents with its brackets, `room` digits. Raises: SignatureTooLarge."""
        length = len(signature)
        before, between, behind = self._frames.get(length) or self._frame_for(length)
        return b"".join((before, hexlify(document_digest), between, hexlify(signature), behind))

    def _frame_for(self, length: int) -> _Frame:
        """Raises: SignatureTooLarge."""
        frame = self._frames.get(length)
        if frame is None:
            if not 0 < length <= self.largest_signature:
                raise SignatureTooLarge(bytes=length, room=self.largest_signature)
            frame = self._frames[length] = self._frame(length)
        return frame

    def _frame(self, length: int) -> _Frame:
        """Only the outer lengths depend on the signature's length: pre-encoded for each."""
        signature = bytes(length)
        whole = self._content_info(signature)
        place = whole.index(_marker(self.digest.size))
        end = len(whole) - length
        return _Frame(
            b"<" + hexlify(whole[:place]),
            hexlify(whole[place + self.digest.size : end]),
            b"0" * (self.room - 2 * len(whole)) + b">",
        )

    def _content_info(self, signature: bytes) -> bytes:
        signer_info = _sequence(
            b"\x02\x01\x01",
            self._sid,
            self.digest.identifier_der,
            b"\xa0" + self._attributes[1:],  # [0] IMPLICIT instead of SET
            self._algorithm_der,
            _tlv(0x04, signature),
        )
        signed_data = _sequence(
            b"\x02\x01\x01",
            _set_of(self.digest.identifier_der),
            _sequence(_oid(DATA)),
            self._certificates,
            _set_of(signer_info),
        )
        return _sequence(_oid(SIGNED_DATA), _tlv(0xA0, signed_data))


def _digest_row(name: str) -> DigestRow:
    try:
        row = DIGESTS[name]
        row.start(b"")
    except (KeyError, ValueError) as error:  # OpenSSL may be built without SM3
        raise NotUnderstood("digest of the suite") from error
    return row


@lru_cache(maxsize=MAX_KEYS)
def template_for(certificate_der: bytes, chain_der: tuple[bytes, ...], suite: str) -> CmsTemplate:
    """The template of a key, built once. Raises: UnknownSuite, NotUnderstood."""
    return CmsTemplate(certificate_der, chain_der, suite)


def _marker(size: int) -> bytes:
    """Stands for the digest while a template is encoded; no real certificate contains it."""
    return b"\xa5digest goes here\x5a".ljust(size, b"\xa5")


def _attributes(
    template: CmsTemplate, certificate_der: bytes, issuer: bytes, serial: bytes
) -> bytes:
    digest = template.digest
    protection = _sequence(digest.identifier_der, b"\xa1" + template.algorithm_der[1:])
    names = _sequence(_tlv(0xA4, issuer))
    # SHA-256 is ESSCertIDv2's default and therefore not written (RFC 5035 section 4).
    named = b"" if digest.start is hashlib.sha256 else digest.identifier_der
    of_certificate = digest.start(certificate_der).digest()
    identifier = _sequence(named, _tlv(0x04, of_certificate), _sequence(names, serial))
    return _set_of(
        _attribute(CONTENT_TYPE, _oid(DATA)),
        _attribute(MESSAGE_DIGEST, _tlv(0x04, _marker(digest.size))),
        _attribute(SIGNING_CERTIFICATE_V2, _sequence(_sequence(identifier))),
        _attribute(ALGORITHM_PROTECTION, protection),
    )


def _attribute(kind: str, value: bytes) -> bytes:
    return _sequence(_oid(kind), _set_of(value))


def _largest_signature(certificate: x509.Certificate) -> int:
    key = certificate.public_key
    if key.algorithm == "rsa":
        return (int(key.bit_size) + 7) // 8
    # The key's point is 04, X, Y: an SM2 curve asn1crypto does not know measures the same way.
    point = bytes(key["public_key"].contents)[1:]
    size = (len(point) - 1) // 2
    # SEQUENCE of two INTEGERs, each with a sign byte: 72 bytes for P-256 and SM2.
    return 2 * (size + 3) + (2 if size < 61 else 3)
