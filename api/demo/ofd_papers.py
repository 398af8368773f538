"""The demonstration's papers as OFD: the same invoice, and a contract of several pages."""

from dataclasses import replace
from datetime import timedelta, timezone

from api.demo.amounts import Line, percent, plain, rmb_in_words, totals
from api.demo.contract import Contract, clauses
from api.demo.invoice import Invoice
from sealsvc.areas.entities.model.record import EntityDraft
from sealsvc.documents.ofd import contract_pages, invoice_page
from sealsvc.documents.ofd.contract_pages import OfdContract, write_contract
from sealsvc.documents.ofd.drawing import OfdFont
from sealsvc.documents.ofd.invoice_page import (
    InvoiceLine,
    InvoiceParty,
    OfdInvoice,
    write_invoice,
)
from sealsvc.imprint.embedding import font_subset

_CHINA = timezone(timedelta(hours=8))
_ID_DIGITS = 32


def ofd_invoice(invoice: Invoice) -> bytes:
    """The invoice on one page of 210 × 140 mm, its data attached as XML.

    The same invoice gives the same bytes. Source: ofd.md sections 7 and 8.
    """
    sums = totals(invoice.lines)
    spec = OfdInvoice(
        document_id=invoice.number.zfill(_ID_DIGITS),
        code="",
        number=invoice.number,
        issued_on=invoice.issued_at.astimezone(_CHINA).date(),
        check_code="",
        buyer=_party(invoice.buyer),
        seller=_party(invoice.seller),
        lines=tuple(_line(line) for line in invoice.lines),
        amount=plain(sums.net),
        tax=plain(sums.tax),
        total=plain(sums.gross),
        total_in_words=rmb_in_words(sums.gross),
        made_at=invoice.issued_at,
        clerk=invoice.drawer,
        note=invoice.remark.replace("\n", " "),
    )
    return write_invoice(replace(spec, font=embedded(invoice_page.characters(spec))))


def ofd_contract(contract: Contract, pages: int) -> bytes:
    """The contract as OFD, at least that many pages; the same contract gives the same bytes."""
    spec = OfdContract(
        document_id=f"{contract.dated_at:%Y%m%d}".zfill(_ID_DIGITS),
        title=f"买卖合同 {contract.number}",
        paragraphs=(
            f"甲方（出卖人）：{contract.seller.legal_name}（{contract.seller.uscc}）",
            f"乙方（买受人）：{contract.buyer.legal_name}（{contract.buyer.uscc}）",
            *(text for clause in clauses(contract) for text in clause),
        ),
        made_at=contract.dated_at,
        least_pages=pages,
        author=contract.seller.legal_name,
    )
    return write_contract(replace(spec, font=embedded(contract_pages.characters(spec))))


def embedded(characters: str) -> OfdFont:
    """Our Song face cut down to these characters, so that the page looks the same everywhere."""
    cut = font_subset(characters)
    return OfdFont(name=cut.family, family=cut.family, data=cut.data, advances=cut.advances)


def _party(entity: EntityDraft) -> InvoiceParty:
    return InvoiceParty(entity.legal_name, entity.uscc, entity.registered_address or "")


def _line(line: Line) -> InvoiceLine:
    return InvoiceLine(
        item=line.name,
        amount=plain(line.net),
        tax_rate=percent(line.rate),
        tax_amount=plain(line.tax),
        specification=line.spec,
        unit=line.unit,
        quantity=f"{line.quantity.normalize():f}",
        price=f"{line.unit_price.normalize():f}",
    )
