"""The fast PDF writer as a fuzzing target: understand, walk, prepare; only documented errors.

`python -m tests.fuzz.pdf_fast_target [COUNT]` drives it with damaged seeds and prints the
slowest; `TARGETS["pdf_fast"] = pdf_fast` makes it a target of `tests.fuzz.run`.
"""

import random
import sys
import time
from functools import cache

from hypothesis import strategies as st

from sealsvc.documents.pdf.fast.form import read_form
from sealsvc.documents.pdf.fast.kit import SealKit, SealOrder
from sealsvc.documents.pdf.fast.pages import find_page, how_shown, page_count
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import understand
from sealsvc.documents.values import DocumentReading
from sealsvc.errors import ServiceError
from sealsvc.values import DocumentRole, Placement
from tests.builders import pdf
from tests.builders.pdf import PdfBuilder, chain_named
from tests.unit.documents.pdf_fast.generator import generated

PLACE = Placement(1, 5, 5, 20)
# Signatures are another target's: here they count as read and sound.
READ = DocumentReading("pdf", 0, 1, 1, (), (), ())


@cache
def seeds() -> list[bytes]:
    """Small documents of every kind the writer knows."""
    made = [generated(seed) for seed in range(40)]
    builders = [
        PdfBuilder(2).saved(linearize=True),
        PdfBuilder().with_note(),
        PdfBuilder().with_text_field(),
    ]
    known = [pdf.plain(), pdf.xref_stream(3), pdf.sealed_thrice(), pdf.encrypted()]
    return [*made, *known, *(one.build() for one in builders)]


@cache
def kit() -> SealKit:
    chain = chain_named()
    certificates = (chain.leaf_der, (chain.issuing_der,))
    return SealKit(*certificates, chain.leaf_signer.suite, "fuzz", (pdf.imprint(), 1.0))


def pdf_fast(data: bytes) -> None:
    """Everything the writer does before it signs; its own errors and services' only."""
    try:
        structure = understand(data)
        read_form(structure)
        for number in range(1, min(page_count(structure), 20) + 1):
            how_shown(structure, find_page(structure, number))
        structure.older()
    except (NotUnderstood, ServiceError):
        pass
    for place in (None, PLACE):
        order = SealOrder(DocumentRole.INVOICE, pdf.SIGNED_AT, "seal-x", place, READ)
        try:
            kit().compose(data, order)
        except (NotUnderstood, ServiceError):
            continue


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A seed with bytes replaced, cut out, put in or repeated, near its end more often."""
    data = draw(st.sampled_from(seeds()))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)) | st.integers(max(0, len(data) - 900), len(data)))
        put = draw(st.binary(max_size=6) | st.just(data[at : at + 40]))
        data = data[:at] + put + data[at + draw(st.integers(0, 6)) :]
    return data


def _mutant(chance: random.Random) -> bytes:
    data = bytearray(chance.choice(seeds()))
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        if not data:
            break
        first = 0 if chance.random() < 0.6 else max(0, len(data) - 600)
        at = chance.randrange(first, len(data))
        way = chance.randrange(5)
        if way == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif way == 1:
            data[at] = chance.choice(b"0123456789/<>[]() RnfobjPTK%#\n\r")
        elif way == 2:
            del data[at : at + chance.randrange(1, 30)]
        elif way == 3:
            data[at:at] = data[at : at + chance.randrange(1, 60)]
        else:
            del data[at:]
    return bytes(data)


def main(arguments: list[str]) -> int:
    """0 when nothing undocumented was raised."""
    chance = random.Random(int(arguments[1]) if len(arguments) > 1 else 1)
    slowest = 0.0
    count = int(arguments[0]) if arguments else 5000
    for _ in range(count):
        data = _mutant(chance)
        begin = time.thread_time()
        pdf_fast(data)
        slowest = max(slowest, time.thread_time() - begin)
    print(f"{count} inputs, slowest {slowest * 1000:.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
