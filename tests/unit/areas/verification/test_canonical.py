"""The evidence record is RFC 8785's canonical JSON, whoever writes it."""

import json
from dataclasses import replace

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sealsvc.documents.values import SealPicture
from sealsvc.verify.evidence import Evidence
from sealsvc.verify.record import dump_evidence, load_evidence, trust_snapshot_digest
from tests.builders.evidence import sound

# Where Python and ECMAScript part: exponents, points, signs of zero, more than 53 bits.
EDGES = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.1,
    1e-4,
    0.9999e-4,
    1e-5,
    1e-6,
    1e-7,
    5e-324,
    123456.789,
    2.0**53 - 1,
    2.0**53,
    1e16,
    1e20,
    1e21,
    1e22,
    1.7976931348623157e308,
)
FRACTIONS = st.one_of(st.sampled_from(EDGES), st.floats(allow_nan=False, allow_infinity=False))
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)


def with_picture(*sizes: float) -> Evidence:
    one = sound().signatures[0]
    reading = replace(one.reading, picture=SealPicture(b"", "00", 1, *sizes))
    return replace(sound().build(), signatures=(replace(one, reading=reading),))


def is_canonical(evidence: Evidence) -> bool:
    record = dump_evidence(evidence)
    shape = json.loads(record, parse_int=_number)
    return rfc8785.dumps(shape) == record and load_evidence(record) == evidence


def _number(digits: str) -> float | int:
    """Beyond 53 bits only a fraction can have been meant: integers stand as text there."""
    return int(digits) if abs(int(digits)) < 2**53 else float(digits)


@pytest.mark.parametrize("edge", EDGES, ids=repr)
def test_fractions_at_the_edges(edge: float) -> None:
    assert is_canonical(with_picture(edge, -edge, 1.5, 2.0))


@settings(max_examples=150, deadline=None)
@given(FRACTIONS, FRACTIONS)
def test_any_fraction(first: float, second: float) -> None:
    assert is_canonical(with_picture(first, second, 0.0, 0.0))


@settings(max_examples=150, deadline=None)
@given(TEXTS)
@example('\x00\x08\x0b\x1f\x7f\x80\u2028\u2029\ud7ff\ue000\U0001f4a9"\\/')
def test_any_text(text: str) -> None:
    assert is_canonical(replace(sound().build(), filename=text))


@given(st.lists(st.binary(max_size=4), max_size=4))
def test_the_snapshot_is_canonical_and_has_no_order(ders: list[bytes]) -> None:
    evidence = replace(sound().build(), crls_der=tuple(ders))
    turned = replace(evidence, crls_der=tuple(reversed(ders)))
    assert trust_snapshot_digest(evidence) == trust_snapshot_digest(turned)
