"""EN 16931 in UBL and CII: the same facts, the same model, every sum rule."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.documents.invoices.arithmetic import check_arithmetic, check_reading
from sealsvc.documents.invoices.cii import read_cii
from sealsvc.documents.invoices.detect import read_invoice
from sealsvc.documents.invoices.findings import Severity
from sealsvc.documents.invoices.model import (
    Invoice,
    InvoiceFamily,
    InvoiceKind,
    InvoiceLine,
    TaxGroup,
    Totals,
)
from sealsvc.documents.invoices.ubl import read_ubl
from tests.builders.invoices import En, cii, ubl

Writer = Callable[[En], bytes]
BOTH = pytest.mark.parametrize("write", [ubl, cii])


def _errors(write: Writer, facts: En) -> set[tuple[str, str]]:
    return {(one.rule, one.code) for one in check_reading(read_invoice(write(facts))).errors}


@BOTH
def test_a_consistent_invoice(write: Writer) -> None:
    reading = read_invoice(write(En()))
    invoice = reading.invoice
    assert invoice is not None
    assert reading.problems == ()
    assert (invoice.kind, invoice.number) == (InvoiceKind.INVOICE, "INV-1")
    assert (invoice.issued_on, invoice.currency) == (date(2026, 3, 30), "EUR")
    assert (invoice.seller.name, invoice.buyer.name) == ("Seller Ltd", "Buyer")
    report = check_reading(reading)
    assert report.is_consistent
    assert report.findings == ()
    rules = {f"BR-CO-{number}" for number in range(10, 18)}
    assert set(report.checked) >= rules | {"BR-S-08", "PEPPOL-EN16931-R120"}


def test_both_syntaxes_give_one_model() -> None:
    ours, theirs = read_ubl(ubl(En())).invoice, read_cii(cii(En())).invoice
    assert ours is not None
    assert theirs is not None
    assert (ours.totals, ours.lines, ours.adjustments) == (
        theirs.totals,
        theirs.lines,
        theirs.adjustments,
    )
    assert ours.tax_groups == theirs.tax_groups


@BOTH
@pytest.mark.parametrize(
    ("changed", "rule", "code"),
    [
        ({"line_sum": "150.01"}, "BR-CO-10", "INVOICE_LINE_SUM_MISMATCH"),
        ({"allowances": "9.00"}, "BR-CO-11", "INVOICE_ALLOWANCE_SUM_MISMATCH"),
        ({"charges": "6.00"}, "BR-CO-12", "INVOICE_CHARGE_SUM_MISMATCH"),
        ({"net": "146.00"}, "BR-CO-13", "INVOICE_NET_TOTAL_MISMATCH"),
        ({"tax": "21.56"}, "BR-CO-14", "INVOICE_TAX_SUM_MISMATCH"),
        ({"gross": "166.56"}, "BR-CO-15", "INVOICE_GROSS_MISMATCH"),
        ({"payable": "166.55"}, "BR-CO-16", "INVOICE_PAYABLE_MISMATCH"),
        ({"prepaid": ""}, "BR-CO-16", "INVOICE_PAYABLE_MISMATCH"),
        ({"rounding": "0.05"}, "BR-CO-16", "INVOICE_PAYABLE_MISMATCH"),
        ({"net": ""}, "BR-13", "INVOICE_TOTAL_MISSING"),
        ({"gross": ""}, "BR-14", "INVOICE_TOTAL_MISSING"),
        ({"payable": ""}, "BR-15", "INVOICE_TOTAL_MISSING"),
        ({"line_sum": ""}, "BR-12", "INVOICE_TOTAL_MISSING"),
        ({"gross": "1" * 30}, "INVOICE_AMOUNT_TOO_LONG", "INVOICE_AMOUNT_REFUSED"),
        ({"prepaid": "6.65e1"}, "INVOICE_AMOUNT_NOT_DECIMAL", "INVOICE_AMOUNT_REFUSED"),
        ({"prepaid": "NaN"}, "INVOICE_AMOUNT_NOT_DECIMAL", "INVOICE_AMOUNT_REFUSED"),
        ({"payable": "１00.00"}, "INVOICE_AMOUNT_NOT_DECIMAL", "INVOICE_AMOUNT_REFUSED"),
    ],
)
def test_each_rule_finds_its_error(
    write: Writer, changed: dict[str, str], rule: str, code: str
) -> None:
    assert (rule, code) in _errors(write, replace(En(), **changed))


@BOTH
def test_the_tax_of_each_category(write: Writer) -> None:
    wrong = (("95.00", "16.05", "S", "19"), ("50.00", "5.50", "S", "7"))
    assert ("BR-CO-17", "INVOICE_TAX_AMOUNT_MISMATCH") in _errors(
        write, replace(En(), groups=wrong)
    )
    moved = (("50.00", "9.50", "S", "19"), ("95.00", "6.65", "S", "7"))
    facts = replace(En(), groups=moved, tax="16.15", gross="161.15", payable="94.60")
    assert _errors(write, facts) == {("BR-S-08", "INVOICE_TAX_BASE_MISMATCH")}


@BOTH
def test_rounding_of_tax_is_only_a_notice(write: Writer) -> None:
    groups = (("95.00", "18.06", "S", "19"), ("50.00", "3.50", "S", "7"))
    facts = replace(En(), groups=groups, tax="21.56", gross="166.56", payable="100.01")
    report = check_reading(read_invoice(write(facts)))
    assert report.is_consistent
    assert [(one.code, one.severity) for one in report.findings] == [
        ("INVOICE_TAX_ROUNDING", Severity.NOTICE)
    ]


@BOTH
def test_price_times_quantity_only_warns(write: Writer) -> None:
    lines = (("3", "50.00", "100.00", "S", "19"), ("4", "12.50", "50.00", "S", "7"))
    report = check_reading(read_invoice(write(replace(En(), lines=lines))))
    assert report.is_consistent
    assert [one.code for one in report.findings] == ["INVOICE_LINE_AMOUNT_MISMATCH"]
    assert report.findings[0].severity is Severity.WARNING


@BOTH
def test_a_missing_seller_is_named(write: Writer) -> None:
    reading = read_invoice(write(replace(En(), seller="")))
    assert ("INVOICE_FIELD_MISSING", "seller.name") in {
        (p.code, p.detail) for p in reading.problems
    }


def test_a_credit_note() -> None:
    reading = read_invoice(ubl(replace(En(), type_code="381"), credit=True))
    assert reading.invoice is not None
    assert reading.invoice.kind is InvoiceKind.CREDIT_NOTE
    assert [line.quantity for line in reading.invoice.lines] == [2, 4]
    assert check_reading(reading).is_consistent
    by_code = read_cii(cii(replace(En(), type_code="381"))).invoice
    assert by_code is not None
    assert by_code.kind is InvoiceKind.CREDIT_NOTE


@BOTH
def test_a_negative_invoice(write: Writer) -> None:
    facts = En(
        lines=(("-1", "100.00", "-100.00", "S", "19"),),
        groups=(("-100.00", "-19.00", "S", "19"),),
        adjustments=(),
        line_sum="-100.00",
        allowances="",
        charges="",
        net="-100.00",
        tax="-19.00",
        gross="-119.00",
        prepaid="",
        rounding="",
        payable="-119.00",
    )
    assert check_reading(read_invoice(write(facts))).is_consistent
    turned = replace(facts, groups=(("-100.00", "19.00", "S", "19"),), tax="19.00", gross="-81.00")
    assert ("BR-CO-17", "INVOICE_TAX_AMOUNT_MISMATCH") in _errors(write, turned)


def test_a_corrected_invoice_names_the_first() -> None:
    extra = (
        "<a:BillingReference><a:InvoiceDocumentReference><b:ID>INV-0</b:ID>"
        "</a:InvoiceDocumentReference></a:BillingReference>"
    )
    invoice = read_ubl(ubl(replace(En(), extra=extra))).invoice
    assert invoice is not None
    assert invoice.red_letter is not None
    assert invoice.red_letter.original_number == "INV-0"
    extra = (
        "<r:InvoiceReferencedDocument><r:IssuerAssignedID>INV-0</r:IssuerAssignedID>"
        "</r:InvoiceReferencedDocument>"
    )
    other = read_cii(cii(replace(En(), extra=extra))).invoice
    assert other is not None
    assert other.red_letter == invoice.red_letter


def test_two_totals_are_no_total() -> None:
    doubled = ubl().replace(
        b"<b:PayableAmount>", b"<b:PayableAmount>1.00</b:PayableAmount><b:PayableAmount>"
    )
    reading = read_invoice(doubled)
    assert reading.invoice is not None
    assert reading.invoice.totals.payable is None
    assert "INVOICE_FIELD_REPEATED" in {one.code for one in reading.problems}
    assert not check_reading(reading).is_consistent


def test_a_second_tax_total_in_the_invoice_currency_is_refused() -> None:
    second = '<a:TaxTotal><b:TaxAmount currencyID="EUR">1</b:TaxAmount></a:TaxTotal>'
    foreign = '<a:TaxTotal><b:TaxAmount currencyID="USD">1</b:TaxAmount></a:TaxTotal>'
    assert check_reading(read_invoice(ubl(replace(En(), extra=foreign)))).is_consistent
    assert not check_reading(read_invoice(ubl(replace(En(), extra=second)))).is_consistent


@pytest.mark.parametrize("read", [read_ubl, read_cii])
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<Invoice/>", "INVOICE_ROOT_UNKNOWN"),
        (b"<!DOCTYPE a><a/>", "XML_REFUSED"),
        (b"<a", "XML_MALFORMED"),
        (b'<a xmlns="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>',
         "INVOICE_ROOT_UNKNOWN"),
    ],
)  # fmt: skip
def test_other_documents(read: Callable[[bytes], object], data: bytes, code: str) -> None:
    reading = read(data)
    assert [one.code for one in reading.problems] == [code]  # type: ignore[attr-defined]


def test_an_empty_invoice_checks_nothing() -> None:
    report = check_arithmetic(Invoice(InvoiceFamily.EN16931))
    assert not report.is_consistent
    assert report.errors


CENTS = st.integers(min_value=-(10**12), max_value=10**12).map(lambda at: Decimal(at).scaleb(-2))


def _made(nets: list[Decimal], rate: int) -> Invoice:
    base = sum(nets, Decimal(0))
    tax = (base * rate / 100).quantize(Decimal("0.01"))
    return Invoice(
        InvoiceFamily.EN16931,
        lines=tuple(InvoiceLine(net=net, tax_category="S", tax_rate=Decimal(rate)) for net in nets),
        tax_groups=(TaxGroup(base, tax, "S", Decimal(rate)),),
        totals=Totals(line_sum=base, net=base, tax=tax, gross=base + tax, payable=base + tax),
    )


@given(st.lists(CENTS, min_size=1, max_size=20), st.integers(min_value=0, max_value=30))
def test_right_sums_are_right_and_a_cent_is_seen(nets: list[Decimal], rate: int) -> None:
    invoice = _made(nets, rate)
    assert check_arithmetic(invoice).is_consistent
    for name in ("line_sum", "net", "gross", "payable"):
        moved = getattr(invoice.totals, name) + Decimal("0.01")
        wrong = replace(invoice, totals=replace(invoice.totals, **{name: moved}))
        assert not check_arithmetic(wrong).is_consistent


def test_an_amount_in_another_currency_is_noted() -> None:
    mixed = ubl().replace(b"<b:PayableAmount>", b'<b:PayableAmount currencyID="JPY">')
    reading = read_invoice(mixed)
    assert {one.code for one in reading.problems} == {"INVOICE_CURRENCY_MIXED"}
    assert not check_reading(reading).is_consistent
    mixed = cii().replace(b"<r:DuePayableAmount>", b'<r:DuePayableAmount currencyID="JPY">')
    assert not check_reading(read_invoice(mixed)).is_consistent
