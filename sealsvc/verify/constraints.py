"""The constraints that findings speak against, by building block: what a detailed report lists.

Every code that can weigh belongs to exactly one constraint, so a constraint without a finding was
checked and held wherever its block ran.
"""

from typing import NamedTuple

from sealsvc.verify.indications import Block


class Constraint(NamedTuple):
    """One constraint. name: stable, lower camelCase; codes: the findings that speak about it."""

    name: str
    block: Block
    clause: str
    codes: frozenset[str]


def _of(name: str, block: Block, clause: str, codes: str) -> Constraint:
    return Constraint(name, block, clause, frozenset(codes.split()))


CONSTRAINTS: tuple[Constraint, ...] = (
    _of(
        "formatConformant",
        Block.FC,
        "EN 319 102-1 5.2.2",
        "SIGNATURE_UNREADABLE SIGNATURE_STRUCTURE_DOUBTFUL SUBFILTER_UNKNOWN"
        " MULTIPLE_SIGNER_INFOS ECONTENT_PRESENT TIMESTAMP_WITHOUT_TIME",
    ),
    _of(
        "documentStructureSound",
        Block.FC,
        "EN 319 102-1 5.2.2",
        "DOCUMENT_STRUCTURE_DOUBTFUL SIGNATURE_OUTSIDE_FORM SIGNATURE_REMOVED"
        " SIGNATURE_NOT_GATHERED TOO_MANY_SIGNATURES RESOURCE_LIMIT",
    ),
    _of(
        "wholeRevisionCovered",
        Block.FC,
        "ISO 32000-2 12.8.1",
        "PARTIAL_COVERAGE COVERAGE_UNKNOWN",
    ),
    _of(
        "unchangedSince",
        Block.FC,
        "CONTRACT 1",
        "MODIFIED_AFTER_SIGNING CHANGES_NOT_CLASSIFIED REVISION_UNACCOUNTED DOCMDP_VIOLATED"
        " FURTHER_SEAL_ADDED LONG_TERM_UPDATE_ADDED",
    ),
    _of(
        "signerCertificateIdentified",
        Block.ISC,
        "EN 319 102-1 5.2.3",
        "SIGNER_CERTIFICATE_MISSING SIGNER_CERTIFICATE_UNREADABLE",
    ),
    _of(
        "pathToTrustAnchor",
        Block.XCV,
        "EN 319 102-1 5.2.6",
        "ISSUER_UNKNOWN ISSUER_NAME_IMITATED CHAIN_INVALID CHAIN_NOT_CHECKED ISSUER_NOT_FETCHED"
        " MATERIAL_OVER_LIMIT",
    ),
    _of(
        "certificateMadeForThis",
        Block.XCV,
        "RFC 5280 4.2.1",
        "SIGNER_KEY_USAGE SIGNER_PURPOSE SIGNER_IS_CA",
    ),
    _of(
        "withinValidity",
        Block.XCV,
        "EN 319 102-1 5.2.6",
        "CERTIFICATE_NOT_YET_VALID_AT_SIGNING CERTIFICATE_EXPIRED_AT_SIGNING"
        " OUT_OF_VALIDITY_NOT_REVOKED OUT_OF_VALIDITY_NO_POE CLAIMED_TIME_OUTSIDE_VALIDITY",
    ),
    _of(
        "notRevoked",
        Block.RFC,
        "EN 319 102-1 5.2.6",
        "REVOKED_AFTER_SIGNING CERTIFICATE_REVOKED_AT_SIGNING CERTIFICATE_REVOKED_NO_POE"
        " ISSUER_REVOKED_NO_POE",
    ),
    _of(
        "revocationInformationFresh",
        Block.RFC,
        "EN 319 102-1 5.2.5",
        "REVOCATION_DATA_MISSING REVOCATION_DATA_STALE REVOCATION_DATA_WEAK"
        " REVOCATION_SIGNER_EXPIRED REVOCATION_NOT_ASKED REVOCATION_DATA_NOT_FETCHED",
    ),
    _of(
        "contentDigestMatches",
        Block.CV,
        "EN 319 102-1 5.2.7",
        "CONTENT_DIGEST_DIFFERS CONTENT_DIGEST_NOT_CHECKED",
    ),
    _of(
        "signatureValueVerifies",
        Block.CV,
        "EN 319 102-1 5.2.7",
        "SIGNATURE_VALUE_WRONG SIGNATURE_VALUE_NOT_CHECKED",
    ),
    _of(
        "algorithmsAccepted",
        Block.SAV,
        "EN 319 102-1 5.2.8",
        "ALGORITHM_NOT_ACCEPTED ALGORITHM_SUNSET_NO_POE KEY_TOO_SMALL",
    ),
    _of(
        "signingTimePlausible",
        Block.SAV,
        "EN 319 102-1 5.2.8",
        "SIGNING_TIME_IN_FUTURE CLAIMED_TIME_DIFFERS_FROM_LOG CLAIMED_TIME_DIFFERS_FROM_TIMESTAMP",
    ),
    _of(
        "existenceProven",
        Block.POE,
        "EN 319 102-1 5.6.2.3",
        "SIGNING_TIME_PROVEN EXISTENCE_PROVEN SIGNING_TIME_UNPROVEN LOG_RECEIPT_MISSING"
        " TIMESTAMP_NOT_USED TIMESTAMP_TOKEN_NOT_EVALUATED",
    ),
    _of(
        "proofsInOrder",
        Block.POE,
        "EN 319 102-1 5.6.2.3",
        "LOG_TIMES_CONTRADICT PROOF_ORDER_CONTRADICTS",
    ),
    _of("pastCertificateValidated", Block.PCV, "EN 319 102-1 5.6.2.1", ""),
    _of("validationTimeSlid", Block.VTS, "EN 319 102-1 5.6.2.2", ""),
    _of("pastSignatureValidated", Block.PSV, "EN 319 102-1 5.6.2.4", "PAST_VALIDATION"),
    _of(
        "sealRegistered",
        Block.SEAL,
        "CONTRACT 1",
        "REGISTRY_NOT_ASKED SIGNER_NOT_ESTABLISHED NO_SEAL_IN_DOCUMENT SEAL_NOT_REGISTERED"
        " CERTIFICATE_WITHOUT_SEAL CERTIFICATE_FOR_OTHER_SEAL SEAL_IS_PHYSICAL",
    ),
    _of(
        "sealBelongsToSigner",
        Block.SEAL,
        "china-domain R05",
        "SEAL_OWNER_MISMATCH SEAL_OWNER_NOT_IN_CERTIFICATE ENTITY_CANCELLED",
    ),
    _of(
        "sealActiveAtSigning",
        Block.SEAL,
        "china-domain R02",
        "SEAL_STATUS_UNKNOWN_AT_SIGNING SEAL_STATUS_OF_OTHER_TIME SEAL_NOT_YET_ACTIVE"
        " SEAL_SUSPENDED_AT_SIGNING SEAL_LOST_AT_SIGNING SEAL_REVOKED_AT_SIGNING"
        " SEAL_EXPIRED_AT_SIGNING SEAL_REPLACED_AT_SIGNING SEAL_VOID SEAL_STATUS_INCONSISTENT"
        " SEAL_STATUS_KNOWN_LATER",
    ),
    _of(
        "sealStatusSinceSigning",
        Block.SEAL,
        "china-domain R03",
        "SEAL_STATUS_CHANGED_SINCE SEAL_STATUS_CHANGED_NO_POE",
    ),
    _of(
        "imprintMatches",
        Block.SEAL,
        "china-domain 3.3",
        "IMPRINT_MISMATCH IMPRINT_NOT_REGISTERED IMPRINT_UNREADABLE",
    ),
    _of(
        "packageSound",
        Block.FC,
        "GB/T 33190",
        "OFD_NOT_SIGNED OFD_SIGNATURE_LIST_MISSING OFD_PACKAGE_EXTRA_BYTES OFD_NAME_CASE_DIFFERS"
        " OFD_PATH_ESCAPE"
        " OFD_XML_INVALID OFD_SIGNATURE_FILE_MISSING OFD_SIGNED_VALUE_MISSING"
        " OFD_PROPERTY_INFO_MISMATCH OFD_PROPERTY_INFO_UNUSUAL OFD_SEAL_FILE_ABSENT"
        " OFD_STAMP_INVALID SIG_FORMAT_INVALID SIG_VERSION_UNSUPPORTED SIG_READ_LENIENTLY",
    ),
    _of(
        "packageCovered",
        Block.CV,
        "GM/T 0099",
        "OFD_CHECK_METHOD_UNSUPPORTED OFD_CHECK_METHOD_WEAK OFD_REFERENCE_MISSING"
        " OFD_REFERENCE_DIGEST_MISMATCH OFD_REFERENCE_DUPLICATE OFD_UNPROTECTED_CONTENT"
        " OFD_UNPROTECTED_EXTRA OFD_SIGNATURE_UNLISTED OFD_RELATIVE_INVALID"
        " SIG_ALGORITHM_UNSUPPORTED SIG_ORIGINAL_NOT_FOUND SIG_TIMESTAMP_INVALID"
        " SIG_TIMESTAMP_IMPRINT_MISMATCH",
    ),
    _of(
        "electronicSealGenuine",
        Block.SEAL,
        "GB/T 38540",
        "SEAL_FORMAT_INVALID SEAL_VERSION_UNSUPPORTED SEAL_ALGORITHM_UNSUPPORTED"
        " SEAL_SIGNATURE_INVALID SEAL_SIGNATURE_NOT_CHECKED SEAL_TIMESTAMP_INVALID"
        " SEAL_TIMESTAMP_IMPRINT_MISMATCH SEAL_READ_LENIENTLY OFD_SEAL_FILE_MISMATCH"
        " ESEAL_NOT_AS_REGISTERED",
    ),
    _of(
        "sealMakerTrusted",
        Block.SEAL,
        "GB/T 38540",
        "SEAL_MAKER_CERT_UNTRUSTED SEAL_MAKER_NAME_IMITATED"
        " SEAL_MAKER_CERT_INVALID SEAL_MAKER_CERT_EXPIRED"
        " SEAL_MAKER_CERT_NOT_YET_VALID SEAL_MAKER_CERT_REVOKED SEAL_MAKER_CERT_STATUS_UNKNOWN"
        " SEAL_MAKER_CERT_KEY_USAGE",
    ),
    _of(
        "electronicSealInForce",
        Block.SEAL,
        "GB/T 38540",
        "SEAL_EXPIRED SEAL_NOT_YET_VALID SIG_TIME_OUTSIDE_SEAL_VALIDITY SIG_SIGNER_NOT_IN_SEAL",
    ),
    _of(
        "partiesAgree",
        Block.SEMANTICS,
        "china-domain R05",
        "SEMANTICS_NOT_ASKED PARTIES_UNKNOWN DOCUMENT_FIELDS_NOT_READ DECLARATIONS_DIFFER"
        " OWNER_NOT_ESTABLISHED SELLER_SEAL_MISMATCH SELLER_NOT_COMPARED CONTRACT_PARTY_MISMATCH"
        " CONTRACT_PARTY_MISSING SIGNER_MISMATCH SIGNER_NOT_NAMED"
        " FIELDS_DIFFER_FROM_EXPECTATION FIELDS_DIFFER_FROM_DECLARATION",
    ),
    _of(
        "invoiceFieldsConsistent",
        Block.SEMANTICS,
        "china-domain 4.4",
        "DOCUMENT_FIELDS_READ INVOICE_CARRIERS_DISAGREE INVOICE_ARITHMETIC_WRONG"
        " INVOICE_NUMBER_WRONG TAX_SIGNATURE_UNVERIFIED",
    ),
    _of(
        "sealTypeFits",
        Block.SEMANTICS,
        "china-domain R06",
        "SEAL_TYPE_UNEXPECTED SEAL_TYPE_UNKNOWN SEAL_TYPE_NOT_ALLOWED",
    ),
)
