from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from sealsvc.areas.entities.model import check_uscc
from sealsvc.areas.seals.model import (
    SYSTEM,
    SealAction,
    SealSnapshot,
    imprint_filed,
    review_flagged,
    seal_fact,
    transition,
    void_proposed,
)
from sealsvc.values import Fact, SealId, SealMedium, SealStatus, SealType, SubjectKind

OWNER = "91110000MA00000152"
_BODY = "92110000MA0000015"
PERSON = _BODY + str(check_uscc(_BODY + "0").check_expected)
SEAL = SealSnapshot(
    SealId("seal_a"), OWNER, SealType.CONTRACT, SealMedium.ELECTRONIC, SealStatus.ACTIVE, "0a1b"
)
OF_PERSON = replace(SEAL, owner_uscc=PERSON)
NOON = datetime(2026, 11, 20, 20, 0, 0, 987654, tzinfo=timezone(timedelta(hours=8)))


def all_facts(seal: SealSnapshot) -> list[Fact]:
    counterpart = replace(seal, seal_id=SealId("seal_b"), state=SealStatus.LOST)
    return [
        *(
            seal_fact(action, seal, by="cli_x", reason="r", effective_from=NOON)
            for action in SealAction
        ),
        *(seal_fact(action, seal, by=SYSTEM) for action in SealAction),
        void_proposed(seal, by="cli_x", reason="r", effective_from=NOON),
        void_proposed(seal, by="cli_x", reason="r"),
        review_flagged(seal, by=SYSTEM, counterpart=counterpart),
        imprint_filed(seal, by="cli_x", imprint_sha256="ab" * 32),
    ]


@pytest.mark.parametrize("action", list(SealAction))
def test_type_comes_from_the_table(action: SealAction) -> None:
    assert seal_fact(action, SEAL, by="c").type == transition(action).fact_type


def test_public_and_private_members() -> None:
    fact = seal_fact(
        SealAction.REPORT_LOST,
        replace(SEAL, state=SealStatus.LOST),
        by="cli_x",
        reason="遗失",
        effective_from=NOON,
        details={"supersedes": "seal_0"},
    )
    assert fact.public == {
        "sealId": "seal_a",
        "type": "CONTRACT",
        "medium": "ELECTRONIC",
        "state": "LOST",
        "uscc": OWNER,
        "certSerial": "0a1b",
        "effectiveFrom": "2026-11-20T12:00:00Z",
    }
    assert fact.payload == {"by": "cli_x", "reason": "遗失", "supersedes": "seal_0"}


def test_what_is_absent_is_left_out() -> None:
    fact = seal_fact(SealAction.APPLY, replace(SEAL, cert_serial=None), by="c")
    assert set(fact.public) == {"sealId", "type", "medium", "state", "uscc"}
    assert fact.payload == {"by": "c"}


def test_details_cannot_displace_who_acted() -> None:
    fact = seal_fact(SealAction.REVOKE, SEAL, by="cli_x", details={"by": "cli_other"})
    assert fact.payload["by"] == "cli_x"


def test_a_natural_persons_code_is_never_public() -> None:
    for fact in all_facts(OF_PERSON):
        assert "uscc" not in fact.public
        assert PERSON not in str(fact.public)
        assert fact.payload["uscc"] == PERSON


def test_reasons_and_persons_are_never_public() -> None:
    allowed = {"sealId", "type", "medium", "state", "uscc", "certSerial", "effectiveFrom"}
    for fact in all_facts(SEAL):
        assert set(fact.public) <= allowed
        assert "cli_x" not in str(fact.public)
        assert None not in [*fact.public.values(), *fact.payload.values()]


def test_every_fact_is_found_under_seal_and_owner() -> None:
    for fact in all_facts(SEAL):
        kinds = {(subject.kind, subject.id) for subject in fact.subjects}
        assert {(SubjectKind.SEAL, "seal_a"), (SubjectKind.ENTITY, OWNER)} <= kinds


def test_a_proposal_to_void_names_no_merchant() -> None:
    fact = void_proposed(SEAL, by="cli_x", reason="疑似私刻", effective_from=NOON.astimezone(UTC))
    assert fact.public == {}
    assert fact.payload["effectiveFrom"] == "2026-11-20T12:00:00Z"
    assert fact.payload["sealId"] == "seal_a"


def test_review_names_both_seals() -> None:
    physical = replace(
        SEAL, seal_id=SealId("seal_p"), medium=SealMedium.PHYSICAL, state=SealStatus.LOST
    )
    fact = review_flagged(SEAL, by=SYSTEM, counterpart=physical)
    assert fact.public["state"] == "ACTIVE"
    assert fact.payload["counterpartState"] == "LOST"
    assert {"seal_a", "seal_p"} <= {subject.id for subject in fact.subjects}
