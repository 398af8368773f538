"""Maker of an invoice that looks like a Chinese fully digital one; synthetic in every member.

The tax bureau's own marks (supervision stamp, QR code) are left out on purpose.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from api.demo.amounts import Line, percent, plain, rmb_in_words, totals
from api.demo.paper import Paper, price, quantity
from sealsvc.areas.entities.model.record import EntityDraft
from sealsvc.values import Placement

SIZE_MM = (210.0, 140.0)
SEAL_WIDTH_MM = 40.0
NUMBER_DIGITS = 20

_CHINA = timezone(timedelta(hours=8))
_LEFT, _RIGHT, _MIDDLE = 8.0, 202.0, 105.0
_BROWN, _BLACK = (148, 70, 40), (20, 20, 20)
# x of each column's text, its alignment, its head
_COLUMNS = (
    (10.0, "L", "项目名称"),
    (66.0, "L", "规格型号"),
    (91.0, "L", "单位"),
    (114.0, "R", "数量"),
    (136.0, "R", "单价"),
    (159.0, "R", "金额"),
    (175.0, "C", "税率/征收率"),
    (200.0, "R", "税额"),
)


@dataclass(frozen=True)
class Invoice:
    """What stands on an invoice. number: 20 digits; issued_at: aware."""

    number: str
    issued_at: datetime
    seller: EntityDraft
    buyer: EntityDraft
    lines: tuple[Line, ...]
    drawer: str
    remark: str = ""


@dataclass(frozen=True)
class InvoicePdf:
    """The file, and where the seller's seal goes (40 mm wide, in the remark's right half)."""

    data: bytes
    seal: Placement


def demo_lines() -> tuple[Line, ...]:
    """Goods and services of a made-up sale, 13 % tax."""
    return (
        Line("*电子设备*条码核验终端", "QH-300", "台", Decimal(12), Decimal("1327.4336")),
        Line("*信息技术服务*部署与培训", "", "项", Decimal(1), Decimal("4600.00")),
        Line("*纸制品*防伪标签", "50×30mm", "卷", Decimal(40), Decimal("17.70")),
    )


def make_invoice(invoice: Invoice) -> InvoicePdf:
    """Draw the invoice on one page of 210 × 140 mm.

    The same invoice gives the same bytes. Source: china-domain sections 4.2 and 4.4 (members).
    """
    paper = Paper(SIZE_MM, invoice.issued_at, f"电子发票（普通发票） {invoice.number}")
    paper.add_page()
    _heading(paper, invoice)
    _frame(paper)
    _party(paper, _LEFT, "购买方信息", invoice.buyer)
    _party(paper, _MIDDLE, "销售方信息", invoice.seller)
    _lines(paper, invoice)
    _sums(paper, invoice)
    _foot(paper, invoice)
    place = Placement(page=1, x_mm=158.0, y_mm=98.0, width_mm=SEAL_WIDTH_MM)
    return InvoicePdf(paper.finished(), place)


def _heading(paper: Paper, invoice: Invoice) -> None:
    paper.ink(*_BROWN)
    paper.words(_MIDDLE, 17, "电子发票（普通发票）", 19, "C")
    paper.set_line_width(0.3)
    paper.line(71, 20, 139, 20)
    paper.line(71, 21.2, 139, 21.2)
    paper.words(150, 15, "发票号码：", 9)
    paper.words(150, 21, "开票日期：", 9)
    paper.ink(*_BLACK)
    paper.words(166, 15, invoice.number, 9)
    day = invoice.issued_at.astimezone(_CHINA)
    paper.words(166, 21, f"{day.year}年{day.month:02d}月{day.day:02d}日", 9)


def _frame(paper: Paper) -> None:
    paper.ink(*_BROWN)
    paper.set_line_width(0.25)
    paper.rect(_LEFT, 27, _RIGHT - _LEFT, 103)
    for y in (49, 87, 96):
        paper.line(_LEFT, y, _RIGHT, y)
    for x in (_LEFT + 6, _MIDDLE, _MIDDLE + 6):
        paper.line(x, 27, x, 49)
    paper.line(_LEFT + 6, 96, _LEFT + 6, 130)
    paper.line(62, 87, 62, 96)


def _party(paper: Paper, left: float, head: str, entity: EntityDraft) -> None:
    paper.ink(*_BROWN)
    paper.column(left + 3, 31.2, head, 8, 4)
    paper.words(left + 8, 35, "名称：", 9)
    paper.words(left + 8, 44, "统一社会信用代码/纳税人识别号：", 9)
    paper.ink(*_BLACK)
    paper.words(left + 18, 35, entity.legal_name, 9)
    paper.words(left + 58, 44, entity.uscc, 9)


def _lines(paper: Paper, invoice: Invoice) -> None:
    paper.ink(*_BROWN)
    for x, align, head in _COLUMNS:
        paper.words(x, 54, head, 9, align)
    paper.ink(*_BLACK)
    for row, line in enumerate(invoice.lines):
        cells = (
            line.name,
            line.spec,
            line.unit,
            quantity(line.quantity),
            price(line.unit_price),
            plain(line.net),
            percent(line.rate),
            plain(line.tax),
        )
        for (x, align, _head), cell in zip(_COLUMNS, cells, strict=True):
            paper.words(x, 60 + 5 * row, cell, 8.5, align)


def _sums(paper: Paper, invoice: Invoice) -> None:
    sums = totals(invoice.lines)
    paper.ink(*_BROWN)
    paper.words(34, 84, "合　　计", 9, "C")
    paper.words(34, 93, "价税合计（大写）", 9, "C")
    paper.words(140, 93, "（小写）", 9)
    paper.ink(*_BLACK)
    paper.words(159, 84, f"¥{plain(sums.net)}", 9, "R")
    paper.words(200, 84, f"¥{plain(sums.tax)}", 9, "R")
    paper.words(66, 93, f"⊙{rmb_in_words(sums.gross)}", 9)
    paper.words(155, 93, f"¥{plain(sums.gross)}", 9)


def _foot(paper: Paper, invoice: Invoice) -> None:
    paper.ink(*_BROWN)
    paper.column(_LEFT + 3, 109, "备注", 9, 9)
    paper.words(20, 136, "开票人：", 9)
    paper.ink(*_BLACK)
    paper.words(34, 136, invoice.drawer, 9)
    paper.block(_LEFT + 9, 99, 120, invoice.remark, 9)
