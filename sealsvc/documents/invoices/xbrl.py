"""E-vouchers in XBRL: issuer files of VAT e-invoices and booking files of digital invoices.

Only element names that a sample or the fact sheet shows. Source: china-domain.md section 4.8.
"""

from collections.abc import Iterable

from sealsvc.documents.invoices.model import (
    Carrier,
    Invoice,
    InvoiceFamily,
    InvoiceKind,
    InvoiceLine,
    Party,
    Reading,
    Totals,
)
from sealsvc.documents.invoices.numbers import read_code
from sealsvc.documents.invoices.original import masked_tax
from sealsvc.documents.invoices.scalars import ProblemLog, clean_identifier
from sealsvc.documents.invoices.xml_cn import tax_rate
from sealsvc.documents.invoices.xmlsafe import Cursor, XmlRefused, local_name, namespace, parse_xml
from sealsvc.documents.ofd.xml import Element

ROOT = ("http://www.xbrl.org/2003/instance", "xbrl")
_TAXONOMY = "http://xbrl.mof.gov.cn/taxonomy/"
_ISSUER, _DIGITAL = "inv", "einv"
_TAX_ID = "TaxpayerIdentificationNumberUnifiedSocialCreditCodeOf"
_LINE = "InformationOfTaxableGoodsOrServicesDetailItemsTuple"


def read_xbrl(data: bytes) -> Reading:
    """The invoice in an XBRL instance; never raises."""
    try:
        return read_xbrl_root(parse_xml(data))
    except XmlRefused as refused:
        log = ProblemLog()
        log.add(refused.code, refused.reason)
        return Reading(Carrier.XBRL, None, log.taken())


def read_xbrl_root(root: Element, location: str = "") -> Reading:
    """The invoice below an already parsed root."""
    log = ProblemLog()
    if (namespace(root), local_name(root)) != ROOT:
        log.add("INVOICE_ROOT_UNKNOWN")
        return Reading(Carrier.XBRL, None, log.taken(), location)
    spaces = sorted({name for name in map(namespace, root) if name.startswith(_TAXONOMY)})
    module = _module(spaces)
    if len(spaces) != 1 or module is None:
        log.add("INVOICE_ROOT_UNKNOWN", "taxonomy")
        return Reading(Carrier.XBRL, None, log.taken(), location)
    facts = Cursor(root, log, frozenset(spaces))
    invoice = _issuer(facts) if module == _ISSUER else _digital(facts)
    return Reading(Carrier.XBRL, invoice, log.taken(), location)


def _module(spaces: Iterable[str]) -> str | None:
    """The last step of the taxonomy's namespace, where it is one that holds an invoice."""
    for name in spaces:
        module = name.rpartition("/")[2]
        if module in (_ISSUER, _DIGITAL):
            return module
    return None


def _issuer(facts: Cursor) -> Invoice | None:
    number, code = facts.text("NumberOfInvoice"), facts.text("CodeOfInvoice")
    if number is None:
        return _digital(facts)
    words = facts.text("TaxIncludedAmountInWords")
    return Invoice(
        family=InvoiceFamily.CN,
        kind=read_code(code).kind if code else InvoiceKind.UNKNOWN,
        number=number,
        code=code,
        issued_on=facts.log.date(facts.text("DateOfIssue"), "DateOfIssue"),
        currency="CNY",
        seller=_party(facts, "Seller"),
        buyer=_party(facts, "Purchaser"),
        lines=tuple(_line(line) for line in facts.rows(_LINE)),
        totals=Totals(
            net=facts.amount("TotalAmountExcludingTax"),
            tax=masked_tax(facts.text("TotalTaxAmount"), "TotalTaxAmount", facts.log),
            gross=facts.amount("TaxIncludedAmountInFigures"),
        ),
        amount_in_words=words,
        check_code=clean_identifier(facts.text("IdentifyingCode")),
    )


def _party(facts: Cursor, who: str) -> Party:
    return Party(
        name=facts.text(f"NameOf{who}"),
        tax_id=clean_identifier(facts.text(f"{_TAX_ID}{who}")),
        address=facts.text(f"AddressPhoneNumberOf{who}"),
        bank_account=facts.text(f"DepositBankAndAccountNumberOf{who}"),
    )


def _line(line: Cursor) -> InvoiceLine:
    rate, category = tax_rate(line.text("TaxRate"), line.log)
    return InvoiceLine(
        description=line.text("NameOfTaxableGoodsOrServices"),
        quantity=line.amount("QuantityOfGoodsOrServices"),
        unit=line.text("UnitOfGoodsOrServices"),
        unit_price=line.amount("UnitPriceOfGoodsOrServices"),
        net=line.amount("AmountExcludingTax"),
        tax_rate=rate,
        tax_category=category,
        tax=masked_tax(line.text("TaxAmount"), "TaxAmount", line.log),
    )


def _digital(facts: Cursor) -> Invoice | None:
    number = facts.text("InvoiceNumber")
    if number is None:
        facts.log.add("INVOICE_FIELD_MISSING", "number")
        return None
    red = facts.text("WhetherEinvoiceIsRedEinvoice")
    return Invoice(
        family=InvoiceFamily.CN,
        kind=InvoiceKind.DIGITAL,
        number=number,
        issued_on=facts.log.date(facts.text("RequestTime"), "RequestTime"),
        currency="CNY",
        seller=Party(facts.text("SellerName"), clean_identifier(facts.text("SellerIdNum"))),
        totals=Totals(
            net=facts.amount("TotalAmWithoutTax"),
            tax=masked_tax(facts.text("TotalTaxAm"), "TotalTaxAm", facts.log),
            gross=facts.amount("TotalTax-includedAmount"),
        ),
        # The value list of this element is not known: only the xs:boolean words are taken.
        red={"true": True, "1": True, "false": False, "0": False}.get(red or ""),
    )
