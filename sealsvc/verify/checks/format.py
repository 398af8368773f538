"""Is the signature, and the document around it, of a form that can be judged at all?"""

from collections.abc import Iterable

from sealsvc.documents.values import Coverage, ReadingProblem
from sealsvc.verify.case import Case
from sealsvc.verify.evidence import Evidence
from sealsvc.verify.findings import DOCUMENT, Finding, noticed

# Signature formats we read. Source: ISO 32000-2 table 255; EN 319 142-1 clause 5.3.
SIGNATURE_FORMATS = frozenset({"ETSI.CAdES.detached", "adbe.pkcs7.detached"})
TIMESTAMP_FORMATS = frozenset({"ETSI.RFC3161"})

# Problems that leave nothing to process; every other problem unknown here is a doubt, so that a
# reader's new code can never make a verdict better.
FATAL_PROBLEMS = frozenset({"CMS_MALFORMED", "CMS_UNREADABLE", "SIGNATURE_UNREADABLE"})
# Problems that describe the document without weakening a signature in it.
HARMLESS_PROBLEMS = frozenset({"TOO_MANY_PAGES_TO_COUNT"})
KNOWN_PROBLEMS = frozenset({"SIGNATURE_OUTSIDE_FORM", "MULTIPLE_SIGNERS", "ENCAPSULATED_CONTENT"})


def check(case: Case) -> tuple[Finding, ...]:
    """Format and coverage of one signature. Source: EN 319 102-1 clause 5.2.2."""
    reading, found = case.reading, []
    formats = TIMESTAMP_FORMATS if reading.is_timestamp else SIGNATURE_FORMATS
    if reading.sub_filter not in formats:
        found.append(noticed("SUBFILTER_UNKNOWN", case.id, sub_filter=reading.sub_filter[:64]))
    for problem in reading.problems:
        found += _problem(problem, case.id, "SIGNATURE_STRUCTURE_DOUBTFUL")
    if reading.coverage is Coverage.PARTIAL:
        found.append(noticed("PARTIAL_COVERAGE", case.id))
    elif reading.coverage is Coverage.UNKNOWN:
        found.append(noticed("COVERAGE_UNKNOWN", case.id))
    return tuple(found)


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
        found += _problem(problem, DOCUMENT, "DOCUMENT_STRUCTURE_DOUBTFUL")
    return tuple(found)


def _problem(problem: ReadingProblem, subject: str, otherwise: str) -> Iterable[Finding]:
    code = problem.code
    if code in HARMLESS_PROBLEMS:
        return
    if code in FATAL_PROBLEMS:
        yield noticed("SIGNATURE_UNREADABLE", subject, problem=code)
    elif code in KNOWN_PROBLEMS:
        yield noticed(code, subject)
    else:
        yield noticed(otherwise, subject, problem=code[:64])
