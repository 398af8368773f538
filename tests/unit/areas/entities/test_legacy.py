import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.areas.entities.model import (
    LegacyStatus,
    Registrant,
    check_organization_code,
    check_registration_no,
    check_tax_id_15,
)
from sealsvc.areas.entities.model.legacy import mod11_10_check
from sealsvc.areas.entities.model.uscc import org_check_character


@pytest.mark.parametrize("text", ["110108000000016", "310115600985533", " 1101-0800 0000016"])
def test_good_registration_numbers(text: str) -> None:
    assert check_registration_no(text).status is LegacyStatus.VALID


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        ("110108000000017", "CHECK"),
        ("310115600985535", "CHECK"),
        ("31011560098553", "LENGTH"),
        ("3101156009855333", "LENGTH"),
        ("", "LENGTH"),
        ("31011560098553A", "ALPHABET"),
        ("3101156009855३3", "ALPHABET"),
        ("0" * 65, "LENGTH"),
    ],
)
def test_bad_registration_numbers(text: str, issue: str) -> None:
    result = check_registration_no(text)
    assert result.status is LegacyStatus.INVALID
    assert issue in {str(found.code) for found in result.issues}


@pytest.mark.parametrize(
    ("digit", "registrant"),
    [("0", "DOMESTIC"), ("3", "DOMESTIC"), ("4", "FOREIGN"), ("5", "FOREIGN")]
    + [(digit, "INDIVIDUAL") for digit in "6789"],
)
def test_the_seventh_digit_names_the_registrant(digit: str, registrant: str) -> None:
    body = f"110108{digit}0000001"
    result = check_registration_no(body + mod11_10_check(body))
    assert result.status is LegacyStatus.VALID
    assert result.registrant is Registrant(registrant)


@given(st.text("0123456789", min_size=14, max_size=14), st.integers(0, 14), st.integers(1, 9))
def test_mod_11_10_catches_every_single_substitution(body: str, place: int, shift: int) -> None:
    number = body + mod11_10_check(body)
    wrong = str((int(number[place]) + shift) % 10)
    changed = number[:place] + wrong + number[place + 1 :]
    assert check_registration_no(changed).status is LegacyStatus.INVALID


def test_organization_code_and_tax_id() -> None:
    body = "MA000001"
    code = body + org_check_character(body)
    assert check_organization_code(f"{body}-{code[8]}").status is LegacyStatus.VALID
    assert check_tax_id_15("110000" + code).status is LegacyStatus.VALID


@pytest.mark.parametrize("text", ["", "MA0000019", "MA00001", "MA0000015X", "MA_00001-5", "中" * 9])
def test_bad_organization_codes(text: str) -> None:
    assert check_organization_code(text).status is LegacyStatus.INVALID


@pytest.mark.parametrize("text", ["", "110000MA0000019", "11000AMA0000015", "110000MA00000155"])
def test_bad_tax_ids(text: str) -> None:
    assert check_tax_id_15(text).status is LegacyStatus.INVALID


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=8, max_size=8))
def test_any_body_has_one_check_character(body: str) -> None:
    good = [
        char
        for char in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        if check_organization_code(body + char).status is LegacyStatus.VALID
    ]
    assert good == [org_check_character(body)]


@given(st.text(max_size=70))
def test_any_text_gets_an_answer(text: str) -> None:
    for check in (check_organization_code, check_registration_no, check_tax_id_15):
        assert check(text).status in set(LegacyStatus)


def test_unknown_region_is_a_warning() -> None:
    body = "99999900000001"
    result = check_registration_no(body + mod11_10_check(body))
    assert result.status is LegacyStatus.VALID
    assert [str(issue.code) for issue in result.issues] == ["REGION_UNKNOWN"]
