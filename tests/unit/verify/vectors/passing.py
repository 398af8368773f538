"""Vectors that end well, and those that are harmless."""

from sealsvc.documents.values import (
    ChangeClass,
)
from sealsvc.values import DocumentRole, SealStatus, SealType
from tests.builders.evidence import (
    NOW,
    SIGNED,
    A,
    B,
    issuer_revoked,
    leaf_revoked,
    lists,
    sound,
)
from tests.builders.x509 import AT as T0
from tests.unit.verify.odd_certificates import STAMPING, odd_leaf
from tests.unit.verify.vectors.base import (
    AFTER_END,
    DAY,
    INTACT,
    MINUTE,
    OK,
    PICTURE_OTHER,
    REVOKED_LATER,
    after,
    problem,
    v,
)

STAMPED = sound().and_then(
    is_timestamp=True,
    sub_filter="ETSI.RFC3161",
    signer_certificate_der=odd_leaf("tsa", purpose=STAMPING),
    **after(ChangeClass.FURTHER_SEAL),
)
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
        "signer-expected",
        "expect.signerUscc",
        sound().expect(signer_uscc=A),
        OK,
        "DOCUMENT_FIELDS_NOT_READ",
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
    v("stamped", "a time-stamp is judged but is nobody's seal", STAMPED, OK, "", "A=PASSED"),
    v(
        "claimed-differs-from-log",
        "3.3: the log's time counts, with a warning",
        sound().reading(claimed_at=SIGNED - 30 * MINUTE + MINUTE),
        OK,
        "CLAIMED_TIME_DIFFERS_FROM_LOG",
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
