"""Reading a PDF: every signature, what it covers, whether it holds, and what came after.

Source: ISO 32000-2, 12.7.5.5, 12.8; ETSI EN 319 142-1; pdf.md sections 3 and 4.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Any

from sealsvc.documents.pdf import byterange, fastread, national
from sealsvc.documents.pdf.appearance import find_picture
from sealsvc.documents.pdf.changes import ChangeReport, SignedState, classify
from sealsvc.documents.pdf.cms import CmsReading, read_cms
from sealsvc.documents.pdf.errors import DocumentUnreadable
from sealsvc.documents.pdf.fields import Form, FormField, read_form
from sealsvc.documents.pdf.geometry import Page, pages_of
from sealsvc.documents.pdf.mdp import Permissions, read_permissions
from sealsvc.documents.pdf.opening import (
    OpenedDocument,
    as_array,
    as_dictionary,
    attempt,
    entry,
    open_document,
    raw,
)
from sealsvc.documents.pdf.pyhanko_api import generic
from sealsvc.documents.pdf.revision import object_span
from sealsvc.documents.pdf.tokens import accuracy_us, read_tokens
from sealsvc.documents.values import (
    Change,
    ChangeClass,
    Coverage,
    DigestOutcome,
    DocumentReading,
    ReadingProblem,
    SealPicture,
    SignatureOutcome,
    SignatureReading,
)

CADES = "ETSI.CAdES.detached"
TIMESTAMP = "ETSI.RFC3161"
ADOBE = "adbe.pkcs7.detached"
KNOWN_SUB_FILTERS = frozenset({CADES, TIMESTAMP, ADOBE}) | national.SUB_FILTERS
MAX_SIGNATURES = 100
MAX_REVISIONS = 200
SIGNATURE_MARK = re.compile(rb"/ByteRange[\0\t\n\f\r ]*\[")


@dataclass
class _Signature:
    """One signature on its way to a SignatureReading."""

    field: FormField
    sub_filter: str
    is_timestamp: bool
    revision: int | None
    covered: byterange.CoveredBytes
    coverage: Coverage
    cms: CmsReading
    permissions: Permissions
    picture: SealPicture | None
    problems: list[ReadingProblem]
    accuracy_us: int = 0

    @property
    def intact(self) -> bool:
        held = self.cms.digest is DigestOutcome.MATCHES
        return held and self.cms.signature is SignatureOutcome.VERIFIES


@dataclass(frozen=True)
class _Store:
    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


def read(data: bytes) -> DocumentReading:
    """All that the bytes alone say of a PDF's signatures.

    Files in which every check holds are read fast, with the same outcome.
    Raises: DocumentEncrypted, DocumentUnreadable.
    """
    found = fastread.read(data)
    return read_in_full(data) if found is None else found


def read_with_digest(data: bytes) -> tuple[DocumentReading, str]:
    """As `read`, and the hex SHA-256 of the file, in one pass over it where that is possible.

    Raises: DocumentEncrypted, DocumentUnreadable.
    """
    found = fastread.read_with_digest(data)
    return found if found is not None else (read_in_full(data), sha256(data).hexdigest())


def read_in_full(data: bytes) -> DocumentReading:
    """The same for every file, by pyHanko and by rules that look at each object.

    Raises: DocumentEncrypted, DocumentUnreadable.
    """
    return read_opened(open_document(data))


def read_opened(opened: OpenedDocument) -> DocumentReading:
    """The same of a file that is open already. Raises: DocumentUnreadable."""
    problems = list(opened.problems)
    unread, no_pages = Form(), list[Page]()
    form = attempt(problems, "FORM_UNREADABLE", unread, lambda: read_form(opened.reader))
    problems += form.problems
    pages = attempt(problems, "PAGES_UNREADABLE", no_pages, lambda: pages_of(opened.reader))
    if form is unread and not pages:
        raise DocumentUnreadable(reason="form and pages")
    fields = form.signed()
    if len(fields) > MAX_SIGNATURES:
        problems.append(ReadingProblem("SIGNATURES_TOO_MANY", str(len(fields))))
    signatures = [_read_signature(opened, pages, one) for one in fields[:MAX_SIGNATURES]]
    signatures.sort(key=_signing_order)
    nothing: tuple[tuple[str, Any], ...] = ()
    earlier = attempt(
        problems, "EARLIER_REVISIONS", nothing, lambda: _earlier(opened, fields, problems)
    )
    problems += _outside_form(opened, signatures, earlier)
    reports = _changes(opened, signatures)
    store = attempt(problems, "DSS_UNREADABLE", _Store(), lambda: _security_store(opened.reader))
    return DocumentReading(
        kind="pdf",
        size_bytes=len(opened.data),
        page_count=len(pages),
        revision_count=opened.reader.xrefs.total_revisions,
        signatures=tuple(
            _finished(one, report, store) for one, report in zip(signatures, reports, strict=True)
        ),
        earlier_signatures=tuple(name for name, _ in earlier),
        problems=tuple(dict.fromkeys(problems)),
    )


def _signing_order(signature: _Signature) -> tuple[int, int]:
    revision = signature.revision if signature.revision is not None else 1 << 30
    return (revision, signature.covered.end)


def _read_signature(opened: OpenedDocument, pages: list[Page], field: FormField) -> _Signature:
    problems: list[ReadingProblem] = []
    value = field.value if isinstance(field.value, generic.DictionaryObject) else None
    if value is None:
        problems.append(ReadingProblem("SIGNATURE_MALFORMED"))
        value = generic.DictionaryObject()
    if field.field_type != "/Sig":
        problems.append(ReadingProblem("FIELD_TYPE_MISSING"))
    sub_filter = attempt(problems, "SUBFILTER_UNKNOWN", "", lambda: _name(value, "/SubFilter"))
    kind = attempt(problems, "SIGNATURE_MALFORMED", "", lambda: _name(value, "/Type"))
    contents = attempt(problems, "CONTENTS_UNREADABLE", None, lambda: _contents(value))
    covered = attempt(
        problems,
        "BYTE_RANGE_MALFORMED",
        byterange.CoveredBytes((), None, 0, ()),
        lambda: byterange.read_byte_range(opened.data, value, contents),
    )
    problems += covered.problems
    revision, span = _place(opened, field, problems)
    outside = byterange.inside_object(opened.data, covered, span)
    problems += outside
    coverage = byterange.coverage_of(opened.reader, covered, revision, len(opened.data))
    if outside and coverage is not Coverage.UNKNOWN:
        coverage = Coverage.PARTIAL
    is_timestamp = kind == "DocTimeStamp" or sub_filter == TIMESTAMP
    cms = _check(sub_filter, contents, covered.covered, is_timestamp)
    nothing = Permissions(None, None, None)
    permissions = attempt(
        problems, "PERMISSIONS_UNREADABLE", nothing, lambda: read_permissions(field, value)
    )
    picture = attempt(problems, "PICTURE_UNREADABLE", None, lambda: find_picture(field, pages))
    if cms.claimed_at is None:
        cms.claimed_at = attempt(
            problems, "SIGNING_TIME_UNREADABLE", None, lambda: _claimed_time(value)
        )
    return _Signature(
        field,
        sub_filter,
        is_timestamp,
        revision,
        covered,
        coverage,
        cms,
        permissions,
        picture,
        problems,
        accuracy_us(contents) if is_timestamp and contents else 0,
    )


def _check(
    sub_filter: str, contents: bytes | None, covered: bytes | None, is_timestamp: bool
) -> CmsReading:
    if sub_filter not in KNOWN_SUB_FILTERS:
        return CmsReading(problems=[ReadingProblem("SUBFILTER_UNKNOWN", sub_filter[:60])])
    if contents is None or not contents.strip(b"\0"):
        return CmsReading(problems=[ReadingProblem("CONTENTS_EMPTY")])
    # Seal signatures are met under Adobe's name too (ofd.md section 10).
    adopted = sub_filter == ADOBE and national.is_seal_signature(contents)
    if adopted or sub_filter in national.SUB_FILTERS:
        return national.read_national(contents, covered)
    return read_cms(contents, covered, timestamp=is_timestamp, cades=sub_filter == CADES)


def _name(dictionary: Any, key: str) -> str:
    value = entry(dictionary, key)
    return "" if value is None else str(value).removeprefix("/")


def _contents(signature: Any) -> bytes | None:
    value = entry(signature, "/Contents")
    original = getattr(value, "original_bytes", None)
    return bytes(original) if original is not None else None


def _place(
    opened: OpenedDocument, field: FormField, problems: list[ReadingProblem]
) -> tuple[int | None, tuple[int, int] | None]:
    """The 0-based revision that wrote the value last, and the offsets of its object."""
    ref = field.value_ref if field.value_ref is not None else field.ref
    if field.value_ref is None:
        problems.append(ReadingProblem("SIGNATURE_VALUE_DIRECT"))
    if ref is None:
        return None, None
    xrefs = opened.reader.xrefs
    revision = attempt(problems, "SIGNATURE_MALFORMED", None, lambda: xrefs.get_last_change(ref))
    marker = xrefs[ref]
    if not isinstance(marker, int):
        return revision, None
    span = attempt(
        problems, "SIGNATURE_MALFORMED", None, lambda: object_span(opened.reader, ref, marker)
    )
    return revision, span


def _claimed_time(signature: Any) -> datetime | None:
    written = entry(signature, "/M")
    if written is None:
        return None
    found: datetime = generic.parse_pdf_date(written, strict=False)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _changes(opened: OpenedDocument, signatures: list[_Signature]) -> list[ChangeReport]:
    """What came after each; of a signature of an unknown kind nobody can say what it covers."""
    reports = classify(opened.data, opened.reader, [_state(one) for one in signatures])
    unknown = Change(ChangeClass.UNREADABLE, None, "a signature of an unknown kind")
    return [
        report if one.sub_filter in KNOWN_SUB_FILTERS else ChangeReport((unknown,), report.kept)
        for one, report in zip(signatures, reports, strict=True)
    ]


def _state(signature: _Signature) -> SignedState:
    return SignedState(
        field=signature.field,
        revision=signature.revision,
        coverage=signature.coverage,
        covered_end=signature.covered.end,
        intact=signature.intact,
        is_timestamp=signature.is_timestamp,
        docmdp=signature.permissions.docmdp,
        permissions=signature.permissions.level,
        locked=signature.permissions.locked,
    )


def _earlier(
    opened: OpenedDocument, today: list[FormField], problems: list[ReadingProblem]
) -> tuple[tuple[str, Any], ...]:
    """Names and value references of signatures that an older revision had and today's has not."""
    xrefs = opened.reader.xrefs
    kept = {(one.name, one.value_ref) for one in today}
    total = int(xrefs.total_revisions)
    if total > MAX_REVISIONS:
        problems.append(ReadingProblem("REVISIONS_TOO_MANY", str(total)))
    lost: dict[tuple[str, Any], None] = {}
    for number in range(min(total, MAX_REVISIONS) - 1):
        # A linearised file's first section is no readable document of its own.
        form = attempt([], "", Form(), partial(_form_at, opened, number))
        for one in form.signed():
            replaced = one.value_ref is not None and xrefs.get_historical_ref(
                one.value_ref, number
            ) != xrefs.get_historical_ref(one.value_ref, total - 1)
            if (one.name, one.value_ref) not in kept or replaced:
                lost[(one.name, one.value_ref)] = None
    return tuple(lost)


def _form_at(opened: OpenedDocument, number: int) -> Form:
    return read_form(opened.reader.get_historical_resolver(number))


def _outside_form(
    opened: OpenedDocument, signatures: list[_Signature], earlier: tuple[tuple[str, Any], ...]
) -> Iterator[ReadingProblem]:
    """Signature dictionaries in the bytes that no form field of any revision leads to."""
    spans = list(_known_spans(opened, signatures, earlier))
    for match in SIGNATURE_MARK.finditer(opened.data):
        if not any(first <= match.start() < last for first, last in spans):
            yield ReadingProblem("SIGNATURE_OUTSIDE_FORM")
            return


def _known_spans(
    opened: OpenedDocument, signatures: list[_Signature], earlier: tuple[tuple[str, Any], ...]
) -> Iterator[tuple[int, int]]:
    xrefs = opened.reader.xrefs
    refs = {one.field.value_ref or one.field.ref for one in signatures}
    refs |= {ref for _, ref in earlier}
    for ref in refs - {None}:
        markers = {xrefs.get_historical_ref(ref, number) for number in range(xrefs.total_revisions)}
        for marker in markers:
            if isinstance(marker, int):
                # The span of a broken object stays unknown: its mark then stands outside.
                span = partial(object_span, opened.reader, ref, marker)
                yield attempt([], "", (0, 0), span)


def _security_store(reader: Any) -> _Store:
    store = as_dictionary(raw(reader.root, "/DSS"))
    if store is None:
        return _Store()
    return _Store(*(_streams(store, key) for key in ("/Certs", "/CRLs", "/OCSPs")))


def _streams(store: Any, key: str) -> tuple[bytes, ...]:
    array = as_array(raw(store, key))
    streams = [] if array is None else [as_dictionary(one) for one in list(array)[:256]]
    return tuple(bytes(one.data) for one in streams if isinstance(one, generic.StreamObject))


def _finished(signature: _Signature, report: ChangeReport, store: _Store) -> SignatureReading:
    cms = signature.cms
    value_sha256 = sha256(cms.signature_value).hexdigest() if cms.signature_value else None
    identity = value_sha256 or sha256(signature.field.name.encode("utf-8", "replace")).hexdigest()
    others = dict.fromkeys(cms.certificates_der + store.certificates)
    return SignatureReading(
        id=f"S-{identity[:16]}",
        field_name=signature.field.name,
        is_timestamp=signature.is_timestamp,
        sub_filter=signature.sub_filter,
        revision=(signature.revision if signature.revision is not None else -1) + 1,
        byte_range=signature.covered.ranges,
        coverage=signature.coverage,
        digest=cms.digest,
        signature=cms.signature,
        digest_algorithm=cms.digest_algorithm,
        signature_algorithm=cms.signature_algorithm,
        signature_algorithm_oid=cms.signature_algorithm_oid,
        signer_certificate_der=cms.signer_der,
        certificates_der=tuple(der for der in others if der != cms.signer_der),
        claimed_at=cms.claimed_at,
        signature_sha256=value_sha256,
        docmdp=signature.permissions.docmdp,
        docmdp_kept=report.kept,
        changes_after=report.changes,
        worst_change=report.worst,
        picture=signature.picture,
        crls_der=tuple(dict.fromkeys(cms.crls_der + store.crls)),
        ocsps_der=tuple(dict.fromkeys(cms.ocsps_der + store.ocsps)),
        timestamp_token_der=next(iter(cms.signature_stamps_der), None),
        problems=tuple(dict.fromkeys([*signature.problems, *cms.problems])),
        timestamps=read_tokens(cms, signature.covered.covered),
        imprint_algorithm=cms.imprint_algorithm,
        binding_digest=cms.binding_digest,
        eseal=cms.eseal,
        accuracy_us=signature.accuracy_us,
    )
