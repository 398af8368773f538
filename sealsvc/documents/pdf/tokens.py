"""Time-stamp tokens inside a signature: read, and their arithmetic checked; no trust decided here.

Source: RFC 3161; RFC 5816; ETSI EN 319 122-1 sections 5.2.8 and 5.3.
"""

from collections.abc import Iterator
from hashlib import sha256

from asn1crypto import cms as asn1_cms

from sealsvc.documents.pdf.cms import CmsReading, read_cms
from sealsvc.documents.values import TimestampKind, TimestampReading

# Whoever holds the file can add unsigned attributes: more than these are not looked at.
MAX_TOKENS = 8
MAX_ACCURACY_US = 10**15
_UNITS = {"seconds": 1_000_000, "millis": 1_000, "micros": 1}


def read_tokens(cms: CmsReading, covered: bytes | None) -> tuple[TimestampReading, ...]:
    """Each token of the signature, held against what it must have been made over.

    covered: the bytes of the ByteRange, None when they cannot be told. Never raises.
    """
    return tuple(_tokens(cms, covered))


def _tokens(cms: CmsReading, covered: bytes | None) -> Iterator[TimestampReading]:
    for der in dict.fromkeys(cms.signature_stamps_der[:MAX_TOKENS]):
        yield _token(der, TimestampKind.SIGNATURE, cms.signature_value)
    for der in dict.fromkeys(cms.content_stamps_der[:MAX_TOKENS]):
        yield _token(der, TimestampKind.CONTENT, covered)


def _token(der: bytes, kind: TimestampKind, stamped: bytes | None) -> TimestampReading:
    """One token. A certificate of the TSA must be named in it (RFC 5816 section 2.2.1)."""
    read = read_cms(der, stamped, timestamp=True, cades=True)
    return TimestampReading(
        id=f"T-{sha256(der).hexdigest()[:16]}",
        kind=kind,
        digest=read.digest,
        signature=read.signature,
        digest_algorithm=read.digest_algorithm,
        imprint_algorithm=read.imprint_algorithm,
        binding_digest=read.binding_digest,
        signature_algorithm=read.signature_algorithm,
        signature_algorithm_oid=read.signature_algorithm_oid,
        signer_certificate_der=read.signer_der,
        certificates_der=read.certificates_der,
        crls_der=read.crls_der,
        ocsps_der=read.ocsps_der,
        made_at=read.claimed_at,
        problems=tuple(dict.fromkeys(read.problems)),
        accuracy_us=accuracy_us(der),
    )


def accuracy_us(der: bytes) -> int:
    """The accuracy that a token states, in microseconds; 0 where it states none. Never raises.

    At most about 31 years: more proves as little. Source: RFC 3161 section 2.4.2 (Accuracy).
    """
    try:
        signed = asn1_cms.ContentInfo.load(der)["content"]
        stated = signed["encap_content_info"]["content"].parsed["accuracy"].native
        parts = {name: int(stated[name] or 0) for name in _UNITS} if stated else {}
    except MemoryError:
        raise
    except Exception:  # asn1crypto raises anything on hostile bytes; `read_cms` says what is wrong
        return 0
    total = sum(max(0, parts[name]) * unit for name, unit in _UNITS.items() if name in parts)
    return min(total, MAX_ACCURACY_US)
