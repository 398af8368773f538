"""Vectors of the judgement as data: a clause, one thing changed, and what must come out.

`subs` is the exact set of sub-indications; `codes` must all be among the findings.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from sealsvc.documents.values import (
    Change,
    ChangeClass,
    Coverage,
    DigestOutcome,
    ReadingProblem,
    SignatureOutcome,
)
from sealsvc.values import DocumentRole, SealMedium, SealStatus, SealType
from tests.builders.evidence import (
    NOW,
    RECORD,
    SEAL,
    SIGNED,
    T0,
    YEAR,
    A,
    B,
    C,
    EvidenceBuilder,
    chain,
    issuer_revoked,
    leaf_revoked,
    lists,
    sound,
)
from tests.unit.verify.odd_certificates import SERVER, STAMPING, odd_leaf

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
AFTER_END = T0 + 3 * YEAR + 10 * DAY
REVOKED_LATER = leaf_revoked(T0 + 30 * MINUTE, T0 + 40 * MINUTE)
REVOKED_BEFORE = leaf_revoked(T0 + 5 * MINUTE, T0 + 40 * MINUTE)
PICTURE_OTHER = "00" * 32


@dataclass(frozen=True)
class Vector:
    """One case. axes: only those that matter, by first letters I, T, A, S."""

    id: str
    clause: str
    given: EvidenceBuilder
    summary: str
    indication: str
    subs: frozenset[str] = frozenset()
    codes: tuple[str, ...] = ()
    axes: dict[str, str] = field(default_factory=dict)


def v(
    name: str,
    clause: str,
    given: EvidenceBuilder,
    verdict: str,
    codes: str = "",
    axes: str = "",
) -> Vector:
    """verdict: `SUMMARY INDICATION SUB…`; axes: `I=PASSED T=FAILED A=… S=…`."""
    summary, indication, *subs = verdict.split()
    pairs = dict(item.split("=") for item in axes.split())
    return Vector(
        name, clause, given, summary, indication, frozenset(subs), tuple(codes.split()), pairs
    )


def problem(code: str, detail: str = "") -> tuple[ReadingProblem, ...]:
    return (ReadingProblem(code, detail),)


def after(*kinds: ChangeClass) -> dict[str, object]:
    """Members of a reading after whose signature revisions of these kinds follow."""
    return {
        "coverage": Coverage.REVISION,
        "changes_after": tuple(Change(kind, 3 + i, "") for i, kind in enumerate(kinds)),
        "worst_change": kinds[-1],
    }


OK = "TRUSTED TOTAL_PASSED"
FAIL = "INVALID TOTAL_FAILED"
DOUBT = "INDETERMINATE INDETERMINATE"
INTACT = "INTACT INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND"

POSITIVE = (
    v(
        "sound",
        "5.3: all checks pass",
        sound(),
        OK,
        "SIGNING_TIME_PROVEN",
        "I=PASSED T=PASSED A=PASSED S=NOT_CHECKED",
    ),
    v(
        "sound-unproven",
        "5.3: only a claimed time, everything valid now",
        sound().proof(None),
        OK,
        "LOG_RECEIPT_MISSING",
    ),
    v("invisible", "an invisible seal has no picture", sound().reading(picture=None), OK),
    v(
        "further-seal",
        "CONTRACT 1: FURTHER_SEAL is no modification",
        sound().reading(**after(ChangeClass.FURTHER_SEAL)),
        OK,
        "FURTHER_SEAL_ADDED",
    ),
    v(
        "long-term-update",
        "EN 319 142-1 5.4: DSS added later",
        sound().reading(**after(ChangeClass.LONG_TERM_UPDATE)),
        OK,
        "LONG_TERM_UPDATE_ADDED",
    ),
    v(
        "two-seals",
        "two seals, both sound",
        sound().and_then(**after(ChangeClass.FURTHER_SEAL)),
        OK,
    ),
    v(
        "revoked-later",
        "5.6.2.4: revoked after the proven time",
        sound().evidence(crls_der=REVOKED_LATER),
        OK,
        "REVOKED_AFTER_SIGNING",
    ),
    v(
        "issuer-revoked-later",
        "5.6.2.4: issuer revoked after the proven time",
        sound().evidence(crls_der=issuer_revoked(T0 + 30 * MINUTE, T0 + 40 * MINUTE)),
        OK,
        "REVOKED_AFTER_SIGNING",
    ),
    v(
        "revoked-after-validation-time",
        "judged as of a time before the revocation",
        sound().evidence(crls_der=leaf_revoked(NOW + DAY, NOW + DAY), validation_time=NOW),
        OK,
    ),
    v(
        "expired-since-proven",
        "5.5: expired since, proven to be older, our record kept",
        sound().at(AFTER_END),
        OK,
    ),
    v(
        "expired-since-embedded-list",
        "5.6.2.2: a list of then in the document",
        sound().record(None).at(AFTER_END).reading(crls_der=lists(SIGNED + MINUTE)),
        OK,
    ),
    v(
        "suspended-later-proven",
        "R03: suspended later, with notice",
        sound()
        .seal(status_now=SealStatus.SUSPENDED, status_now_since=SIGNED + DAY)
        .at(NOW + 2 * DAY),
        OK,
        "SEAL_STATUS_CHANGED_SINCE",
        "A=PASSED",
    ),
    v(
        "void-from-later-date",
        "VOID effective after the proven time",
        sound().seal(status_now=SealStatus.VOID, status_now_since=SIGNED + DAY).at(NOW + 2 * DAY),
        OK,
        "SEAL_STATUS_CHANGED_SINCE",
    ),
    v(
        "owner-cancelled-now",
        "owner dissolved since: a warning",
        sound().seal(owner_active=False),
        OK,
        "ENTITY_CANCELLED",
    ),
    v(
        "invoice-by-declaration",
        "R05: seller by declaration",
        sound().seal(seal_type=SealType.INVOICE).declared(DocumentRole.INVOICE, A),
        OK,
        "",
        "S=PASSED",
    ),
    v(
        "invoice-by-expectation",
        "R05: seller by the caller",
        sound().seal(seal_type=SealType.INVOICE).expect(role=DocumentRole.INVOICE, seller_uscc=A),
        OK,
        "",
        "S=PASSED",
    ),
    v(
        "contract-half-signed",
        "a declared party has not sealed yet: INFO",
        sound().declared(parties=(A, B)),
        OK,
        "CONTRACT_PARTY_MISSING",
        "S=PASSED",
    ),
    v(
        "seal-type-r06",
        "R06: contract seal on an invoice only warns",
        sound().declared(DocumentRole.INVOICE, A),
        OK,
        "SEAL_TYPE_NOT_ALLOWED",
        "S=PASSED",
    ),
    v(
        "role-without-parties",
        "role known, nobody named: not checked",
        sound().expect(role=DocumentRole.CONTRACT),
        OK,
        "PARTIES_UNKNOWN",
        "S=NOT_CHECKED",
    ),
    v(
        "foreign-imprint-scaled",
        "other makers' software may rescale: a warning",
        sound().record(None).seal(imprint_rgba_sha256=PICTURE_OTHER),
        OK,
        "IMPRINT_MISMATCH",
    ),
    v(
        "adbe-pkcs7",
        "ISO 32000-2: adbe.pkcs7.detached is read too",
        sound().reading(sub_filter="adbe.pkcs7.detached"),
        OK,
    ),
)

NOT_TRUSTED = (
    v(
        "offline-root-only",
        "CONTRACT 1: no registry, at most INTACT",
        sound().offline(),
        "INTACT TOTAL_PASSED",
        "REGISTRY_NOT_ASKED",
        "A=NOT_CHECKED T=PASSED",
    ),
    v(
        "foreign",
        "CONTRACT 1: INTACT, the only doubt is the issuer",
        sound().foreign(),
        INTACT,
        "ISSUER_UNKNOWN SEAL_NOT_REGISTERED",
        "I=PASSED T=INDETERMINATE A=INDETERMINATE",
    ),
    v(
        "foreign-offline",
        "neither trust nor registry",
        sound().foreign().evidence(registry_asked=False, anchors_der=()),
        INTACT,
        "ISSUER_UNKNOWN",
        "A=NOT_CHECKED",
    ),
    v(
        "self-signed",
        "5.2.6: self-signed, no anchor",
        sound()
        .foreign()
        .reading(signer_certificate_der=odd_leaf("self", self_signed=True), certificates_der=()),
        INTACT,
        "ISSUER_UNKNOWN",
    ),
    v(
        "not-registered",
        "CONTRACT 1: trusted issuer, unknown seal",
        sound().seal(None).record(None),
        "INTACT TOTAL_PASSED",
        "SEAL_NOT_REGISTERED",
        "A=INDETERMINATE",
    ),
    v(
        "unsigned",
        "no signature in any revision",
        sound().none(),
        "UNSIGNED NO_SIGNATURE_FOUND",
        "",
        "I=NOT_CHECKED A=NOT_CHECKED",
    ),
    v(
        "unsigned-lenient",
        "a sloppy but unsigned file is unsigned",
        sound().none().document(problems=problem("STRUCTURE_LENIENT")),
        "UNSIGNED NO_SIGNATURE_FOUND",
        "DOCUMENT_STRUCTURE_DOUBTFUL",
    ),
)

NEGATIVE_DOCUMENT = (
    v(
        "removed-signature",
        "pdf.md 4 (h): never UNSIGNED",
        sound().none().document(earlier_signatures=("seal-1",)),
        "MODIFIED TOTAL_FAILED FORMAT_FAILURE",
        "SIGNATURE_REMOVED",
        "I=FAILED",
    ),
    v(
        "removed-and-resealed",
        "removed field sealed over",
        sound().document(earlier_signatures=("seal-0",)),
        "MODIFIED TOTAL_FAILED FORMAT_FAILURE",
        "SIGNATURE_REMOVED",
    ),
    v(
        "outside-form",
        "signature outside the form, none inside",
        sound().none().document(problems=problem("SIGNATURE_OUTSIDE_FORM")),
        f"{DOUBT} SIG_CONSTRAINTS_FAILURE",
        "SIGNATURE_OUTSIDE_FORM",
    ),
    v(
        "outside-form-beside-sound",
        "INDETERMINATE at best",
        sound().document(problems=problem("SIGNATURE_OUTSIDE_FORM")),
        f"{DOUBT} SIG_CONSTRAINTS_FAILURE",
        "SIGNATURE_OUTSIDE_FORM",
        "I=INDETERMINATE",
    ),
    v(
        "unknown-document-problem",
        "a reader's new code never helps",
        sound().document(problems=problem("SOMETHING_NEW")),
        f"{DOUBT} SIG_CONSTRAINTS_FAILURE",
        "DOCUMENT_STRUCTURE_DOUBTFUL",
    ),
    v(
        "form-unreadable-unsigned",
        "a signature could hide there",
        sound().none().document(problems=problem("FORM_UNREADABLE")),
        f"{DOUBT} SIG_CONSTRAINTS_FAILURE",
    ),
    v(
        "lenient-signed",
        "a sloppy file weakens what is signed in it",
        sound().document(problems=problem("STRUCTURE_LENIENT")),
        f"{DOUBT} SIG_CONSTRAINTS_FAILURE",
    ),
    v(
        "not-gathered",
        "a signature nobody gathered for",
        sound().document(signatures=(sound().and_then().build().reading.signatures)),
        f"{DOUBT} SIGNED_DATA_NOT_FOUND",
        "SIGNATURE_NOT_GATHERED",
    ),
    v(
        "timestamp-only",
        "R01: a time-stamp is no seal",
        sound().reading(
            is_timestamp=True,
            sub_filter="ETSI.RFC3161",
            signer_certificate_der=odd_leaf("tsa", purpose=STAMPING),
        ),
        "INDETERMINATE TOTAL_PASSED",
        "NO_SEAL_IN_DOCUMENT",
        "A=INDETERMINATE",
    ),
)

NEGATIVE_INTEGRITY = (
    v(
        "digest-differs",
        "5.2.7: HASH_FAILURE",
        sound().reading(digest=DigestOutcome.DIFFERS),
        "MODIFIED TOTAL_FAILED HASH_FAILURE",
        "CONTENT_DIGEST_DIFFERS",
        "I=FAILED T=PASSED",
    ),
    v(
        "digest-not-checked",
        "5.2.7: data missing",
        sound().reading(digest=DigestOutcome.NOT_CHECKED),
        f"{DOUBT} SIGNED_DATA_NOT_FOUND",
    ),
    v(
        "value-wrong",
        "5.2.7: SIG_CRYPTO_FAILURE",
        sound().reading(signature=SignatureOutcome.FAILS),
        f"{FAIL} SIG_CRYPTO_FAILURE",
        "SIGNATURE_VALUE_WRONG SIGNER_NOT_ESTABLISHED",
        "A=NOT_CHECKED",
    ),
    v(
        "value-not-checked",
        "5.2.7",
        sound().reading(signature=SignatureOutcome.NOT_CHECKED),
        f"{DOUBT} SIG_CONSTRAINTS_FAILURE",
    ),
    v(
        "partial",
        "ISO 32000-2 12.8.1: gap",
        sound().reading(coverage=Coverage.PARTIAL),
        f"{FAIL} FORMAT_FAILURE",
        "PARTIAL_COVERAGE",
    ),
    v(
        "coverage-unknown",
        "never valid",
        sound().reading(coverage=Coverage.UNKNOWN),
        f"{DOUBT} SIGNED_DATA_NOT_FOUND",
        "COVERAGE_UNKNOWN",
    ),
    v(
        "form-filled",
        "strict: form filling is a change",
        sound().reading(**after(ChangeClass.FORM_FILLING)),
        "MODIFIED TOTAL_FAILED FORMAT_FAILURE",
        "MODIFIED_AFTER_SIGNING",
    ),
    v(
        "annotated",
        "strict: annotations are changes",
        sound().reading(**after(ChangeClass.ANNOTATION)),
        "MODIFIED TOTAL_FAILED FORMAT_FAILURE",
    ),
    v(
        "changed",
        "content changed",
        sound().reading(**after(ChangeClass.FURTHER_SEAL, ChangeClass.OTHER)),
        "MODIFIED TOTAL_FAILED FORMAT_FAILURE",
    ),
    v(
        "unreadable-revision",
        "what cannot be classified is a change",
        sound().reading(**after(ChangeClass.UNREADABLE)),
        "MODIFIED TOTAL_FAILED FORMAT_FAILURE",
    ),
    v(
        "worst-without-list",
        "the worst class counts without its change",
        sound().reading(worst_change=ChangeClass.OTHER),
        "MODIFIED TOTAL_FAILED FORMAT_FAILURE",
    ),
    v(
        "list-worse-than-worst",
        "a listed change counts whatever the worst says",
        sound().reading(changes_after=(Change(ChangeClass.OTHER, 3, ""),)),
        "MODIFIED TOTAL_FAILED FORMAT_FAILURE",
    ),
    v(
        "junk-behind",
        "pdf.md 3: bytes after the signature, nothing accounts for them",
        sound().reading(coverage=Coverage.REVISION),
        "MODIFIED TOTAL_FAILED FORMAT_FAILURE",
        "REVISION_UNACCOUNTED",
    ),
    v(
        "docmdp-violated",
        "ISO 32000-2 12.8.2.2",
        sound().reading(docmdp=1, docmdp_kept=False, **after(ChangeClass.FURTHER_SEAL)),
        "MODIFIED TOTAL_FAILED FORMAT_FAILURE",
        "DOCMDP_VIOLATED",
    ),
    v(
        "one-of-two-changed",
        "the worst signature decides",
        sound().and_then(**after(ChangeClass.OTHER)),
        "MODIFIED TOTAL_FAILED FORMAT_FAILURE",
    ),
    v(
        "cms-unreadable",
        "5.2.2: FORMAT_FAILURE",
        sound().reading(problems=problem("CMS_UNREADABLE")),
        f"{FAIL} FORMAT_FAILURE",
        "SIGNATURE_UNREADABLE",
    ),
    v(
        "two-signers",
        "several SignerInfos never pass",
        sound().reading(problems=problem("MULTIPLE_SIGNER_INFOS")),
        f"{DOUBT} SIG_CONSTRAINTS_FAILURE",
        "MULTIPLE_SIGNER_INFOS",
    ),
    v(
        "econtent",
        "enclosed content never passes",
        sound().reading(problems=problem("ECONTENT_PRESENT")),
        f"{DOUBT} SIG_CONSTRAINTS_FAILURE",
        "ECONTENT_PRESENT",
    ),
    v(
        "unknown-problem",
        "a reader's new code never helps",
        sound().reading(problems=problem("SOMETHING_NEW")),
        f"{DOUBT} SIG_CONSTRAINTS_FAILURE",
        "SIGNATURE_STRUCTURE_DOUBTFUL",
    ),
    v(
        "unknown-subfilter",
        "INDETERMINATE at best",
        sound().reading(sub_filter="adbe.x509.rsa_sha1"),
        f"{DOUBT} SIG_CONSTRAINTS_FAILURE",
        "SUBFILTER_UNKNOWN",
    ),
    v(
        "foreign-and-two-signers",
        "a second doubt takes INTACT away",
        sound().foreign().reading(problems=problem("MULTIPLE_SIGNER_INFOS")),
        f"{DOUBT} SIG_CONSTRAINTS_FAILURE NO_CERTIFICATE_CHAIN_FOUND",
    ),
)

NEGATIVE_ALGORITHMS = (
    v(
        "sha1",
        "5.2.8: never TOTAL_PASSED",
        sound().reading(digest_algorithm="SHA-1"),
        f"{DOUBT} CRYPTO_CONSTRAINTS_FAILURE",
        "ALGORITHM_NOT_ACCEPTED",
        "T=INDETERMINATE",
    ),
    v(
        "md5",
        "5.2.8",
        sound().reading(digest_algorithm="md5", problems=problem("DIGEST_WEAK", "md5")),
        f"{DOUBT} CRYPTO_CONSTRAINTS_FAILURE",
    ),
    v(
        "sha1-rsa-oid",
        "the weak digest stands only in the signature's OID",
        sound().reading(signature_algorithm_oid="1.2.840.113549.1.1.5"),
        f"{DOUBT} CRYPTO_CONSTRAINTS_FAILURE",
    ),
    v(
        "no-algorithm",
        "nothing named is nothing accepted",
        sound().reading(digest_algorithm=None, signature_algorithm_oid=None),
        f"{DOUBT} CRYPTO_CONSTRAINTS_FAILURE",
    ),
    v(
        "foreign-and-sha1",
        "a weak algorithm is another doubt",
        sound().foreign().reading(digest_algorithm="sha1"),
        f"{DOUBT} CRYPTO_CONSTRAINTS_FAILURE NO_CERTIFICATE_CHAIN_FOUND",
    ),
    v(
        "sunset-unproven",
        "accepted then, not now, no proof",
        sound().proof(None).at(T0 + 5 * YEAR).reading(digest_algorithm="sha224"),
        f"{DOUBT} CRYPTO_CONSTRAINTS_FAILURE_NO_POE OUT_OF_BOUNDS_NO_POE CERTIFICATE_CHAIN_GENERAL_FAILURE OUT_OF_BOUNDS_NOT_REVOKED",
        "ALGORITHM_SUNSET_NO_POE",
    ),
    v(
        "rsa-1024",
        "key too small",
        sound().reading(signer_certificate_der=odd_leaf("rsa1024", rsa_bits=1024)),
        f"{DOUBT} CRYPTO_CONSTRAINTS_FAILURE",
        "KEY_TOO_SMALL",
    ),
)

NEGATIVE_CERTIFICATE = (
    v(
        "no-certificate",
        "5.2.3",
        sound().reading(signer_certificate_der=None),
        f"{DOUBT} NO_SIGNING_CERTIFICATE_FOUND",
        "SIGNER_CERTIFICATE_MISSING SEAL_OWNER_NOT_IN_CERTIFICATE",
    ),
    v(
        "garbage-certificate",
        "5.2.3",
        sound().reading(signer_certificate_der=b"\x30\x03\x02\x01\x01"),
        f"{DOUBT} NO_SIGNING_CERTIFICATE_FOUND",
        "SIGNER_CERTIFICATE_UNREADABLE",
    ),
    v(
        "forged",
        "RFC 5280 6.1.3: the issuer's name, not its signature",
        sound()
        .reading(signer_certificate_der=odd_leaf("forged", forged=True))
        .seal(None)
        .record(None),
        f"{DOUBT} CHAIN_CONSTRAINTS_FAILURE",
        "CHAIN_INVALID",
    ),
    v(
        "imitated-root",
        "an anchor's name on another's certificates",
        sound()
        .foreign()
        .evidence(anchors_der=(chain("elsewhere").root_der[:0], chain().root_der))
        .reading(certificates_der=()),
        INTACT,
    ),
    v(
        "key-usage",
        "RFC 5280 4.2.1.3",
        sound().reading(signer_certificate_der=odd_leaf("usage", signing=False)),
        f"{DOUBT} CHAIN_CONSTRAINTS_FAILURE",
        "SIGNER_KEY_USAGE",
    ),
    v(
        "server-certificate",
        "RFC 5280 4.2.1.12",
        sound().reading(signer_certificate_der=odd_leaf("server", purpose=SERVER)),
        f"{DOUBT} CHAIN_CONSTRAINTS_FAILURE",
        "SIGNER_PURPOSE",
    ),
    v(
        "ca-as-signer",
        "RFC 5280 4.2.1.9",
        sound().reading(signer_certificate_der=odd_leaf("ca", is_ca=True)),
        f"{DOUBT} CHAIN_CONSTRAINTS_FAILURE",
        "SIGNER_IS_CA",
    ),
    v(
        "root-as-signer",
        "the anchor itself signs",
        sound().reading(signer_certificate_der=chain().root_der),
        f"{DOUBT} CHAIN_CONSTRAINTS_FAILURE",
        "SIGNER_IS_CA SEAL_OWNER_MISMATCH",
    )
    if False
    else v(
        "issuer-as-signer",
        "the issuing CA itself signs",
        sound().seal(None).record(None).reading(signer_certificate_der=chain().issuing_der),
        f"{DOUBT} CHAIN_CONSTRAINTS_FAILURE",
        "SIGNER_IS_CA SIGNER_KEY_USAGE",
    ),
    v(
        "critical-extension",
        "RFC 5280 4.2: unknown and critical",
        sound().reading(signer_certificate_der=odd_leaf("critical", critical_unknown=True)),
        f"{DOUBT} CHAIN_CONSTRAINTS_FAILURE",
        "CHAIN_INVALID",
    ),
    v(
        "stamp-by-seal",
        "RFC 3161 2.3: a seal's key stamps time",
        sound().and_then(
            is_timestamp=True, sub_filter="ETSI.RFC3161", **after(ChangeClass.FURTHER_SEAL)
        ),
        f"{DOUBT} CHAIN_CONSTRAINTS_FAILURE",
        "SIGNER_PURPOSE",
    ),
)

NEGATIVE_REVOCATION = (
    v(
        "no-lists",
        "5.2.5: no revocation data",
        sound().evidence(crls_der=()),
        f"{DOUBT} CERTIFICATE_CHAIN_GENERAL_FAILURE",
        "REVOCATION_DATA_MISSING",
    ),
    v(
        "no-root-list",
        "5.2.5: none for the issuer",
        sound().evidence(crls_der=lists()[:1]),
        f"{DOUBT} CERTIFICATE_CHAIN_GENERAL_FAILURE",
    ),
    v(
        "stale-lists",
        "5.2.5: TRY_LATER",
        sound().proof(None).evidence(crls_der=lists(T0 - DAY, 2)),
        f"{DOUBT} TRY_LATER",
        "REVOCATION_DATA_STALE",
    ),
    v(
        "old-list-long-next-update",
        "policy: nextUpdate is not enough",
        sound().proof(None).evidence(crls_der=lists(T0, 24 * 90), validation_time=T0 + 30 * DAY),
        f"{DOUBT} TRY_LATER",
        "REVOCATION_DATA_STALE",
    ),
    v(
        "foreign-list",
        "a list of another issuer says nothing",
        sound().evidence(crls_der=(chain("elsewhere").crl(at=T0), lists()[1])),
        f"{DOUBT} CERTIFICATE_CHAIN_GENERAL_FAILURE",
    ),
    v(
        "garbage-list",
        "an unreadable list is no list",
        sound().evidence(crls_der=(b"\x30\x00", b"junk")),
        f"{DOUBT} CERTIFICATE_CHAIN_GENERAL_FAILURE",
    ),
    v(
        "revoked-unproven",
        "5.3: REVOKED_NO_POE",
        sound().proof(None).evidence(crls_der=REVOKED_LATER),
        f"{DOUBT} REVOKED_NO_POE",
        "CERTIFICATE_REVOKED_NO_POE",
    ),
    v(
        "revoked-then-sealed",
        "proof that sealing began after revocation",
        sound().proof(SIGNED + MINUTE, after=SIGNED).evidence(crls_der=REVOKED_BEFORE),
        f"{FAIL} REVOKED",
        "CERTIFICATE_REVOKED_AT_SIGNING",
        "T=FAILED",
    ),
    v(
        "revoked-before-completion",
        "the intent's time is unknown: no proof either way",
        sound().proof(SIGNED).evidence(crls_der=REVOKED_BEFORE),
        f"{DOUBT} REVOKED_NO_POE",
    ),
    v(
        "revoked-in-between",
        "revoked between intent and completion",
        sound().proof(T0 + 50 * MINUTE, after=T0 + 20 * MINUTE).evidence(crls_der=REVOKED_LATER),
        f"{DOUBT} REVOKED_NO_POE",
    ),
    v(
        "revoked-same-second",
        "not provably before",
        sound().proof(T0 + 30 * MINUTE).evidence(crls_der=REVOKED_LATER),
        f"{DOUBT} REVOKED_NO_POE",
    ),
    v(
        "revoked-in-record-only",
        "our CA knows before its next list",
        sound().proof(None).record(RECORD, revoked_at=T0 + 20 * MINUTE),
        f"{DOUBT} REVOKED_NO_POE",
    ),
    v(
        "issuer-revoked-unproven",
        "5.3: REVOKED_CA_NO_POE",
        sound().proof(None).evidence(crls_der=issuer_revoked(T0 + 30 * MINUTE, T0 + 40 * MINUTE)),
        f"{DOUBT} REVOKED_CA_NO_POE",
        "ISSUER_REVOKED_NO_POE",
    ),
    v(
        "issuer-revoked-before",
        "issuer revoked before the proven time",
        sound().evidence(crls_der=issuer_revoked(T0 + 5 * MINUTE, T0 + 40 * MINUTE)),
        f"{DOUBT} REVOKED_CA_NO_POE",
    ),
    v(
        "foreign-revoked-by-record",
        "our record counts without a chain",
        sound().evidence(anchors_der=()).record(RECORD, revoked_at=T0 + 20 * MINUTE).proof(None),
        f"{DOUBT} NO_CERTIFICATE_CHAIN_FOUND REVOKED_NO_POE",
    ),
)

NEGATIVE_TIME = (
    v(
        "expired-unproven",
        "5.3: expired now, known not revoked",
        sound().proof(None).at(AFTER_END),
        f"{DOUBT} OUT_OF_BOUNDS_NOT_REVOKED",
        "OUT_OF_VALIDITY_NOT_REVOKED",
    ),
    v(
        "expired-unproven-unknown",
        "5.3: expired now, status unknown",
        sound().proof(None).record(None).at(AFTER_END),
        f"{DOUBT} OUT_OF_BOUNDS_NO_POE CERTIFICATE_CHAIN_GENERAL_FAILURE",
    ),
    v(
        "expired-proven-no-status",
        "5.6.2.2: no list of then, no record",
        sound().record(None).at(AFTER_END),
        f"{DOUBT} CERTIFICATE_CHAIN_GENERAL_FAILURE",
    ),
    v(
        "sealed-after-expiry",
        "5.5: EXPIRED with proof",
        sound()
        .proof(AFTER_END, after=AFTER_END - MINUTE)
        .reading(claimed_at=AFTER_END)
        .at(AFTER_END + DAY),
        f"{FAIL} EXPIRED",
        "CERTIFICATE_EXPIRED_AT_SIGNING",
    ),
    v(
        "logged-after-expiry",
        "logged late proves nothing",
        sound().proof(AFTER_END).reading(claimed_at=SIGNED).at(AFTER_END + DAY),
        f"{DOUBT} OUT_OF_BOUNDS_NO_POE",
        "OUT_OF_VALIDITY_NO_POE CLAIMED_TIME_DIFFERS_FROM_LOG",
    ),
    v(
        "sealed-before-start",
        "5.5: NOT_YET_VALID with proof",
        sound().proof(T0 - DAY / 2).reading(claimed_at=T0 - DAY / 2),
        f"{FAIL} NOT_YET_VALID",
        "CERTIFICATE_NOT_YET_VALID_AT_SIGNING",
    ),
    v(
        "sealed-just-before-start",
        "within the clocks' skew: no proof",
        sound().proof(T0 - MINUTE).reading(claimed_at=T0 - MINUTE),
        f"{DOUBT} OUT_OF_BOUNDS_NO_POE",
    ),
    v(
        "claimed-before-start",
        "a claimed time can only add doubt",
        sound().proof(None).reading(claimed_at=T0 - DAY),
        f"{DOUBT} OUT_OF_BOUNDS_NO_POE",
        "CLAIMED_TIME_OUTSIDE_VALIDITY",
    ),
    v(
        "claimed-in-future",
        "later than the validation",
        sound().proof(None).reading(claimed_at=NOW + DAY),
        f"{DOUBT} SIG_CONSTRAINTS_FAILURE",
        "SIGNING_TIME_IN_FUTURE",
    ),
    v(
        "judged-before-signing",
        "validationTime before the seal existed",
        sound().evidence(validation_time=T0 + MINUTE),
        f"{DOUBT} SIG_CONSTRAINTS_FAILURE",
        "SIGNING_TIME_IN_FUTURE",
    ),
    v(
        "judged-before-certificate",
        "validationTime before the certificate",
        sound().proof(None).evidence(validation_time=T0 - DAY / 2, crls_der=lists(T0 - DAY)),
        f"{DOUBT} OUT_OF_BOUNDS_NOT_REVOKED SIG_CONSTRAINTS_FAILURE",
    ),
    v(
        "log-contradicts-itself",
        "completed before it was authorised",
        sound().proof(SIGNED, after=SIGNED + MINUTE),
        f"{DOUBT} TIMESTAMP_ORDER_FAILURE",
        "LOG_TIMES_CONTRADICT",
    ),
    v(
        "foreign-expired",
        "expired is another doubt",
        sound().foreign().evidence(validation_time=AFTER_END),
        f"{DOUBT} NO_CERTIFICATE_CHAIN_FOUND OUT_OF_BOUNDS_NO_POE",
    ),
)


def _status(status: SealStatus) -> EvidenceBuilder:
    return sound().seal(status_at_signing=status, status_now=status)


NEGATIVE_SEAL = (
    v(
        "ours-without-seal",
        "CONTRACT 1: we issued it, no seal holds it",
        sound().seal(None),
        "INVALID TOTAL_PASSED",
        "CERTIFICATE_WITHOUT_SEAL",
        "A=FAILED",
    ),
    v(
        "for-another-seal",
        "the record names another seal",
        sound().record(RECORD, sealed_for="seal_other"),
        "INVALID TOTAL_PASSED",
        "CERTIFICATE_FOR_OTHER_SEAL",
    ),
    v(
        "physical",
        "CONTRACT 2: a physical seal has no key",
        sound().seal(medium=SealMedium.PHYSICAL),
        "INVALID TOTAL_PASSED",
        "SEAL_IS_PHYSICAL",
    ),
    v(
        "other-owner",
        "3.3 step 11",
        sound().seal(owner_uscc=B),
        "INVALID TOTAL_PASSED",
        "SEAL_OWNER_MISMATCH",
    ),
    v(
        "no-uscc",
        "the certificate names nobody",
        sound().reading(signer_certificate_der=odd_leaf("nameless", uscc=None)),
        "INDETERMINATE TOTAL_PASSED",
        "SEAL_OWNER_NOT_IN_CERTIFICATE",
    ),
    v(
        "applied",
        "not yet active",
        _status(SealStatus.APPLIED),
        "INVALID TOTAL_PASSED",
        "SEAL_NOT_YET_ACTIVE",
    ),
    v(
        "approved",
        "not yet active",
        _status(SealStatus.APPROVED),
        "INVALID TOTAL_PASSED",
        "SEAL_NOT_YET_ACTIVE",
    ),
    v(
        "rejected",
        "never active",
        _status(SealStatus.REJECTED),
        "INVALID TOTAL_PASSED",
        "SEAL_NOT_YET_ACTIVE",
    ),
    v(
        "suspended",
        "R03",
        _status(SealStatus.SUSPENDED),
        "INVALID TOTAL_PASSED",
        "SEAL_SUSPENDED_AT_SIGNING",
    ),
    v(
        "suspended-then-resumed",
        "R03: what counts is the time of sealing",
        sound().seal(status_at_signing=SealStatus.SUSPENDED),
        "INVALID TOTAL_PASSED",
        "SEAL_SUSPENDED_AT_SIGNING",
    ),
    v("lost", "R04", _status(SealStatus.LOST), "INVALID TOTAL_PASSED", "SEAL_LOST_AT_SIGNING"),
    v(
        "revoked-seal",
        "R02",
        _status(SealStatus.REVOKED),
        "INVALID TOTAL_PASSED",
        "SEAL_REVOKED_AT_SIGNING",
    ),
    v(
        "expired-seal",
        "3.3 step 4",
        _status(SealStatus.EXPIRED),
        "INVALID TOTAL_PASSED",
        "SEAL_EXPIRED_AT_SIGNING",
    ),
    v(
        "replaced",
        "R02",
        _status(SealStatus.REPLACED),
        "INVALID TOTAL_PASSED",
        "SEAL_REPLACED_AT_SIGNING",
    ),
    v(
        "void",
        "VOID from the beginning, then thought ACTIVE",
        _status(SealStatus.VOID),
        "INVALID TOTAL_PASSED",
        "SEAL_VOID SEAL_STATUS_KNOWN_LATER",
    ),
    v(
        "before-valid-from",
        "3.3 step 4",
        sound().seal(valid_from=SIGNED + DAY),
        "INVALID TOTAL_PASSED",
        "SEAL_NOT_YET_ACTIVE",
    ),
    v(
        "after-valid-to",
        "3.3 step 4",
        sound().seal(valid_to=SIGNED - MINUTE),
        "INVALID TOTAL_PASSED",
        "SEAL_EXPIRED_AT_SIGNING",
    ),
    v(
        "status-unknown",
        "no answer for that time",
        sound().seal(status_at_signing=None),
        "INDETERMINATE TOTAL_PASSED",
        "SEAL_STATUS_UNKNOWN_AT_SIGNING",
    ),
    v(
        "no-time-at-all",
        "neither claimed nor proven",
        sound().proof(None).reading(claimed_at=None),
        "INDETERMINATE TOTAL_PASSED",
        "SEAL_STATUS_UNKNOWN_AT_SIGNING",
    ),
    v(
        "lost-later-unproven",
        "R04: no proof of being older",
        sound().proof(None).seal(status_now=SealStatus.LOST, status_now_since=SIGNED + MINUTE),
        "INDETERMINATE TOTAL_PASSED",
        "SEAL_STATUS_CHANGED_NO_POE",
    ),
    v(
        "resumed-unproven",
        "out of use between the claimed time and now",
        sound().proof(None).seal(status_now_since=SIGNED + MINUTE),
        "INDETERMINATE TOTAL_PASSED",
        "SEAL_STATUS_CHANGED_NO_POE",
    ),
    v(
        "registry-contradicts-itself",
        "suspended before, yet active when used",
        sound().seal(status_now=SealStatus.SUSPENDED, status_now_since=T0),
        "INDETERMINATE TOTAL_PASSED",
        "SEAL_STATUS_INCONSISTENT",
    ),
    v(
        "other-picture",
        "our certificate under another picture",
        sound().seal(imprint_rgba_sha256=PICTURE_OTHER),
        "INVALID TOTAL_PASSED",
        "IMPRINT_MISMATCH",
        "A=FAILED",
    ),
    v(
        "picture-unreadable",
        "our certificate under a picture nobody can compare",
        sound().reading(picture=None, problems=problem("PICTURE_UNREADABLE")),
        "INDETERMINATE TOTAL_PASSED",
        "IMPRINT_UNREADABLE",
    ),
    v(
        "second-without-seal",
        "the worst signature decides",
        EvidenceBuilder(
            (
                *sound().seal(None).and_then(**after(ChangeClass.FURTHER_SEAL)).signatures[:1],
                *sound().signatures,
            )
        ),
        "INVALID TOTAL_PASSED",
        "CERTIFICATE_WITHOUT_SEAL",
    ),
)

INVOICE, CONTRACT = DocumentRole.INVOICE, DocumentRole.CONTRACT
NEGATIVE_SEMANTICS = (
    v(
        "seller-mismatch",
        "R05: another's seal on the invoice",
        sound().declared(INVOICE, B),
        "INVALID TOTAL_PASSED",
        "SELLER_SEAL_MISMATCH",
        "S=FAILED",
    ),
    v(
        "seller-mismatch-expected",
        "the caller overrules the declaration",
        sound().declared(INVOICE, A).expect(role=INVOICE, seller_uscc=B),
        "INVALID TOTAL_PASSED",
        "SELLER_SEAL_MISMATCH",
    ),
    v(
        "party-mismatch",
        "R05: the sealer is no party",
        sound().declared(CONTRACT, None, (B, C)),
        "INVALID TOTAL_PASSED",
        "CONTRACT_PARTY_MISMATCH",
    ),
    v(
        "party-missing-expected",
        "a party the caller names has not sealed",
        sound().expect(party_usccs=(A, B)),
        "INVALID TOTAL_PASSED",
        "CONTRACT_PARTY_MISSING",
        "S=FAILED",
    ),
    v(
        "seal-type-unexpected",
        "expect.sealType",
        sound().expect(seal_type=SealType.INVOICE),
        "INVALID TOTAL_PASSED",
        "SEAL_TYPE_UNEXPECTED",
    ),
    v(
        "seal-type-unknown",
        "expect.sealType without a registry",
        sound().offline().expect(seal_type=SealType.CONTRACT),
        "INDETERMINATE TOTAL_PASSED",
        "SEAL_TYPE_UNKNOWN",
    ),
    v(
        "foreign-right-seller",
        "an unknown issuer vouches for nobody",
        sound().foreign().expect(role=INVOICE, seller_uscc=A),
        f"{DOUBT} NO_CERTIFICATE_CHAIN_FOUND",
        "OWNER_NOT_ESTABLISHED",
        "S=INDETERMINATE",
    ),
    v(
        "foreign-wrong-seller",
        "wrong even by its own words",
        sound().foreign().expect(role=INVOICE, seller_uscc=B),
        "INVALID INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND",
        "SELLER_SEAL_MISMATCH",
    ),
    v(
        "declarations-differ",
        "two sealers state different parties",
        EvidenceBuilder(
            (
                *sound()
                .declared(parties=(A, B))
                .and_then(**after(ChangeClass.FURTHER_SEAL))
                .signatures[:1],
                *sound().declared(parties=(A, C)).signatures,
            )
        ),
        "INDETERMINATE TOTAL_PASSED",
        "DECLARATIONS_DIFFER",
    ),
)

NEGATIVE = (
    *NOT_TRUSTED,
    *NEGATIVE_DOCUMENT,
    *NEGATIVE_INTEGRITY,
    *NEGATIVE_ALGORITHMS,
    *NEGATIVE_CERTIFICATE,
    *NEGATIVE_REVOCATION,
    *NEGATIVE_TIME,
    *NEGATIVE_SEAL,
    *NEGATIVE_SEMANTICS,
)
VECTORS = (*POSITIVE, *NEGATIVE)
assert SEAL.owner_uscc == A
