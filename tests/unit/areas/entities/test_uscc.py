import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.areas.entities.model import (
    CodeIssue,
    IssueCode,
    Severity,
    UsccInvalid,
    UsccPolicy,
    UsccStatus,
    canonicalise,
    check_uscc,
    find_region,
    public_uscc,
    require_uscc,
)
from sealsvc.areas.entities.model.code_tables import departments, grandfathered
from sealsvc.areas.entities.model.uscc import ALPHABET

SHEET = Path(__file__).parents[5] / "shared" / "standards" / "china-domain.md"

SYNTHETIC = (
    "91110000MA00000152",
    "113300000000000199",
    "12420000000000027K",
    "51320000500000015D",
    "53110000500000023G",
    "31310000MD0000016Y",
    "N2330108MF00000134",
    "Y11100000000000436",
    "813700000000000358",
    "91310115MA21223310",
)
STANDARD_EXAMPLE = "91350100M000100Y43"
STRICT = UsccPolicy(strict_org_check=True)


def codes_of(text: str, policy: UsccPolicy | None = None) -> set[str]:
    result = check_uscc(text, policy=policy) if policy else check_uscc(text)
    return {str(issue.code) for issue in result.issues}


def sheet_vectors() -> list[str]:
    if not SHEET.is_file():
        pytest.skip(f"{SHEET.name} is not beside the checkout")
    section = SHEET.read_text(encoding="utf-8").split("### 1.6")[1].split("Invalid:")[0]
    return sorted(set(re.findall(r"\b[0-9A-Z]{18}\b", section)))


@pytest.mark.shared
def test_every_valid_code_of_the_sheet_passes_both_checks() -> None:
    vectors = sheet_vectors()
    assert len(vectors) >= 50
    for code in vectors:
        result = check_uscc(code, policy=STRICT)
        assert (code, result.status) == (code, UsccStatus.VALID)
        assert result.check_expected == code[17]


@pytest.mark.shared
def test_the_synthetic_codes_are_those_of_the_sheet() -> None:
    assert set(SYNTHETIC) <= set(sheet_vectors())


@pytest.mark.parametrize("code", [*SYNTHETIC, STANDARD_EXAMPLE])
@pytest.mark.parametrize("policy", [UsccPolicy(), STRICT])
def test_synthetic_codes_are_valid(code: str, policy: UsccPolicy) -> None:
    result = check_uscc(code, policy=policy)
    assert result.status is UsccStatus.VALID
    assert result.code == code
    assert result.org_code == code[8:17]
    assert result.department is not None
    assert result.category is not None
    assert all(issue.severity is Severity.WARNING for issue in result.issues)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("91350100M000100Y4Z", {"ALPHABET", "CHECK"}),
        ("914403007084611366", {"CHECK"}),
        ("91440300708461163T", {"CHECK"}),
        ("9144030070846113T", {"LENGTH"}),
        ("91110000802100433S", {"ALPHABET"}),
        ("71440300708461136T", {"CHECK"}),
        ("91320621MA1MRHG207", {"CHECK"}),
        ("B7320621MA1MRHG20G", {"DEPT_UNKNOWN"}),
        ("91310115MA1H8R7C6D", {"CHECK", "ORG_CHECK"}),
        ("9144030A708461136T", {"REGION_NOT_DIGITS"}),
        ("", {"LENGTH"}),
        (" " * 18, {"LENGTH"}),
        ("　" * 18, {"LENGTH"}),
        ("-" * 18, {"LENGTH"}),
        ("９" * 18, {"CATEGORY_UNKNOWN"}),
        ("99110000MA00000152", {"CATEGORY_UNKNOWN"}),
        ("O1110000MA00000152", {"ALPHABET", "DEPT_UNKNOWN"}),
        ("91110000MA0000015_", {"ALPHABET"}),
        ("911100००MA00000152", {"ALPHABET", "REGION_NOT_DIGITS"}),
        ("91110000MA000001522", {"LENGTH"}),
        ("91110000MA00000152" + " " * 60 + "X", {"LENGTH"}),
        ("\u202e91110000MA00000152", {"LENGTH"}),
        ("91110000MA\x0000015 2", {"LENGTH"}),
    ],
)
def test_invalid_codes(text: str, expected: set[str]) -> None:
    assert check_uscc(text).status is UsccStatus.INVALID
    assert expected <= codes_of(text)


def test_wrong_organisation_check_is_a_warning_by_default_and_an_error_when_strict() -> None:
    code = "A1320621MA1MRHG217"
    lenient = check_uscc(code)
    assert lenient.status is UsccStatus.VALID
    assert codes_of(code) == {"ORG_CHECK"}
    strict = check_uscc(code, policy=STRICT)
    assert strict.status is UsccStatus.INVALID
    assert [issue.severity for issue in strict.issues] == [Severity.ERROR]


def test_remainder_zero_gives_the_character_zero() -> None:
    assert check_uscc("91310115MA21223310").check_expected == "0"


def test_unknown_region_is_only_a_warning() -> None:
    body = "91999999MA0000015"
    code = body + str(check_uscc(body + "0").check_expected)
    result = check_uscc(code)
    assert result.status is UsccStatus.VALID
    assert [(i.code, i.severity) for i in result.issues] == [
        (IssueCode.REGION_UNKNOWN, Severity.WARNING)
    ]
    assert result.region is None


@pytest.mark.parametrize(
    ("digits", "name"),
    [
        ("100000", "国家级登记机关"),
        ("110000", "北京市"),
        ("440300", "深圳市"),
        ("320621", "海安县"),
        ("110103", "崇文区"),
    ],
)
def test_regions_known_abolished_ones_included(digits: str, name: str) -> None:
    region = find_region(digits)
    assert region is not None
    assert region.name == name


@pytest.mark.parametrize("digits", ["", "11", "999999", "11010", "1100000", "١١٠٠٠٠", "N20000"])
def test_regions_unknown(digits: str) -> None:
    assert find_region(digits) is None


def test_grandfathered_codes_are_let_through_one_by_one() -> None:
    listed = grandfathered()
    assert len(listed) == 4
    for code, row in listed.items():
        result = check_uscc(code, policy=STRICT)
        assert result.status is UsccStatus.VALID_GRANDFATHERED
        assert result.check_expected != code[17]
        assert [i.severity for i in result.issues if i.code is IssueCode.CHECK] == [
            Severity.WARNING
        ]
        assert row.basis
        assert row.recorded_on
        neighbour = code[:8] + ("N" if code[8] != "N" else "M") + code[9:]
        assert check_uscc(neighbour).status is UsccStatus.INVALID
        empty = UsccPolicy(grandfathered=frozenset())
        assert check_uscc(code, policy=empty).status is UsccStatus.INVALID


def test_a_good_code_on_the_allow_list_is_simply_valid() -> None:
    policy = UsccPolicy(grandfathered=frozenset({SYNTHETIC[0]}))
    assert check_uscc(SYNTHETIC[0], policy=policy).status is UsccStatus.VALID


def test_the_allow_list_excuses_the_check_alone() -> None:
    code = "B7320621MA1MRHG20G"
    policy = UsccPolicy(grandfathered=frozenset({code}))
    assert check_uscc(code, policy=policy).status is UsccStatus.INVALID


def test_hints_name_the_place_and_are_never_applied() -> None:
    result = check_uscc("911100O0MA000OO1I2")
    (issue,) = [i for i in result.issues if i.code is IssueCode.ALPHABET]
    assert issue.positions == (7, 14, 15, 17)
    assert issue.hint == "7:O>0,14:O>0,15:O>0,17:I>1"
    assert result.code == "911100O0MA000OO1I2"
    assert result.check_expected is None


@pytest.mark.parametrize("code", list(IssueCode))
def test_every_issue_has_a_message_in_both_languages(code: IssueCode) -> None:
    issue = CodeIssue(code)
    assert issue.message_key == f"code.{code}"
    assert issue.message("en").isascii()
    assert not issue.message("zh").isascii()


def test_require_names_the_issues_but_not_the_code() -> None:
    with pytest.raises(UsccInvalid) as caught:
        require_uscc("91110000MA0000015O")
    assert caught.value.fields == {"issues": "ALPHABET,CHECK", "hint": "18:O>0"}
    assert require_uscc(" 9111 0000-ma00000152 ").code == SYNTHETIC[0]


def test_departments_table_is_complete_and_sourced() -> None:
    table = departments()
    assert set(table) == set("123456789ANY")
    assert all(row.source and row.confidence and row.categories for row in table.values())
    natural = [
        row.code + category.code
        for row in table.values()
        for category in row.categories
        if category.natural_person
    ]
    assert natural == ["92"]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (SYNTHETIC[0], True),
        ("93110000MA00000152", True),
        ("92110000MA00000152", False),
        ("9Y110000MA00000152", False),
        ("B1110000MA00000152", False),
        ("110108000000016", False),
        ("", False),
        ("91110000ma00000152", False),
    ],
)
def test_only_a_legal_persons_code_is_public(code: str, shown: bool) -> None:
    assert public_uscc(code) == (code if shown else None)


# --- properties -----------------------------------------------------------------------------


@given(st.sampled_from(SYNTHETIC), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_random_substitution_is_caught(code: str, place: int, char: str) -> None:
    changed = code[:place] + char + code[place + 1 :]
    if changed != code:
        assert "CHECK" in codes_of(changed)


@pytest.mark.parametrize("code", SYNTHETIC)
def test_every_single_substitution_is_caught(code: str) -> None:
    for place in range(18):
        for char in ALPHABET:
            if char != code[place]:
                changed = code[:place] + char + code[place + 1 :]
                assert check_uscc(changed).status is UsccStatus.INVALID, changed


@pytest.mark.parametrize("code", SYNTHETIC)
def test_every_adjacent_swap_is_caught(code: str) -> None:
    for place in range(17):
        if code[place] != code[place + 1]:
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            assert check_uscc(swapped).status is UsccStatus.INVALID, swapped


def _full_width(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) for char in text)


@given(st.sampled_from(SYNTHETIC), st.data())
def test_spelling_does_not_matter(code: str, data: st.DataObject) -> None:
    written = ""
    for char in code:
        style = data.draw(st.sampled_from(["plain", "lower", "full", "full lower"]))
        shown = char.lower() if "lower" in style else char
        written += _full_width(shown) if "full" in style else shown
        written += data.draw(st.sampled_from(["", "", " ", "-", "　", "－", "\u2013"]))
    assert check_uscc(written).code == code
    assert check_uscc(written).status is UsccStatus.VALID


@given(st.text(max_size=80))
def test_any_text_gets_an_answer(text: str) -> None:
    result = check_uscc(text)
    errors = [i for i in result.issues if i.severity is Severity.ERROR]
    assert bool(errors) == (result.status is UsccStatus.INVALID)


@given(st.text(max_size=40))
def test_canonical_form_is_stable(text: str) -> None:
    once = canonicalise(text)
    assert canonicalise(once) == once or unicodedata.normalize("NFKC", once) != once


@given(st.text(alphabet=ALPHABET + "IOSVZ", min_size=18, max_size=18))
def test_well_shaped_text_gets_an_answer(text: str) -> None:
    result = check_uscc(text)
    assert result.code == text
    assert (result.check_expected is None) == any(char in "IOSVZ" for char in text[:17])


@pytest.mark.parametrize("text", ["ßß", "ıı", "ſ1"])
def test_upper_case_is_ascii_only(text: str) -> None:
    assert len(canonicalise(text)) == 2
