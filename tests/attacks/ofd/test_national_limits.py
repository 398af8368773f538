"""Hostile packages that once ran long, and the order of signatures that a list cannot forge."""

import pytest

from sealsvc.documents.ofd.changes import SignedParts, revisions
from sealsvc.documents.ofd.limits import MAX_REFERENCES_TOTAL
from sealsvc.documents.ofd.reader import read
from sealsvc.documents.pdf.errors import DocumentUnreadable
from tests.builders import ofd

PER_SIGNATURE = 20_000


def test_references_of_all_signatures_together_are_bounded() -> None:
    reference = '<ofd:Reference FileRef="/a"><ofd:CheckValue/></ofd:Reference>'
    parts = ofd.unsigned(1)
    entries = ""
    for number in range(MAX_REFERENCES_TOTAL // PER_SIGNATURE + 1):
        name = f"Doc_0/Signs/Sign_{number}/Signature.xml"
        entries += f'<ofd:Signature ID="s{number}" BaseLoc="/{name}"/>'
        # Of many lengths, so that it does not look like a bomb.
        noise = "".join(f"<a{at * 7919 % 99_991:x}/>" for at in range(3000))
        listed = f'<ofd:References CheckMethod="SM3">{reference * PER_SIGNATURE}</ofd:References>'
        info = f"<ofd:SignedInfo>{listed}{noise}</ofd:SignedInfo>"
        parts[name] = ofd.xml("Signature", f"{info}<ofd:SignedValue>/x</ofd:SignedValue>")
    parts[ofd.SIGNATURES] = ofd.xml("Signatures", entries)
    parts["OFD.xml"] = ofd.ofd_xml((ofd.body(signatures=True),))
    stored = [ofd.Stored(name.encode(), one, method=0) for name, one in parts.items()]
    with pytest.raises(DocumentUnreadable) as refused:
        read(ofd.pack(stored))
    assert refused.value.fields["why"] == "references"


def signed(order: int, *covered: int) -> SignedParts:
    """A signature that covers the files of others."""
    return SignedParts(
        order=order,
        body=0,
        own=frozenset({f"{order}.xml", f"{order}.dat"}),
        covered=frozenset(f"{one}.{kind}" for one in covered for kind in ("xml", "dat")),
        named=frozenset(),
        broken=(),
        intact=True,
        unchecked=True,
    )


@pytest.mark.parametrize(
    ("signatures", "expected"),
    [
        ((signed(1), signed(2, 1), signed(3, 1, 2)), (1, 2, 3)),
        ((signed(1), signed(2)), (1, 1)),
        ((signed(1, 2), signed(2)), (1, 1)),
        ((signed(1), signed(2, 1), signed(3, 1)), (1, 2, 2)),
        ((signed(1), signed(2, 1), signed(3, 2)), (1, 1, 1)),
        ((signed(1), signed(2), signed(3, 1, 2)), (1, 1, 2)),
        ((signed(1), signed(2, 1), signed(3, 1), signed(4, 1, 3)), (1, 2, 2, 2)),
        ((), ()),
    ],
)
def test_a_higher_revision_covers_every_lower_one(
    signatures: tuple[SignedParts, ...], expected: tuple[int, ...]
) -> None:
    assert revisions(signatures) == expected
