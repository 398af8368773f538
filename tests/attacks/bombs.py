"""Files made to cost the reader time or memory; each a function that yields its bytes."""

from tests.attacks.craft import cms_of
from tests.attacks.explosives import (
    MB,
    RGB,
    Bomb,
    deep_der,
    deep_fields,
    deep_pages,
    deflated,
    document,
    field_cycle,
    fields,
    huge_key,
    image,
    jpeg,
    length_loop,
    long_name,
    lzw_bomb,
    many_attributes,
    many_certificates,
    many_pages,
    many_tokens,
    metadata_update,
    nested,
    object_stream,
    page_cycle,
    prev_chain,
    reference_loop,
    revisions,
    signed,
    store,
    swollen,
    table_of,
    table_that_claims,
    valued,
    xml_bomb,
    xref_stream_file,
    zip_bomb,
)
from tests.builders import pdf

# fmt: off
BOMBS: dict[str, Bomb] = {
    "arrays nested 200,000 deep": nested(b"[", b"]", 200_000),
    "dictionaries nested 100,000 deep": nested(b"<</A ", b">>", 100_000),
    "strings nested 1,000,000 deep": nested(b"(", b")", 1_000_000),
    "unclosed arrays": lambda: document(catalog=b"/Deep " + b"[" * 2_000_000),
    "name of 5 MB": lambda: document(catalog=b"/" + b"A" * (5 * MB) + b" 1"),
    "name of 5 MB of escapes": lambda: document(catalog=b"/" + b"#41" * (5 * MB // 3) + b" 1"),
    "integer of 2,000,000 digits": lambda: document(catalog=b"/N " + b"9" * 2_000_000),
    "real of 2,000,000 digits": lambda: document(catalog=b"/N 0." + b"9" * 2_000_000),
    "MediaBox of 2,000,000 digits": lambda: document(page=b"/CropBox [0 0 9 " + b"9" * 2_000_000
                                                     + b"]"),
    "hexadecimal string of 20 MB": lambda: document(catalog=b"/S <" + b"41" * (10 * MB) + b">"),
    "string of 4 MB of escapes": lambda: document(catalog=b"/S (" + b"\\101" * MB
                                                   + b")"),
    "comments of 4 MB": lambda: document(catalog=b"% x\n" * MB),
    "white space of 5 MB": lambda: document(catalog=b" " * (5 * MB)),
    "white space of 5 MB behind the end": lambda: document() + b"\n" * (5 * MB),
    "10 MB of junk behind the end": lambda: document() + b"A" * (10 * MB),
    "end marks without end": lambda: document() + b"startxref\n" * (2 * MB),
    "ByteRange names without end": lambda: document() + (b"/ByteRange" + b" " * 90) * 300_000,
    "pages nested 20,000 deep": deep_pages,
    "page tree in a circle": page_cycle,
    "100,000 direct pages": many_pages,
    "100,000 form fields": lambda: fields(100_000, b"<< /T (f#) /FT /Tx /V (x) >>"),
    "20,000 empty signature fields": lambda: fields(20_000, b"<< /T (f#) /FT /Sig >>"),
    "fields nested 20,000 deep": deep_fields,
    "fields in a circle": field_cycle,
    "references in a circle": reference_loop,
    "length that is its own stream": length_loop,
    "ByteRange of 50,000 pairs": lambda: signed(b"0", ranges=b"/ByteRange [" + b"0 1 " * 50_000
                                                + b"]"),
    "table of 1,000,000 entries": lambda: table_of(1_000_000),
    "table that claims 10^9 entries": lambda: table_that_claims(10**9),
    "100,000 tables in a chain": lambda: prev_chain(100_000),
    "2,000 revisions after a seal": lambda: revisions(2_000, pdf.sealed_once()),
    "xref stream of 256 MB": lambda: xref_stream_file(
        deflated(256 * MB), b"/Filter /FlateDecode /W [1 4 1] /Size 9"),
    "xref stream packed three times": lambda: xref_stream_file(
        deflated(256 * MB, 3),
        b"/Filter [ /FlateDecode /FlateDecode /FlateDecode ] /W [1 4 1] /Size 9"),
    "xref stream with 300 filters": lambda: xref_stream_file(
        b"41>", b"/Filter [ " + b"/ASCIIHexDecode " * 300 + b"] /W [1 4 1] /Size 9"),
    "xref stream with giant predictor columns": lambda: xref_stream_file(
        deflated(64 * MB), b"/Filter /FlateDecode /W [1 4 1] /Size 9 "
        b"/DecodeParms << /Predictor 12 /Columns 2000000000 >>"),
    "xref stream of one-byte columns": lambda: xref_stream_file(
        deflated(64 * MB), b"/Filter /FlateDecode /W [1 4 1] /Size 9 "
        b"/DecodeParms << /Predictor 12 /Columns 1 >>"),
    "xref stream that claims 10^9 entries": lambda: xref_stream_file(
        bytes(600), b"/W [1 4 1] /Size 1000000000 /Index [0 1000000000]"),
    "xref stream of run lengths": lzw_bomb,
    "object stream of 256 MB": lambda: object_stream(
        deflated(256 * MB), b"/Filter /FlateDecode /N 1 /First 10"),
    "object stream that claims 10^9 objects": lambda: object_stream(
        b"1 0 << /Type /Catalog >>", b"/N 1000000000 /First 4"),
    "picture of 20,000 x 20,000": lambda: image(
        RGB + b"/Width 20000 /Height 20000 /Filter /FlateDecode", deflated(1200 * MB)),
    "small picture of 256 MB": lambda: image(
        RGB + b"/Width 10 /Height 10 /Filter /FlateDecode", deflated(256 * MB)),
    "JPEG of 20,000 x 20,000": lambda: image(
        b"/ColorSpace /DeviceGray /BitsPerComponent 8 /Width 4000 /Height 4000 "
        b"/Filter /DCTDecode", jpeg(20_000)),
    "JPX picture of junk": lambda: image(
        RGB + b"/Width 9999 /Height 9999 /Filter /JPXDecode", bytes(MB)),
    "JBIG2 picture of junk": lambda: image(
        RGB + b"/Width 9999 /Height 9999 /Filter /JBIG2Decode", bytes(MB)),
    "signature value of 5 MB": valued(bytes(5 * MB)),
    "signature value nested 100,000 deep": lambda: signed(deep_der(10_000)),
    "10,000 certificates in a signature": many_certificates,
    "2,000,000 characters in a name": long_name,
    "RSA key of 200,000 bits": huge_key,
    "50,000 attributes in a signature": many_attributes,
    "2,000 time-stamps in a signature": many_tokens,
    "5,000 signers in a signature": lambda: swollen(signers=5_000),
    "5,000 signatures": lambda: signed(cms_of(pdf.sealed_once()), fields=5_000),
    "5,000 streams in the security store": lambda: store(5_000, 100),
    "security store of 2 GB": lambda: store(200, 10 * MB),
    "ZIP bomb": zip_bomb,
    "ZIP bomb behind a header": lambda: b"%PDF-1.7\n" + zip_bomb(),
    "XML bomb": xml_bomb,
    "XML bomb behind a header": lambda: b"%PDF-1.7\n" + xml_bomb() + document()[9:],
    "XML bomb in the metadata": metadata_update,
}
# fmt: on
