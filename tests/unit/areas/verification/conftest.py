"""Reports as they are kept: judged, written as JSON, read again."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sealsvc.verify.judge import judge
from sealsvc.verify.policy import DEFAULT_POLICY
from sealsvc.verify.report import sentence, to_dict
from tests.builders.evidence import EvidenceBuilder, sound

Kept = Callable[[EvidenceBuilder], dict[str, Any]]
REPORT_ID = "vr_" + "a" * 26


@pytest.fixture(scope="session")
def kept() -> Kept:
    def make(builder: EvidenceBuilder) -> dict[str, Any]:
        report = judge(builder.build(), DEFAULT_POLICY)
        shape = {
            "id": REPORT_ID,
            **to_dict(report),
            "sentenceEn": sentence(report, "en"),
            "receipt": None,
            "links": {"self": f"/v1/verifications/{REPORT_ID}"},
        }
        found: dict[str, Any] = json.loads(json.dumps(shape))
        return found

    return make


@pytest.fixture
def stamped(kept: Kept) -> dict[str, Any]:
    """A sound report whose signature holds two time-stamps; the second one proves nothing."""
    report = kept(sound())
    one = report["signatures"][0]
    chain = one["certificateChain"]
    good = {
        "id": "T-1",
        "kind": "SIGNATURE",
        "time": "2026-11-21T08:10:00Z",
        "holds": True,
        "indication": "TOTAL_PASSED",
        "subIndications": [],
        "certificateChain": chain,
    }
    bad = {**good, "id": "T-2", "holds": False, "indication": "TOTAL_FAILED", "time": None}
    one["timestamps"] = [good, {**bad, "subIndications": ["HASH_FAILURE"]}]
    one["poeSources"] = ["TSA", "LOG"]
    return report
