"""One verdict over a real deal, and over the same deal broken in one place."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from api.demo.tamper import overpaint
from sealsvc.areas.contracts import service as contracts
from sealsvc.areas.entities import permits
from sealsvc.areas.entities import service as entities
from sealsvc.areas.invoices import service as invoices
from sealsvc.areas.invoices.model.record import ClaimPurpose
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import ChangeRequest
from sealsvc.areas.transactions import service as transactions
from sealsvc.areas.transactions.model.attestation import AttestationNotFound, whole_utc
from sealsvc.areas.transactions.model.record import DealRecordInvalid
from sealsvc.areas.transactions.model.verification import (
    TransactionExpired,
    TransactionNotFound,
    TransactionRequest,
    TransactionRequestInvalid,
)
from sealsvc.areas.transactions.service.gather import TransactionKeyRequired
from sealsvc.values import SealType, SubjectKind
from tests.areas.sealing.story import OPERATOR, A, B
from tests.areas.transactions.world import PAYER, C, World, acts, codes, expecting

ONE_DATABASE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def _check(report: dict, name: str) -> dict:
    (found,) = [one for one in report["checks"] if one["name"] == name]
    return found


def _reference_breaks(world: World, whole: TransactionRequest) -> None:
    """Variants that need nothing new on record."""
    judge = world.judge
    report = judge(expecting(whole, amount=Decimal("23998.05")))
    assert (report["summary"], "TXN_AMOUNT_MISMATCH" in codes(report)) == ("INVALID", True)
    report = judge(expecting(whole, currency="USD"))
    assert "TXN_CURRENCY_MISMATCH" in codes(report)
    report = judge(expecting(whole, buyer=C))
    assert {"TXN_CONTRACT_PARTY_MISMATCH", "TXN_INVOICE_BUYER_MISMATCH"} <= codes(report)
    report = judge(expecting(whole, seller="91310115MA21223310"))
    assert "TXN_MERCHANT_NOT_REGISTERED" in codes(report)
    report = judge(expecting(whole, order_number="SO-X"))
    assert "TXN_REFERENCE_MISMATCH" in codes(report)
    doubled = replace(whole, attestation_ids=(*whole.attestation_ids, whole.attestation_ids[0]))
    assert "TXN_DUPLICATE_REFERENCE" in codes(judge(doubled))
    assert "TXN_PAYMENT_TOO_LARGE" in codes(judge(doubled))
    bare = replace(whole, contract_id=None)
    report = judge(bare)
    assert report["summary"] == "INDETERMINATE"
    assert "TXN_PART_MISSING" in codes(report)


def test_a_whole_deal(world: World) -> None:
    whole = world.whole()
    report = world.judge(whole)
    assert report["summary"] == "TRUSTED", report["findings"]
    assert _check(report, "contract-invoice.amount")["result"] == "PASSED"
    assert _check(report, "payment.total")["result"] == "PASSED"
    assert report["sentence"].startswith("交易可信")
    _reference_breaks(world, whole)
    _kept_and_replayed(world, whole)
    _payments(world, whole)


def _kept_and_replayed(world: World, whole: TransactionRequest) -> None:
    view = transactions.verify(world.deps, acts(B), replace(whole, record=True, lifetime_days=2))
    again = transactions.get(world.deps, view.transaction_id)
    assert again.body == view.body
    shape = json.loads(view.body)
    assert shape["receipt"]["id"] == view.fact_id
    (fact,) = world.story.facts(SubjectKind.TRANSACTION, view.transaction_id)
    assert fact.type == "transaction.verified"
    record = transactions.deal_record(world.deps, view)
    assert transactions.replay(shape, record).same
    touched = {**shape, "summary": "INVALID"}
    assert transactions.replay(touched, record).differing == ("summary",)
    with pytest.raises(DealRecordInvalid):
        transactions.replay(shape, record + b" ")
    world.story.clock.forward(days=3)
    with pytest.raises(TransactionExpired):
        transactions.get(world.deps, view.transaction_id)
    assert transactions.expire_reports(world.deps) == 0  # a fact names it, and 90 days are long
    with pytest.raises(TransactionNotFound):
        transactions.get(world.deps, "txn_" + "a" * 26)


def _payments(world: World, whole: TransactionRequest) -> None:
    """Other payments than the right one."""
    waybill = whole.attestation_ids[1]
    now = world.story.clock.now()
    cases = {
        "TXN_PAYMENT_TOO_SMALL": {"amount": "23998.03"},
        "TXN_PAYMENT_TOO_LARGE": {"amount": "23998.05"},
        "TXN_CURRENCY_MISMATCH": {"currency": "USD"},
        "TXN_ATTESTED_PARTY_MISMATCH": {"payee": C},
        "TXN_BEFORE_CONTRACT": {"paidAt": whole_utc(now - timedelta(days=30))},
        "TXN_DATE_IN_FUTURE": {"paidAt": whole_utc(now + timedelta(days=30))},
        "TXN_ATTESTATION_UNBOUND": {"orderNumber": None},
    }
    for at, (code, changed) in enumerate(cases.items()):
        made = world.payment(**{"paymentNumber": f"P-{at}", **changed})
        report = world.judge(replace(whole, attestation_ids=(made.attestation_id, waybill)))
        assert code in codes(report), (code, codes(report))
        assert report["summary"] != "TRUSTED"
    made = world.waybill(consignee=C, waybillNumber="YD-9")
    report = world.judge(replace(whole, attestation_ids=(made.attestation_id,)))
    assert "TXN_ATTESTED_PARTY_MISMATCH" in codes(report)


@ONE_DATABASE
def test_what_happens_afterwards(world: World) -> None:
    """Withdrawn, revoked permit, claimed, cancelled: each in turn, on one deal."""
    whole = world.whole()
    view = invoices.get(world.deps, acts(B), whole.invoice_ids[0]).invoice
    assert view.state == "VERIFIED"
    invoices.claim(world.deps, acts(B), view.invoice_id, ClaimPurpose.BOOKING)
    assert world.judge(whole)["summary"] == "TRUSTED"
    payment = transactions.get_attestation(world.deps, whole.attestation_ids[0])
    envelope = payment.envelope
    assert envelope is not None
    forged = replace(
        envelope,
        record=replace(envelope.record, subject={**envelope.record.subject, "method": "cash"}),
    )
    report = world.judge(replace(whole, attestation_ids=(), envelopes=(forged,)))
    assert {"TXN_ATTESTATION_FORGED", "TXN_ATTESTATION_DIFFERS"} <= codes(report)
    transactions.withdraw(world.deps, acts(PAYER), payment.attestation_id, "chargeback")
    report = world.judge(whole)
    assert "TXN_ATTESTATION_WITHDRAWN" in codes(report)
    assert "撤回" in report["sentence"]
    key = (PAYER, world.permits[PAYER])
    since = world.story.clock.now() - timedelta(days=1)
    permits.withdraw(world.deps, OPERATOR, key, "wrong kind", effective_from=since)
    assert "TXN_OPERATOR_NOT_ENTITLED" in codes(world.judge(whole))
    entities.cancel(world.deps, OPERATOR, B, "closed")
    report = world.judge(replace(whole, attestation_ids=whole.attestation_ids[1:]))
    assert "TXN_MERCHANT_CANCELLED_LATER" in codes(report)
    assert report["summary"] == "TRUSTED"  # it could act when it did (R02)


@ONE_DATABASE
def test_files_and_their_breaks(world: World) -> None:
    made = world.contract()
    _, contract = contracts.document(world.deps, acts(A), made.contract_id)
    _, half = contracts.document(world.deps, acts(A), made.contract_id, 1)
    invoice, payment, waybill = world.invoice(), world.payment(), world.waybill()
    sound = world.files(contract, invoice, payment, waybill)
    report = world.judge(sound, by=None)
    assert report["summary"] == "TRUSTED", report["findings"]
    left_out = {one["code"] for one in report["notChecked"]}
    assert {"TXN_CONTRACT_STATE_UNKNOWN", "TXN_INVOICE_CLAIM_NOT_CHECKED"} <= left_out

    report = world.judge(world.files(half, invoice, payment), by=None)
    assert "TXN_CONTRACT_SEAL_MISSING" in codes(report)
    report = world.judge(replace(world.files(half, invoice), contract_id=made.contract_id))
    assert "TXN_CONTRACT_FILE_DIFFERS" in codes(report)
    report = world.judge(
        world.files(overpaint(contract, "1.00", (20, 60, 40, 8)), invoice, payment), by=None
    )
    assert report["summary"] == "MODIFIED"
    assert codes(report) >= {"TXN_CONTRACT_MODIFIED"}
    report = world.judge(world.files(contract, world.invoice(by=C, number="2" + "6" * 19)), by=None)
    assert "TXN_INVOICE_SEALED_BY_OTHER" in codes(report)
    stranger = world.use(world.seal(C, SealType.CONTRACT), contract)
    report = world.judge(world.files(stranger, invoice), by=None)
    assert "TXN_CONTRACT_SEALED_BY_STRANGER" in codes(report)
    other = world.invoice(by=C, seller=C, number="26112000000000000002")
    report = world.judge(world.files(contract, other), by=None)
    assert "TXN_INVOICE_SELLER_MISMATCH" in codes(report)
    world.story.change(world.seals[A, SealType.INVOICE], SealAction.REVOKE)
    report = world.judge(sound, by=None)
    assert "TXN_SEAL_CHANGED_LATER" in codes(report)
    assert report["summary"] == "TRUSTED"


@ONE_DATABASE
def test_what_is_refused(world: World) -> None:
    deps = world.deps
    nothing = TransactionRequest()
    with pytest.raises(TransactionRequestInvalid):
        transactions.verify(deps, None, nothing)
    with pytest.raises(TransactionKeyRequired):
        transactions.verify(deps, None, replace(nothing, contract_id="ctr_x"))
    with pytest.raises(AttestationNotFound):
        transactions.verify(deps, None, replace(nothing, attestation_ids=("att_" + "a" * 26,)))
    many = replace(nothing, attestation_ids=("att_" + "a" * 26,) * 51)
    with pytest.raises(TransactionRequestInvalid):
        transactions.verify(deps, None, many)
    long = expecting(replace(nothing, contract_id="ctr_x"), amount=Decimal("1" * 30))
    with pytest.raises(TransactionRequestInvalid):
        transactions.verify(deps, None, long)


@ONE_DATABASE
def test_a_seal_that_was_lost_before_it_was_used(world: World) -> None:
    """What becomes known later dates back: the seal was not its owner's any more (R04)."""
    whole = world.whole()
    seal = world.seals[B, SealType.CONTRACT]
    lost = ChangeRequest(SealAction.REPORT_LOST, "stolen", seal.valid_from)
    seals.change(world.deps, acts(B), seal.seal_id, lost)
    report = world.judge(whole)
    assert report["summary"] == "INVALID"
    assert codes(report) >= {"TXN_SEAL_NOT_ACTIVE"}


@ONE_DATABASE
def test_an_invoice_to_another_buyer(world: World) -> None:
    """Another buyer has it on file and has claimed it; the deal's buyer is told of the first."""
    whole = world.whole()
    data = world.invoice(buyer=C, number="26112000000000000009")
    mine = world.take(data, by=C)
    invoices.claim(world.deps, acts(C), mine.invoice_id, ClaimPurpose.BOOKING)
    sellers = world.take(data, by=A)
    asked = replace(whole, contract_id=None, invoice_ids=(sellers.invoice_id,))
    report = world.judge(replace(asked, attestation_ids=()), by=A)
    assert {"TXN_INVOICE_BUYER_MISMATCH"} <= codes(report)
