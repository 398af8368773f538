"""The same deal with one link broken in turn, and the finding that names it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from api.demo.deal import (
    SoundDeal,
    attest_payment,
    attest_waybill,
    invoice_number,
    judge,
    sealed_invoice,
    sound,
    take,
)
from api.demo.papers import codes_of
from api.demo.service import PDF, Answer, Unexpected
from api.demo.story import Story
from api.demo.tamper import change_one_byte, overpaint
from sealsvc.areas.entities.model.demo import demo_operators

UNREGISTERED = "12420000000000027K"
_Files = tuple[tuple[str, bytes], ...]


def _named(
    story: Story, what: str, code: str, asked: Answer, files: _Files = (), word: str = "INVALID"
) -> str:
    """Judge, and hold the outcome to the word and the finding. Raises: Unexpected."""
    report = judge(story, f"deal-{what}", asked, word, files)
    if code not in codes_of(report):
        raise Unexpected(f"{what}: no finding {code}: {sorted(codes_of(report))}")
    return f"{word}，{code}：{report['sentence']}"


def expectation(what: str, code: str, changes: Answer, word: str = "INVALID") -> Any:
    """A step in which the caller expects something else."""

    def step(story: Story) -> str:
        return _named(story, what, code, sound(story).references(expect=changes), word=word)

    return step


def buyer_no_party(story: Story) -> str:
    """The buyer is said to be somebody who is no party to the contract."""
    asked = sound(story).references(expect={"buyerUscc": story.merchant("c").uscc})
    return _named(story, "buyer-no-party", "TXN_CONTRACT_PARTY_MISMATCH", asked)


def half_sealed(story: Story) -> str:
    """The contract's file with one party's seal."""
    deal = sound(story)
    files = (("contract", deal.half),)
    code = "TXN_CONTRACT_SEAL_MISSING"
    return _named(story, "half-contract", code, deal.references(contractId=None), files)


def contract_modified(story: Story) -> str:
    """The contract's file painted over."""
    deal = sound(story)
    files = (("contract", overpaint(deal.contract, "1.00", (25.0, 60.0, 40.0, 8.0))),)
    asked = deal.references(contractId=None)
    return _named(
        story, "contract-modified", "TXN_CONTRACT_MODIFIED", asked, files, word="MODIFIED"
    )


def contract_stranger(story: Story) -> str:
    """A third merchant puts its seal on the contract too."""
    deal = sound(story)
    answer = story.service.call(
        "POST",
        "/v1/sealings",
        by="merchant-c",
        expect=201,
        params={"seal": story.seal_id("c-invoice")},
        content=deal.contract,
        headers={"Content-Type": PDF, "Accept": PDF},
    )
    files = (("contract", answer.content),)
    code = "TXN_CONTRACT_SEALED_BY_STRANGER"
    return _named(story, "contract-stranger", code, deal.references(contractId=None), files)


def contract_missing(story: Story) -> str:
    """No contract at all."""
    asked = sound(story).references(contractId=None)
    return _named(story, "no-contract", "TXN_PART_MISSING", asked, word="INDETERMINATE")


def invoice_modified(story: Story) -> str:
    """One byte of the invoice's file changed."""
    deal = sound(story)
    files = (("invoice", change_one_byte(deal.invoice)),)
    asked = deal.references(invoiceIds=None)
    return _named(story, "invoice-modified", "TXN_INVOICE_MODIFIED", asked, files, word="MODIFIED")


def invoice_other_seller(story: Story) -> str:
    """An invoice that another merchant has issued and sealed."""
    file = sealed_invoice(story, "c", number=invoice_number(story, 1))
    asked = sound(story).references(
        invoiceIds=None, expect={"sellerUscc": story.merchant("a").uscc}
    )
    code = "TXN_INVOICE_SELLER_MISMATCH"
    return _named(story, "invoice-other-seller", code, asked, (("invoice", file.data),))


def invoice_sealed_by_other(story: Story) -> str:
    """The seller's invoice under another merchant's seal."""
    file = sealed_invoice(story, "a", number=invoice_number(story, 2), sealer="c")
    asked = sound(story).references(invoiceIds=None)
    code = "TXN_INVOICE_SEALED_BY_OTHER"
    return _named(story, "invoice-other-seal", code, asked, (("invoice", file.data),))


def invoice_red_lettered(story: Story) -> str:
    """An invoice that seller and buyer have taken back by red letter."""
    deal = sound(story)
    file = sealed_invoice(story, "a", number=invoice_number(story, 3))
    buyers = take(story, file.data, "merchant-b")
    sellers = take(story, file.data, "merchant-a")
    body = {"amount": deal.price, "reason": "GOODS_RETURNED"}
    form = story.service.post(
        f"/v1/invoices/{sellers['id']}/red-letters", body, by="merchant-a", expect=201
    )
    story.service.post(f"/v1/invoices/red-letters/{form['id']}/confirm", by="merchant-b")
    asked = deal.references(invoiceIds=[buyers["id"]])
    return _named(story, "invoice-red", "TXN_INVOICE_RED_LETTERED", asked)


def twice(story: Story) -> str:
    """The same payment referred to twice."""
    deal = sound(story)
    ids = [deal.payment["id"], deal.payment["id"], deal.waybill["id"]]
    asked = deal.references(attestationIds=ids)
    return _named(story, "payment-twice", "TXN_DUPLICATE_REFERENCE", asked)


def paid(what: str, code: str, word: str = "INVALID", **changes: Any) -> Any:
    """A step with another payment than the right one."""

    def step(story: Story) -> str:
        made = attest_payment(story, f"-{what}", **changes)
        return _named(story, f"payment-{what}", code, _with_payment(story, made), word=word)

    return step


def paid_to_other(story: Story) -> str:
    """A payment to somebody else."""
    made = attest_payment(story, "-other", payee=story.merchant("c").uscc)
    asked = _with_payment(story, made)
    return _named(story, "payment-other", "TXN_ATTESTED_PARTY_MISMATCH", asked)


def paid_before(story: Story) -> str:
    """A payment from before the contract."""
    early = story.service.now() - timedelta(days=30)
    made = attest_payment(story, "-early", paidAt=f"{early:%Y-%m-%dT%H:%M:%SZ}")
    asked = _with_payment(story, made)
    return _named(story, "payment-early", "TXN_BEFORE_CONTRACT", asked, word="INDETERMINATE")


def paid_withdrawn(story: Story) -> str:
    """A payment that the institution has taken back."""
    made = attest_payment(story, "-back")
    path = f"/v1/attestations/{made['id']}/withdraw"
    story.service.post(path, {"reason": "演示：退款"}, by="payment")
    asked = _with_payment(story, made)
    return _named(story, "payment-withdrawn", "TXN_ATTESTATION_WITHDRAWN", asked)


def paid_forged(story: Story) -> str:
    """The payment's record with another amount under the old signature."""
    deal = sound(story)
    record = deal.payment["record"]
    subject = {**record["subject"], "method": "cash"}
    forged = {"record": {**record, "subject": subject}, "signature": deal.payment["signature"]}
    asked = deal.references(attestationIds=[deal.waybill["id"]], attestations=[forged])
    return _named(story, "payment-forged", "TXN_ATTESTATION_FORGED", asked)


def wrong_operator(story: Story) -> str:
    """A carrier attests a payment: refused, for it holds no such permit."""
    deal = sound(story)
    _refused(story, "carrier", 403, "ATTESTATION_OPERATOR_NOT_ENTITLED", deal, {})
    return f"{demo_operators()['carrier'].legal_name} → 403 ATTESTATION_OPERATOR_NOT_ENTITLED"


def thirty_digits(story: Story) -> str:
    """An amount of thirty digits is refused where it is attested."""
    deal = sound(story)
    changes = {"amount": "1" * 30, "paymentNumber": f"PAY-{story.stamp}-long"}
    _refused(story, "payment", 422, "ATTESTATION_SUBJECT_INVALID", deal, changes)
    return "422 ATTESTATION_SUBJECT_INVALID"


def waybill_to_other(story: Story) -> str:
    """A waybill to another consignee."""
    deal = sound(story)
    made = attest_waybill(story, "-other", consignee=story.merchant("c").uscc)
    asked = deal.references(attestationIds=[deal.payment["id"], made["id"]])
    return _named(story, "waybill-other", "TXN_ATTESTED_PARTY_MISMATCH", asked)


def _with_payment(story: Story, made: Answer) -> Answer:
    deal = sound(story)
    return deal.references(attestationIds=[made["id"], deal.waybill["id"]])


def _refused(
    story: Story, by: str, status: int, code: str, deal: SoundDeal, changes: Answer
) -> None:
    subject = {**deal.payment["record"]["subject"], **changes}
    story.service.refused(
        status,
        code,
        "POST",
        "/v1/attestations",
        by=by,
        params={"seal": story.seal_id(f"operator {by}")},
        json={"kind": "payment", "subject": subject},
    )


BROKEN: tuple[tuple[str, Callable[[Story], str]], ...] = (
    ("amount", expectation("amount", "TXN_AMOUNT_MISMATCH", {"amount": "1.00"})),
    ("currency", expectation("currency", "TXN_CURRENCY_MISMATCH", {"currency": "USD"})),
    (
        "seller-unregistered",
        expectation("unregistered", "TXN_INVOICE_SELLER_MISMATCH", {"sellerUscc": UNREGISTERED}),
    ),
    ("order-number", expectation("order", "TXN_REFERENCE_MISMATCH", {"orderNumber": "SO-X"})),
    ("dates", expectation("dates", "TXN_DATE_OUT_OF_RANGE", {"notAfter": "2020-12-31"})),
    ("buyer-no-party", buyer_no_party),
    ("half-contract", half_sealed),
    ("contract-modified", contract_modified),
    ("contract-stranger", contract_stranger),
    ("contract-missing", contract_missing),
    ("invoice-modified", invoice_modified),
    ("invoice-other-seller", invoice_other_seller),
    ("invoice-other-seal", invoice_sealed_by_other),
    ("invoice-red", invoice_red_lettered),
    ("payment-small", paid("small", "TXN_PAYMENT_TOO_SMALL", amount="100.00")),
    ("payment-large", paid("large", "TXN_PAYMENT_TOO_LARGE", amount="999999.00")),
    ("payment-dollars", paid("dollars", "TXN_CURRENCY_MISMATCH", currency="USD")),
    (
        "payment-unbound",
        paid("unbound", "TXN_ATTESTATION_UNBOUND", "INDETERMINATE", orderNumber=None),
    ),
    ("payment-other", paid_to_other),
    ("payment-early", paid_before),
    ("payment-withdrawn", paid_withdrawn),
    ("payment-forged", paid_forged),
    ("payment-twice", twice),
    ("payment-wrong-operator", wrong_operator),
    ("payment-thirty-digits", thirty_digits),
    ("waybill-other", waybill_to_other),
)
