"""New documents: valid parts, the right values in them, nothing that breaks out."""

from dataclasses import replace
from io import BytesIO
from xml.sax.saxutils import unescape
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sealsvc.documents.ofd import OFD
from sealsvc.documents.ofd.contract_pages import OfdContract, write_contract
from sealsvc.documents.ofd.contract_pages import characters as contract_characters
from sealsvc.documents.ofd.drawing import OfdFont, line_path
from sealsvc.documents.ofd.invoice_page import (
    OfdInvoice,
    OfdInvoiceInvalid,
    characters,
    write_invoice,
)
from sealsvc.documents.ofd.xmlwrite import XmlTextInvalid, box, element, escaped, number
from sealsvc.imprint.embedding import font_subset
from tests.unit.documents.ofd_writer.material import AT, contract, invoice, invoice_values

NS = "{http://www.ofdspec.org/2016}"
FP = "{http://www.edrm.org.cn/schema/e-invoice/2019}"


def parts(data: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(data)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def tree(data: bytes, name: str) -> etree._Element:
    return etree.fromstring(parts(data)[name])


def test_every_location_leads_to_a_part() -> None:
    found = parts(invoice())
    assert set(found) == {
        "OFD.xml",
        "Doc_0/Document.xml",
        "Doc_0/PublicRes.xml",
        "Doc_0/Pages/Page_0/Content.xml",
        "Doc_0/Tags/CustomTags.xml",
        "Doc_0/Tags/CustomTag.xml",
        "Doc_0/Attachs/Attachments.xml",
        "Doc_0/Attachs/original_invoice.xml",
    }
    reading = OFD.read(invoice())
    assert (reading.page_count, reading.signatures) == (1, ())
    assert [one.code for one in reading.problems] == ["OFD_NOT_SIGNED"]
    assert OFD.page_size(invoice(), 1) == (210.0, 140.0)


@pytest.mark.parametrize("make", [invoice, contract])
def test_object_ids_are_unique_and_below_the_highest(make: object) -> None:
    data = make()  # type: ignore[operator]
    highest = int(tree(data, "Doc_0/Document.xml").findtext(f".//{NS}MaxUnitID") or 0)
    ids = [
        int(one.get("ID"))
        for name, content in parts(data).items()
        if name.startswith("Doc_0/") and not name.endswith("original_invoice.xml")
        for one in etree.fromstring(content).iter()
        if one.get("ID") and one.tag != f"{NS}Attachment"
    ]
    assert len(ids) == len(set(ids))
    assert max(ids) <= highest


def test_document_is_in_the_order_of_the_schema() -> None:
    root = tree(invoice(), "Doc_0/Document.xml")
    names = [one.tag.removeprefix(NS) for one in root]
    assert names == ["CommonData", "Pages", "CustomTags", "Attachments"]
    assert [one.tag.removeprefix(NS) for one in root[0]] == ["MaxUnitID", "PageArea", "PublicRes"]


def test_tags_name_the_objects_that_show_the_values() -> None:
    data, values = invoice(), invoice_values()
    page = tree(data, "Doc_0/Pages/Page_0/Content.xml")
    shown = {one.get("ID"): one.findtext(f"{NS}TextCode") for one in page.iter(f"{NS}TextObject")}
    tags = tree(data, "Doc_0/Tags/CustomTag.xml")
    assert tags.tag == f"{FP}eInvoice"

    def value(path: str) -> str | None:
        found = tags.find("/".join(f"{FP}{name}" for name in path.split("/")))
        assert found is not None
        reference = found[0]
        assert reference.tag == f"{NS}ObjectRef"
        return shown[reference.text]

    assert value("InvoiceNo") == values.number
    assert value("Seller/SellerName") == values.seller.name
    assert value("Buyer/BuyerTaxID") == values.buyer.tax_id
    assert value("TaxExclusiveTotalAmount") == f"¥{values.amount}"
    assert len(tags.findall(f"{FP}TaxInclusiveTotalAmount/{NS}ObjectRef")) == 2
    assert len(tags.findall(f"{FP}GoodsInfos/{FP}GoodsInfo")) == 2


def test_attachment_holds_the_same_values() -> None:
    root, values = tree(invoice(), "Doc_0/Attachs/original_invoice.xml"), invoice_values()
    assert (root.tag, root.get("Version")) == ("eInvoice", "1.0")
    assert root.findtext(f"{FP}Seller/{FP}SellerName") == values.seller.name
    assert root.findtext(f"{FP}TaxInclusiveTotalAmount") == values.total
    assert root.findtext(f"{FP}IssueDate") == "2026年11月21日"
    assert len(root.findall(f"{FP}GoodsInfos/{FP}GoodsInfo")) == 2
    datas = {
        one.get("Name"): one.text for one in tree(invoice(), "OFD.xml").iter(f"{NS}CustomData")
    }
    assert datas["合计金额"] == values.amount
    assert datas["销售方纳税人识别号"] == values.seller.tax_id


def test_the_same_values_give_the_same_bytes() -> None:
    assert write_invoice(invoice_values()) == invoice()


def wrong(**changed: object) -> OfdInvoice:
    return replace(invoice_values(), **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": "200.0"},
        {"amount": "2e2"},
        {"amount": "NaN"},
        {"amount": "Infinity"},
        {"amount": "二百"},
        {"amount": ""},
        {"amount": "199.99"},
        {"tax": "12.01"},
        {"total": "212.01"},
        {"total": "+212.00"},
        {"lines": ()},
        {"lines": invoice_values(9).lines},
    ],
)
def test_wrong_figures_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(OfdInvoiceInvalid):
        write_invoice(wrong(**changed))


@pytest.mark.parametrize("note", ["\x00", "a\x1bb", "\ud800", "\ufffe", "x" * 1_000_001])
def test_text_that_xml_cannot_carry_is_refused(note: str) -> None:
    with pytest.raises(XmlTextInvalid):
        write_invoice(wrong(note=note))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")))
def test_any_text_stays_text(value: str) -> None:
    root = etree.fromstring(f"<a>{escaped(value)}</a>")
    assert (root.text or "") == value
    assert len(root) == 0
    written = etree.fromstring(element("a", {"b": value}).replace("ofd:", ""))
    assert written.get("b") == value


@given(st.floats(-1e6, 1e6))
def test_numbers_are_plain_decimals(value: float) -> None:
    written = number(value)
    assert set(written) <= set("-0123456789.")
    assert len(written.partition(".")[2]) <= 3
    assert written != "-0"
    assert float(written) == pytest.approx(value, abs=5.1e-4)


def test_boxes() -> None:
    assert box(-0.0004, 1 / 3, 40.0, 1e-7) == "0 0.333 40 0"
    assert line_path((0, 1, 2.5, 1)) == "M 0 1 L 2.5 1"


def test_contract_has_as_many_pages_as_asked_or_needed() -> None:
    plain = OfdContract("0" * 32, "合同", ("条款" * 20,), AT)
    assert OFD.read(write_contract(plain)).page_count == 1
    assert OFD.read(write_contract(replace(plain, least_pages=6))).page_count == 6
    long = replace(plain, paragraphs=("条款" * 4000,))
    assert OFD.read(write_contract(long)).page_count > 6
    shown = "".join(
        unescape(one.text or "")
        for page in ("Page_0", "Page_1")
        for one in tree(write_contract(long), f"Doc_0/Pages/{page}/Content.xml").iter(
            f"{NS}TextCode"
        )
    )
    assert "条款" * 100 in shown


def test_an_embedded_face_covers_what_is_shown() -> None:
    values = invoice_values()
    subset = font_subset(characters(values))
    face = OfdFont(subset.family, "SimSun", subset.data, subset.advances)
    data = write_invoice(replace(values, font=face))
    assert parts(data)["Doc_0/Res/font.ttf"] == subset.data
    font = tree(data, "Doc_0/PublicRes.xml").find(f".//{NS}Font")
    assert font is not None
    assert (font.get("FontName"), font.findtext(f"{NS}FontFile")) == ("Seal Songti", "font.ttf")
    assert len(subset.data) < 60_000
    assert subset == font_subset(characters(values))
    assert set(contract_characters(OfdContract("", "合同", ("甲",), AT))) >= set("合同甲第共页")
