"""One signature dictionary and its place in the bytes.

Source: ISO 32000-2, 12.8.1 (table 255), 12.8.2.2 (DocMDP), 7.9.4 (dates); pdf.md section 3.
"""

import re
from binascii import unhexlify
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from sealsvc.documents.pdf.fast.form import PdfField
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.strings import decode_string
from sealsvc.documents.pdf.fast.structure import Structure
from sealsvc.documents.pdf.fast.tokens import (
    Dictionary,
    Reference,
    array_items,
    as_integer,
    as_reference,
    read_dictionary,
)
from sealsvc.documents.pdf.fastread.objects import ObjectSpan, span_of

MAX_CONTENTS = 1 << 21
BEFORE_CONTENTS = 64
_SUB_FILTERS = {
    b"/ETSI.CAdES.detached": "ETSI.CAdES.detached",
    b"/adbe.pkcs7.detached": "adbe.pkcs7.detached",
}
_KEYS = frozenset(
    {b"Type", b"Filter", b"SubFilter", b"Contents", b"ByteRange", b"Reference", b"Name", b"M"}
    | {b"Location", b"Reason", b"ContactInfo", b"Prop_Build", b"Prop_AuthTime", b"Prop_AuthType"}
)
_NEEDED = frozenset({b"Type", b"Filter", b"SubFilter", b"Contents", b"ByteRange"})
_REFERENCE_KEYS = frozenset({b"Type", b"TransformMethod", b"TransformParams"})
_PARAMETER_KEYS = frozenset({b"Type", b"P", b"V"})
# As our own writer spells it; any other spelling is read token by token.
_USUAL_PERMISSIONS = re.compile(
    rb"\[<</Type/SigRef/TransformMethod/DocMDP"
    rb"/TransformParams<</Type/TransformParams/V/1\.2/P ([123])>>>>\]"
)
_DATE = re.compile(
    rb"D:([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})"
    rb"(?:Z|([+-])([0-9]{2})'([0-9]{2})'?)"
)
_RANGE = re.compile(
    rb"\[[\0\t\n\f\r ]*+0[\0\t\n\f\r ]++([0-9]{1,12}+)[\0\t\n\f\r ]++([0-9]{1,12}+)"
    rb"[\0\t\n\f\r ]++([0-9]{1,12}+)[\0\t\n\f\r ]*+\]"
)


class SealDictionary(NamedTuple):
    """A signature dictionary as it stands. hole: offsets of /Contents with its brackets.

    byte_range: as written; end: of the covered bytes; contents: decoded; docmdp: 1..3 or None;
    written_at: /M.
    """

    reference: Reference
    span: ObjectSpan
    sub_filter: str
    byte_range: tuple[int, int, int, int]
    contents: bytes
    docmdp: int | None
    written_at: datetime | None

    @property
    def hole(self) -> tuple[int, int]:
        """Offsets of the value in the file."""
        return self.byte_range[1], self.byte_range[2]

    @property
    def end(self) -> int:
        """First byte behind what is covered."""
        return self.byte_range[2] + self.byte_range[3]


def read_seal_dictionary(structure: Structure, field: PdfField) -> SealDictionary:
    """The value of a signed field. Raises: NotUnderstood."""
    reference = as_reference(field.dictionary.get(b"V"))
    if reference is None or not field.is_signature:
        raise NotUnderstood("value of a field")
    holder = structure.object(reference)
    dictionary = holder.dictionary
    if dictionary is None or holder.compressed or holder.is_stream:
        raise NotUnderstood("signature dictionary")
    entries = dictionary.entries
    keys = entries.keys()
    if not _NEEDED <= keys <= _KEYS or entries[b"Type"] != b"/Sig":
        raise NotUnderstood("signature entries")
    sub_filter = _SUB_FILTERS.get(entries[b"SubFilter"])
    if sub_filter is None or entries[b"Filter"][:1] != b"/":
        raise NotUnderstood("SubFilter")
    span = span_of(structure, holder)
    byte_range = _byte_range(entries[b"ByteRange"], len(structure.data))
    contents = _contents(structure.data, dictionary, span, byte_range)
    stated = entries.get(b"Reference")
    written = entries.get(b"M")
    return SealDictionary(
        reference,
        span,
        sub_filter,
        byte_range,
        contents,
        None if stated is None else _permissions(stated),
        None if written is None else parse_date(decode_string(written)),
    )


def _byte_range(raw: bytes, size: int) -> tuple[int, int, int, int]:
    match = _RANGE.fullmatch(raw)
    if match is None:
        raise NotUnderstood("ByteRange")
    start, stop, rest = map(int, match.groups())
    if not 0 < start < stop <= stop + rest <= size:
        raise NotUnderstood("ByteRange")
    return 0, start, stop, rest


def _contents(
    data: bytes, dictionary: Dictionary, span: ObjectSpan, byte_range: tuple[int, int, int, int]
) -> bytes:
    """The gap must be exactly the token of /Contents: brackets, hexadecimal digits, no more."""
    _, start, stop, _ = byte_range
    value = dictionary.entries[b"Contents"]
    if not 4 <= len(value) <= MAX_CONTENTS or data[start:stop] != value:
        raise NotUnderstood("gap of the ByteRange")
    before = data[max(0, start - BEFORE_CONTENTS) : start].rstrip(b"\0\t\n\f\r ")
    if value[0] != 0x3C or not before.endswith(b"/Contents"):
        raise NotUnderstood("gap of the ByteRange")
    digits = value[1:-1]
    try:
        # Unlike `fromhex` it takes no white space, which the token may not hold here.
        contents = unhexlify(digits)
    except ValueError as error:
        raise NotUnderstood("Contents") from error
    if not _stands_once(value, dictionary.raw, start - span.value_at):
        raise NotUnderstood("gap of the ByteRange")
    return contents


def _stands_once(value: bytes, raw: bytes, at: int) -> bool:
    """Whether the token stands at `at` and nowhere else among the object's bytes.

    value: `<`, digits, `>`, so that it cannot overlap itself: another one needs room beside it.
    """
    behind = at + len(value)
    if at < 0 or raw[at:behind] != value:
        return False
    room = max(at, len(raw) - behind)
    return room < len(value) or (raw.find(value) == at and raw.find(value, behind) < 0)


def _permissions(raw: bytes) -> int:
    """The level of the one DocMDP reference; a missing /P means 2 (12.8.2.2)."""
    usual = _USUAL_PERMISSIONS.fullmatch(raw)
    if usual is not None:
        return int(usual.group(1))
    items = array_items(raw)
    if len(items) != 1 or items[0][:2] != b"<<":
        raise NotUnderstood("Reference")
    entries = read_dictionary(items[0], 0)[0].entries
    parameters_raw = entries.get(b"TransformParams", b"")
    if not entries.keys() <= _REFERENCE_KEYS or entries.get(b"TransformMethod") != b"/DocMDP":
        raise NotUnderstood("Reference")
    if parameters_raw[:2] != b"<<":
        raise NotUnderstood("TransformParams")
    parameters = read_dictionary(parameters_raw, 0)[0].entries
    level = as_integer(parameters.get(b"P", b"2"))
    if not parameters.keys() <= _PARAMETER_KEYS or level not in (1, 2, 3):
        raise NotUnderstood("TransformParams")
    if parameters.get(b"V", b"/1.2") != b"/1.2":
        raise NotUnderstood("TransformParams")
    return level


def parse_date(text: bytes) -> datetime:
    """A complete date with its zone. Raises: NotUnderstood. Source: ISO 32000-2, 7.9.4."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise NotUnderstood("date")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    sign, hours, minutes = match.group(7), match.group(8), match.group(9)
    try:
        zone = UTC
        if sign is not None and (int(hours) or int(minutes)):
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            zone = timezone(-offset if sign == b"-" else offset)
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except (ValueError, OverflowError) as error:
        raise NotUnderstood("date") from error
