"""A sound deal, and every way to break one link of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sealsvc.areas.transactions.model.attestation import AttestationRecord
from sealsvc.areas.transactions.model.deal import (
    AttestationFact,
    ContractFact,
    Deal,
    DocumentFact,
    Expected,
    InvoiceFact,
    MerchantFact,
    PartyFact,
    SealUse,
    SignatureFact,
)

A = "91110000MA00000152"
B = "91310115MA21223310"
C = "N2330108MF00000134"
PAYER = "31310000MD0000016Y"
CARRIER = "51320000500000015D"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SEALED = NOW - timedelta(hours=5)
INVOICED = date(2026, 11, 21)
PRICE = Decimal("11300.00")


def seal(owner: str, **changes: object) -> SealUse:
    use = SealUse(owner, True, f"seal_{owner}", "CONTRACT", "ACTIVE", "ACTIVE", SEALED, "evt_seal")
    return replace(use, **changes)  # type: ignore[arg-type]


def record(
    kind: str, operator: str, subject: dict[str, object], tag: str = "a"
) -> AttestationRecord:
    return AttestationRecord(
        kind,
        "att_" + tag * 26,
        operator,
        NOW - timedelta(hours=1),
        subject,  # type: ignore[arg-type]
    )


PAID = {
    "payer": B,
    "payee": A,
    "amount": "11300.00",
    "currency": "CNY",
    "paidAt": "2026-11-21T06:00:00Z",
    "paymentNumber": "P-1",
    "orderNumber": "O-1",
}
SHIPPED = {
    "consignor": A,
    "consignee": B,
    "waybillNumber": "W-1",
    "shippedAt": "2026-11-21T07:00:00Z",
    "orderNumber": "O-1",
}


def attested(rec: AttestationRecord, permit: str, **changes: object) -> AttestationFact:
    fact = AttestationFact(
        record=rec,
        signature=SignatureFact(
            holds=True,
            ours=True,
            owner_uscc=rec.operator,
            seal_id="seal_op",
            seal_then="ACTIVE",
            seal_now="ACTIVE",
            valid_then=True,
        ),
        registered=True,
        same=True,
        operator=MerchantFact(rec.operator, registered=True, name="operator"),
        operator_permits=(permit,),
        fact_ids=("evt_att",),
    )
    return replace(fact, **changes)  # type: ignore[arg-type]


def sound() -> Deal:
    return Deal(
        asked_at=NOW,
        expected=Expected(A, B, PRICE, "CNY", "O-1", "K-1"),
        merchants=(
            MerchantFact(A, registered=True, name="A", fact_ids=("evt_a",)),
            MerchantFact(B, registered=True, name="B", fact_ids=("evt_b",)),
        ),
        contract=ContractFact(
            document=DocumentFact("1" * 64, "TRUSTED", "vr_1", (seal(A), seal(B))),
            contract_id="ctr_1",
            number="K-1",
            status="CONCLUDED",
            parties=(PartyFact(A, "SELLER"), PartyFact(B, "BUYER")),
            amount=PRICE,
            currency="CNY",
            concluded_at=SEALED,
            fact_ids=("evt_c",),
        ),
        invoices=(
            InvoiceFact(
                document=DocumentFact("2" * 64, "TRUSTED", "vr_2", (seal(A, seal_type="INVOICE"),)),
                invoice_id="inv_1",
                number="26112000000000000001",
                seller=A,
                buyer=B,
                gross=PRICE,
                currency="CNY",
                issued_on=INVOICED,
                arithmetic=True,
                agree=True,
                red=False,
                reversed=False,
                red_total=Decimal(0),
                claimed_by=(B,),
                fact_ids=("evt_i",),
            ),
        ),
        attestations=(
            attested(record("payment", PAYER, dict(PAID)), "支付业务许可证"),
            attested(record("waybill", CARRIER, dict(SHIPPED), "b"), "道路运输经营许可证"),
        ),
    )


def contract(deal: Deal, **changes: object) -> Deal:
    assert deal.contract is not None
    return replace(deal, contract=replace(deal.contract, **changes))  # type: ignore[arg-type]


def contract_file(deal: Deal, **changes: object) -> Deal:
    assert deal.contract is not None
    assert deal.contract.document is not None
    return contract(deal, document=replace(deal.contract.document, **changes))  # type: ignore[arg-type]


def invoice(deal: Deal, **changes: object) -> Deal:
    return replace(deal, invoices=(replace(deal.invoices[0], **changes),))  # type: ignore[arg-type]


def invoice_file(deal: Deal, **changes: object) -> Deal:
    document = deal.invoices[0].document
    assert document is not None
    return invoice(deal, document=replace(document, **changes))  # type: ignore[arg-type]


def attestation(deal: Deal, at: int, **changes: object) -> Deal:
    changed = list(deal.attestations)
    changed[at] = replace(changed[at], **changes)  # type: ignore[arg-type]
    return replace(deal, attestations=tuple(changed))


def said(deal: Deal, at: int, **subject: object) -> Deal:
    rec = deal.attestations[at].record
    members = {k: v for k, v in {**rec.subject, **subject}.items() if v is not None}
    return attestation(deal, at, record=replace(rec, subject=members))


def signed(deal: Deal, at: int, **changes: object) -> Deal:
    signature = replace(deal.attestations[at].signature, **changes)  # type: ignore[arg-type]
    return attestation(deal, at, signature=signature)


def merchant(deal: Deal, at: int, **changes: object) -> Deal:
    changed = list(deal.merchants)
    changed[at] = replace(changed[at], **changes)  # type: ignore[arg-type]
    return replace(deal, merchants=tuple(changed))


def expected(deal: Deal, **changes: object) -> Deal:
    return replace(deal, expected=replace(deal.expected, **changes))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Broken:
    """One broken link: how, the word at the top, the finding that names it, where."""

    name: str
    breaks: Callable[[Deal], Deal]
    word: str
    code: str
    check: str | None = None


def _doubled(deal: Deal) -> Deal:
    return replace(deal, attestations=(*deal.attestations, deal.attestations[0]))


def _twice_invoiced(deal: Deal) -> Deal:
    return replace(deal, invoices=deal.invoices * 2)


BROKEN = (
    Broken(
        "seller-unknown",
        lambda d: merchant(d, 0, registered=False),
        "INDETERMINATE",
        "TXN_MERCHANT_NOT_REGISTERED",
        "seller.registered",
    ),
    Broken(
        "buyer-not-asked",
        lambda d: merchant(d, 1, registered=None),
        "INDETERMINATE",
        "TXN_MERCHANT_NOT_ASKED",
        "buyer.registered",
    ),
    Broken(
        "code-invalid",
        lambda d: merchant(d, 0, valid=False),
        "INVALID",
        "TXN_MERCHANT_CODE_INVALID",
    ),
    Broken(
        "merchant-cancelled",
        lambda d: merchant(d, 1, cancelled_at=SEALED - timedelta(days=9)),
        "INVALID",
        "TXN_MERCHANT_CANCELLED",
        "buyer.active",
    ),
    Broken(
        "unequal-totals",
        lambda d: invoice(d, gross=Decimal("11300.01")),
        "INVALID",
        "TXN_AMOUNT_MISMATCH",
        "contract-invoice.amount",
    ),
    Broken(
        "order-amount",
        lambda d: expected(d, amount=Decimal("11299.99")),
        "INVALID",
        "TXN_AMOUNT_MISMATCH",
        "order-contract.amount",
    ),
    Broken(
        "foreign-currency",
        lambda d: invoice(d, currency="USD"),
        "INVALID",
        "TXN_CURRENCY_MISMATCH",
        "contract-invoice.amount",
    ),
    Broken(
        "paid-in-dollars",
        lambda d: said(d, 0, currency="USD"),
        "INVALID",
        "TXN_CURRENCY_MISMATCH",
        "payment.total",
    ),
    Broken(
        "buyer-no-party",
        lambda d: contract(d, parties=(PartyFact(A, "SELLER"), PartyFact(C, "BUYER"))),
        "INVALID",
        "TXN_CONTRACT_PARTY_MISMATCH",
        "contract.buyer",
    ),
    Broken(
        "roles-swapped",
        lambda d: contract(d, parties=(PartyFact(A, "BUYER"), PartyFact(B, "SELLER"))),
        "INVALID",
        "TXN_CONTRACT_ROLE_MISMATCH",
        "contract.seller",
    ),
    Broken(
        "stranger-seals",
        lambda d: contract_file(d, seals=(seal(A), seal(B), seal(C))),
        "INVALID",
        "TXN_CONTRACT_SEALED_BY_STRANGER",
    ),
    Broken(
        "one-seal",
        lambda d: contract_file(d, seals=(seal(A),)),
        "INVALID",
        "TXN_CONTRACT_SEAL_MISSING",
        "contract.sealed-by-buyer",
    ),
    Broken(
        "contract-signing",
        lambda d: contract(d, status="SIGNING"),
        "INVALID",
        "TXN_CONTRACT_NOT_CONCLUDED",
    ),
    Broken(
        "contract-terminated",
        lambda d: contract(d, status="TERMINATED"),
        "INVALID",
        "TXN_CONTRACT_ENDED",
    ),
    Broken(
        "contract-disputed",
        lambda d: contract(d, status="DISPUTED"),
        "INDETERMINATE",
        "TXN_CONTRACT_DISPUTED",
    ),
    Broken(
        "contract-modified",
        lambda d: contract_file(d, summary="MODIFIED"),
        "MODIFIED",
        "TXN_CONTRACT_MODIFIED",
        "contract.verdict",
    ),
    Broken(
        "contract-invalid",
        lambda d: contract_file(d, summary="INVALID"),
        "INVALID",
        "TXN_CONTRACT_INVALID",
    ),
    Broken(
        "contract-unsigned",
        lambda d: contract_file(d, summary="UNSIGNED"),
        "UNSIGNED",
        "TXN_CONTRACT_UNSIGNED",
    ),
    Broken(
        "contract-intact",
        lambda d: contract_file(d, summary="INTACT"),
        "INTACT",
        "TXN_CONTRACT_INTACT",
    ),
    Broken(
        "contract-unjudged",
        lambda d: contract(d, document=None),
        "INDETERMINATE",
        "TXN_CONTRACT_NOT_JUDGED",
    ),
    Broken(
        "contract-other-file",
        lambda d: contract(d, same_file=False),
        "INVALID",
        "TXN_CONTRACT_FILE_DIFFERS",
    ),
    Broken(
        "contract-number",
        lambda d: contract(d, number="K-2"),
        "INVALID",
        "TXN_NUMBER_MISMATCH",
        "contract.number",
    ),
    Broken(
        "contract-missing",
        lambda d: replace(d, contract=None),
        "INDETERMINATE",
        "TXN_PART_MISSING",
        "contract.given",
    ),
    Broken(
        "seal-revoked-before",
        lambda d: contract_file(d, seals=(seal(A), seal(B, status_then="REVOKED"))),
        "INVALID",
        "TXN_SEAL_NOT_ACTIVE",
        "contract.seal:2",
    ),
    Broken(
        "invoice-modified",
        lambda d: invoice_file(d, summary="MODIFIED"),
        "MODIFIED",
        "TXN_INVOICE_MODIFIED",
    ),
    Broken(
        "invoice-unjudged",
        lambda d: invoice(d, document=None),
        "INDETERMINATE",
        "TXN_INVOICE_NOT_JUDGED",
    ),
    Broken(
        "invoice-other-seller",
        lambda d: invoice(d, seller=C),
        "INVALID",
        "TXN_INVOICE_SELLER_MISMATCH",
        "invoice:1.seller",
    ),
    Broken(
        "invoice-other-buyer",
        lambda d: invoice(d, buyer=C),
        "INVALID",
        "TXN_INVOICE_BUYER_MISMATCH",
    ),
    Broken(
        "invoice-sealed-by-other",
        lambda d: invoice_file(d, seals=(seal(C),)),
        "INVALID",
        "TXN_INVOICE_SEALED_BY_OTHER",
    ),
    Broken(
        "invoice-wrong-sums",
        lambda d: invoice(d, arithmetic=False),
        "INVALID",
        "TXN_INVOICE_ARITHMETIC_WRONG",
    ),
    Broken(
        "invoice-two-stories",
        lambda d: invoice(d, agree=False),
        "INDETERMINATE",
        "TXN_INVOICE_CARRIERS_DISAGREE",
    ),
    Broken(
        "invoice-red-lettered",
        lambda d: invoice(d, reversed=True, red_total=PRICE),
        "INVALID",
        "TXN_INVOICE_RED_LETTERED",
    ),
    Broken(
        "invoice-partly-red",
        lambda d: invoice(d, red_total=Decimal("100.00")),
        "INVALID",
        "TXN_AMOUNT_MISMATCH",
    ),
    Broken(
        "invoice-red-beyond",
        lambda d: invoice(d, red_total=Decimal("11300.01")),
        "INVALID",
        "TXN_INVOICE_RED_BEYOND",
    ),
    Broken("invoice-is-red", lambda d: invoice(d, red=True), "INVALID", "TXN_INVOICE_IS_RED"),
    Broken(
        "invoice-claimed-elsewhere",
        lambda d: invoice(d, claimed_by=("*",)),
        "INVALID",
        "TXN_INVOICE_CLAIMED_BY_OTHER",
    ),
    Broken(
        "invoice-30-digits",
        lambda d: invoice(d, gross=Decimal("1" * 30)),
        "INVALID",
        "TXN_AMOUNT_OUT_OF_RANGE",
    ),
    Broken(
        "invoice-no-number",
        lambda d: invoice(d, number=None),
        "INDETERMINATE",
        "TXN_INVOICE_FIELD_MISSING",
    ),
    Broken(
        "invoice-no-amount",
        lambda d: invoice(d, gross=None),
        "INDETERMINATE",
        "TXN_INVOICE_FIELD_MISSING",
    ),
    Broken("invoice-twice", _twice_invoiced, "INVALID", "TXN_DUPLICATE_REFERENCE"),
    Broken(
        "invoice-tomorrow",
        lambda d: invoice(d, issued_on=date(2026, 11, 23)),
        "INVALID",
        "TXN_DATE_IN_FUTURE",
    ),
    Broken(
        "invoice-before-contract",
        lambda d: invoice(d, issued_on=date(2026, 11, 1)),
        "INDETERMINATE",
        "TXN_BEFORE_CONTRACT",
    ),
    Broken(
        "invoice-outside-dates",
        lambda d: expected(d, not_before=date(2027, 1, 1)),
        "INVALID",
        "TXN_DATE_OUT_OF_RANGE",
    ),
    Broken(
        "invoice-missing",
        lambda d: replace(d, invoices=()),
        "INDETERMINATE",
        "TXN_PART_MISSING",
        "invoice.given",
    ),
    Broken(
        "payment-too-small",
        lambda d: said(d, 0, amount="11299.99"),
        "INVALID",
        "TXN_PAYMENT_TOO_SMALL",
    ),
    Broken(
        "payment-too-large",
        lambda d: said(d, 0, amount="11300.01"),
        "INVALID",
        "TXN_PAYMENT_TOO_LARGE",
    ),
    Broken(
        "payment-30-digits",
        lambda d: said(d, 0, amount="1" * 30),
        "INVALID",
        "TXN_AMOUNT_OUT_OF_RANGE",
    ),
    Broken(
        "payment-to-other",
        lambda d: said(d, 0, payee=C),
        "INVALID",
        "TXN_ATTESTED_PARTY_MISMATCH",
        "payment:1.payee",
    ),
    Broken(
        "payment-by-other",
        lambda d: said(d, 0, payer=C),
        "INVALID",
        "TXN_ATTESTED_PARTY_MISMATCH",
        "payment:1.payer",
    ),
    Broken(
        "payment-withdrawn",
        lambda d: attestation(d, 0, withdrawn_at=NOW),
        "INVALID",
        "TXN_ATTESTATION_WITHDRAWN",
    ),
    Broken(
        "payment-wrong-operator",
        lambda d: attestation(d, 0, operator_permits=("食品经营许可证",)),
        "INVALID",
        "TXN_OPERATOR_NOT_ENTITLED",
    ),
    Broken(
        "payment-operator-unknown",
        lambda d: attestation(d, 0, operator=None),
        "INDETERMINATE",
        "TXN_OPERATOR_UNKNOWN",
    ),
    Broken(
        "payment-operator-cancelled",
        lambda d: attestation(
            d, 0, operator=MerchantFact(PAYER, registered=True, cancelled_at=SEALED)
        ),
        "INVALID",
        "TXN_OPERATOR_CANCELLED",
    ),
    Broken(
        "payment-before-contract",
        lambda d: said(d, 0, paidAt="2026-11-20T06:00:00Z"),
        "INDETERMINATE",
        "TXN_BEFORE_CONTRACT",
        "payment:1-contract.order",
    ),
    Broken(
        "payment-in-future",
        lambda d: said(d, 0, paidAt="2026-12-21T06:00:00Z"),
        "INVALID",
        "TXN_DATE_IN_FUTURE",
    ),
    Broken("payment-twice", _doubled, "INVALID", "TXN_DUPLICATE_REFERENCE"),
    Broken(
        "payment-other-order",
        lambda d: said(d, 0, orderNumber="O-2"),
        "INVALID",
        "TXN_REFERENCE_MISMATCH",
    ),
    Broken(
        "payment-unbound",
        lambda d: said(d, 0, orderNumber=None),
        "INDETERMINATE",
        "TXN_ATTESTATION_UNBOUND",
    ),
    Broken(
        "payment-forged", lambda d: signed(d, 0, holds=False), "INVALID", "TXN_ATTESTATION_FORGED"
    ),
    Broken(
        "payment-foreign-certificate",
        lambda d: signed(d, 0, ours=False, owner_uscc=None),
        "INDETERMINATE",
        "TXN_ATTESTATION_NOT_VERIFIED",
    ),
    Broken(
        "payment-signed-by-other",
        lambda d: signed(d, 0, owner_uscc=C),
        "INVALID",
        "TXN_ATTESTATION_SIGNER_MISMATCH",
    ),
    Broken(
        "payment-seal-lost",
        lambda d: signed(d, 0, seal_then="LOST"),
        "INVALID",
        "TXN_SEAL_NOT_ACTIVE",
    ),
    Broken(
        "payment-certificate-revoked",
        lambda d: signed(d, 0, revoked_at=SEALED),
        "INVALID",
        "TXN_ATTESTATION_CERTIFICATE_ENDED",
    ),
    Broken(
        "payment-unregistered",
        lambda d: attestation(d, 0, registered=False, same=None),
        "INDETERMINATE",
        "TXN_ATTESTATION_NOT_REGISTERED",
    ),
    Broken(
        "payment-differs",
        lambda d: attestation(d, 0, same=False),
        "INVALID",
        "TXN_ATTESTATION_DIFFERS",
    ),
    Broken(
        "payment-malformed",
        lambda d: attestation(d, 0, subject_problem="amount:MALFORMED"),
        "INVALID",
        "TXN_ATTESTATION_SUBJECT_INVALID",
    ),
    Broken(
        "kind-unknown",
        lambda d: attestation(d, 0, record=replace(d.attestations[0].record, kind="gift")),
        "INDETERMINATE",
        "TXN_ATTESTATION_KIND_UNKNOWN",
    ),
    Broken(
        "waybill-to-other",
        lambda d: said(d, 1, consignee=C),
        "INVALID",
        "TXN_ATTESTED_PARTY_MISMATCH",
        "waybill:1.consignee",
    ),
    Broken(
        "waybill-backwards",
        lambda d: said(d, 1, deliveredAt="2026-11-21T06:30:00Z"),
        "INVALID",
        "TXN_DATES_IMPOSSIBLE",
    ),
    Broken("self-deal", lambda d: expected(d, buyer=A), "INVALID", "TXN_SELF_DEAL"),
)
