"""What is drawn where: text, lines, pictures, templates, annotations, seals."""

import io
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from sealsvc.documents.ofd.picture_package import picture_package
from sealsvc.documents.ofd.render.errors import OfdPageUnrenderable, SealPictureUnrenderable
from sealsvc.documents.ofd.render.page import page_count, render_page
from sealsvc.documents.ofd.render.sealpicture import render_seal_picture
from sealsvc.documents.ofd.text import page_text
from sealsvc.imprint.compare import compare
from sealsvc.imprint.render import render_png, spec_for
from sealsvc.imprint.vectors import ofd_paths
from sealsvc.values import SealType
from tests.unit.documents.ofd_render.packages import (
    DPI,
    SIGNED,
    Ofd,
    at,
    ink,
    media,
    path,
    pixels,
    png,
    rectangle,
    sealed,
    square_font,
    text,
    xml,
)

WHITE = (255, 255, 255)
RED = (255, 0, 0)


def test_an_empty_page_is_white_and_of_the_size_of_its_box() -> None:
    page = Ofd().render()
    assert (page.width_px, page.height_px) == (500, 300)
    assert page.px_per_mm == pytest.approx(5)
    assert (pixels(page) == 255).all()
    assert page.notes == ()


def test_text_stands_on_its_base_line() -> None:
    page = Ofd(text("国国", 10, 20, code='DeltaX="20"')).render()
    assert ink(page, (10, 20, 15, 25.6)) > 0.2
    assert ink(page, (30, 20, 35, 25.6)) > 0.2
    assert ink(page, (16, 0, 29, 60)) == 0
    assert ink(page, (0, 27, 100, 60)) == 0
    assert page.notes == ()


def test_deltas_repeat_and_go_down() -> None:
    page = Ofd(text("国国国国", 10, 5, code='DeltaY="g 3 12"')).render()
    assert all(ink(page, (10, 5 + 12 * row, 15, 11 + 12 * row)) > 0.2 for row in range(4))
    assert ink(page, (16, 0, 100, 60)) == 0


def test_natural_advances_where_the_document_gives_none() -> None:
    page = Ofd(text("国 国", 10, 5)).render()
    assert ink(page, (10, 5, 15, 11)) > 0.2
    assert ink(page, (16, 5, 22, 11)) > 0.1


def test_a_character_in_no_font_is_a_box_and_counted() -> None:
    page = Ofd(text("\u1000\u1000", 10, 5, code='DeltaX="6"')).render()
    assert page.notes == ("missing glyphs: 2",)
    assert 0.02 < ink(page, (10, 5, 15, 11)) < 0.4


def test_the_mark_before_amounts_in_words_is_drawn() -> None:
    for mark in "⊗ⓧ":
        page = Ofd(text(mark, 10, 5)).render()
        assert page.notes == ()
        assert ink(page, (10, 5, 15, 11)) > 0.05


def test_the_documents_own_font_is_used_for_characters_and_glyph_numbers() -> None:
    font = {"Doc_0/Res/own.ttf": square_font()}
    declared = '<Fonts><Font ID="3" FontName="X"><FontFile>own.ttf</FontFile></Font></Fonts>'
    by_character = text("a", 10, 5).replace('Font="2"', 'Font="3"')
    by_number = by_character.replace(
        "<TextCode",
        '<CGTransform CodePosition="0" CodeCount="1" GlyphCount="1"><Glyphs>1</Glyphs>'
        "</CGTransform><TextCode",
    ).replace(">a<", ">国<")
    for written in (by_character, by_number):
        page = Ofd(written, declared, files=font).render()
        # The only glyph fills its square from the base line up.
        assert ink(page, (10.2, 5.2, 14.8, 9.8)) == 1
        assert page.notes == ()


def test_a_broken_font_falls_back_and_says_so() -> None:
    declared = '<Fonts><Font ID="3" FontName="X"><FontFile>own.ttf</FontFile></Font></Fonts>'
    written = text("国", 10, 5).replace('Font="2"', 'Font="3"')
    for content in (
        b"",
        b"\0\1\0\0" + b"\xff" * 300,
        square_font()[:200],
        b"\1\0\4\1" + b"\xff" * 99,
    ):
        page = Ofd(written, declared, files={"Doc_0/Res/own.ttf": content}).render()
        assert ink(page, (10, 5, 15, 11)) > 0.2
        assert page.notes == ("embedded font not readable: 1",)


def test_a_font_without_the_character_falls_back_and_says_so() -> None:
    declared = '<Fonts><Font ID="3" FontName="X"><FontFile>own.ttf</FontFile></Font></Fonts>'
    written = text("国", 10, 5).replace('Font="2"', 'Font="3"')
    page = Ofd(written, declared, files={"Doc_0/Res/own.ttf": square_font()}).render()
    assert page.notes == ("glyphs not in the document's own font: 1",)


def test_a_line_lies_at_its_height_and_width() -> None:
    page = Ofd(path("M 10 30 L 90 30", 'LineWidth="1"')).render()
    assert ink(page, (10, 29.6, 90, 30.4)) == 1
    assert ink(page, (0, 0, 100, 29.2)) == 0
    assert ink(page, (0, 30.8, 100, 60)) == 0
    assert ink(page, (0, 0, 9.5, 60)) == 0


def test_dashes_leave_gaps() -> None:
    page = Ofd(path("M 10 30 L 90 30", 'LineWidth="1" DashPattern="10 10"')).render()
    assert ink(page, (11, 29.6, 19, 30.4)) == 1
    assert ink(page, (21, 29, 29, 31)) == 0


@pytest.mark.parametrize(
    ("data", "inside", "outside"),
    [
        ("M 20 30 A 20 20 0 0 1 60 30 C", (40, 20), (40, 40)),
        ("M 20 30 A 20 20 0 0 0 60 30 C", (40, 40), (40, 20)),
        ("M 20 30 Q 40 -10 60 30 C", (40, 15), (40, 8)),
        ("M 20 30 B 20 0 60 0 60 30 C", (40, 12), (22, 8)),
        ("S 20 10 L 60 10 L 60 40 L 20 40", (40, 30), (70, 30)),
    ],
)
def test_curves(data: str, inside: tuple[int, int], outside: tuple[int, int]) -> None:
    content = path(data, 'Stroke="false" Fill="true"', '<FillColor Value="0 0 0"/>')
    page = Ofd(content).render()
    assert at(page, *inside) == (0, 0, 0)
    assert at(page, *outside) == WHITE


def test_fill_rules() -> None:
    data = "M 10 10 L 50 10 L 50 50 L 10 50 C M 20 20 L 40 20 L 40 40 L 20 40 C"
    fill = '<FillColor Value="0 0 0"/>'
    nonzero = Ofd(path(data, 'Stroke="false" Fill="true"', fill)).render()
    even_odd = Ofd(path(data, 'Stroke="false" Fill="true" Rule="Even-Odd"', fill)).render()
    assert at(nonzero, 30, 30) == (0, 0, 0)
    assert at(even_odd, 30, 30) == WHITE


def test_colours_by_space_and_inheritance() -> None:
    resources = (
        '<ColorSpaces><ColorSpace ID="5" Type="CMYK"/></ColorSpaces><DrawParams>'
        '<DrawParam ID="6" LineWidth="4" Relative="7"/>'
        '<DrawParam ID="7"><StrokeColor Value="0 255 0 0" ColorSpace="5"/></DrawParam>'
        "</DrawParams>"
    )
    page = Ofd(path("M 10 30 L 90 30", 'DrawParam="6"'), resources).render()
    assert at(page, 50, 31.5) == (255, 0, 255)


def test_translucent_fills_mix() -> None:
    page = Ofd(rectangle(10, 10, 20, 20, 'Alpha="128"')).render()
    assert at(page, 20, 20) == pytest.approx((127, 127, 127), abs=1)


def test_a_picture_lies_in_its_matrix() -> None:
    image = '<ImageObject ID="3" ResourceID="8" Boundary="10 10 50 40" CTM="20 0 0 30 5 5"/>'
    page = Ofd(image, media(8, "a.png"), files={"Doc_0/Res/a.png": png((9, 9), RED)}).render()
    assert at(page, 16, 16) == RED
    assert at(page, 34, 44) == RED
    assert at(page, 14, 16) == WHITE
    assert at(page, 36, 16) == WHITE
    assert at(page, 16, 46) == WHITE


@pytest.mark.parametrize("kind", ["JPEG", "BMP", "GIF", "TIFF"])
def test_pictures_of_each_kind(kind: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (16, 16), RED).save(out, kind)
    image = '<ImageObject ID="3" ResourceID="8" Boundary="10 10 20 20"/>'
    page = Ofd(image, media(8, "a"), files={"Doc_0/Res/a": out.getvalue()}).render()
    assert at(page, 20, 20) == pytest.approx(RED, abs=2)
    assert page.notes == ()


def test_a_clip_cuts() -> None:
    clips = (
        "<Clips><Clip><Area><Path Boundary='0 0 100 60'><AbbreviatedData>"
        "M 0 0 L 50 0 L 50 60 L 0 60 C</AbbreviatedData></Path></Area></Clip></Clips>"
    )
    page = Ofd(path("M 10 30 L 90 30", 'LineWidth="2"', clips)).render()
    assert ink(page, (11, 29.5, 49, 30.5)) == 1
    assert ink(page, (51, 0, 100, 60)) == 0


def test_templates_lie_under_or_over_the_page() -> None:
    common = '<TemplatePage ID="20" BaseLoc="Tpl.xml"/>'
    red = rectangle(10, 10, 30, 30).replace("0 0 0", "255 0 0")
    template = xml("Page", f"<Content><Layer>{red}</Layer></Content>")
    for order, color in (("Background", (0, 0, 0)), ("Foreground", RED)):
        use = f'<Template TemplateID="20" ZOrder="{order}"/>'
        files = {"Doc_0/Tpl.xml": template}
        page = Ofd(rectangle(10, 10, 20, 20), page=use, common=common, files=files).render()
        assert at(page, 15, 15) == color
        assert at(page, 35, 35) == RED


def test_annotations_are_drawn_unless_hidden() -> None:
    files: dict[str, bytes | str] = {
        "Doc_0/Annots.xml": xml(
            "Annotations", '<Page PageID="1"><FileLoc>Annot.xml</FileLoc></Page>'
        )
    }
    for visible, color in (("true", (0, 0, 0)), ("false", WHITE)):
        files["Doc_0/Annot.xml"] = xml(
            "PageAnnot",
            f'<Annot ID="30" Type="Watermark" Visible="{visible}">'
            f'<Appearance Boundary="40 20 10 10">{rectangle(0, 0, 10, 10)}</Appearance></Annot>',
        )
        page = Ofd(document="<Annotations>Annots.xml</Annotations>", files=files).render()
        assert at(page, 45, 25) == color
        assert at(page, 5, 5) == WHITE


def test_composites_are_drawn_through_their_matrix() -> None:
    unit = f'<CompositeGraphicUnit ID="40" Width="9" Height="9"><Content>{rectangle(0, 0, 10, 10)}'
    resources = f"<CompositeGraphicUnits>{unit}</Content></CompositeGraphicUnit>"
    use = '<CompositeObject ID="41" ResourceID="40" Boundary="20 20 9 9" CTM="2 0 0 2 0 0"/>'
    page = Ofd(use, resources + "</CompositeGraphicUnits>").render()
    assert at(page, 39, 39) == (0, 0, 0)
    assert at(page, 19, 25) == WHITE
    assert at(page, 41, 25) == WHITE


def test_a_seal_is_multiplied_onto_the_text_below() -> None:
    stamp = '<StampAnnot ID="1" PageRef="1" Boundary="30 10 40 40"/>'
    files = sealed(stamp, png((40, 40), RED))
    page = Ofd(rectangle(40, 0, 10, 60), body=SIGNED, files=files).render()
    assert at(page, 35, 30) == RED
    assert at(page, 45, 30) == (0, 0, 0)
    assert at(page, 25, 30) == WHITE
    assert page.notes == ()


def test_a_straddle_slice_shows_only_its_clip() -> None:
    stamp = '<StampAnnot ID="1" PageRef="1" Boundary="92 10 40 40" Clip="0 0 4 40"/>'
    page = Ofd(body=SIGNED, files=sealed(stamp, png((40, 40), RED))).render()
    assert at(page, 94, 30) == RED
    assert at(page, 97, 30) == WHITE
    assert at(page, 91, 30) == WHITE


def test_a_clip_reaches_no_farther_than_the_box() -> None:
    stamp = '<StampAnnot ID="1" PageRef="1" Boundary="30 10 20 20" Clip="-50 -50 500 500"/>'
    page = Ofd(body=SIGNED, files=sealed(stamp, png((4, 4), RED))).render()
    assert at(page, 40, 20) == RED
    assert at(page, 55, 20) == WHITE


def test_a_seal_of_another_page_is_not_drawn() -> None:
    stamp = '<StampAnnot ID="1" PageRef="2" Boundary="30 10 20 20"/>'
    page = Ofd(body=SIGNED, files=sealed(stamp, png((4, 4), RED))).render()
    assert (pixels(page) == 255).all()


def test_a_vector_seal_is_drawn_once_and_its_own_seals_are_not() -> None:
    stamp = '<StampAnnot ID="1" PageRef="1" Boundary="30 10 40 24"/>'
    inner_seal = sealed(stamp, png((4, 4), RED))
    picture = Ofd(rectangle(0, 0, 50, 60), body=SIGNED, files=inner_seal).build()
    page = Ofd(body=SIGNED, files=sealed(stamp, picture, "ofd")).render()
    assert at(page, 40, 20) == (0, 0, 0)
    assert at(page, 60, 20) == WHITE


@pytest.mark.parametrize("content", [b"", b"\x30\x03\x02\x01\x00", b"\xff" * 50])
def test_a_seal_without_a_readable_picture_is_noted(content: bytes) -> None:
    stamp = '<StampAnnot ID="1" PageRef="1" Boundary="30 10 40 40"/>'
    files = sealed(stamp, b"")
    files["Doc_0/Signs/Sign_0/SignedValue.dat"] = content
    page = Ofd(body=SIGNED, files=files).render()
    assert page.notes == ("seal not drawn (no picture): 1",)


def test_seal_pictures_alone_keep_their_transparency() -> None:
    for data, kind in (
        (png((50, 60), (255, 0, 0, 128)), "png"),
        (Ofd(rectangle(0, 0, 50, 60).replace("0 0 0", "255 0 0")).build(), "ofd"),
    ):
        shown = Image.open(io.BytesIO(render_seal_picture(data, kind, 40, 24, 254)))
        assert shown.mode == "RGBA"
        assert shown.size == (400, 240)
        color = shown.getpixel((100, 100))
        assert isinstance(color, tuple)
        assert color[:3] == (255, 0, 0)
        right = shown.getpixel((300, 100))
        assert isinstance(right, tuple)
        assert right[3] == (128 if kind == "png" else 0)


@pytest.mark.parametrize(
    ("data", "size"),
    [(b"", 40.0), (b"PK\3\4", 40.0), (b"\x89PNG", 40.0), (png((1, 1), RED), 1e9)],
)
def test_seal_pictures_that_are_none(data: bytes, size: float) -> None:
    with pytest.raises(SealPictureUnrenderable):
        render_seal_picture(data, "ofd", size, size, 300)


def test_a_seal_drawn_as_ofd_looks_like_the_registered_imprint() -> None:
    # Two rasterisers that share no code.
    spec = spec_for(
        SealType.CONTRACT,
        entity_name="海口测试电子商务有限公司",
        uscc="91460300MA5T1XYZ0A",
        seal_name=None,
        person_name=None,
        sequence=1,
    )
    size = spec.width_mm, spec.height_mm
    picture = picture_package(ofd_paths(spec), size, spec.color, datetime(2026, 1, 1, tzinfo=UTC))
    shown = render_seal_picture(picture, "ofd", *size, 300)
    distance = compare(render_png(spec, 300), shown)
    assert distance.size_a_px == distance.size_b_px
    assert distance.mean_ink_difference < 0.01
    assert distance.ink_overlap is not None
    assert distance.ink_overlap > 0.95


def test_text_is_found_where_it_is_drawn() -> None:
    content = text("销售方盖章", 10, 20, 'CTM="2 0 0 2 0 0"', 'DeltaX="g 4 5"')
    (run,) = page_text(Ofd(content, box="-10 0 120 60").build(), 1)
    assert run.text == "销售方盖章"
    assert (run.x_mm, run.y_mm, run.size_mm) == pytest.approx((20, 30, 10))
    assert run.starts_mm[2] == pytest.approx((40, 30))
    assert (run.object_id, run.annotation) == ("10", False)


def test_pages_are_counted_from_one() -> None:
    data = Ofd().build()
    assert page_count(data) == 1
    for page in (0, 2, -1):
        with pytest.raises(OfdPageUnrenderable, match="reason=page"):
            render_page(data, page, DPI)


def test_coverage_is_a_share_of_each_pixel() -> None:
    page = Ofd(rectangle(10, 10, 10.1, 10)).render()
    # Half of the last column is covered.
    assert at(page, 20.1, 15) == pytest.approx((128, 128, 128), abs=1)
    assert np.all(pixels(page)[:50] == 255)
