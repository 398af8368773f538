"""`grow.*`: how sealing and verifying grow with the signatures a file has and with its size.

Sealing a file with N signatures judges all of them first; the library does not. Files of a size are
one page and noise that no deflate makes smaller. The limit is one hash of the file and the
signatures alone; the library runs as far as BENCH_GROW_LIBRARY_MB, since it copies the file.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256, shake_128
from io import BytesIO
from statistics import median

import pikepdf
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from bench.library import library_seal
from bench.pdf_seal import NOW, P256, Party, demo_invoice, party
from bench.pdf_verify import Sealed, baseline, ours, sealed
from bench.timing import Row, interleaved, row
from sealsvc.documents.pdf.fast.kit import SealKit, SealOrder
from sealsvc.values import DocumentRole
from tests.builders.pdf import plain
from tests.builders.x509 import p256_key

ROUNDS = int(os.environ.get("BENCH_GROW_ROUNDS", "5"))
SIGNATURES = tuple(int(one) for one in os.environ.get("BENCH_SIGNATURES", "1,3,10,20").split(","))
SIZES = tuple(os.environ.get("BENCH_SIZES", "50K,500K,5M,50M").split(","))
LIBRARY_BYTES = int(os.environ.get("BENCH_GROW_LIBRARY_MB", "60")) * 10**6
_UNITS = {"K": 10**3, "M": 10**6}
Contenders = dict[str, Callable[[], object]]


@dataclass(frozen=True)
class Limit:
    """What no way around can save: a hash of the file, and signatures."""

    data: bytes
    signatures: int

    def verify(self) -> Callable[[], None]:
        """Hash and check."""
        key = p256_key("bench-limit")
        value, public = key.sign(b"limit", ec.ECDSA(SHA256())), key.public_key()

        def run() -> None:
            sha256(self.data).digest()
            for _ in range(self.signatures):
                public.verify(value, b"limit", ec.ECDSA(SHA256()))

        return run

    def seal(self, one: Party) -> Callable[[], None]:
        """Hash and sign, and check what was signed before."""
        check = Limit(b"", self.signatures).verify()

        def run() -> None:
            one.sign(sha256(self.data).digest())
            check()

        return run


def growth_rows() -> list[Row]:
    """The rows `grow.{seal,verify}.signatures.N` and `grow.{seal,verify}.bytes.SIZE`."""
    one, other = party(P256), DocumentRole.OTHER
    rows: list[Row] = []
    for count in SIGNATURES:
        file = sealed(demo_invoice(), count, role=other)
        rows.append(_row(f"grow.seal.signatures.{count}", _sealing(one, file.data, count)))
        rows.append(_row(f"grow.verify.signatures.{count}", _verifying(file)))
    for label in SIZES:
        document = synthetic(size_of(label))
        rows.append(_row(f"grow.seal.bytes.{label}", _sealing(one, document, 0)))
        file = sealed(document, 1, role=other)
        rows.append(_row(f"grow.verify.bytes.{label}", _verifying(file)))
    return rows


def synthetic(size: int) -> bytes:
    """One page, and as much noise as makes so many bytes."""
    page, buffer = plain(1), BytesIO()
    with pikepdf.open(BytesIO(page)) as pdf:
        noise = shake_128(b"bench").digest(max(0, size - len(page)))
        pdf.Root["/PieceInfo"] = pdf.make_indirect(pikepdf.Stream(pdf, noise))
        pdf.save(buffer, deterministic_id=True, compress_streams=False)
    return buffer.getvalue()


def size_of(label: str) -> int:
    """Bytes of a size as `50K`. Raises: ValueError."""
    if label[-1:] not in _UNITS:
        raise ValueError(f"{label}: a number and K or M is meant")
    return int(label[:-1]) * _UNITS[label[-1]]


def _sealing(one: Party, data: bytes, before: int) -> Contenders:
    kit = SealKit(one.chain.leaf_der, (one.chain.issuing_der,), one.suite, "bench")
    order = SealOrder(DocumentRole.OTHER, NOW, "seal-0123456789ab")
    contenders: Contenders = {
        "ours": partial(kit.seal, data, one.sign, order),
        "limit": Limit(data, before).seal(one),
    }
    if len(data) <= LIBRARY_BYTES:
        contenders["baseline"] = library_seal(one.pyhanko, data)
    return contenders


def _verifying(file: Sealed) -> Contenders:
    contenders: Contenders = {
        "ours": partial(ours, file),
        "limit": Limit(file.data, file.count).verify(),
    }
    if len(file.data) <= LIBRARY_BYTES:
        contenders["baseline"] = partial(baseline, file)
    return contenders


def _row(name: str, contenders: Contenders) -> Row:
    print(f"  {name}", file=sys.stderr)
    return growth_row(name, interleaved(contenders, ROUNDS))


def growth_row(name: str, seconds: Mapping[str, list[float]]) -> Row:
    """As `row`; without a baseline, `limit_ratio` is None and the unit tells the limit."""
    if "baseline" in seconds:
        return row(name, dict(seconds))
    unit = f"s CPU; limit {median(seconds['limit']):.3g}"
    return Row(
        name, unit, median(seconds["ours"]), None, None, None, None, None, len(seconds["ours"])
    )


def main() -> int:
    """Print the rows."""
    for one in growth_rows():
        ratio = f"{one.ratio or 0:.1f} [{one.ratio_min or 0:.0f}..{one.ratio_max or 0:.0f}]"
        print(
            f"{one.name:26} ours {one.ours * 1e3:9.3f} ms",
            f"baseline {(one.baseline or 0) * 1e3:8.2f} ms",
            f"ratio {ratio}  limit {one.limit_ratio or 0:.1f}  n {one.n}",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
