"""Small damages to a sealed file, as strategies: each is a function from bytes to bytes."""

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.attacks.craft import byte_range, cms_of, hole_of, startxref, with_byte_range, with_hex
from tests.attacks.quick import contract, invoice
from tests.builders import pdf
from tests.builders.pdf import Revision, stream
from tests.unit.documents.test_pdf_tampering import REVISIONS

Place = float
"""From 0 to 1: where in the file, whatever its size."""


@dataclass(frozen=True)
class Mutation:
    """name and arguments, for the report of a failing example; apply: the damage itself."""

    name: str
    arguments: tuple[object, ...]
    apply: Callable[[bytes], bytes]

    def __repr__(self) -> str:
        return f"{self.name}{self.arguments}"


def _at(data: bytes, place: Place) -> int:
    return min(int(place * len(data)), len(data) - 1)


def flip(data: bytes, place: Place, mask: int) -> bytes:
    at = _at(data, place)
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


def overwrite(data: bytes, place: Place, new: bytes) -> bytes:
    at = _at(data, place)
    return data[:at] + new + data[at + len(new) :]


def insert(data: bytes, place: Place, new: bytes) -> bytes:
    at = _at(data, place)
    return data[:at] + new + data[at:]


def delete(data: bytes, place: Place, count: int) -> bytes:
    at = _at(data, place)
    return data[:at] + data[at + count :]


def repeat(data: bytes, place: Place, count: int) -> bytes:
    at = _at(data, place)
    return data[: at + count] + data[at : at + count] + data[at + count :]


def swap(data: bytes, one: Place, other: Place, count: int) -> bytes:
    first, second = sorted((_at(data, one), _at(data, other)))
    count = min(count, second - first, len(data) - second)
    a, b = data[first : first + count], data[second : second + count]
    middle = data[first + count : second]
    return data[:first] + b + middle + a + data[second + count :]


def cut(data: bytes, count: int) -> bytes:
    return data[: max(len(data) - count, 1)]


def append(data: bytes, tail: bytes) -> bytes:
    return data + tail


def appended_object(data: bytes, number: int, body: bytes, end: int) -> bytes:
    """An object behind the end, with or without a way to it."""
    out = data + b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, len(data))
    trailer = b"trailer\n<< /Size %d /Root 2 0 R /Prev %d >>\n" % (number + 1, startxref(data))
    mark = b"startxref\n%d\n%%%%EOF\n"
    tails = (b"", mark % startxref(data), table + trailer + mark % len(out), table + trailer)
    return out + tails[end % len(tails)]


def ranges(data: bytes, index: int, delta: int) -> bytes:
    found, _ = byte_range(data)
    found[index] += delta
    return _written(data, found)


def ranges_swapped(data: bytes, one: int, other: int) -> bytes:
    found, _ = byte_range(data)
    found[one], found[other] = found[other], found[one]
    return _written(data, found)


def _written(data: bytes, found: list[int]) -> bytes:
    entry = b"/ByteRange [%b]" % b" ".join(b"%d" % one for one in found)
    _, (first, last) = byte_range(data)
    return with_byte_range(data, entry) if len(entry) <= last - first else data


def transplant(data: bytes, donor: int) -> bytes:
    """The value of another honest signature."""
    der = cms_of((pdf.sealed_once(), invoice(), contract())[donor])
    hole = hole_of(data)
    return with_hex(data, der.hex().encode()[: hole.end - hole.start - 2])


def value_flip(data: bytes, place: Place, digit: int) -> bytes:
    hole = hole_of(data)
    at = hole.start + 1 + int(place * (hole.end - hole.start - 3))
    return data[:at] + b"%x" % digit + data[at + 1 :]


def revision(data: bytes, name: str) -> bytes:
    step = Revision(data)
    REVISIONS[name](step)
    return step.build()


def overlay(data: bytes, content: bytes) -> bytes:
    """An annotation over the page."""
    step = Revision(data)
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 600 800]"
    shape = step.new(stream(content, form))
    note = step.new(
        b"<< /Type /Annot /Subtype /Stamp /Rect [0 0 600 800] /F 4 /AP << /N %d 0 R >> >>" % shape
    )
    return step.replace_in(step.page, b"/Annots [", b"/Annots [ %d 0 R " % note).build()


def _made(
    function: Callable[..., bytes], *parts: st.SearchStrategy[object]
) -> st.SearchStrategy[Mutation]:
    def build(arguments: tuple[object, ...]) -> Mutation:
        return Mutation(function.__name__, arguments, lambda data: function(data, *arguments))

    return st.tuples(*parts).map(build)


place = st.floats(0, 1, exclude_max=True)
few = st.integers(1, 200)
TOKENS = (b"%%EOF", b"endobj", b"obj", b"stream", b"/ByteRange [0 1 2 3]", b">>", b"<<", b"]", b"%",
          b"(", b"\n", b" ", b"\0", b"R", b"startxref\n0\n%%EOF\n", b"/Type /Sig")  # fmt: skip
some = st.one_of(st.binary(min_size=1, max_size=40), st.sampled_from(TOKENS))

ANY = st.one_of(
    _made(flip, place, st.integers(1, 255)),
    _made(overwrite, place, some),
    _made(insert, place, some),
    _made(delete, place, few),
    _made(repeat, place, few),
    _made(swap, place, place, few),
    _made(cut, st.integers(1, 4000)),
    _made(append, some),
    _made(appended_object, st.integers(1, 40), some, st.integers(0, 3)),
    _made(ranges, st.integers(0, 3), st.integers(-3000, 3000).filter(bool)),
    _made(ranges_swapped, st.integers(0, 1), st.integers(2, 3)),
    _made(transplant, st.integers(0, 2)),
    _made(value_flip, place, st.integers(0, 15)),
    _made(revision, st.sampled_from(sorted(REVISIONS))),
    _made(overlay, st.binary(max_size=40)),
)
