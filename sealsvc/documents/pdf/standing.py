"""What a sealer must know of earlier signatures, for files with one that covers the file.

`read_for_seal` gives a reading whose decisive members are those of the general reader: which
signature is there, what it covers and permits, whether it holds. What only tells about a signature
(picture, time, time-stamps, names, problems) is left out, so the reading is for sealing alone.
Whatever is not as expected is read in full. Source: pdf.md sections 3 and 4; ISO 32000-2, 12.8.
"""

import re
from binascii import unhexlify
from typing import NamedTuple

from sealsvc.documents.pdf.addition import MAX_FIELDS, is_plain_name
from sealsvc.documents.pdf.fast.form import PdfField, read_form
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import Structure, understand
from sealsvc.documents.pdf.fast.tokens import Dictionary, as_reference
from sealsvc.documents.pdf.fast.xref import Section
from sealsvc.documents.pdf.fastread.marks import count
from sealsvc.documents.pdf.fastread.objects import span_of
from sealsvc.documents.pdf.standing_cms import Signed, check_cms
from sealsvc.documents.values import (
    ChangeClass,
    Coverage,
    DigestOutcome,
    DocumentReading,
    SignatureOutcome,
    SignatureReading,
)

MAX_CONTENTS = 1 << 21
MAX_OLDER = 32
BEFORE_CONTENTS = 64
_MARK = b"/ByteRange"
_WHITE = b"\0\t\n\f\r "
_CADES = b"/ETSI.CAdES.detached"
_SUB_FILTERS = {_CADES: "ETSI.CAdES.detached", b"/adbe.pkcs7.detached": "adbe.pkcs7.detached"}
_RANGE = re.compile(
    rb"\[[\0\t\n\f\r ]*+0{1,12}+[\0\t\n\f\r ]++([0-9]{1,12}+)[\0\t\n\f\r ]++([0-9]{1,12}+)"
    rb"[\0\t\n\f\r ]++([0-9]{1,12}+)[\0\t\n\f\r ]*+\]"
)


class _Value(NamedTuple):
    """A signature's value. hole: offsets of /Contents with its brackets, the rest is covered."""

    sub_filter: bytes
    hole: tuple[int, int]
    contents: bytes


def read_for_seal(data: bytes, structure: Structure | None = None) -> DocumentReading:
    """The reading that decides whether a file may take a further seal.

    structure: of the data, where the caller has it. Raises: DocumentEncrypted, DocumentUnreadable.
    """
    found = lone_signature(data, structure)
    if found is not None:
        return found
    # pyHanko only where it is wanted: the import costs most of a second.
    from sealsvc.documents.pdf.reader import read

    return read(data)


def lone_signature(data: bytes, structure: Structure | None = None) -> DocumentReading | None:
    """The reading of a file whose one signature holds, covers it all and restricts nothing.

    None for every other file; never raises but for lack of memory.
    """
    try:
        return _read(data, structure)
    except MemoryError:
        raise
    except Exception:  # whatever it is, the general reader decides then
        return None


def _read(data: bytes, structure: Structure | None = None) -> DocumentReading:
    """Raises: NotUnderstood."""
    newest = understand(data) if structure is None else structure
    form = read_form(newest)
    signed = [] if form is None else form.signed()
    if form is None or len(signed) != 1 or len(form.fields) > MAX_FIELDS:
        raise NotUnderstood("signatures")
    field = signed[0]
    value = _value(newest, field)
    if count(data, _MARK, 0, len(data)) != 1:
        raise NotUnderstood("signature outside the form")
    _refuse_older(newest)
    start, stop = value.hole
    covered = memoryview(data)[:start], memoryview(data)[stop:]
    cms = check_cms(value.contents, covered, cades=value.sub_filter == _CADES)
    signature = _signature(field.name, _SUB_FILTERS[value.sub_filter], value.hole, len(data), cms)
    return DocumentReading(
        kind="pdf",
        size_bytes=len(data),
        page_count=0,
        revision_count=len(newest.sections),
        signatures=(signature,),
        earlier_signatures=(),
        problems=(),
    )


def _value(structure: Structure, field: PdfField) -> _Value:
    """The signature dictionary of a field without locks. Raises: NotUnderstood."""
    if {b"Lock", b"Parent"} & field.dictionary.entries.keys() or not is_plain_name(field):
        raise NotUnderstood("field entry")
    reference = as_reference(field.dictionary.get(b"V"))
    if reference is None or not field.is_signature:
        raise NotUnderstood("value of a field")
    holder = structure.object(reference)
    dictionary = holder.dictionary
    if dictionary is None or holder.compressed or holder.is_stream:
        raise NotUnderstood("signature dictionary")
    if structure.sections[0].entry(reference[0]) is None:
        raise NotUnderstood("revision of the signature")
    entries = dictionary.entries
    sub_filter = entries.get(b"SubFilter", b"")
    if b"Reference" in entries or entries.get(b"Type", b"/Sig") != b"/Sig":
        raise NotUnderstood("signature entries")
    if sub_filter not in _SUB_FILTERS:
        raise NotUnderstood("SubFilter")
    span = span_of(structure, holder)
    hole, contents = _contents(structure.data, dictionary, span.value_at)
    return _Value(sub_filter, hole, contents)


def _contents(data: bytes, dictionary: Dictionary, value_at: int) -> tuple[tuple[int, int], bytes]:
    """The gap must be exactly the token of /Contents, and all else to the last byte covered."""
    match = _RANGE.fullmatch(dictionary.entries.get(b"ByteRange", b""))
    if match is None:
        raise NotUnderstood("ByteRange")
    start, stop, rest = map(int, match.groups())
    value = dictionary.entries.get(b"Contents", b"")
    if stop + rest != len(data) or not 4 <= len(value) <= MAX_CONTENTS:
        raise NotUnderstood("ByteRange")
    at = start - value_at
    if at < 0 or data[start:stop] != value or not dictionary.raw.startswith(value, at):
        raise NotUnderstood("gap of the ByteRange")
    before = data[max(0, start - BEFORE_CONTENTS) : start].rstrip(_WHITE)
    if value[:1] != b"<" or value[-1:] != b">" or not before.endswith(b"/Contents"):
        raise NotUnderstood("gap of the ByteRange")
    if dictionary.raw.count(value) != 1:
        raise NotUnderstood("gap of the ByteRange")
    # Unlike `fromhex` it takes no white space, which the token may not hold here.
    return (start, stop), unhexlify(value[1:-1])


def _refuse_older(newest: Structure) -> None:
    """A signature that an older revision had is for the general reader (section 4 rule h)."""
    older = newest.older()
    if len(older) > MAX_OLDER:
        raise NotUnderstood("revisions")
    # Of a linearised base pyHanko makes two revisions; the lower must show nothing of its own.
    if len(older) != len(newest.sections) - 1 and not _are_apart(*newest.sections[-2:]):
        raise NotUnderstood("linearised base")
    for state in older:
        form = read_form(state)
        if form is not None and form.signed():
            raise NotUnderstood("signature of an older revision")


def _are_apart(upper: Section, lower: Section) -> bool:
    """Whether two sections describe different objects of one catalog."""
    for first, size, _ in lower.runs:
        for other, length, _ in upper.runs:
            if max(first, other, 1) < min(first + size, other + length):
                return False
    return lower.trailer.get(b"Root") in (None, upper.trailer.get(b"Root"))


def _signature(
    name: str, sub_filter: str, hole: tuple[int, int], size: int, cms: Signed
) -> SignatureReading:
    return SignatureReading(
        id=f"S-{cms.value_sha256[:16]}",
        field_name=name,
        is_timestamp=False,
        sub_filter=sub_filter,
        revision=0,
        byte_range=(0, hole[0], hole[1], size - hole[1]),
        coverage=Coverage.FILE,
        digest=DigestOutcome.MATCHES,
        signature=SignatureOutcome.VERIFIES,
        digest_algorithm=cms.digest,
        signature_algorithm=None,
        signature_algorithm_oid=None,
        signer_certificate_der=cms.signer_der,
        certificates_der=(),
        claimed_at=None,
        signature_sha256=cms.value_sha256,
        docmdp=None,
        docmdp_kept=None,
        changes_after=(),
        worst_change=ChangeClass.NONE,
        picture=None,
        crls_der=(),
        ocsps_der=(),
        timestamp_token_der=None,
        problems=(),
    )
