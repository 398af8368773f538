"""`make bench`: this issue's figures, as ratios to the library default and to the physical limit.

Sealing and verifying go through pyHanko today; the fast writer and the fast path are a later
issue, so ratios near 1 are expected here. Writes bench/results.json and docs/performance.md.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from rich.console import Console
from rich.table import Table

from api.demo.invoice import Invoice, demo_lines, make_invoice
from bench.logs import log_rows
from bench.timing import Row, rounds, row
from sealsvc.areas.entities.model.demo import DEMO_ENTITIES
from sealsvc.documents import detect
from sealsvc.documents.values import SealingSpec
from sealsvc.values import DocumentRole
from sealsvc.verify.evidence import Evidence, Expectation, SignatureEvidence
from sealsvc.verify.judge import judge
from sealsvc.verify.policy import DEFAULT_POLICY
from tests.builders.x509 import DemoChain, make_chain, p256_key

ROOT = Path(__file__).parents[1]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "30"))
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {0})
    console = Console()
    chain, key = _chain_with_key()
    invoice = demo_invoice()
    steps: list[Callable[[], list[Row]]] = [
        lambda: [_sealing(chain, key, invoice)],
        lambda: [_verifying(chain, key, invoice)],
        log_rows,
    ]
    found: list[Row] = []
    with console.status("measuring …"):
        for step in steps:
            found += step()
    _write(found)
    console.print(_table(found))


def demo_invoice() -> bytes:
    """The demo's invoice, one page."""
    seller, buyer, _ = DEMO_ENTITIES
    return make_invoice(
        Invoice("26110000000000000001", NOW, seller, buyer, demo_lines(), "示例开票人")
    ).data


def _chain_with_key() -> tuple[DemoChain, ec.EllipticCurvePrivateKey]:
    """A chain, and its leaf's key as pyHanko wants to hold it."""
    return make_chain(label="bench"), p256_key("bench-leaf")


def _seal(chain: DemoChain, pdf: bytes, number: int = 0) -> bytes:
    document_format = detect(pdf)
    spec = SealingSpec(
        role=DocumentRole.OTHER,
        certificate_der=chain.leaf_der,
        chain_der=(chain.issuing_der,),
        suite=chain.leaf_signer.suite,
        signed_at=NOW,
        field_name=f"seal{number}",
        signer_name="bench",
        imprint_png=None,
        placement=None,
    )
    prepared = document_format.prepare(pdf, spec)
    return document_format.finish(prepared, chain.leaf_signer.sign(prepared.tbs))


def _pyhanko_signer(chain: DemoChain, key: ec.EllipticCurvePrivateKey) -> signers.SimpleSigner:
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    registry = SimpleCertificateStore()
    registry.register(asn1_x509.Certificate.load(chain.issuing_der))
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(chain.leaf_der),
        signing_key=asn1_keys.PrivateKeyInfo.load(pkcs8),
        cert_registry=registry,
    )


def _sealing(chain: DemoChain, key: ec.EllipticCurvePrivateKey, pdf: bytes) -> Row:
    signer = _pyhanko_signer(chain, key)
    meta = signers.PdfSignatureMetadata(field_name="Signature1")

    def baseline() -> None:
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        signers.PdfSigner(meta, signer).sign_pdf(writer, in_place=False)

    def limit() -> None:
        key.sign(sha256(pdf).digest(), ec.ECDSA(SHA256()))

    seconds = rounds(
        {"ours": lambda: _seal(chain, pdf), "baseline": baseline, "limit": limit}, ROUNDS
    )
    return row("seal.invoice.p256", seconds)


def _verifying(chain: DemoChain, key: ec.EllipticCurvePrivateKey, pdf: bytes) -> Row:
    sealed = _seal(chain, pdf)
    root = asn1_x509.Certificate.load(chain.root_der)
    crls = [chain.crl(by_root=True), chain.crl()]

    def ours() -> None:
        judge(_evidence(chain, sealed, crls), DEFAULT_POLICY)

    def baseline() -> None:
        context = ValidationContext(
            trust_roots=[root], crls=crls, revocation_mode="hard-fail", moment=NOW
        )
        signature = PdfFileReader(BytesIO(sealed)).embedded_signatures[0]
        validate_pdf_signature(signature, context)

    public_key = key.public_key()
    signature = key.sign(sealed, ec.ECDSA(SHA256()))

    def limit() -> None:
        public_key.verify(signature, sealed, ec.ECDSA(SHA256()))

    return row("verify.1", rounds({"ours": ours, "baseline": baseline, "limit": limit}, ROUNDS))


def _evidence(chain: DemoChain, sealed: bytes, crls: list[bytes]) -> Evidence:
    reading = detect(sealed).read(sealed)
    return Evidence(
        document_sha256=sha256(sealed).hexdigest(),
        filename=None,
        reading=reading,
        signatures=tuple(
            SignatureEvidence(one, None, None, None, None) for one in reading.signatures
        ),
        anchors_der=(chain.root_der,),
        issuers_der=(chain.issuing_der,),
        crls_der=tuple(crls),
        registry_asked=False,
        expectation=Expectation(),
        validation_time=NOW,
        gathered_at=NOW,
    )


def _write(found: list[Row]) -> None:
    results = ROOT / "bench" / "results.json"
    results.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", "utf-8")
    lines = [
        "# Performance 性能",
        "",
        "Written by `make bench`: interleaved rounds on one core, medians. `ratio` is the",
        "library's default divided by ours in the same round [range], `limit` the ratio that one",
        "hash and one signature alone would reach. Sealing and verifying use pyHanko today.",
        "",
        "| name | unit | ours | library | ratio | limit | n |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(_cells(one)) + " |" for one in found]
    (ROOT / "docs" / "performance.md").write_text("\n".join(lines) + "\n", "utf-8")


def _table(found: list[Row]) -> Table:
    table = Table("name", "unit", "ours", "library", "ratio", "limit", "n")
    for one in found:
        table.add_row(*_cells(one))
    return table


def _cells(one: Row) -> list[str]:
    ratio = "–"
    if one.ratio is not None:
        ratio = f"{one.ratio:.2f} [{one.ratio_min:.2f}..{one.ratio_max:.2f}]"
    return [
        one.name,
        one.unit,
        f"{one.ours:.6g}",
        "–" if one.baseline is None else f"{one.baseline:.6g}",
        ratio,
        "–" if one.limit_ratio is None else f"{one.limit_ratio:.0f}",
        str(one.n),
    ]


if __name__ == "__main__":
    main()
