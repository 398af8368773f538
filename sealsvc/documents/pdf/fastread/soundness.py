"""Files that are odd in ways which the general reader and pyHanko take otherwise than we would.

Source: pdf.md section 3 (files to refuse) and section 4 rule (g); ISO 32000-2, 7.5.4, 7.5.8.
"""

import re
from itertools import pairwise

from sealsvc.documents.pdf.fast.budget import Budget
from sealsvc.documents.pdf.fast.filters import decode_stream
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import PdfObject, Structure
from sealsvc.documents.pdf.fast.tokens import array_items, as_integer, is_name
from sealsvc.documents.pdf.fast.xref import COMPRESSED, PLAIN, Section
from sealsvc.documents.pdf.fastread.objects import stream_body

MAX_OBJECTS = 20_000

_WS = rb"[\0\t\n\f\r ]"
# Entries that are not of an object of generation 0 in use.
_ODD_ENTRY = re.compile(rb"[0-9]{10} (?!00000 n)([0-9]{5}) ([nf])(?: \r| \n|\r\n)")
_PLAIN_ENTRIES = re.compile(rb"(?:[0-9]{10} 00000 n(?: \r| \n|\r\n))*+")
_NUMBER_0 = b"0000000000 65535 f"
_VERSION = re.compile(rb"/(?:1\.[0-7]|2\.0)")
_LAST_MARK = re.compile(rb"startxref%b++([0-9]{1,12}+)%b++%%%%EOF(?:\r\n|\r|\n)?+\Z" % (_WS, _WS))
# White space before it or, where a comment ends, the line end. The letter first, for the search.
_LETTER_R = re.compile(rb"R(?<=[\0\t\n\f\r ]R)(?=[\0\t\n\f\r ()<>\[\]{}/%]|\Z)")
_SPACE = rb"(?:[\0\t\n\f\r ]|%[^\r\n]*[\r\n])"
_BEFORE_R = re.compile(rb"([0-9]{1,20})%b+[0-9]{1,20}%b+\Z" % (_SPACE, _SPACE))
LOOK_BACK = 128


def refuse_odd(structure: Structure) -> None:
    """What pyHanko's strict mode does not take, or takes otherwise. Raises: NotUnderstood."""
    catalog = structure.catalog.dictionary
    version = None if catalog is None else catalog.get(b"Version")
    if version is not None and _VERSION.fullmatch(version) is None:
        raise NotUnderstood("Version")
    chronological = structure.sections[::-1]
    freed: set[int] = set()
    for place, section in enumerate(chronological):
        if place and section.size < chronological[place - 1].size:
            raise NotUnderstood("Size")
        gone = _freed(section, is_base=not place)
        again = (section.entry(number) for number in freed - gone)
        if any(entry is not None for entry in again):
            raise NotUnderstood("freed object used again")
        freed |= gone
    _refuse_clobbered(structure.sections)


def _freed(section: Section, *, is_base: bool) -> set[int]:
    """Numbers of freed objects but 0. Raises: NotUnderstood for any other odd entry.

    is_base: of the first section; only there a next generation of 0 has a meaning.
    """
    found: set[int] = set()
    if section.widths is not None:
        return _freed_in_stream(section, section.widths, is_base=is_base)
    for first, count, start in section.runs:
        stop = start + 20 * count
        begin = start + 20 * (not first and section.table.startswith(_NUMBER_0, start))
        usual = _PLAIN_ENTRIES.match(section.table, begin, stop)
        if usual is not None and usual.end() == stop:
            continue
        for match in _ODD_ENTRY.finditer(section.table, start, stop):
            number = first + (match.start() - start) // 20
            generation = int(match.group(1))
            if match.group(2) == b"n" or generation > 65_535:
                raise NotUnderstood("generation")
            if number:
                _refuse_dead(generation, is_base=is_base)
                found.add(number)
    return found


def _refuse_dead(generation: int, *, is_base: bool) -> None:
    if not generation and not is_base:
        raise NotUnderstood("object freed for good in an update")


def _freed_in_stream(section: Section, widths: tuple[int, int, int], *, is_base: bool) -> set[int]:
    index = section.trailer.get(b"Index")
    if index is not None:
        numbers = [as_integer(item) or 0 for item in array_items(index)]
        ends = zip(numbers[::2], numbers[1::2], strict=True)
        if any(a + n > b for (a, n), (b, _) in pairwise(ends)):
            raise NotUnderstood("order of the index")
    width = sum(widths)
    if widths[0] != 1:
        raise NotUnderstood("width of the types")
    found: set[int] = set()
    for first, count, start in section.runs:
        kinds = section.table[start : start + width * count : width]
        for turn, kind in enumerate(kinds):
            if kind == COMPRESSED:
                continue
            entry = section.entry(first + turn)
            if entry is None or (entry[2] and (kind == PLAIN or entry[2] > 65_535)):
                raise NotUnderstood("generation")
            if kind != PLAIN and first + turn:
                _refuse_dead(entry[2], is_base=is_base)
                found.add(first + turn)
    return found


def _refuse_clobbered(sections: list[Section]) -> None:
    """A cross-reference stream's own number may not get another meaning."""
    for place, section in enumerate(sections):
        number = section.stream_number
        if number is None:
            continue
        for newer in sections[: place + 1]:
            entry = newer.entry(number)
            if entry is not None and entry != (PLAIN, section.offset, 0):
                raise NotUnderstood("clobbered cross-reference stream")


def end_mark(data: bytes, end: int) -> int:
    """The offset that `startxref` names just before `end`. Raises: NotUnderstood."""
    match = _LAST_MARK.search(data, max(0, data.rfind(b"startxref", max(0, end - 64), end)), end)
    if match is None:
        raise NotUnderstood("end of a revision")
    return int(match.group(1))


def refuse_unreadable(structure: Structure) -> list[PdfObject]:
    """Every object of a state must read; its object streams. Raises: NotUnderstood."""
    containers: dict[int, None] = {}
    if structure.size > MAX_OBJECTS:
        raise NotUnderstood("objects")
    own = {section.stream_number for section in structure.sections}
    for number in range(1, structure.size):
        entry = _newest(structure, number)
        if entry is None or entry[0] not in (PLAIN, COMPRESSED) or number in own:
            continue
        found = structure.object((number, 0))
        if entry[0] == COMPRESSED:
            containers[entry[1]] = None
        elif found.is_stream:
            stream_body(structure, found)
    return [structure.object((number, 0)) for number in containers]


def _newest(structure: Structure, number: int) -> tuple[int, int, int] | None:
    for section in structure.sections:
        entry = section.entry(number)
        if entry is not None:
            return entry
    return None


def refuse_dangling(structure: Structure, end: int, containers: list[PdfObject]) -> None:
    """No reference in signed bytes may wait for an object that does not exist yet (rule g).

    end: of the first signed revision; structure: its state; containers: its object streams.
    Raises: NotUnderstood.
    """
    _refuse_waiting(structure.data, end, structure.size)
    budget = Budget()
    for container in containers:
        if container.dictionary is None or not is_name(
            container.dictionary.get(b"Type"), b"/ObjStm"
        ):
            raise NotUnderstood("object stream")
        body = decode_stream(container.dictionary, stream_body(structure, container), budget)
        _refuse_waiting(body, len(body), structure.size)


def _refuse_waiting(data: bytes, end: int, size: int) -> None:
    for match in _LETTER_R.finditer(data, 0, end):
        at = match.start()
        before = _BEFORE_R.search(data[max(0, at - LOOK_BACK) : at])
        if before is not None and int(before.group(1)) >= size:
            raise NotUnderstood("reference to an object of a later revision")
