"""Honestly sealed files of every shape the fast reader knows, by both writers."""

from functools import cache
from io import BytesIO
from typing import Any

import pikepdf

from sealsvc.documents.pdf.fast.writer import finish, prepare
from sealsvc.values import DocumentRole, Placement
from tests.builders import pdf
from tests.builders.pdf import PdfBuilder, chain_named, make_spec, same_chain_leaf, xref_stream

INVOICE, CONTRACT, OTHER = DocumentRole.INVOICE, DocumentRole.CONTRACT, DocumentRole.OTHER


def fast(
    data: bytes, number: int = 0, *, suite: str = "ecdsa-p256-sha256", **options: Any
) -> bytes:
    """One more seal by the fast writer, by a leaf of its own. options: of `make_spec`."""
    leaf = same_chain_leaf(f"fastread-{number}", chain_named("fastread-" + suite, suite))
    options.setdefault("placement", Placement(page=1, x_mm=10 + 12 * number, y_mm=40, width_mm=30))
    spec = make_spec(leaf, name=f"seal-{number:012x}", **options)
    prepared = prepare(data, spec)
    return finish(prepared, leaf.leaf_signer.sign(prepared.tbs))


def seals(count: int, data: bytes | None = None, **options: Any) -> bytes:
    """So many seals in turn."""
    found = pdf.plain() if data is None else data
    for number in range(count):
        found = fast(found, number, **options)
    return found


def with_empty_fields(names: tuple[str, ...], level: int = 2) -> bytes:
    """A document with empty signature fields, certified at that level by the general writer."""
    buffer = BytesIO()
    with pikepdf.open(BytesIO(pdf.plain())) as document:
        page = document.pages[0].obj
        widgets = []
        for turn, name in enumerate(names):
            widget = pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Widget,
                FT=pikepdf.Name.Sig,
                F=132,
                T=name,
                Rect=[50 + 90 * turn, 50, 130 + 90 * turn, 130],
                P=page,
            )
            widgets.append(document.make_indirect(widget))
        page["/Annots"] = pikepdf.Array(widgets)
        document.Root["/AcroForm"] = document.make_indirect(
            pikepdf.Dictionary(Fields=pikepdf.Array(widgets), SigFlags=3)
        )
        document.save(buffer, deterministic_id=True)
    return buffer.getvalue()


def filled(count: int = 2) -> bytes:
    """Empty fields that are filled one after the other."""
    names = tuple(f"party-{number}" for number in range(count + 1))
    data = with_empty_fields(names)
    for number, name in enumerate(names[:count]):
        leaf = same_chain_leaf(f"fastread-{number}")
        spec = make_spec(leaf, name=name, role=OTHER)
        prepared = prepare(data, spec)
        data = finish(prepared, leaf.leaf_signer.sign(prepared.tbs))
    return data


@cache
def honest() -> dict[str, bytes]:
    """By name; the fast reader must answer for each."""
    return {
        "invoice": fast(pdf.plain(), role=INVOICE),
        "contract": fast(pdf.plain(3), role=CONTRACT),
        "second page": fast(
            pdf.plain(3), placement=Placement(page=2, x_mm=20, y_mm=30, width_mm=40)
        ),
        "invisible": fast(pdf.plain(), placement=None),
        "xref stream": fast(xref_stream(2)),
        "xref stream twice": seals(2, xref_stream(2)),
        "two": seals(2),
        "three": seals(3, role=OTHER),
        "six": seals(6, pdf.plain(2)),
        "rsa": fast(pdf.plain(), suite="rsa2048-sha256"),
        "turned": fast(PdfBuilder().rotated(90).build()),
        "cropped": fast(PdfBuilder().boxed((0, 0, 600, 800), (20, 30, 500, 700), 2).build()),
        "notes": seals(2, PdfBuilder().with_note().build()),
        "text field": seals(2, PdfBuilder().with_text_field().build()),
        "filled": filled(2),
        "general writer": pdf.sealed_once(INVOICE),
        "general writer, contract": pdf.sealed_once(CONTRACT),
    }
