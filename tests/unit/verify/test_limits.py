"""What is over a limit is said, and never makes a verdict better."""

from dataclasses import replace

import pytest

from sealsvc.verify import judge as judging
from sealsvc.verify.checks import material
from sealsvc.verify.existence import MAX_STAMPS
from sealsvc.verify.indications import Summary
from sealsvc.verify.judge import judge
from sealsvc.verify.messages import Weight
from sealsvc.verify.policy import DEFAULT_POLICY
from tests.builders.evidence import SIGNED, lists, sound
from tests.builders.tsa import read_stamp


def weights(report: object, code: str) -> set[Weight]:
    return {f.weight for f in report.findings if f.code == code}  # type: ignore[attr-defined]


def test_too_many_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "MAX_SIGNATURES", 3)
    given = sound()
    for _ in range(3):
        given = given.and_then()
    report = judge(given.build(), DEFAULT_POLICY)
    assert report.summary is Summary.INDETERMINATE
    assert len(report.signatures) == 3
    assert weights(report, "TOO_MANY_SIGNATURES") == {Weight.DOUBT}
    assert judge(replace(given, signatures=given.signatures[1:]).build(), DEFAULT_POLICY).summary


def test_a_hundred_signatures_are_judged() -> None:
    assert judging.MAX_SIGNATURES == 100


@pytest.mark.parametrize("limit", ["MAX_LISTS", "MAX_CERTIFICATES", "MAX_RESPONSES"])
def test_embedded_junk_does_not_push_out_what_was_gathered(limit: str) -> None:
    junk = tuple(
        b"\x30\x02" + bytes([n // 256, n % 256]) for n in range(getattr(material, limit) * 2)
    )
    given = sound().reading(certificates_der=junk, crls_der=junk, ocsps_der=junk)
    report = judge(given.build(), DEFAULT_POLICY)
    assert report.summary is Summary.TRUSTED
    assert weights(report, "MATERIAL_OVER_LIMIT") == {Weight.OMITTED}


def test_gathered_material_over_a_limit_is_a_doubt() -> None:
    junk = tuple(bytes([0x30, 1, n]) for n in range(material.MAX_LISTS))
    report = judge(sound().evidence(crls_der=(*lists(), *junk)).build(), DEFAULT_POLICY)
    assert report.summary is Summary.INDETERMINATE
    assert weights(report, "MATERIAL_OVER_LIMIT") == {Weight.DOUBT}


def test_a_list_over_the_size_limit_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "MAX_ITEM_BYTES", len(lists()[0]) - 1)
    report = judge(sound().build(), DEFAULT_POLICY)
    assert report.summary is Summary.INDETERMINATE
    assert weights(report, "MATERIAL_OVER_LIMIT") == {Weight.DOUBT}


def test_all_lists_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "MAX_TOTAL_BYTES", 10)
    assert judge(sound().build(), DEFAULT_POLICY).summary is not Summary.TRUSTED


def test_time_stamps_over_the_limit_are_not_evaluated() -> None:
    stamps = tuple(replace(read_stamp(SIGNED), id=f"T-{n}") for n in range(MAX_STAMPS + 1))
    report = judge(sound().stamped(*stamps).build(), DEFAULT_POLICY)
    assert weights(report, "TIMESTAMP_TOKEN_NOT_EVALUATED") == {Weight.OMITTED}
    assert len(report.signatures[0].timestamps) == MAX_STAMPS
