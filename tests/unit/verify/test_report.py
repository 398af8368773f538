import hashlib
import re
import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rfc8785

import sealsvc.verify
from sealsvc.values import DocumentRole, SealType
from sealsvc.verify.findings import noticed
from sealsvc.verify.indications import Summary
from sealsvc.verify.judge import judge
from sealsvc.verify.messages import CATALOGUE, Axis, Weight
from sealsvc.verify.policy import (
    DEFAULT_POLICY,
    POLICIES,
    SEAL_TYPES_FOR,
    PolicyUnknown,
    RevocationMode,
    policy_named,
)
from sealsvc.verify.report import sentence, to_dict
from tests.builders.evidence import sound
from tests.unit.verify.vectors import VECTORS, Vector

SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for path in Path(sealsvc.verify.__file__).parent.rglob("*.py")
    if path.parent.name != "messages"
)


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_code_has_both_texts_with_the_same_gaps(code: str) -> None:
    entry = CATALOGUE[code]
    gaps = {
        lang: {name for _, name, _, _ in string.Formatter().parse(text) if name}
        for lang, text in (("zh", entry.zh), ("en", entry.en))
    }
    assert gaps["zh"] == gaps["en"]
    assert re.search("[一-鿿]", entry.zh)
    assert not re.search("[一-鿿]", entry.en)
    assert entry.clause


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_code_is_used(code: str) -> None:
    assert f'"{code}"' in SOURCES


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_standard_axes_speak_the_closed_list(code: str) -> None:
    entry = CATALOGUE[code]
    weighs = entry.weight in (Weight.FAILS, Weight.DOUBT)
    standard = entry.axis in (Axis.INTEGRITY, Axis.TRUST)
    assert (entry.sub_indication is not None) == (weighs and standard)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_every_finding_renders(vector: Vector) -> None:
    report = judge(vector.given.build(), DEFAULT_POLICY)
    shape: Any = to_dict(report, "en")
    for item in (*shape["findings"], *shape["notChecked"]):
        assert item["message"] == item["messageEn"]
        assert "{" not in item["message"]


def test_params_are_no_templates() -> None:
    finding = noticed("ISSUER_UNKNOWN", "S-1", issuer="{issuer} %s {0}")
    assert finding.message("en").endswith("{issuer} %s {0}")


def test_shape_of_the_report() -> None:
    shape: Any = to_dict(judge(sound().build(), DEFAULT_POLICY))
    assert list(shape)[:3] == ["object", "schema", "summary"]
    assert shape["policy"] == {
        "id": "sealsvc-default",
        "version": "1",
        "digest": DEFAULT_POLICY.digest(),
    }
    (signature,) = shape["signatures"]
    assert signature["poeSources"] == ["LOG"]
    assert signature["seal"]["statusThenKnown"] == "ACTIVE"
    assert signature["blocks"]["XCV"] == "PASSED"
    chain = signature["certificateChain"]
    assert [item["trusted"] for item in chain] == [False, False, True]


def test_blocks_that_did_not_run_are_not_passed() -> None:
    shape: Any = to_dict(judge(sound().foreign().build(), DEFAULT_POLICY))
    blocks = shape["signatures"][0]["blocks"]
    assert blocks["RFC"] == "NOT_CHECKED"
    assert "PSV" not in blocks


@pytest.mark.parametrize("summary", list(Summary))
def test_a_sentence_for_every_summary(summary: Summary) -> None:
    report = replace(judge(sound().build(), DEFAULT_POLICY), summary=summary)
    assert sentence(report, "zh") != sentence(report, "en")


def test_policies_are_found_by_name_only() -> None:
    assert policy_named("default") is DEFAULT_POLICY
    for name in ("", "DEFAULT", "sealsvc-default", "x" * 500):
        with pytest.raises(PolicyUnknown) as caught:
            policy_named(name)
        assert caught.value.code == "POLICY_UNKNOWN"


def test_policy_digest_covers_every_member() -> None:
    expected = hashlib.sha256(rfc8785.dumps(DEFAULT_POLICY.to_json())).hexdigest()
    assert DEFAULT_POLICY.digest() == expected
    changed = (
        replace(DEFAULT_POLICY, version="2"),
        replace(DEFAULT_POLICY, digests=DEFAULT_POLICY.digests[1:]),
        replace(DEFAULT_POLICY, signatures=DEFAULT_POLICY.signatures[1:]),
        replace(DEFAULT_POLICY, keys=DEFAULT_POLICY.keys[1:]),
        replace(DEFAULT_POLICY, signer_purposes=()),
        replace(DEFAULT_POLICY, timestamp_purposes=()),
        replace(DEFAULT_POLICY, revocation_mode=RevocationMode.NONE),
        replace(DEFAULT_POLICY, revocation_freshness_s=1),
        replace(DEFAULT_POLICY, ca_revocation_freshness_s=1),
        replace(DEFAULT_POLICY, clock_skew_s=1),
        replace(DEFAULT_POLICY, unproven_time_suffices=True),
        replace(DEFAULT_POLICY, seal_types=()),
    )
    digests = {policy.digest() for policy in (*POLICIES, *changed)}
    assert len(digests) == len(changed) + len(POLICIES)


def test_a_policy_without_revocation_says_so() -> None:
    policy = replace(DEFAULT_POLICY, revocation_mode=RevocationMode.NONE)
    report = judge(sound().evidence(crls_der=()).build(), policy)
    assert report.summary is Summary.TRUSTED
    assert "REVOCATION_NOT_ASKED" in {finding.code for finding in report.findings}


def test_seal_types_follow_rule_r06() -> None:
    assert SEAL_TYPES_FOR[DocumentRole.INVOICE] == {SealType.INVOICE}
    assert SEAL_TYPES_FOR[DocumentRole.CONTRACT] == {SealType.CONTRACT, SealType.OFFICIAL}
    assert SealType.INVOICE not in SEAL_TYPES_FOR[DocumentRole.OTHER]
