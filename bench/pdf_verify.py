"""Verifying PDFs: our reader and judge against pyHanko, and against hash and signature alone.

`pdf_verify_rows()` gives the rows for `make bench`; `python -m bench.pdf_verify` prints them. Ours
is the verdict from bytes: read, gather, judge. The baseline validates every signature with a fresh
context, revocation lists demanded, differences analysed. Interleaved, CPU time.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from hashlib import sha256
from importlib import import_module
from io import BytesIO

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from bench.library import as_published
from bench.pdf_seal import NOW, contract, demo_invoice
from bench.timing import Row, row
from sealsvc.adapters.sandbox import WARM
from sealsvc.documents.pdf.fast.kit import SealKit, SealOrder
from sealsvc.documents.pdf.reader import read_with_digest
from sealsvc.documents.values import DocumentReading
from sealsvc.values import DocumentRole, Placement
from sealsvc.verify.evidence import Evidence, Expectation, SignatureEvidence
from sealsvc.verify.indications import Indication
from sealsvc.verify.judge import judge
from sealsvc.verify.policy import DEFAULT_POLICY
from tests.builders.pdf import imprint, same_chain_leaf
from tests.builders.x509 import DemoChain, make_chain, p256_key

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "20"))
JUDGED_AT = NOW + timedelta(hours=1)
REPEATS = 20
"""Of ours and of the limit in one round: a single run is below the clock's grain."""


@dataclass(frozen=True)
class Sealed:
    """A file with seals by as many leaves of one chain."""

    data: bytes
    count: int
    chain: DemoChain
    crls: tuple[bytes, ...]


def sealed(data: bytes, count: int, *, role: DocumentRole, visible: bool = False) -> Sealed:
    """The document with so many seals in turn by the fast writer."""
    chain = make_chain(label="bench-verify")
    for number in range(count):
        leaf = same_chain_leaf(f"bench-{number}", chain)
        picture = (imprint(), 1.0) if visible else None
        kit = SealKit(leaf.leaf_der, (leaf.issuing_der,), leaf.leaf_signer.suite, "bench", picture)
        place = Placement(page=1, x_mm=5 + 8 * number, y_mm=30, width_mm=40) if visible else None
        order = SealOrder(role, NOW, f"seal-{number:012x}", place)
        data = kit.seal(data, leaf.leaf_signer.sign, order)
    return Sealed(data, count, chain, (chain.crl(by_root=True, at=NOW), chain.crl(at=NOW)))


def evidence_of(file: Sealed, reading: DocumentReading, document_sha256: str) -> Evidence:
    """What a service without registry would gather."""
    return Evidence(
        document_sha256=document_sha256,
        filename=None,
        reading=reading,
        signatures=tuple(
            SignatureEvidence(one, None, None, None, None) for one in reading.signatures
        ),
        anchors_der=(file.chain.root_der,),
        issuers_der=(file.chain.issuing_der,),
        crls_der=file.crls,
        registry_asked=False,
        expectation=Expectation(),
        validation_time=JUDGED_AT,
        gathered_at=JUDGED_AT,
    )


def ours(file: Sealed) -> Indication:
    """The verdict from the bytes."""
    report = judge(evidence_of(file, *read_with_digest(file.data)), DEFAULT_POLICY)
    assert report.indication is Indication.TOTAL_PASSED
    return report.indication


def baseline(file: Sealed) -> None:
    """pyHanko's verdict on each signature."""
    root = asn1_x509.Certificate.load(file.chain.root_der)
    terms = {"revocation_mode": "hard-fail", "moment": JUDGED_AT}
    with as_published():
        for signature in PdfFileReader(BytesIO(file.data)).embedded_signatures:
            context = ValidationContext(trust_roots=[root], crls=list(file.crls), **terms)
            assert validate_pdf_signature(signature, context).bottom_line


def _limit(file: Sealed) -> Callable[[], None]:
    """One hash of the file and the signatures alone."""
    key = p256_key("bench-limit")
    value, public = key.sign(b"limit", ec.ECDSA(SHA256())), key.public_key()

    def run() -> None:
        sha256(file.data).digest()
        for _ in range(file.count):
            public.verify(value, b"limit", ec.ECDSA(SHA256()))

    return run


def _row(name: str, file: Sealed) -> Row:
    contenders: dict[str, tuple[Callable[[], object], int]] = {
        "ours": (partial(ours, file), REPEATS),
        "baseline": (partial(baseline, file), 1),
        "limit": (_limit(file), REPEATS),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(ROUNDS + 1):
        for contender, (run, times) in contenders.items():
            begin = time.process_time()
            for _ in range(times):
                run()
            if number:
                seconds[contender].append((time.process_time() - begin) / times)
    return row(name, seconds)


def pdf_verify_rows() -> list[Row]:
    """The rows `verify.1`, `.visible` and `.contract`, `verify.3`, `verify.10` and `verify.20`.

    With what a worker of the service has imported before its first call, for both.
    """
    for module in WARM:
        import_module(module)
    invoice, other = demo_invoice(), DocumentRole.OTHER
    rows = [
        _row("verify.1", sealed(invoice, 1, role=DocumentRole.INVOICE)),
        _row("verify.1.visible", sealed(invoice, 1, role=DocumentRole.INVOICE, visible=True)),
        _row("verify.1.contract", sealed(contract(), 1, role=DocumentRole.CONTRACT)),
    ]
    rows += [_row(f"verify.{count}", sealed(invoice, count, role=other)) for count in (3, 10, 20)]
    return rows


def main() -> int:
    """Print the rows."""
    for one in pdf_verify_rows():
        ratio = f"{one.ratio or 0:.1f} [{one.ratio_min or 0:.0f}..{one.ratio_max or 0:.0f}]"
        print(
            f"{one.name:20} ours {one.ours * 1e6:8.1f} us",
            f"baseline {(one.baseline or 0) * 1e3:7.2f} ms",
            f"ratio {ratio}  limit {one.limit_ratio or 0:.0f}  n {one.n}",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
