"""What stands on a seal and at which size: the table of forms and the specification of one imprint.

The table is configuration with source and confidence, not law: only rows marked V may be
called a rule (docs/imprint.md).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from sealsvc.errors import BadInput
from sealsvc.values import SealType

FORM_TABLE_VERSION = "2026-11-21"
"""Version of `FORMS`; changes with any figure that changes a picture."""

Rgb = tuple[int, int, int]

SEAL_RED: Rgb = (255, 0, 0)
"""Default colour. Source: china-domain section 2.3 (no rule found for the exact hue)."""

_SIZE_LIMITS_MM = (10.0, 80.0)
_LARGEST_SEQUENCE = 99


class ImprintSpecInvalid(BadInput):
    """A text the seal's form needs is missing or a size, colour or sequence is out of range."""

    code = "IMPRINT_SPEC_INVALID"


class Shape(StrEnum):
    """Outline of a seal's face."""

    CIRCLE = "CIRCLE"
    ELLIPSE = "ELLIPSE"
    SQUARE = "SQUARE"


class Confidence(StrEnum):
    """How well a row is founded, as the domain sheet tags it; OWN is this project's choice."""

    READ = "V"
    PRACTICE = "P"
    REMEMBERED = "R"
    OWN = "OWN"


@dataclass(frozen=True)
class ArcForm:
    """The name along the upper rim. Millimetres and degrees.

    height_mm: ink height of the line. inset_mm: from the rim's inner edge to the ink.
    The line spans between min_deg and max_deg, seen from the centre.
    """

    height_mm: float
    inset_mm: float
    min_deg: float
    max_deg: float


@dataclass(frozen=True)
class LineForm:
    """A horizontal line. top_mm: its ink's upper edge below the horizontal axis.

    height_mm, width_mm: ink size of one character.
    """

    top_mm: float
    height_mm: float
    width_mm: float


@dataclass(frozen=True)
class SealForm:
    """One row of the table: shape, sizes, fixed phrase, and where they come from."""

    shape: Shape
    width_mm: float
    height_mm: float
    rim_mm: float
    arc: ArcForm | None
    star_mm: float | None
    line: LineForm | None
    sequence: LineForm | None
    phrase: str | None
    source: str
    confidence: Confidence


_SPECIAL_ARC = ArcForm(height_mm=4.6, inset_mm=0.9, min_deg=205, max_deg=250)
_SPECIAL_LINE = LineForm(top_mm=7.2, height_mm=4.2, width_mm=3.0)
_SPECIAL_SEQUENCE = LineForm(top_mm=12.5, height_mm=2.2, width_mm=1.7)


def _special(phrase: str | None, confidence: Confidence, source: str) -> SealForm:
    """Special seal: 38 mm circle, name in arc, star, purpose line below."""
    return SealForm(
        Shape.CIRCLE,
        38.0,
        38.0,
        1.0,
        _SPECIAL_ARC,
        10.0,
        _SPECIAL_LINE,
        _SPECIAL_SEQUENCE,
        phrase,
        source,
        confidence,
    )


FORMS: dict[SealType, SealForm] = {
    SealType.OFFICIAL: SealForm(
        shape=Shape.CIRCLE,
        width_mm=40.0,
        height_mm=40.0,
        rim_mm=1.0,
        arc=ArcForm(height_mm=5.2, inset_mm=1.0, min_deg=205, max_deg=265),
        star_mm=14.0,
        line=None,
        sequence=None,
        phrase=None,
        source="circle of at most 45 mm, star, arc: S11 art. 14, 15 (V); 40 mm, rim 1 mm: S28",
        confidence=Confidence.PRACTICE,
    ),
    SealType.FINANCE: _special("财务专用章", Confidence.PRACTICE, "S28 S29"),
    SealType.CONTRACT: _special("合同专用章", Confidence.PRACTICE, "S28 S29"),
    SealType.INVOICE: SealForm(
        shape=Shape.ELLIPSE,
        width_mm=40.0,
        height_mm=30.0,
        rim_mm=1.0,
        arc=ArcForm(height_mm=4.2, inset_mm=0.5, min_deg=210, max_deg=260),
        star_mm=None,
        line=LineForm(top_mm=4.2, height_mm=4.6, width_mm=3.0),
        sequence=LineForm(top_mm=10.0, height_mm=2.2, width_mm=1.7),
        phrase="发票专用章",
        source="S12 (SAT announcement 2011-7)",
        confidence=Confidence.READ,
    ),
    SealType.LEGAL_REPRESENTATIVE: SealForm(
        shape=Shape.SQUARE,
        width_mm=20.0,
        height_mm=20.0,
        rim_mm=1.0,
        arc=None,
        star_mm=None,
        line=None,
        sequence=None,
        phrase=None,
        source="square of 18 to 25 mm, name only",
        confidence=Confidence.REMEMBERED,
    ),
    SealType.CUSTOMS: SealForm(
        shape=Shape.ELLIPSE,
        width_mm=50.0,
        height_mm=36.0,
        rim_mm=1.0,
        arc=ArcForm(height_mm=4.8, inset_mm=0.8, min_deg=210, max_deg=255),
        star_mm=None,
        line=LineForm(top_mm=-2.2, height_mm=5.0, width_mm=4.0),
        sequence=LineForm(top_mm=7.0, height_mm=2.6, width_mm=2.0),
        phrase="报关专用章",
        source="ellipse of about 50 x 36 mm",
        confidence=Confidence.REMEMBERED,
    ),
    SealType.PERSONNEL: _special("人事专用章", Confidence.OWN, "as special seals"),
    SealType.DEPARTMENT: _special(None, Confidence.OWN, "arc and straight second part: S11 (V)"),
    SealType.BRANCH: _special(None, Confidence.OWN, "as special seals"),
    SealType.POSITION: _special(None, Confidence.OWN, "as special seals"),
    SealType.OTHER: _special(None, Confidence.OWN, "as special seals"),
}
"""Forms by type of seal. Source: china-domain section 2.3; figures not found there are ours."""


@dataclass(frozen=True)
class ImprintSpec:
    """Everything that decides one imprint's picture.

    arc_text: the owner's registered name. center_text: the taxpayer id of an invoice seal, the
    characters of a name seal in reading order. bottom_text: the purpose line. sequence: number of
    the seal where there are several, drawn as `(1)`. width_mm, height_mm: outer size; another
    size than the form's scales everything.
    Raises: ImprintSpecInvalid.
    """

    shape: Shape
    seal_type: SealType
    arc_text: str
    center_text: str
    bottom_text: str
    sequence: int | None
    width_mm: float
    height_mm: float
    color: Rgb = SEAL_RED

    def __post_init__(self) -> None:
        form = FORMS[self.seal_type]
        if self.shape is not form.shape:
            raise ImprintSpecInvalid(field="shape")
        for name, size_mm in (("widthMm", self.width_mm), ("heightMm", self.height_mm)):
            if not _SIZE_LIMITS_MM[0] <= size_mm <= _SIZE_LIMITS_MM[1]:
                raise ImprintSpecInvalid(field=name)
        if abs(self.width_mm * form.height_mm / (self.height_mm * form.width_mm) - 1) > 0.001:
            raise ImprintSpecInvalid(field="heightMm")
        if len(self.color) != 3 or not all(0 <= part <= 255 for part in self.color):
            raise ImprintSpecInvalid(field="color")
        if self.sequence is not None and not 1 <= self.sequence <= _LARGEST_SEQUENCE:
            raise ImprintSpecInvalid(field="sequence")
        if self.sequence is not None and form.sequence is None:
            raise ImprintSpecInvalid(field="sequence")


def spec_for(
    seal_type: SealType,
    *,
    entity_name: str,
    uscc: str,
    seal_name: str | None,
    person_name: str | None,
    sequence: int | None,
) -> ImprintSpec:
    """Specification of a seal from the record of its owner.

    seal_name: the seal's registered name; it gives the purpose line of seals without a fixed
    phrase (department, branch, position, other), with the owner's name in front cut off.
    person_name: needed by a name seal alone. A sequence on a form that has no place for one
    (official, name seal) is left off: such a seal exists once.
    Raises: ImprintSpecInvalid, naming the text that is missing.
    Source: china-domain sections 2.2, 2.3.
    """
    form = FORMS[seal_type]
    if seal_type is SealType.LEGAL_REPRESENTATIVE:
        arc, center, bottom = "", name_seal_text(_present("personName", person_name)), ""
    else:
        arc = _present("entityName", entity_name)
        center = _present("uscc", uscc) if seal_type is SealType.INVOICE else ""
        bottom = "" if form.line is None else _purpose(form, arc, seal_name)
    return ImprintSpec(
        shape=form.shape,
        seal_type=seal_type,
        arc_text=arc,
        center_text=center,
        bottom_text=bottom,
        sequence=sequence if form.sequence else None,
        width_mm=form.width_mm,
        height_mm=form.height_mm,
    )


def name_seal_text(person_name: str) -> str:
    """Characters of a name seal: the name, filled up by 印 or 之印 to a full rectangle.

    The separating dot of transcribed names has no cell of its own and is left off.
    Raises: ImprintSpecInvalid, for a name without characters.
    """
    name = re.sub(r"[\s·•・‧.]", "", person_name)
    if not name:
        raise ImprintSpecInvalid(field="personName")
    if len(name) == 1:
        return name + "印"
    if len(name) == 2:
        return name + "之印"
    return name + "印" if len(name) % 2 else name


def _purpose(form: SealForm, entity_name: str, seal_name: str | None) -> str:
    """The purpose line: the fixed phrase, or a longer name that ends with it."""
    given = (seal_name or "").strip().removeprefix(entity_name).strip()
    if form.phrase is None:
        return _present("sealName", given)
    # The invoice seal's phrase is prescribed to the letter (S12).
    longer = given.endswith(form.phrase) and form.confidence is not Confidence.READ
    return given if longer else form.phrase


def _present(field: str, text: str | None) -> str:
    if text is None or not text.strip():
        raise ImprintSpecInvalid(field=field)
    return text.strip()
