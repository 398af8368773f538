"""Fully digital delivery files, original_invoice.xml and XBRL e-vouchers."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from sealsvc.documents.invoices.arithmetic import check_arithmetic, check_reading
from sealsvc.documents.invoices.detect import read_invoice, seller_uscc
from sealsvc.documents.invoices.model import (
    Carrier,
    Invoice,
    InvoiceKind,
    InvoiceReading,
    Reading,
    TaxSignature,
)
from sealsvc.documents.invoices.original import read_original
from sealsvc.documents.invoices.xbrl import read_xbrl
from sealsvc.documents.invoices.xml_cn import read_digital
from tests.builders.invoices import (
    BUYER,
    BUYER_ID,
    NUMBER,
    OLD_CODE,
    OLD_NUMBER,
    SELLER,
    SELLER_ID,
    Cn,
    digital_xml,
    original_xml,
    xbrl_booking,
    xbrl_issuer,
)

RED = Cn(
    net="-123.00",
    tax="-15.99",
    gross="-138.99",
    words="（负数）壹佰叁拾捌圆玖角玖分",
    lines=(("-123.00", "0.13", "-15.99"),),
    blue="N",
    red=f"<RedEInvoice><OriginalInvoiceCode>{NUMBER}</OriginalInvoiceCode>"
    "<CreditNoteNumber>R1</CreditNoteNumber></RedEInvoice>",
)


def _read(facts: Cn) -> InvoiceReading:
    return read_invoice(digital_xml(facts))


def _problems(reading: InvoiceReading | Reading) -> set[str]:
    return {one.code for one in reading.problems}


def _invoice(reading: InvoiceReading | Reading) -> Invoice:
    assert reading.invoice is not None
    return reading.invoice


def _errors(facts: Cn) -> set[str]:
    return {one.code for one in check_reading(_read(facts)).errors}


def test_a_digital_invoice() -> None:
    reading = _read(Cn())
    invoice = _invoice(reading)
    assert reading.problems == ()
    assert reading.carriers == (Carrier.DIGITAL_XML,)
    assert (invoice.number, invoice.issued_on) == (NUMBER, date(2026, 3, 30))
    assert (invoice.kind, invoice.red) == (InvoiceKind.DIGITAL_ORDINARY, False)
    assert (invoice.seller.name, invoice.seller.tax_id) == (SELLER, SELLER_ID)
    assert (invoice.buyer.name, invoice.buyer.tax_id) == (BUYER, BUYER_ID)
    assert seller_uscc(invoice) == SELLER_ID
    assert [line.tax_rate for line in invoice.lines] == [13, 13]
    report = check_reading(reading)
    assert report.is_consistent
    assert set(report.checked) == {
        "CN-GROSS", "CN-LINE-SUM", "CN-TAX-SUM", "CN-LINE-TAX", "CN-WORDS"
    }  # fmt: skip


def test_the_bureaus_signature_is_never_more_than_present() -> None:
    assert _invoice(_read(Cn())).tax_signature is TaxSignature.ABSENT
    signed = _invoice(_read(Cn(signature="MEUCIQ==")))
    assert signed.tax_signature == "present_unverified"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"gross": "139.00"}, "INVOICE_GROSS_MISMATCH"),
        ({"net": "124.00", "gross": "139.99"}, "INVOICE_LINE_SUM_MISMATCH"),
        ({"tax": "16.99", "gross": "139.99"}, "INVOICE_TAX_SUM_MISMATCH"),
        ({"words": "壹佰叁拾捌圆玖角捌分"}, "INVOICE_WORDS_MISMATCH"),
        ({"words": "壹佰叁拾捌点玖玖"}, "INVOICE_WORDS_UNREADABLE"),
        ({"lines": (("123.00", "0.13", "15.92"),)}, "INVOICE_TAX_AMOUNT_MISMATCH"),
        ({"lines": (("123.07", "0.13", "15.99"),)}, "INVOICE_LINE_SUM_MISMATCH"),
        ({"gross": "9" * 30}, "INVOICE_AMOUNT_REFUSED"),
        ({"gross": "1.3899e2"}, "INVOICE_AMOUNT_REFUSED"),
        ({"gross": "NaN"}, "INVOICE_AMOUNT_REFUSED"),
        ({"gross": "１３８.99"}, "INVOICE_AMOUNT_REFUSED"),
        ({"gross": "138,99"}, "INVOICE_AMOUNT_REFUSED"),
        ({"gross": ""}, "INVOICE_TOTAL_MISSING"),
        ({"gross": "-138.99"}, "INVOICE_NEGATIVE_NOT_RED"),
    ],
)
def test_wrong_amounts_are_found(changed: dict[str, str], code: str) -> None:
    assert code in _errors(replace(Cn(), **changed))


def test_line_rounding_up_to_the_sheets_tolerance_passes() -> None:
    lines = (("100.00", "0.13", "13.02"), ("23.00", "0.13", "2.97"))
    assert not _errors(replace(Cn(), lines=lines))


def test_two_totals_are_no_total() -> None:
    second = "<TotalTax-includedAmount>1.00</TotalTax-includedAmount>"
    reading = _read(Cn(extra_basic=second))
    assert _invoice(reading).totals.gross is None
    assert {"INVOICE_FIELD_REPEATED", "INVOICE_FIELD_MISSING"} <= _problems(reading)
    assert "INVOICE_AMOUNT_REFUSED" in _errors(Cn(extra_basic=second))


def test_a_discount_line_is_lawful() -> None:
    lines = (("130.00", "0.13", "16.90"), ("-7.00", "0.13", "-0.91"))
    assert not _errors(replace(Cn(), lines=lines))


def test_a_red_invoice_refers_and_is_negative() -> None:
    reading = _read(RED)
    invoice = _invoice(reading)
    assert invoice.red is True
    assert invoice.red_letter is not None
    assert invoice.red_letter.original_number == NUMBER
    assert invoice.red_letter.confirmation == "R1"
    report = check_reading(reading)
    assert report.is_consistent
    assert "CN-RED" in report.checked


def test_a_red_invoice_with_positive_amounts_is_wrong() -> None:
    facts = replace(Cn(), blue="N", red=RED.red)
    assert "INVOICE_RED_NOT_NEGATIVE" in _errors(facts)


def test_a_blue_mark_on_a_red_invoice_contradicts() -> None:
    assert "INVOICE_RED_MARK_CONTRADICTION" in _problems(_read(replace(RED, blue="Y")))


@pytest.mark.parametrize(
    ("changed", "missing"),
    [({"seller": ""}, "seller.name"), ({"number": ""}, "number"), ({"date": "x"}, "issued_on")],
)
def test_what_is_missing_is_named(changed: dict[str, str], missing: str) -> None:
    reading = _read(replace(Cn(), supervision_number="", **changed))
    assert ("INVOICE_FIELD_MISSING", missing) in {(p.code, p.detail) for p in reading.problems}


def test_a_second_number_inside_is_noted() -> None:
    reading = _read(Cn(supervision_number="26321000000000000018"))
    assert "INVOICE_FIELD_REPEATED" in _problems(reading)


def test_a_dtd_is_refused() -> None:
    reading = _read(Cn(prolog='<!DOCTYPE EInvoice [<!ENTITY a "1">]>'))
    assert reading.invoice is None
    assert _problems(reading) == {"XML_REFUSED"}


def test_a_namespace_makes_it_another_document() -> None:
    data = digital_xml().replace(b"<EInvoice>", b'<EInvoice xmlns="urn:x">')
    assert _problems(read_digital(data)) == {"INVOICE_ROOT_UNKNOWN"}
    assert _problems(read_digital(b"<EInvoice/>")) == {"INVOICE_FIELD_MISSING"}
    assert _problems(read_digital(b"<")) == {"XML_MALFORMED"}


def test_exempt_lines_have_words_for_a_rate() -> None:
    facts = Cn(
        tax="0.00", gross="123.00", words="壹佰贰拾叁圆整", lines=(("123.00", "免税", "0.00"),)
    )
    line = _invoice(_read(facts)).lines[0]
    assert (line.tax_rate, line.tax_category) == (None, "免税")
    assert not _errors(facts)


def test_original_xml() -> None:
    reading = read_original(original_xml())
    invoice = _invoice(reading)
    assert reading.problems == ()
    assert (invoice.kind, invoice.code) == (InvoiceKind.E_ORDINARY, OLD_CODE)
    assert (invoice.number, invoice.issued_on) == (OLD_NUMBER, date(2026, 3, 30))
    assert (invoice.seller.name, invoice.buyer.tax_id) == (SELLER, BUYER_ID)
    assert check_arithmetic(invoice).is_consistent


def test_original_xml_without_tax_has_asterisks() -> None:
    facts = Cn(tax="***", gross="123.00", lines=(("123.00", "免税", "***"),))
    invoice = _invoice(read_original(original_xml(facts)))
    assert invoice.totals.tax == 0
    assert check_arithmetic(invoice).is_consistent


@pytest.mark.parametrize(
    "data", [b"<eInvoice/>", b"<other><a/></other>", b"<!DOCTYPE a><a/>", b"\x00"]
)
def test_no_original_xml(data: bytes) -> None:
    reading = read_original(data)
    assert reading.invoice is None
    assert reading.problems


def test_xbrl_of_an_issuer() -> None:
    reading = read_xbrl(xbrl_issuer())
    invoice = _invoice(reading)
    assert reading.problems == ()
    assert (invoice.number, invoice.code) == (OLD_NUMBER, OLD_CODE)
    assert (invoice.seller.tax_id, invoice.buyer.name) == (SELLER_ID, BUYER)
    assert invoice.totals.gross == Decimal("138.99")
    report = check_arithmetic(invoice)
    assert report.is_consistent
    assert "CN-WORDS" in report.checked


def test_xbrl_of_a_receiver() -> None:
    invoice = _invoice(read_xbrl(xbrl_booking()))
    assert (invoice.number, invoice.red) == (NUMBER, False)
    assert check_arithmetic(invoice).is_consistent
    assert _invoice(read_xbrl(xbrl_booking(red="maybe"))).red is None


@pytest.mark.parametrize(
    "data",
    [
        xbrl_issuer(taxonomy="2021-09-30/rai"),
        xbrl_issuer().replace(b"NumberOfInvoice", b"Other"),
        b'<xbrl xmlns="http://www.xbrl.org/2003/instance"/>',
        xbrl_issuer().replace(b"mof.gov.cn/taxonomy/", b"evil/"),
        b"<!DOCTYPE xbrl><xbrl/>",
    ],
)
def test_no_xbrl_invoice(data: bytes) -> None:
    reading = read_xbrl(data)
    assert reading.invoice is None
    assert reading.problems


def test_two_facts_of_one_name_are_no_value() -> None:
    second = b"<i:TaxIncludedAmountInFigures>1</i:TaxIncludedAmountInFigures></xbrl>"
    reading = read_xbrl(xbrl_issuer().replace(b"</xbrl>", second))
    assert _invoice(reading).totals.gross is None
    assert "INVOICE_FIELD_REPEATED" in _problems(reading)
