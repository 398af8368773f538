"""Sealing a one-page OFD: our CPU without the SM2 signature itself, which a key store makes.

`python -m bench.ofd` prints the rows; `ofd_rows` gives them to `make bench`. The limit is what no
writer can save: SM3 over all parts, and deflating the parts that are new.
"""

import time
import zlib
from collections.abc import Callable

from bench.timing import Row, alone
from ca.sm2 import sm3
from sealsvc.documents.ofd import sealer
from sealsvc.documents.ofd.archive import open_archive
from sealsvc.documents.values import SealingSpec, Straddle
from tests.unit.documents.ofd_writer import material

ROUNDS = 200


def ofd_rows(count: int = ROUNDS) -> list[Row]:
    """Medians of one seal on an invoice, on six pages with a straddle seal, and the limit."""
    one = material.party()
    invoice, contract = material.invoice(), material.contract()
    visible = material.spec(one)
    straddle = material.spec(one, placement=None, straddle=Straddle())
    return [
        _row("ofd.seal.invoice", _sealing(invoice, visible), count),
        _row("ofd.seal.straddle-6", _sealing(contract, straddle), count),
        _row("ofd.seal.invoice.limit", lambda: _limit(material.sealed_invoice()), count),
        _row("ofd.seal.sm2-signature", lambda: one.signer.sign(b"tbs"), count),
    ]


def _row(name: str, run: Callable[[], object], count: int) -> Row:
    run()
    seconds = []
    for _ in range(count):
        begin = time.process_time()
        run()
        seconds.append(time.process_time() - begin)
    return alone(name, "s CPU", seconds)


def _sealing(data: bytes, spec: SealingSpec) -> Callable[[], None]:
    """One seal; the signature is made once, since every run needs the same one."""
    prepared = sealer.prepare(data, spec)
    signature = material.party().signer.sign(prepared.tbs)

    def run() -> None:
        sealer.finish(sealer.prepare(data, spec), signature)

    return run


def _limit(sealed: bytes) -> None:
    archive = open_archive(sealed)
    for entry in archive.entries:
        content = archive.read(entry)
        sm3(content)
        if "Signatures.xml" in entry.name or entry.name == "OFD.xml":
            zlib.compress(content)


if __name__ == "__main__":
    for found in ofd_rows():
        print(f"{found.name:26} {found.ours * 1e3:7.3f} ms  (median of {found.n})")
