"""A one-page OFD invoice from plain values, laid out as the VAT e-invoices of 2020 to 2023.

210 x 140 mm, with the invoice XML as attachment and custom tags from each value to its text. The
tax bureau's own marks are left out: supervision stamp, its seal, QR code.
Source: ofd.md sections 7 and 8.
"""

from base64 import b64encode
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from sealsvc.documents.ofd.drawing import (
    SYSTEM_FONT,
    Attachment,
    Color,
    OfdDocument,
    OfdFont,
    PageDrawing,
    Shape,
    TextRun,
    line_path,
    write_document,
)
from sealsvc.documents.ofd.xmlwrite import DECLARATION, escaped, named
from sealsvc.errors import BadInput

SIZE_MM = (210.0, 140.0)
SEAL_BOX_MM = (90.0, 8.0, 30.0, 20.0)
"""Where the issuing authority's oval seal lies: x, y, width, height."""
NAMESPACE = "http://www.edrm.org.cn/schema/e-invoice/2019"
MOST_LINES = 8
_BROWN: Color = (128, 0, 0)
_LEFT, _RIGHT, _TOP = 6.0, 204.0, 30.0
# Lower edges of the rows: buyer, goods, total in words, seller.
_ROWS = (52.0, 88.0, 95.0, 117.0)
_HEAD_MM = 4.5
# tag, x of the text, align, heading
_COLUMNS = (
    ("Item", 8.0, "L", "项目名称"),
    ("Specification", 62.0, "L", "规格型号"),
    ("MeasurementDimension", 86.0, "L", "单位"),
    ("Quantity", 114.0, "R", "数量"),
    ("Price", 137.0, "R", "单价"),
    ("Amount", 162.0, "R", "金额"),
    ("TaxScheme", 172.0, "C", "税率"),
    ("TaxAmount", 202.0, "R", "税额"),
)


class OfdInvoiceInvalid(BadInput):
    """A figure is no plain decimal, a sum is wrong, or there are too many lines for one page."""

    code = "OFD_INVOICE_INVALID"


@dataclass(frozen=True)
class InvoiceParty:
    """Buyer or seller. tax_id: the USCC."""

    name: str
    tax_id: str
    address_phone: str = ""
    bank_account: str = ""


@dataclass(frozen=True)
class InvoiceLine:
    """One line. Figures are decimal strings, amounts with two places; tax_rate: as shown, `13%`."""

    item: str
    amount: str
    tax_rate: str
    tax_amount: str
    specification: str = ""
    unit: str = ""
    quantity: str = ""
    price: str = ""


@dataclass(frozen=True)
class OfdInvoice:
    """What stands on an invoice. amount, tax, total: decimal strings with two places.

    document_id: 32 hex digits; total_in_words: the total in financial numerals; made_at: aware.
    """

    document_id: str
    code: str
    number: str
    issued_on: date
    check_code: str
    buyer: InvoiceParty
    seller: InvoiceParty
    lines: tuple[InvoiceLine, ...]
    amount: str
    tax: str
    total: str
    total_in_words: str
    made_at: datetime
    machine_no: str = ""
    clerk: str = ""
    payee: str = ""
    checker: str = ""
    note: str = ""
    issuer_signature: bytes = b""
    font: OfdFont = SYSTEM_FONT


def write_invoice(invoice: OfdInvoice) -> bytes:
    """The OFD. The same invoice gives the same bytes.

    Raises: OfdInvoiceInvalid, XmlTextInvalid.
    """
    _refuse_wrong(invoice)
    page = PageDrawing(*SIZE_MM, (*_frame(), *_heading(invoice), *_body(invoice), *_foot(invoice)))
    return write_document(
        OfdDocument(
            doc_id=invoice.document_id,
            title="电子发票",
            made_at=invoice.made_at,
            pages=(page,),
            font=invoice.font,
            author=invoice.seller.name,
            custom_datas=_custom_datas(invoice),
            attachments=(
                Attachment("original_invoice", "original_invoice.xml", "xml", invoice_xml(invoice)),
            ),
            tag_root=("eInvoice", "fp", NAMESPACE, "1.0"),
        )
    )


def characters(invoice: OfdInvoice) -> str:
    """Every character that the page shows, for a font subset to embed."""
    items = (*_heading(invoice), *_body(invoice), *_foot(invoice))
    shown = "".join(one.text for one in items if isinstance(one, TextRun))
    return "".join(sorted(set(shown)))


def _refuse_wrong(invoice: OfdInvoice) -> None:
    if not 0 < len(invoice.lines) <= MOST_LINES:
        raise OfdInvoiceInvalid(field="lines", most=MOST_LINES)
    amounts = [_money("amount", one.amount) for one in invoice.lines]
    taxes = [_money("taxAmount", one.tax_amount) for one in invoice.lines]
    amount, tax = _money("amount", invoice.amount), _money("tax", invoice.tax)
    if (sum(amounts), sum(taxes)) != (amount, tax):
        raise OfdInvoiceInvalid(field="lines")
    if amount + tax != _money("total", invoice.total):
        raise OfdInvoiceInvalid(field="total")


def _money(name: str, written: str) -> Decimal:
    """A plain decimal with two places."""
    try:
        value = Decimal(written)
    except InvalidOperation as error:
        raise OfdInvoiceInvalid(field=name) from error
    if not value.is_finite() or f"{value:.2f}" != written or abs(value) >= 10**15:
        raise OfdInvoiceInvalid(field=name)
    return value


def _day(day: date) -> str:
    return f"{day.year}年{day.month:02d}月{day.day:02d}日"


def _custom_datas(invoice: OfdInvoice) -> tuple[tuple[str, str], ...]:
    return (
        ("发票代码", invoice.code),
        ("发票号码", invoice.number),
        ("合计税额", invoice.tax),
        ("合计金额", invoice.amount),
        ("开票日期", _day(invoice.issued_on)),
        ("校验码", invoice.check_code),
        ("购买方纳税人识别号", invoice.buyer.tax_id),
        ("销售方纳税人识别号", invoice.seller.tax_id),
        ("native-producer", "sealsvc"),
        ("template-version", "1.0"),
    )


def _frame() -> tuple[Shape, ...]:
    bottom = _ROWS[-1]
    rows = [(_LEFT, y, _RIGHT, y) for y in (_TOP, *_ROWS)]
    sides = [(x, _TOP, x, bottom) for x in (_LEFT, _RIGHT)]
    inner = [(x, _TOP, x, _ROWS[0]) for x in (12.0, 118.0)]
    inner += [(x, _ROWS[2], x, bottom) for x in (12.0, 118.0)]
    columns = [(x, _ROWS[0], x, _ROWS[1]) for x in (60.0, 84.0, 98.0, 116.0, 139.0, 164.0, 180.0)]
    thick = Shape(line_path(*rows, *sides), _BROWN, 0.35)
    return thick, Shape(line_path(*inner, *columns), _BROWN, 0.2)


def _heading(invoice: OfdInvoice) -> tuple[TextRun, ...]:
    facts = (
        ("发票代码：", invoice.code, "InvoiceCode"),
        ("发票号码：", invoice.number, "InvoiceNo"),
        ("开票日期：", _day(invoice.issued_on), "IssueDate"),
        ("校 验 码：", invoice.check_code, "InvoiceCheckCode"),
    )
    found = [TextRun(105.0, 17.0, "电子发票", 6.5, "C", _BROWN)]
    for index, (label, value, tag) in enumerate(facts):
        y = 9.0 + 5.0 * index
        found += [TextRun(150.0, y, label, color=_BROWN), TextRun(167.0, y, value, tag=tag)]
    machine = TextRun(27.0, 26.0, invoice.machine_no, tag="MachineNo")
    return (*found, TextRun(10.0, 26.0, "机器编号：", color=_BROWN), machine)


def _body(invoice: OfdInvoice) -> tuple[TextRun, ...]:
    heads = [
        TextRun(x, _ROWS[0] + _HEAD_MM, head, align=align, color=_BROWN)
        for _, x, align, head in _COLUMNS
    ]
    words = [
        TextRun(8.0, 92.5, "价税合计（大写）", color=_BROWN),
        TextRun(60.0, 92.5, invoice.total_in_words, tag="TaxInclusiveTotalAmount"),
        TextRun(140.0, 92.5, "（小写）", color=_BROWN),
        TextRun(202.0, 92.5, f"¥{invoice.total}", align="R", tag="TaxInclusiveTotalAmount"),
    ]
    sums = [
        TextRun(30.0, 86.5, "合　　计", align="C", color=_BROWN),
        TextRun(162.0, 86.5, f"¥{invoice.amount}", align="R", tag="TaxExclusiveTotalAmount"),
        TextRun(202.0, 86.5, f"¥{invoice.tax}", align="R", tag="TaxTotalAmount"),
    ]
    parties = [
        *_party("Buyer", "购买方", invoice.buyer, _TOP),
        *_party("Seller", "销售方", invoice.seller, _ROWS[2]),
    ]
    return (*parties, *heads, *_lines(invoice), *sums, *words)


def _party(tag: str, title: str, party: InvoiceParty, top: float) -> list[TextRun]:
    upright = [
        TextRun(9.0, top + 6.5 + 5.5 * index, one, align="C", color=_BROWN)
        for index, one in enumerate(title)
    ]
    rows = (
        ("名　　　　称：", party.name, "Name"),
        ("纳税人识别号：", party.tax_id, "TaxID"),
        ("地 址、电 话：", party.address_phone, "AddrTel"),
        ("开户行及账号：", party.bank_account, "FinancialAccount"),
    )
    found = []
    for index, (label, value, name) in enumerate(rows):
        y = top + 5.0 + 5.0 * index
        found += [
            TextRun(14.0, y, label, color=_BROWN),
            TextRun(38.0, y, value, tag=f"{tag}/{tag}{name}"),
        ]
    return upright + found


def _lines(invoice: OfdInvoice) -> list[TextRun]:
    return [
        TextRun(
            x,
            _ROWS[0] + 8.0 + 3.2 * index,
            value,
            2.6,
            align,
            tag=f"GoodsInfos/GoodsInfo#{index}/{name}",
        )
        for index, line in enumerate(invoice.lines)
        for (name, x, align, _), value in zip(_COLUMNS, _values(line), strict=True)
    ]


def _values(line: InvoiceLine) -> tuple[str, ...]:
    """The values in the order of the columns."""
    measured = (line.item, line.specification, line.unit, line.quantity, line.price)
    return (*measured, line.amount, line.tax_rate, line.tax_amount)


def _foot(invoice: OfdInvoice) -> tuple[TextRun, ...]:
    persons = (
        (8.0, "收款人：", invoice.payee, "Payee"),
        (58.0, "复核：", invoice.checker, "Checker"),
        (103.0, "开票人：", invoice.clerk, "InvoiceClerk"),
    )
    found = [
        TextRun(120.0, 100.0, "备注", color=_BROWN),
        TextRun(130.0, 100.0, invoice.note, tag="Note"),
    ]
    for x, label, value, tag in persons:
        found += [TextRun(x, 122.0, label, color=_BROWN), TextRun(x + 14.0, 122.0, value, tag=tag)]
    return (*found, TextRun(160.0, 122.0, "销售方：（章）", color=_BROWN))


def invoice_xml(invoice: OfdInvoice) -> bytes:
    """`original_invoice.xml`: root without namespace, members in that of the e-invoice schema."""
    goods = "".join(
        _fp("GoodsInfo", "".join(map(_leaf, (one[0] for one in _COLUMNS), _values(line))))
        for line in invoice.lines
    )
    leaves = (
        ("DocID", invoice.document_id),
        ("InvoiceCode", invoice.code),
        ("InvoiceNo", invoice.number),
        ("TypeCode", "02"),
        ("IssueDate", _day(invoice.issued_on)),
        ("InvoiceCheckCode", invoice.check_code),
        ("MachineNo", invoice.machine_no),
        ("TaxControlCode", ""),
    )
    sums = (
        ("TaxInclusiveTotalAmount", invoice.total),
        ("Note", invoice.note),
        ("InvoiceClerk", invoice.clerk),
        ("Payee", invoice.payee),
        ("Checker", invoice.checker),
        ("TaxTotalAmount", invoice.tax),
        ("TaxExclusiveTotalAmount", invoice.amount),
        ("Signature", b64encode(invoice.issuer_signature).decode("ascii")),
    )
    members = (
        *(_leaf(*one) for one in leaves),
        _fp("Buyer", _party_xml("Buyer", invoice.buyer)),
        _fp("Seller", _party_xml("Seller", invoice.seller)),
        *(_leaf(*one) for one in sums),
        _fp("GoodsInfos", goods),
    )
    root = named("eInvoice", {"xmlns:fp": NAMESPACE, "Version": "1.0"}, members)
    return (DECLARATION + root).encode("utf-8")


def _party_xml(name: str, party: InvoiceParty) -> str:
    return "".join(
        (
            _leaf(f"{name}Name", party.name),
            _leaf(f"{name}TaxID", party.tax_id),
            _leaf(f"{name}AddrTel", party.address_phone),
            _leaf(f"{name}FinancialAccount", party.bank_account),
        )
    )


def _fp(name: str, content: str) -> str:
    return named(f"fp:{name}", {}, content)


def _leaf(name: str, value: str) -> str:
    return _fp(name, escaped(value))
