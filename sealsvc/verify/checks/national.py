"""Is the electronic seal inside a seal signature genuine, made by a known maker, and in force?

Asked of GB/T 38540 seals and their relatives only; what the bytes alone say (signatures, list of
signers, digests) the reader has found out, the rest is judged here. Source: seal-formats.md
sections 9 (S4, S5) and 10 (D2, D6, D9).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sealsvc.documents.values import ReadingProblem, SignatureOutcome
from sealsvc.formats.problems import WARNING_CODES
from sealsvc.formats.values import ESealReading
from sealsvc.verify.case import Case, Chain, PathResult, Revocation, Status
from sealsvc.verify.evidence import SignatureEvidence
from sealsvc.verify.findings import Finding, noticed
from sealsvc.verify.messages import Weight
from sealsvc.verify.policy import RevocationMode

# Reader's codes that a finding of the same name speaks about; `detail` fills its {where}.
NATIONAL_PROBLEMS = frozenset(
    {
        "OFD_NOT_SIGNED",
        "OFD_SIGNATURE_LIST_MISSING",
        "OFD_PATH_ESCAPE",
        "OFD_XML_INVALID",
        "OFD_SIGNATURE_FILE_MISSING",
        "OFD_SIGNED_VALUE_MISSING",
        "OFD_PROPERTY_INFO_MISMATCH",
        "OFD_PROPERTY_INFO_UNUSUAL",
        "OFD_SEAL_FILE_ABSENT",
        "OFD_SEAL_FILE_MISMATCH",
        "OFD_STAMP_INVALID",
        "OFD_CHECK_METHOD_UNSUPPORTED",
        "OFD_CHECK_METHOD_WEAK",
        "OFD_REFERENCE_MISSING",
        "OFD_REFERENCE_DIGEST_MISMATCH",
        "OFD_REFERENCE_DUPLICATE",
        "OFD_UNPROTECTED_CONTENT",
        "OFD_UNPROTECTED_EXTRA",
        "OFD_SIGNATURE_UNLISTED",
        "OFD_RELATIVE_INVALID",
        "OFD_PACKAGE_EXTRA_BYTES",
        "OFD_NAME_CASE_DIFFERS",
        "SIG_FORMAT_INVALID",
        "SIG_VERSION_UNSUPPORTED",
        "SIG_ALGORITHM_UNSUPPORTED",
        "SIG_ORIGINAL_NOT_FOUND",
        "SIG_TIMESTAMP_INVALID",
        "SIG_TIMESTAMP_IMPRINT_MISMATCH",
        "SIG_SIGNER_NOT_IN_SEAL",
        "SIG_TIME_OUTSIDE_SEAL_VALIDITY",
        "SEAL_FORMAT_INVALID",
        "SEAL_VERSION_UNSUPPORTED",
        "SEAL_ALGORITHM_UNSUPPORTED",
        "SEAL_SIGNATURE_INVALID",
        "SEAL_TIMESTAMP_INVALID",
        "SEAL_TIMESTAMP_IMPRINT_MISMATCH",
        "SEAL_EXPIRED",
        "SEAL_NOT_YET_VALID",
    }
)
_LENIENTLY = {"SEAL": "SEAL_READ_LENIENTLY", "SIG": "SIG_READ_LENIENTLY"}
# Said by the common checks from the reading's own members: digest, value, signer's certificate.
SAID_BY_MEMBERS = frozenset({"SIG_DATA_HASH_MISMATCH", "SIG_SIGNATURE_INVALID"})


def reading_finding(
    problem: ReadingProblem, subject: str, weight: Weight | None = None
) -> Finding | None:
    """What a reader's national code means; None for a code that is not one of these.

    weight: in place of the code's usual one.
    """
    code = problem.code
    if code in NATIONAL_PROBLEMS:
        return noticed(code, subject, weight=weight, where=problem.detail[:120])
    if code in WARNING_CODES:
        kind, _, what = code.partition("_")
        return noticed(_LENIENTLY[kind], subject, where=what)
    return None


def check(case: Case) -> tuple[Finding, ...]:
    """The embedded seal of one signature; nothing for a signature without one."""
    eseal = case.reading.eseal
    if eseal is None:
        return ()
    found = [reading_finding(problem, case.id) for problem in eseal.problems]
    return (
        *(one for one in found if one is not None),
        *_unknown_problems(eseal, case),
        *_maker(eseal, case),
        *_in_force(eseal, case),
        *_registered(eseal, case),
    )


def maker_evidence(signature: SignatureEvidence) -> SignatureEvidence | None:
    """The same evidence with the seal-maker in the signer's place, for building its chain."""
    eseal = signature.reading.eseal
    if eseal is None or eseal.maker_certificate_der is None:
        return None
    reading = replace(
        signature.reading,
        signer_certificate_der=eseal.maker_certificate_der,
        is_timestamp=False,
    )
    return replace(signature, reading=reading, issued_by_us=None)


def _unknown_problems(eseal: ESealReading, case: Case) -> Iterable[Finding]:
    """A code that nobody here knows is a doubt, so a new one can never improve a verdict."""
    for problem in eseal.problems:
        if reading_finding(problem, case.id) is None:
            yield noticed("SIGNATURE_STRUCTURE_DOUBTFUL", case.id, problem=problem.code[:64])


def _maker(eseal: ESealReading, case: Case) -> Iterable[Finding]:
    """S3 and S4: the maker's signature over the seal, its certificate's chain, life and use."""
    said = {problem.code for problem in eseal.problems}
    if eseal.maker_signature is SignatureOutcome.FAILS and "SEAL_SIGNATURE_INVALID" not in said:
        yield noticed("SEAL_SIGNATURE_INVALID", case.id)
    elif eseal.maker_signature is SignatureOutcome.NOT_CHECKED:
        yield noticed("SEAL_SIGNATURE_NOT_CHECKED", case.id)
    chain = case.maker
    if chain is None or chain.signer is None:
        yield noticed("SEAL_MAKER_CERT_UNTRUSTED", case.id)
        return
    yield from _maker_path(chain, case)
    certificate = chain.signer.certificate
    usage = certificate.key_usage
    if usage is not None and not usage & {"digital_signature", "non_repudiation"}:
        yield noticed("SEAL_MAKER_CERT_KEY_USAGE", case.id)
    yield from _maker_validity(certificate.not_before, certificate.not_after, case)


def _maker_path(chain: Chain, case: Case) -> Iterable[Finding]:
    if chain.result is PathResult.INVALID:
        yield noticed("SEAL_MAKER_CERT_INVALID", case.id, where=chain.reason)
    elif chain.result is PathResult.IMITATED:
        yield noticed("SEAL_MAKER_NAME_IMITATED", case.id)
    elif chain.result is not PathResult.VALID:
        yield noticed("SEAL_MAKER_CERT_UNTRUSTED", case.id)
    if chain.result not in (PathResult.VALID, PathResult.INVALID):
        return
    for link in chain.links:
        if not link.trusted:
            yield from _maker_status(link.revocation, case)


def _maker_status(status: Revocation, case: Case) -> Iterable[Finding]:
    """Revoked before use fails; after a proven use it does not matter; unknown is its own state."""
    if status.status is Status.REVOKED:
        at = status.revoked_at
        later = at is not None and case.time.proven and case.latest_at < at
        if not later:
            yield noticed("SEAL_MAKER_CERT_REVOKED", case.id)
    elif status.status is Status.UNKNOWN and case.policy.revocation_mode is RevocationMode.REQUIRE:
        yield noticed("SEAL_MAKER_CERT_STATUS_UNKNOWN", case.id)


def _maker_validity(start: datetime, end: datetime, case: Case) -> Iterable[Finding]:
    """S4b: against the time of use; expired only now is a state, not a failure."""
    at, skew = case.time.at, timedelta(seconds=case.policy.clock_skew_s)
    if at is None:
        return
    if at + skew < start:
        yield noticed("SEAL_MAKER_CERT_NOT_YET_VALID", case.id)
    elif at - skew > end:
        yield noticed("SEAL_MAKER_CERT_EXPIRED", case.id)


def _in_force(eseal: ESealReading, case: Case) -> Iterable[Finding]:
    """S5 and D9: the seal's validity, both ends inclusive, holds the best signing time."""
    at = case.time.at
    if eseal.valid_from is None or eseal.valid_to is None:
        yield noticed("SEAL_FORMAT_INVALID", case.id, where="validity")
    elif eseal.valid_to < eseal.valid_from:
        yield noticed("SEAL_FORMAT_INVALID", case.id, where="validity reversed")
    elif at is not None and not eseal.valid_from <= at.replace(microsecond=0) <= eseal.valid_to:
        yield noticed("SIG_TIME_OUTSIDE_SEAL_VALIDITY", case.id)


def _registered(eseal: ESealReading, case: Case) -> Iterable[Finding]:
    """A registered seal signs with the SESeal that the registry made for it, and no other."""
    seal = case.seal
    if not case.evidence.registry_asked or seal is None:
        return
    known = case.signature.eseal_of
    if known is None or known != seal.seal_id:
        yield noticed("ESEAL_NOT_AS_REGISTERED", case.id, evidence=(eseal.der_sha256,))
