"""Public samples: all read or refused by name, sums agree with what each sample is for.

Their content is never shown: only structure and consistency are asserted.
"""

import resource
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from sealsvc.documents.invoices.arithmetic import check_arithmetic, check_reading
from sealsvc.documents.invoices.detect import read_invoice, seller_uscc
from sealsvc.documents.invoices.findings import ArithmeticReport, Severity
from sealsvc.documents.invoices.model import Carrier, Invoice, InvoiceFamily, InvoiceReading
from sealsvc.documents.invoices.numbers import check_number

SAMPLES = Path(__file__).resolve().parents[5] / "shared" / "samples-real"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no public samples at {SAMPLES}"),
]
# Not an invoice at all, or cut down on purpose below what makes one.
NO_INVOICE = {
    "ORDER-X_EX01_ORDER_FULL_DATA-COMFORTorder-x": "INVOICE_ROOT_UNKNOWN",
    "invalidV2Root": "INVOICE_ROOT_UNKNOWN",
    "invalidV1TooMinimal": "INVOICE_FIELD_MISSING",
}
NO_ATTACHMENT = (
    "EmptyPDFA1",
    "MustangGnuaccountingBeispielRE-20170509_505PDF14",
    "MustangGnuaccountingBeispielRE-20170509_505PDFA3",
    "MustangGnuaccountingBeispielRE-20170509_505blanko",
    "MustangGnuaccountingBeispielRE-20171118_506blanko",
    "MustangGnuaccountingBeispielRE-20201121_508blanko",
    "veraPDFtestsuite6-7-11-t01-fail-a",
)
# The rules that these samples really break; ubl-creditnote puts its rounding into BT-112.
WRONG_SUMS = {
    "invalidV2": {"BR-12", "BR-CO-15", "INVOICE_CURRENCY_MIXED"},
    "ubl-creditnote": {"BR-CO-15", "BR-CO-16"},
}
# A line is not quantity times price, while all sums are right. EN 16931 has no such rule and its
# own examples break it; where the samples come from, these too are valid with a warning.
LINE_WARNING = ("invalidArithmetics", "XRechnung_internalRecalcBug")
INVOICE_OFDS = (
    "unsigned-digital-einvoice-2024.ofd",
    "unsigned-digital-einvoice-2025-nuonuo.ofd",
    "v4-einvoice-xbrl-attachment-antchain.ofd",
    "v4-tax-einvoice-chongqing-test.ofd",
    "v4-tax-einvoice-jiangsu.ofd",
    "v4-tax-einvoice-templates-not-covered.ofd",
)


def _files(folder: str, pattern: str) -> list[Path]:
    return sorted((SAMPLES / folder).rglob(pattern))


def _stem(path: Path) -> str:
    """The name without the digest that the collection put behind it."""
    return path.name.rsplit(".", 2)[0]


def _ids(path: Path) -> str:
    return path.name[:50]


def _read(path: Path) -> tuple[InvoiceReading, Invoice | None, ArithmeticReport]:
    reading = read_invoice(path.read_bytes())
    return reading, reading.invoice, check_reading(reading)


def test_the_collection_is_whole() -> None:
    assert len(_files("einvoice/en16931", "*.xml")) == 23
    assert len(_files("einvoice", "*.*")) == 23 + 78


@pytest.mark.parametrize("path", _files("einvoice/en16931", "*.xml"), ids=_ids)
def test_the_standards_own_examples_are_consistent(path: Path) -> None:
    reading, invoice, report = _read(path)
    assert invoice is not None
    assert reading.problems == ()
    assert invoice.family is InvoiceFamily.EN16931
    assert invoice.lines
    assert report.is_consistent
    rules = {"BR-CO-10", "BR-CO-13", "BR-CO-14", "BR-CO-15", "BR-CO-16", "BR-CO-17"}
    assert set(report.checked) >= rules


@pytest.mark.parametrize("path", _files("einvoice/mustang-xml", "*.xml"), ids=_ids)
def test_other_european_samples(path: Path) -> None:
    reading, invoice, report = _read(path)
    stem = _stem(path)
    expected = NO_INVOICE.get(stem)
    if expected is not None:
        assert invoice is None
        assert [one.code for one in reading.problems] == [expected]
        return
    assert invoice is not None
    assert {one.rule for one in report.errors} == WRONG_SUMS.get(stem, set())
    if stem in LINE_WARNING:
        assert "INVOICE_LINE_AMOUNT_MISMATCH" in {one.code for one in report.findings}
    if stem == "roundingDifferenceIsInTolerance":
        assert [one.code for one in report.findings] == ["INVOICE_TAX_ROUNDING"]


@pytest.mark.parametrize("stem", LINE_WARNING)
def test_a_line_that_is_not_quantity_times_price_warns_and_no_total_is_wrong(stem: str) -> None:
    (path,) = (one for one in _files("einvoice", "*.xml") if _stem(one) == stem)
    _, invoice, report = _read(path)
    assert invoice is not None
    assert report.is_consistent
    assert set(report.checked) >= {"BR-CO-10", "BR-CO-13", "BR-CO-14", "BR-CO-15", "BR-CO-16"}
    (finding,) = report.findings
    assert (finding.severity, finding.where) == (Severity.WARNING, "lines.1.net")
    # The line's own total carried into the sums, the same invoice has wrong totals: an error.
    net = Decimal(finding.expected)
    lines = (replace(invoice.lines[0], net=net), *invoice.lines[1:])
    wrong = check_arithmetic(replace(invoice, lines=lines))
    assert "BR-CO-10" in {one.rule for one in wrong.errors}


def test_the_standards_own_examples_break_the_rule_for_lines() -> None:
    """Why it must not fail an invoice: what the standard itself gives as right would fail."""
    reports = [_read(path)[2] for path in _files("einvoice/en16931", "*.xml")]
    codes = [one.code for report in reports for one in report.findings]
    assert "INVOICE_LINE_AMOUNT_MISMATCH" in codes
    assert all(report.is_consistent for report in reports)


@pytest.mark.parametrize("path", _files("einvoice/mustang", "*.pdf"), ids=_ids)
def test_invoices_in_pdf(path: Path) -> None:
    reading, invoice, report = _read(path)
    if _stem(path) in NO_ATTACHMENT:
        assert invoice is None
        assert [one.code for one in reading.problems] == ["INVOICE_NOT_FOUND"]
        return
    assert invoice is not None
    assert reading.carriers == (Carrier.CII,)
    assert reading.problems == ()
    assert reading.disagreements == ()
    assert report.is_consistent


@pytest.mark.parametrize("name", INVOICE_OFDS)
def test_real_invoices_in_ofd(name: str) -> None:
    path = SAMPLES / "ofd" / name
    if not path.exists():
        pytest.skip(f"no {path}")
    reading, invoice, _ = _read(path)
    assert invoice is not None
    assert invoice.family is InvoiceFamily.CN
    present = (
        invoice.number,
        invoice.issued_on,
        invoice.seller.name,
        invoice.seller.tax_id,
        invoice.buyer.name,
        invoice.totals.net,
        invoice.totals.tax,
        invoice.totals.gross,
    )
    assert all(each is not None for each in present)
    assert reading.disagreements == ()
    report = check_arithmetic(invoice)
    assert report.is_consistent
    assert "CN-GROSS" in report.checked
    structure = check_number(invoice)
    assert structure is not None
    if name.startswith("unsigned-digital"):
        assert structure.findings == ()
        assert seller_uscc(invoice) is not None
        assert reading.carriers == (Carrier.CUSTOM_TAG, Carrier.CUSTOM_DATA, Carrier.QR)


def test_every_other_package_reads_without_a_traceback() -> None:
    for path in _files("ofd", "*.ofd"):
        read_invoice(path.read_bytes())


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _bombs(choose: Callable[[bytes], bool]) -> list[Path]:
    return [path for path in _files("xmlbomb", "*.*") if choose(path.read_bytes())]


def test_every_document_type_declaration_is_refused() -> None:
    bombs = _bombs(lambda data: b"<!DOCTYPE" in data)
    assert len(bombs) >= 50 or not SAMPLES.is_dir()
    before = _memory()
    for path in bombs:
        reading = read_invoice(path.read_bytes())
        assert reading.invoice is None
        assert [one.code for one in reading.problems] == ["XML_REFUSED"], path.name
    assert _memory() - before < 50_000


def test_what_else_lies_beside_the_bombs_is_no_invoice() -> None:
    for path in _bombs(lambda data: b"<!DOCTYPE" not in data):
        reading = read_invoice(path.read_bytes())
        assert reading.invoice is None
        assert reading.problems, path.name
