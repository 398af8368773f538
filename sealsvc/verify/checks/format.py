"""Is the signature, and the document around it, of a form that can be judged at all?"""

from collections.abc import Iterable

from sealsvc.documents.values import Coverage, ReadingProblem
from sealsvc.verify.case import Case, PathResult
from sealsvc.verify.checks.algorithms import SIGNATURE
from sealsvc.verify.checks.national import SAID_BY_MEMBERS, reading_finding
from sealsvc.verify.evidence import Evidence
from sealsvc.verify.findings import DOCUMENT, Finding, noticed
from sealsvc.verify.messages import Weight
from sealsvc.verify.policy import digest_name

# Signature formats we read. Source: ISO 32000-2 table 255; EN 319 142-1 clause 5.3; for the
# national ones ofd.md sections 4 and 10.
SIGNATURE_FORMATS = frozenset(
    {
        "ETSI.CAdES.detached",
        "adbe.pkcs7.detached",
        "GM.sm2seal",
        "GM.sm2cms.detached",
        "OFD.Seal.V1",
        "OFD.Seal.V4",
        "OFD.Seal.V5",
        "OFD.Sign.GBT35275",
        "OFD.Sign.SM2",
    }
)
TIMESTAMP_FORMATS = frozenset({"ETSI.RFC3161"})

# What the reader's problem codes mean. A code unknown here is a doubt, so that a new one can never
# make a verdict better. Fatal: nothing is left that could be processed.
FATAL_PROBLEMS = frozenset(
    {
        "CMS_UNREADABLE",
        "CMS_NOT_SIGNED_DATA",
        "SIGNER_INFO_MISSING",
        "SIGNATURE_MALFORMED",
        "CONTENTS_UNREADABLE",
        "CONTENTS_EMPTY",
        "BYTE_RANGE_MALFORMED",
    }
)
# Said by other checks from the reading's own members, or without weight for the signature.
SAID_ELSEWHERE = frozenset(
    {
        "SUBFILTER_UNKNOWN",
        "SIGNER_CERTIFICATE_MISSING",
        "SIG_SIGNER_CERT_MISSING",
        "DIGEST_NOT_CHECKED",
        "SIGNATURE_NOT_CHECKED",
        "PICTURE_UNREADABLE",
        "SIGNING_TIME_UNREADABLE",
    }
)
NAMED_PROBLEMS = frozenset(
    {"SIGNATURE_OUTSIDE_FORM", "MULTIPLE_SIGNER_INFOS", "ECONTENT_PRESENT", "RESOURCE_LIMIT"}
)
# Defects behind which no signature can hide: the reader searches the bytes besides.
HIDES_NOTHING = frozenset(
    {"STRUCTURE_LENIENT", "HYBRID_XREF", "PAGES_UNREADABLE", "DSS_UNREADABLE"}
)


def check(case: Case) -> tuple[Finding, ...]:
    """Format and coverage of one signature. Source: EN 319 102-1 clause 5.2.2."""
    reading, found = case.reading, []
    formats = TIMESTAMP_FORMATS if reading.is_timestamp else SIGNATURE_FORMATS
    if reading.sub_filter not in formats:
        found.append(noticed("SUBFILTER_UNKNOWN", case.id, sub_filter=reading.sub_filter[:64]))
    for problem in reading.problems:
        late = problem.code == "OFD_UNPROTECTED_EXTRA" and _covers_all(case)
        found += _problem(problem, case.id, Weight.DOUBT if late else None)
    if reading.coverage is Coverage.PARTIAL:
        # A package's signature names the parts it covers; that it left some out is no forgery.
        package = Weight.DOUBT if reading.sub_filter.startswith("OFD.") else None
        found.append(noticed("PARTIAL_COVERAGE", case.id, weight=package))
    elif reading.coverage is Coverage.UNKNOWN:
        found.append(noticed("COVERAGE_UNKNOWN", case.id))
    return tuple(found)


def _covers_all(case: Case) -> bool:
    """Whether its software covers every file, so that one left out came later.

    Seals of this service do; offline, whom the trusted root certifies is taken to be one.
    """
    if case.evidence.registry_asked:
        return case.signature.issued_by_us is not None
    return case.chain.result is PathResult.VALID


def check_document(evidence: Evidence) -> tuple[Finding, ...]:
    """What is wrong with the document apart from any one signature it still shows.

    A signed field that an older revision had and the newest lacks is content changed after a
    signature, so the document is MODIFIED, never UNSIGNED. Source: standards/pdf.md section 4 (h).
    """
    reading = evidence.reading
    gathered = {signature.reading.id for signature in evidence.signatures}
    found = [noticed("SIGNATURE_REMOVED", DOCUMENT, field=f) for f in reading.earlier_signatures]
    for signature in reading.signatures:
        if signature.id not in gathered:
            found.append(noticed("SIGNATURE_NOT_GATHERED", DOCUMENT, field=signature.field_name))
    for problem in reading.problems:
        weight = None
        if problem.code in HIDES_NOTHING and not (evidence.signatures or reading.signatures):
            weight = Weight.NOTICE
        found += _problem(problem, DOCUMENT, weight)
    return tuple(found)


def _problem(
    problem: ReadingProblem, subject: str, weight: Weight | None = None
) -> Iterable[Finding]:
    code = problem.code
    if code in SAID_ELSEWHERE or code in SAID_BY_MEMBERS:
        return
    national = reading_finding(problem, subject, weight)
    if national is not None:
        yield national
        return
    if code in FATAL_PROBLEMS:
        yield noticed("SIGNATURE_UNREADABLE", subject, problem=code)
    elif code in NAMED_PROBLEMS:
        yield noticed(code, subject)
    elif code == "DIGEST_WEAK":
        named = digest_name(problem.detail)
        yield noticed("ALGORITHM_NOT_ACCEPTED", subject, algorithm=named, where=SIGNATURE)
    else:
        whole = subject == DOCUMENT
        doubt = "DOCUMENT_STRUCTURE_DOUBTFUL" if whole else "SIGNATURE_STRUCTURE_DOUBTFUL"
        yield noticed(doubt, subject, weight=weight, problem=code[:64])
