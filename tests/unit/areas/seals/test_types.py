import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.areas.entities.model import Severity
from sealsvc.areas.seals.model import (
    OCCUPYING,
    SealCodeInvalid,
    SealCodeIssueCode,
    SealCodeScheme,
    SealCodeStatus,
    SealLimitReached,
    UniquenessRule,
    check_seal_code,
    default_schemes,
    default_uniqueness,
    require_room,
    require_seal_code,
    types_for_role,
)
from sealsvc.values import DocumentRole, SealMedium, SealStatus, SealType


def test_types_by_role() -> None:
    assert types_for_role(DocumentRole.INVOICE) == {SealType.INVOICE}
    assert types_for_role(DocumentRole.CONTRACT) == {SealType.CONTRACT, SealType.OFFICIAL}
    assert types_for_role(DocumentRole.OTHER) == set(SealType) - {SealType.INVOICE}


def test_every_type_fits_some_role() -> None:
    fitting = frozenset[SealType]().union(*(types_for_role(role) for role in DocumentRole))
    assert fitting == set(SealType)


@pytest.mark.parametrize("code", ["1101080012345", "11010800123456", "１１０１０８００１２３４５"])
def test_good_seal_codes(code: str) -> None:
    result = check_seal_code(code)
    assert result.status is SealCodeStatus.VALID
    assert result.issues == ()
    assert result.region is not None
    assert result.serial == result.code[6:]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "110108001234",
        "110108001234567",
        "110108001234A",
        "11010800123_5",
        "110108001234५",
        "1101080012345" + " " * 60,
        "-" * 13,
        "1101080012345\x00",
    ],
)
def test_bad_seal_codes(text: str) -> None:
    result = check_seal_code(text)
    assert result.status is SealCodeStatus.INVALID
    with pytest.raises(SealCodeInvalid) as caught:
        require_seal_code(text)
    assert caught.value.fields == {"issues": "FORMAT"}


def test_unknown_region_is_a_warning() -> None:
    result = require_seal_code("9999990000001")
    assert [(i.code, i.severity) for i in result.issues] == [
        (SealCodeIssueCode.REGION_UNKNOWN, Severity.WARNING)
    ]


def test_the_most_special_scheme_applies() -> None:
    everywhere, district = (
        SealCodeScheme("", frozenset({13, 14}), "test", "P"),
        SealCodeScheme("110108", frozenset({14}), "test", "P"),
    )
    for schemes in ([everywhere, district], [district, everywhere]):
        with pytest.raises(SealCodeInvalid) as caught:
            require_seal_code("1101080012345", schemes)
        assert caught.value.fields == {"issues": "SCHEME"}
        assert require_seal_code("11010800123456", schemes).scheme is district
        assert require_seal_code("1101010012345", schemes).scheme is everywhere
    assert check_seal_code("1101080012345", []).scheme is None


@given(st.text(max_size=70))
def test_any_text_gets_an_answer(text: str) -> None:
    result = check_seal_code(text)
    if result.status is SealCodeStatus.VALID:
        assert len(result.code) in {13, 14}
        assert result.code.isascii()
        assert result.code.isdigit()


@pytest.mark.parametrize(
    ("seal_type", "medium"),
    [
        (SealType.LEGAL_REPRESENTATIVE, SealMedium.PHYSICAL),
        (SealType.LEGAL_REPRESENTATIVE, SealMedium.ELECTRONIC),
        (SealType.OFFICIAL, SealMedium.ELECTRONIC),
    ],
)
def test_default_limits(seal_type: SealType, medium: SealMedium) -> None:
    require_room(default_uniqueness(), seal_type, medium, 0)
    for occupied in (1, 2, 50):
        with pytest.raises(SealLimitReached) as caught:
            require_room(default_uniqueness(), seal_type, medium, occupied)
        assert caught.value.fields["limit"] == 1


@pytest.mark.parametrize("seal_type", [SealType.INVOICE, SealType.CONTRACT, SealType.FINANCE])
def test_other_types_are_not_limited(seal_type: SealType) -> None:
    for medium in SealMedium:
        require_room(default_uniqueness(), seal_type, medium, 1000)


def test_limits_are_configuration() -> None:
    rules = [UniquenessRule(SealType.CONTRACT, SealMedium.ELECTRONIC, 3)]
    require_room(rules, SealType.CONTRACT, SealMedium.ELECTRONIC, 2)
    require_room(rules, SealType.OFFICIAL, SealMedium.ELECTRONIC, 99)
    with pytest.raises(SealLimitReached):
        require_room(rules, SealType.CONTRACT, SealMedium.ELECTRONIC, 3)


def test_ended_seals_take_no_place() -> None:
    assert set(SealStatus) - OCCUPYING == {
        SealStatus.REJECTED,
        SealStatus.LOST,
        SealStatus.REVOKED,
        SealStatus.EXPIRED,
        SealStatus.REPLACED,
        SealStatus.VOID,
    }


def test_tables_say_where_they_come_from() -> None:
    for scheme in default_schemes():
        assert scheme.source
        assert scheme.confidence
    for rule in default_uniqueness():
        assert rule.source
        assert rule.confidence
