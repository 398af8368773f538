"""Sealing PDFs: our writer against pyHanko's default path, and against hash and signature alone.

`pdf_seal_rows()` gives the rows for `make bench`; `python -m bench.pdf_seal` prints them. Every
contender holds its key and certificates loaded, and every round runs each once (CPU time).
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from itertools import cycle

import pikepdf
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from api.demo.invoice import Invoice, demo_lines, make_invoice
from bench.library import as_published
from bench.timing import Row, each, row
from ca.algorithms import suite_named
from ca.issue import CertificateRequest, prepare, sign
from ca.profiles import profile_named
from sealsvc.areas.entities.model.demo import DEMO_ENTITIES
from sealsvc.documents.pdf.fast.kit import SealKit, SealOrder
from sealsvc.documents.picture import load_png
from sealsvc.values import DocumentRole, Placement
from tests.builders.pdf import imprint, plain
from tests.builders.x509 import MERCHANT, DemoChain, make_chain, make_serial, p256_key

P256, RSA = "ecdsa-p256-sha256", "rsa2048-sha256"
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "30"))
REPEATS = 200
"""Of the quick contenders in one round: a single run of 0.1 ms is below the clock's grain."""
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PLACE = Placement(page=1, x_mm=20, y_mm=30, width_mm=40)
BOX_POINTS = (57, 198, 170, 312)
INVOICES = 16
CONTRACT_BYTES = 850_000


@dataclass(frozen=True)
class Party:
    """A signer as both contenders hold it. sign: tbs → signature value."""

    chain: DemoChain
    suite: str
    pyhanko: signers.SimpleSigner
    sign: Callable[[bytes], bytes]


def party(suite: str) -> Party:
    """A chain of that suite with its leaf's key loaded on both sides."""
    label = f"bench-{suite}"
    if suite == P256:
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = p256_key(f"{label}-leaf")
        chain = make_chain(suite, label=label)
    else:
        # `make_chain` keeps RSA keys to itself: one more leaf, of a key that we hold.
        chain, key = _chain_of(rsa.generate_private_key(65537, 2048), suite, label)
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    registry = SimpleCertificateStore()
    registry.register(asn1_x509.Certificate.load(chain.issuing_der))
    signer = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(chain.leaf_der),
        signing_key=asn1_keys.PrivateKeyInfo.load(pkcs8),
        cert_registry=registry,
    )
    return Party(chain, suite, signer, suite_named(suite).load(pkcs8).sign)


def _chain_of(
    key: rsa.RSAPrivateKey, suite: str, label: str
) -> tuple[DemoChain, rsa.RSAPrivateKey]:
    chain = make_chain(suite, label=label)
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    prepared = prepare(
        CertificateRequest(MERCHANT, spki, None),
        profile_named("seal"),
        now=chain.at,
        serial=make_serial(f"{label}/held"),
        issuer=chain.issuing_issuer,
    )
    return replace(chain, leaf_der=sign(prepared, chain.issuing_signer)), key


def demo_invoice(number: int = 1) -> bytes:
    """The demo's invoice of that number, one page."""
    seller, buyer, _ = DEMO_ENTITIES
    lines = demo_lines()
    return make_invoice(
        Invoice(f"261100000000{number:08}", NOW, seller, buyer, lines, "示例开票人")
    ).data


def demo_invoices() -> tuple[bytes, ...]:
    """Different invoices of one program, for contenders that keep what recurs."""
    return tuple(demo_invoice(number) for number in range(1, INVOICES + 1))


def contract() -> bytes:
    """Twenty pages, of about the size of a contract with its fonts and a scan."""

    buffer = BytesIO()
    with pikepdf.open(BytesIO(plain(20))) as pdf:
        noise = b"".join(
            sha256(bytes([i % 256, i // 256])).digest() for i in range(CONTRACT_BYTES // 32)
        )
        pdf.Root["/PieceInfo"] = pdf.make_indirect(pikepdf.Stream(pdf, noise))
        pdf.save(buffer, deterministic_id=True)
    return buffer.getvalue()


def _ours(
    one: Party, files: tuple[bytes, ...], *, visible: bool, role: DocumentRole
) -> Callable[[], bytes]:
    picture = (imprint(), 1.0) if visible else None
    kit = SealKit(one.chain.leaf_der, (one.chain.issuing_der,), one.suite, "bench", picture)
    order = SealOrder(role, NOW, "seal-0123456789ab", PLACE if visible else None)
    following = cycle(files).__next__
    return lambda: kit.seal(following(), one.sign, order)


def _baseline(one: Party, files: tuple[bytes, ...], *, visible: bool) -> Callable[[], None]:
    """pyHanko as its documentation shows it: `PdfSigner.sign_pdf`, in place."""
    meta = signers.PdfSignatureMetadata(field_name="Signature1")
    field = SigFieldSpec("Signature1", box=BOX_POINTS) if visible else None
    following = cycle(files).__next__

    def run() -> None:
        style = None
        if visible:
            style = StaticStampStyle(
                background=PdfImage(load_png(imprint())), background_opacity=1.0, border_width=0
            )
        with as_published():
            writer = IncrementalPdfFileWriter(BytesIO(following()))
            signer = signers.PdfSigner(meta, one.pyhanko, stamp_style=style, new_field_spec=field)
            signer.sign_pdf(writer, in_place=True)

    return run


def library_invoice() -> Callable[[], float]:
    """Asks for the CPU seconds of the library's call on an invoice (P-256), as of now.

    For what is measured in other processes: the machine's speed changes within minutes, so the
    call is timed around each of their turns.
    """
    run = _baseline(party(P256), demo_invoices(), visible=False)
    return lambda: each(run, least=0.5)


def _limit(one: Party, files: tuple[bytes, ...]) -> Callable[[], bytes]:
    following = cycle(files).__next__
    return lambda: one.sign(sha256(following()).digest())


def _measure(contenders: dict[str, Callable[[], object]], count: int) -> dict[str, list[float]]:
    """CPU seconds per run, interleaved; the quick ones as the mean of a few runs."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(count + 1):
        for name, run in contenders.items():
            times = 1 if name == "baseline" else REPEATS
            begin = time.thread_time()
            for _ in range(times):
                run()
            if number:
                seconds[name].append((time.thread_time() - begin) / times)
    return seconds


def _row(
    name: str, one: Party, files: tuple[bytes, ...], *, visible: bool, role: DocumentRole
) -> Row:
    contenders: dict[str, Callable[[], object]] = {
        "ours": _ours(one, files, visible=visible, role=role),
        "baseline": _baseline(one, files, visible=visible),
        "limit": _limit(one, files),
    }
    return row(name, _measure(contenders, ROUNDS))


def pdf_seal_rows() -> list[Row]:
    """The rows `seal.invoice.p256`, `.rsa2048`, `.p256.visible` and `seal.contract.p256`."""
    ec_party, rsa_party, invoices = party(P256), party(RSA), demo_invoices()
    certified, approved = DocumentRole.INVOICE, DocumentRole.CONTRACT
    return [
        _row("seal.invoice.p256", ec_party, invoices, visible=False, role=certified),
        _row("seal.invoice.rsa2048", rsa_party, invoices, visible=False, role=certified),
        _row("seal.invoice.p256.visible", ec_party, invoices, visible=True, role=certified),
        _row("seal.contract.p256", ec_party, (contract(),), visible=False, role=approved),
    ]


def main() -> int:
    """Print the rows."""
    for one in pdf_seal_rows():
        ratio = f"{one.ratio or 0:.1f} [{one.ratio_min or 0:.0f}..{one.ratio_max or 0:.0f}]"
        print(
            f"{one.name:28} ours {one.ours * 1e6:8.1f} us",
            f"baseline {(one.baseline or 0) * 1e3:7.2f} ms",
            f"ratio {ratio}  limit {one.limit_ratio or 0:.0f}  n {one.n}",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
