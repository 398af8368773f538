"""The XML delivery file of a fully digital invoice (数电票), root `EInvoice`.

Source: china-domain.md section 4.4 [V]. The tax bureau's signature is noted, never verified: the
bytes it signs are unknown (rule R08).
"""

from decimal import Decimal

from sealsvc.documents.invoices.model import (
    Carrier,
    Invoice,
    InvoiceFamily,
    InvoiceKind,
    InvoiceLine,
    Party,
    Reading,
    RedLetter,
    TaxSignature,
    Totals,
)
from sealsvc.documents.invoices.numbers import DIGITAL_LENGTH
from sealsvc.documents.invoices.scalars import ProblemLog, clean_identifier, parse_rate
from sealsvc.documents.invoices.xmlsafe import Cursor, XmlRefused, local_name, namespace, parse_xml
from sealsvc.documents.ofd.xml import Element

ROOT = "EInvoice"
_NO_NAMESPACE = frozenset(("",))
_VAT_KINDS = {"01": InvoiceKind.DIGITAL_SPECIAL, "02": InvoiceKind.DIGITAL_ORDINARY}
_BLUE = "Y"


def read_digital(data: bytes) -> Reading:
    """The fully digital invoice in the bytes; never raises."""
    try:
        return read_digital_root(parse_xml(data))
    except XmlRefused as refused:
        log = ProblemLog()
        log.add(refused.code, refused.reason)
        return Reading(Carrier.DIGITAL_XML, None, log.taken())


def read_digital_root(root: Element, location: str = "") -> Reading:
    """The invoice below an already parsed root."""
    log = ProblemLog()
    if (namespace(root), local_name(root)) != ("", ROOT):
        log.add("INVOICE_ROOT_UNKNOWN")
        return Reading(Carrier.DIGITAL_XML, None, log.taken(), location)
    top = Cursor(root, log, _NO_NAMESPACE)
    header, data = top.one("Header"), top.one("EInvoiceData")
    if header is None or data is None:
        log.add("INVOICE_FIELD_MISSING", "Header" if header is None else "EInvoiceData")
        return Reading(Carrier.DIGITAL_XML, None, log.taken(), location)
    return Reading(Carrier.DIGITAL_XML, _invoice(top, header, data), log.taken(), location)


def _invoice(top: Cursor, header: Cursor, data: Cursor) -> Invoice:
    vat_kind = header.text("InherentLabel", "GeneralOrSpecialVAT", "LabelCode")
    basic = "BasicInformation"
    red_letter = _red_letter(data)
    return Invoice(
        family=InvoiceFamily.CN,
        kind=_VAT_KINDS.get(vat_kind or "", InvoiceKind.DIGITAL),
        type_code=vat_kind,
        number=_number(top, header),
        issued_on=data.log.date(data.text(basic, "RequestTime"), "RequestTime"),
        currency="CNY",
        seller=_party(data, "Seller"),
        buyer=_party(data, "Buyer"),
        lines=tuple(_line(line) for line in data.rows("IssuItemInformation")),
        totals=Totals(
            net=data.amount(basic, "TotalAmWithoutTax"),
            tax=data.amount(basic, "TotalTaxAm"),
            gross=data.amount(basic, "TotalTax-includedAmount"),
        ),
        amount_in_words=data.text(basic, "TotalTax-includedAmountInChinese"),
        red=_is_red(header, red_letter),
        red_letter=red_letter,
        tax_signature=_signature(top),
    )


def _number(top: Cursor, header: Cursor) -> str | None:
    """EIid; the supervision block repeats it and must not differ."""
    number = header.text("EIid")
    repeated = top.text("TaxSupervisionInfo", "InvoiceNumber")
    if number and repeated and number != repeated:
        top.log.add("INVOICE_FIELD_REPEATED", "InvoiceNumber")
    return number or repeated


def _is_red(header: Cursor, red_letter: RedLetter | None) -> bool | None:
    label = header.text("InherentLabel", "InIssuType", "LabelCode")
    if label is None:
        return None if red_letter is None else True
    if label == _BLUE and red_letter is not None:
        header.log.add("INVOICE_RED_MARK_CONTRADICTION", "InIssuType")
    return label != _BLUE


def _party(data: Cursor, who: str) -> Party:
    block = data.one(f"{who}Information")
    if block is None:
        return Party()
    parts = (block.text(f"{who}{part}") for part in ("Addr", "TelNum"))
    bank = (block.text(f"{who}{part}") for part in ("BankName", "BankAccNum"))
    return Party(
        name=block.text(f"{who}Name"),
        tax_id=clean_identifier(block.text(f"{who}IdNum")),
        address=" ".join(filter(None, parts)) or None,
        bank_account=" ".join(filter(None, bank)) or None,
    )


def _line(line: Cursor) -> InvoiceLine:
    text = line.text("TaxRate")
    rate, category = tax_rate(text, line.log)
    return InvoiceLine(
        description=line.text("ItemName"),
        quantity=line.amount("Quantity"),
        unit=line.text("MeaUnits"),
        unit_price=line.amount("UnPrice"),
        net=line.amount("Amount"),
        tax_rate=rate,
        tax_category=category,
        tax=line.amount("ComTaxAm"),
    )


def tax_rate(text: str | None, log: ProblemLog) -> tuple[Decimal | None, str | None]:
    """Rate in per cent, or the words that stand in its place (exempt, not taxed)."""
    if text is None:
        return None, None
    value = parse_rate(text, fraction=True)
    if isinstance(value, Decimal):
        return value, None
    if any(character.isnumeric() for character in text):
        log.add(value, "TaxRate")
        return None, None
    return None, text


def _red_letter(data: Cursor) -> RedLetter | None:
    block = data.one("SpecificInformation", "RedEInvoice")
    if block is None:
        return None
    original = block.text("OriginalInvoiceCode")
    digital = original is not None and len(original) == DIGITAL_LENGTH
    return RedLetter(
        original_number=original if digital else None,
        original_code=None if digital else original,
        confirmation=block.text("CreditNoteNumber"),
    )


def _signature(top: Cursor) -> TaxSignature:
    value = top.first("TaxBureauSignature", "SignatureValue")
    present = value is not None and bool((value.element.text or "").strip())
    return TaxSignature.PRESENT_UNVERIFIED if present else TaxSignature.ABSENT
