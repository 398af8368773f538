"""The release by customs: attested by a broker, part of an import, broken in turn."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from sealsvc.areas.entities import permits
from sealsvc.areas.entities.model.permits import PermitDraft
from sealsvc.areas.transactions import service as transactions
from sealsvc.areas.transactions.model.attestation import (
    AttestationOperatorNotEntitled,
    AttestationSubjectInvalid,
    AttestationView,
    whole_utc,
)
from sealsvc.values import SubjectKind
from tests.areas.sealing.story import OPERATOR, A, B
from tests.areas.transactions.world import CARRIER, CONTRACT, PAYER, PRICE, C, World, codes

ONE_DATABASE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
BROKER = CARRIER
PERMIT = "报关单位备案证明"


def entitle(world: World) -> None:
    draft = PermitDraft("BG-1", PERMIT, "示例海关", date(2020, 1, 1))
    permits.register(world.deps, OPERATOR, BROKER, draft)


def release(world: World, by: str = BROKER, **changed: Any) -> AttestationView:
    now = world.story.clock.now()
    subject: dict[str, Any] = {
        "consignor": A,
        "consignee": B,
        "declarationNumber": "BG-2026-1",
        "declaredAt": whole_utc(now),
        "releasedAt": whole_utc(now),
        "amount": PRICE,
        "currency": "CNY",
        "contractNumber": CONTRACT,
    }
    members = {name: one for name, one in (subject | changed).items() if one is not None}
    return world.attest(by, "customsRelease", **members)


@ONE_DATABASE
def test_who_attests_a_release_holds_the_customs_record(world: World) -> None:
    with pytest.raises(AttestationOperatorNotEntitled):
        release(world)
    entitle(world)
    with pytest.raises(AttestationOperatorNotEntitled):
        release(world, by=PAYER)
    for changed, field in (
        ({"declarationNumber": None}, "declarationNumber"),
        ({"releasedAt": "yesterday"}, "releasedAt"),
        ({"currency": None}, "currency"),
        ({"pieces": 1}, "pieces"),
    ):
        with pytest.raises(AttestationSubjectInvalid) as caught:
            release(world, **changed)
        assert caught.value.fields["field"] == field
    made = release(world)
    assert transactions.attestation_report(world.deps, made)["summary"] == "TRUSTED"
    facts = world.story.facts(SubjectKind.ATTESTATION, made.attestation_id)
    assert [one.type for one in facts] == ["attestation.intended", "attestation.issued"]


@ONE_DATABASE
def test_an_import_asks_for_the_release(world: World) -> None:
    entitle(world)
    whole = world.whole()
    without = replace(whole, policy="import")
    report = world.judge(without)
    assert report["summary"] == "INDETERMINATE"
    assert "TXN_PART_MISSING" in codes(report)
    made = release(world)
    ids = whole.attestation_ids
    report = world.judge(replace(without, attestation_ids=(*ids, made.attestation_id)))
    assert report["summary"] == "TRUSTED", report["findings"]
    shown = next(one for one in report["nodes"] if one["id"] == "customsRelease:1")
    assert (shown["result"], shown["number"]) == ("PASSED", "BG-2026-1")
    now = world.story.clock.now()
    breaks: dict[str, dict[str, Any]] = {
        "TXN_ATTESTED_PARTY_MISMATCH": {"consignee": C},
        "TXN_CURRENCY_MISMATCH": {"currency": "USD"},
        "TXN_DATE_IN_FUTURE": {"releasedAt": whole_utc(now + timedelta(days=30))},
        "TXN_ATTESTATION_UNBOUND": {"contractNumber": None},
    }
    for at, (code, changed) in enumerate(breaks.items()):
        other = release(world, **{"declarationNumber": f"BG-{at}", **changed})
        report = world.judge(replace(without, attestation_ids=(*ids, other.attestation_id)))
        assert code in codes(report), (code, codes(report))
        assert report["summary"] != "TRUSTED"
