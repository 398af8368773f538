"""The papers of a whole deal: an invoice page that carries its own data as an attachment."""

from datetime import timedelta, timezone
from io import BytesIO
from xml.sax.saxutils import escape

import pikepdf

from api.demo.amounts import plain, rmb_in_words, totals
from api.demo.invoice import Invoice, InvoicePdf, make_invoice

ATTACHMENT = "invoice.xml"
CHINA = timezone(timedelta(hours=8))


def make_deal_invoice(invoice: Invoice) -> InvoicePdf:
    """The drawn invoice with its data attached, as receivers' programs read it.

    The same invoice gives the same bytes. Source: china-domain section 4.4 (carriers).
    """
    drawn = make_invoice(invoice)
    target = BytesIO()
    with pikepdf.open(BytesIO(drawn.data)) as document:
        file = pikepdf.AttachedFileSpec(
            document,
            invoice_xml(invoice),
            description="EInvoice",
            filename=ATTACHMENT,
            mime_type="application/xml",
            creation_date="",
            mod_date="",
        )
        document.attachments[ATTACHMENT] = file
        document.Root["/AF"] = pikepdf.Array([file.obj])
        document.save(target, deterministic_id=True)
    return InvoicePdf(target.getvalue(), drawn.seal)


def invoice_xml(invoice: Invoice) -> bytes:
    """The data of a fully digital invoice; no tax bureau has signed it.

    Source: china-domain section 4.4 (paths).
    """
    sums = totals(invoice.lines)
    lines = "".join(
        f"<IssuItemInformation><ItemName>{escape(line.name)}</ItemName>"
        f"<MeaUnits>{escape(line.unit)}</MeaUnits><Quantity>{line.quantity}</Quantity>"
        f"<UnPrice>{line.unit_price}</UnPrice><Amount>{plain(line.net)}</Amount>"
        f"<TaxRate>{line.rate}</TaxRate><ComTaxAm>{plain(line.tax)}</ComTaxAm>"
        "</IssuItemInformation>"
        for line in invoice.lines
    )
    text = f"""<?xml version="1.0" encoding="UTF-8"?><EInvoice><Header><EIid>{invoice.number}</EIid>
<EInvoiceTag>SWEI1100</EInvoiceTag><Version>0.35</Version><InherentLabel><InIssuType>
<LabelCode>Y</LabelCode></InIssuType><GeneralOrSpecialVAT><LabelCode>02</LabelCode>
</GeneralOrSpecialVAT></InherentLabel></Header><EInvoiceData>{_party("Seller", invoice)}
{_party("Buyer", invoice)}<BasicInformation><TotalAmWithoutTax>{plain(sums.net)}</TotalAmWithoutTax>
<TotalTaxAm>{plain(sums.tax)}</TotalTaxAm>
<TotalTax-includedAmount>{plain(sums.gross)}</TotalTax-includedAmount>
<TotalTax-includedAmountInChinese>{rmb_in_words(sums.gross)}</TotalTax-includedAmountInChinese>
<RequestTime>{invoice.issued_at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}</RequestTime>
</BasicInformation>{lines}</EInvoiceData>
<TaxSupervisionInfo><InvoiceNumber>{invoice.number}</InvoiceNumber></TaxSupervisionInfo>
</EInvoice>"""
    return text.encode()


def _party(side: str, invoice: Invoice) -> str:
    entity = invoice.seller if side == "Seller" else invoice.buyer
    return (
        f"<{side}Information><{side}IdNum>{entity.uscc}</{side}IdNum>"
        f"<{side}Name>{escape(entity.legal_name)}</{side}Name></{side}Information>"
    )
