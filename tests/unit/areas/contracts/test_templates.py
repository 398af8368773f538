"""Templates: what is declared is used, what is given fits, nothing is filled twice."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.areas.contracts.model.template import (
    Clause,
    ClauseDataInvalid,
    Placeholder,
    TemplateDraft,
    TemplateInvalid,
    ValueKind,
    filled,
    validated_data,
    validated_template,
)

ONE = TemplateDraft("范本", (Clause("第一条", "标的{goods}。"),), (Placeholder("goods", "货物"),))


@pytest.mark.parametrize(
    "bad",
    [
        replace(ONE, title=" "),
        replace(ONE, clauses=()),
        replace(ONE, clauses=ONE.clauses * 101),
        replace(ONE, clauses=(Clause("", "x{goods}"),)),
        replace(ONE, clauses=(Clause("a", "x" * 4001),)),
        replace(ONE, clauses=(Clause("a", "x\n{goods}"),)),
        replace(ONE, clauses=(Clause("a", "{goods} {other}"),)),
        replace(ONE, clauses=(Clause("a", "none"),)),
        replace(ONE, clauses=(Clause("a", "{goods} {"),)),
        replace(ONE, clauses=(Clause("a", "{goods} {Bad}"),)),
        replace(ONE, clauses=(Clause("a", "{{goods}}"),)),
        replace(ONE, placeholders=()),
        replace(ONE, placeholders=ONE.placeholders * 2),
        replace(ONE, placeholders=(Placeholder("goods", ""),)),
        replace(ONE, placeholders=(Placeholder("Goods", "x"),)),
        replace(ONE, placeholders=(Placeholder("goods", "x", max_length=0),)),
        replace(ONE, placeholders=(Placeholder("goods", "x", ValueKind.MONEY, default="1.234"),)),
        replace(ONE, clauses=tuple(Clause("a", "x" * 3999 + "{goods}"[:0]) for _ in range(20))),
    ],
)
def test_malformed_templates(bad: TemplateDraft) -> None:
    with pytest.raises(TemplateInvalid):
        validated_template(bad)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (ValueKind.TEXT, "茶叶", ["", " ", "a\nb", "x" * 501, True, None, ["x"], {}, "\u202e"]),
        (ValueKind.INTEGER, -7, ["1.5", "ten", "1" * 16, "٣"]),
        (ValueKind.MONEY, "12.30", ["-1", "1.234", "1,000", "1."]),
        (ValueKind.DATE, "2026-02-28", ["2026-02-30", "28.2.2026", 20260228]),
    ],
)
def test_values(kind: ValueKind, good: str | int, bad: list[object]) -> None:
    draft = replace(ONE, placeholders=(Placeholder("goods", "x", kind),))
    assert validated_data(draft, {"goods": good})["goods"]
    for value in bad:
        if kind is ValueKind.DATE and value == 20260228:
            continue  # ISO 8601 has this basic form too
        with pytest.raises(ClauseDataInvalid):
            validated_data(draft, {"goods": value})  # type: ignore[dict-item]


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ClauseDataInvalid):
        validated_data(ONE, {"goods": "x", "more": "y"})


def test_defaults_fill_in() -> None:
    gap = Placeholder("goods", "x", ValueKind.DATE, default="2026-01-02")
    assert validated_data(replace(ONE, placeholders=(gap,)), {}) == {"goods": "2026年1月2日"}


@given(st.text(max_size=40))
def test_a_value_is_never_looked_into(value: str) -> None:
    (clause,) = filled(ONE, {"goods": value})
    assert clause.text == f"标的{value}。"
    (clause,) = filled(ONE, {"goods": "{goods}" + value})
    assert clause.text == "标的{goods}" + value + "。"


@given(st.text(max_size=60))
def test_any_text_is_accepted_or_refused(text: str) -> None:
    try:
        made = validated_template(replace(ONE, clauses=(Clause("a", text),), placeholders=()))
    except TemplateInvalid:
        return
    assert filled(made, {}) == made.clauses
