"""The drawn seals, measured at 600 dpi against china-domain section 2.3."""

import dataclasses

import numpy as np
import pytest

from sealsvc.imprint import render
from sealsvc.imprint.fonts import FontName
from sealsvc.imprint.layout import text_arc, text_line
from sealsvc.imprint.render import FORMS, ImprintSpec
from sealsvc.values import SealType

from .ruler import COMPANY, Measured, first_run, measure, seal

MM_PER_PX = 25.4 / 600


@pytest.fixture(scope="module")
def invoice() -> Measured:
    return measure(seal(SealType.INVOICE, sequence=1))


@pytest.fixture(scope="module")
def official() -> Measured:
    return measure(seal(SealType.OFFICIAL))


def test_invoice_outer_size(invoice: Measured) -> None:
    left, top, right, bottom = invoice.box(invoice.ink)
    assert right - left == pytest.approx(40.0, abs=0.1)
    assert bottom - top == pytest.approx(30.0, abs=0.1)
    assert invoice.size_mm == pytest.approx((40.0, 30.0), abs=0.05)


def test_invoice_rim_is_one_millimetre_all_round(invoice: Measured) -> None:
    rows, columns = invoice.ink.shape
    lines = [
        invoice.ink[rows // 2],
        invoice.ink[rows // 2, ::-1],
        invoice.ink[:, columns // 2],
        invoice.ink[::-1, columns // 2],
    ]
    for line in lines:
        assert first_run(line) * MM_PER_PX == pytest.approx(1.0, abs=0.1)


def test_invoice_taxpayer_id(invoice: Measured) -> None:
    left, top, right, bottom = invoice.box(invoice.within((-13.4, 13.4), (-2.3, 2.3)))
    assert right - left == pytest.approx(26.0, abs=0.1)
    assert left == pytest.approx(-right, abs=0.1)
    assert bottom - top == pytest.approx(3.7, abs=0.1)
    assert top == pytest.approx(-bottom, abs=0.1)


def test_invoice_taxpayer_id_characters_are_1_3_mm_wide(invoice: Measured) -> None:
    columns = invoice.within((-13.4, 13.4), (-2.3, 2.3)).any(axis=0).astype(int)
    starts, ends = np.flatnonzero(np.diff(columns) == 1), np.flatnonzero(np.diff(columns) == -1)
    widths = (ends - starts) * MM_PER_PX
    assert len(widths) == 18
    assert widths.max() == pytest.approx(1.3, abs=0.1)
    gaps = (starts[1:] - ends[:-1]) * MM_PER_PX
    assert np.ptp(gaps) < 0.1


def test_invoice_phrase(invoice: Measured) -> None:
    left, top, right, bottom = invoice.box(invoice.within((-8.8, 8.8), (2.5, 9.4)))
    assert top == pytest.approx(4.2, abs=0.1)
    assert bottom - top == pytest.approx(4.6, abs=0.1)
    # Five characters of 3 mm and four gaps of 14 % of that.
    assert right - left == pytest.approx(5 * 3.0 + 4 * 0.42, abs=0.3)
    assert left == pytest.approx(-right, abs=0.3)


def test_invoice_sequence(invoice: Measured) -> None:
    left, top, right, bottom = invoice.box(invoice.within((-4, 4), (9.3, 13)))
    assert top == pytest.approx(10.0, abs=0.1)
    assert bottom - top == pytest.approx(2.2, abs=0.1)
    assert left == pytest.approx(-right, abs=0.2)


def test_invoice_without_sequence_has_no_ink_there() -> None:
    assert not (m := measure(seal(SealType.INVOICE))).within((-4, 4), (9.3, 13)).any()
    assert m.ink.any()


@pytest.mark.parametrize("name", ["青禾店", "青禾示例店", COMPANY, "青禾" * 12, "青禾示例" * 9])
def test_invoice_arc_spans_210_to_260_degrees(name: str) -> None:
    m = measure(seal(SealType.INVOICE, entity_name=name))
    angles = m.angle_deg[m.ring((14.6, 9.6), (18.8, 13.8)) & (np.abs(m.angle_deg) < 133)]
    assert 210 <= angles.max() - angles.min() <= 260
    assert angles.max() == pytest.approx(-angles.min(), abs=4)


def test_invoice_arc_character_height_and_distance_from_the_rim() -> None:
    m = measure(seal(SealType.INVOICE, entity_name="票票票票票"))
    _, top, _, bottom = m.box(m.within((-1.9, 1.9), (-13.9, -8)))
    assert top == pytest.approx(-15 + 1 + 0.5, abs=0.1)
    assert bottom - top == pytest.approx(4.2, abs=0.1)


def test_invoice_arc_stays_half_a_millimetre_inside_the_rim() -> None:
    m = measure(seal(SealType.INVOICE))
    text = m.ring((16.0, 11.0), (18.95, 13.95)) & (m.angle_deg > -133) & (m.angle_deg < 133)
    t = np.linspace(-np.pi, np.pi, 1200)
    normals = np.stack((15 * np.sin(t), -20 * np.cos(t)), axis=1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    rim = np.stack((20 * np.sin(t), -15 * np.cos(t)), axis=1) - normals
    points = np.stack((m.x[text], m.y[text]), axis=1)[::5]
    nearest = min(
        np.linalg.norm(part[:, None] - rim, axis=2).min() for part in np.array_split(points, 20)
    )
    assert nearest == pytest.approx(0.5, abs=0.1)


def test_official_circle_and_rim(official: Measured) -> None:
    left, top, right, bottom = official.box(official.ink)
    assert (right - left, bottom - top) == pytest.approx((40.0, 40.0), abs=0.1)
    middle = official.ink.shape[0] // 2
    assert first_run(official.ink[:, middle]) * MM_PER_PX == pytest.approx(1.0, abs=0.1)


def test_official_star_is_regular_and_centred(official: Measured) -> None:
    star = official.ring((0.001, 0.001), (7.3, 7.3))
    box = official.box(star)
    assert box == pytest.approx((-6.657, -7.0, 6.657, 5.663), abs=0.12)
    area = star.sum() * MM_PER_PX**2
    assert area == pytest.approx(1.12257 * 7.0**2, rel=0.02)
    assert (star ^ star[:, ::-1]).sum() < 0.01 * star.sum()


def test_official_rim_is_symmetric(official: Measured) -> None:
    rim = official.ring((18.7, 18.7), (20.5, 20.5))
    for mirrored in (rim[:, ::-1], rim[::-1]):
        assert (rim ^ mirrored).sum() < 0.005 * rim.sum()


@pytest.mark.parametrize("seal_type", list(SealType))
def test_size_is_the_forms(seal_type: SealType) -> None:
    m, form = measure(seal(seal_type), 300), FORMS[seal_type]
    left, top, right, bottom = m.box(m.ink)
    assert (right - left, bottom - top) == pytest.approx((form.width_mm, form.height_mm), abs=0.1)
    if seal_type is not SealType.LEGAL_REPRESENTATIVE:
        corners = m.ink[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert not corners.any()


def test_special_seal_line_height_and_place() -> None:
    m = measure(seal(SealType.CONTRACT, sequence=2))
    _, top, _, bottom = m.box(m.within((-8.6, 8.6), (6.0, 12.0)))
    assert top == pytest.approx(7.2, abs=0.1)
    assert bottom - top == pytest.approx(4.2, abs=0.1)


def test_another_size_scales_everything() -> None:
    spec = dataclasses.replace(seal(SealType.OFFICIAL), width_mm=42.0, height_mm=42.0)
    m = measure(spec)
    left, _, right, _ = m.box(m.ink)
    assert right - left == pytest.approx(42.0, abs=0.1)
    _, top, _, _ = m.box(m.ring((0.001, 0.001), (7.6, 7.6)))
    assert top == pytest.approx(-7.35, abs=0.12)


def test_name_seal_reads_right_column_first() -> None:
    """The first character, the only dense one, stands at the top right; the second below it."""
    m = measure(seal(SealType.LEGAL_REPRESENTATIVE, person_name="国一一一"))
    quarters = {
        "right top": m.within((0.1, 8.8), (-8.8, -0.1)).sum(),
        "right bottom": m.within((0.1, 8.8), (0.1, 8.8)).sum(),
        "left top": m.within((-8.8, -0.1), (-8.8, -0.1)).sum(),
        "left bottom": m.within((-8.8, -0.1), (0.1, 8.8)).sum(),
    }
    assert max(quarters, key=lambda key: quarters[key]) == "right top"
    lower = measure(seal(SealType.LEGAL_REPRESENTATIVE, person_name="一国一一"))
    assert lower.within((0.1, 8.8), (0.1, 8.8)).sum() > 2 * quarters["right bottom"]


def _overlapping(spec: ImprintSpec) -> float:
    """Part of the ink that two or more strokes' owners claim."""
    layers = [
        np.asarray(render._rasterise([region], spec, 200)) >= 128
        for region in render._regions(spec)
    ]
    count = np.sum(layers, axis=0)
    return float((count > 1).sum() / (count > 0).sum())


@pytest.mark.parametrize("length", [2, 12, 24, 32])
@pytest.mark.parametrize(
    "seal_type", [SealType.OFFICIAL, SealType.CONTRACT, SealType.INVOICE, SealType.CUSTOMS]
)
def test_nothing_touches_anything_else(seal_type: SealType, length: int) -> None:
    spec = seal(seal_type, entity_name=("青禾国际示例票证管" * 5)[:length])
    assert _overlapping(spec) < 0.002


def test_line_of_flat_characters_is_not_blown_up() -> None:
    form = FORMS[SealType.CONTRACT].line
    assert form is not None
    (region,) = text_line("一", form, 20.0, FontName.SONGTI)
    assert np.ptp(np.concatenate(region)[:, 1]) < 1.0


def test_brackets_do_not_leave_the_line() -> None:
    form = FORMS[SealType.OFFICIAL]
    assert form.arc is not None
    regions = text_arc("青禾（示例）公司", form, form.arc, FontName.SONGTI)
    for region in regions:
        radius = np.linalg.norm(np.concatenate(region), axis=1)
        assert radius.max() <= 19.0
        assert radius.min() >= 20.0 - 1.0 - 1.0 - 5.2 - 0.1
