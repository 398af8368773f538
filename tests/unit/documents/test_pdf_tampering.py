"""What a thief may do to a sealed file, and what the reading must say of it."""

import re
from collections.abc import Callable

import pytest

from sealsvc.documents.pdf import sealer
from sealsvc.documents.pdf.errors import DocumentUnreadable
from sealsvc.documents.pdf.reader import read
from sealsvc.documents.values import (
    ChangeClass,
    Coverage,
    DigestOutcome,
    DocumentReading,
    SignatureOutcome,
)
from sealsvc.values import DocumentRole
from tests.builders import pdf
from tests.builders.pdf import Revision, sealed_once, sealed_thrice, stream

Tamper = Callable[[bytes], bytes]
HARMLESS = (ChangeClass.NONE, ChangeClass.LONG_TERM_UPDATE, ChangeClass.FURTHER_SEAL)


def revision(edit: Callable[[Revision], object]) -> Tamper:
    def apply(data: bytes) -> bytes:
        step = Revision(data)
        edit(step)
        return step.build()

    return apply


def append_content(step: Revision) -> None:
    extra = step.new(stream(b"BT /F1 20 Tf 50 500 Td (the price is 1.00) Tj ET"))
    page = step.bodies[step.page]
    new = page.replace(
        b"/Contents %d 0 R" % step.contents, b"/Contents [%d 0 R %d 0 R]" % (step.contents, extra)
    )
    assert new != page
    step.put(step.page, new)


def overlay(step: Revision, subtype: bytes = b"/FreeText") -> None:
    shape = step.new(
        stream(b"1 g 0 0 500 500 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 500 500]")
    )
    note = step.new(
        b"<< /Type /Annot /Subtype %b /Rect [0 0 500 500] /F 4 /AP << /N %d 0 R >> >>"
        % (subtype, shape)
    )
    step.replace_in(step.page, b"/Annots [", b"/Annots [ %d 0 R " % note)


def add_page(step: Revision) -> None:
    page = step.new(b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 500 500] >>" % step.pages)
    step.replace_in(step.pages, b"/Kids [ ", b"/Kids [ %d 0 R " % page)
    step.replace_in(step.pages, b"/Count 1", b"/Count 2")


def garbage_store(step: Revision) -> None:
    junk = step.new(stream(b"garbage"))
    store = step.new(b"<< /Type /DSS /Certs [ %d 0 R ] >>" % junk)
    step.add_key(step.root, b"/DSS %d 0 R" % store)


def store_with_hidden_stream(step: Revision) -> None:
    der = pdf.chain_named().issuing_der
    certificate = step.new(stream(der, b"/Subtype /Form /BBox [0 0 1 1] /Resources << >>"))
    store = step.new(b"<< /Type /DSS /Certs [ %d 0 R ] >>" % certificate)
    step.add_key(step.root, b"/DSS %d 0 R" % store)


def script(step: Revision) -> None:
    action = step.new(b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>")
    body = re.sub(
        rb"/OpenAction \[[^\]]*\]", b"/OpenAction %d 0 R" % action, step.bodies[step.root]
    )
    assert body != step.bodies[step.root]
    step.put(step.root, body)


def _field_number(step: Revision) -> int:
    return next(n for n, body in step.bodies.items() if b"/FT /Sig" in body)


def new_picture(step: Revision) -> None:
    shape = step.new(stream(b"0 g 0 0 9 9 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]"))
    field = _field_number(step)
    body = re.sub(rb"/N \d+ 0 R", b"/N %d 0 R" % shape, step.bodies[field])
    assert body != step.bodies[field]
    step.put(field, body)


def move_seal(step: Revision) -> None:
    field = _field_number(step)
    step.put(field, re.sub(rb"/Rect \[[^\]]+\]", b"/Rect [0 0 90 90]", step.bodies[field]))


def action_on_seal(step: Revision) -> None:
    step.add_key(_field_number(step), b"/AA << /PO << /S /JavaScript /JS (1) >> >>")


def bytes_between(step: Revision) -> None:
    step.between = b"99 0 obj << /Hidden true >> endobj\n"
    garbage_store_good(step)


def garbage_store_good(step: Revision) -> None:
    certificate = step.new(stream(pdf.chain_named().issuing_der))
    store = step.new(b"<< /Type /DSS /Certs [ %d 0 R ] >>" % certificate)
    step.add_key(step.root, b"/DSS %d 0 R" % store)


def foreign_trailer(step: Revision) -> None:
    garbage_store_good(step)
    step.trailer_extra = b"/Foreign true"


def orphan(step: Revision) -> None:
    garbage_store_good(step)
    step.new(stream(b"hidden"))


def info_title(step: Revision) -> None:
    step.add_key(step.info, b"/Title (another)")


def info_with_store(step: Revision) -> None:
    garbage_store_good(step)
    info_title(step)


REVISIONS: dict[str, Callable[[Revision], object]] = {
    "content replaced": lambda s: s.put(s.contents, stream(b"BT ET")),
    "content appended": append_content,
    "page turned": lambda s: s.add_key(s.page, b"/Rotate 90"),
    "page cropped": lambda s: s.add_key(s.page, b"/CropBox [0 0 100 100]"),
    "page with action": lambda s: s.add_key(s.page, b"/AA << /O << /S /Named /N /Print >> >>"),
    "page added": add_page,
    "page tree entry": lambda s: s.add_key(s.pages, b"/Foo 1"),
    "overlay note": overlay,
    "overlay stamp": lambda s: overlay(s, b"/Stamp"),
    "overlay widget": lambda s: overlay(s, b"/Widget"),
    "script at opening": script,
    "entry twice": lambda s: s.add_key(s.root, b"/OpenAction [3 0 R /Fit]"),
    "catalog action": lambda s: s.add_key(s.root, b"/AA << /WC << /S /JavaScript /JS (1) >> >>"),
    "embedded file": lambda s: s.add_key(s.root, b"/Names << /EmbeddedFiles << /Names [] >> >>"),
    "layers": lambda s: s.add_key(s.root, b"/OCProperties << /OCGs [] /D << >> >>"),
    "page labels": lambda s: s.add_key(s.root, b"/PageLabels << /Nums [0 << /P (x) >>] >>"),
    "viewer marks": lambda s: s.add_key(s.root, b"/MarkInfo << /Marked true >>"),
    "permissions removed or added": lambda s: s.add_key(s.root, b"/Perms << >>"),
    "information title": info_title,
    "information date alone": lambda s: s.add_key(s.info, b"/ModDate (D:20270101000000Z)"),
    "information with store": info_with_store,
    "garbage store": garbage_store,
    "store with foreign entries": store_with_hidden_stream,
    "store and orphan": orphan,
    "orphan alone": lambda s: s.new(stream(b"hidden")),
    "bytes between objects": bytes_between,
    "foreign trailer key": foreign_trailer,
    "seal shows another picture": new_picture,
    "seal moved": move_seal,
    "seal with action": action_on_seal,
    "identical catalog again": lambda s: s.put(s.root, s.bodies[s.root]),
}


def assert_not_whole(reading: DocumentReading) -> None:
    """No signature of the reading may pass for one over an unchanged file."""
    assert reading.signatures or reading.earlier_signatures or reading.problems
    for one in reading.signatures:
        passes = (
            one.digest is DigestOutcome.MATCHES
            and one.signature is SignatureOutcome.VERIFIES
            and one.worst_change in HARMLESS
            and one.coverage in (Coverage.FILE, Coverage.REVISION)
            and not one.problems
        )
        assert not passes


@pytest.mark.parametrize("name", REVISIONS)
def test_revision_that_changes_content_is_other(name: str) -> None:
    reading = read(revision(REVISIONS[name])(sealed_once()))

    assert [one.worst_change for one in reading.signatures] == [ChangeClass.OTHER]
    assert reading.signatures[0].coverage is Coverage.REVISION
    assert reading.signatures[0].digest is DigestOutcome.MATCHES


@pytest.mark.parametrize("name", REVISIONS)
def test_every_signature_sees_the_change(name: str) -> None:
    reading = read(revision(REVISIONS[name])(sealed_thrice()))

    assert [one.worst_change for one in reading.signatures] == [ChangeClass.OTHER] * 3


@pytest.mark.parametrize("name", REVISIONS)
def test_certified_document_is_not_kept(name: str) -> None:
    reading = read(revision(REVISIONS[name])(sealed_once(DocumentRole.INVOICE)))

    assert reading.signatures[0].worst_change is ChangeClass.OTHER
    assert reading.signatures[0].docmdp_kept is False


def flip(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def other_digit(data: bytes, position: int) -> bytes:
    """Another hexadecimal digit at that place."""
    digit = b"0" if data[position : position + 1] != b"0" else b"1"
    return data[:position] + digit + data[position + 1 :]


def contents_span(data: bytes) -> tuple[int, int]:
    start = data.rindex(b"/Contents <") + len(b"/Contents ")
    return start, data.index(b">", start) + 1


def transplant(data: bytes) -> bytes:
    other = pdf.sealed(pdf.plain(2))
    start, end = contents_span(data)
    first, last = contents_span(other)
    donor = other[first + 1 : last - 1]
    return (
        data[: start + 1] + donor[: end - start - 2].ljust(end - start - 2, b"0") + data[end - 1 :]
    )


def with_contents(data: bytes, value: bytes) -> bytes:
    start, end = contents_span(data)
    return data[: start + 1] + value * (end - start - 2) + data[end - 1 :]


def with_byte_range(data: bytes, change: Callable[[list[int]], list[int]]) -> bytes:
    match = list(re.finditer(rb"/ByteRange \[([\d ]+)\]( *)", data))[-1]
    ranges = change([int(one) for one in match.group(1).split()])
    text = b"/ByteRange [%b]" % b" ".join(b"%d" % one for one in ranges)
    return data[: match.start()] + text.ljust(len(match.group()), b" ") + data[match.end() :]


IN_PLACE: dict[str, Tamper] = {
    "text flipped": lambda d: flip(d, d.index(b"1000.00")),
    "page box changed": lambda d: d.replace(b"/MediaBox [0 0", b"/MediaBox [9 0", 1),
    "signing time changed": lambda d: d.replace(b"D:20261121", b"D:20251121", 1),
    "signer's name changed": lambda d: flip(d, d.rindex(b"/Name") + 8),
    "transplanted value": transplant,
    "empty value": lambda d: with_contents(d, b"0"),
    "value of junk": lambda d: with_contents(d, b"3"),
    "signature value flipped": lambda d: other_digit(d, contents_span(d)[1] - 40),
    "attributes flipped": lambda d: other_digit(d, d.index(b"2a864886f70d010904") + 30),
    "range starts late": lambda d: with_byte_range(d, lambda r: [1, r[1] - 1, *r[2:]]),
    "range ends early": lambda d: with_byte_range(d, lambda r: [*r[:3], r[3] - 1]),
    "range beyond file": lambda d: with_byte_range(d, lambda r: [*r[:3], r[3] + 9]),
    "ranges swapped": lambda d: with_byte_range(d, lambda r: [r[2], r[3], r[0], r[1]]),
    "gap larger": lambda d: with_byte_range(d, lambda r: [0, r[1] - 5, *r[2:]]),
    "gap smaller": lambda d: with_byte_range(d, lambda r: [0, r[1] + 5, *r[2:]]),
    "ranges overlap": lambda d: with_byte_range(d, lambda r: [0, r[2], r[1], r[3]]),
    "one range": lambda d: with_byte_range(d, lambda r: [0, r[1]]),
    "no range": lambda d: d.replace(b"/ByteRange", b"/ByteRangx"),
    "empty ranges": lambda d: with_byte_range(d, lambda r: []),
    "junk appended": lambda d: d + b"junk",
    "comment appended": lambda d: d + b"% a comment\n",
    "line end appended": lambda d: d + b"\n",
    "whole file again": lambda d: d + d,
    "sub-filter unknown": lambda d: d.replace(b"ETSI.CAdES.detached", b"ETSI.XAdES.detached"),
    "sub-filter of a time-stamp": lambda d: d.replace(
        b"/SubFilter /ETSI.CAdES.detached", b"/SubFilter /ETSI.RFC3161       "
    ),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_changed_bytes_never_pass(name: str) -> None:
    damaged = IN_PLACE[name](sealed_once())
    assert damaged != sealed_once()

    reading = read(damaged)

    assert len(reading.signatures) == 1
    assert_not_whole(reading)


@pytest.mark.parametrize("name", ["text flipped", "page box changed", "signing time changed"])
def test_changed_signed_bytes_differ_in_every_signature(name: str) -> None:
    reading = read(IN_PLACE[name](sealed_thrice()))

    assert {one.digest for one in reading.signatures} == {DigestOutcome.DIFFERS}


@pytest.mark.parametrize("name", ["junk appended", "comment appended", "line end appended"])
def test_appended_bytes_are_other_and_not_covered(name: str) -> None:
    (one,) = read(IN_PLACE[name](sealed_once())).signatures

    assert (one.coverage, one.worst_change) == (Coverage.REVISION, ChangeClass.OTHER)


def test_file_with_a_second_end_mark_is_unreadable() -> None:
    with pytest.raises(DocumentUnreadable):
        read(sealed_once() + b"%%EOF\n")


def test_cut_file_is_unreadable_or_not_whole() -> None:
    data = sealed_once()
    for length in range(len(pdf.plain()) + 100, len(data), 97):
        try:
            reading = read(data[:length])
        except DocumentUnreadable:
            continue
        if b"/ByteRange [" in data[:length]:
            assert_not_whole(reading)


def test_removed_signature_is_remembered() -> None:
    step = Revision(sealed_once())
    form = next(n for n, body in step.bodies.items() if b"/SigFlags" in body)
    step.put(form, b"<< /Fields [] /SigFlags 3 >>")

    reading = read(step.build())

    assert reading.signatures == ()
    assert len(reading.earlier_signatures) == 1


def test_form_removed_is_remembered() -> None:
    step = Revision(sealed_once())
    step.put(step.root, re.sub(rb"/AcroForm \d+ 0 R", b"", step.bodies[step.root]))

    assert len(read(step.build()).earlier_signatures) == 1


def test_signature_outside_the_form_is_noted() -> None:
    step = Revision(pdf.plain())
    step.new(b"<< /Type /Sig /ByteRange [0 10 20 10] /Contents <00> >>")

    reading = read(step.build())

    assert reading.signatures == ()
    assert [one.code for one in reading.problems] == ["SIGNATURE_OUTSIDE_FORM"]


def test_entry_that_points_back_into_signed_bytes_is_other() -> None:
    data = sealed_once()
    step = Revision(data)
    garbage_store_good(step)
    built = step.build()
    start = built.index(b"%d 0 obj" % step.page)
    table = built.rindex(b"xref\n", 0, built.rindex(b"trailer"))
    forged = (
        built[: table + 5] + b"%d 1\n%010d 00000 n \n" % (step.page, start) + built[table + 5 :]
    )

    (one,) = read(forged).signatures

    assert one.worst_change is ChangeClass.OTHER


def test_freed_object_is_other() -> None:
    step = Revision(sealed_once())
    garbage_store_good(step)
    built = step.build()
    table = built.rindex(b"xref\n", 0, built.rindex(b"trailer"))
    forged = (
        built[: table + 5] + b"%d 1\n0000000000 00001 f \n" % step.contents + built[table + 5 :]
    )

    (one,) = read(forged).signatures

    assert one.worst_change is ChangeClass.OTHER


def test_filled_text_field_is_form_filling() -> None:
    base = pdf.PdfBuilder().with_text_field().build()
    step = Revision(pdf.sealed(base))
    number = next(n for n, body in step.bodies.items() if b"/FT /Tx" in body)
    step.replace_in(number, b"(1000)", b"(9000)")

    (one,) = read(step.build()).signatures

    assert one.worst_change is ChangeClass.FORM_FILLING


def test_good_security_store_is_long_term_update() -> None:
    reading = read(revision(garbage_store_good)(sealed_thrice()))

    assert [one.worst_change for one in reading.signatures] == [
        ChangeClass.FURTHER_SEAL,
        ChangeClass.FURTHER_SEAL,
        ChangeClass.LONG_TERM_UPDATE,
    ]
    assert reading.signatures[0].certificates_der


def test_security_store_keeps_a_certification() -> None:
    (one,) = read(revision(garbage_store_good)(sealed_once(DocumentRole.INVOICE))).signatures

    assert (one.worst_change, one.docmdp_kept) == (ChangeClass.LONG_TERM_UPDATE, True)


def test_two_seals_and_a_change_between_them() -> None:
    changed = revision(append_content)(sealed_once())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealer, "try_prepare", lambda *_: None)
        patch.setattr(sealer, "_refuse_unfit", lambda *_: None)
        patch.setattr(sealer, "harm_of_seal", lambda *_: None)
        data = pdf.sealed(changed, pdf.chain_named("second"))

    first, second = read(data).signatures

    assert first.worst_change is ChangeClass.OTHER
    assert second.worst_change is ChangeClass.NONE
