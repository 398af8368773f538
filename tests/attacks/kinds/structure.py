"""Games with the file's structure: what one reader shows and another does not."""

import re

from tests.attacks.craft import (
    field_number,
    forged_text,
    form_number,
    revised,
    signature_number,
    startxref,
)
from tests.attacks.kinds.kind import CONTRACT, INVOICE, REFUSED, TWO, Kind, Make
from tests.attacks.world import World
from tests.builders.pdf import Revision, stream

FORGED = b"BT /F1 14 Tf 50 700 Td (the price is 1.00) Tj ET"
ONE = (INVOICE, TWO)


def shifted(extra: bytes) -> Make:
    """Bytes before the header: readers that count offsets from it still agree."""

    def make(world: World, data: bytes) -> bytes:
        return extra + data

    return make


def hybrid(world: World, data: bytes) -> bytes:
    """A classic update whose trailer also names a cross-reference stream with other objects."""
    step = Revision(data)
    out = bytearray(data)
    evil = len(out)
    out += b"%d 0 obj\n%b\nendobj\n" % (step.contents, stream(FORGED))
    hidden = len(out)
    number = step.size
    rows = b"\1" + evil.to_bytes(4) + b"\0" + b"\1" + hidden.to_bytes(4) + b"\0"
    extra = b"/Type /XRef /W [1 4 1] /Index [%d 1 %d 1] /Size %d /Root %d 0 R" % (
        step.contents, number, number + 1, step.root,
    )  # fmt: skip
    out += b"%d 0 obj\n%b\nendobj\n" % (number, stream(rows, extra))
    table = len(out)
    out += b"xref\n0 0\ntrailer\n<< /Size %d /Root %d 0 R /Prev %d /XRefStm %d >>\n" % (
        number + 1, step.root, startxref(data), hidden,
    )  # fmt: skip
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % table)


def object_stream(world: World, data: bytes) -> bytes:
    """The forged page is hidden in an object stream of a cross-reference stream's update."""
    step = Revision(data)
    out = bytearray(data)
    evil_number, holder, table = step.size, step.size + 1, step.size + 2
    evil = len(out)
    out += b"%d 0 obj\n%b\nendobj\n" % (evil_number, stream(FORGED))
    body = step.bodies[step.page].replace(
        b"/Contents %d 0 R" % step.contents, b"/Contents %d 0 R" % evil_number
    )
    first = b"%d 0 " % step.page
    place = len(out)
    inside = stream(first + body, b"/Type /ObjStm /N 1 /First %d" % len(first))
    out += b"%d 0 obj\n%b\nendobj\n" % (holder, inside)
    at = len(out)
    rows = b"".join(
        (
            b"\2" + holder.to_bytes(4) + b"\0",
            *(b"\1" + one.to_bytes(4) + b"\0" for one in (evil, place, at)),
        )
    )
    extra = b"/Type /XRef /W [1 4 1] /Index [%d 1 %d 3] /Size %d /Root %d 0 R /Prev %d" % (
        step.page, evil_number, table + 1, step.root, startxref(data),
    )  # fmt: skip
    out += b"%d 0 obj\n%b\nendobj\n" % (table, stream(rows, extra))
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % at)


def prev_changed(value: bytes) -> Make:
    """An update whose trailer leads elsewhere than to the signed revision."""

    def make(world: World, data: bytes) -> bytes:
        step = Revision(data)
        forged_text(step)
        built = step.build()
        at = built.rindex(b"/Prev ")
        end = at + re.match(rb"/Prev \d+", built[at:]).end()  # type: ignore[union-attr]
        digits = value or b"%d" % startxref(built)
        return built[:at] + b"/Prev " + digits + built[end:]

    return make


def prev_skips(world: World, data: bytes) -> bytes:
    """The signed revision is skipped: /Prev leads to the one before, the objects are repeated."""
    older = int(re.findall(rb"/Prev (\d+)", data)[-1])
    step = Revision(data)
    for number in (step.root, step.page, form_number(step), field_number(step)):
        step.put(number, step.bodies[number])
    step.put(signature_number(step), step.bodies[signature_number(step)])
    forged_text(step)
    return prev_changed(b"%d" % older)(world, data)


def duplicate_form(step: Revision) -> None:
    """Two /AcroForm keys: parsers take the first or the last."""
    fake = step.new(b"<< /Fields [] >>")
    step.add_key(step.root, b"/AcroForm %d 0 R" % fake)


def duplicate_contents(step: Revision) -> None:
    evil = step.new(stream(FORGED))
    step.add_key(step.page, b"/Contents %d 0 R" % evil)


def escaped_name(step: Revision) -> None:
    """The same key in another spelling: /Contents as /#43ontents."""
    evil = step.new(stream(FORGED))
    step.replace_in(step.page, b"/Contents %d 0 R" % step.contents, b"/#43ontents %d 0 R" % evil)


def linearisation(step: Revision) -> None:
    """A linearisation dictionary in an update: some readers then trust its offsets."""
    step.new(b"<< /Linearized 1 /L 100 /H [0 10] /O 3 /E 100 /N 1 /T 50 >>")


def new_root(world: World, data: bytes) -> bytes:
    """The trailer names another catalog, in which the honest form is kept."""
    step = Revision(data)
    text = step.new(stream(FORGED))
    page = step.new(
        step.bodies[step.page].replace(
            b"/Contents %d 0 R" % step.contents, b"/Contents %d 0 R" % text
        )
    )
    pages = step.new(b"<< /Type /Pages /Kids [ %d 0 R ] /Count 1 >>" % page)
    body = re.sub(rb"/Pages \d+ 0 R", b"/Pages %d 0 R" % pages, step.bodies[step.root])
    step.root = step.new(body)
    return step.build()


def old_generation(world: World, data: bytes) -> bytes:
    """The text is replaced under a higher generation number."""
    step = Revision(data)
    forged_text(step)
    built = step.build()
    head = built.rindex(b"%d 0 obj" % step.contents)
    built = built[:head] + built[head:].replace(
        b"%d 0 obj" % step.contents, b"%d 1 obj" % step.contents, 1
    )
    table = built.rindex(b"xref\n", 0, built.rindex(b"trailer"))
    return built[:table] + built[table:].replace(b" 00000 n", b" 00001 n", 1)


def encrypted_claim(world: World, data: bytes) -> bytes:
    """An update adds an /Encrypt dictionary, so that strings read otherwise."""
    step = Revision(data)
    number = step.new(b"<< /Filter /Standard /V 1 /R 2 /O (x) /U (y) /P -4 >>")
    step.trailer_extra = b"/Encrypt %d 0 R" % number
    return step.build()


def polyglot_tail(world: World, data: bytes) -> bytes:
    """A ZIP end record behind the file: the same bytes are an archive."""
    return data + b"PK\x05\x06" + bytes(18)


def second_header(world: World, data: bytes) -> bytes:
    """A whole small document before the sealed one."""
    return b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + data


def second_startxref(world: World, data: bytes) -> bytes:
    """A second end mark that points to a forged table inside a signed-looking comment."""
    step = Revision(data)
    forged_text(step)
    built = step.build()
    return built + b"startxref\n%d\n%%%%EOF\n" % startxref(data)


# fmt: off
KINDS = (
    Kind("struct-header-shift", "bytes before %PDF", shifted(b"% shifted\n"), bases=ONE),
    Kind("struct-header-polyglot", "a shell script before %PDF", shifted(b"#!/bin/sh\nexit\n"),
         bases=ONE),
    Kind("struct-second-header", "a document before the document", second_header, bases=ONE),
    Kind("struct-polyglot-tail", "a ZIP behind the end", polyglot_tail, bases=ONE),
    Kind("struct-hybrid", "hybrid cross-reference with other objects", hybrid, bases=ONE),
    Kind("struct-object-stream", "page hidden in an object stream", object_stream, bases=ONE),
    Kind("struct-prev-loop", "/Prev leads to itself", prev_changed(b""), bases=ONE),
    Kind("struct-prev-nowhere", "/Prev leads behind the end", prev_changed(b"99999999"),
         bases=ONE),
    Kind("struct-prev-zero", "/Prev 0", prev_changed(b"0"), bases=ONE),
    Kind("struct-prev-skips", "/Prev skips the signed revision", prev_skips, bases=ONE),
    Kind("struct-duplicate-form", "/AcroForm twice", revised(duplicate_form), bases=ONE),
    Kind("struct-duplicate-contents", "/Contents of the page twice", revised(duplicate_contents),
         bases=ONE),
    Kind("struct-escaped-name", "key in another spelling", revised(escaped_name), bases=ONE),
    Kind("struct-linearised", "linearisation dictionary added", revised(linearisation), bases=ONE),
    Kind("struct-new-root", "another catalog with the same form", new_root, bases=ONE),
    Kind("struct-generation", "object under a higher generation", old_generation, bases=ONE),
    Kind("struct-encrypt", "/Encrypt added", encrypted_claim,
         REFUSED | {"DOCUMENT_ENCRYPTED"}, (CONTRACT,)),
    Kind("struct-second-startxref", "update, then the old startxref again", second_startxref,
         bases=ONE),
)
# fmt: on
