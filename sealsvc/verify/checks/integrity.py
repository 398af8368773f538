"""Does the signature fit the bytes, and did anything change after it?"""

from collections.abc import Iterable

from sealsvc.documents.values import Change, ChangeClass, Coverage, DigestOutcome, SignatureOutcome
from sealsvc.verify.case import Case
from sealsvc.verify.findings import Finding, noticed

# The only later changes that leave a document unmodified. Form filling and annotations are
# changes to a sealed text even where a permissive DocMDP would allow them.
PERMITTED_CHANGES = frozenset(
    {ChangeClass.NONE, ChangeClass.LONG_TERM_UPDATE, ChangeClass.FURTHER_SEAL}
)

# Findings that mean: content changed after a signature (CONTRACT section 1, MODIFIED).
MODIFICATION_CODES = frozenset(
    {
        "CONTENT_DIGEST_DIFFERS",
        "MODIFIED_AFTER_SIGNING",
        "REVISION_UNACCOUNTED",
        "DOCMDP_VIOLATED",
        "SIGNATURE_REMOVED",
        "OFD_REFERENCE_DIGEST_MISMATCH",
        "OFD_REFERENCE_MISSING",
    }
)

_SAID = {
    ChangeClass.FURTHER_SEAL: "FURTHER_SEAL_ADDED",
    ChangeClass.LONG_TERM_UPDATE: "LONG_TERM_UPDATE_ADDED",
}


def check(case: Case) -> tuple[Finding, ...]:
    """Digest, signature value, and every later change.

    Source: EN 319 102-1 clause 5.2.7; CONTRACT section 1; standards/pdf.md sections 3 and 4.
    """
    return (*_values(case), *_changes(case))


def _values(case: Case) -> Iterable[Finding]:
    match case.reading.digest:
        case DigestOutcome.DIFFERS:
            yield noticed("CONTENT_DIGEST_DIFFERS", case.id)
        case DigestOutcome.NOT_CHECKED:
            yield noticed("CONTENT_DIGEST_NOT_CHECKED", case.id)
    match case.reading.signature:
        case SignatureOutcome.FAILS:
            yield noticed("SIGNATURE_VALUE_WRONG", case.id)
        case SignatureOutcome.NOT_CHECKED:
            yield noticed("SIGNATURE_VALUE_NOT_CHECKED", case.id)


def _changes(case: Case) -> Iterable[Finding]:
    reading = case.reading
    changes = list(reading.changes_after)
    if reading.worst_change not in {change.change_class for change in changes}:
        changes.append(Change(reading.worst_change, None, ""))
    unchecked = reading.digest is DigestOutcome.NOT_CHECKED
    for change in changes:
        if unchecked and change.change_class is ChangeClass.UNREADABLE:
            # Nothing was established that a later revision could have changed.
            yield noticed("CHANGES_NOT_CLASSIFIED", case.id)
        else:
            yield from _change(change, case.id)
    quiet = all(change.change_class is ChangeClass.NONE for change in changes)
    if reading.coverage is Coverage.REVISION and quiet:
        # Bytes follow, yet no revision explains them: junk after the end, for example.
        yield noticed("REVISION_UNACCOUNTED", case.id)
    if reading.docmdp_kept is False:
        yield noticed("DOCMDP_VIOLATED", case.id)


def _change(change: Change, subject: str) -> Iterable[Finding]:
    kind = change.change_class
    if kind not in PERMITTED_CHANGES:
        revision = "?" if change.revision is None else change.revision
        yield noticed("MODIFIED_AFTER_SIGNING", subject, change=kind, revision=revision)
    elif kind in _SAID:
        yield noticed(_SAID[kind], subject)
