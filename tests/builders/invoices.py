"""Synthetic invoices in every carrier: consistent as they come, changed by keyword."""

import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pikepdf
import segno
from fpdf import FPDF
from stdnum.cn import uscc

import sealsvc.imprint.fonts as fonts

NUMBER = "26321000000000000017"
OLD_CODE, OLD_NUMBER = "032002600111", "00000017"
CHECK_CODE = "12345678901234567890"


def make_uscc(body: str) -> str:
    """A synthetic unified social credit code: the body of 17 with its check character."""
    return body + uscc.calc_check_digit(body)


SELLER_ID = make_uscc("91320000MA0000001")
BUYER_ID = make_uscc("91320000MA0000002")
SELLER, BUYER = "测试甲公司", "测试乙公司"
_FONT = Path(fonts.__file__).parent / "seal-songti.ttf"


@dataclass(frozen=True)
class Cn:
    """The facts of a Chinese invoice: one line of 100.00 and one of 23.00, 13 per cent."""

    number: str = NUMBER
    date: str = "2026-03-30"
    net: str = "123.00"
    tax: str = "15.99"
    gross: str = "138.99"
    words: str = "壹佰叁拾捌圆玖角玖分"
    lines: tuple[tuple[str, str, str], ...] = (
        ("100.00", "0.13", "13.00"),
        ("23.00", "0.13", "2.99"),
    )
    seller: str = SELLER
    seller_id: str = SELLER_ID
    blue: str = "Y"
    red: str = ""
    signature: str = ""
    extra_basic: str = ""
    prolog: str = '<?xml version="1.0" encoding="UTF-8"?>'
    supervision_number: str | None = None


def digital_xml(facts: Cn = Cn()) -> bytes:
    """The delivery file of a fully digital invoice."""
    lines = "".join(
        f"<IssuItemInformation><ItemName>*test*thing</ItemName><MeaUnits>piece</MeaUnits>"
        f"<Quantity>1</Quantity><UnPrice>{net}</UnPrice><Amount>{net}</Amount>"
        f"<TaxRate>{rate}</TaxRate><ComTaxAm>{tax}</ComTaxAm></IssuItemInformation>"
        for net, rate, tax in facts.lines
    )
    supervised = facts.number if facts.supervision_number is None else facts.supervision_number
    seller = (
        f"<SellerInformation><SellerIdNum>{facts.seller_id}</SellerIdNum>"
        f"<SellerName>{facts.seller}</SellerName></SellerInformation>"
        if facts.seller
        else ""
    )
    text = f"""{facts.prolog}<EInvoice><Header><EIid>{facts.number}</EIid>
<EInvoiceTag>SWEI3200</EInvoiceTag><Version>0.35</Version><InherentLabel><InIssuType>
<LabelCode>{facts.blue}</LabelCode></InIssuType><GeneralOrSpecialVAT><LabelCode>02</LabelCode>
</GeneralOrSpecialVAT></InherentLabel></Header><EInvoiceData>{seller}<BuyerInformation>
<BuyerIdNum>{BUYER_ID}</BuyerIdNum><BuyerName>{BUYER}</BuyerName></BuyerInformation>
<BasicInformation><TotalAmWithoutTax>{facts.net}</TotalAmWithoutTax>
<TotalTaxAm>{facts.tax}</TotalTaxAm>
<TotalTax-includedAmount>{facts.gross}</TotalTax-includedAmount>
<TotalTax-includedAmountInChinese>{facts.words}</TotalTax-includedAmountInChinese>
<RequestTime>{facts.date} 10:00:00</RequestTime>{facts.extra_basic}</BasicInformation>{lines}
<SpecificInformation>{facts.red}</SpecificInformation></EInvoiceData>
<TaxSupervisionInfo><InvoiceNumber>{supervised}</InvoiceNumber></TaxSupervisionInfo>
<TaxBureauSignature><SignatureValue>{facts.signature}</SignatureValue></TaxBureauSignature>
</EInvoice>"""
    return text.encode()


def original_xml(facts: Cn = Cn(), code: str = OLD_CODE, graph: str = "") -> bytes:
    """`original_invoice.xml` of the older generation with an 8-digit number."""
    lines = "".join(
        f"<fp:GoodsInfo><fp:Item>thing</fp:Item><fp:Price>1</fp:Price><fp:Quantity>1</fp:Quantity>"
        f"<fp:Amount>{net}</fp:Amount><fp:TaxScheme>{rate}</fp:TaxScheme>"
        f"<fp:TaxAmount>{tax}</fp:TaxAmount></fp:GoodsInfo>"
        for net, rate, tax in facts.lines
    )
    year, month, day = facts.date.split("-")
    number = facts.number if len(facts.number) == 8 else OLD_NUMBER
    return f"""<?xml version="1.0" encoding="utf-8"?>
<eInvoice xmlns:fp="http://www.edrm.org.cn/schema/e-invoice/2019" Version="1.0">
<fp:InvoiceCode>{code}</fp:InvoiceCode><fp:InvoiceNo>{number}</fp:InvoiceNo>
<fp:IssueDate>{year}年{month}月{day}日</fp:IssueDate>
<fp:InvoiceCheckCode>{CHECK_CODE}</fp:InvoiceCheckCode>
<fp:Buyer><fp:BuyerName>{BUYER}</fp:BuyerName><fp:BuyerTaxID>{BUYER_ID}</fp:BuyerTaxID></fp:Buyer>
<fp:Seller><fp:SellerName>{facts.seller}</fp:SellerName>
<fp:SellerTaxID>{facts.seller_id}</fp:SellerTaxID></fp:Seller>
<fp:TaxInclusiveTotalAmount>{facts.gross}</fp:TaxInclusiveTotalAmount>
<fp:TaxTotalAmount>{facts.tax}</fp:TaxTotalAmount>
<fp:TaxExclusiveTotalAmount>{facts.net}</fp:TaxExclusiveTotalAmount>
<fp:GraphCode>{graph}</fp:GraphCode><fp:GoodsInfos>{lines}</fp:GoodsInfos></eInvoice>""".encode()


def xbrl_issuer(facts: Cn = Cn(), taxonomy: str = "2021-09-30/inv") -> bytes:
    """An issuer's XBRL e-voucher of the older generation."""
    lines = "".join(
        "<i:InformationOfTaxableGoodsOrServicesDetailItemsTuple>"
        f"<i:NameOfTaxableGoodsOrServices>thing</i:NameOfTaxableGoodsOrServices>"
        f"<i:AmountExcludingTax>{net}</i:AmountExcludingTax><i:TaxRate>{rate}</i:TaxRate>"
        f"<i:TaxAmount>{tax}</i:TaxAmount>"
        "</i:InformationOfTaxableGoodsOrServicesDetailItemsTuple>"
        for net, rate, tax in facts.lines
    )
    long_id = "TaxpayerIdentificationNumberUnifiedSocialCreditCodeOf"
    return f"""<xbrl xmlns="http://www.xbrl.org/2003/instance"
 xmlns:i="http://xbrl.mof.gov.cn/taxonomy/{taxonomy}"><context id="c1"/>
<i:CodeOfInvoice>{OLD_CODE}</i:CodeOfInvoice><i:NumberOfInvoice>{OLD_NUMBER}</i:NumberOfInvoice>
<i:DateOfIssue>{facts.date}</i:DateOfIssue><i:IdentifyingCode>{CHECK_CODE}</i:IdentifyingCode>
<i:NameOfPurchaser>{BUYER}</i:NameOfPurchaser><i:{long_id}Purchaser>{BUYER_ID}</i:{long_id}Purchaser>
<i:TotalAmountExcludingTax>{facts.net}</i:TotalAmountExcludingTax>
<i:TotalTaxAmount>{facts.tax}</i:TotalTaxAmount>
<i:TaxIncludedAmountInWords>{facts.words}</i:TaxIncludedAmountInWords>
<i:TaxIncludedAmountInFigures>{facts.gross}</i:TaxIncludedAmountInFigures>{lines}
<i:NameOfSeller>{facts.seller}</i:NameOfSeller>
<i:{long_id}Seller>{facts.seller_id}</i:{long_id}Seller></xbrl>""".encode()


def xbrl_booking(facts: Cn = Cn(), red: str = "false") -> bytes:
    """A receiver's booking file of a digital invoice."""
    return f"""<x:xbrl xmlns:x="http://www.xbrl.org/2003/instance"
 xmlns:e="http://xbrl.mof.gov.cn/taxonomy/2023-12-31/einv">
<e:InvoiceNumber>{facts.number}</e:InvoiceNumber><e:SellerName>{facts.seller}</e:SellerName>
<e:SellerIdNum>{facts.seller_id}</e:SellerIdNum><e:RequestTime>{facts.date}</e:RequestTime>
<e:TotalAmWithoutTax>{facts.net}</e:TotalAmWithoutTax><e:TotalTaxAm>{facts.tax}</e:TotalTaxAm>
<e:TotalTax-includedAmount>{facts.gross}</e:TotalTax-includedAmount>
<e:WhetherEinvoiceIsRedEinvoice>{red}</e:WhetherEinvoiceIsRedEinvoice></x:xbrl>""".encode()


@dataclass(frozen=True)
class En:
    """The facts of an EN 16931 invoice: two categories, an allowance, a charge, a prepayment.

    lines: quantity, price, net, category, rate; groups: base, tax, category, rate;
    adjustments: is_charge, amount, category, rate.
    """

    number: str = "INV-1"
    type_code: str = "380"
    lines: tuple[tuple[str, str, str, str, str], ...] = (
        ("2", "50.00", "100.00", "S", "19"),
        ("4", "12.50", "50.00", "S", "7"),
    )
    groups: tuple[tuple[str, str, str, str], ...] = (
        ("95.00", "18.05", "S", "19.00"),
        ("50.00", "3.50", "S", "7"),
    )
    adjustments: tuple[tuple[bool, str, str, str], ...] = (
        (False, "10.00", "S", "19"),
        (True, "5.00", "S", "19"),
    )
    line_sum: str = "150.00"
    allowances: str = "10.00"
    charges: str = "5.00"
    net: str = "145.00"
    tax: str = "21.55"
    gross: str = "166.55"
    prepaid: str = "66.50"
    rounding: str = "-0.05"
    payable: str = "100.00"
    seller: str = "Seller Ltd"
    extra: str = ""


def ubl(facts: En = En(), *, credit: bool = False) -> bytes:
    """A UBL invoice or credit note."""
    root = "CreditNote" if credit else "Invoice"
    quantity = "CreditedQuantity" if credit else "InvoicedQuantity"
    base = "urn:oasis:names:specification:ubl:schema:xsd:"

    def category(name: str, code: str, rate: str) -> str:
        return f"<a:{name}><b:ID>{code}</b:ID><b:Percent>{rate}</b:Percent></a:{name}>"

    adjustments = "".join(
        f"<a:AllowanceCharge><b:ChargeIndicator>{str(charge).lower()}</b:ChargeIndicator>"
        f"<b:Amount>{amount}</b:Amount>{category('TaxCategory', code, rate)}</a:AllowanceCharge>"
        for charge, amount, code, rate in facts.adjustments
    )
    groups = "".join(
        f"<a:TaxSubtotal><b:TaxableAmount>{basis}</b:TaxableAmount><b:TaxAmount>{tax}</b:TaxAmount>"
        f"{category('TaxCategory', code, rate)}</a:TaxSubtotal>"
        for basis, tax, code, rate in facts.groups
    )
    lines = "".join(
        f"<a:{root}Line><b:{quantity}>{count}</b:{quantity}>"
        f"<b:LineExtensionAmount>{net}</b:LineExtensionAmount><a:Item><b:Name>thing</b:Name>"
        f"{category('ClassifiedTaxCategory', code, rate)}</a:Item>"
        f"<a:Price><b:PriceAmount>{price}</b:PriceAmount></a:Price></a:{root}Line>"
        for count, price, net, code, rate in facts.lines
    )
    name = f"<a:PartyName><b:Name>{facts.seller}</b:Name></a:PartyName>" if facts.seller else ""
    return f"""<?xml version="1.0"?><{root} xmlns="{base}{root}-2"
 xmlns:a="{base}CommonAggregateComponents-2" xmlns:b="{base}CommonBasicComponents-2">
<b:ID>{facts.number}</b:ID><b:IssueDate>2026-03-30</b:IssueDate>
<b:{root}TypeCode>{facts.type_code}</b:{root}TypeCode>
<b:DocumentCurrencyCode>EUR</b:DocumentCurrencyCode>{facts.extra}
<a:AccountingSupplierParty><a:Party>{name}<a:PartyTaxScheme><b:CompanyID>DE 123</b:CompanyID>
<a:TaxScheme><b:ID>VAT</b:ID></a:TaxScheme></a:PartyTaxScheme></a:Party></a:AccountingSupplierParty>
<a:AccountingCustomerParty><a:Party><a:PartyName><b:Name>Buyer</b:Name></a:PartyName></a:Party>
</a:AccountingCustomerParty>{adjustments}
<a:TaxTotal><b:TaxAmount currencyID="EUR">{facts.tax}</b:TaxAmount>{groups}</a:TaxTotal>
<a:LegalMonetaryTotal><b:LineExtensionAmount>{facts.line_sum}</b:LineExtensionAmount>
<b:TaxExclusiveAmount>{facts.net}</b:TaxExclusiveAmount>
<b:TaxInclusiveAmount>{facts.gross}</b:TaxInclusiveAmount>
<b:AllowanceTotalAmount>{facts.allowances}</b:AllowanceTotalAmount>
<b:ChargeTotalAmount>{facts.charges}</b:ChargeTotalAmount>
<b:PrepaidAmount>{facts.prepaid}</b:PrepaidAmount>
<b:PayableRoundingAmount>{facts.rounding}</b:PayableRoundingAmount>
<b:PayableAmount>{facts.payable}</b:PayableAmount></a:LegalMonetaryTotal>{lines}</{root}>""".encode()


def cii(facts: En = En()) -> bytes:
    """A CII invoice (Factur-X)."""
    data = "urn:un:unece:uncefact:data:standard:"

    def tax(name: str, code: str, rate: str, inner: str = "") -> str:
        return (
            f"<r:{name}>{inner}<r:CategoryCode>{code}</r:CategoryCode>"
            f"<r:RateApplicablePercent>{rate}</r:RateApplicablePercent></r:{name}>"
        )

    adjustments = "".join(
        f"<r:SpecifiedTradeAllowanceCharge><r:ChargeIndicator><u:Indicator>{str(charge).lower()}"
        f"</u:Indicator></r:ChargeIndicator><r:ActualAmount>{amount}</r:ActualAmount>"
        f"{tax('CategoryTradeTax', code, rate)}</r:SpecifiedTradeAllowanceCharge>"
        for charge, amount, code, rate in facts.adjustments
    )
    groups = "".join(
        tax(
            "ApplicableTradeTax",
            code,
            rate,
            f"<r:CalculatedAmount>{amount}</r:CalculatedAmount><r:BasisAmount>{basis}</r:BasisAmount>",
        )
        for basis, amount, code, rate in facts.groups
    )
    lines = "".join(
        "<r:IncludedSupplyChainTradeLineItem><r:SpecifiedTradeProduct><r:Name>thing</r:Name>"
        "</r:SpecifiedTradeProduct><r:SpecifiedLineTradeAgreement><r:NetPriceProductTradePrice>"
        f"<r:ChargeAmount>{price}</r:ChargeAmount></r:NetPriceProductTradePrice>"
        "</r:SpecifiedLineTradeAgreement><r:SpecifiedLineTradeDelivery>"
        f"<r:BilledQuantity>{count}</r:BilledQuantity></r:SpecifiedLineTradeDelivery>"
        f"<r:SpecifiedLineTradeSettlement>{tax('ApplicableTradeTax', code, rate)}"
        "<r:SpecifiedTradeSettlementLineMonetarySummation>"
        f"<r:LineTotalAmount>{net}</r:LineTotalAmount>"
        "</r:SpecifiedTradeSettlementLineMonetarySummation></r:SpecifiedLineTradeSettlement>"
        "</r:IncludedSupplyChainTradeLineItem>"
        for count, price, net, code, rate in facts.lines
    )
    return f"""<?xml version="1.0"?><m:CrossIndustryInvoice xmlns:m="{data}CrossIndustryInvoice:100"
 xmlns:r="{data}ReusableAggregateBusinessInformationEntity:100"
 xmlns:u="{data}UnqualifiedDataType:100"><m:ExchangedDocument><r:ID>{facts.number}</r:ID>
<r:TypeCode>{facts.type_code}</r:TypeCode><r:IssueDateTime><u:DateTimeString format="102">20260330
</u:DateTimeString></r:IssueDateTime></m:ExchangedDocument><m:SupplyChainTradeTransaction>{lines}
<r:ApplicableHeaderTradeAgreement><r:SellerTradeParty><r:Name>{facts.seller}</r:Name>
</r:SellerTradeParty><r:BuyerTradeParty><r:Name>Buyer</r:Name></r:BuyerTradeParty>
</r:ApplicableHeaderTradeAgreement><r:ApplicableHeaderTradeSettlement>
<r:InvoiceCurrencyCode>EUR</r:InvoiceCurrencyCode>{facts.extra}{groups}{adjustments}
<r:SpecifiedTradeSettlementHeaderMonetarySummation>
<r:LineTotalAmount>{facts.line_sum}</r:LineTotalAmount>
<r:ChargeTotalAmount>{facts.charges}</r:ChargeTotalAmount>
<r:AllowanceTotalAmount>{facts.allowances}</r:AllowanceTotalAmount>
<r:TaxBasisTotalAmount>{facts.net}</r:TaxBasisTotalAmount>
<r:TaxTotalAmount currencyID="EUR">{facts.tax}</r:TaxTotalAmount>
<r:RoundingAmount>{facts.rounding}</r:RoundingAmount>
<r:GrandTotalAmount>{facts.gross}</r:GrandTotalAmount>
<r:TotalPrepaidAmount>{facts.prepaid}</r:TotalPrepaidAmount>
<r:DuePayableAmount>{facts.payable}</r:DuePayableAmount>
</r:SpecifiedTradeSettlementHeaderMonetarySummation></r:ApplicableHeaderTradeSettlement>
</m:SupplyChainTradeTransaction></m:CrossIndustryInvoice>""".encode()


def qr_text(number: str = NUMBER, amount: str = "138.99", date: str = "20260330") -> str:
    """The QR content of a digital ordinary invoice."""
    return f"01,32,,{number},{amount},{date},,5F98"


def qr_png(text: str) -> bytes:
    """A QR code as a PNG."""
    target = BytesIO()
    segno.make(text, micro=False).save(target, kind="png", scale=4)
    return target.getvalue()


@dataclass(frozen=True)
class OfdInvoice:
    """An OFD package with the carriers of an invoice. tags: field path to texts on the page."""

    custom: tuple[tuple[str, str], ...] = ()
    attachments: tuple[bytes, ...] = ()
    tags: tuple[tuple[str, tuple[str, ...]], ...] = ()
    pictures: tuple[bytes, ...] = ()
    dangling: bool = False
    text_attributes: str = ""
    parts: dict[str, bytes] = field(default_factory=dict)

    def build(self) -> bytes:
        """The package's bytes."""
        names = 'xmlns:ofd="http://www.ofdspec.org/2016"'
        custom = "".join(
            f'<ofd:CustomData Name="{name}">{value}</ofd:CustomData>' for name, value in self.custom
        )
        objects, tagged = self._tagged()
        listed = "".join(
            f'<ofd:Attachment ID="{at}" Name="a{at}" Format="xml"><ofd:FileLoc>a{at}.xml'
            "</ofd:FileLoc></ofd:Attachment>"
            for at in range(len(self.attachments))
        )
        files = {
            "OFD.xml": f"<ofd:OFD {names}><ofd:DocBody><ofd:DocInfo><ofd:CustomDatas>{custom}"
            "</ofd:CustomDatas></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
            "</ofd:DocBody></ofd:OFD>",
            "Doc_0/Document.xml": f"<ofd:Document {names}>"
            "<ofd:CommonData><ofd:PageArea>"
            "<ofd:PhysicalBox>0 0 210 140</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData>"
            '<ofd:Pages><ofd:Page ID="7" '
            'BaseLoc="Pages/P.xml"/></ofd:Pages><ofd:CustomTags>Tags/T.xml</ofd:CustomTags>'
            "<ofd:Attachments>Attachs/A.xml</ofd:Attachments></ofd:Document>",
            "Doc_0/Pages/P.xml": f'<ofd:Page {names}><ofd:Content><ofd:Layer ID="2">{objects}'
            "</ofd:Layer></ofd:Content></ofd:Page>",
            "Doc_0/Tags/T.xml": f'<ofd:CustomTags {names}><ofd:CustomTag TypeID="root">'
            "<ofd:FileLoc>C.xml</ofd:FileLoc></ofd:CustomTag></ofd:CustomTags>",
            "Doc_0/Tags/C.xml": f'<ofd:root {names} version="1.0">{tagged}</ofd:root>',
            "Doc_0/Attachs/A.xml": f"<ofd:Attachments {names}>{listed}</ofd:Attachments>",
        }
        target = BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
            for name, text in files.items():
                package.writestr(name, self.parts.get(name, text.encode()))
            for at, content in enumerate(self.attachments):
                package.writestr(f"Doc_0/Attachs/a{at}.xml", content)
            for at, content in enumerate(self.pictures):
                package.writestr(f"Doc_0/Res/p{at}.png", content)
        return target.getvalue()

    def _tagged(self) -> tuple[str, str]:
        objects = tagged = ""
        at = 100
        for path, texts in self.tags:
            references = ""
            for text in texts:
                at += 1
                shown = at + 1000 if self.dangling else at
                references += f'<ofd:ObjectRef PageRef="7">{shown}</ofd:ObjectRef>'
                objects += (
                    f'<ofd:TextObject ID="{at}" Boundary="10 10 180 9" Font="1" Size="4"'
                    f'{self.text_attributes}><ofd:TextCode X="0" Y="4">{text}</ofd:TextCode>'
                    "</ofd:TextObject>"
                )
            owners = path.split("/")
            tagged += "".join(f"<ofd:{one}>" for one in owners) + references
            tagged += "".join(f"</ofd:{one}>" for one in reversed(owners))
        return objects, tagged


def ofd_custom(facts: Cn = Cn()) -> tuple[tuple[str, str], ...]:
    """The CustomDatas that a digital invoice's issuer writes."""
    year, month, day = facts.date.split("-")
    return (
        ("发票号码", facts.number),
        ("合计金额", facts.net),
        ("合计税额", facts.tax),
        ("开票日期", f"{year}年{month}月{day}日"),
        ("销售方纳税人识别号", facts.seller_id),
        ("购买方纳税人识别号", BUYER_ID),
    )


def ofd_tags(facts: Cn = Cn()) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The custom tags of a digital invoice with one line."""
    year, month, day = facts.date.split("-")
    return (
        ("InvoiceNo", (facts.number,)),
        ("IssueDate", (f"{year}年{month}月{day}日",)),
        ("Seller/SellerName", (facts.seller[:2], facts.seller[2:])),
        ("Seller/SellerTaxID", (facts.seller_id,)),
        ("Buyer/BuyerName", (BUYER,)),
        ("Buyer/BuyerTaxID", (BUYER_ID,)),
        ("TaxExclusiveTotalAmount", ("¥", facts.net)),
        ("TaxTotalAmount", ("¥", facts.tax)),
        ("TaxInclusiveTotalAmount", (facts.words, f"¥{facts.gross}")),
        ("Amount", (facts.net,)),
        ("TaxScheme", ("13%",)),
        ("TaxAmount", (facts.tax,)),
    )


def pdf_with(attachments: dict[str, bytes], base: bytes | None = None) -> bytes:
    """A one-page PDF with embedded, associated files."""
    target = BytesIO()
    with pikepdf.open(BytesIO(base or pdf_page(()))) as document:
        references = pikepdf.Array()
        for name, content in attachments.items():
            specification = pikepdf.AttachedFileSpec(document, content, filename=name)
            document.attachments[name] = specification
            references.append(specification.obj)
        document.Root["/AF"] = references
        document.save(target)
    return target.getvalue()


def pdf_page(lines: tuple[str, ...], picture: bytes | None = None) -> bytes:
    """A page with lines of text and a picture."""
    page = FPDF(format="A4")
    page.add_page()
    page.add_font("songti", fname=str(_FONT))
    page.set_font("songti", size=11)
    for line in lines:
        page.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    if picture is not None:
        page.image(BytesIO(picture), x=150, y=10, w=30)
    return bytes(page.output())


def pdf_lines(facts: Cn = Cn()) -> tuple[str, ...]:
    """What a printed digital invoice says, label by label."""
    year, month, day = facts.date.split("-")
    return (
        f"发票号码：{facts.number}",
        f"开票日期：{year}年{month}月{day}日",
        f"名称：{BUYER}",
        f"统一社会信用代码/纳税人识别号：{BUYER_ID}",
        f"名称：{facts.seller}",
        f"统一社会信用代码/纳税人识别号：{facts.seller_id}",
        f"合 计 ¥{facts.net} ¥{facts.tax}",
        f"价税合计（大写）{facts.words}",
        f"（小写）¥{facts.gross}",
    )
