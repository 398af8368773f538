"""The judgement over a deal: sound, broken in one place, with evidence taken away."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.areas.transactions.model.attestation import AttestationRecord
from sealsvc.areas.transactions.model.catalogue import CATALOGUE
from sealsvc.areas.transactions.model.deal import AttestationFact, Deal, SignatureFact
from sealsvc.areas.transactions.model.judge import judge, judge_attestation
from sealsvc.areas.transactions.model.kinds import kind_table, read_table
from sealsvc.areas.transactions.model.policy import DEFAULT, policy_named
from sealsvc.areas.transactions.model.record import dump_deal, load_deal
from sealsvc.areas.transactions.model.report import judged_report
from sealsvc.areas.transactions.model.verdict import WORDS_WORST_FIRST, Verdict
from sealsvc.verify.indications import AxisResult
from tests.unit.areas.transactions.deals import BROKEN, Broken, said, sound

TABLE = kind_table()


def judged(deal: Deal, policy: str | None = None) -> Verdict:
    return judge(deal, policy_named(policy), TABLE)


def test_a_sound_deal_is_trusted_and_says_what_was_not_given() -> None:
    verdict = judged(sound())
    assert verdict.summary == "TRUSTED"
    assert verdict.codes == ("TXN_PART_NOT_GIVEN",)
    report = judged_report(sound(), DEFAULT, TABLE)
    assert "海关放行" in str(report["sentence"])
    assert "customs release" in str(report["sentenceEn"])


@pytest.mark.parametrize(("seconds", "word"), [(1, "TRUSTED"), (299, "TRUSTED"), (301, "doubt")])
def test_clocks_of_two_services_may_differ(seconds: int, word: str) -> None:
    deal = sound()
    paid = datetime(2026, 11, 21, 6, tzinfo=UTC)
    contract = replace(deal.contract, concluded_at=paid + timedelta(seconds=seconds))  # type: ignore[type-var]
    found = "TXN_BEFORE_CONTRACT" in judged(replace(deal, contract=contract)).codes
    assert found == (word == "doubt")


@pytest.mark.parametrize("policy", ["paid", "delivered", "retail"])
def test_policies_that_it_meets(policy: str) -> None:
    assert judged(sound(), policy).summary == "TRUSTED"


def test_a_policy_that_it_does_not_meet() -> None:
    verdict = judged(sound(), "import")
    assert verdict.summary == "INDETERMINATE"
    assert verdict.deciding is not None
    assert verdict.deciding.code == "TXN_PART_MISSING"


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.name)
def test_each_broken_link_is_named(broken: Broken) -> None:
    verdict = judged(broken.breaks(sound()))
    assert verdict.summary == broken.word, verdict.codes
    hits = [one for one in verdict.checks if one.code == broken.code]
    assert hits, verdict.codes
    if broken.check is not None:
        assert broken.check in {one.name for one in hits}
    assert verdict.deciding is not None


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.name)
def test_reports_speak_both_languages_and_replay(broken: Broken) -> None:
    deal = broken.breaks(sound())
    report = judged_report(deal, DEFAULT, TABLE)
    again = judged_report(load_deal(dump_deal(deal)), DEFAULT, TABLE)
    assert again == report
    for finding in report["findings"]:  # type: ignore[union-attr]
        assert finding["message"]  # type: ignore[index,call-overload]
        assert "{" not in finding["messageEn"]  # type: ignore[index,operator,call-overload]
    assert str(report["sentence"]).endswith("。")


def test_every_code_of_the_catalogue_formats() -> None:
    for entry in CATALOGUE.values():
        gaps = {"part": "p", "left": "l", "right": "r", "member": "m", "pair": "p"}
        assert entry.zh.format(**gaps)
        assert entry.en.format(**gaps)


@given(st.lists(st.sampled_from(BROKEN), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_what_is_broken_in_any_place_is_never_trusted(several: list[Broken]) -> None:
    deal = sound()
    for broken in several:
        try:
            deal = broken.breaks(deal)
        except (AssertionError, IndexError):  # what it would break is gone
            continue
    assert judged(deal).summary != "TRUSTED"


REMOVED_PARTS = ("contract", "invoices", "attestations", "merchants")


def _removals(deal: Deal) -> Iterator[Deal]:
    """The deal with one piece of evidence unknown: every field that can be None, every item."""
    yield from _within(deal)


UNTOUCHED = ("expected", "record", "asked_at", "same_file", "withdrawn_at")


def _within(value: object, spared: frozenset[str] = frozenset()) -> Iterator:  # type: ignore[type-arg]
    for item in fields(value):  # type: ignore[arg-type]
        member = getattr(value, item.name)
        if item.name in UNTOUCHED or item.name in spared:
            continue  # what is claimed, and what speaks only against it, is no evidence for it
        if isinstance(member, tuple) and member and is_dataclass(member[0]):
            for at, one in enumerate(member):
                yield replace(value, **{item.name: member[:at] + member[at + 1 :]})  # type: ignore[type-var]
                for less in _within(one, spared):
                    yield replace(value, **{item.name: (*member[:at], less, *member[at + 1 :])})  # type: ignore[type-var]
        elif is_dataclass(member):
            if item.default is None:
                yield replace(value, **{item.name: None})  # type: ignore[type-var]
            for less in _within(member, spared):
                yield replace(value, **{item.name: less})  # type: ignore[type-var]
        elif member is not None and item.default is None:
            yield replace(value, **{item.name: None})  # type: ignore[type-var]


SMALLER = list(_removals(sound()))


def test_taking_evidence_from_a_sound_deal_never_improves_the_word() -> None:
    assert len(SMALLER) > 50
    for less in SMALLER:
        assert WORDS_WORST_FIRST.index(judged(less).summary) <= WORDS_WORST_FIRST.index("TRUSTED")  # type: ignore[arg-type]


def test_taking_more_evidence_never_improves_the_word() -> None:
    """From deals without a failed check: then the word can only stay or sink.

    Under a policy that needs every part; a part that the policy can do without may be left out,
    and then the sentence says so.
    """
    rank = WORDS_WORST_FIRST.index
    for less in SMALLER:
        before = judged(less, "delivered")
        if any(one.result is AxisResult.FAILED for one in before.checks):
            continue
        for further in _removals(less):
            assert rank(judged(further, "delivered").summary) <= rank(before.summary), further


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.name)
def test_unknowing_makes_no_broken_check_pass(broken: Broken) -> None:
    """Whatever becomes unknown, what did not pass does not pass for that.

    The same comparison, that is: payments are held against the contract's price where the invoice
    has none any more.
    """
    deal = broken.breaks(sound())
    before = {(one.name, one.nodes): one.result for one in judged(deal).checks}
    for less in _unknown(deal):
        for check in judged(less).checks:
            if check.result is AxisResult.PASSED and (check.name, check.nodes) in before:
                assert before[check.name, check.nodes] is AxisResult.PASSED, check


AGAINST = frozenset(
    {"cancelled_at", "revoked_at", "subject_problem", "agree", "red", "red_total", "currency"}
)
"""What None does not make unknown: there is no such fact, or (currency) the yuan is meant."""


def _unknown(deal: Deal) -> Iterator[Deal]:
    """Fields become unknown; nothing is taken out of a list, which would number others anew."""
    for less in _within(deal, spared=AGAINST):
        if _sizes(less) == _sizes(deal) and less.expected == deal.expected:
            yield less


def _sizes(deal: Deal) -> list[int]:
    parties = deal.contract.parties if deal.contract else None
    counts = [len(deal.invoices), len(deal.attestations), len(deal.merchants), len(parties or ())]
    return counts + _seals(deal)


def _seals(deal: Deal) -> list[int]:
    documents = [deal.contract.document if deal.contract else None]
    documents += [one.document for one in deal.invoices]
    return [len(one.seals) if one else -1 for one in documents]


def test_a_new_kind_is_data() -> None:
    shape = {
        "version": "t",
        "kinds": {
            "inspection": {
                "zh": "检验证明",
                "en": "inspection",
                "permits": ["检验检测机构资质认定证书"],
                "sealTypes": ["OFFICIAL"],
                "number": "reportNumber",
                "happenedAt": ["inspectedAt"],
                "parties": {"client": "seller"},
                "members": {
                    "client": {"type": "uscc", "required": True},
                    "inspectedAt": {"type": "instant", "required": True},
                    "reportNumber": {"type": "text", "required": True},
                    "orderNumber": {"type": "text"},
                },
            }
        },
    }
    table = read_table(shape)  # type: ignore[arg-type]
    rec = AttestationRecord(
        "inspection",
        "att_" + "i" * 26,
        "91110000MA00000152",
        datetime(2026, 11, 21, 8, tzinfo=UTC),
        {
            "client": "91110000MA00000152",
            "inspectedAt": "2026-11-21T07:00:00Z",
            "reportNumber": "R",
            "orderNumber": "O-1",
        },
    )
    deal = sound()
    one = replace(
        deal.attestations[0],
        record=rec,
        operator_permits=("检验检测机构资质认定证书",),
        signature=replace(deal.attestations[0].signature, owner_uscc=rec.operator),
    )
    verdict = judge(replace(deal, attestations=(one,)), DEFAULT, table)
    assert verdict.summary == "TRUSTED", verdict.codes
    bad = replace(one, record=replace(rec, subject={**rec.subject, "client": "x"}))
    verdict = judge(replace(deal, attestations=(bad,)), DEFAULT, table)
    assert verdict.deciding is not None
    assert verdict.deciding.code == "TXN_ATTESTED_PARTY_MISMATCH"


def test_two_payments_make_up_the_price() -> None:
    deal = said(sound(), 0, amount="11000.00")
    rest = said(sound(), 0, amount="300.00", paymentNumber="P-2").attestations[0]
    rest = replace(rest, record=replace(rest.record, attestation_id="att_" + "c" * 26))
    both = replace(deal, attestations=(*deal.attestations, rest))
    assert judged(both).summary == "TRUSTED"
    assert judged(deal).summary == "INVALID"


def test_sums_stay_exact_beyond_the_default_context() -> None:
    big = Decimal("999999999999999999.9999")
    from sealsvc.areas.transactions.model.money import total

    assert total([big] * 3) == Decimal("2999999999999999999.9997")


def test_an_attestation_alone() -> None:
    fact = sound().attestations[0]
    assert judge_attestation(fact, TABLE).summary == "TRUSTED"
    assert judge_attestation(replace(fact, withdrawn_at=fact.record.issued_at), TABLE).summary == (
        "INVALID"
    )
    bare = AttestationFact(fact.record, SignatureFact())
    assert judge_attestation(bare, TABLE).summary == "INDETERMINATE"
