import pytest

from sealsvc.verify.judge import judge
from sealsvc.verify.messages import Axis
from sealsvc.verify.policy import DEFAULT_POLICY
from tests.unit.verify.vectors import NEGATIVE, POSITIVE, VECTORS, Vector

LETTERS = {"I": Axis.INTEGRITY, "T": Axis.TRUST, "A": Axis.SEAL_AUTHORITY, "S": Axis.SEMANTICS}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_vector(vector: Vector) -> None:
    report = judge(vector.given.build(), DEFAULT_POLICY)
    codes = {finding.code for finding in report.findings}
    seen = (str(report.summary), str(report.indication), {str(s) for s in report.sub_indications})
    assert seen == (vector.summary, vector.indication, set(vector.subs)), sorted(codes)
    assert set(vector.codes) <= codes
    axes = {axis: str(report.axes[LETTERS[axis]]) for axis in vector.axes}
    assert axes == vector.axes


def test_more_negative_than_positive() -> None:
    assert len({vector.id for vector in VECTORS}) == len(VECTORS)
    assert len(VECTORS) >= 70
    assert len(NEGATIVE) > 2 * len(POSITIVE)


def test_a_status_of_another_time_names_both_times() -> None:
    (vector,) = (one for one in VECTORS if one.id == "status-of-other-time")
    report = judge(vector.given.build(), DEFAULT_POLICY)
    (finding,) = (one for one in report.findings if one.code == "SEAL_STATUS_OF_OTHER_TIME")
    fields = dict(finding.params)
    assert fields["asked"] != fields["wanted"]
