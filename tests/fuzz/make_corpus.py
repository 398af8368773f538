"""`python -m tests.fuzz.make_corpus [TARGET…]` writes seeds again: small good inputs."""

import sys
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sealsvc.tlog.checkpoint import Checkpoint
from sealsvc.tlog.keys import KeyType, VerifierKey
from sealsvc.tlog.leaf import build_leaf
from sealsvc.tlog.note import NoteSigner, sign_note
from sealsvc.tlog.proof import parse_tlog_proof, write_receipt
from sealsvc.tlog.tiles import encode_bundle
from sealsvc.tlog.tree import hash_leaf
from sealsvc.values import DocumentRole, Fact
from tests.attacks.craft import cms_of
from tests.builders import invoices, ofd, pdf
from tests.fuzz.targets import CORPUS
from tests.unit.formats.fuzzing import formats_seeds

ORIGIN = "seal.example/log"


def _log() -> dict[str, dict[str, bytes]]:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    verifier = VerifierKey(ORIGIN, KeyType.ED25519, key.public_key().public_bytes_raw())
    fact = Fact("seal.activated", (), {"sealId": "seal_1"}, {"reason": "because"})
    at = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    leaf = build_leaf(fact=fact, fact_id="evt_" + "a" * 26, at=at, salt=bytes(32), origin=ORIGIN)
    checkpoint = Checkpoint(ORIGIN, 1, hash_leaf(leaf.entry))
    note = sign_note(checkpoint.text(), [NoteSigner(verifier, key.sign)])
    receipt = write_receipt(leaf, 0, (), note)
    opening = parse_tlog_proof(receipt).extra
    assert opening is not None
    policy = f"log {verifier}\nquorum none\n".encode()
    return {
        "note": {"checkpoint": note},
        "proof": {"receipt": receipt},
        "opening": {"leaf": opening},
        "leaf": {"activated": leaf.entry},
        "policy": {"one-log": policy},
        "bundle": {"one": b"\0" + encode_bundle([leaf.entry])},
    }


def corpus() -> dict[str, dict[str, bytes]]:
    """Target → file name → content."""
    invoice = pdf.sealed(role=DocumentRole.INVOICE, png=pdf.imprint(24))
    return {
        "pdf": {"plain": pdf.plain(), "invoice": invoice, "xref-stream": pdf.xref_stream()},
        "cms": {"sealed": cms_of(invoice)},
        "picture": {"ring": pdf.imprint(24)},
        "formats": formats_seeds(),
        "ofd": {
            "unsigned.ofd": ofd.pack(ofd.unsigned(1)),
            "sealed.ofd": ofd.pack(ofd.signed(ofd.unsigned(1))),
        },
        "invoice": {
            "digital.xml": invoices.digital_xml(),
            "original.xml": invoices.original_xml(),
            "issuer.xbrl": invoices.xbrl_issuer(),
            "ubl.xml": invoices.ubl(),
            "cii.xml": invoices.cii(),
            "factur-x.pdf": invoices.pdf_with({"factur-x.xml": invoices.cii()}),
            "tags.ofd": invoices.OfdInvoice(tags=invoices.ofd_tags()).build(),
        },
        "uscc": {"synthetic": b"91110000MA00000152", "full-width": "９1110000ma00000152".encode()},
        **_log(),
    }


def main(arguments: list[str]) -> None:
    """Write every seed, or those of the targets named; fresh keys make them differ each time."""
    for target, files in corpus().items():
        if arguments and target not in arguments:
            continue
        (CORPUS / target).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (CORPUS / target / name).write_bytes(content)


if __name__ == "__main__":
    main(sys.argv[1:])
