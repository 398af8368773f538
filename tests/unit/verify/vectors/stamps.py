"""Vectors about time-stamps as proof of existence, inside a signature and over the document."""

from dataclasses import replace
from datetime import timedelta

from ca.crl import CrlEntry
from sealsvc.documents.values import (
    DigestOutcome,
    ReadingProblem,
    SignatureOutcome,
    TimestampReading,
)
from sealsvc.values import SealStatus
from tests.builders.evidence import SIGNED, chain, issuer_revoked, lists, sound
from tests.builders.tsa import make_tsa, read_content_stamp, read_stamp, tsa_serial
from tests.builders.x509 import AT as T0
from tests.builders.x509 import p256_key
from tests.unit.verify.odd_certificates import SERVER, STAMPING
from tests.unit.verify.vectors.base import (
    AFTER_END,
    DAY,
    DOUBT,
    FAIL,
    MINUTE,
    OK,
    REVOKED_BEFORE,
    REVOKED_LATER,
    Vector,
    v,
)

AT = SIGNED + timedelta(seconds=2)
STAMP = read_stamp(AT)
UNPROVEN = sound().proof(None)
REVOKED_STAMPED = UNPROVEN.evidence(crls_der=REVOKED_LATER)
LONG = make_tsa("tsa-long", days=3650)
TSA_REVOKED = (
    chain().crl(CrlEntry(tsa_serial(), T0 + 30 * MINUTE), at=T0 + 40 * MINUTE),
    lists()[1],
)

POSITIVE_STAMPS = (
    v(
        "stamp-revoked-later",
        "5.5.4: a time-stamp before the revocation settles REVOKED_NO_POE",
        REVOKED_STAMPED.stamped(STAMP),
        OK,
        "EXISTENCE_PROVEN REVOKED_AFTER_SIGNING PAST_VALIDATION",
    ),
    v(
        "stamp-expired-since",
        "5.5.4: OUT_OF_BOUNDS settled by a TSA that is still valid",
        UNPROVEN.at(AFTER_END).stamped(read_stamp(AT, LONG)),
        OK,
        "EXISTENCE_PROVEN PAST_VALIDATION",
    ),
    v(
        "stamp-algorithm-ended",
        "5.2.8: CRYPTO_CONSTRAINTS_FAILURE_NO_POE settled",
        UNPROVEN.at(T0 + 1600 * DAY)
        .reading(digest_algorithm="sha224")
        .stamped(read_stamp(AT, LONG)),
        OK,
        "PAST_VALIDATION",
    ),
    v(
        "document-stamp-covers",
        "5.6.2.3: a document time-stamp proves what it covers",
        REVOKED_STAMPED.document_stamp(AT),
        OK,
        "EXISTENCE_PROVEN REVOKED_AFTER_SIGNING",
    ),
    v(
        "bad-stamp-beside-log",
        "5.5.4: a time-stamp that does not hold is not used, the log's proof is",
        sound().stamped(replace(STAMP, digest=DigestOutcome.DIFFERS)),
        OK,
        "TIMESTAMP_NOT_USED SIGNING_TIME_PROVEN",
    ),
    v(
        "stamp-and-log",
        "the earliest proof counts",
        sound().stamped(STAMP),
        OK,
        "EXISTENCE_PROVEN SIGNING_TIME_PROVEN",
    ),
    v(
        "content-stamp-before",
        "EN 319 122-1 5.2.8: the content is older than the signature",
        sound().stamped(read_content_stamp(T0 + 5 * MINUTE)),
        OK,
    ),
)


def unused(name: str, why: str, **members: object) -> Vector:
    """The revocation stays unsettled with a time-stamp that is wrong in one thing."""
    stamp = replace(STAMP, **members)  # type: ignore[arg-type]
    given = REVOKED_STAMPED.stamped(stamp)
    return v(name, why, given, f"{DOUBT} REVOKED_NO_POE", "TIMESTAMP_NOT_USED")


def by(name: str, why: str, stamp: TimestampReading) -> Vector:
    given = REVOKED_STAMPED.stamped(stamp)
    return v(name, why, given, f"{DOUBT} REVOKED_NO_POE", "TIMESTAMP_NOT_USED")


NEGATIVE_STAMPS = (
    unused("stamp-imprint", "RFC 3161 2.4.2: another imprint", digest=DigestOutcome.DIFFERS),
    unused("stamp-imprint-unchecked", "nothing compared", digest=DigestOutcome.NOT_CHECKED),
    unused("stamp-signature", "the TSA's value is wrong", signature=SignatureOutcome.FAILS),
    unused("stamp-without-time", "no genTime", made_at=None),
    unused("stamp-problem", "any problem", problems=(ReadingProblem("ANYTHING"),)),
    unused("stamp-sha1", "SHA-1 imprint", imprint_algorithm="sha1"),
    unused("stamp-no-certificate", "no TSA certificate", signer_certificate_der=None),
    by("stamp-other-bytes", "over other bytes", read_stamp(AT, stamped=b"other")),
    by("stamp-forged", "signed by another key", read_stamp(AT, key=p256_key("thief"))),
    by("stamp-unbound", "RFC 5816: no certificate named", read_stamp(AT, binding=None)),
    by("stamp-sha1-imprint", "a token over SHA-1", read_stamp(AT, imprint="sha1")),
    by(
        "stamp-eku-not-critical",
        "RFC 3161 2.3: critical",
        read_stamp(AT, make_tsa("soft", critical=False)),
    ),
    by("stamp-no-eku", "RFC 3161 2.3: present", read_stamp(AT, make_tsa("none", purposes=()))),
    by(
        "stamp-two-purposes",
        "RFC 3161 2.3: that purpose alone",
        read_stamp(AT, make_tsa("two", purposes=(STAMPING, SERVER))),
    ),
    by(
        "stamp-foreign-tsa",
        "no chain to an anchor",
        read_stamp(AT, make_tsa("far", chain_label="elsewhere")),
    ),
    by(
        "stamp-tsa-expired",
        "5.4: judged now, the TSA has ended",
        read_stamp(AT, make_tsa("short", days=1)),
    ),
    by("stamp-in-future", "made after the validation time", read_stamp(T0 + DAY)),
    v(
        "stamp-issuer-revoked-later",
        "5.4: the TSA stands under the same revoked issuer, so its token proves nothing",
        UNPROVEN.stamped(STAMP).evidence(
            crls_der=issuer_revoked(T0 + 30 * MINUTE, T0 + 40 * MINUTE)
        ),
        f"{DOUBT} REVOKED_CA_NO_POE",
        "TIMESTAMP_NOT_USED",
    ),
    v(
        "stamp-after-revocation",
        "5.6.2.4: the proof is younger than the revocation",
        UNPROVEN.evidence(crls_der=REVOKED_BEFORE).stamped(STAMP),
        f"{DOUBT} REVOKED_NO_POE",
        "EXISTENCE_PROVEN",
    ),
    v(
        "content-stamp-after-revocation",
        "5.6.2.4: surely younger than the revocation",
        UNPROVEN.evidence(crls_der=REVOKED_BEFORE).stamped(
            read_content_stamp(T0 + 6 * MINUTE), STAMP
        ),
        f"{FAIL} REVOKED",
        "CERTIFICATE_REVOKED_AT_SIGNING",
    ),
    v(
        "stamp-tsa-revoked",
        "5.4: the TSA is revoked",
        UNPROVEN.evidence(crls_der=TSA_REVOKED).stamped(STAMP),
        OK,
        "TIMESTAMP_NOT_USED LOG_RECEIPT_MISSING",
    ),
    v(
        "stamps-in-wrong-order",
        "TIMESTAMP_ORDER_FAILURE: content stamped after the signature was",
        sound().proof(None).stamped(STAMP, read_content_stamp(AT + 10 * MINUTE)),
        f"{DOUBT} TIMESTAMP_ORDER_FAILURE",
        "PROOF_ORDER_CONTRADICTS",
    ),
    v(
        "document-stamp-before-signature-stamp",
        "TIMESTAMP_ORDER_FAILURE: covers a time-stamp younger than itself",
        UNPROVEN.stamped(read_stamp(AT + 20 * MINUTE)).document_stamp(AT),
        f"{DOUBT} TIMESTAMP_ORDER_FAILURE",
        "PROOF_ORDER_CONTRADICTS",
    ),
    v(
        "document-stamps-in-wrong-order",
        "TIMESTAMP_ORDER_FAILURE: the later one is older",
        sound().document_stamp(AT + 30 * MINUTE).document_stamp(AT),
        f"{DOUBT} TIMESTAMP_ORDER_FAILURE",
        "PROOF_ORDER_CONTRADICTS",
    ),
    v(
        "stamp-before-intent",
        "stamped before the log authorised it",
        sound().proof(T0 + 40 * MINUTE, after=T0 + 30 * MINUTE).stamped(STAMP),
        f"{DOUBT} TIMESTAMP_ORDER_FAILURE",
        "PROOF_ORDER_CONTRADICTS",
    ),
    v(
        "document-stamp-not-intact",
        "a broken document time-stamp proves nothing and is not passed over",
        REVOKED_STAMPED.document_stamp(AT, digest=DigestOutcome.DIFFERS),
        "MODIFIED TOTAL_FAILED HASH_FAILURE",
        "CERTIFICATE_REVOKED_NO_POE",
    ),
    v(
        "document-stamp-of-same-revision",
        "what it does not cover it does not prove",
        REVOKED_STAMPED.document_stamp(AT, revision=2),
        f"{DOUBT} REVOKED_NO_POE",
        "CERTIFICATE_REVOKED_NO_POE",
    ),
    v(
        "document-stamp-expired",
        "5.4: judged now by this policy, the TSA has ended",
        sound().at(T0 + 400 * DAY).document_stamp(AT),
        f"{DOUBT} OUT_OF_BOUNDS_NO_POE CERTIFICATE_CHAIN_GENERAL_FAILURE",
    ),
    v(
        "status-of-other-time",
        "R02: the registry was asked about the claimed time, the seal changed in between",
        UNPROVEN.stamped(read_stamp(T0 + 40 * MINUTE)).seal(
            status_now=SealStatus.SUSPENDED, status_now_since=T0 + 30 * MINUTE
        ),
        "INDETERMINATE TOTAL_PASSED",
        "SEAL_STATUS_OF_OTHER_TIME",
        "A=INDETERMINATE",
    ),
    v(
        "resumed-between-proofs",
        "R02: suspended when it was made, active again when it was logged",
        sound().proof(T0 + 40 * MINUTE).stamped(STAMP).seal(status_now_since=T0 + 30 * MINUTE),
        "INDETERMINATE TOTAL_PASSED",
        "SEAL_STATUS_OF_OTHER_TIME",
    ),
)
