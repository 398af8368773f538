import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.areas.entities.model import (
    EntityAlreadyCancelled,
    EntityDraft,
    EntityFieldInvalid,
    EntityStatus,
    EntityUnchanged,
    OrganizationType,
    UsccImmutable,
    UsccInvalid,
    changed_fields,
    check_uscc,
    entity_cancelled,
    entity_changed,
    entity_registered,
    require_active,
    validate_draft,
)
from sealsvc.values import Json, SubjectKind

LEGAL = "91110000MA00000152"
_INDIVIDUAL_BODY = "92110000MA0000015"
INDIVIDUAL = _INDIVIDUAL_BODY + str(check_uscc(_INDIVIDUAL_BODY + "0").check_expected)

FULL = EntityDraft(
    uscc=LEGAL,
    legal_name="甲乙丙测试有限公司",
    short_names=("甲乙丙",),
    legal_representative="测试人",
    registered_address="测试路 1 号",
    organization_type=OrganizationType.ENTERPRISE,
)
BARE = EntityDraft(uscc=LEGAL, legal_name="甲乙丙测试有限公司")


def holds_none(value: Json) -> bool:
    if isinstance(value, dict):
        return any(holds_none(each) for each in value.values())
    if isinstance(value, list):
        return any(holds_none(each) for each in value)
    return value is None


def test_a_good_draft_comes_back_canonical() -> None:
    rough = replace(FULL, uscc=" 91110000ma00000152", legal_name="  甲乙丙测试有限公司 ")
    assert validate_draft(rough) == FULL


def test_names_are_composed() -> None:
    assert validate_draft(replace(BARE, legal_name="Cafe\u0301")).legal_name == "Caf\u00e9"


@pytest.mark.parametrize("name", ["x", "x" * 120, "甲" * 120, "A & B (Beijing) Co., Ltd."])
def test_accepted_names(name: str) -> None:
    assert validate_draft(replace(BARE, legal_name=name)).legal_name == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "EMPTY"),
        ("   ", "EMPTY"),
        ("　", "EMPTY"),
        ("x" * 121, "TOO_LONG"),
        ("x" * 10_000, "TOO_LONG"),
        ("a\x00b", "UNPRINTABLE"),
        ("a\nb", "UNPRINTABLE"),
        ("name\n", "UNPRINTABLE"),
        ("a\u202eb", "UNPRINTABLE"),
        ("a\u200bb", "UNPRINTABLE"),
        ("a\u2028b", "UNPRINTABLE"),
        ("a\ud800b", "UNPRINTABLE"),
        ("a\ue000b", "UNPRINTABLE"),
    ],
)
@pytest.mark.parametrize("field", ["legal_name", "legal_representative", "short_names"])
def test_refused_texts(name: str, reason: str, field: str) -> None:
    changed: dict[str, object] = {field: (name,) if field == "short_names" else name}
    with pytest.raises(EntityFieldInvalid) as caught:
        validate_draft(replace(BARE, **changed))  # type: ignore[arg-type]
    assert caught.value.fields["reason"] == reason


@pytest.mark.parametrize(
    "draft",
    [
        replace(BARE, short_names=("甲", "甲")),
        replace(BARE, short_names=("甲", " 甲")),
        replace(BARE, short_names=tuple(str(n) for n in range(11))),
        replace(BARE, registered_address="x" * 301),
        replace(BARE, registered_address=""),
        replace(BARE, organization_type=OrganizationType.INDIVIDUAL_BUSINESS),
        replace(BARE, uscc=INDIVIDUAL, organization_type=OrganizationType.ENTERPRISE),
    ],
)
def test_refused_drafts(draft: EntityDraft) -> None:
    with pytest.raises(EntityFieldInvalid):
        validate_draft(draft)


@pytest.mark.parametrize("code", ["", "91110000MA00000153", "x" * 18])
def test_refused_codes(code: str) -> None:
    with pytest.raises(UsccInvalid):
        validate_draft(replace(BARE, uscc=code))


def test_changed_fields() -> None:
    assert changed_fields(FULL, FULL) == ()
    assert changed_fields(BARE, FULL) == (
        "legalRepresentative",
        "organizationType",
        "registeredAddress",
        "shortNames",
    )
    assert changed_fields(FULL, replace(FULL, legal_name="另一名称")) == ("legalName",)
    with pytest.raises(UsccImmutable):
        changed_fields(BARE, replace(BARE, uscc="113300000000000199"))


def test_registered_fact_of_a_legal_person() -> None:
    fact = entity_registered(FULL, by="cli_x")
    assert fact.type == "entity.registered"
    assert fact.public == {"uscc": LEGAL}
    assert "uscc" not in fact.payload
    assert fact.payload["by"] == "cli_x"
    assert fact.payload["legalRepresentative"] == "测试人"
    assert [(s.kind, s.id) for s in fact.subjects] == [(SubjectKind.ENTITY, LEGAL)]


@pytest.mark.parametrize("draft", [FULL, BARE])
def test_no_personal_data_in_public_and_no_none_in_payload(draft: EntityDraft) -> None:
    other = replace(draft, legal_name="另一名称", legal_representative=None)
    for fact in (
        entity_registered(draft, by="c"),
        entity_changed(draft, other, by="c"),
        entity_cancelled(draft.uscc, by="c", reason="解散"),
    ):
        assert set(fact.public) <= {"uscc"}
        assert not holds_none(fact.payload)
        assert all(key.isascii() for key in fact.payload)


def test_facts_of_an_individual_business_keep_the_code_private() -> None:
    draft = validate_draft(replace(BARE, uscc=INDIVIDUAL))
    other = replace(draft, legal_name="另一名称")
    for fact in (
        entity_registered(draft, by="c"),
        entity_changed(draft, other, by="c"),
        entity_cancelled(INDIVIDUAL, by="c", reason="x"),
    ):
        assert fact.public == {}
        assert fact.payload["uscc"] == INDIVIDUAL


def test_changed_fact_keeps_old_and_new_values() -> None:
    fact = entity_changed(BARE, FULL, by="c")
    assert fact.payload["before"] == {}
    assert fact.payload["changed"] == [
        "legalRepresentative",
        "organizationType",
        "registeredAddress",
        "shortNames",
    ]
    back = entity_changed(FULL, BARE, by="c")
    assert back.payload["after"] == {}
    with pytest.raises(EntityUnchanged):
        entity_changed(BARE, BARE, by="c")


def test_a_cancelled_entity_does_not_change() -> None:
    require_active(EntityStatus.ACTIVE)
    with pytest.raises(EntityAlreadyCancelled):
        require_active(EntityStatus.CANCELLED)


def test_the_largest_payload_fits_a_receipt() -> None:
    big = "𠀀" * 120
    draft = EntityDraft(
        LEGAL, big, tuple(f"{n:03}" + "𠀀" * 117 for n in range(10)), big, "𠀀" * 300, None
    )
    other = replace(
        draft,
        legal_name="b",
        short_names=tuple(f"{n:03}" + "𠀁" * 117 for n in range(10)),
        registered_address="𠀁" * 300,
    )
    fact = entity_changed(validate_draft(draft), validate_draft(other), by="c" * 30)
    assert len(json.dumps(fact.payload, ensure_ascii=False).encode()) < 24 * 1024


@given(st.text(max_size=200))
def test_any_name_is_refused_or_stable(name: str) -> None:
    try:
        once = validate_draft(replace(BARE, legal_name=name))
    except EntityFieldInvalid:
        return
    assert validate_draft(once) == once
    assert 1 <= len(once.legal_name) <= 120
