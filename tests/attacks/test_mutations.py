"""Whatever is done to a sealed file's covered bytes, it is never TRUSTED or INTACT again.

500 examples in the ordinary run; `SEALSVC_NIGHTLY=1` makes 10,000.
"""

import os
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.attacks.craft import hole_of
from tests.attacks.mutations import ANY, Mutation
from tests.attacks.quick import contract, invoice, summary
from tests.attacks.world import ACCEPTED

NIGHTLY = os.environ.get("SEALSVC_NIGHTLY") == "1"
EXAMPLES = 10_000 if NIGHTLY else 500
BASES = {"invoice": invoice, "contract": contract}


def covered(honest: bytes) -> tuple[bytes, bytes]:
    """The signed bytes before and behind the newest signature's value."""
    hole = hole_of(honest)
    return honest[: hole.start], honest[hole.end :]


def keeps_covered(honest: bytes, data: bytes) -> bool:
    """Only the value of the newest signature differs, which no signature covers."""
    before, behind = covered(honest)
    return len(data) == len(honest) and data.startswith(before) and data.endswith(behind)


def mutated(data: bytes, steps: list[Mutation]) -> bytes:
    """A later step may no longer find what it damages: then it does nothing."""
    for step in steps:
        with suppress(Exception):
            data = step.apply(data)
    return data


@pytest.mark.parametrize("base", BASES)
def test_control(base: str) -> None:
    assert summary(BASES[base]()) == "TRUSTED"


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    base=st.sampled_from(["invoice", "invoice", "invoice", "contract"]),
    steps=st.lists(ANY, min_size=1, max_size=3),
)
def test_no_mutation_is_accepted(base: str, steps: list[Mutation]) -> None:
    honest = BASES[base]()
    data = mutated(honest, steps)
    if data == honest:
        event("nothing changed")
        return

    word = summary(data)

    event(f"{'value only' if keeps_covered(honest, data) else 'covered'}: {word}")
    if keeps_covered(honest, data):
        return
    assert word not in ACCEPTED, steps
    if data.startswith(honest):
        # Behind the end nothing is read as signed any more, but the old signature is still seen.
        assert word != "UNSIGNED", steps
