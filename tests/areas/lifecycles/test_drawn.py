"""The tables by themselves: all reachable, all named, all drawn."""

import pytest

from api.lifecycles import LIFECYCLES, PAGE, Lifecycle, page
from api.pages.texts import WORDS
from api.texts_lifecycles import STATE_NAMES
from sealsvc.areas.invoices.model.lifecycle import mermaid
from sealsvc.areas.verification.reports.words import SEAL_STATUSES
from sealsvc.values import SealStatus
from tests.areas.lifecycles.walking import path_to

ALL = pytest.mark.parametrize("one", LIFECYCLES, ids=lambda one: one.title_en)


def test_the_page_is_what_the_code_gives() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `python -m api.lifecycles`"


@ALL
def test_every_state_is_reached_from_nothing(one: Lifecycle) -> None:
    for state in one.states:
        assert path_to(one.table, state)


@ALL
def test_a_step_stands_once_and_its_facts_are_of_one_family(one: Lifecycle) -> None:
    steps = [(row.source, row.action, row.target) for row in one.table]
    assert len(set(steps)) == len(steps)
    assert {row.source for row in one.table} - {None} <= set(one.states)
    assert len({row.fact_type.partition(".")[0] for row in one.table if row.fact_type}) == 1


@ALL
def test_no_state_is_without_a_name(one: Lifecycle) -> None:
    names = STATE_NAMES[one.states]
    assert set(names) == {str(state) for state in one.states}
    for zh, en in names.values():
        assert zh
        assert en
        assert en.isascii()
    assert len({zh for zh, _ in names.values()}) == len(names)


def test_the_pages_and_the_reports_name_every_seal_state() -> None:
    for state in SealStatus:
        assert WORDS[str(state)] == STATE_NAMES[SealStatus][str(state)]
        assert SEAL_STATUSES[str(state)]


@ALL
def test_drawn_elsewhere_where_it_says_so(one: Lifecycle) -> None:
    if one.drawn_in is None:
        assert f"```mermaid\n{mermaid(one.table)}\n```" in page()
    else:
        assert (PAGE.parent / one.drawn_in).is_file()
        assert "```mermaid" in (PAGE.parent / one.drawn_in).read_text("utf-8")


def test_every_class_of_states_is_drawn() -> None:
    assert set(STATE_NAMES) == {one.states for one in LIFECYCLES}
