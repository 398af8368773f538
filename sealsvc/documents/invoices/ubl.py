"""EN 16931 invoices and credit notes in UBL 2.1.

Source: CEN/TS 16931-3-2 (syntax binding to UBL 2.1).
"""

from decimal import Decimal

from sealsvc.documents.invoices.model import (
    Adjustment,
    Carrier,
    Invoice,
    InvoiceFamily,
    InvoiceKind,
    InvoiceLine,
    Party,
    Reading,
    RedLetter,
    TaxGroup,
    Totals,
)
from sealsvc.documents.invoices.scalars import ProblemLog, clean_identifier, exact
from sealsvc.documents.invoices.xmlsafe import (
    Cursor,
    XmlRefused,
    local_name,
    namespace,
    note_other_currencies,
    parse_xml,
)
from sealsvc.documents.ofd.xml import Element

_SCHEMA = "urn:oasis:names:specification:ubl:schema:xsd:"
ROOTS = {
    (f"{_SCHEMA}Invoice-2", "Invoice"): InvoiceKind.INVOICE,
    (f"{_SCHEMA}CreditNote-2", "CreditNote"): InvoiceKind.CREDIT_NOTE,
}
_NAMESPACES = frozenset(
    (f"{_SCHEMA}CommonBasicComponents-2", f"{_SCHEMA}CommonAggregateComponents-2")
)
# UNTDID 1001 codes that stand for a credit note. Source: EN 16931 code lists (BT-3).
CREDIT_CODES = frozenset(
    ("81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532")
)
# BT-111 repeats the tax in the accounting currency; BG-23 is in the invoice currency alone.
_TAX_CURRENCY = frozenset(("TaxAmount", "TaxableAmount"))
_ADDRESS = ("StreetName", "AdditionalStreetName", "PostalZone", "CityName")


def read_ubl(data: bytes) -> Reading:
    """The UBL invoice or credit note in the bytes; never raises."""
    try:
        return read_ubl_root(parse_xml(data))
    except XmlRefused as refused:
        log = ProblemLog()
        log.add(refused.code, refused.reason)
        return Reading(Carrier.UBL, None, log.taken())


def read_ubl_root(root: Element, location: str = "") -> Reading:
    """The invoice below an already parsed root."""
    log = ProblemLog()
    kind = ROOTS.get((namespace(root), local_name(root)))
    if kind is None:
        log.add("INVOICE_ROOT_UNKNOWN")
        return Reading(Carrier.UBL, None, log.taken(), location)
    top = Cursor(root, log, _NAMESPACES)
    invoice = _invoice(top, kind)
    note_other_currencies(root, invoice.currency, _TAX_CURRENCY, log)
    return Reading(Carrier.UBL, invoice, log.taken(), location)


def _invoice(top: Cursor, kind: InvoiceKind) -> Invoice:
    credit = kind is InvoiceKind.CREDIT_NOTE
    type_code = top.text("CreditNoteTypeCode" if credit else "InvoiceTypeCode")
    if type_code in CREDIT_CODES:
        kind = InvoiceKind.CREDIT_NOTE
    currency = top.text("DocumentCurrencyCode")
    lines = top.rows("CreditNoteLine" if credit else "InvoiceLine")
    tax_total = _tax_total(top, currency)
    return Invoice(
        family=InvoiceFamily.EN16931,
        kind=kind,
        type_code=type_code,
        number=top.text("ID"),
        issued_on=top.log.date(top.text("IssueDate"), "IssueDate"),
        currency=currency,
        seller=_party(top.one("AccountingSupplierParty", "Party")),
        buyer=_party(top.one("AccountingCustomerParty", "Party")),
        lines=tuple(_line(line) for line in lines),
        adjustments=tuple(_adjustment(each) for each in top.rows("AllowanceCharge")),
        tax_groups=tuple(_groups(tax_total)),
        totals=_totals(top, tax_total),
        red_letter=_reference(top),
    )


def _party(party: Cursor | None) -> Party:
    if party is None:
        return Party()
    name = party.first_text("PartyLegalEntity", "RegistrationName")
    address = (party.text("PostalAddress", part) for part in _ADDRESS)
    return Party(
        name=name or party.first_text("PartyName", "Name"),
        tax_id=_tax_id(party),
        address=", ".join(filter(None, address)) or None,
    )


def _tax_id(party: Cursor) -> str | None:
    schemes = party.rows("PartyTaxScheme")
    schemes.sort(key=lambda each: (each.text("TaxScheme", "ID") or "").upper() != "VAT")
    for scheme in schemes:
        return clean_identifier(scheme.text("CompanyID"))
    return None


def _line(line: Cursor) -> InvoiceLine:
    category = line.first("Item", "ClassifiedTaxCategory")
    return InvoiceLine(
        description=line.first_text("Item", "Name"),
        quantity=line.amount("InvoicedQuantity")
        if line.first("InvoicedQuantity")
        else line.amount("CreditedQuantity"),
        unit_price=line.amount("Price", "PriceAmount"),
        base_quantity=line.amount("Price", "BaseQuantity"),
        adjustments=_sum_adjustments([_adjustment(each) for each in line.rows("AllowanceCharge")]),
        net=line.amount("LineExtensionAmount"),
        tax_category=category.text("ID") if category else None,
        tax_rate=category.amount("Percent") if category else None,
    )


def _adjustment(each: Cursor) -> Adjustment:
    category = each.first("TaxCategory")
    return Adjustment(
        is_charge=each.text("ChargeIndicator") in ("true", "1"),
        amount=each.amount("Amount"),
        tax_category=category.text("ID") if category else None,
        tax_rate=category.amount("Percent") if category else None,
    )


def _sum_adjustments(adjustments: list[Adjustment]) -> Decimal | None:
    """Charges less allowances; None where one of them could not be read."""
    total = Decimal(0)
    with exact():
        for each in adjustments:
            if each.amount is None:
                return None
            total += each.amount if each.is_charge else -each.amount
    return total


def _tax_total(top: Cursor, currency: str | None) -> Cursor | None:
    """The TaxTotal in the invoice currency (BG-22); the other may be in the tax currency."""
    found = top.rows("TaxTotal")
    in_currency = [each for each in found if _currency(each) in (currency, None)]
    if len(in_currency) > 1:
        top.log.add("INVOICE_FIELD_REPEATED", "TaxTotal")
        return None
    return in_currency[0] if in_currency else None


def _currency(tax_total: Cursor) -> str | None:
    amount = tax_total.first("TaxAmount")
    return amount.attribute("currencyID") if amount else None


def _groups(tax_total: Cursor | None) -> list[TaxGroup]:
    if tax_total is None:
        return []
    return [
        TaxGroup(
            base=each.amount("TaxableAmount"),
            tax=each.amount("TaxAmount"),
            category=each.text("TaxCategory", "ID"),
            rate=each.amount("TaxCategory", "Percent"),
        )
        for each in tax_total.rows("TaxSubtotal")
    ]


def _totals(top: Cursor, tax_total: Cursor | None) -> Totals:
    tax = tax_total.amount("TaxAmount") if tax_total else None
    path = "LegalMonetaryTotal"
    return Totals(
        line_sum=top.amount(path, "LineExtensionAmount"),
        net=top.amount(path, "TaxExclusiveAmount"),
        tax=tax,
        gross=top.amount(path, "TaxInclusiveAmount"),
        payable=top.amount(path, "PayableAmount"),
        prepaid=top.amount(path, "PrepaidAmount"),
        allowances=top.amount(path, "AllowanceTotalAmount"),
        charges=top.amount(path, "ChargeTotalAmount"),
        rounding=top.amount(path, "PayableRoundingAmount"),
    )


def _reference(top: Cursor) -> RedLetter | None:
    number = top.first_text("BillingReference", "InvoiceDocumentReference", "ID")
    return RedLetter(original_number=number) if number else None
