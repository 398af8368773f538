"""The makings of files that cost the reader time or memory."""

import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO

from asn1crypto import algos, cms, core, keys, x509
from PIL import Image

from tests.attacks.craft import cms_of
from tests.builders import pdf
from tests.builders.pdf import stream

MB = 1 << 20
Bomb = Callable[[], bytes]
FORM_XOBJECT = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]"


def document(*extra: bytes, catalog: bytes = b"", page: bytes = b"", trailer: bytes = b"") -> bytes:
    """A one-page file; `extra` are objects 4, 5, …; the others gain entries."""
    bodies = (
        b"<< /Type /Catalog /Pages 2 0 R %b >>" % catalog,
        b"<< /Type /Pages /Kids [ 3 0 R ] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 500 500] %b >>" % page,
        *extra,
    )
    return written(bodies, trailer)


def written(bodies: tuple[bytes, ...], trailer: bytes = b"") -> bytes:
    """Objects 1, 2, … with a classic cross-reference table; object 1 is the catalog."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R %b >>\n" % (len(bodies) + 1, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def signed(contents: bytes, *, ranges: bytes = b"", fields: int = 1, ap: bytes = b"") -> bytes:
    """A file with a signature of that value and a right ByteRange; `ap` is the appearance."""
    value = contents.hex().encode()
    shown = b"/AP << /N 6 0 R >>" if ap else b""
    field = b"<< /FT /Sig /T (S) /V 5 0 R /Type /Annot /Subtype /Widget /Rect [0 0 9 9] %b >>"
    more = tuple((field % b"").replace(b"(S)", b"(S%d)" % number) for number in range(fields - 1))
    first = 6 + bool(ap)
    names = b" ".join(b"%d 0 R" % number for number in range(first, first + len(more)))
    hole = b"/ByteRange [0 0000000000 0000000000 0000000000]"
    value_body = (
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached "
        b"/Contents <%b> %b >>" % (value, ranges or hole)
    )
    data = document(
        field % shown,
        value_body,
        *((ap,) if ap else ()),
        *more,
        catalog=b"/AcroForm << /Fields [ 4 0 R %b ] /SigFlags 3 >>" % names,
        page=b"/Annots [ 4 0 R ]",
    )
    start = data.index(b"/Contents <") + 10
    end = data.index(b">", start) + 1
    claim = b"/ByteRange [0 %010d %010d %010d]" % (start, end, len(data) - end)
    return data.replace(hole, claim)


def xref_stream_file(body: bytes, entries: bytes) -> bytes:
    """A file whose only cross-reference is a stream with that body."""
    out = bytearray(document()[: document().rindex(b"xref\n0 ")])
    start = len(out)
    head = b"/Type /XRef /Root 1 0 R %b" % entries
    out += b"9 0 obj\n%b\nendobj\n" % stream(body, head)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def deflated(size: int, times: int = 1) -> bytes:
    """Zeros, compressed so often; 64 MiB at a time so that the test itself stays small."""
    packer = zlib.compressobj(9)
    chunk = bytes(min(size, 16 * MB))
    data = b"".join(packer.compress(chunk) for _ in range(size // len(chunk))) + packer.flush()
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    return data


def nested(opening: bytes, closing: bytes, depth: int) -> Bomb:
    return lambda: document(catalog=b"/Deep " + opening * depth + b"0" + closing * depth)


def deep_pages() -> bytes:
    bodies = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    for number in range(2, 20_000):
        bodies.append(b"<< /Type /Pages /Count 1 /Kids [ %d 0 R ] >>" % (number + 1))
    return written((*bodies, b"<< /Type /Page /MediaBox [0 0 9 9] >>"))


def page_cycle() -> bytes:
    return written(
        (
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 9 /Kids [ 3 0 R 2 0 R ] >>",
            b"<< /Type /Pages /Count 9 /Kids [ 2 0 R 3 0 R 2 0 R ] >>",
        )
    )


def many_pages() -> bytes:
    """A hundred thousand direct page dictionaries."""
    kids = b"<< /Type /Page /MediaBox [0 0 9 9] >> " * 100_000
    return written(
        (
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 100000 /Kids [ %b ] >>" % kids,
        )
    )


def fields(count: int, body: bytes) -> bytes:
    refs = b" ".join(b"%d 0 R" % number for number in range(4, 4 + count))
    bodies = (body.replace(b"#", b"%d" % number) for number in range(count))
    return document(*bodies, catalog=b"/AcroForm << /Fields [ %b ] >>" % refs)


def deep_fields() -> bytes:
    bodies = (b"<< /T (f) /Kids [ %d 0 R ] >>" % (number + 1) for number in range(4, 20_000))
    return document(*bodies, b"<< /T (x) /FT /Tx >>", catalog=b"/AcroForm << /Fields [ 4 0 R ] >>")


def field_cycle() -> bytes:
    return document(
        b"<< /T (a) /Kids [ 5 0 R 5 0 R ] >>",
        b"<< /T (b) /Kids [ 4 0 R 4 0 R ] >>",
        catalog=b"/AcroForm << /Fields [ 4 0 R 5 0 R ] >>",
    )


def prev_chain(count: int) -> bytes:
    out = bytearray(document())
    previous = int(out.rsplit(b"startxref", 1)[1].split()[0])
    for _ in range(count):
        start = len(out)
        out += b"xref\n0 0\ntrailer\n<< /Size 4 /Root 1 0 R /Prev %d >>\n" % previous
        previous = start
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % previous)


def revisions(count: int, base: bytes) -> bytes:
    """So many updates that each write the catalog again."""
    out = bytearray(base)
    step = pdf.Revision(base)
    body, size = step.bodies[step.root], step.size
    previous = int(out.rsplit(b"startxref", 1)[1].split()[0])
    for _ in range(count):
        place = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (step.root, body)
        start = len(out)
        out += b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root %d 0 R /Prev %d >>\n" % (
            step.root, place, size, step.root, previous,
        )  # fmt: skip
        out += b"startxref\n%d\n%%%%EOF\n" % start
        previous = start
    return bytes(out)


def table_of(count: int) -> bytes:
    out = bytearray(document()[: document().rindex(b"xref\n0 ")])
    start = len(out)
    out += b"xref\n0 %d\n" % count + b"0000000009 00000 n \n" * count
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, start)
    return bytes(out)


def table_that_claims(count: int) -> bytes:
    data = document()
    return data.replace(b"xref\n0 4\n", b"xref\n0 %d\n" % count)


def object_stream(body: bytes, entries: bytes) -> bytes:
    """A catalog in an object stream whose content is `body`."""
    out = bytearray(b"%PDF-1.7\n")
    place = len(out)
    out += b"2 0 obj\n%b\nendobj\n" % stream(body, b"/Type /ObjStm " + entries)
    start = len(out)
    rows = b"\2\0\0\0\2\0" + b"\1" + place.to_bytes(4) + b"\0"
    head = b"/Type /XRef /Root 1 0 R /W [1 4 1] /Index [1 2] /Size 4"
    out += b"3 0 obj\n%b\nendobj\n" % stream(rows, head)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def image(entries: bytes, data: bytes) -> bytes:
    """A signature whose appearance draws an image of those entries."""
    xobject = b"/Resources << /XObject << /I 7 0 R >> >>"
    built = signed(cms_of(pdf.sealed_once()), ap=stream(b"/I Do", FORM_XOBJECT + b" " + xobject))
    picture = b"7 0 obj\n%b\nendobj\n" % stream(data, b"/Subtype /Image " + entries)
    at = len(built)
    table = at + len(picture)
    start = int(built.rsplit(b"startxref", 1)[1].split()[0])
    return (
        built
        + picture
        + (
            b"xref\n7 1\n%010d 00000 n \ntrailer\n<< /Size 8 /Root 1 0 R /Prev %d >>\n"
            b"startxref\n%d\n%%%%EOF\n" % (at, start, table)
        )
    )


RGB = b"/ColorSpace /DeviceRGB /BitsPerComponent 8 "


def jpeg(side: int) -> bytes:
    buffer = BytesIO()
    Image.new("L", (side, side)).save(buffer, "JPEG", quality=1)
    return buffer.getvalue()


def der(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    digits = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(digits)]) + digits + body


def swollen(
    certificates: tuple[bytes, ...] = (),
    *,
    unsigned: bytes = b"",
    signers: int = 1,
    change: Callable[[cms.SignerInfo], object] = lambda one: None,
) -> bytes:
    """A true signature value with more in it, put together from ready-made DER.

    certificates: besides the signer's, or instead where `change` names another signer.
    """
    signed_data = cms.ContentInfo.load(cms_of(pdf.sealed_once()))["content"]
    one = signed_data["signer_infos"][0]
    change(one)
    info = one.dump(force=True)
    if unsigned:
        inner = cms.SignerInfo.load(info).contents
        info = der(0x30, inner + der(0xA1, unsigned))
    own = b"".join(each.dump() for each in signed_data["certificates"])
    content = (
        signed_data["version"].dump()
        + signed_data["digest_algorithms"].dump()
        + signed_data["encap_content_info"].dump()
        + der(0xA0, b"".join(certificates) or own)
        + der(0x31, info * signers)
    )
    kind = core.ObjectIdentifier("1.2.840.113549.1.7.2").dump()
    return signed(der(0x30, kind + der(0xA0, der(0x30, content))))


def many_certificates() -> bytes:
    """Ten thousand certificates of one key, all different."""
    honest = pdf.chain_named().leaf_der
    place = honest.index(x509.Certificate.load(honest)["tbs_certificate"]["serial_number"].dump())
    others = (
        honest[: place + 4] + number.to_bytes(2) + honest[place + 6 :] for number in range(10_000)
    )
    return swollen((honest, *others))


def long_name() -> bytes:
    leaf = x509.Certificate.load(pdf.chain_named().leaf_der)
    leaf["tbs_certificate"]["subject"] = x509.Name.build({"common_name": "x" * 2_000_000})
    return swollen((leaf.dump(force=True),))


def huge_key() -> bytes:
    """RSA with a modulus and an exponent of 200,000 bits each."""
    leaf = x509.Certificate.load(pdf.chain_named().leaf_der)
    number = (1 << 200_000) + 1
    key = keys.RSAPublicKey({"modulus": number, "public_exponent": number - 2})
    leaf["tbs_certificate"]["subject_public_key_info"] = keys.PublicKeyInfo.wrap(key, "rsa")

    def change(one: cms.SignerInfo) -> None:
        one["signature_algorithm"] = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"})
        one["signature"] = bytes(25_000)
        # The attribute names the honest certificate, so it goes.
        bound = ("signing_certificate_v2", "cms_algorithm_protection")
        one["signed_attrs"] = [a for a in one["signed_attrs"] if a["type"].native not in bound]

    return swollen((leaf.dump(force=True),), change=change)


def many_attributes() -> bytes:
    """Fifty thousand unsigned attributes."""
    value = der(0x31, core.Integer(1).dump())
    kind = core.ObjectIdentifier("1.2.3.4").dump()
    return swollen(unsigned=der(0x30, kind + value) * 50_000)


def many_tokens() -> bytes:
    """Two thousand time-stamps, each a whole signature."""
    kind = core.ObjectIdentifier("1.2.840.113549.1.9.16.2.14").dump()
    tokens = der(0x31, cms_of(pdf.sealed_once()) * 2_000)
    return swollen(unsigned=der(0x30, kind + tokens))


def deep_der(depth: int) -> bytes:
    body = b"\x05\x00"
    for _ in range(depth):
        size = len(body)
        body = b"\x30\x84" + size.to_bytes(4) + body if size > 127 else bytes([0x30, size]) + body
    return body


def zip_bomb() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for number in range(4):
            with archive.open(f"{number}.xml", "w") as member:
                for _ in range(16):
                    member.write(bytes(4 * MB))
    return buffer.getvalue()


def xml_bomb() -> bytes:
    lines = ['<!ENTITY l0 "ha">']
    lines += [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12)]
    text = f'<?xml version="1.0"?><!DOCTYPE x [{"".join(lines)}]><x>&l11;</x>'
    return text.encode()


def metadata_update() -> bytes:
    """A sealed file whose update brings new XMP that explodes when entities are resolved."""
    step = pdf.Revision(pdf.sealed_once())
    number = step.new(stream(xml_bomb(), b"/Type /Metadata /Subtype /XML"))
    step.add_key(step.root, b"/Metadata %d 0 R" % number)
    return step.build()


def store(count: int, size: int) -> bytes:
    """A sealed file with a security store of so many streams."""
    step = pdf.Revision(pdf.sealed_once())
    packed = zlib.compress(bytes(size), 9)
    body = stream(packed, b"/Filter /FlateDecode")
    refs = b" ".join(b"%d 0 R" % step.new(body) for _ in range(count))
    holder = step.new(b"<< /Type /DSS /Certs [ %b ] /CRLs [ %b ] >>" % (refs, refs))
    step.add_key(step.root, b"/DSS %d 0 R" % holder)
    return step.build()


def reference_loop() -> bytes:
    return document(b"5 0 R", b"4 0 R", catalog=b"/AcroForm 4 0 R")


def length_loop() -> bytes:
    return document(b"<< /Length 4 0 R >>\nstream\nx\nendstream", catalog=b"/AcroForm 4 0 R")


def lzw_bomb() -> bytes:
    """Codes that each double what is known, in the ASCII-hexadecimal of a run length."""
    run = b"\x81\0" * (2 * MB)
    return xref_stream_file(
        zlib.compress(run, 9),
        b"/Filter [ /FlateDecode /RunLengthDecode ] /W [1 4 1] /Size 9",
    )


def valued(contents: bytes) -> Bomb:
    return lambda: signed(contents)


def catalogue(body: bytes) -> Bomb:
    return lambda: document(catalog=body)
