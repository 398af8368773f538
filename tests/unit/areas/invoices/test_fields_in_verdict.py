"""A document's own fields: read cheaply, judged before what was declared at sealing."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.areas.verification.fields import read_fields
from sealsvc.values import DocumentRole
from sealsvc.verify.evidence import DocumentFields
from sealsvc.verify.judge import judge
from sealsvc.verify.policy import DEFAULT_POLICY
from sealsvc.verify.record import dump_evidence, load_evidence
from sealsvc.verify.report import Report
from tests.builders.evidence import A, B, EvidenceBuilder, sound
from tests.builders.invoices import (
    BUYER_ID,
    NUMBER,
    SELLER_ID,
    Cn,
    OfdInvoice,
    digital_xml,
    ofd_custom,
    original_xml,
    pdf_lines,
    pdf_page,
    pdf_with,
)

OWN = DocumentFields(DocumentRole.INVOICE, number="1", seller_uscc=A, source="DIGITAL_XML")
INVOICE = DocumentRole.INVOICE


def judged(builder: EvidenceBuilder, **members: Any) -> Report:
    return judge(builder.evidence(fields=replace(OWN, **members)).build(), DEFAULT_POLICY)


def outcome(report: Report) -> tuple[str, str]:
    axes = {str(axis): str(result) for axis, result in report.axes.items()}
    return str(report.summary), axes["semantics"]


def codes(report: Report) -> dict[str, str]:
    return {one.code: str(one.weight) for one in report.findings}


def test_the_sellers_seal_agrees_with_the_document() -> None:
    report = judged(sound())
    assert outcome(report) == ("TRUSTED", "PASSED")
    assert "DOCUMENT_FIELDS_READ" in codes(report)
    assert "DOCUMENT_FIELDS_NOT_READ" not in codes(report)


def test_another_merchants_seal_is_invalid_whatever_it_declared() -> None:
    for builder in (
        sound(),
        sound().declared(DocumentRole.INVOICE, A),
        sound().declared(DocumentRole.CONTRACT, parties=(A,)),
        sound().declared(DocumentRole.OTHER),
    ):
        report = judged(builder, seller_uscc=B)
        assert outcome(report) == ("INVALID", "FAILED")
        assert codes(report)["SELLER_SEAL_MISMATCH"] == "FAILS"


def test_the_declaration_is_held_against_the_document() -> None:
    report = judged(sound().declared(DocumentRole.INVOICE, B))
    assert outcome(report) == ("TRUSTED", "PASSED")
    assert codes(report)["FIELDS_DIFFER_FROM_DECLARATION"] == "NOTICE"
    assert "FIELDS_DIFFER_FROM_DECLARATION" not in codes(
        judged(sound().declared(DocumentRole.INVOICE, A))
    )


def test_the_caller_comes_first_but_a_contradiction_is_a_doubt() -> None:
    report = judged(sound().expect(seller_uscc=A), seller_uscc=B)
    assert outcome(report) == ("INDETERMINATE", "INDETERMINATE")
    assert codes(report)["FIELDS_DIFFER_FROM_EXPECTATION"] == "DOUBT"
    assert outcome(judged(sound().expect(seller_uscc=B))) == ("INVALID", "FAILED")


@pytest.mark.parametrize(
    "expected", [{"role": DocumentRole.CONTRACT, "party_usccs": (A,)}, {"party_usccs": (A,)}]
)
def test_a_contract_is_judged_as_one(expected: dict[str, Any]) -> None:
    report = judged(sound().expect(**expected), seller_uscc=B)
    assert outcome(report) == ("TRUSTED", "PASSED")
    assert "SELLER_SEAL_MISMATCH" not in codes(report)


def test_a_supervision_seal_does_not_make_an_invoice_invalid() -> None:
    """A tax bureau's seal: of a CA and a registry that we do not know."""
    report = judged(sound().foreign(), seller_uscc=B)
    assert outcome(report) == ("INTACT", "NOT_CHECKED")
    assert codes(report)["SELLER_NOT_COMPARED"] == "SKIPPED"
    assert "SELLER_SEAL_MISMATCH" not in codes(report)


def test_beside_the_sellers_own_seal_it_has_no_effect() -> None:
    builder = sound().foreign()
    foreign = builder.and_then().signatures[0]
    both = replace(builder, signatures=(foreign, *sound().signatures))
    report = judged(both)
    assert "SELLER_SEAL_MISMATCH" not in codes(report)
    assert codes(report)["SELLER_NOT_COMPARED"] == "OMITTED"


def test_a_state_organs_registered_seal_is_not_compared() -> None:
    organ = "11110000000013127D"
    report = judged(sound().seal(owner_uscc=organ), seller_uscc=A)
    assert "SELLER_SEAL_MISMATCH" not in codes(report)


def test_printed_words_leave_the_buyers_seal_in_doubt() -> None:
    swapped = judged(sound(), seller_uscc=B, buyer_uscc=A, printed_only=True)
    assert codes(swapped)["SELLER_SEAL_MISMATCH"] == "DOUBT"
    assert outcome(swapped) == ("INDETERMINATE", "INDETERMINATE")
    assert outcome(judged(sound(), seller_uscc=B, printed_only=True)) == ("INVALID", "FAILED")


def test_wrong_amounts_and_carriers_warn() -> None:
    report = judged(
        sound(),
        arithmetic_errors=("INVOICE_GROSS_MISMATCH",),
        number_errors=("INVOICE_NUMBER_LENGTH",),
        disagreements=("totals.gross",),
        tax_signature=True,
    )
    assert outcome(report) == ("TRUSTED", "PASSED")
    found = codes(report)
    assert found["INVOICE_ARITHMETIC_WRONG"] == "NOTICE"
    assert found["INVOICE_NUMBER_WRONG"] == "NOTICE"
    assert found["INVOICE_CARRIERS_DISAGREE"] == "NOTICE"
    assert found["TAX_SIGNATURE_UNVERIFIED"] == "OMITTED"


def test_carriers_that_disagree_about_the_seller_decide_nothing() -> None:
    for seller in (A, B):
        report = judged(sound(), seller_uscc=seller, disagreements=("seller.tax_id",))
        assert outcome(report) == ("INDETERMINATE", "INDETERMINATE")


def test_an_unsigned_invoice_stays_unsigned() -> None:
    assert outcome(judged(sound().none()))[0] == "UNSIGNED"


def test_without_fields_nothing_changes() -> None:
    evidence = sound().declared(DocumentRole.INVOICE, A).build()
    assert b'"fields"' not in dump_evidence(evidence)
    found = codes(judge(evidence, DEFAULT_POLICY))
    assert "DOCUMENT_FIELDS_NOT_READ" in found


def test_the_record_gives_the_fields_back() -> None:
    fields = replace(OWN, gross="1.00", disagreements=("a",), tax_signature=True)
    evidence = sound().evidence(fields=fields).build()
    assert load_evidence(dump_evidence(evidence)) == evidence


XML = digital_xml(Cn(signature="AA=="))


def test_an_attached_xml_counts_where_the_page_is_that_invoice() -> None:
    for lines in ((), (f"no {NUMBER} and many other words that make it a page of text",)):
        read = read_fields("pdf", pdf_with({"a.xml": XML}, pdf_page(lines)))
        assert read is not None
        assert (read.seller_uscc, read.source, read.printed_only) == (
            SELLER_ID,
            "DIGITAL_XML",
            False,
        )
        assert read.tax_signature
        assert read.arithmetic_errors == ()


def test_an_invoice_attached_to_a_contract_makes_no_invoice_of_it() -> None:
    contract = pdf_page(("甲方应当向乙方开具增值税专用发票，发票号码以实际开具的为准。" * 2,))
    assert read_fields("pdf", pdf_with({"a.xml": XML}, contract)) is None


def test_printed_labels_and_printed_shapes() -> None:
    read = read_fields("pdf", pdf_page(pdf_lines()))
    assert read is not None
    assert read.printed_only
    assert {read.seller_uscc, read.buyer_uscc} == {SELLER_ID, BUYER_ID}
    apart = ("电子发票", "发票号码：", NUMBER, BUYER_ID, SELLER_ID, "价税合计（小写）")
    shaped = read_fields("pdf", pdf_page(apart))
    assert shaped is not None
    assert (shaped.number, shaped.seller_uscc) == (NUMBER, SELLER_ID)
    assert shaped.arithmetic_errors == ()


def test_an_ofd_is_read_and_its_carriers_compared() -> None:
    other = OfdInvoice(attachments=(XML,), custom=ofd_custom(Cn(net="1.00"))).build()
    read = read_fields("ofd", other)
    assert read is not None
    assert read.seller_uscc == SELLER_ID
    assert "totals.net" in read.disagreements
    old = read_fields("ofd", OfdInvoice(attachments=(original_xml(),)).build())
    assert old is not None
    assert old.source == "ORIGINAL_XML"


def test_wrong_sums_are_named() -> None:
    wrong = pdf_with({"a.xml": digital_xml(Cn(gross="138.98"))})
    read = read_fields("pdf", wrong)
    assert read is not None
    assert "INVOICE_GROSS_MISMATCH" in read.arithmetic_errors


@given(st.sampled_from(["pdf", "ofd", "png"]), st.binary(max_size=200))
def test_any_bytes_are_survived(kind: str, data: bytes) -> None:
    assert read_fields(kind, b"%PDF-1.7\n" + data) is None
