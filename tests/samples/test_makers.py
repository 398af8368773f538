from datetime import UTC, datetime, timedelta
from io import BytesIO

import pikepdf
import pypdfium2
import pytest

from api.demo.amounts import plain, rmb_in_words, totals
from api.demo.contract import Contract, make_contract
from api.demo.foreign import sign_foreign
from api.demo.invoice import SIZE_MM, Invoice, demo_lines, make_invoice
from api.demo.tamper import NothingToAlter, append_bytes, change_one_byte, overpaint
from sealsvc.areas.entities.model import UsccStatus, check_uscc, validate_draft
from sealsvc.areas.entities.model.demo import DEMO_ENTITIES, demo_merchants
from sealsvc.documents.pdf.geometry import pages_of
from sealsvc.documents.pdf.opening import open_document
from sealsvc.values import Placement

AT = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)  # already the 22nd in China
NUMBER = "26112000000990000001"
MERCHANTS = demo_merchants()


def invoice(at: datetime = AT) -> Invoice:
    lines = demo_lines()
    return Invoice(NUMBER, at, MERCHANTS["a"], MERCHANTS["b"], lines, "李示例", "演示数据")


def contract(at: datetime = AT) -> Contract:
    return Contract("QH-2026-0117", at, MERCHANTS["a"], MERCHANTS["b"], demo_lines())


def text_of(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    pages = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return "".join("".join(pages).split())


def on_page(data: bytes, place: Placement, height_mm: float) -> bool:
    width, height = pages_of(open_document(data).reader)[place.page - 1].view().shown_mm
    fits = place.x_mm + place.width_mm <= width and place.y_mm + height_mm <= height
    return fits and min(place.x_mm, place.y_mm) >= 0


def test_merchants_pass_the_registers_own_rules() -> None:
    assert list(MERCHANTS) == ["a", "b", "c"]
    assert len({one.uscc for one in DEMO_ENTITIES}) == 3
    for draft in DEMO_ENTITIES:
        assert check_uscc(draft.uscc).status is UsccStatus.VALID
        assert validate_draft(draft) == draft


def test_invoice_says_what_it_was_given() -> None:
    made = make_invoice(invoice())
    text = text_of(made.data)
    sums = totals(demo_lines())
    wanted = (NUMBER, "2026年11月22日", rmb_in_words(sums.gross), f"¥{plain(sums.gross)}", "李示例")
    for words in (*wanted, *(MERCHANTS[one].uscc for one in "ab"), MERCHANTS["a"].legal_name):
        assert words in text


def test_invoice_is_one_page_of_its_size() -> None:
    made = make_invoice(invoice())
    (page,) = pages_of(open_document(made.data).reader)
    assert page.view().shown_mm == pytest.approx(SIZE_MM, abs=0.1)
    assert on_page(made.data, made.seal, 30)


def test_contract_says_what_it_was_given() -> None:
    made = make_contract(contract())
    text = text_of(made.data)
    gross = totals(demo_lines()).gross
    wanted = ("QH-2026-0117", "2026年11月22日", plain(gross), rmb_in_words(gross), "第十一条")
    for words in (*wanted, MERCHANTS["a"].legal_name, MERCHANTS["b"].legal_name):
        assert words in text


def test_contract_has_room_for_both_seals() -> None:
    made = make_contract(contract())
    seller, buyer = made.seller_seal, made.buyer_seal
    assert 2 <= seller.page == buyer.page <= 3
    assert on_page(made.data, seller, 40)
    assert on_page(made.data, buyer, 40)
    assert seller.x_mm + seller.width_mm <= buyer.x_mm


def test_same_input_same_bytes() -> None:
    assert make_invoice(invoice()).data == make_invoice(invoice()).data
    assert make_contract(contract()).data == make_contract(contract()).data


def test_another_date_other_bytes() -> None:
    later = AT + timedelta(seconds=1)
    assert make_invoice(invoice(later)).data != make_invoice(invoice()).data


def test_files_are_small() -> None:
    assert len(make_invoice(invoice()).data) < 100_000
    assert len(make_contract(contract()).data) < 150_000


def test_change_one_byte_changes_one() -> None:
    data = make_invoice(invoice()).data
    changed = change_one_byte(data)
    assert sum(a != b for a, b in zip(data, changed, strict=True)) == 1
    assert text_of(changed) == text_of(data)


def test_change_one_byte_needs_our_file() -> None:
    with pytest.raises(NothingToAlter):
        change_one_byte(b"%PDF-1.7\n%%EOF\n")


def test_append_keeps_what_was_there() -> None:
    data = make_invoice(invoice()).data
    assert append_bytes(data).startswith(data)
    assert append_bytes(data) != data


def test_overpaint_is_a_further_revision() -> None:
    data = make_invoice(invoice()).data
    painted = overpaint(data, "99999.00", (154, 89, 30, 6))
    assert painted.startswith(data)
    assert "99999.00" in text_of(painted)


def test_foreign_signature_covers_the_file() -> None:
    data = make_invoice(invoice()).data
    with pikepdf.open(BytesIO(sign_foreign(data, AT))) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        start, head, tail, rest = (int(number) for number in field.V.ByteRange)
    assert start == 0
    assert head > len(data) - 1
    assert rest > 0
    assert tail > head
