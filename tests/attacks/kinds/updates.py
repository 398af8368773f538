"""Incremental saving (ISA) and wrapping (SWA): content beside, not instead of, the signed bytes.

Source: Mladenov et al. (CCS 2019), sections 4.2 and 4.3.
"""

from tests.attacks.craft import (
    byte_range,
    forged_text,
    form_number,
    hole_of,
    revised,
    signature_number,
    startxref,
    table_entries,
)
from tests.attacks.kinds.kind import BROKEN, MODIFIED, Kind
from tests.attacks.world import World
from tests.builders.pdf import Revision, stream

FORGED = b"BT /F1 14 Tf 50 700 Td (the price is 1.00) Tj ET"


def plain_update(step: Revision) -> None:
    forged_text(step)


def body_only(world: World, data: bytes) -> bytes:
    """Objects behind the end, no cross-reference, no trailer: readers that repair take them."""
    step = Revision(data)
    return data + b"%d 0 obj\n%b\nendobj\n" % (step.contents, stream(FORGED))


def body_and_trailer(world: World, data: bytes) -> bytes:
    """A trailer whose startxref points to the signed cross-reference."""
    step = Revision(data)
    tail = b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return body_only(world, data) + tail % (step.size, step.root, startxref(data))


def xref_without_trailer(world: World, data: bytes) -> bytes:
    built = revised(plain_update)(world, data)
    at = built.rindex(b"trailer")
    return built[:at] + b"startxref\n%d\n%%%%EOF\n" % startxref(built)


def without_startxref(world: World, data: bytes) -> bytes:
    built = revised(plain_update)(world, data)
    return built[: built.rindex(b"startxref")]


def copied_signature(world: World, data: bytes) -> bytes:
    """The update repeats the signature object byte for byte, so that checks find one at its end."""
    step = Revision(data)
    hole = hole_of(data)
    begin = data.rindex(b" obj", 0, hole.start) + 4
    copy = data[begin : data.index(b"endobj", hole.end)].strip()
    step.put(signature_number(step), copy)
    forged_text(step)
    return step.build()


def copied_under_new_number(world: World, data: bytes) -> bytes:
    """The field points to a copy of the signature in the update."""
    step = Revision(data)
    hole = hole_of(data)
    begin = data.rindex(b" obj", 0, hole.start) + 4
    copy = step.new(data[begin : data.index(b"endobj", hole.end)].strip())
    field = max(n for n, body in step.bodies.items() if b"/FT /Sig" in body)
    step.replace_in(field, b"/V %d 0 R" % signature_number(step), b"/V %d 0 R" % copy)
    forged_text(step)
    return step.build()


def template_copy(world: World, data: bytes) -> bytes:
    """Two copies of the file: the second with another text and the first one's signature."""
    changed = data.replace(b"1000.00", b"0001.00", 1)
    return data + changed


def update_before_end(world: World, data: bytes) -> bytes:
    """The end-of-file mark of the signed revision is cut off before the update."""
    end = data.rindex(b"%%EOF")
    step = Revision(data)
    forged_text(step)
    built = step.build()
    return data[:end] + built[len(data) :]


def wrapped(world: World, data: bytes, *, second_range: bool = True) -> bytes:
    """The second signed part moves back; forged objects and their cross-reference fill the gap.

    The table stands exactly where the moved `startxref` points, and the rest of the signature
    dictionary, copied into the gap, names the moved ranges: the digest holds over both old parts.
    second_range: the dictionary has the ranges twice, the honest ones last.
    """
    hole = hole_of(data)
    ranges, (first, last) = byte_range(data)
    step = Revision(data)
    target = startxref(data)
    moved_to = target + 2000
    claim = b"/ByteRange [0 %d %d %d]" % (ranges[1], moved_to, ranges[3])
    rest = data[hole.end : data.index(b"endobj", hole.end)]
    honest = data[first:last]
    rest = rest.replace(honest, claim + (b" " + honest if second_range else b""))
    forged = bytearray(data[: hole.end] + rest + b"endobj\n")
    evil = len(forged)
    forged += b"%d 0 obj\n%b\nendobj\n" % (step.contents, stream(FORGED))
    forged += b"%" + b" " * (target - len(forged) - 2) + b"\n"
    forged += b"xref\n%d 1\n%010d 00000 n \n" % (step.contents, evil)
    for number, offset in table_entries(data):
        place = offset + moved_to - ranges[2] if offset >= ranges[2] else offset
        forged += b"%d 1\n%010d 00000 n \n" % (number, place)
    forged += data[data.rindex(b"trailer") : data.rindex(b"startxref")]
    forged += b"startxref\n%d\n%%%%EOF\n" % target
    assert len(forged) < moved_to
    return bytes(forged).ljust(moved_to) + data[ranges[2] :]


def wrapped_silently(world: World, data: bytes) -> bytes:
    return wrapped(world, data, second_range=False)


def bytes_in_gap(world: World, data: bytes) -> bytes:
    """Content hidden between the string's end and the second part: the gap grows."""
    hole = hole_of(data)
    ranges, (first, last) = byte_range(data)
    extra = b"/Hidden true "
    claim = b"/ByteRange [0 %d %d %d]" % (ranges[1], ranges[2] + len(extra), ranges[3])
    grown = data[: hole.end] + extra + data[hole.end :]
    shift = len(extra)
    return grown[: first + shift] + claim.ljust(last - first) + grown[last + shift :]


def value_in_comment(world: World, data: bytes) -> bytes:
    """The gap holds a comment beside a shorter string of the same value."""
    hole = hole_of(data)
    room = hole.end - hole.start
    value = data[hole.start + 1 : hole.end - 1].rstrip(b"0")
    value += b"0" * (len(value) % 2)
    new = b"<" + value + b">"
    if len(new) > room - 2:  # the reservation is exact: take a digit pair's worth of white space
        new = b"<" + b" ".join([value[:-2], value[-2:]]) + b">"
        new = new[:room]
    return data[: hole.start] + new.ljust(room) + data[hole.end :]


def older_revision_resealed_form(step: Revision) -> None:
    """The honest signature is dropped from the form and an empty field put in its place."""
    empty = step.new(b"<< /FT /Sig /T (Seal) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] >>")
    step.put(form_number(step), b"<< /Fields [ %d 0 R ] /SigFlags 3 >>" % empty)


def freed_signature(world: World, data: bytes) -> bytes:
    """The signature object is freed by an update that does nothing else."""
    step = Revision(data)
    step.put(step.root, step.bodies[step.root])
    built = step.build()
    table = built.rindex(b"xref\n", 0, built.rindex(b"trailer"))
    free = b"%d 1\n0000000000 00001 f \n" % signature_number(step)
    return built[: table + 5] + free + built[table + 5 :]


def resurrected(world: World, data: bytes) -> bytes:
    """An update first frees the page's text, a second one brings the number back."""
    step = Revision(data)
    step.put(step.root, step.bodies[step.root])
    built = step.build()
    table = built.rindex(b"xref\n", 0, built.rindex(b"trailer"))
    free = b"%d 1\n0000000000 00001 f \n" % step.contents
    freed = built[: table + 5] + free + built[table + 5 :]
    again = Revision.__new__(Revision)
    again.__dict__.update(step.__dict__, data=freed, objects={step.contents: stream(FORGED)})
    return again.build()


# fmt: off
KINDS = (
    Kind("isa-text", "update with another text", revised(plain_update), MODIFIED),
    Kind("isa-body-only", "objects appended, no cross-reference", body_only,
         BROKEN | {"DOCUMENT_UNREADABLE"}),
    Kind("isa-old-xref", "objects appended, trailer to the old cross-reference", body_and_trailer),
    Kind("isa-no-trailer", "update without trailer", xref_without_trailer),
    Kind("isa-no-startxref", "update without startxref", without_startxref),
    Kind("isa-copied-signature", "update repeats the signature object", copied_signature),
    Kind("isa-copied-new-number", "field points to a copy of the signature",
         copied_under_new_number),
    Kind("isa-second-file", "file twice, the second changed", template_copy),
    Kind("isa-end-mark-cut", "end mark of the signed revision cut", update_before_end),
    Kind("isa-freed-signature", "signature object freed", freed_signature),
    Kind("isa-resurrected", "object freed, then brought back", resurrected),
    Kind("isa-form-replaced", "form without the honest signature",
         revised(older_revision_resealed_form), MODIFIED),
    Kind("swa-second-range", "second part moved, objects in the gap, ByteRange twice", wrapped),
    Kind("swa-silent", "second part moved, objects in the gap", wrapped_silently),
    Kind("swa-gap", "the gap holds more than the value", bytes_in_gap),
    Kind("swa-white-space", "the gap holds a shorter string", value_in_comment),
)
# fmt: on
