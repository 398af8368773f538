"""Vectors about algorithms, certificates, revocation and time."""

from sealsvc.documents.values import (
    ChangeClass,
)
from tests.builders.evidence import (
    NOW,
    RECORD,
    SIGNED,
    YEAR,
    chain,
    issuer_revoked,
    lists,
    sound,
)
from tests.builders.x509 import AT as T0
from tests.unit.verify.odd_certificates import SERVER, imitation, odd_leaf
from tests.unit.verify.vectors.base import (
    AFTER_END,
    DAY,
    DOUBT,
    FAIL,
    LOST_BEFORE,
    MINUTE,
    REVOKED_BEFORE,
    REVOKED_LATER,
    after,
    problem,
    v,
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
        f"{DOUBT} CRYPTO_CONSTRAINTS_FAILURE_NO_POE OUT_OF_BOUNDS_NOT_REVOKED",
        "ALGORITHM_SUNSET_NO_POE",
    ),
    v(
        "sunset-in-oid",
        "the digest inside the signature's OID is the one that counts",
        sound()
        .proof(None)
        .at(T0 + 5 * YEAR)
        .reading(signature_algorithm_oid="1.2.840.113549.1.1.14"),
        f"{DOUBT} CRYPTO_CONSTRAINTS_FAILURE_NO_POE OUT_OF_BOUNDS_NOT_REVOKED",
        "ALGORITHM_SUNSET_NO_POE",
    ),
    v(
        "weak-certificate",
        "5.2.8: an algorithm in the certificate that is not accepted",
        sound().reading(signer_certificate_der=odd_leaf("weak", weak_digest=True)),
        f"{DOUBT} CRYPTO_CONSTRAINTS_FAILURE",
        "ALGORITHM_NOT_ACCEPTED",
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
        "an anchor's name above another's certificates",
        sound()
        .foreign()
        .reading(signer_certificate_der=imitation()[0], certificates_der=imitation()[1:]),
        f"{DOUBT} CHAIN_CONSTRAINTS_FAILURE",
        "ISSUER_NAME_IMITATED",
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
        "INVALID INDETERMINATE CHAIN_CONSTRAINTS_FAILURE",
        "SIGNER_IS_CA SEAL_OWNER_MISMATCH",
    ),
    v(
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
        "key-lost-before",
        "R04, RFC 5280 5.3.2: revoked later, invalid since before the seal",
        sound().proof(SIGNED + MINUTE, after=SIGNED).evidence(crls_der=LOST_BEFORE),
        f"{FAIL} REVOKED",
        "CERTIFICATE_REVOKED_AT_SIGNING",
    ),
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
        "OUT_OF_VALIDITY_NO_POE",
    ),
    v(
        "authorised-before-expiry",
        "authorised before the end, completed after it: no proof",
        sound().proof(AFTER_END, after=SIGNED).at(AFTER_END + DAY),
        f"{DOUBT} OUT_OF_BOUNDS_NO_POE",
        "OUT_OF_VALIDITY_NO_POE",
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
