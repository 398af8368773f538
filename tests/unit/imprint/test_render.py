import dataclasses
import hashlib
import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from sealsvc.errors import BadInput
from sealsvc.imprint.fonts import FontName, font_bytes, font_path
from sealsvc.imprint.glyphs import covered_codepoints, glyph
from sealsvc.imprint.render import (
    SEAL_RED,
    GlyphMissing,
    ImprintDpiUnsupported,
    ImprintSpec,
    ImprintSpecInvalid,
    ImprintTextTooLong,
    Shape,
    render_png,
    spec_for,
)
from sealsvc.imprint.spec import name_seal_text
from sealsvc.values import SealType

from .ruler import COMPANY, USCC, seal


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("dpi", [72, 300, 600, 1200])
def test_png_states_its_resolution(dpi: int) -> None:
    data = render_png(seal(SealType.OFFICIAL), dpi)
    at = data.index(b"pHYs") + 4
    across, down, unit = struct.unpack(">IIB", data[at : at + 9])
    assert (across, down, unit) == (round(dpi / 0.0254), round(dpi / 0.0254), 1)
    assert pixels(data).shape == (round(40 / 25.4 * dpi), round(40 / 25.4 * dpi), 4)


def test_same_spec_same_bytes_also_in_another_process() -> None:
    spec = seal(SealType.INVOICE, sequence=3)
    first = render_png(spec, 150)
    assert render_png(spec, 150) == first
    program = (
        "import hashlib; from tests.unit.imprint.ruler import seal;"
        "from sealsvc.imprint.render import render_png; from sealsvc.values import SealType;"
        "print(hashlib.sha256(render_png(seal(SealType.INVOICE, sequence=3), 150)).hexdigest())"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, check=True
    )
    assert done.stdout.decode().strip() == hashlib.sha256(first).hexdigest()


def test_ink_has_one_colour_and_edges_are_soft() -> None:
    picture = pixels(render_png(seal(SealType.FINANCE), 300))
    assert (picture[..., :3] == SEAL_RED).all()
    levels = np.unique(picture[..., 3])
    assert levels[0] == 0
    assert levels[-1] == 255
    assert len(levels) > 20


def test_colour_is_a_parameter() -> None:
    spec = dataclasses.replace(seal(SealType.OFFICIAL), color=(0, 0, 160))
    assert (pixels(render_png(spec, 100))[..., :3] == (0, 0, 160)).all()


@pytest.mark.parametrize("dpi", [-1, 0, 71, 1201, 100_000])
def test_dpi_outside_the_limits(dpi: int) -> None:
    with pytest.raises(ImprintDpiUnsupported) as caught:
        render_png(seal(SealType.OFFICIAL), dpi)
    assert caught.value.code == "IMPRINT_DPI_UNSUPPORTED"
    assert caught.value.fields["dpi"] == dpi


@pytest.mark.parametrize(
    ("character", "codepoint"),
    [
        ("\U0002a6a5", "U+2A6A5"),
        ("😀", "U+1F600"),
        ("ﷺ", "U+FDFA"),
        ("\n", "U+000A"),
        ("\u202e", "U+202E"),
        ("\u200b", "U+200B"),
        ("\ud800", "U+D800"),
        ("\ue000", "U+E000"),
    ],
)
@pytest.mark.parametrize("seal_type", [SealType.OFFICIAL, SealType.INVOICE])
def test_missing_glyph_in_a_name(seal_type: SealType, character: str, codepoint: str) -> None:
    with pytest.raises(GlyphMissing) as caught:
        render_png(seal(seal_type, entity_name=f"青{character}禾"), 300)
    assert caught.value.code == "GLYPH_MISSING"
    assert caught.value.fields == {"character": character, "codepoint": codepoint}


def test_missing_glyph_is_found_before_anything_is_laid_out() -> None:
    """Also when an earlier text is too long."""
    spec = seal(SealType.DEPARTMENT, entity_name="青" * 99, seal_name="😀")
    with pytest.raises(GlyphMissing):
        render_png(spec, 300)


@pytest.mark.parametrize(
    ("seal_type", "texts"),
    [
        (SealType.DEPARTMENT, {"seal_name": "市😀部"}),
        (SealType.INVOICE, {"uscc": "9111０000MA00000152"}),
        (SealType.LEGAL_REPRESENTATIVE, {"person_name": "张😀"}),
    ],
)
def test_missing_glyph_in_other_places(seal_type: SealType, texts: dict[str, str]) -> None:
    with pytest.raises(GlyphMissing):
        render_png(seal(seal_type, **texts), 300)


@pytest.mark.parametrize(
    ("seal_type", "texts", "place"),
    [
        (SealType.OFFICIAL, {"entity_name": "青" * 33}, "arc"),
        (SealType.INVOICE, {"entity_name": "青" * 37}, "arc"),
        (SealType.CUSTOMS, {"entity_name": "青" * 500}, "arc"),
        (SealType.INVOICE, {"uscc": "9" * 21}, "center"),
        (SealType.DEPARTMENT, {"seal_name": "部" * 20}, "line"),
        (SealType.LEGAL_REPRESENTATIVE, {"person_name": "买" * 13}, "center"),
    ],
)
def test_text_too_long(seal_type: SealType, texts: dict[str, str], place: str) -> None:
    with pytest.raises(ImprintTextTooLong) as caught:
        render_png(seal(seal_type, **texts), 300)
    assert caught.value.code == "IMPRINT_TEXT_TOO_LONG"
    assert caught.value.fields["place"] == place


@pytest.mark.parametrize("length", [1, 2, 3, 20, 32])
@pytest.mark.parametrize("seal_type", [SealType.OFFICIAL, SealType.INVOICE, SealType.CONTRACT])
def test_every_length_up_to_the_limit_is_drawn(seal_type: SealType, length: int) -> None:
    assert render_png(seal(seal_type, entity_name="青" * length), 72)


@pytest.mark.parametrize("blank", ["", "   ", "\u3000"])
@pytest.mark.parametrize(
    ("seal_type", "argument", "field"),
    [
        (SealType.OFFICIAL, "entity_name", "entityName"),
        (SealType.INVOICE, "uscc", "uscc"),
        (SealType.DEPARTMENT, "seal_name", "sealName"),
        (SealType.OTHER, "seal_name", "sealName"),
        (SealType.LEGAL_REPRESENTATIVE, "person_name", "personName"),
    ],
)
def test_missing_text(seal_type: SealType, argument: str, field: str, blank: str) -> None:
    with pytest.raises(ImprintSpecInvalid) as caught:
        seal(seal_type, **{argument: blank})
    assert caught.value.fields == {"field": field}


@pytest.mark.parametrize("missing", ["seal_name", "person_name"])
def test_none_where_a_text_is_needed(missing: str) -> None:
    kinds = {"seal_name": SealType.POSITION, "person_name": SealType.LEGAL_REPRESENTATIVE}
    with pytest.raises(ImprintSpecInvalid):
        spec_for(
            kinds[missing],
            entity_name=COMPANY,
            uscc=USCC,
            seal_name=None,
            person_name=None,
            sequence=None,
        )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"width_mm": 9.0, "height_mm": 9.0}, "widthMm"),
        ({"width_mm": 81.0, "height_mm": 81.0}, "widthMm"),
        ({"width_mm": float("nan")}, "widthMm"),
        ({"height_mm": float("inf")}, "heightMm"),
        ({"height_mm": 30.0}, "heightMm"),
        ({"color": (256, 0, 0)}, "color"),
        ({"color": (0, 0, -1)}, "color"),
        ({"color": (0, 0)}, "color"),
        ({"shape": Shape.SQUARE}, "shape"),
        ({"sequence": 0}, "sequence"),
        ({"sequence": 100}, "sequence"),
    ],
)
def test_specification_out_of_range(change: dict[str, object], field: str) -> None:
    spec = seal(SealType.CONTRACT)
    with pytest.raises(ImprintSpecInvalid) as caught:
        dataclasses.replace(spec, **change)  # type: ignore[arg-type]
    assert caught.value.fields == {"field": field}


def test_official_seal_takes_no_sequence() -> None:
    assert seal(SealType.OFFICIAL, sequence=2).sequence is None
    with pytest.raises(ImprintSpecInvalid):
        dataclasses.replace(seal(SealType.OFFICIAL), sequence=2)


@pytest.mark.parametrize(
    ("seal_type", "seal_name", "line"),
    [
        (SealType.CONTRACT, None, "合同专用章"),
        (SealType.CONTRACT, "主合同章", "合同专用章"),
        (SealType.CONTRACT, "采购合同专用章", "采购合同专用章"),
        (SealType.CONTRACT, COMPANY + "合同专用章", "合同专用章"),
        (SealType.FINANCE, None, "财务专用章"),
        (SealType.INVOICE, "第二发票专用章", "发票专用章"),
        (SealType.PERSONNEL, None, "人事专用章"),
        (SealType.CUSTOMS, None, "报关专用章"),
        (SealType.DEPARTMENT, COMPANY + "市场部", "市场部"),
        (SealType.OFFICIAL, "公章", ""),
    ],
)
def test_purpose_line(seal_type: SealType, seal_name: str | None, line: str) -> None:
    spec = spec_for(
        seal_type,
        entity_name=COMPANY,
        uscc=USCC,
        seal_name=seal_name,
        person_name=None,
        sequence=None,
    )
    assert spec.bottom_text == line
    assert spec.arc_text == COMPANY
    assert spec.center_text == (USCC if seal_type is SealType.INVOICE else "")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("张", "张印"),
        ("张三", "张三之印"),
        ("张小明", "张小明印"),
        ("欧阳小明", "欧阳小明"),
        ("买买提·艾力", "买买提艾力印"),
    ],
)
def test_name_seal_fills_its_square(name: str, text: str) -> None:
    assert name_seal_text(name) == text


@pytest.mark.parametrize("name", ["", " ", "·", " • "])
def test_name_without_characters(name: str) -> None:
    with pytest.raises(ImprintSpecInvalid):
        name_seal_text(name)


def test_every_error_is_bad_input() -> None:
    for error in (GlyphMissing, ImprintTextTooLong, ImprintDpiUnsupported, ImprintSpecInvalid):
        assert issubclass(error, BadInput)


def test_songti_covers_gb2312_and_names() -> None:
    covered = covered_codepoints(FontName.SONGTI)
    for row in range(0xB0, 0xF8):
        for cell in range(0xA1, 0xFF):
            code = bytes((row, cell))
            if code[0] == 0xD7 and cell > 0xF9:
                continue  # the five empty cells of row 55
            assert ord(code.decode("gb2312")) in covered
    assert {ord(c) for c in "喆堃昇镕珺玥祎赟龢（）ＡＺ０９《》￥繁體"} <= covered
    assert set(range(0x20, 0x7F)) <= covered & covered_codepoints(FontName.DIGITS)


@pytest.mark.parametrize("name", list(FontName))
def test_fonts_are_renamed_truetype_under_the_ofl(name: FontName) -> None:
    font = TTFont(io.BytesIO(font_bytes(name)))
    assert font_path(name).stat().st_size < 6 * 1024 * 1024
    assert "glyf" in font
    assert "CFF " not in font
    assert str(font["name"].getDebugName(1)).startswith("Seal ")
    assert "Noto" not in font["name"].getDebugName(6)
    licence = font_path(name).with_name("OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert f"{name.value}.ttf" in licence


def test_font_embeds_into_a_pdf() -> None:
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_font("song", fname=font_path(FontName.SONGTI))
    pdf.add_page()
    pdf.set_font("song", size=12)
    pdf.cell(text="增值税发票 ￥1.00")
    assert bytes(pdf.output()).startswith(b"%PDF")


def test_blank_has_no_ink() -> None:
    assert glyph(" ", FontName.SONGTI).bounds is None
    spec = seal(SealType.OFFICIAL, entity_name="青 禾\u3000店")
    assert isinstance(spec, ImprintSpec)
    assert render_png(spec, 100)
