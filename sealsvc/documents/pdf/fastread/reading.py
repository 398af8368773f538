"""The reading of a file in which every check holds, or None.

One more way to gather what the bytes say, not a second judge: where it answers, the answer is
equal, member by member, to the general reader's (tests hold the two together).
Source: pdf.md sections 3 and 4; ISO 32000-2, 12.8.
"""

from dataclasses import dataclass, field
from hashlib import sha256

from sealsvc.documents.pdf.fast.form import PdfField, PdfForm, read_form
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import Structure, understand
from sealsvc.documents.pdf.fast.tokens import as_reference
from sealsvc.documents.pdf.fastread.algorithms import RunningDigest, start_digest
from sealsvc.documents.pdf.fastread.cms import SealCms, read_seal_cms
from sealsvc.documents.pdf.fastread.dictionary import SealDictionary, read_seal_dictionary
from sealsvc.documents.pdf.fastread.further import Added, Step, check_step
from sealsvc.documents.pdf.fastread.marks import count_outside
from sealsvc.documents.pdf.fastread.pagetree import Pages
from sealsvc.documents.pdf.fastread.picture import picture_of
from sealsvc.documents.pdf.fastread.soundness import (
    end_mark,
    refuse_dangling,
    refuse_odd,
    refuse_unreadable,
)
from sealsvc.documents.values import (
    Change,
    ChangeClass,
    ChangedKind,
    ChangedObject,
    Coverage,
    DigestOutcome,
    DocumentReading,
    SignatureOutcome,
    SignatureReading,
)

MAX_SEALS = 20
"""Of more, the general reader does not name every change."""
MAX_FIELDS = 1_000
MAX_OLDER = 32

_MARK = b"/ByteRange"
_FIELD_KEYS = frozenset(
    {b"Type", b"Subtype", b"FT", b"T", b"TU", b"TM", b"V", b"AP", b"F", b"Ff", b"Rect", b"P"}
    | {b"BS", b"Border", b"DA", b"DR", b"H", b"NM", b"M", b"MK", b"Q", b"StructParent"}
)


@dataclass(slots=True)
class _Seal:
    """One signature on its way. revision: 0-based, chronological; added: what its step did."""

    field: PdfField
    dictionary: SealDictionary
    revision: int
    cms: SealCms | None = None
    added: Added | None = None


@dataclass(slots=True)
class _File:
    """A file being read. states: of the revisions in order of time; missing: not wanted yet."""

    data: bytes
    newest: Structure
    form: PdfForm
    pages: Pages
    seals: list[_Seal] = field(default_factory=list)
    states: dict[int, Structure] = field(default_factory=dict)
    document_sha256: str = ""

    @property
    def last(self) -> int:
        """The newest revision."""
        return len(self.newest.sections) - 1


def read(data: bytes) -> DocumentReading | None:
    """All that the bytes say of a file whose every signature passes every check; else None.

    Never raises but for lack of memory.
    """
    found = read_with_digest(data)
    return None if found is None else found[0]


def read_with_digest(data: bytes) -> tuple[DocumentReading, str] | None:
    """The same and the hex SHA-256 of the file, which costs next to nothing beside it."""
    try:
        return _read(data)
    except MemoryError:
        raise
    except Exception:  # whatever it is, the ordinary reader decides then
        return None


def _read(data: bytes) -> tuple[DocumentReading, str]:
    newest = understand(data)
    form = read_form(newest)
    signed = [] if form is None else form.signed()
    if form is None or not 0 < len(signed) <= MAX_SEALS or len(form.fields) > MAX_FIELDS:
        raise NotUnderstood("signatures")
    refuse_odd(newest)
    file = _File(data, newest, form, Pages(newest))
    file.seals = [_seal(newest, one) for one in signed]
    file.seals.sort(key=lambda one: (one.revision, one.dictionary.end))
    _check_places(file)
    _check_permissions(file)
    _check_older(file)
    _check_values(file)
    if len(file.seals) > 1:
        _check_steps(file)
    return _reading(file), file.document_sha256


def _seal(structure: Structure, one: PdfField) -> _Seal:
    entries = one.dictionary.entries
    if not entries.keys() <= _FIELD_KEYS or one.object.compressed:
        raise NotUnderstood("field entry")
    if not _is_plain_name(one):
        raise NotUnderstood("name of a field")
    dictionary = read_seal_dictionary(structure, one)
    number = dictionary.reference[0]
    for place, section in enumerate(structure.sections):
        if section.entry(number) is not None:
            return _Seal(one, dictionary, len(structure.sections) - 1 - place)
    raise NotUnderstood("signature dictionary")


def _is_plain_name(one: PdfField) -> bool:
    """Decoded by all alike: printable ASCII, or UTF-16 of printable characters."""
    raw, name = one.dictionary.get(b"T") or b"", one.name
    if not name or not name.isprintable():
        return False
    return name.isascii() or raw[:5].upper() == b"<FEFF" or raw[:3] == b"(\xfe\xff"


def _check_places(file: _File) -> None:
    """One signature to a revision, the last to the end of the file (section 4 rule a)."""
    first = file.seals[0].revision
    ends = [one.dictionary.end for one in file.seals]
    if [one.revision for one in file.seals] != list(range(first, file.last + 1)):
        raise NotUnderstood("revisions of the signatures")
    if ends[-1] != len(file.data) or ends != sorted(set(ends)):
        raise NotUnderstood("coverage")
    for one in file.seals:
        section = file.newest.sections[file.last - one.revision]
        if end_mark(file.data, one.dictionary.end) != section.offset:
            raise NotUnderstood("end of a revision")
    # Whatever else looks like a signature is for the general reader. Between its brackets
    # /Contents has only digits.
    holes = [one.dictionary.hole for one in file.seals]
    if count_outside(file.data, _MARK, holes) != len(file.seals):
        raise NotUnderstood("signature outside the form")
    if len({one.dictionary.reference for one in file.seals}) != len(file.seals):
        raise NotUnderstood("value of two fields")


def _check_permissions(file: _File) -> None:
    """DocMDP of the first signature only, in agreement with the catalog (12.8.2.2, 12.8.4)."""
    catalog = file.newest.catalog.dictionary
    if catalog is None or b"DSS" in catalog.entries:
        raise NotUnderstood("security store")
    certifies = file.seals[0].dictionary.docmdp is not None
    if any(one.dictionary.docmdp is not None for one in file.seals[1:]):
        raise NotUnderstood("DocMDP")
    stated = catalog.get(b"Perms")
    if stated is None:
        if certifies:
            raise NotUnderstood("Perms")
        return
    permissions = file.newest.resolve_dictionary(stated)
    if not certifies or permissions is None or permissions.entries.keys() != {b"DocMDP"}:
        raise NotUnderstood("Perms")
    named = as_reference(permissions.entries[b"DocMDP"])
    if named != file.seals[0].dictionary.reference:
        raise NotUnderstood("Perms")


def _check_older(file: _File) -> None:
    """No signature in a revision before the first of today's (section 4 rule h)."""
    first = file.seals[0].revision
    file.states[file.last] = file.newest
    older = file.newest.older()
    if len(older) > MAX_OLDER:
        raise NotUnderstood("revisions")
    for place, state in enumerate(older, 1):
        number = file.last - place
        file.states[number] = state
        if number >= first:
            continue  # its fields are today's, as the steps between change no other
        form = read_form(state)
        if form is not None and form.signed():
            raise NotUnderstood("signature of an older revision")


def _check_values(file: _File) -> None:
    """Every digest, in one pass over the file, and every value."""
    view = memoryview(file.data)
    running: dict[str, tuple[RunningDigest, int]] = {}
    for one in file.seals:
        cms = one.cms = read_seal_cms(one.dictionary.contents)
        start, stop = one.dictionary.hole
        digest, at = running.get(cms.digest) or (start_digest(cms.digest), 0)
        if at > start:
            raise NotUnderstood("order of the signatures")
        digest.update(view[at:start])
        final = one is file.seals[-1]
        if final and cms.digest == "sha256":
            whole = digest.copy()
            whole.update(view[start:])
            file.document_sha256 = whole.digest().hex()
        own = digest if final else digest.copy()
        own.update(view[stop : one.dictionary.end])
        if own.digest() != cms.message_digest:
            raise NotUnderstood("digest")
        running[cms.digest] = digest, start
    file.document_sha256 = file.document_sha256 or sha256(file.data).hexdigest()
    values = {one.cms.signature_value for one in file.seals if one.cms is not None}
    if len(values) != len(file.seals):
        raise NotUnderstood("value of two signatures")


def _check_steps(file: _File) -> None:
    """Every later revision is one further seal (section 4)."""
    first = file.seals[0]
    level = first.dictionary.docmdp
    base = file.states.get(first.revision)
    if level == 1 or base is None:
        raise NotUnderstood("permissions")
    refuse_dangling(base, first.dictionary.end, refuse_unreadable(base))
    names = [one.name for one in file.form.fields]
    for before, one in zip(file.seals, file.seals[1:], strict=False):
        if names.count(one.field.name) != 1:
            raise NotUnderstood("name of a field")
        step = Step(
            file.states[before.revision],
            file.states[one.revision],
            before.dictionary.end,
            one.dictionary.end,
            one.dictionary,
            one.field,
        )
        one.added = check_step(step, file.pages)
        if level is not None and one.added.new_field:
            raise NotUnderstood("new field after a certification")


def _reading(file: _File) -> DocumentReading:
    changes = tuple(_change(one) for one in file.seals[1:])
    return DocumentReading(
        kind="pdf",
        size_bytes=len(file.data),
        page_count=len(file.pages.leaves),
        revision_count=len(file.newest.sections),
        signatures=tuple(
            _signature(file, one, changes[place:]) for place, one in enumerate(file.seals)
        ),
        earlier_signatures=(),
        problems=(),
    )


def _change(one: _Seal) -> Change:
    from sealsvc.documents.pdf.naming import shown_name

    name = shown_name(one.field.name)
    page = None if one.added is None or one.added.page is None else one.added.page + 1
    return Change(
        ChangeClass.FURTHER_SEAL,
        one.revision + 1,
        f"signature in field {name or '?'}",
        (ChangedObject(ChangedKind.SIGNATURE_ADDED, page, name),),
    )


def _signature(file: _File, one: _Seal, changes: tuple[Change, ...]) -> SignatureReading:
    cms, dictionary = one.cms, one.dictionary
    if cms is None:
        raise NotUnderstood("signature")
    value = sha256(cms.signature_value).hexdigest()
    written = cms.claimed_at if cms.claimed_at is not None else dictionary.written_at
    return SignatureReading(
        id=f"S-{value[:16]}",
        field_name=one.field.name,
        is_timestamp=False,
        sub_filter=dictionary.sub_filter,
        revision=one.revision + 1,
        byte_range=dictionary.byte_range,
        coverage=Coverage.REVISION if changes else Coverage.FILE,
        digest=DigestOutcome.MATCHES,
        signature=SignatureOutcome.VERIFIES,
        digest_algorithm=cms.digest,
        signature_algorithm=cms.algorithm.name,
        signature_algorithm_oid=cms.algorithm.oid,
        signer_certificate_der=cms.signer_der,
        certificates_der=cms.certificates_der,
        claimed_at=written,
        signature_sha256=value,
        docmdp=dictionary.docmdp,
        docmdp_kept=None if dictionary.docmdp is None else True,
        changes_after=changes,
        worst_change=ChangeClass.FURTHER_SEAL if changes else ChangeClass.NONE,
        picture=picture_of(file.newest, file.pages, one.field),
        crls_der=(),
        ocsps_der=(),
        timestamp_token_der=None,
        problems=(),
        binding_digest=cms.binding_digest,
    )
