"""Shadow attacks and attacks on certified documents: prepared before sealing, sprung after.

The forger gives an innocent file to be sealed that already holds what he needs; the service seals
it honestly; then he changes a little. Source: Mainka et al., "Shadow Attacks" (NDSS 2021);
Rohlmann et al., "Breaking the Specification: PDF Certification" (IEEE S&P 2021).
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from sealsvc.values import DocumentRole
from tests.attacks.craft import field_number, form_number, revised
from tests.attacks.kinds.kind import CONTRACT, INVOICE, MODIFIED, REFUSED, Kind, Make
from tests.attacks.world import World
from tests.builders import pdf
from tests.builders.pdf import Revision, stream
from tests.unit.documents.test_pdf_tampering import garbage_store_good

EVIL = b"BT /F1 14 Tf 50 700 Td (the price is 1.00) Tj ET"
FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 600 800]"
Edit = Callable[[Revision], object]
_honest: dict[tuple[int, str, bool], bytes] = {}


def sprung(prepare: Edit, spring: Edit, *, certified: bool = False) -> Make:
    """Prepared, sealed by the service, and then changed by an update."""

    def make(world: World, data: bytes) -> bytes:
        key = (id(world), f"{id(prepare)}", certified)
        if key not in _honest:
            step = Revision(pdf.plain())
            prepare(step)
            _honest[key] = sealed(world, step.build(), certified=certified)
        return revised(spring)(world, _honest[key])

    return make


def sealed(world: World, data: bytes, *, certified: bool) -> bytes:
    if certified:
        return world.seal("invoice", data, role=DocumentRole.INVOICE)
    return world.seal("contract-a", data, role=DocumentRole.CONTRACT)


def dormant_text(step: Revision) -> None:
    """Hidden text that nothing shows yet, but a resource names it."""
    hidden = step.new(stream(EVIL, FORM))
    step.put(step.page, step.bodies[step.page].replace(b"/Resources", b"/OldResources", 1))
    step.add_key(step.page, b"/Resources << /XObject << /Shadow %d 0 R >> >>" % hidden)


def awaken_text(step: Revision) -> None:
    step.put(step.contents, stream(b"/Shadow Do"))


def covering_image(step: Revision) -> None:
    """A white form lies over the true text (hide)."""
    cover = step.new(stream(b"1 g 0 0 600 800 re f", FORM))
    more = step.new(stream(b"/Cover Do"))
    step.put(step.page, step.bodies[step.page].replace(b"/Resources", b"/OldResources", 1))
    step.add_key(step.page, b"/Resources << /XObject << /Cover %d 0 R >> >>" % cover)
    step.replace_in(
        step.page, b"/Contents %d 0 R" % step.contents,
        b"/Contents [ %d 0 R %d 0 R ]" % (step.contents, more),
    )  # fmt: skip


def uncover(step: Revision) -> None:
    """The cover is made to draw nothing."""
    cover = next(
        int(match.group(1))
        for match in (re.search(rb"/Cover (\d+) 0 R", b) for b in step.bodies.values())
        if match
    )
    step.put(cover, stream(b"", FORM))


def cover_freed(world: World, data: bytes) -> bytes:
    """Hide: the cover is freed by the cross-reference alone."""
    key = (id(world), f"{id(covering_image)}", False)
    if key not in _honest:
        step = Revision(pdf.plain())
        covering_image(step)
        _honest[key] = sealed(world, step.build(), certified=False)
    step = Revision(_honest[key])
    cover = next(
        int(match.group(1))
        for match in (re.search(rb"/Cover (\d+) 0 R", b) for b in step.bodies.values())
        if match
    )
    garbage_store_good(step)
    built = step.build()
    table = built.rindex(b"xref\n", 0, built.rindex(b"trailer"))
    return built[: table + 5] + b"%d 1\n0000000000 00001 f \n" % cover + built[table + 5 :]


def second_catalog(step: Revision) -> None:
    """Hide-and-replace: a whole second document sleeps in the file."""
    text = step.new(stream(EVIL))
    page = step.new(
        b"<< /Type /Page /MediaBox [0 0 595 842] /Resources << >> /Contents %d 0 R >>" % text
    )
    pages = step.new(b"<< /Type /Pages /Kids [ %d 0 R ] /Count 1 >>" % page)
    step.new(b"<< /Type /Catalog /Pages %d 0 R /Shadow true >>" % pages)


def switch_pages(step: Revision) -> None:
    """The catalog now leads to the sleeping pages."""
    shadow = next(b for b in step.bodies.values() if b"/Shadow true" in b)
    pages = re.search(rb"/Pages (\d+) 0 R", shadow)
    assert pages is not None
    old = re.search(rb"/Pages \d+ 0 R", step.bodies[step.root])
    assert old is not None
    step.replace_in(step.root, old.group(), pages.group())


def text_field(step: Revision) -> None:
    """A text field whose value is not what its appearance shows."""
    shape = step.new(stream(b"BT ET", FORM))
    field = step.new(
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (1000.00) /F 4 "
        b"/Rect [50 600 200 620] /P %d 0 R /AP << /N %d 0 R >> >>" % (step.page, shape)
    )
    step.add_key(step.page, b"/Annots [ %d 0 R ]" % field)
    form = step.new(b"<< /Fields [ %d 0 R ] /DA (/Helv 0 Tf 0 g) >>" % field)
    step.add_key(step.root, b"/AcroForm %d 0 R" % form)


def amount_number(step: Revision) -> int:
    return next(n for n, body in step.bodies.items() if b"/FT /Tx" in body)


def fill_text(step: Revision) -> None:
    step.replace_in(amount_number(step), b"(1000.00)", b"(1.00)")


def reshape_text(step: Revision) -> None:
    """Replace via appearance: the value stays, what is shown changes."""
    number = amount_number(step)
    shape = re.search(rb"/N (\d+) 0 R", step.bodies[number])
    assert shape is not None
    step.put(int(shape.group(1)), stream(EVIL, FORM))


def need_appearances(step: Revision) -> None:
    step.add_key(form_number(step), b"/NeedAppearances true")


@cache
def waiting_number() -> int:
    return 60


def waiting_font(step: Revision) -> None:
    """The page's font is an object that does not exist yet."""
    step.put(step.page, step.bodies[step.page].replace(b"/Resources", b"/OldResources", 1))
    step.add_key(step.page, b"/Resources << /Font << /F1 %d 0 R >> >>" % waiting_number())


def give_font(step: Revision) -> None:
    """Replace via overwrite: the missing font appears, and its glyphs are others."""
    step.put(
        waiting_number(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats /FirstChar 32 >>",
    )


def old_font(step: Revision) -> None:
    font = next(n for n, body in step.bodies.items() if b"/Type /Font" in body)
    step.put(font, b"<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>")


def to_unicode(step: Revision) -> None:
    """What is copied and searched differs from what is shown."""
    font = next(n for n, body in step.bodies.items() if b"/Type /Font" in body)
    table = step.new(stream(b"begincmap 1 beginbfchar <31> <0039> endbfchar endcmap"))
    step.add_key(font, b"/ToUnicode %d 0 R" % table)


def layer(step: Revision) -> None:
    """The evil text is in a layer that is switched off."""
    group = step.new(b"<< /Type /OCG /Name (shadow) >>")
    hidden = step.new(stream(b"/OC /L BDC " + EVIL + b" EMC"))
    step.put(step.page, step.bodies[step.page].replace(b"/Resources", b"/OldResources", 1))
    step.add_key(step.page, b"/Resources << /Properties << /L %d 0 R >> >>" % group)
    step.replace_in(
        step.page, b"/Contents %d 0 R" % step.contents,
        b"/Contents [ %d 0 R %d 0 R ]" % (step.contents, hidden),
    )  # fmt: skip
    step.add_key(
        step.root, b"/OCProperties << /OCGs [ %d 0 R ] /D << /OFF [ %d 0 R ] >> >>" % (group, group)
    )


def switch_layer(step: Revision) -> None:
    step.replace_in(step.root, b"/OFF [", b"/ON [")


def evil_annotation(step: Revision) -> None:
    """EAA: an annotation over the certified text."""
    shape = step.new(stream(b"1 g 0 0 600 800 re f " + EVIL, FORM))
    note = step.new(
        b"<< /Type /Annot /Subtype /FreeText /Rect [0 0 600 800] /F 4 /DA (/F1 9 Tf) "
        b"/Contents (1.00) /AP << /N %d 0 R >> /P %d 0 R >>" % (shape, step.page)
    )
    step.replace_in(step.page, b"/Annots [", b"/Annots [ %d 0 R " % note)


def sneaky_field(step: Revision) -> None:
    """SSA: a new, unsigned signature field whose appearance covers the text."""
    shape = step.new(stream(b"1 g 0 0 600 800 re f " + EVIL, FORM))
    field = step.new(
        b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Second) /Rect [0 0 600 800] /F 132 "
        b"/AP << /N %d 0 R >> /P %d 0 R >>" % (shape, step.page)
    )
    step.replace_in(step.page, b"/Annots [", b"/Annots [ %d 0 R " % field)
    step.replace_in(form_number(step), b"/Fields [", b"/Fields [ %d 0 R " % field)


def looser_permissions(step: Revision) -> None:
    """The parameters of the certification are rewritten to P=3, then an annotation is added."""
    for number, body in step.bodies.items():
        if b"/TransformParams" in body:
            step.put(number, re.sub(rb"/P [123]", b"/P 3", body))
    evil_annotation(step)


def permissions_removed(step: Revision) -> None:
    body = re.sub(rb"/Perms (\d+ 0 R|<<[^>]*>>)", b"", step.bodies[step.root])
    assert body != step.bodies[step.root]
    step.put(step.root, body)


def lock_removed(step: Revision) -> None:
    """FieldMDP games: a lock that excludes the very fields that changed."""
    step.add_key(
        field_number(step),
        b"/Lock << /Type /SigFieldLock /Action /Include /Fields [(other)] /P 3 >>",
    )
    evil_annotation(step)


def form_script(step: Revision) -> None:
    step.add_key(amount_number(step), b"/AA << /C << /S /JavaScript /JS (event.value=1) >> >>")


CATALOG: tuple[tuple[str, str, Edit, Edit], ...] = (
    ("hide-text", "dormant text is drawn", dormant_text, awaken_text),
    ("hide-cover", "the covering picture is emptied", covering_image, uncover),
    ("switch-catalog", "the catalog leads to sleeping pages", second_catalog, switch_pages),
    ("fill-field", "a text field gets another value", text_field, fill_text),
    ("reshape-field", "a text field gets another appearance", text_field, reshape_text),
    ("need-appearances", "readers are told to draw the field anew", text_field, need_appearances),
    ("field-script", "a script on a field", text_field, form_script),
    ("missing-font", "a font that was missing appears", waiting_font, give_font),
    ("layer", "a hidden layer is switched on", layer, switch_layer),
)


def rows() -> list[Kind]:
    found = []
    for certified in (False, True):
        base, word = (INVOICE, "certified") if certified else (CONTRACT, "sealed")
        for name, text, prepare, spring in CATALOG:
            make = sprung(prepare, spring, certified=certified)
            found.append(Kind(f"shadow-{name}-{word}", f"{text} ({word})", make, MODIFIED, (base,)))
    return found


def _direct(edit: Edit) -> Any:
    return revised(edit)


# fmt: off
KINDS = (
    *rows(),
    Kind("shadow-cover-freed", "the covering picture is freed", cover_freed, REFUSED, (CONTRACT,)),
    Kind("shadow-font", "the font is replaced", _direct(old_font), MODIFIED),
    Kind("shadow-to-unicode", "the font's text map is replaced", _direct(to_unicode), MODIFIED),
    Kind("certified-annotation", "evil annotation (EAA)", _direct(evil_annotation), MODIFIED),
    Kind("certified-sneaky-field", "sneaky signature field (SSA)", _direct(sneaky_field), MODIFIED),
    Kind("certified-looser", "DocMDP parameters rewritten", _direct(looser_permissions), MODIFIED,
         (INVOICE,)),
    Kind("certified-perms-removed", "/Perms removed", _direct(permissions_removed), MODIFIED,
         (INVOICE,)),
    Kind("certified-lock", "a permissive lock added to the field", _direct(lock_removed),
         MODIFIED),
)
# fmt: on
