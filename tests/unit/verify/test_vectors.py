import pytest

from sealsvc.verify.judge import judge
from sealsvc.verify.policy import DEFAULT_POLICY
from tests.unit.verify.vectors import NEGATIVE, POSITIVE, VECTORS, Vector

LETTERS = {"I": "integrity", "T": "trust", "A": "sealAuthority", "S": "semantics"}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_vector(vector: Vector) -> None:
    report = judge(vector.given.build(), DEFAULT_POLICY)
    codes = {finding.code for finding in report.findings}
    seen = (str(report.summary), str(report.indication), set(report.sub_indications))
    assert seen == (vector.summary, vector.indication, vector.subs), sorted(codes)
    assert set(vector.codes) <= codes
    axes = {axis: str(report.axes[LETTERS[axis]]) for axis in vector.axes}  # type: ignore[index]
    assert axes == vector.axes


def test_more_negative_than_positive() -> None:
    assert len({vector.id for vector in VECTORS}) == len(VECTORS)
    assert len(VECTORS) >= 70
    assert len(NEGATIVE) > 2 * len(POSITIVE)
