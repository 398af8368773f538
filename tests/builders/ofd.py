"""Small OFD packages, unsigned and signed by hand: a dictionary of parts that a test may edit.

Nothing here uses the product's own OFD writer, so a reader is held against other bytes.
"""

import struct
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import md5, sha1

from ca import sm2
from tests.builders import seals

NS = "http://www.ofdspec.org/2016"
SM3_OID = "1.2.156.10197.1.401"
SIGNATURES = "Doc_0/Signs/Signatures.xml"
Parts = dict[str, bytes]


def xml(name: str, inner: str, attributes: str = "") -> bytes:
    """A part with the OFD namespace under the usual prefix."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<ofd:{name} xmlns:ofd="{NS}"{attributes and " " + attributes}>{inner}</ofd:{name}>'
    ).encode()


def ofd_xml(bodies: Iterable[str] = ()) -> bytes:
    """OFD.xml with the bodies given, or one for Doc_0."""
    inner = "".join(f"<ofd:DocBody>{one}</ofd:DocBody>" for one in bodies or (body(),))
    return xml("OFD", inner, 'Version="1.0" DocType="OFD"')


def body(document: str = "Doc_0", *, more: str = "", signatures: bool = False) -> str:
    """The inside of a DocBody; more: Versions and the like."""
    listed = f"<ofd:Signatures>/{document}/Signs/Signatures.xml</ofd:Signatures>"
    return (
        "<ofd:DocInfo><ofd:DocID>00112233445566778899aabbccddeeff</ofd:DocID></ofd:DocInfo>"
        f"<ofd:DocRoot>{document}/Document.xml</ofd:DocRoot>{more}{listed if signatures else ''}"
    )


def page(text: str = "seal", more: str = "") -> bytes:
    """A page content with one text object."""
    return xml(
        "Page",
        f'{more}<ofd:Content><ofd:Layer ID="90"><ofd:TextObject ID="91" Boundary="10 10 50 9" '
        f'Font="2" Size="4"><ofd:TextCode X="0" Y="4">{text}</ofd:TextCode></ofd:TextObject>'
        "</ofd:Layer></ofd:Content>",
    )


def document_xml(pages: int = 2, *, extra_pages: str = "", more: str = "") -> bytes:
    """Document.xml with pages 1..n, a template, resources and whatever `more` names."""
    listed = "".join(
        f'<ofd:Page ID="{i + 1}" BaseLoc="Pages/Page_{i}/Content.xml"/>' for i in range(pages)
    )
    return xml(
        "Document",
        "<ofd:CommonData><ofd:MaxUnitID>99</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>"
        "0 0 210 297</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes>"
        '<ofd:TemplatePage ID="80" BaseLoc="Tpls/Tpl_0/Content.xml"/></ofd:CommonData>'
        f"<ofd:Pages>{listed}{extra_pages}</ofd:Pages>"
        "<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>"
        "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>" + more,
    )


def unsigned(pages: int = 2, document: str = "Doc_0") -> Parts:
    """A document with every kind of part that rendering reaches."""
    parts = {
        "OFD.xml": ofd_xml((body(document),)),
        f"{document}/Document.xml": document_xml(pages),
        f"{document}/PublicRes.xml": xml(
            "Res",
            '<ofd:Fonts><ofd:Font ID="2" FontName="SimSun"><ofd:FontFile>a.ttf</ofd:FontFile>'
            "</ofd:Font></ofd:Fonts>",
            'BaseLoc="Res"',
        ),
        f"{document}/Res/a.ttf": bytes(range(64)),
        f"{document}/Tpls/Tpl_0/Content.xml": page("template"),
        f"{document}/Annots/Annotations.xml": xml(
            "Annotations",
            '<ofd:Page PageID="1"><ofd:FileLoc>Page_0/Annotation.xml</ofd:FileLoc></ofd:Page>',
        ),
        f"{document}/Annots/Page_0/Annotation.xml": xml("PageAnnot", ""),
        f"{document}/Attachs/Attachments.xml": xml(
            "Attachments",
            '<ofd:Attachment ID="1" Name="a"><ofd:FileLoc>a.bin</ofd:FileLoc></ofd:Attachment>',
        ),
        f"{document}/Attachs/a.bin": b"attached",
    }
    for index in range(pages):
        parts[f"{document}/Pages/Page_{index}/Content.xml"] = page(f"page {index}")
    return parts


@dataclass(frozen=True)
class Signing:
    """How to sign. number: N of Sign_N. leave_out: parts not referenced. protect_list: whole
    protection. edit: changes the Signature.xml that is then signed. relative: base signature.
    """

    number: int = 0
    document: str = "Doc_0"
    kind: str = "Seal"
    leave_out: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    protect_list: bool = False
    method: str = SM3_OID
    property_info: str | None = None
    stamps: str = '<ofd:StampAnnot ID="s{id2}" PageRef="1" Boundary="150 20 40 40"/>'
    seal_file: bool = True
    relative: str = ""
    edit: Callable[[bytes], bytes] = field(default=lambda text: text)

    @property
    def directory(self) -> str:
        """Where the signature's own files lie."""
        return f"{self.document}/Signs/Sign_{self.number}"

    @property
    def identity(self) -> str:
        """Signature@ID."""
        return f"s{2 * self.number + 1:03d}"


def digest(method: str, content: bytes) -> bytes:
    """The digest that a CheckMethod means."""
    match method.lower():
        case "md5":
            return md5(content, usedforsecurity=False).digest()
        case "sha1":
            return sha1(content, usedforsecurity=False).digest()
    return sm2.sm3(content)


def references(parts: Mapping[str, bytes], how: Signing) -> str:
    """The Reference elements over all parts but the ones left out."""
    out = set(how.leave_out) | ({SIGNATURES} - ({SIGNATURES} if how.protect_list else set()))
    names = [one for one in parts if one not in out] if how.only is None else list(how.only)
    return "".join(
        f'<ofd:Reference FileRef="/{name}"><ofd:CheckValue>'
        f"{b64encode(digest(how.method, parts[name])).decode()}</ofd:CheckValue></ofd:Reference>"
        for name in names
    )


def signed(parts: Mapping[str, bytes], how: Signing | None = None) -> Parts:
    """The parts with one more signature over all of them, in the order the sheet demands."""
    how = how or Signing()
    made = dict(parts)
    seal = seals.default_seal()
    if how.seal_file and how.kind == "Seal":
        made[f"{how.directory}/Seal.esl"] = seal
    _list(made, how)
    described = how.edit(_description(made, how))
    name = f"{how.directory}/Signature.xml"
    made[name] = described
    made[f"{how.directory}/SignedValue.dat"] = value(described, how)
    return made


def value(described: bytes, how: Signing) -> bytes:
    """The signature value over a Signature.xml."""
    info = how.property_info
    return seals.make_signature(
        data_hash=sm2.sm3(described),
        property_info=f"/{how.directory}/Signature.xml" if info is None else info,
    )


def _list(parts: Parts, how: Signing) -> None:
    name = f"{how.document}/Signs/Signatures.xml"
    relative = f' Relative="{how.relative}"' if how.relative else ""
    entry = (
        f'<ofd:Signature ID="{how.identity}" Type="{how.kind}"{relative} '
        f'BaseLoc="/{how.directory}/Signature.xml"/>'
    )
    highest = f"<ofd:MaxSignId>s{2 * how.number + 2:03d}</ofd:MaxSignId>"
    before = parts.get(name)
    entries = b"" if before is None else before[before.index(b"</ofd:MaxSignId>") + 16 :]
    old = entries.removesuffix(b"</ofd:Signatures>").decode()
    parts[name] = xml("Signatures", f"{highest}{old}{entry}")
    if before is None and b"<ofd:Signatures>" not in parts["OFD.xml"]:
        listed = f"<ofd:Signatures>/{name}</ofd:Signatures></ofd:DocBody>".encode()
        parts["OFD.xml"] = parts["OFD.xml"].replace(b"</ofd:DocBody>", listed, 1)


def _description(parts: Parts, how: Signing) -> bytes:
    stamps = how.stamps.replace("{id2}", f"{2 * how.number + 2:03d}")
    seal = ""
    if how.kind == "Seal" and how.seal_file:
        seal = f"<ofd:Seal><ofd:BaseLoc>/{how.directory}/Seal.esl</ofd:BaseLoc></ofd:Seal>"
    return xml(
        "Signature",
        '<ofd:SignedInfo><ofd:Provider ProviderName="test"/>'
        "<ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod>"
        "<ofd:SignatureDateTime>20261121080000Z</ofd:SignatureDateTime>"
        f'<ofd:References CheckMethod="{how.method}">{references(parts, how)}</ofd:References>'
        f"{stamps}{seal}</ofd:SignedInfo>"
        f"<ofd:SignedValue>/{how.directory}/SignedValue.dat</ofd:SignedValue>",
    )


@dataclass
class Stored:
    """One entry as it will be written; override a field to lie in one header or in both."""

    name: bytes
    content: bytes
    method: int = 8
    flags: int = 0x0800
    local_name: bytes | None = None
    local_flags: int | None = None
    size: int | None = None
    crc: int | None = None
    extra: bytes = b""
    descriptor: bool = False
    at: int | None = None

    @property
    def packed(self) -> bytes:
        """The bytes in the file."""
        if self.method != 8:
            return self.content
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(self.content) + packer.flush()


def stored(parts: Mapping[str, bytes]) -> list[Stored]:
    """Entries for `pack`."""
    return [Stored(name.encode(), content) for name, content in parts.items()]


def pack(
    entries: Mapping[str, bytes] | Iterable[Stored],
    *,
    before: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    shifted: bool = True,
    count: int | None = None,
) -> bytes:
    """A ZIP file, byte by byte. shifted: offsets count from the file's start, `before` included."""
    files = stored(entries) if isinstance(entries, Mapping) else list(entries)
    out, central = bytearray(before), bytearray()
    base = 0 if shifted else len(before)
    for one in files:
        packed = one.packed
        size = len(one.content) if one.size is None else one.size
        crc = zlib.crc32(one.content) if one.crc is None else one.crc
        flags = one.flags | (8 if one.descriptor else 0)
        sums = (crc, len(packed), size)
        local = one.name if one.local_name is None else one.local_name
        offset = len(out) if one.at is None else one.at
        local_flags = flags if one.local_flags is None else one.local_flags
        head = (20, local_flags, one.method, 0, 0x21)
        written = (0, 0, 0) if one.descriptor else sums
        out += struct.pack("<4s5H3L2H", b"PK\x03\x04", *head, *written, len(local), 0)
        out += local + packed
        if one.descriptor:
            out += struct.pack("<4s3L", b"PK\x07\x08", *sums)
        lengths = (len(one.name), len(one.extra), 0, 0, 0, 0)
        head = (20, 20, flags, one.method, 0, 0x21)
        central += struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *head, *sums, *lengths, offset - base)
        central += one.name + one.extra
    start = len(out) - base
    number = len(files) if count is None else count
    sizes = (0, 0, number, number, len(central), start, len(comment))
    return bytes(out + central + struct.pack("<4s4H2LH", b"PK\x05\x06", *sizes) + comment + after)
