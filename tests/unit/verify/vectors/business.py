"""Vectors about seals, owners and the business meaning."""

from sealsvc.documents.values import (
    ChangeClass,
)
from sealsvc.values import DocumentRole, SealMedium, SealStatus, SealType
from tests.builders.evidence import (
    RECORD,
    SIGNED,
    A,
    B,
    C,
    EvidenceBuilder,
    sound,
)
from tests.builders.x509 import AT as T0
from tests.unit.verify.odd_certificates import odd_leaf
from tests.unit.verify.vectors.base import DAY, DOUBT, MINUTE, PICTURE_OTHER, after, problem, v


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
        "signer-mismatch",
        "expect.signerUscc",
        sound().expect(signer_uscc=B),
        "INVALID TOTAL_PASSED",
        "SIGNER_MISMATCH",
        "S=FAILED",
    ),
    v(
        "signer-mismatch-though-the-owner-fits",
        "the certificate counts, not the registry",
        sound().seal(owner_uscc=B).expect(signer_uscc=B),
        "INVALID TOTAL_PASSED",
        "SIGNER_MISMATCH SEAL_OWNER_MISMATCH",
    ),
    v(
        "signer-of-an-unknown-issuer",
        "an unknown issuer vouches for nobody",
        sound().foreign().expect(signer_uscc=A),
        f"{DOUBT} NO_CERTIFICATE_CHAIN_FOUND",
        "OWNER_NOT_ESTABLISHED",
        "S=INDETERMINATE",
    ),
    v(
        "signer-mismatch-unknown-issuer",
        "wrong even by its own words",
        sound().foreign().expect(signer_uscc=B),
        "INVALID INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND",
        "SIGNER_MISMATCH",
    ),
    v(
        "signer-named-by-nobody",
        "no credit code in the certificate",
        sound()
        .reading(signer_certificate_der=odd_leaf("nameless", uscc=None))
        .expect(signer_uscc=A),
        "INDETERMINATE TOTAL_PASSED",
        "SIGNER_NOT_NAMED",
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
