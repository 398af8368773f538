"""Random small PDFs from a seed: tables and streams, page trees, forms, annotations, turns."""

import random
import zlib
from dataclasses import dataclass, field

GAPS = (b" ", b"\n", b"\r\n", b"\t", b"  ")
LINE_ENDS = (b"\n", b"\r\n", b"\r")


@dataclass
class Draft:
    """A document in the making. generations: of each object, 0 but in a few documents.

    pyHanko's strict reader takes no other generation without a free entry before it.
    """

    chance: random.Random
    regenerated: bool = False
    bodies: dict[int, bytes] = field(default_factory=dict)
    generations: dict[int, int] = field(default_factory=dict)

    def reserve(self) -> int:
        number = len(self.generations) + 1
        self.generations[number] = self.chance.choice((0, 0, 0, 3)) if self.regenerated else 0
        return number

    def ref(self, number: int) -> bytes:
        return b"%d %d R" % (number, self.generations[number])

    def dictionary(self, entries: list[bytes]) -> bytes:
        self.chance.shuffle(entries)
        gap = self.chance.choice(GAPS)
        return b"<<" + gap + gap.join(entries) + self.chance.choice((b"", gap)) + b">>"


def generated(seed: int) -> bytes:
    """The document of that seed; the same in every run."""
    chance = random.Random(seed)
    draft = Draft(chance, chance.random() < 0.1)
    root = _document(draft)
    return _written(draft, root)


def _document(draft: Draft) -> int:
    chance = draft.chance
    root, pages = draft.reserve(), draft.reserve()
    leaves = _tree(draft, pages, None, chance.randint(1, 6), 0)
    entries = [b"/Type/Catalog", b"/Pages " + draft.ref(pages)]
    if chance.random() < 0.5:
        entries.append(b"/Lang (zh\\055CN (nested \\) text))")
    if chance.random() < 0.3:
        entries.append(b"/PageLabels<</Nums[0<</S/D>>]>>")
    form = _form(draft, leaves)
    if form is not None:
        entries.append(b"/AcroForm " + form)
    draft.bodies[root] = draft.dictionary(entries)
    for leaf in leaves:
        _page(draft, leaf)
    return root


@dataclass
class Leaf:
    number: int
    parent: int
    annotations: list[bytes] = field(default_factory=list)
    shared: int | None = None


def _tree(draft: Draft, node: int, parent: int | None, count: int, depth: int) -> list[Leaf]:
    chance = draft.chance
    leaves: list[Leaf] = []
    kids: list[int] = []
    while len(leaves) < count:
        child = draft.reserve()
        kids.append(child)
        left = count - len(leaves)
        if depth < 3 and chance.random() < 0.3:
            leaves += _tree(draft, child, node, chance.randint(1, left), depth + 1)
        else:
            leaves.append(Leaf(child, node))
    entries = [b"/Type/Pages", b"/Count %d" % count]
    entries.append(b"/Kids[" + b" ".join(draft.ref(kid) for kid in kids) + b"]")
    if parent is not None:
        entries.append(b"/Parent " + draft.ref(parent))
    if parent is None or chance.random() < 0.4:
        size = chance.randint(150, 700), chance.randint(150, 900)
        entries.append(b"/MediaBox[0 0 %d %d]" % size)
    if chance.random() < 0.3:
        entries.append(b"/Rotate %d" % chance.choice((0, 90, 180, 270, -90, 450)))
    if parent is None or chance.random() < 0.3:
        entries.append(b"/Resources<</ProcSet[/PDF]>>")
    draft.bodies[node] = draft.dictionary(entries)
    return leaves


def _page(draft: Draft, leaf: Leaf) -> None:
    chance = draft.chance
    content = draft.reserve()
    drawn = b"0.%d g 20 20 60 40 re f" % chance.randint(1, 9)
    draft.bodies[content] = b"<</Length %d>>stream\n%b\nendstream" % (len(drawn), drawn)
    entries = [b"/Type/Page", b"/Parent " + draft.ref(leaf.parent)]
    entries.append(b"/Contents " + draft.ref(content))
    if chance.random() < 0.2:
        entries.append(b"/CropBox[10 10.5 140 140]")
    if chance.random() < 0.2:
        entries.append(b"/Rotate %d" % chance.choice((0, 90, 180, 270)))
    if leaf.shared is not None:
        entries.append(b"/Annots " + draft.ref(leaf.shared))
    elif leaf.annotations or chance.random() < 0.2:
        array = b"[" + b" ".join(leaf.annotations) + b"]"
        if chance.random() < 0.5:
            holder = draft.reserve()
            draft.bodies[holder] = array
            array = b" " + draft.ref(holder)
        entries.append(b"/Annots" + array)
    draft.bodies[leaf.number] = draft.dictionary(entries)


def _form(draft: Draft, leaves: list[Leaf]) -> bytes | None:
    """A form with text fields, direct or not, its widgets on random pages."""
    chance = draft.chance
    if chance.random() < 0.3 and len(leaves) > 1:
        holder = draft.reserve()
        note = draft.reserve()
        draft.bodies[note] = b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/Border[0 0 0]>>"
        draft.bodies[holder] = b"[" + draft.ref(note) + b"]"
        for leaf in leaves[: chance.randint(1, len(leaves))]:
            leaf.shared = holder
    if chance.random() < 0.5:
        return None
    fields: list[bytes] = []
    free = [leaf for leaf in leaves if leaf.shared is None]
    for index in range(chance.randint(0, 3) if free else 0):
        fields.append(_field(draft, chance.choice(free), index))
    array = b"[" + b" ".join(fields) + b"]"
    if chance.random() < 0.4:
        holder = draft.reserve()
        draft.bodies[holder] = array
        array = b" " + draft.ref(holder)
    entries = [b"/Fields" + array]
    if chance.random() < 0.3:
        entries.append(b"/SigFlags %d" % chance.choice((0, 1, 3)))
    if chance.random() < 0.3:
        entries.append(b"/NeedAppearances true")
    body = draft.dictionary(entries)
    if chance.random() < 0.5:
        return body
    number = draft.reserve()
    draft.bodies[number] = body
    return draft.ref(number)


def _field(draft: Draft, leaf: Leaf, index: int) -> bytes:
    number = draft.reserve()
    kind = draft.chance.choice((b"/Tx/V(x)", b"/Btn", b"/Tx"))
    draft.bodies[number] = b"<</Type/Annot/Subtype/Widget/FT%b/T(f%d)/Rect[1 1 2 2]/P %b>>" % (
        kind,
        index,
        draft.ref(leaf.number),
    )
    leaf.annotations.append(draft.ref(number))
    return draft.ref(number)


def _written(draft: Draft, root: int) -> bytes:
    chance = draft.chance
    end = chance.choice(LINE_ENDS[:2])
    out = bytearray(b"%PDF-1." + bytes([chance.choice(b"4567")]) + end + b"%\xe2\xe3\xcf\xd3" + end)
    streams = chance.random() < 0.5
    packed = _packable(draft) if streams and chance.random() < 0.7 else []
    for number in packed:
        draft.generations[number] = 0
    offsets: dict[int, int] = {}
    for number, body in draft.bodies.items():
        if number not in packed:
            offsets[number] = len(out)
            out += b"%d %d obj%b%b%bendobj%b" % (
                number,
                draft.generations[number],
                end,
                body,
                end,
                end,
            )
    trailer = [b"/Root " + draft.ref(root)]
    if chance.random() < 0.8:
        trailer.append(b"/ID[<00112233445566778899AABBCCDDEEFF><00112233445566778899AABBCCDDEEFF>]")
    if streams:
        _close_by_stream(draft, out, offsets, packed, trailer)
    else:
        _close_by_table(draft, out, offsets, trailer, end)
    return bytes(out) + chance.choice((b"", b"\n", b"\r\n", b"\n\n"))


def _packable(draft: Draft) -> list[int]:
    """Objects whose generation is 0 already: others are referred to by it."""
    return [
        number
        for number, body in draft.bodies.items()
        if b"stream" not in body and not draft.generations[number] and draft.chance.random() < 0.7
    ]


def _close_by_table(
    draft: Draft, out: bytearray, offsets: dict[int, int], trailer: list[bytes], end: bytes
) -> None:
    start = len(out)
    size = len(draft.generations) + 1
    tail = b" \n" if end == b"\n" else b"\r\n"
    out += b"xref" + end + b"0 %d" % size + end + b"0000000000 65535 f" + tail
    for number in range(1, size):
        out += b"%010d %05d n" % (offsets[number], draft.generations[number]) + tail
    out += b"trailer" + end + draft.dictionary([*trailer, b"/Size %d" % size]) + end
    out += b"startxref" + end + b"%d" % start + end + b"%%EOF"


def _close_by_stream(
    draft: Draft, out: bytearray, offsets: dict[int, int], packed: list[int], trailer: list[bytes]
) -> None:
    chance = draft.chance
    numbers = len(draft.generations)
    container, own = numbers + 1, numbers + 2
    if packed:
        offsets[container] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (container, _object_stream(draft, packed))
    offsets[own] = start = len(out)
    size = own + 1
    rows = []
    for number in range(size):
        if number in packed:
            index = packed.index(number).to_bytes(2, "big")
            rows.append(b"\2" + container.to_bytes(4, "big") + index)
        elif number in offsets:
            generation = draft.generations.get(number, 0)
            rows.append(b"\1" + offsets[number].to_bytes(4, "big") + generation.to_bytes(2, "big"))
        else:
            rows.append(b"\0\0\0\0\0\xff\xff")
    entries = [*trailer, b"/Type/XRef", b"/Size %d" % size, b"/W[1 4 2]"]
    data = b"".join(rows)
    how = chance.choice(("plain", "flate", "up"))
    if how == "up":
        above = (bytes(7), *rows)
        data = b"".join(
            b"\2" + bytes((x - y) & 255 for x, y in zip(row, up, strict=True))
            for row, up in zip(rows, above[:-1], strict=True)
        )
        entries.append(b"/DecodeParms<</Predictor 12/Columns 7>>")
    if how != "plain":
        data = zlib.compress(data)
        entries.append(b"/Filter/FlateDecode")
    entries.append(b"/Length %d" % len(data))
    out += b"%d 0 obj\n%b\nstream\n%b\nendstream\nendobj\n" % (own, draft.dictionary(entries), data)
    out += b"startxref\n%d\n%%%%EOF" % start


def _object_stream(draft: Draft, packed: list[int]) -> bytes:
    header, body = [], b""
    for number in packed:
        header.append(b"%d %d" % (number, len(body)))
        body += draft.bodies[number] + b"\n"
    first = b" ".join(header) + b"\n"
    data = zlib.compress(first + body)
    return b"<</Type/ObjStm/N %d/First %d/Length %d/Filter/FlateDecode>>\nstream\n%b\nendstream" % (
        len(packed),
        len(first),
        len(data),
        data,
    )
