"""Steps in the national formats: OFD with GB/T 38540 seals, and a PDF signed with SM2."""

import re
import zipfile
from io import BytesIO

from api.demo.invoice import InvoicePdf
from api.demo.papers import codes_of
from api.demo.service import OFD, SealedFile, Unexpected
from api.demo.steps import expect
from api.demo.story import Story, sha256_hex
from sealsvc.values import Declaration, DocumentRole, Placement

INVOICE_FILE = "invoice-sealed.ofd"
CONTRACT_FILE = "contract-sealed.ofd"
SM2_FILE = "invoice-sm2-sealed.pdf"
SUITE = "sm2-sm3"
PAGES = 6
_INVOICE_PLACE = Placement(page=1, x_mm=158.0, y_mm=98.0, width_mm=40.0)


def invoice(story: Story) -> str:
    """The same invoice as OFD under the seller's seal: TRUSTED, by the same axes as the PDF."""
    from api.demo.ofd_papers import ofd_invoice

    plain = ofd_invoice(story.sale())
    story.folder.write("invoice.ofd", plain)
    story.judged("invoice-ofd-unsigned", plain, ("UNSIGNED",))
    file = story.service.seal(
        plain,
        story.seal_id("a-invoice"),
        by="merchant-a",
        place=_INVOICE_PLACE,
        declaration=_declared(story),
        media_type=OFD,
    )
    story.keep("sealed ofd invoice", file.data)
    keep_receipt(story, file, "invoice-ofd.tlog-proof")
    story.folder.write(INVOICE_FILE, file.data)
    seller = story.merchant("a").uscc
    report = story.judged("invoice-ofd", file.data, ("TRUSTED",), expect_sellerUscc=seller)
    return f"TRUSTED，{report['signatures'][0]['format']}"


def page_changed(story: Story) -> str:
    """Another amount on the page of the sealed OFD."""
    data = _edited(story.kept("sealed ofd invoice", bytes), b"Content.xml")
    story.folder.write("invoice-page-changed.ofd", data)
    report = story.judged("invoice-page-changed", data, ("MODIFIED",))
    if "OFD_REFERENCE_DIGEST_MISMATCH" not in codes_of(report):
        raise Unexpected(f"no finding OFD_REFERENCE_DIGEST_MISMATCH: {codes_of(report)}")
    return "MODIFIED，OFD_REFERENCE_DIGEST_MISMATCH"


def contract(story: Story) -> str:
    """Six pages, the seller's straddle seal (骑缝章) over all of them, then the buyer's seal."""
    from api.demo.ofd_papers import ofd_contract

    data = ofd_contract(story.agreement(), PAGES)
    parties = tuple(story.merchant(letter).uscc for letter in "ab")
    said = Declaration(DocumentRole.CONTRACT, story.contract_number(), None, parties)
    turns: tuple[tuple[str, str, float, dict[str, str]], ...] = (
        ("a", "seller", 40.0, {"straddle": "RIGHT"}),
        ("b", "buyer", 120.0, {}),
    )
    for letter, party, x, more in turns:
        file = story.service.seal(
            data,
            story.seal_id(f"{letter}-contract"),
            by=f"merchant-{letter}",
            place=Placement(page=PAGES, x_mm=x, y_mm=200.0, width_mm=40.0),
            declaration=said,
            media_type=OFD,
            **more,
        )
        data = file.data
        keep_receipt(story, file, f"contract-ofd-{party}.tlog-proof")
    story.folder.write(CONTRACT_FILE, data)
    report = story.judged("contract-ofd", data, ("TRUSTED",))
    expect(len(report["signatures"]), 2, "seals on the OFD contract")
    return f"TRUSTED，两方各一枚，骑缝 {PAGES} 页"


def pdf_sm2(story: Story) -> str:
    """The PDF invoice signed with SM2: the same verdict as with P-256."""
    paper = story.kept("invoice", InvoicePdf)
    file = story.service.seal(
        paper.data,
        story.seal_id("a-invoice"),
        by="merchant-a",
        place=paper.seal,
        declaration=_declared(story),
        suite=SUITE,
    )
    story.folder.write(SM2_FILE, file.data)
    keep_receipt(story, file, "invoice-sm2.tlog-proof")
    report = story.judged("invoice-sm2", file.data, ("TRUSTED",))
    return f"{report['summary']}，SM2/SM3"


def keep_receipt(story: Story, file: SealedFile, name: str) -> None:
    """Write the receipt of a sealing beside the file."""
    receipt = story.service.receipt(file.fact_id, sha256_hex(file.data))
    story.folder.write(name, receipt.encode())


def _declared(story: Story) -> Declaration:
    return Declaration(DocumentRole.INVOICE, story.invoice_number(), story.merchant("a").uscc)


def _edited(data: bytes, ending: bytes) -> bytes:
    """The package with one digit changed in its first page: what a forger would do."""
    out, done = BytesIO(), False
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.infolist():
            content = old.read(item)
            if item.filename.encode().endswith(ending) and not done:
                # An amount's last digit: two places before the end tag, as in `123.45`.
                found = re.search(rb"\.\d(\d)</ofd:TextCode>", content)
                if found is None:
                    raise Unexpected("no amount on the OFD page")
                at = found.start(1)
                digit = b"9" if found.group(1) != b"9" else b"8"
                content, done = content[:at] + digit + content[at + 1 :], True
            new.writestr(item, content)
    return out.getvalue()
