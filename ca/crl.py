"""Certificate revocation lists (v2, complete, direct): build, sign once, read back.

The list covers everything its issuer issued, so it carries no issuingDistributionPoint.
Source: RFC 5280 section 5.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from types import MappingProxyType

from asn1crypto import algos, crl, x509
from cryptography import x509 as reader

from ca.algorithms import suite_of_key
from ca.errors import CrlUnsupported, LintFailed, LintFinding, SignedObjectInvalid
from ca.keys import Signer
from ca.names import IssuerInfo
from ca.signing import (
    OneTime,
    ask_signature,
    asn1_time,
    open_envelope,
    seal_envelope,
    time_der,
    tlv,
    whole_seconds,
)

INTEGER, OCTET_STRING, ENUMERATED, GENERALIZED_TIME, SEQUENCE = 0x02, 0x04, 0x0A, 0x18, 0x30
MAX_NUMBER_BITS = 159  # 20 octets, positive. Source: RFC 5280 section 5.2.3.


class RevocationReason(IntEnum):
    """CRLReason. removeFromCRL stands only in delta CRLs, which we do not make.

    Source: RFC 5280 section 5.3.1.
    """

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    PRIVILEGE_WITHDRAWN = 9
    AA_COMPROMISE = 10


@dataclass(frozen=True)
class CrlEntry:
    """One revoked certificate. invalid_since: when the key was lost, before revoked_at."""

    serial: int
    revoked_at: datetime
    reason: RevocationReason = RevocationReason.UNSPECIFIED
    invalid_since: datetime | None = None


@dataclass(frozen=True)
class PreparedCrl:
    """A CRL's exact to-be-signed bytes. Allows one signature. tbs_sha256: 32 bytes."""

    tbs_der: bytes
    tbs_sha256: bytes
    number: int
    suite: str
    issuer: IssuerInfo
    this_update: datetime
    next_update: datetime
    _once: OneTime = field(default_factory=OneTime, init=False, repr=False, compare=False)


@dataclass(frozen=True)
class ParsedCrl:
    """A verified CRL. revoked: by serial number; name_der: its issuer's name."""

    name_der: bytes
    number: int
    this_update: datetime
    next_update: datetime
    revoked: Mapping[int, CrlEntry]


def prepare_crl(
    issuer: IssuerInfo,
    entries: Iterable[CrlEntry],
    *,
    number: int,
    this_update: datetime,
    next_update: datetime,
) -> PreparedCrl:
    """The CRL to be signed, entries by serial number.

    number: greater than every earlier one of this issuer. Raises: LintFailed, TimeNotAware.
    """
    this_update, next_update = whole_seconds(this_update), whole_seconds(next_update)
    ordered = sorted(entries, key=lambda entry: entry.serial)
    _require_clean(issuer, ordered, number, (this_update, next_update))
    tbs = crl.TbsCertList(
        {
            "version": "v2",
            "signature": algos.SignedDigestAlgorithm.load(issuer.suite.algorithm_der),
            "issuer": x509.Name.load(issuer.name_der),
            "this_update": asn1_time(this_update),
            "next_update": asn1_time(next_update),
            "crl_extensions": [
                {
                    "extn_id": "authority_key_identifier",
                    "extn_value": {"key_identifier": issuer.key_id},
                },
                {"extn_id": "crl_number", "extn_value": number},
            ],
        }
    )
    if ordered:  # an empty list must be absent. Source: RFC 5280 section 5.1.2.6.
        tbs["revoked_certificates"] = crl.RevokedCertificates.load(_entries_der(ordered))
    tbs_der = bytes(tbs.dump())
    return PreparedCrl(
        tbs_der=tbs_der,
        tbs_sha256=hashlib.sha256(tbs_der).digest(),
        number=number,
        suite=issuer.suite.name,
        issuer=issuer,
        this_update=this_update,
        next_update=next_update,
    )


def sign_crl(prepared: PreparedCrl, signer: Signer) -> bytes:
    """The CRL DER, its fresh signature verified; works once per PreparedCrl.

    Raises: PreparedAlreadySigned, SignerMismatch, SignerBroken, and what the signer raises.
    """
    spki_der = prepared.issuer.spki_der
    signature = ask_signature(prepared.tbs_der, spki_der, prepared._once, signer)
    return finish_crl(prepared.tbs_der, signature, spki_der)


def finish_crl(tbs_der: bytes, signature: bytes, issuer_spki: bytes) -> bytes:
    """The CRL DER of stored to-be-signed bytes and their signature, verified and read back.

    Raises: SignatureDoesNotMatch, SignedObjectInvalid, PublicKeyInvalid, UnknownSuite.
    """
    crl_der = seal_envelope(tbs_der, signature, issuer_spki)
    parse_crl(crl_der, issuer_spki)
    return crl_der


def parse_crl(crl_der: bytes, issuer_spki: bytes) -> ParsedCrl:
    """The content of a complete CRL whose signature is the issuer's.

    Raises: SignedObjectInvalid, SignatureDoesNotMatch, CrlUnsupported, PublicKeyInvalid,
    UnknownSuite. Source: RFC 5280 section 6.3.3 (a) to (g).
    """
    tbs_der = open_envelope(crl_der, issuer_spki)
    try:
        inner = crl.TbsCertList.load(tbs_der, strict=True)["signature"].dump()
        if inner != suite_of_key(issuer_spki).algorithm_der:
            raise SignedObjectInvalid(reason="two signature algorithms")
        return _content(reader.load_der_x509_crl(crl_der))
    except (ValueError, TypeError, reader.InvalidVersion, reader.DuplicateExtension) as error:
        raise SignedObjectInvalid(reason="not a CRL") from error


def _content(parsed: reader.CertificateRevocationList) -> ParsedCrl:
    number = None
    for extension in parsed.extensions:
        if isinstance(extension.value, reader.CRLNumber):
            number = extension.value.crl_number
        elif extension.critical:
            raise CrlUnsupported(oid=extension.oid.dotted_string)
    if number is None or parsed.next_update_utc is None:
        raise SignedObjectInvalid(reason="no CRL number or next update")
    revoked: dict[int, CrlEntry] = {}
    for item in parsed:
        if item.serial_number in revoked:
            raise SignedObjectInvalid(reason="a serial number stands twice")
        revoked[item.serial_number] = _entry_content(item)
    return ParsedCrl(
        name_der=parsed.issuer.public_bytes(),
        number=number,
        this_update=parsed.last_update_utc,
        next_update=parsed.next_update_utc,
        revoked=MappingProxyType(revoked),
    )


def _entry_content(item: reader.RevokedCertificate) -> CrlEntry:
    reason, invalid_since = RevocationReason.UNSPECIFIED, None
    for extension in item.extensions:
        value = extension.value
        if isinstance(value, reader.CRLReason):
            reason = _reason_of(value.reason)
        elif isinstance(value, reader.InvalidityDate):
            invalid_since = value.invalidity_date_utc
        elif extension.critical:
            raise CrlUnsupported(oid=extension.oid.dotted_string)
    return CrlEntry(item.serial_number, item.revocation_date_utc, reason, invalid_since)


_READER_REASONS = {
    reader.ReasonFlags.unspecified: RevocationReason.UNSPECIFIED,
    reader.ReasonFlags.key_compromise: RevocationReason.KEY_COMPROMISE,
    reader.ReasonFlags.ca_compromise: RevocationReason.CA_COMPROMISE,
    reader.ReasonFlags.affiliation_changed: RevocationReason.AFFILIATION_CHANGED,
    reader.ReasonFlags.superseded: RevocationReason.SUPERSEDED,
    reader.ReasonFlags.cessation_of_operation: RevocationReason.CESSATION_OF_OPERATION,
    reader.ReasonFlags.certificate_hold: RevocationReason.CERTIFICATE_HOLD,
    reader.ReasonFlags.privilege_withdrawn: RevocationReason.PRIVILEGE_WITHDRAWN,
    reader.ReasonFlags.aa_compromise: RevocationReason.AA_COMPROMISE,
}


def _reason_of(flag: reader.ReasonFlags) -> RevocationReason:
    """Raises: CrlUnsupported for removeFromCRL, which belongs in delta CRLs."""
    reason = _READER_REASONS.get(flag)
    if reason is None:
        raise CrlUnsupported(reason=flag.value)
    return reason


def _entries_der(ordered: list[CrlEntry]) -> bytes:
    """DER of revokedCertificates, written directly: asn1crypto takes 0.5 ms an entry."""
    return tlv(SEQUENCE, b"".join(_entry_der(entry) for entry in ordered))


def _entry_der(entry: CrlEntry) -> bytes:
    """One revokedCertificates element; an unspecified reason is left out.

    Source: RFC 5280 section 5.3.1 ("SHOULD be absent instead of using unspecified").
    """
    extensions = b""
    if entry.reason is not RevocationReason.UNSPECIFIED:
        extensions += _entry_extension(_REASON_OID, tlv(ENUMERATED, bytes([entry.reason])))
    if entry.invalid_since is not None:
        since = f"{whole_seconds(entry.invalid_since):%Y%m%d%H%M%SZ}".encode()
        extensions += _entry_extension(_INVALIDITY_OID, tlv(GENERALIZED_TIME, since))
    content = tlv(INTEGER, entry.serial.to_bytes(entry.serial.bit_length() // 8 + 1, "big"))
    content += time_der(entry.revoked_at)
    if extensions:
        content += tlv(SEQUENCE, extensions)
    return tlv(SEQUENCE, content)


def _entry_extension(oid_der: bytes, value_der: bytes) -> bytes:
    return tlv(SEQUENCE, oid_der + tlv(OCTET_STRING, value_der))


_REASON_OID = bytes.fromhex("0603551d15")  # 2.5.29.21
_INVALIDITY_OID = bytes.fromhex("0603551d18")  # 2.5.29.24


def _require_clean(
    issuer: IssuerInfo, ordered: list[CrlEntry], number: int, span: tuple[datetime, datetime]
) -> None:
    """Raises: LintFailed with every clause the CRL would break."""
    this_update, next_update = span
    serials = [entry.serial for entry in ordered]
    clauses = (
        ("crl_number", "RFC 5280 section 5.2.3", 0 <= number < 2**MAX_NUMBER_BITS),
        ("crl_times", "RFC 5280 section 5.1.2.5", this_update < next_update),
        (
            "crl_within_issuer",
            "our policy",
            issuer.not_before <= this_update <= issuer.not_after,
        ),
        ("crl_serial_unique", "RFC 5280 section 5.1.2.6", len(serials) == len(set(serials))),
        ("crl_serial_positive", "RFC 5280 section 4.1.2.2", all(serial > 0 for serial in serials)),
        (
            "crl_revoked_before",
            "RFC 5280 section 5.3.2",
            all(whole_seconds(entry.revoked_at) <= this_update for entry in ordered),
        ),
        (
            "crl_invalid_before",
            "RFC 5280 section 5.3.2",
            all(
                whole_seconds(entry.invalid_since) <= whole_seconds(entry.revoked_at)
                for entry in ordered
                if entry.invalid_since is not None
            ),
        ),
    )
    broken = tuple(
        LintFinding(n, clause, "does not hold") for n, clause, holds in clauses if not holds
    )
    if broken:
        raise LintFailed(broken)
