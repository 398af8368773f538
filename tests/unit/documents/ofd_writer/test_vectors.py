"""The imprint as outlines: the same picture as the raster, in OFD and in SVG."""

import re
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from lxml import etree
from PIL import Image, ImageDraw

from sealsvc.documents.ofd import OFD
from sealsvc.documents.ofd.picture_package import picture_package
from sealsvc.imprint.render import GlyphMissing, ImprintSpec, render_png, spec_for
from sealsvc.imprint.vectors import ofd_paths, svg
from sealsvc.values import SealType
from tests.unit.documents.ofd_writer.material import AT, imprint

DPI = 400


def spec_of(seal_type: SealType) -> ImprintSpec:
    return spec_for(
        seal_type,
        entity_name="示例测试有限公司",
        uscc="91110000MA00000152",
        seal_name="示例部门章",
        person_name="张三",
        sequence=None,
    )


def contours(path: str) -> list[list[tuple[float, float]]]:
    found = []
    for one in re.findall(r"M ([^CZ]*) [CZ]", path):
        points = [tuple(map(float, pair.split())) for pair in one.split(" L ")]
        found.append([(x, y) for x, y in points])
    return found


def drawn(paths: tuple[str, ...], width_mm: float, height_mm: float) -> Image.Image:
    """Filled by the non-zero rule, coarsely: winding numbers of each region summed up."""
    size = (round(width_mm / 25.4 * DPI), round(height_mm / 25.4 * DPI))
    scale = np.array((size[0] / width_mm, size[1] / height_mm))
    ink = np.zeros(size[::-1], dtype=bool)
    for path in paths:
        winding = np.zeros(size[::-1], dtype=np.int8)
        for contour in contours(path):
            points = np.array(contour) * scale
            x, y = points.T
            area = float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
            mask = Image.new("L", size, 0)
            ImageDraw.Draw(mask).polygon([tuple(map(float, one)) for one in points], fill=1)
            winding += np.asarray(mask, dtype=np.int8) * np.int8(1 if area > 0 else -1)
        ink |= winding != 0
    return Image.fromarray(ink)


@pytest.mark.parametrize(
    "seal_type", [SealType.OFFICIAL, SealType.CONTRACT, SealType.INVOICE, SealType.FINANCE]
)
def test_outlines_agree_with_the_raster(seal_type: SealType) -> None:
    spec = spec_of(seal_type)
    ours = np.asarray(drawn(ofd_paths(spec), spec.width_mm, spec.height_mm))
    raster = Image.open(BytesIO(render_png(spec, DPI)))
    theirs = np.asarray(raster.getchannel("A")) > 127
    assert ours.shape == theirs.shape
    assert (ours != theirs).mean() < 0.035  # edges only
    assert ours.mean() == pytest.approx(theirs.mean(), rel=0.12)


def test_points_stay_inside_the_seal() -> None:
    spec = imprint()
    points = np.array([one for path in ofd_paths(spec) for run in contours(path) for one in run])
    assert points.min() >= -0.001
    assert (points.max(axis=0) <= np.array((spec.width_mm, spec.height_mm)) + 0.001).all()
    assert points.max(axis=0) == pytest.approx((spec.width_mm, spec.height_mm), abs=0.01)


def test_svg_is_one_small_picture() -> None:
    spec = imprint()
    root = etree.fromstring(svg(spec))
    assert (root.get("width"), root.get("height")) == (f"{spec.width_mm:g}mm",) * 2
    assert root.get("fill") == "#{:02x}{:02x}{:02x}".format(*spec.color)
    assert len(root) == len(ofd_paths(spec))
    assert len(svg(spec)) < 60_000


def test_package_is_a_document_of_one_page() -> None:
    spec = imprint()
    size = (spec.width_mm, spec.height_mm)
    package = picture_package(ofd_paths(spec), size, spec.color, AT)
    assert package == picture_package(ofd_paths(spec), size, spec.color, AT)
    assert OFD.read(package).page_count == 1
    assert OFD.page_size(package, 1) == size
    assert len(package) < 30_000


def test_a_missing_glyph_is_said() -> None:
    with pytest.raises(GlyphMissing):
        ofd_paths(replace(imprint(), arc_text="\U0002a6d0字"))
    with pytest.raises(GlyphMissing):
        svg(replace(imprint(), arc_text="\U0002a6d0字"))
