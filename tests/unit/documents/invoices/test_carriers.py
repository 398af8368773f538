"""QR codes, OFD packages and PDF files: every carrier, and what they disagree about."""

import zipfile
from base64 import b64encode
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sealsvc.documents.invoices.arithmetic import check_reading
from sealsvc.documents.invoices.detect import container_of, read_invoice
from sealsvc.documents.invoices.images import find_codes_in_picture
from sealsvc.documents.invoices.model import Carrier, Container, InvoiceKind, InvoiceReading
from sealsvc.documents.invoices.ofd_fields import read_ofd
from sealsvc.documents.invoices.pdf_attachments import MAX_ATTACHMENTS
from sealsvc.documents.invoices.pdf_fields import read_page_text, read_pdf
from sealsvc.documents.invoices.qr import find_codes, is_invoice_content, parse_qr, read_qr
from sealsvc.documents.invoices.scalars import ProblemLog
from tests.builders.invoices import (
    BUYER,
    BUYER_ID,
    CHECK_CODE,
    NUMBER,
    OLD_CODE,
    OLD_NUMBER,
    SELLER,
    SELLER_ID,
    Cn,
    En,
    OfdInvoice,
    cii,
    digital_xml,
    ofd_custom,
    ofd_tags,
    original_xml,
    pdf_lines,
    pdf_page,
    pdf_with,
    qr_png,
    qr_text,
    ubl,
    xbrl_issuer,
)

OLD_QR = f"01,10,{OLD_CODE},{OLD_NUMBER},123.00,20260330,{CHECK_CODE},BE2D"


def _codes(reading: InvoiceReading) -> set[str]:
    return {one.code for one in reading.problems}


def _fields(reading: InvoiceReading) -> set[str]:
    assert {one.code for one in reading.disagreements} <= {"INVOICE_CARRIERS_DISAGREE"}
    return {one.field for one in reading.disagreements}


# --- QR ---------------------------------------------------------------------------------------


def test_the_qr_of_a_digital_invoice() -> None:
    log = ProblemLog()
    content = parse_qr("01,32,,26427000000316294884,100.76,20260330,,5F98", log)
    assert content is not None
    assert (content.kind, content.number) == ("32", "26427000000316294884")
    assert (content.amount, content.issued_on) == (Decimal("100.76"), date(2026, 3, 30))
    assert (content.code, content.check_code, content.tail) == (None, None, "5F98")
    assert content.includes_tax
    assert log.taken() == ()


def test_the_qr_of_an_older_invoice_has_no_gross_total() -> None:
    text = "01,10,011001605111,80100798,64.9,20161018,85342965681116380258,BE2D"
    invoice = read_qr(text).invoice
    assert invoice is not None
    assert (invoice.code, invoice.kind) == ("011001605111", InvoiceKind.E_ORDINARY)
    assert (invoice.totals.gross, invoice.totals.net) == (None, Decimal("64.9"))


@pytest.mark.parametrize("text", [qr_text() + ",more,fields,", qr_text()[:-5], qr_text().lower()])
def test_tails_do_not_matter(text: str) -> None:
    assert read_qr(text).invoice is not None


def test_the_url_of_a_blockchain_invoice() -> None:
    invoice = read_qr("https://chain.example/scan?hash=1&bill_num=00000017&total=1").invoice
    assert invoice is not None
    assert (invoice.kind, invoice.number) == (InvoiceKind.BLOCKCHAIN, "00000017")


@pytest.mark.parametrize(
    "text",
    ["", "01", "01,32", "02,32,,1,1,20260330,,", "01,32,,x,1,20260330,,",
     "https://a.example/?a=1",
     "https://a.example/?bill_num=x", "01,32,,１２,1,20260330,,", "x" * 600,
     "01,32,,,1,20260330,,"],
)  # fmt: skip
def test_other_codes_are_no_invoice(text: str) -> None:
    reading = read_qr(text)
    assert reading.invoice is None
    assert [one.code for one in reading.problems] == ["INVOICE_QR_UNREADABLE"]


@pytest.mark.parametrize("amount", ["1e5", "NaN", "1" * 30, "１", "1,5"])
def test_a_wrong_amount_in_the_code(amount: str) -> None:
    reading = read_qr(qr_text(amount=amount))
    assert reading.invoice is not None
    assert reading.problems or reading.invoice.totals.gross == 1


@given(st.text(max_size=80))
def test_no_content_makes_it_raise(text: str) -> None:
    read_qr(text)
    read_qr("01," + text)
    is_invoice_content(text)


def test_codes_in_pictures() -> None:
    assert find_codes_in_picture(qr_png(qr_text())) == (qr_text(),)
    dark = Image.open(BytesIO(qr_png(qr_text()))).convert("L").point(lambda level: 255 - level)
    clear = Image.new("RGBA", dark.size)
    clear.putalpha(dark)
    target = BytesIO()
    clear.save(target, "PNG")
    assert find_codes_in_picture(target.getvalue()) == (qr_text(),)


@pytest.mark.parametrize("data", [b"", b"\x89PNG", qr_png("x")[:100], b"GIF89a"])
def test_pictures_without_a_code(data: bytes) -> None:
    assert find_codes_in_picture(data) == ()
    assert find_codes(None) == ()


def test_a_picture_too_large_is_not_decoded() -> None:
    target = BytesIO()
    Image.new("1", (20_000, 10_000)).save(target, "PNG")
    assert find_codes_in_picture(target.getvalue()) == ()


# --- OFD --------------------------------------------------------------------------------------


def test_a_digital_ofd_by_tags_data_and_code() -> None:
    package = OfdInvoice(custom=ofd_custom(), tags=ofd_tags(), pictures=(qr_png(qr_text()),))
    reading = read_invoice(package.build())
    invoice = reading.invoice
    assert invoice is not None
    assert reading.container is Container.OFD
    assert (reading.problems, reading.disagreements) == ((), ())
    assert reading.carriers == (Carrier.CUSTOM_TAG, Carrier.CUSTOM_DATA, Carrier.QR)
    assert (invoice.seller.name, invoice.seller.tax_id) == (SELLER, SELLER_ID)
    assert (invoice.buyer.name, invoice.buyer.tax_id) == (BUYER, BUYER_ID)
    assert (invoice.number, invoice.issued_on) == (NUMBER, date(2026, 3, 30))
    assert invoice.amount_in_words == Cn().words
    assert {one.field: one.carrier for one in invoice.source}["totals.gross"] is Carrier.CUSTOM_TAG
    report = check_reading(reading)
    assert report.is_consistent
    assert "CN-WORDS" in report.checked


def test_an_ofd_of_the_older_generation() -> None:
    package = OfdInvoice(attachments=(original_xml(graph=OLD_QR), xbrl_issuer()))
    reading = read_invoice(package.build())
    assert reading.disagreements == ()
    assert reading.carriers == (Carrier.ORIGINAL_XML, Carrier.XBRL, Carrier.QR)
    assert check_reading(reading).is_consistent


def test_the_graph_code_may_be_a_picture() -> None:
    picture = b64encode(qr_png(OLD_QR)).decode()
    reading = read_invoice(OfdInvoice(attachments=(original_xml(graph=picture),)).build())
    assert reading.carriers == (Carrier.ORIGINAL_XML, Carrier.QR)


@pytest.mark.parametrize("amount", ["123.00", "138.99"])
def test_the_amount_of_an_older_code_may_be_with_or_without_tax(amount: str) -> None:
    code = OLD_QR.replace("123.00", amount)
    reading = read_invoice(OfdInvoice(attachments=(original_xml(graph=code),)).build())
    assert _fields(reading) == set()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (qr_text(amount="138.98"), "totals.gross"),
        (qr_text(number="26321000000000000018"), "number"),
        (qr_text(date="20260331"), "issued_on"),
    ],
)
def test_a_code_that_disagrees_is_named(text: str, field: str) -> None:
    package = OfdInvoice(tags=ofd_tags(), pictures=(qr_png(text),))
    reading = read_invoice(package.build())
    assert _fields(reading) == {field}
    conflict = reading.disagreements[0]
    assert (conflict.taken.carrier, conflict.other.carrier) == (Carrier.CUSTOM_TAG, Carrier.QR)
    assert conflict.taken_value != conflict.other_value


def test_pages_that_disagree_with_the_attached_xml_are_named() -> None:
    shown = replace(Cn(), gross="13899.00", seller="测试丙公司", seller_id=BUYER_ID)
    package = OfdInvoice(attachments=(digital_xml(),), tags=ofd_tags(shown))
    reading = read_invoice(package.build())
    assert _fields(reading) == {"totals.gross", "seller.name", "seller.tax_id"}
    assert reading.invoice is not None
    assert reading.invoice.seller.name == SELLER


def test_full_width_forms_of_one_name_agree() -> None:
    first, second = Cn(seller="测试（甲）公司"), Cn(seller="测试(甲) 公司")
    package = OfdInvoice(attachments=(digital_xml(first), digital_xml(second)))
    assert _fields(read_invoice(package.build())) == set()


def test_two_amounts_in_one_field_are_no_amount() -> None:
    tags = [one for one in ofd_tags() if one[0] != "TaxInclusiveTotalAmount"]
    tags.append(("TaxInclusiveTotalAmount", ("¥138.99", "¥1.00")))
    reading = read_invoice(OfdInvoice(tags=tuple(tags)).build())
    assert reading.invoice is not None
    assert reading.invoice.totals.gross is None
    assert "INVOICE_FIELD_REPEATED" in _codes(reading)
    assert not check_reading(reading).is_consistent


def test_lines_that_cannot_be_told_apart_are_left_out() -> None:
    tags = (*[one for one in ofd_tags() if one[0] != "Amount"], ("Amount", ("100.00", "23.00")))
    reading = read_invoice(OfdInvoice(tags=tags).build())
    assert reading.invoice is not None
    assert reading.invoice.lines == ()
    assert "INVOICE_LINES_NOT_SEPARABLE" in _codes(reading)


def test_dangling_tags_and_doubled_custom_data() -> None:
    package = OfdInvoice(
        custom=(*ofd_custom(), ("合计金额", "1.00")), tags=ofd_tags(), dangling=True
    )
    reading = read_invoice(package.build())
    assert reading.carriers == (Carrier.CUSTOM_DATA,)
    assert reading.invoice is not None
    assert reading.invoice.totals.net is None
    assert {"INVOICE_FIELD_REPEATED", "INVOICE_FIELD_MISSING"} <= _codes(reading)


@pytest.mark.parametrize(
    ("part", "content", "code"),
    [
        ("Doc_0/Tags/C.xml", b"<!DOCTYPE x><x/>", "XML_REFUSED"),
        ("Doc_0/Tags/T.xml", b"<x", "XML_MALFORMED"),
        ("Doc_0/Document.xml", b"\x00", "XML_MALFORMED"),
        ("OFD.xml", b"<x/>", "DOCUMENT_UNREADABLE"),
        ("OFD.xml", b"<!DOCTYPE x><x/>", "DOCUMENT_UNREADABLE"),
    ],
)
def test_broken_parts_are_problems(part: str, content: bytes, code: str) -> None:
    reading = read_invoice(OfdInvoice(tags=ofd_tags(), parts={part: content}).build())
    assert reading.invoice is None
    assert {code, "INVOICE_NOT_FOUND"} <= _codes(reading)


def test_hidden_text_is_no_carrier() -> None:
    """A tag may point at text that nobody sees."""
    package = OfdInvoice(tags=ofd_tags(), text_attributes=' Visible="false"')
    reading = read_invoice(package.build())
    assert reading.invoice is None
    assert _codes(reading) == {"INVOICE_NOT_FOUND"}


def test_pictures_of_no_known_format_are_named() -> None:
    target = BytesIO(OfdInvoice(tags=ofd_tags()).build())
    with zipfile.ZipFile(target, "a") as package:
        package.writestr("Doc_0/Res/q.tif", b"II*\x00")
        package.writestr("Doc_0/Res/q.jb2", b"\x97JB2\r\n\x1a\n")
    reading = read_invoice(target.getvalue())
    assert reading.carriers == (Carrier.CUSTOM_TAG,)
    assert _codes(reading) == {"INVOICE_PICTURE_UNSUPPORTED"}


def test_a_refused_attachment_does_not_hide_another() -> None:
    package = OfdInvoice(attachments=(b"<!DOCTYPE a><a/>", b"plain", digital_xml()))
    reading = read_invoice(package.build())
    assert reading.carriers == (Carrier.DIGITAL_XML,)
    assert _codes(reading) == {"XML_REFUSED"}


def test_bytes_before_the_package_do_not_hide_it() -> None:
    package = OfdInvoice(tags=ofd_tags()).build()
    assert read_invoice(b"vendor" + package).container is Container.OFD


def test_a_package_without_invoice() -> None:
    assert _codes(read_invoice(OfdInvoice().build())) == {"INVOICE_NOT_FOUND"}
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.writestr("a.txt", "a")
    assert "DOCUMENT_UNREADABLE" in _codes(read_invoice(target.getvalue()))
    readings, log = read_ofd(b"PK\x03\x04")
    assert readings == ()
    assert log.taken()


@given(st.data())
def test_a_cut_or_turned_package_is_never_a_traceback(data: st.DataObject) -> None:
    whole = bytearray(PACKAGE)
    at = data.draw(st.integers(min_value=0, max_value=len(whole) - 1))
    whole[at] ^= data.draw(st.integers(min_value=1, max_value=255))
    read_invoice(bytes(whole[: data.draw(st.integers(min_value=at, max_value=len(whole)))]))


PACKAGE = OfdInvoice(custom=ofd_custom(), tags=ofd_tags(), attachments=(digital_xml(),)).build()


# --- PDF --------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [cii(), ubl()])
def test_a_pdf_with_a_european_invoice(content: bytes) -> None:
    reading = read_invoice(pdf_with({"factur-x.xml": content}))
    assert reading.container is Container.PDF
    assert reading.problems == ()
    assert reading.invoice is not None
    assert reading.invoice.number == "INV-1"
    assert check_reading(reading).is_consistent


def test_two_attachments_that_disagree() -> None:
    other = cii(replace(En(), number="INV-2", payable="1.00"))
    reading = read_invoice(pdf_with({"a.xml": cii(), "b.xml": other}))
    assert _fields(reading) == {"number", "totals.payable"}


def test_a_printed_digital_invoice() -> None:
    reading = read_invoice(pdf_page(pdf_lines(), qr_png(qr_text())))
    invoice = reading.invoice
    assert invoice is not None
    assert reading.carriers == (Carrier.PAGE_TEXT, Carrier.QR)
    assert _codes(reading) == {"INVOICE_TEXT_ORDER_ASSUMED"}
    assert reading.disagreements == ()
    assert (invoice.seller.name, invoice.seller.tax_id) == (SELLER, SELLER_ID)
    assert (invoice.buyer.name, invoice.buyer.tax_id) == (BUYER, BUYER_ID)
    assert invoice.totals.gross == Decimal("138.99")
    report = check_reading(reading)
    assert report.is_consistent
    assert set(report.checked) == {"CN-GROSS", "CN-WORDS"}


def test_a_printed_total_that_disagrees_with_the_attached_xml() -> None:
    shown = pdf_page(pdf_lines(replace(Cn(), gross="13899.00")))
    reading = read_invoice(pdf_with({"i.xml": digital_xml()}, shown))
    assert _fields(reading) == {"totals.gross"}
    assert reading.invoice is not None
    assert reading.invoice.totals.gross == Decimal("138.99")


def test_a_code_alone_gives_number_date_and_total() -> None:
    reading = read_invoice(pdf_page((), qr_png(qr_text())))
    assert reading.carriers == (Carrier.QR,)
    assert ("INVOICE_FIELD_MISSING", "seller.name") in {
        (p.code, p.detail) for p in reading.problems
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"发票号码：{NUMBER}\n发票号码：{NUMBER[:-1]}9", None),
        (f"发票号码：{NUMBER}1", None),
        ("发票号码：" + "１" * 20, None),
        ("nothing at all", None),
        (f"发票号码：{NUMBER}\n(小写)¥1.00\n（小写）¥2.00", "INVOICE_FIELD_REPEATED"),
        (f"发票号码：{NUMBER}\n名称：甲公司", "INVOICE_TEXT_AMBIGUOUS"),
        (f"发票号码：{NUMBER}\n合计¥1¥2\n合计¥3¥4", "INVOICE_FIELD_REPEATED"),
        (f"发票号码：{NUMBER}\n（小写）¥1,00.00", "INVOICE_AMOUNT_NOT_DECIMAL"),
        (f"发票号码：{NUMBER}\n开票日期：2026年13月01日", "INVOICE_DATE_UNREADABLE"),
    ],
)
def test_odd_page_text(text: str, code: str | None) -> None:
    reading = read_page_text(text)
    if code is None:
        assert reading is None
    else:
        assert reading is not None
        assert code in {one.code for one in reading.problems}


def test_spaced_labels_and_masked_tax() -> None:
    text = f"发 票 号 码 : {NUMBER}\n合 计 ¥100.00 ***\n(小写) ¥ 100.00"
    reading = read_page_text(text)
    assert reading is not None
    assert reading.invoice is not None
    assert reading.invoice.totals.tax == 0


@given(st.text(alphabet="发票号码：名称合计¥0123456789.\n（小写）大壹圆*", max_size=200))
def test_no_page_text_makes_it_raise(text: str) -> None:
    read_page_text(f"发票号码：{NUMBER}\n{text}")


def test_a_dtd_in_an_attachment_is_refused() -> None:
    reading = read_invoice(pdf_with({"factur-x.xml": b"<!DOCTYPE a><a/>"}))
    assert reading.invoice is None
    assert _codes(reading) == {"XML_REFUSED", "INVOICE_NOT_FOUND"}


def test_a_deflate_bomb_is_cut() -> None:
    bomb = b"<a>" + b" " * 60_000_000 + b"</a>"
    reading = read_invoice(pdf_with({"factur-x.xml": bomb}))
    assert _codes(reading) == {"XML_REFUSED", "INVOICE_NOT_FOUND"}


def test_too_many_attachments() -> None:
    files = {f"a{at}.xml": b"<a>%d</a>" % at for at in range(MAX_ATTACHMENTS + 5)}
    assert "INVOICE_TOO_MANY_ATTACHMENTS" in _codes(read_invoice(pdf_with(files)))


def test_a_name_tree_that_bites_its_tail() -> None:
    target = BytesIO()
    with pikepdf.open(BytesIO(pdf_page(()))) as document:
        node = document.make_indirect(pikepdf.Dictionary())
        node["/Kids"] = pikepdf.Array([node, node, pikepdf.String("x")])
        document.Root["/Names"] = pikepdf.Dictionary(EmbeddedFiles=node)
        document.Root["/AF"] = pikepdf.Array([1, pikepdf.Dictionary(EF=pikepdf.Dictionary(F=3))])
        document.save(target)
    assert _codes(read_invoice(target.getvalue())) == {"INVOICE_NOT_FOUND"}


def test_an_encrypted_pdf() -> None:
    target = BytesIO()
    with pikepdf.open(BytesIO(pdf_page(pdf_lines()))) as document:
        document.save(target, encryption=pikepdf.Encryption(owner="a", user="b"))
    assert "DOCUMENT_ENCRYPTED" in _codes(read_invoice(target.getvalue()))


@pytest.mark.parametrize("data", [b"%PDF-1.7", b"%PDF-1.7\n" + b"/" + b"a" * 20_000, b"x%PDF-" * 9])
def test_broken_pdfs(data: bytes) -> None:
    reading = read_invoice(data)
    assert reading.invoice is None
    assert "INVOICE_NOT_FOUND" in _codes(reading)
    assert read_pdf(data)[1].taken()


# --- any bytes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "container"),
    [
        (b"%PDF-1.7", Container.PDF),
        (b"junk\n%PDF-1.7", Container.PDF),
        (b"PK\x03\x04", Container.OFD),
        (b"junk" + b"PK\x05\x06" + b"\0" * 18, Container.OFD),
        (b"\n <a/>", Container.XML),
        ("<a/>".encode("utf-16"), Container.XML),
        (b"", Container.UNKNOWN),
        (b"\x89PNG", Container.UNKNOWN),
    ],
)
def test_the_bytes_decide(data: bytes, container: Container) -> None:
    assert container_of(data) is container


def test_what_is_no_document_at_all() -> None:
    assert _codes(read_invoice(b"hello")) == {"INVOICE_FORMAT_UNKNOWN"}
    assert _codes(read_invoice(b"<html/>")) == {"INVOICE_ROOT_UNKNOWN"}


@given(st.binary(max_size=300), st.sampled_from([b"", b"<a>", b"PK\x03\x04", b"\xff\xfe"]))
def test_no_bytes_make_it_raise(tail: bytes, head: bytes) -> None:
    read_invoice(head + tail)


@given(st.data())
def test_changed_xml_never_makes_it_raise(data: st.DataObject) -> None:
    for source in (digital_xml(), original_xml(), xbrl_issuer(), ubl(), cii()):
        whole = bytearray(source)
        for _ in range(data.draw(st.integers(min_value=1, max_value=3))):
            at = data.draw(st.integers(min_value=0, max_value=len(whole) - 1))
            whole[at] = data.draw(st.sampled_from(b"<>&0-9eE.\x00\xff/ "))
        check_reading(read_invoice(bytes(whole)))
