"""Steps about documents: what is good, what was altered, what is foreign."""

from api.demo.contract import ContractPdf
from api.demo.foreign import sign_foreign
from api.demo.invoice import InvoicePdf
from api.demo.offline import verify_offline
from api.demo.service import Answer, SealedFile, Unexpected
from api.demo.steps import expect
from api.demo.story import Story, sha256_hex
from api.demo.tamper import append_bytes, change_one_byte, overpaint
from sealsvc.values import Declaration, DocumentRole

INVOICE_FILE = "invoice-sealed.pdf"
HALF_FILE = "contract-by-seller-sealed.pdf"
CONTRACT_FILE = "contract-sealed.pdf"
_TOTAL_BOX_MM = (154.0, 89.5, 30.0, 5.5)


def draw(story: Story) -> str:
    """Draw the invoice and the contract."""
    invoice, contract = story.invoice(), story.contract()
    story.keep("invoice", invoice)
    story.keep("contract", contract)
    story.folder.write("invoice.pdf", invoice.data)
    story.folder.write("contract.pdf", contract.data)
    return f"发票 {story.invoice_number()}，合同 {story.contract_number()}"


def unsigned(story: Story) -> str:
    """A paper without any seal is UNSIGNED."""
    report = story.judged("invoice", story.kept("invoice", InvoicePdf).data, ("UNSIGNED",))
    return str(report["summary"])


def seal_invoice(story: Story) -> str:
    """The seller puts its invoice seal on the invoice: TRUSTED."""
    invoice = story.kept("invoice", InvoicePdf)
    seller = story.merchant("a").uscc
    declaration = Declaration(DocumentRole.INVOICE, story.invoice_number(), seller)
    file = story.service.seal(
        invoice.data,
        story.seal_id("a-invoice"),
        by="merchant-a",
        place=invoice.seal,
        declaration=declaration,
    )
    story.keep("sealed invoice", file)
    story.folder.write(INVOICE_FILE, file.data)
    report = story.judged("invoice-good", file.data, ("TRUSTED",), expect_sellerUscc=seller)
    return f"TRUSTED，{_axes(report)}"


def invoice_receipt(story: Story) -> str:
    """The receipt of the sealing verifies in a process without network."""
    file = story.kept("sealed invoice", SealedFile)
    return _checked_receipt(story, file, INVOICE_FILE, "invoice.tlog-proof")


def byte_changed(story: Story) -> str:
    """One byte of the sealed invoice changed."""
    data = change_one_byte(story.kept("sealed invoice", SealedFile).data)
    story.folder.write("invoice-byte-changed.pdf", data)
    report = story.judged("invoice-byte-changed", data, ("MODIFIED", "INVALID"))
    return _codes(report)


def bytes_appended(story: Story) -> str:
    """Bytes behind the end of the sealed invoice."""
    data = append_bytes(story.kept("sealed invoice", SealedFile).data)
    story.folder.write("invoice-appended.pdf", data)
    return _codes(story.judged("invoice-appended", data, ("MODIFIED",)))


def overpainted(story: Story) -> str:
    """Another amount painted over the one that was sealed, in a further revision."""
    data = overpaint(story.kept("sealed invoice", SealedFile).data, "99999.00", _TOTAL_BOX_MM)
    story.folder.write("invoice-overpainted.pdf", data)
    return _codes(story.judged("invoice-overpainted", data, ("MODIFIED",)))


def foreign(story: Story) -> str:
    """Signed by a platform we do not know: unharmed, but not vouched for."""
    data = sign_foreign(story.kept("contract", ContractPdf).data, story.at)
    story.folder.write("contract-foreign.pdf", data)
    return _codes(story.judged("contract-foreign", data, ("INTACT",)))


def wrong_seller(story: Story) -> str:
    """Another merchant's seal on the seller's invoice."""
    invoice = story.kept("invoice", InvoicePdf)
    file = story.service.seal(
        invoice.data,
        story.seal_id("c-invoice"),
        by="merchant-c",
        place=invoice.seal,
        declaration=Declaration(DocumentRole.INVOICE, story.invoice_number()),
    )
    story.folder.write("invoice-wrong-seller.pdf", file.data)
    report = story.judged(
        "invoice-wrong-seller",
        file.data,
        ("INVALID",),
        expect_sellerUscc=story.merchant("a").uscc,
    )
    if "SELLER_SEAL_MISMATCH" not in codes_of(report):
        raise Unexpected(f"no finding SELLER_SEAL_MISMATCH: {_codes(report)}")
    return "INVALID，SELLER_SEAL_MISMATCH"


def seal_contract(story: Story) -> str:
    """Both parties seal the contract, one after the other: TRUSTED."""
    contract = story.kept("contract", ContractPdf)
    parties = (story.merchant("a").uscc, story.merchant("b").uscc)
    declaration = Declaration(DocumentRole.CONTRACT, story.contract_number(), party_usccs=parties)
    first = story.service.seal(
        contract.data,
        story.seal_id("a-contract"),
        by="merchant-a",
        place=contract.seller_seal,
        declaration=declaration,
    )
    both = story.service.seal(
        first.data,
        story.seal_id("b-contract"),
        by="merchant-b",
        place=contract.buyer_seal,
        declaration=declaration,
    )
    story.keep("half sealed contract", first)
    story.keep("sealed contract", both)
    story.folder.write(HALF_FILE, first.data)
    story.folder.write(CONTRACT_FILE, both.data)
    report = story.judged(
        "contract-good", both.data, ("TRUSTED",), expect_partyUsccs=",".join(parties)
    )
    expect(len(report["signatures"]), 2, "seals on the contract")
    return f"TRUSTED，2 枚印章，{_axes(report)}"


def contract_receipt(story: Story) -> str:
    """Each seal on the contract has a receipt of its own; both verify offline."""
    first = story.kept("half sealed contract", SealedFile)
    both = story.kept("sealed contract", SealedFile)
    _checked_receipt(story, first, HALF_FILE, "contract-seller.tlog-proof")
    return _checked_receipt(story, both, CONTRACT_FILE, "contract-buyer.tlog-proof")


def trace(story: Story) -> str:
    """Whoever holds the file reads its history, each event with a receipt of its own.

    The shop has its verification recorded first, so the history holds more than the sealing.
    """
    file = story.kept("sealed invoice", SealedFile)
    digest = sha256_hex(file.data)
    report = story.service.verify(file.data, by="shop", evidence="true")
    recorded = report["receipt"]["id"]
    story.service.receipt(recorded, digest)  # waits until the log has it
    page = story.service.get("/v1/trace", digest=digest)
    story.folder.write_json("invoice.trace.json", page)
    events: list[Answer] = page["data"]
    indexes = [event["index"] for event in events]
    expect(indexes, sorted(indexes), "order of the events")
    sealing = next(event for event in events if event["factId"] == file.fact_id)
    expect(sealing["payload"]["digest"], digest, "digest in the payload")
    expect(events[-1]["factId"], recorded, "last event")
    for event in events:
        story.service.receipt(event["factId"], digest)
    return " → ".join(f"{event['type']} #{event['index']}" for event in events)


def codes_of(report: Answer) -> set[str]:
    """The codes of a report's findings."""
    return {str(row["code"]) for row in report["findings"]}


def _codes(report: Answer) -> str:
    weighty = [row["code"] for row in report["findings"] if row["severity"] == "ERROR"]
    return f"{report['summary']}，{'、'.join(dict.fromkeys(weighty)) or report['indication']}"


def _axes(report: Answer) -> str:
    return "，".join(f"{axis} {result}" for axis, result in report["axes"].items())


def _checked_receipt(story: Story, file: SealedFile, document: str, name: str) -> str:
    receipt = story.service.receipt(file.fact_id, sha256_hex(file.data))
    path = story.folder.write(name, receipt)
    key = story.service.call("GET", "/log/key").text.strip()
    story.folder.write("log.vkey", key + "\n")
    return verify_offline(path, key, story.folder.path / document)
