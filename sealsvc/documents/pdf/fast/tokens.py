"""A strict tokenizer for the few objects a revision needs; values are kept as raw spans.

Dictionaries of ordinary shape are matched by one possessive expression in C; all others by a
token loop. Both accept the same language, less comments, which no writer puts into the objects
we touch. Source: ISO 32000-2, 7.2, 7.3; pdf.md section 2 rule 2.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from sealsvc.documents.pdf.fast.refusal import NotUnderstood

MAX_DEPTH = 40
MAX_ITEMS = 1_000_000
MAX_ORDINARY = 8_192
# What recurs from file to file is read once: so many, each of at most so many bytes.
KEPT_REFERENCES, MAX_KEPT_REFERENCE = 4_096, 16
KEPT_DICTIONARIES, MAX_KEPT_DICTIONARY = 256, 512
_WHITE = b"\0\t\n\f\r "
LINE_ENDS = frozenset({b"\n", b"\r", b" ", b""})

_WS = rb"[\0\t\n\f\r ]"
_NAME = rb"/[^\0\t\n\f\r ()<>\[\]{}/%]*+"
# Nothing regular may follow: `12abc` is one broken token, not a number and a word (7.2.3).
_END = rb"(?![^\0\t\n\f\r ()<>\[\]{}/%])"
_REFERENCE = rb"[0-9]{1,10}+%b++[0-9]{1,5}+%b++R%b" % (_WS, _WS, _END)
_DIGITS = rb"[0-9]{1,20}+(?:\.[0-9]{0,20}+)?+"
_POINT = rb"\.[0-9]{1,20}+"
_NUMBER = rb"[+-]?+(?:%b|%b)%b" % (_DIGITS, _POINT, _END)
_HEX = rb"<[0-9A-Fa-f\0\t\n\f\r ]*+>"
_FLAT_TEXT = rb"\((?:[^()\\]++|\\[\0-\xff])*+\)"
_TEXT = rb"\((?:[^()\\]++|\\[\0-\xff]|%b)*+\)" % _FLAT_TEXT
# Side by side and each with its own first byte: the engine looks at that byte, not into the branch.
_ATOMS = b"|".join(
    [
        _NAME,
        _REFERENCE,
        _DIGITS + _END,
        _TEXT,
        _HEX,
        rb"[+-](?:%b|%b)%b" % (_DIGITS, _POINT, _END),
        _POINT + _END,
        *[word + _END for word in (b"true", b"false", b"null")],
    ]
)
_ATOM = b"(?:%b)" % _ATOMS


def _nested(levels: int) -> bytes:
    """The expression of a value whose arrays and dictionaries go so many levels down."""
    value = _ATOM
    for _ in range(levels):
        array = rb"\[(?:%b++|%b)*+\]" % (_WS, value)
        dictionary = rb"<<%b*+(?:%b%b*+%b%b*+)*+>>" % (_WS, _NAME, _WS, value, _WS)
        value = rb"(?:%b|%b|%b)" % (_ATOMS, array, dictionary)
    return value


_VALUE = _nested(3)
_DICTIONARY = rb"<<%b*+(?:%b%b*+%b%b*+)*+>>" % (_WS, _NAME, _WS, _VALUE, _WS)
_SHAPE = re.compile(_DICTIONARY)
# Entries one after the other up to the closing `>>` at the very end of what is searched; anything
# else is swallowed whole as an empty pair, which `tiled` recognises; so is an
# empty name without a value, which must not pass for the end.
_TILE = re.compile(
    rb"%b*+(?:/(?!%b*+>>)|(?=>>))([^\0\t\n\f\r ()<>\[\]{}/%%]*+)%b*+(%b|>>(?=%b*+\Z))%b*+"
    rb"|[\0-\xff]++" % (_WS, _WS, _WS, _VALUE, _WS, _WS)
)
_OPENING = re.compile(rb"([0-9]{1,10}+)%b++([0-9]{1,5}+)%b++obj(?=%b*+<<)" % (_WS, _WS, _WS))
_BEGIN = re.compile(rb"%b*+(?=<<)" % _WS)
_ENTRY = re.compile(rb"/([^\0\t\n\f\r ()<>\[\]{}/%%]*+)%b*+(%b)" % (_WS, _VALUE))
_ATOM_AT = re.compile(_ATOM)
_NAME_AT = re.compile(_NAME)
_WS_AT = re.compile(rb"%b*+" % _WS)
_PARENTHESIS = re.compile(rb"(?:[^()\\]++|\\[\0-\xff])*+([()])")
_REFERENCES = re.compile(rb"\[%b*+(?:%b%b*+)*+\]" % (_WS, _REFERENCE, _WS))
_ONE_REFERENCE = re.compile(rb"([0-9]{1,10}+)%b++([0-9]{1,5}+)%b++R" % (_WS, _WS))
_PAIR = re.compile(rb"([0-9]++)%b++([0-9]++)%b++R" % (_WS, _WS))
_HEXADECIMAL = re.compile(rb"#(..)", re.DOTALL)

_GAP = rb"%b*+" % _WS
_FOUR_NUMBERS = re.compile(rb"\[" + _GAP + _GAP.join([b"(" + _NUMBER + b")"] * 4) + _GAP + rb"\]")
_LETTER_R, _SOLIDUS = b"R/"
_STRING = rb"(?:%b|%b)" % (_TEXT, _HEX)
_TWO_STRINGS = re.compile(rb"\[%b*+(%b)%b*+(%b)%b*+\]" % (_WS, _STRING, _WS, _STRING, _WS))

Reference = tuple[int, int]


class Dictionary:
    """A dictionary as it stands, never changed. raw: `<<…>>`; entries: decoded key → raw value."""

    __slots__ = ("entries", "raw")

    def __init__(self, raw: bytes, entries: Mapping[bytes, bytes]) -> None:
        self.raw = raw
        self.entries = entries

    def get(self, key: bytes) -> bytes | None:
        """The raw value; None where absent or null (7.3.7: the same thing)."""
        value = self.entries.get(key)
        return None if value == b"null" else value


def read_dictionary(buffer: bytes, start: int) -> tuple[Dictionary, int]:
    """The dictionary at `start` and the offset behind it.

    Raises: NotUnderstood. Source: ISO 32000-2, 7.3.7 (a key stands once).
    """
    match = _SHAPE.match(buffer, start)
    if match is not None:
        end = match.end()
        pairs = _ENTRY.findall(buffer, start + 2, end - 2)
    else:
        pairs, end = _walk_dictionary(buffer, start, 0)
    return _dictionary(buffer[start:end], pairs), end


def read_dictionary_object(buffer: bytes, start: int) -> tuple[int, int, Dictionary] | None:
    """Number, generation and dictionary of an object of ordinary shape; None for any other.

    What is None here is read token by token, with the same outcome where both understand it.
    """
    opening = _OPENING.match(buffer, start)
    if opening is None:
        return None
    dictionary = read_ordinary(buffer, opening.end())
    if dictionary is None:
        return None
    number, generation = opening.groups()
    return int(number), int(generation), dictionary


def read_ordinary(buffer: bytes, start: int) -> Dictionary | None:
    """The dictionary of ordinary shape between `obj`, which ends at `start`, and `endobj`.

    None for any other object; as `read_dictionary_object`.
    """
    begin = _begin(buffer, start)
    stop = -1 if begin is None else buffer.find(b"endobj", begin, begin + MAX_ORDINARY)
    if stop < 0 or buffer[stop + 6 : stop + 7] not in LINE_ENDS:
        return None
    raw = buffer[begin:stop]
    if b"stream" in raw:
        return None  # to look at all of a stream would be for nothing
    return _kept(raw) if len(raw) <= MAX_KEPT_DICTIONARY else tiled(raw)


def read_ordinary_stream(buffer: bytes, start: int) -> tuple[Dictionary, int] | None:
    """The dictionary of ordinary shape between `obj` and `stream`, and the offset behind it.

    As `read_ordinary`: what is None here may still be a stream.
    """
    begin = _begin(buffer, start)
    stop = -1 if begin is None else buffer.find(b"stream", begin, begin + MAX_ORDINARY)
    if begin is None or stop < 0 or buffer[stop + 6 : stop + 7] not in LINE_ENDS:
        return None
    raw = buffer[begin:stop]
    dictionary = _kept(raw) if len(raw) <= MAX_KEPT_DICTIONARY else tiled(raw)
    return None if dictionary is None else (dictionary, begin + len(dictionary.raw))


def _begin(buffer: bytes, start: int) -> int | None:
    """Where `<<` stands, behind `obj` and white space."""
    if buffer.startswith(b"\n<<", start):
        return start + 1
    gap = _BEGIN.match(buffer, start)
    return None if gap is None else gap.end()


def read_dictionary_before(buffer: bytes, start: int, mark: bytes) -> Dictionary:
    """The dictionary at `start`, which `mark` follows in ordinary files. Raises: NotUnderstood."""
    stop = buffer.find(mark, start, start + MAX_ORDINARY)
    dictionary = tiled(buffer[start:stop]) if stop > 0 else None
    return read_dictionary(buffer, start)[0] if dictionary is None else dictionary


def tiled(raw: bytes) -> Dictionary | None:
    """The dictionary that `<<…>>` with white space behind it is; None where not, or not simply."""
    pairs = _TILE.findall(raw, 2)
    entries = dict(pairs)
    # Exactly one pair without a key, and that one the end: neither foreign bytes nor duplicates.
    if entries.pop(b"", None) != b">>" or len(entries) + 1 != len(pairs) or b"#" in raw:
        return None
    return Dictionary(raw.rstrip(_WHITE), entries)


# One program writes the same catalog and the same page into every file it makes.
_kept = lru_cache(maxsize=KEPT_DICTIONARIES)(tiled)


def _dictionary(raw: bytes, pairs: list[tuple[bytes, bytes]]) -> Dictionary:
    if b"#" in raw:
        # Decoded before comparing, else /V and /#56 would be two keys (7.3.5; rule 2).
        pairs = [(decode_name(key), value) for key, value in pairs]
    entries = dict(pairs)
    if len(entries) != len(pairs):
        raise NotUnderstood("duplicate key")
    return Dictionary(raw, entries)


def end_of_value(buffer: bytes, start: int, depth: int = 0) -> int:
    """The offset behind the value at `start`. Raises: NotUnderstood."""
    match = _ATOM_AT.match(buffer, start)
    if match is not None:
        return match.end()
    if depth > MAX_DEPTH:
        raise NotUnderstood("nested too deeply")
    if buffer.startswith(b"<<", start):
        return _walk_dictionary(buffer, start, depth)[1]
    opening = buffer[start : start + 1]
    if opening == b"[":
        return _walk_array(buffer, start, depth)[1]
    if opening == b"(":
        return _end_of_text(buffer, start)
    raise NotUnderstood("token")


def _walk_dictionary(
    buffer: bytes, start: int, depth: int
) -> tuple[list[tuple[bytes, bytes]], int]:
    spans, end = _spans(buffer, start, depth)
    return [(key, buffer[first:last]) for key, first, last in spans], end


def _spans(buffer: bytes, start: int, depth: int) -> tuple[list[tuple[bytes, int, int]], int]:
    """Raw keys without their solidus and the spans of their values; the end of the dictionary."""
    if not buffer.startswith(b"<<", start):
        raise NotUnderstood("no dictionary")
    found: list[tuple[bytes, int, int]] = []
    position = _skip_white(buffer, start + 2)
    while not buffer.startswith(b">>", position):
        key = _NAME_AT.match(buffer, position)
        if key is None or len(found) > MAX_ITEMS:
            raise NotUnderstood("key")
        first = _skip_white(buffer, key.end())
        last = end_of_value(buffer, first, depth + 1)
        found.append((buffer[position + 1 : key.end()], first, last))
        position = _skip_white(buffer, last)
    return found, position + 2


def _walk_array(buffer: bytes, start: int, depth: int) -> tuple[list[bytes], int]:
    items: list[bytes] = []
    position = _skip_white(buffer, start + 1)
    while not buffer.startswith(b"]", position):
        end = end_of_value(buffer, position, depth + 1)
        items.append(buffer[position:end])
        if len(items) > MAX_ITEMS:
            raise NotUnderstood("array too long")
        position = _skip_white(buffer, end)
    return items, position + 1


def _skip_white(buffer: bytes, start: int) -> int:
    match = _WS_AT.match(buffer, start)
    return start if match is None else match.end()


def _end_of_text(buffer: bytes, start: int) -> int:
    depth, position = 0, start
    while True:
        match = _PARENTHESIS.match(buffer, position)
        if match is None:
            raise NotUnderstood("string")
        position = match.end()
        depth += 1 if match.group(1) == b"(" else -1
        if depth == 0:
            return position


def array_items(raw: bytes) -> list[bytes]:
    """The raw items of a raw array. Raises: NotUnderstood."""
    if raw[:1] != b"[":
        raise NotUnderstood("no array")
    items, end = _walk_array(raw, 0, 0)
    if end != len(raw):
        raise NotUnderstood("array")
    return items


def four_numbers(raw: bytes) -> tuple[bytes, ...] | None:
    """The raw items of an array of four numbers, None for any other value."""
    match = _FOUR_NUMBERS.fullmatch(raw)
    return None if match is None else match.groups()


def array_of_references(raw: bytes) -> list[Reference]:
    """A raw array of nothing but references. Raises: NotUnderstood."""
    if len(raw) <= MAX_KEPT_REFERENCE and raw[:1] == b"[" and raw[-1:] == b"]":
        only = as_reference(raw[1:-1])
        if only is not None:
            return [only]
    if _REFERENCES.fullmatch(raw) is None:
        raise NotUnderstood("no array of references")
    return [(int(number), int(generation)) for number, generation in _PAIR.findall(raw)]


def two_strings(raw: bytes) -> tuple[bytes, bytes]:
    """The raw items of an array of two strings. Raises: NotUnderstood."""
    match = _TWO_STRINGS.fullmatch(raw)
    if match is None:
        raise NotUnderstood("no two strings")
    return match.group(1), match.group(2)


def as_reference(raw: bytes | None) -> Reference | None:
    """The reference a raw value is, else None."""
    if not raw or raw[-1] != _LETTER_R or raw[0] == _SOLIDUS:
        return None
    return _reference(raw) if len(raw) <= MAX_KEPT_REFERENCE else _reference.__wrapped__(raw)


@lru_cache(maxsize=KEPT_REFERENCES)
def _reference(raw: bytes) -> Reference | None:
    match = _ONE_REFERENCE.fullmatch(raw)
    return None if match is None else (int(match.group(1)), int(match.group(2)))


def as_integer(raw: bytes | None) -> int | None:
    """The integer of a raw value, else None."""
    if raw is None or len(raw) > 20:
        return None
    if raw.isdigit():
        return int(raw)
    return int(raw) if raw[:1] in (b"+", b"-") and raw[1:].isdigit() else None


def as_number(raw: bytes | None) -> float | None:
    """The number of a raw value, else None."""
    if raw is None or len(raw) > 42 or raw.strip(b"+-.0123456789"):
        return None
    try:
        return float(raw)
    except ValueError:
        return None


def decode_name(raw: bytes) -> bytes:
    """A name without its solidus, `#xx` decoded (7.3.5). Raises: NotUnderstood."""
    if b"#" not in raw:
        return raw
    try:
        return _HEXADECIMAL.sub(_from_hexadecimal, raw)
    except ValueError as error:
        raise NotUnderstood("name") from error


def _from_hexadecimal(match: re.Match[bytes]) -> bytes:
    value = int(match.group(1).decode("ascii"), 16)
    if not value:
        raise ValueError("null in a name")
    return bytes((value,))


def is_name(raw: bytes | None, name: bytes) -> bool:
    """Whether a raw value is that name (given with its solidus), however spelled."""
    if raw == name:
        return True
    return raw is not None and raw[:1] == b"/" and b"#" in raw and decode_name(raw) == name


def with_entry(dictionary: Dictionary, key: bytes, value: bytes) -> bytes:
    """The raw dictionary with one entry set; every other byte stays (rule 6).

    Raises: NotUnderstood.
    """
    if key not in dictionary.entries:
        return b"%b/%b %b>>" % (dictionary.raw[:-2], key, value)
    raw = dictionary.raw
    first, last = _span_of(raw, key)[1:]
    return b"%b %b%b" % (raw[:first], value, raw[last:])


def without_entry(dictionary: Dictionary, key: bytes) -> bytes:
    """The raw dictionary less one entry. Raises: NotUnderstood."""
    if key not in dictionary.entries:
        return dictionary.raw
    begin, _, last = _span_of(dictionary.raw, key)
    return dictionary.raw[:begin] + b" " + dictionary.raw[last:]


def _span_of(raw: bytes, wanted: bytes) -> tuple[int, int, int]:
    """Offsets of an entry's key, of its value, and behind it."""
    begin = 2
    for key, first, last in _spans(raw, 0, 0)[0]:
        if decode_name(key) == wanted:
            return raw.index(b"/", begin), first, last
        begin = last
    raise NotUnderstood("entry")


def with_item(raw_array: bytes, item: bytes) -> bytes:
    """A raw array with one more item at its end (rule 6)."""
    return b"%b %b]" % (raw_array[:-1], item)
