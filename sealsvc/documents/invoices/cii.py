"""EN 16931 invoices in UN/CEFACT CII D16B (Factur-X, ZUGFeRD 2, XRechnung) and ZUGFeRD 1.

Source: CEN/TS 16931-3-3 (syntax binding to CII); ZUGFeRD 1 has the same tree under other names.
"""

from dataclasses import dataclass
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
from sealsvc.documents.invoices.ubl import CREDIT_CODES
from sealsvc.documents.invoices.xmlsafe import (
    Cursor,
    XmlRefused,
    local_name,
    namespace,
    note_other_currencies,
    parse_xml,
)
from sealsvc.documents.ofd.xml import Element


@dataclass(frozen=True)
class _Names:
    """The element names in which the two generations differ."""

    namespaces: frozenset[str]
    document: str
    transaction: str
    agreement: str
    settlement: str
    summation: str
    line_agreement: str
    line_delivery: str
    line_settlement: str
    line_summation: str
    percent: str


_DATA = "urn:un:unece:uncefact:data:standard:"
_CII = _Names(
    namespaces=frozenset(
        (
            f"{_DATA}CrossIndustryInvoice:100",
            f"{_DATA}ReusableAggregateBusinessInformationEntity:100",
            f"{_DATA}UnqualifiedDataType:100",
            f"{_DATA}QualifiedDataType:100",
        )
    ),
    document="ExchangedDocument",
    transaction="SupplyChainTradeTransaction",
    agreement="ApplicableHeaderTradeAgreement",
    settlement="ApplicableHeaderTradeSettlement",
    summation="SpecifiedTradeSettlementHeaderMonetarySummation",
    line_agreement="SpecifiedLineTradeAgreement",
    line_delivery="SpecifiedLineTradeDelivery",
    line_settlement="SpecifiedLineTradeSettlement",
    line_summation="SpecifiedTradeSettlementLineMonetarySummation",
    percent="RateApplicablePercent",
)
_ZUGFERD1 = _Names(
    namespaces=frozenset(
        (
            "urn:ferd:CrossIndustryDocument:invoice:1p0",
            f"{_DATA}ReusableAggregateBusinessInformationEntity:12",
            f"{_DATA}UnqualifiedDataType:15",
        )
    ),
    document="HeaderExchangedDocument",
    transaction="SpecifiedSupplyChainTradeTransaction",
    agreement="ApplicableSupplyChainTradeAgreement",
    settlement="ApplicableSupplyChainTradeSettlement",
    summation="SpecifiedTradeSettlementMonetarySummation",
    line_agreement="SpecifiedSupplyChainTradeAgreement",
    line_delivery="SpecifiedSupplyChainTradeDelivery",
    line_settlement="SpecifiedSupplyChainTradeSettlement",
    line_summation="SpecifiedTradeSettlementMonetarySummation",
    percent="ApplicablePercent",
)
ROOTS = {
    (f"{_DATA}CrossIndustryInvoice:100", "CrossIndustryInvoice"): _CII,
    ("urn:ferd:CrossIndustryDocument:invoice:1p0", "CrossIndustryDocument"): _ZUGFERD1,
}
# A heading sums its sub-lines, an information line is not invoiced. Source: Factur-X EXTENDED.
_NOT_COUNTED = frozenset(("GROUP", "INFORMATION"))
_TAX_CURRENCY = frozenset(("TaxTotalAmount",))
_ADDRESS = ("LineOne", "LineTwo", "LineThree", "PostcodeCode", "CityName")


def read_cii(data: bytes) -> Reading:
    """The CII invoice in the bytes; never raises."""
    try:
        return read_cii_root(parse_xml(data))
    except XmlRefused as refused:
        log = ProblemLog()
        log.add(refused.code, refused.reason)
        return Reading(Carrier.CII, None, log.taken())


def read_cii_root(root: Element, location: str = "") -> Reading:
    """The invoice below an already parsed root."""
    log = ProblemLog()
    names = ROOTS.get((namespace(root), local_name(root)))
    if names is None:
        log.add("INVOICE_ROOT_UNKNOWN")
        return Reading(Carrier.CII, None, log.taken(), location)
    top = Cursor(root, log, names.namespaces)
    document = top.one(names.document)
    transaction = top.one(names.transaction)
    if document is None or transaction is None:
        log.add("INVOICE_FIELD_MISSING", names.document if document is None else names.transaction)
        return Reading(Carrier.CII, None, log.taken(), location)
    invoice = _invoice(names, document, transaction)
    note_other_currencies(root, invoice.currency, _TAX_CURRENCY, log)
    return Reading(Carrier.CII, invoice, log.taken(), location)


def _invoice(names: _Names, document: Cursor, transaction: Cursor) -> Invoice:
    type_code = document.text("TypeCode")
    issued = document.text("IssueDateTime", "DateTimeString")
    settlement = transaction.one(names.settlement)
    credit = type_code in CREDIT_CODES
    lines = transaction.rows("IncludedSupplyChainTradeLineItem")
    return Invoice(
        family=InvoiceFamily.EN16931,
        kind=InvoiceKind.CREDIT_NOTE if credit else InvoiceKind.INVOICE,
        type_code=type_code,
        number=document.text("ID"),
        issued_on=document.log.date(issued, "IssueDateTime"),
        currency=settlement.text("InvoiceCurrencyCode") if settlement else None,
        seller=_party(transaction.one(names.agreement, "SellerTradeParty")),
        buyer=_party(transaction.one(names.agreement, "BuyerTradeParty")),
        lines=tuple(_line(names, line) for line in lines),
        adjustments=tuple(_adjustments(names, settlement)),
        tax_groups=tuple(_groups(names, settlement)),
        totals=_totals(names, settlement),
        red_letter=_reference(settlement),
    )


def _party(party: Cursor | None) -> Party:
    if party is None:
        return Party()
    address = (party.text("PostalTradeAddress", part) for part in _ADDRESS)
    return Party(
        name=party.text("Name"),
        tax_id=_tax_id(party),
        address=", ".join(filter(None, address)) or None,
    )


def _tax_id(party: Cursor) -> str | None:
    """The VAT number (scheme VA) before any other tax registration."""
    found = party.rows("SpecifiedTaxRegistration", "ID")
    found.sort(key=lambda each: each.attribute("schemeID") != "VA")
    return clean_identifier(found[0].own_text()) if found else None


def _line(names: _Names, line: Cursor) -> InvoiceLine:
    document = line.one("AssociatedDocumentLineDocument")
    reason = document.text("LineStatusReasonCode") if document else None
    settlement = line.one(names.line_settlement)
    tax = settlement.first("ApplicableTradeTax") if settlement else None
    price = (names.line_agreement, "NetPriceProductTradePrice")
    return InvoiceLine(
        description=line.text("SpecifiedTradeProduct", "Name"),
        quantity=line.amount(names.line_delivery, "BilledQuantity"),
        unit_price=line.amount(*price, "ChargeAmount"),
        base_quantity=line.amount(*price, "BasisQuantity"),
        adjustments=_line_adjustments(settlement),
        net=settlement.amount(names.line_summation, "LineTotalAmount") if settlement else None,
        tax_category=tax.text("CategoryCode") if tax else None,
        tax_rate=tax.amount(names.percent) if tax else None,
        counted=reason not in _NOT_COUNTED,
    )


def _line_adjustments(settlement: Cursor | None) -> Decimal | None:
    total = Decimal(0)
    with exact():
        for each in settlement.rows("SpecifiedTradeAllowanceCharge") if settlement else ():
            amount = each.amount("ActualAmount")
            if amount is None:
                return None
            total += amount if _is_charge(each) else -amount
    return total


def _is_charge(each: Cursor) -> bool:
    return each.text("ChargeIndicator", "Indicator") in ("true", "1")


def _adjustments(names: _Names, settlement: Cursor | None) -> list[Adjustment]:
    if settlement is None:
        return []
    found = []
    for each in settlement.rows("SpecifiedTradeAllowanceCharge"):
        tax = each.first("CategoryTradeTax")
        found.append(_adjustment(names, each.amount("ActualAmount"), tax, charge=_is_charge(each)))
    for each in settlement.rows("SpecifiedLogisticsServiceCharge"):
        tax = each.first("AppliedTradeTax")
        found.append(_adjustment(names, each.amount("AppliedAmount"), tax, charge=True))
    return found


def _adjustment(
    names: _Names, amount: Decimal | None, tax: Cursor | None, *, charge: bool
) -> Adjustment:
    return Adjustment(
        is_charge=charge,
        amount=amount,
        tax_category=tax.text("CategoryCode") if tax else None,
        tax_rate=tax.amount(names.percent) if tax else None,
    )


def _groups(names: _Names, settlement: Cursor | None) -> list[TaxGroup]:
    if settlement is None:
        return []
    return [
        TaxGroup(
            base=each.amount("BasisAmount"),
            tax=each.amount("CalculatedAmount"),
            category=each.text("CategoryCode"),
            rate=each.amount(names.percent),
        )
        for each in settlement.rows("ApplicableTradeTax")
    ]


def _totals(names: _Names, settlement: Cursor | None) -> Totals:
    summation = settlement.one(names.summation) if settlement else None
    if settlement is None or summation is None:
        return Totals()
    return Totals(
        line_sum=summation.amount("LineTotalAmount"),
        net=summation.amount("TaxBasisTotalAmount"),
        tax=_tax(summation, settlement.text("InvoiceCurrencyCode")),
        gross=summation.amount("GrandTotalAmount"),
        payable=summation.amount("DuePayableAmount"),
        prepaid=summation.amount("TotalPrepaidAmount"),
        allowances=summation.amount("AllowanceTotalAmount"),
        charges=summation.amount("ChargeTotalAmount"),
        rounding=summation.amount("RoundingAmount"),
    )


def _tax(summation: Cursor, currency: str | None) -> Decimal | None:
    """BT-110: the tax total in the invoice currency; a second one is in the tax currency."""
    found = [
        each
        for each in summation.each("TaxTotalAmount")
        if each.attribute("currencyID") in (currency, None)
    ]
    if len(found) > 1:
        summation.log.add("INVOICE_FIELD_REPEATED", "TaxTotalAmount")
        return None
    return summation.log.amount(found[0].own_text(), "TaxTotalAmount") if found else None


def _reference(settlement: Cursor | None) -> RedLetter | None:
    if settlement is None:
        return None
    number = settlement.first_text("InvoiceReferencedDocument", "IssuerAssignedID")
    return RedLetter(original_number=number) if number else None
