"""What a file is: its sections, trailer, catalog, and any object of it, read when asked for.

Knows nothing of sealing, so that a verifier can stand on it too.
Source: ISO 32000-2, 7.5; pdf.md section 2 rules 1-4 and 8.
"""

import re
from dataclasses import dataclass

from sealsvc.documents.pdf.fast.budget import Budget
from sealsvc.documents.pdf.fast.filters import decode_stream
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.tokens import (
    Dictionary,
    Reference,
    as_integer,
    as_reference,
    end_of_value,
    is_name,
    read_dictionary,
    read_dictionary_object,
    read_ordinary,
    read_ordinary_stream,
)
from sealsvc.documents.pdf.fast.xref import COMPRESSED, PLAIN, Section, read_chain, stream_bytes

MAX_FILE = 512 << 20
_LETTER_R = ord("R")
LOOK_UP = 128  # units of work
MAX_IN_STREAM = 100_000

_WS = rb"[\0\t\n\f\r ]"
_HEADER = re.compile(rb"%%PDF-(?:1\.[0-7]|2\.0)(?=%b)" % _WS)
_OBJECT = re.compile(rb"([0-9]{1,10}+)%b++([0-9]{1,5}+)%b++obj%b*+" % (_WS, _WS, _WS))
_END = re.compile(rb"%b*+(?:endobj|(stream))(?![^\0\t\n\f\r ()<>\[\]{}/%%])" % _WS)


@dataclass(slots=True)
class PdfObject:
    """An object as it stands. raw: its value; dictionary: read, where it is one.

    compressed: it lives in an object stream; end: of the value in the file, streams only.
    """

    number: int
    generation: int
    raw: bytes
    dictionary: Dictionary | None
    compressed: bool = False
    end: int = 0
    is_stream: bool = False

    @property
    def reference(self) -> Reference:
        """Number and generation."""
        return self.number, self.generation


class Structure:
    """A file of which every byte that matters to its structure has one meaning.

    sections: the newest first; size: the first free object number.
    """

    __slots__ = (
        "_budget",
        "_containers",
        "_objects",
        "catalog",
        "data",
        "sections",
        "size",
        "trailer",
    )

    def __init__(self, data: bytes, sections: list[Section], budget: Budget) -> None:
        self.data = data
        self._budget = budget
        self.sections = sections
        self.trailer = sections[0].trailer
        self.size = sections[0].size
        self._objects: dict[int, PdfObject] = {}
        self._containers: dict[int, tuple[bytes, list[tuple[int, int]]]] = {}
        root = as_reference(self.trailer.entries.get(b"Root"))
        if root is None:
            raise NotUnderstood("Root")
        self.catalog = self.object(root)
        dictionary = self.catalog.dictionary
        if dictionary is None or not is_name(dictionary.entries.get(b"Type"), b"/Catalog"):
            raise NotUnderstood("catalog")

    @property
    def is_linearised_only(self) -> bool:
        """Two sections, of which the newer stands first: one revision (Annex F)."""
        return len(self.sections) == 2 and self.sections[0].offset < self.sections[1].offset

    def older(self) -> "list[Structure]":
        """The same file without its newest revision, then without two, and so on.

        Raises: NotUnderstood when an older revision does not stand by itself.
        """
        count = len(self.sections)
        if count == 1 or self.is_linearised_only:
            return []
        last = count
        if count > 2 and self.sections[-2].offset < self.sections[-1].offset:
            last -= 1  # the base is linearised: its two sections are one revision
        ordered = [one.offset for one in self.sections[:last]]
        if ordered != sorted(ordered, reverse=True):
            raise NotUnderstood("order of revisions")
        return [
            Structure(self.data, self.sections[place:], self._budget) for place in range(1, last)
        ]

    def object(self, reference: Reference) -> PdfObject:
        """The object, with number and generation as referred to.

        Raises: NotUnderstood for a free, missing or broken one.
        """
        number, generation = reference
        found = self._objects.get(number)
        if found is None:
            found = self._objects[number] = self._read(number)
        if found.generation != generation:
            raise NotUnderstood("generation")
        return found

    def dictionary(self, reference: Reference) -> Dictionary:
        """The dictionary of an object that is one. Raises: NotUnderstood."""
        found = self.object(reference).dictionary
        if found is None:
            raise NotUnderstood("no dictionary")
        return found

    def resolve(self, raw: bytes | None) -> bytes | None:
        """A raw value with at most one reference followed; None for null. Raises: NotUnderstood."""
        if raw is None or raw[-1] != _LETTER_R:
            return raw
        reference = as_reference(raw)
        if reference is None:
            return raw
        value = self.object(reference).raw
        if as_reference(value) is not None:
            raise NotUnderstood("reference to a reference")
        return None if value == b"null" else value

    def resolve_dictionary(self, raw: bytes | None) -> Dictionary | None:
        """The dictionary a raw value is or refers to, else None. Raises: NotUnderstood."""
        reference = as_reference(raw)
        if reference is not None:
            return self.object(reference).dictionary
        if raw is None or raw[:2] != b"<<":
            return None
        return read_dictionary(raw, 0)[0]

    def _read(self, number: int) -> PdfObject:
        for section in self.sections:
            entry = section.entry(number)
            if entry is None:
                self._budget.spend(LOOK_UP)
                continue
            kind, first, second = entry
            if kind == PLAIN:
                found = self._plain(number, second, first)
            elif kind == COMPRESSED:
                found = self._compressed(number, first, second)
            else:
                break
            self._budget.spend(len(found.raw) + LOOK_UP)
            return found
        raise NotUnderstood("missing object")

    def _plain(self, number: int, generation: int, offset: int) -> PdfObject:
        """The header must stand at the exact offset with the entry's own numbers (rule 4)."""
        header = b"%d %d obj" % (number, generation)
        if not self.data.startswith(header, offset):
            return self._spelled(number, generation, offset)
        dictionary = read_ordinary(self.data, offset + len(header))
        if dictionary is not None:
            return PdfObject(number, generation, dictionary.raw, dictionary)
        stream = read_ordinary_stream(self.data, offset + len(header))
        if stream is None:
            return self._unusual(number, generation, offset)
        dictionary, end = stream
        return PdfObject(number, generation, dictionary.raw, dictionary, False, end, True)

    def _spelled(self, number: int, generation: int, offset: int) -> PdfObject:
        """An object whose header has other white space or more digits than it needs."""
        found = read_dictionary_object(self.data, offset)
        if found is None:
            return self._unusual(number, generation, offset)
        if found[0] != number or found[1] != generation:
            raise NotUnderstood("object header")
        return PdfObject(number, generation, found[2].raw, found[2])

    def _unusual(self, number: int, generation: int, offset: int) -> PdfObject:
        """An object that is no dictionary, or one the quick expression does not match."""
        data = self.data
        header = _OBJECT.match(data, offset)
        if header is None or (int(header.group(1)), int(header.group(2))) != (number, generation):
            raise NotUnderstood("object header")
        start = header.end()
        dictionary = None
        if data.startswith(b"<<", start):
            dictionary, end = read_dictionary(data, start)
        else:
            end = end_of_value(data, start)
        mark = _END.match(data, end)
        if mark is None:
            raise NotUnderstood("end of an object")
        is_stream = mark.group(1) is not None
        return PdfObject(number, generation, data[start:end], dictionary, False, end, is_stream)

    def _compressed(self, number: int, container: int, index: int) -> PdfObject:
        """The index must name the number, and the container be a plain object (rule 4)."""
        if container not in self._containers:
            self._containers[container] = self._container(container)
        body, places = self._containers[container]
        if index >= len(places) or places[index][0] != number:
            raise NotUnderstood("index of an object stream")
        start = places[index][1]
        if body.startswith(b"<<", start):
            dictionary, _ = read_dictionary(body, start)
            return PdfObject(number, 0, dictionary.raw, dictionary, True)
        raw = body[start : end_of_value(body, start)]
        return PdfObject(number, 0, raw, None, True)

    def _container(self, number: int) -> tuple[bytes, list[tuple[int, int]]]:
        holder = self._read_plain(number, 0)
        if holder.dictionary is None or not is_name(holder.dictionary.get(b"Type"), b"/ObjStm"):
            raise NotUnderstood("object stream")
        count, first = (as_integer(holder.dictionary.get(key)) for key in (b"N", b"First"))
        length = as_integer(self._direct(holder.dictionary.get(b"Length")))
        encoded = stream_bytes(self.data, holder.end, length)
        body = decode_stream(holder.dictionary, encoded, self._budget)
        if count is None or first is None or not 0 <= count <= MAX_IN_STREAM or first > len(body):
            raise NotUnderstood("object stream")
        header = body[: max(first, 0)].split()
        if len(header) < 2 * count or not all(one.isdigit() for one in header[: 2 * count]):
            raise NotUnderstood("object stream")
        self._budget.spend(32 * count)
        numbers = [int(one[:12]) for one in header[: 2 * count]]
        places = [(numbers[at], first + numbers[at + 1]) for at in range(0, 2 * count, 2)]
        return body, places

    def _direct(self, raw: bytes | None) -> bytes | None:
        """A length, which for an object stream may not lie in an object stream (7.5.7)."""
        reference = as_reference(raw)
        return raw if reference is None else self._read_plain(*reference).raw

    def _read_plain(self, number: int, generation: int) -> PdfObject:
        for section in self.sections:
            self._budget.spend(LOOK_UP)
            entry = section.entry(number)
            if entry is not None:
                if entry[0] != PLAIN or entry[2] != generation:
                    break
                return self._plain(number, generation, entry[1])
        raise NotUnderstood("object stream")


def has_header(data: bytes) -> bool:
    """Rule 1: the version at byte 0, and not too much behind it; `read_chain` sees to its end."""
    return _HEADER.match(data) is not None and len(data) <= MAX_FILE


def understand(data: bytes) -> Structure:
    """The structure of a file this package reads with certainty.

    Raises: DocumentEncrypted; NotUnderstood for everything that pyHanko shall look at.
    """
    if not has_header(data):
        raise NotUnderstood("header")
    budget = Budget()
    return Structure(data, read_chain(data, budget), budget)
