"""The forger's tools: signature dictionaries, gaps, CMS surgery, hand-written revisions."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms, parser

from tests.builders.pdf import Revision, stream

BYTE_RANGE = re.compile(rb"/ByteRange \[([\d ]+)\]( *)")


@dataclass(frozen=True)
class Hole:
    """The /Contents of the newest signature. start: of `<`; end: behind `>`."""

    start: int
    end: int
    value: bytes


def hole_of(data: bytes) -> Hole:
    start = data.rindex(b"/Contents <") + len(b"/Contents ")
    end = data.index(b">", start) + 1
    return Hole(start, end, bytes.fromhex(data[start + 1 : end - 1].decode()))


def cms_of(data: bytes) -> bytes:
    """The DER of the newest signature, without its padding."""
    value = hole_of(data).value
    return value[: parser.peek(value)]


def with_hex(data: bytes, digits: bytes) -> bytes:
    """Other digits in the hole, padded with zeros; they must fit."""
    hole = hole_of(data)
    room = hole.end - hole.start - 2
    assert len(digits) <= room, (len(digits), room)
    return data[: hole.start + 1] + digits.ljust(room, b"0") + data[hole.end - 1 :]


def with_cms(data: bytes, der: bytes) -> bytes:
    return with_hex(data, der.hex().encode())


def edited_cms(change: Callable[[Any], object]) -> Callable[[Any, bytes], bytes]:
    """An attack that edits the SignedData; the issuer's certificate makes room for additions."""

    def make(world: Any, data: bytes) -> bytes:
        info = cms.ContentInfo.load(cms_of(data))
        change(info["content"])
        return with_cms(data, info.dump(force=True))

    return make


def without_issuers(signed_data: Any) -> None:
    """Embedded certificates but the signer's are unsigned: the forger may drop them."""
    signed_data["certificates"] = [leaf_of(signed_data)]


def leaf_of(signed_data: Any) -> Any:
    """The signer's embedded certificate."""
    return next(one.chosen for one in signed_data["certificates"] if not one.chosen.ca)


def byte_range(data: bytes) -> tuple[list[int], tuple[int, int]]:
    """The newest /ByteRange and the offsets of its whole entry, padding included."""
    match = list(BYTE_RANGE.finditer(data))[-1]
    return [int(one) for one in match.group(1).split()], match.span()


def with_byte_range(data: bytes, entry: bytes) -> bytes:
    """Another entry of at most the same length."""
    _, (first, last) = byte_range(data)
    assert len(entry) <= last - first, entry
    return data[:first] + entry.ljust(last - first) + data[last:]


def revised(edit: Callable[[Revision], object]) -> Callable[[Any, bytes], bytes]:
    """An attack by an incremental update."""

    def make(world: Any, data: bytes) -> bytes:
        step = Revision(data)
        edit(step)
        return step.build()

    return make


def forged_text(step: Revision, text: bytes = b"the price is 1.00") -> None:
    """Another text on the first page."""
    content = b"BT /F1 14 Tf 50 700 Td (%b) Tj ET" % text
    step.put(step.contents, stream(content))


def signature_number(step: Revision) -> int:
    """The newest signature dictionary's object number."""
    return max(n for n, body in step.bodies.items() if b"/ByteRange" in body)


def field_number(step: Revision) -> int:
    return max(n for n, body in step.bodies.items() if b"/FT /Sig" in body)


def form_number(step: Revision) -> int:
    return max(n for n, body in step.bodies.items() if b"/SigFlags" in body)


def startxref(data: bytes) -> int:
    return int(data.rsplit(b"startxref", 1)[1].split()[0])


def table_entries(data: bytes) -> list[tuple[int, int]]:
    """Numbers and offsets of the newest classic cross-reference table, free entries left out."""
    lines = data[startxref(data) : data.rindex(b"trailer")].split(b"\n")[1:]
    found, number = [], 0
    for parts in filter(None, (line.split() for line in lines)):
        if len(parts) == 2:
            number = int(parts[0])
            continue
        if parts[2] == b"n":
            found.append((number, int(parts[0])))
        number += 1
    return found
