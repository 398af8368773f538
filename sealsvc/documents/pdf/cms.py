"""Reading the CMS of a PDF signature and checking its arithmetic; no trust is decided here.

Source: RFC 5652; ETSI EN 319 122-1 (CAdES); ETSI EN 319 142-1 section 5 (PAdES).
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asn1crypto import cms, core, parser, tsp, x509

from ca.sm2 import sm3
from sealsvc.documents.pdf.opening import attempt
from sealsvc.documents.pdf.pyhanko_api import check_ess_certid, generic_cms
from sealsvc.documents.pdf.sm2 import Sm2Validator
from sealsvc.documents.values import (
    DigestOutcome,
    ESealReading,
    ReadingProblem,
    SignatureOutcome,
)

WEAK_DIGESTS = frozenset({"md2", "md5", "sha1"})
KNOWN_DIGESTS = frozenset(
    {"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"}
    | {"sm3"}
)
MAX_CERTIFICATES = 64
SIGNATURE_TIMESTAMP = "1.2.840.113549.1.9.16.2.14"
CONTENT_TIMESTAMP = "1.2.840.113549.1.9.16.2.20"


@dataclass
class CmsReading:
    """What one SignedData says and whether its digest and signature hold."""

    digest: DigestOutcome = DigestOutcome.NOT_CHECKED
    signature: SignatureOutcome = SignatureOutcome.NOT_CHECKED
    digest_algorithm: str | None = None
    signature_algorithm: str | None = None
    signature_algorithm_oid: str | None = None
    signature_value: bytes | None = None
    signer_der: bytes | None = None
    certificates_der: tuple[bytes, ...] = ()
    crls_der: tuple[bytes, ...] = ()
    ocsps_der: tuple[bytes, ...] = ()
    claimed_at: datetime | None = None
    signature_stamps_der: tuple[bytes, ...] = ()
    content_stamps_der: tuple[bytes, ...] = ()
    imprint_algorithm: str | None = None
    binding_digest: str | None = None
    eseal: ESealReading | None = None
    problems: list[ReadingProblem] = field(default_factory=list)

    def note(self, code: str, detail: str = "") -> None:
        """Add a problem."""
        self.problems.append(ReadingProblem(code, detail))


@dataclass(frozen=True)
class _Parts:
    signed_data: Any
    signer_info: Any
    expected_type: str


def read_cms(contents: bytes, covered: bytes | None, *, timestamp: bool, cades: bool) -> CmsReading:
    """Parse and check a detached SignedData (or time-stamp token) over `covered`.

    covered: the bytes of the ByteRange, None when they cannot be told. cades: the SubFilter
    demands CAdES attributes. Never raises: what fails is a problem and NOT_CHECKED or worse.
    """
    reading = CmsReading()
    parts = attempt(reading.problems, "CMS_UNREADABLE", None, lambda: _parse(reading, contents))
    if parts is None:
        return reading
    problems = reading.problems
    attempt(problems, "CMS_UNREADABLE", None, lambda: _describe(reading, parts))
    attempt(problems, "CMS_UNREADABLE", None, lambda: _collect_material(reading, parts))
    attempt(problems, "CMS_SHAPE", None, lambda: _check_shape(reading, parts, timestamp, cades))
    if covered is not None:
        attempt(
            problems,
            "DIGEST_NOT_CHECKED",
            None,
            lambda: _check_digest(reading, parts, covered, timestamp=timestamp),
        )
    attempt(problems, "SIGNATURE_NOT_CHECKED", None, lambda: _check_signature(reading, parts))
    return reading


def _parse(reading: CmsReading, contents: bytes) -> _Parts | None:
    length = parser.peek(contents)
    if any(contents[length:]):
        reading.note("CONTENTS_TRAILING_DATA")
    info = cms.ContentInfo.load(contents[:length])
    if info["content_type"].native != "signed_data":
        reading.note("CMS_NOT_SIGNED_DATA")
        return None
    signed_data = info["content"]
    signer_infos = signed_data["signer_infos"]
    if len(signer_infos) != 1:
        reading.note("MULTIPLE_SIGNER_INFOS" if len(signer_infos) else "SIGNER_INFO_MISSING")
    if not len(signer_infos):
        return None
    content_type = signed_data["encap_content_info"]["content_type"].native
    return _Parts(signed_data, signer_infos[0], content_type)


def _describe(reading: CmsReading, parts: _Parts) -> None:
    info = parts.signer_info
    reading.signature_value = info["signature"].native
    digest = info["digest_algorithm"]["algorithm"]
    algorithm = info["signature_algorithm"]["algorithm"]
    reading.digest_algorithm = str(digest.native)
    reading.signature_algorithm = str(algorithm.native)
    reading.signature_algorithm_oid = algorithm.dotted
    weak = WEAK_DIGESTS & {reading.digest_algorithm, _signature_digest(info)}
    if weak:
        reading.note("DIGEST_WEAK", min(weak))


def _signature_digest(signer_info: Any) -> str:
    try:
        return str(signer_info["signature_algorithm"].hash_algo)
    except (ValueError, KeyError):
        return ""


def _collect_material(reading: CmsReading, parts: _Parts) -> None:
    certificates = [
        one.chosen
        for one in list(parts.signed_data["certificates"] or ())[:MAX_CERTIFICATES]
        if one.name == "certificate"
    ]
    signer = _find_signer(parts.signer_info["sid"], certificates)
    if signer is None:
        reading.note("SIGNER_CERTIFICATE_MISSING")
    else:
        reading.signer_der = signer.dump()
    ders = (one.dump() for one in certificates)
    reading.certificates_der = tuple(d for d in dict.fromkeys(ders) if d != reading.signer_der)
    crls, ocsps = _archival_revocation(parts.signer_info)
    crls += [one.chosen.dump() for one in parts.signed_data["crls"] or () if one.name == ""]
    reading.crls_der, reading.ocsps_der = tuple(crls), tuple(ocsps)
    signing_time = _attribute(parts.signer_info, "signed_attrs", "signing_time")
    reading.claimed_at = signing_time.native if signing_time is not None else None
    if parts.expected_type == "tst_info":
        token_info = parts.signed_data["encap_content_info"]["content"].parsed
        reading.claimed_at = token_info["gen_time"].native
        algorithm = token_info["message_imprint"]["hash_algorithm"]["algorithm"]
        reading.imprint_algorithm = str(algorithm.native)
    info = parts.signer_info
    reading.signature_stamps_der = _values(info["unsigned_attrs"], SIGNATURE_TIMESTAMP)
    reading.content_stamps_der = _values(info["signed_attrs"], CONTENT_TIMESTAMP)


def _find_signer(sid: Any, certificates: list[Any]) -> Any:
    for certificate in certificates:
        if sid.name == "issuer_and_serial_number":
            wanted = sid.chosen
            if (
                certificate.serial_number == wanted["serial_number"].native
                and certificate.issuer == wanted["issuer"]
            ):
                return certificate
        elif certificate.key_identifier == sid.chosen.native:
            return certificate
    return None


def _attribute(signer_info: Any, group: str, kind: str) -> Any:
    """The first value of the attribute of that kind, None where absent."""
    for attribute in signer_info[group] or ():
        if attribute["type"].native == kind and len(attribute["values"]):
            return attribute["values"][0]
    return None


def _values(attributes: Any, oid: str) -> tuple[bytes, ...]:
    """The DER of every value of every attribute of that kind."""
    return tuple(
        value.dump()
        for attribute in attributes or ()
        if attribute["type"].dotted == oid
        for value in attribute["values"]
    )


def _archival_revocation(signer_info: Any) -> tuple[list[bytes], list[bytes]]:
    """CRLs and OCSP responses of Adobe's signed attribute (ISO 32000-2, 12.8.3.3.2)."""
    archive = _attribute(signer_info, "signed_attrs", "adobe_revocation_info_archival")
    if archive is None:
        return [], []
    crls = [one.dump() for one in archive["crl"] or ()]
    return crls, [one.dump() for one in archive["ocsp"] or ()]


def _check_shape(reading: CmsReading, parts: _Parts, timestamp: bool, cades: bool) -> None:
    content = parts.signed_data["encap_content_info"]["content"]
    present = content is not core.VOID and content.native is not None
    if timestamp and parts.expected_type != "tst_info":
        reading.note("TIMESTAMP_MALFORMED")
    if not parts.signer_info["signed_attrs"]:
        reading.note("SIGNED_ATTRIBUTES_MISSING")
    if not timestamp:
        if present:
            reading.note("ECONTENT_PRESENT")
        if parts.expected_type != "data":
            reading.note("CONTENT_TYPE_WRONG", parts.expected_type)
    if not cades:
        return
    attributes = parts.signer_info["signed_attrs"]
    if not any(
        _attribute(parts.signer_info, "signed_attrs", kind) is not None
        for kind in ("signing_certificate", "signing_certificate_v2")
    ):
        reading.note("SIGNING_CERTIFICATE_ATTRIBUTE_MISSING")
    kinds = [one["type"].dotted for one in attributes or ()]
    if len(kinds) != len(set(kinds)):
        reading.note("SIGNED_ATTRIBUTE_TWICE")


def _check_digest(reading: CmsReading, parts: _Parts, covered: bytes, *, timestamp: bool) -> None:
    if timestamp and parts.expected_type == "tst_info":
        _check_timestamp_digest(reading, parts, covered)
        return
    found = _attribute(parts.signer_info, "signed_attrs", "message_digest")
    if found is None:
        return  # a bare PKCS #7 signature speaks of the digest through its value alone
    wanted = _hash(str(reading.digest_algorithm), covered)
    reading.digest = _outcome(found.native == wanted)


def _check_timestamp_digest(reading: CmsReading, parts: _Parts, covered: bytes) -> None:
    content = parts.signed_data["encap_content_info"]["content"]
    imprint = content.parsed["message_imprint"]
    name = str(imprint["hash_algorithm"]["algorithm"].native)
    if name in WEAK_DIGESTS:
        reading.note("DIGEST_WEAK", name)
    matches = imprint["hashed_message"].native == _hash(name, covered)
    found = _attribute(parts.signer_info, "signed_attrs", "message_digest")
    inner = _hash(str(reading.digest_algorithm), bytes(content))
    reading.digest = _outcome(matches and found is not None and found.native == inner)


def _hash(name: str, data: bytes) -> bytes:
    if name not in KNOWN_DIGESTS:
        raise ValueError(name)
    if name == "sm3":  # not in every Python's OpenSSL
        return sm3(data)
    return hashlib.new(name, data, usedforsecurity=False).digest()


def _outcome(matches: bool) -> DigestOutcome:
    return DigestOutcome.MATCHES if matches else DigestOutcome.DIFFERS


def _check_signature(reading: CmsReading, parts: _Parts) -> None:
    if reading.signer_der is None:
        return
    certificate = x509.Certificate.load(reading.signer_der)
    if not _signing_certificate_agrees(reading, parts, certificate):
        reading.note("SIGNING_CERTIFICATE_MISMATCH")
        reading.signature = SignatureOutcome.FAILS
        return
    try:
        _, valid = generic_cms.validate_sig_integrity(
            parts.signer_info, certificate, parts.expected_type, b"", Sm2Validator()
        )
    except generic_cms.errors.SignatureValidationError as error:
        reading.note("SIGNED_ATTRIBUTES_WRONG", type(error).__name__)
        reading.signature = SignatureOutcome.FAILS
        return
    reading.signature = SignatureOutcome.VERIFIES if valid else SignatureOutcome.FAILS


def _signing_certificate_agrees(reading: CmsReading, parts: _Parts, certificate: Any) -> bool:
    attributes = parts.signer_info["signed_attrs"]
    if not attributes:
        return True
    claim = generic_cms.get_signing_cert_attr(attributes)
    if claim is None:
        return True
    identifier = claim["certs"][0]
    # ESSCertID of RFC 2634 knows only SHA-1; version 2 names its digest (RFC 5035).
    version2 = isinstance(identifier, tsp.ESSCertIDv2)
    reading.binding_digest = (
        str(identifier["hash_algorithm"]["algorithm"].native) if version2 else "sha1"
    )
    return bool(check_ess_certid(certificate, identifier))
