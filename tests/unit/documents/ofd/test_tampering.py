"""Signed packages changed in every way we could think of, each with its code.

Each case starts from a package that reads as whole, so that what is found is the change alone.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sealsvc.documents import UnsupportedFormat
from sealsvc.documents.ofd.errors import DocumentEncrypted, DocumentUnreadable
from sealsvc.documents.ofd.reader import page_size, read
from sealsvc.documents.pdf.errors import PageNotFound
from sealsvc.documents.values import (
    ChangeClass,
    Coverage,
    DigestOutcome,
    DocumentReading,
    SignatureOutcome,
    SignatureReading,
)
from tests.builders import ofd, seals
from tests.builders.ofd import SIGNATURES, Parts, Signing

PAGE = "Doc_0/Pages/Page_0/Content.xml"
DOCUMENT = "Doc_0/Document.xml"
SIGN = "Doc_0/Signs/Sign_0"
TEMPLATE = "Doc_0/Tpls/Tpl_0/Content.xml"
# Warnings leave a signature whole; each other code must keep it from being called intact.
WARNINGS = frozenset(
    {
        "OFD_NAME_CASE_DIFFERS",
        "OFD_PACKAGE_EXTRA_BYTES",
        "OFD_PROPERTY_INFO_UNUSUAL",
        "OFD_STAMP_INVALID",
        "OFD_UNPROTECTED_EXTRA",
    }
)


def reading(parts: Parts) -> DocumentReading:
    return read(ofd.pack(parts))


def only(parts: Parts) -> SignatureReading:
    (one,) = reading(parts).signatures
    return one


def codes(found: DocumentReading) -> set[str]:
    return {one.code for one in found.problems} | {
        one.code for signature in found.signatures for one in signature.problems
    }


def whole(one: SignatureReading) -> bool:
    return (
        one.digest is DigestOutcome.MATCHES
        and one.signature is SignatureOutcome.VERIFIES
        and one.coverage is Coverage.FILE
        and one.worst_change in (ChangeClass.NONE, ChangeClass.FURTHER_SEAL)
    )


def test_an_unchanged_package_is_whole() -> None:
    found = reading(ofd.signed(ofd.unsigned()))
    (one,) = found.signatures
    assert found.problems == ()
    assert whole(one)
    assert one.problems == ()
    assert (found.kind, found.page_count, found.revision_count) == ("ofd", 2, 1)
    assert (one.field_name, one.sub_filter) == (f"/{SIGN}/Signature.xml", "OFD.Seal.V4")
    assert (one.revision, one.byte_range, one.digest_algorithm) == (1, (), "sm3")
    assert one.claimed_at == seals.AT
    assert one.eseal is not None
    assert one.eseal.signer_listed is True
    assert [(s.page, s.x_mm, s.y_mm, s.width_mm) for s in one.stamps] == [(1, 150, 20, 40)]
    assert one.picture is not None
    assert (one.picture.page, one.picture.x_mm) == (1, 150)
    assert one.id == f"S-{(one.signature_sha256 or '')[:16]}"


def test_the_signature_is_known_by_its_value_octets() -> None:
    parts = ofd.signed(ofd.unsigned())
    first = only(parts)
    parts["Doc_0/Attachs/a.bin"] = b"changed"
    assert only(parts).signature_sha256 == first.signature_sha256


@pytest.mark.parametrize("number", [1, 2, 5])
def test_further_signatures_in_continued_mode(number: int) -> None:
    parts = ofd.signed(ofd.unsigned())
    for index in range(1, number + 1):
        parts = ofd.signed(parts, Signing(number=index))
    found = reading(parts)
    assert found.problems == ()
    assert all(whole(one) for one in found.signatures)
    worst = [one.worst_change for one in found.signatures]
    assert worst == [ChangeClass.FURTHER_SEAL] * number + [ChangeClass.NONE]
    assert [one.revision for one in found.signatures] == list(range(1, number + 2))


def test_a_second_signature_after_whole_protection_breaks_the_first() -> None:
    parts = ofd.signed(ofd.unsigned(), Signing(protect_list=True))
    assert only(parts).coverage is Coverage.FILE
    first, second = reading(ofd.signed(parts, Signing(number=1))).signatures
    assert first.digest is DigestOutcome.DIFFERS
    assert first.worst_change is ChangeClass.OTHER
    assert whole(second)


@pytest.mark.parametrize("broken", [False, True])
def test_a_signature_holds_only_with_its_base(broken: bool) -> None:
    parts = ofd.signed(ofd.unsigned())
    if broken:
        broken_value(parts)
    first, second = reading(ofd.signed(parts, Signing(number=1, relative="s001"))).signatures
    assert ("OFD_RELATIVE_INVALID" in {one.code for one in second.problems}) is broken
    assert not {one.code for one in first.problems} - {"SIG_SIGNATURE_INVALID"}


def changed(name: str, content: bytes) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        parts[name] = content

    return change


def swapped(name: str, old: bytes, new: bytes) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        assert old in parts[name]
        parts[name] = parts[name].replace(old, new)

    return change


def without(*names: str) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        for name in names:
            del parts[name]

    return change


def other_seal(parts: Parts) -> None:
    parts[f"{SIGN}/Seal.esl"] = seals.make_seal(seal_id="OTHER")


def added_page(parts: Parts) -> None:
    parts["Doc_0/Pages/Page_9/Content.xml"] = ofd.page("added")
    parts[DOCUMENT] = ofd.document_xml(
        2, extra_pages='<ofd:Page ID="9" BaseLoc="Pages/Page_9/Content.xml"/>'
    )


def second_body(parts: Parts) -> None:
    parts |= {name: content for name, content in ofd.unsigned(1, "Doc_1").items() if "Doc" in name}
    parts["OFD.xml"] = ofd.ofd_xml((ofd.body(signatures=True), ofd.body("Doc_1")))


def current_version(parts: Parts) -> None:
    parts["Doc_0/Document_1.xml"] = ofd.document_xml(1)
    parts["Doc_0/V.xml"] = ofd.xml("DocVersion", "<ofd:DocRoot>Document_1.xml</ofd:DocRoot>")
    more = (
        '<ofd:Versions><ofd:Version ID="7" Index="1" Current="true" BaseLoc="Doc_0/V.xml"/>'
        "</ofd:Versions>"
    )
    parts["OFD.xml"] = ofd.ofd_xml((ofd.body(more=more, signatures=True),))


def hidden_second(parts: Parts) -> None:
    parts |= ofd.signed(parts, Signing(number=1))
    parts[SIGNATURES] = ofd.signed(ofd.unsigned())[SIGNATURES]


def renamed_signature(parts: Parts) -> None:
    parts["Doc_0/x/readme.txt"] = ofd.signed(parts, Signing(number=1))[
        "Doc_0/Signs/Sign_1/Signature.xml"
    ]


def renamed_value(parts: Parts) -> None:
    parts["Doc_0/x/readme.txt"] = parts[f"{SIGN}/SignedValue.dat"]


def emptied_list(parts: Parts) -> None:
    for name in list(parts):
        if name.startswith(SIGN):
            del parts[name]
    parts[SIGNATURES] = ofd.xml("Signatures", "<ofd:MaxSignId>s004</ofd:MaxSignId>")


def foreign_value(parts: Parts) -> None:
    other = ofd.signed(ofd.unsigned(1))
    parts[f"{SIGN}/SignedValue.dat"] = other[f"{SIGN}/SignedValue.dat"]


def broken_value(parts: Parts) -> None:
    value = bytearray(parts[f"{SIGN}/SignedValue.dat"])
    value[-1] ^= 1
    parts[f"{SIGN}/SignedValue.dat"] = bytes(value)


UNCOVERED = replace(Signing(), leave_out=("OFD.xml",))

TAMPERINGS: dict[str, tuple[Signing, Callable[[Parts], None], str]] = {
    "page changed": (Signing(), changed(PAGE, ofd.page("x")), "OFD_REFERENCE_DIGEST_MISMATCH"),
    "one space more": (
        Signing(),
        swapped(PAGE, b"</ofd:Page>", b" </ofd:Page>"),
        "OFD_REFERENCE_DIGEST_MISMATCH",
    ),
    "page taken out": (Signing(), without(PAGE), "OFD_REFERENCE_MISSING"),
    "page dropped from Document.xml": (
        Signing(),
        changed(DOCUMENT, ofd.document_xml(1)),
        "OFD_REFERENCE_DIGEST_MISMATCH",
    ),
    "page added": (Signing(), added_page, "OFD_REFERENCE_DIGEST_MISMATCH"),
    "page added to an uncovered Document.xml": (
        Signing(leave_out=(DOCUMENT,)),
        added_page,
        "OFD_UNPROTECTED_CONTENT",
    ),
    "Document.xml not covered": (
        Signing(leave_out=(DOCUMENT,)),
        changed(DOCUMENT, ofd.document_xml(1)),
        "OFD_UNPROTECTED_CONTENT",
    ),
    "template not covered": (
        Signing(leave_out=(TEMPLATE,)),
        changed(TEMPLATE, ofd.page("other")),
        "OFD_UNPROTECTED_CONTENT",
    ),
    "annotation not covered": (
        Signing(leave_out=("Doc_0/Annots/Page_0/Annotation.xml",)),
        lambda _: None,
        "OFD_UNPROTECTED_CONTENT",
    ),
    "annotation added": (
        Signing(),
        swapped(
            "Doc_0/Annots/Annotations.xml",
            b"</ofd:Annotations>",
            b'<ofd:Page PageID="2"><ofd:FileLoc>b.xml</ofd:FileLoc></ofd:Page></ofd:Annotations>',
        ),
        "OFD_REFERENCE_DIGEST_MISMATCH",
    ),
    "font not covered": (
        Signing(leave_out=("Doc_0/Res/a.ttf",)),
        lambda _: None,
        "OFD_UNPROTECTED_CONTENT",
    ),
    "a file where a careless reader looks": (
        Signing(),
        changed("Pages/Page_0/Content.xml", ofd.page("from the root")),
        "OFD_UNPROTECTED_CONTENT",
    ),
    "a second document": (UNCOVERED, second_body, "OFD_UNPROTECTED_CONTENT"),
    "a second document, OFD.xml covered": (
        Signing(),
        second_body,
        "OFD_REFERENCE_DIGEST_MISMATCH",
    ),
    "a new current version": (UNCOVERED, current_version, "OFD_UNPROTECTED_CONTENT"),
    "attachment not covered": (
        Signing(leave_out=("Doc_0/Attachs/a.bin",)),
        lambda _: None,
        "OFD_UNPROTECTED_EXTRA",
    ),
    "OFD.xml not covered": (UNCOVERED, lambda _: None, "OFD_UNPROTECTED_EXTRA"),
    "attachment changed": (
        Signing(),
        changed("Doc_0/Attachs/a.bin", b"x"),
        "OFD_REFERENCE_DIGEST_MISMATCH",
    ),
    "seal file swapped": (
        Signing(leave_out=(f"{SIGN}/Seal.esl",)),
        other_seal,
        "OFD_SEAL_FILE_MISMATCH",
    ),
    "seal file gone": (
        Signing(leave_out=(f"{SIGN}/Seal.esl",)),
        without(f"{SIGN}/Seal.esl"),
        "OFD_SEAL_FILE_ABSENT",
    ),
    "Signature.xml changed": (
        Signing(),
        swapped(f"{SIGN}/Signature.xml", b"20261121", b"20261122"),
        "SIG_DATA_HASH_MISMATCH",
    ),
    "Signature.xml gone": (
        Signing(),
        without(f"{SIGN}/Signature.xml"),
        "OFD_SIGNATURE_FILE_MISSING",
    ),
    "SignedValue gone": (Signing(), without(f"{SIGN}/SignedValue.dat"), "OFD_SIGNED_VALUE_MISSING"),
    "SignedValue of another": (Signing(), foreign_value, "SIG_DATA_HASH_MISMATCH"),
    "SignedValue broken": (Signing(), broken_value, "SIG_SIGNATURE_INVALID"),
    "SignedValue is noise": (
        Signing(),
        changed(f"{SIGN}/SignedValue.dat", b"noise"),
        "SIG_FORMAT_INVALID",
    ),
    "the list gone": (Signing(), without(SIGNATURES), "OFD_SIGNATURE_LIST_MISSING"),
    "the list gone, files stay": (Signing(), without(SIGNATURES), "OFD_SIGNATURE_UNLISTED"),
    "the list is no XML": (Signing(), changed(SIGNATURES, b"<x"), "OFD_XML_INVALID"),
    "the list emptied": (Signing(), emptied_list, "OFD_SIGNATURE_UNLISTED"),
    "an entry dropped from the list": (Signing(), hidden_second, "OFD_SIGNATURE_UNLISTED"),
    "a further Signature.xml": (
        Signing(),
        changed("Doc_0/Signs/Sign_1/Signature.xml", b"<x/>"),
        "OFD_SIGNATURE_UNLISTED",
    ),
    "a gap in Sign_N": (
        Signing(),
        changed("Doc_0/Signs/Sign_2/note.txt", b"x"),
        "OFD_SIGNATURE_UNLISTED",
    ),
    "a Signature.xml under another name": (Signing(), renamed_signature, "OFD_SIGNATURE_UNLISTED"),
    "a seal signature under another name": (Signing(), renamed_value, "OFD_SIGNATURE_UNLISTED"),
    "listed twice": (
        Signing(),
        swapped(
            SIGNATURES,
            b"</ofd:Signatures>",
            f'<ofd:Signature ID="s9" BaseLoc="/{SIGN}/Signature.xml"/></ofd:Signatures>'.encode(),
        ),
        "OFD_XML_INVALID",
    ),
    "builds on a signature that is gone": (
        Signing(relative="s007"),
        lambda _: None,
        "OFD_SIGNATURE_UNLISTED",
    ),
    "builds on itself": (Signing(relative="s001"), lambda _: None, "OFD_RELATIVE_INVALID"),
    "MD5": (Signing(method="MD5"), lambda _: None, "OFD_CHECK_METHOD_WEAK"),
    "SHA-1": (Signing(method="SHA1"), lambda _: None, "OFD_CHECK_METHOD_WEAK"),
    "no method at all": (
        Signing(edit=lambda text: text.replace(f' CheckMethod="{ofd.SM3_OID}"'.encode(), b"")),
        lambda _: None,
        "OFD_CHECK_METHOD_WEAK",
    ),
    "a method of one vendor": (
        Signing(method="1.2.156.10197.1.401.2"),
        lambda _: None,
        "OFD_CHECK_METHOD_UNSUPPORTED",
    ),
    "a digest in hex": (
        Signing(edit=lambda text: text.replace(b"<ofd:CheckValue>", b"<ofd:CheckValue>00:ff", 1)),
        lambda _: None,
        "OFD_REFERENCE_DIGEST_MISMATCH",
    ),
    "no references": (Signing(only=()), lambda _: None, "OFD_XML_INVALID"),
    "references twice": (
        Signing(
            edit=lambda text: text.replace(
                b"</ofd:References>", b"</ofd:References><ofd:References/>"
            )
        ),
        lambda _: None,
        "OFD_XML_INVALID",
    ),
    "a reference twice": (
        Signing(only=(PAGE, PAGE)),
        lambda _: None,
        "OFD_REFERENCE_DUPLICATE",
    ),
    "a reference out of the package": (
        Signing(edit=lambda text: text.replace(b'FileRef="/Doc_0/Doc', b'FileRef="/../../Doc')),
        lambda _: None,
        "OFD_PATH_ESCAPE",
    ),
    "a reference to the operating system": (
        Signing(edit=lambda text: text.replace(b'FileRef="/Doc_0/Doc', b'FileRef="file:///Doc')),
        lambda _: None,
        "OFD_PATH_ESCAPE",
    ),
    "DTD in Signature.xml": (
        Signing(edit=lambda text: text.replace(b"<ofd:Sig", b"<!DOCTYPE x><ofd:Sig", 1)),
        lambda _: None,
        "OFD_XML_INVALID",
    ),
    "DTD in Document.xml": (
        Signing(leave_out=(DOCUMENT,)),
        swapped(DOCUMENT, b"<ofd:Document", b'<!DOCTYPE x [<!ENTITY a "b">]><ofd:Document'),
        "OFD_XML_INVALID",
    ),
    "propertyInfo of another signature": (
        Signing(property_info="/Doc_0/Signs/Sign_1/Signature.xml"),
        lambda _: None,
        "OFD_PROPERTY_INFO_MISMATCH",
    ),
    "propertyInfo of the own value": (
        Signing(property_info=f"/{SIGN}/SignedValue.dat"),
        lambda _: None,
        "OFD_PROPERTY_INFO_UNUSUAL",
    ),
    "propertyInfo in JSON": (
        Signing(property_info='{"DocId":"1"}'),
        lambda _: None,
        "OFD_PROPERTY_INFO_UNUSUAL",
    ),
    "stamp out of the page": (
        Signing(stamps='<ofd:StampAnnot ID="s2" PageRef="1" Boundary="210 20 40 40"/>'),
        lambda _: None,
        "OFD_STAMP_INVALID",
    ),
    "stamp on no page": (
        Signing(stamps='<ofd:StampAnnot ID="s2" PageRef="77" Boundary="10 20 40 40"/>'),
        lambda _: None,
        "OFD_STAMP_INVALID",
    ),
    "stamp of no size": (
        Signing(stamps='<ofd:StampAnnot ID="s2" PageRef="1" Boundary="10 20 NaN 40"/>'),
        lambda _: None,
        "OFD_STAMP_INVALID",
    ),
    "clip out of its box": (
        Signing(
            stamps='<ofd:StampAnnot ID="s2" PageRef="1" Boundary="9 9 40 40" Clip="9 0 40 40"/>'
        ),
        lambda _: None,
        "OFD_STAMP_INVALID",
    ),
    "a type that the value is not": (Signing(kind="Sign"), lambda _: None, "SIG_FORMAT_INVALID"),
    "letter case of a location": (
        Signing(),
        lambda parts: parts.update({"Doc_0/tpls/Tpl_0/Content.xml": parts.pop(TEMPLATE)}),
        "OFD_NAME_CASE_DIFFERS",
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_every_tampering_has_its_code(name: str) -> None:
    how, change, code = TAMPERINGS[name]
    parts = ofd.signed(ofd.unsigned(), how)
    change(parts)
    found = reading(parts)
    assert code in codes(found)
    if code not in WARNINGS:
        calm = found.signatures and all(
            whole(one) and not {p.code for p in one.problems} - WARNINGS for one in found.signatures
        )
        assert not calm or {one.code for one in found.problems} - WARNINGS
    assert "OFD_NOT_SIGNED" not in codes(found)


@pytest.mark.parametrize(
    "name", ["MD5", "SHA-1", "no method at all", "a method of one vendor", "no references"]
)
def test_what_is_weak_or_unknown_never_matches(name: str) -> None:
    how, _, _ = TAMPERINGS[name]
    one = only(ofd.signed(ofd.unsigned(), how))
    assert one.digest is DigestOutcome.NOT_CHECKED


@pytest.mark.parametrize("method", ["MD5", "SHA1"])
def test_a_weak_method_still_tells_a_change(method: str) -> None:
    parts = ofd.signed(ofd.unsigned(), Signing(method=method))
    parts[PAGE] = ofd.page("changed")
    assert only(parts).digest is DigestOutcome.DIFFERS


def refused(data: bytes) -> object:
    with pytest.raises(DocumentUnreadable) as caught:
        read(data)
    return caught.value.fields["reason"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("OFD.xml", b"<OFD", "OFD_XML_INVALID"),
        ("OFD.xml", b"", "OFD_XML_INVALID"),
        ("OFD.xml", ofd.xml("OFD", ""), "OFD_XML_INVALID"),
        (
            "OFD.xml",
            ofd.xml("Other", f"<ofd:DocBody>{ofd.body()}</ofd:DocBody>"),
            "OFD_XML_INVALID",
        ),
        ("OFD.xml", b"<!DOCTYPE a>" + ofd.ofd_xml(), "OFD_XML_INVALID"),
        ("OFD.xml", ofd.ofd_xml((ofd.body() + ofd.body(),)), "OFD_XML_INVALID"),
        ("OFD.xml", ofd.ofd_xml((ofd.body() + '<a:DocRoot xmlns:a="u:x"/>',)), "OFD_XML_INVALID"),
        ("OFD.xml", ofd.ofd_xml((ofd.body(),) * 101), "OFD_PACKAGE_LIMIT"),
        ("Doc_0/document.xml", ofd.document_xml(), "OFD_PACKAGE_INVALID"),
        ("../evil.xml", b"", "OFD_PATH_ESCAPE"),
        ("Doc_0/bomb.bin", bytes(9_000_000), "OFD_PACKAGE_LIMIT"),
    ],
)
def test_packages_refused_whole(name: str, content: bytes, reason: str) -> None:
    assert refused(ofd.pack(ofd.unsigned() | {name: content})) == reason


def test_entity_bombs_are_not_expanded() -> None:
    laughs = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10 if i else "ha"}">' for i in range(12))
    parts = ofd.unsigned()
    for encoding in ("utf-8", "utf-16"):
        text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x [{laughs}]><x b="&a11;"/>'
        parts[DOCUMENT] = text.encode(encoding)
        assert refused(ofd.pack(parts)) == "OFD_XML_INVALID"


def test_deep_xml_is_refused() -> None:
    parts = ofd.signed(ofd.unsigned())
    parts[f"{SIGN}/Signature.xml"] = b"<a>" * 100_000
    assert "OFD_XML_INVALID" in {one.code for one in only(parts).problems}


def test_other_kinds_of_files() -> None:
    with pytest.raises(UnsupportedFormat):
        read(ofd.pack({"word/document.xml": b"<x/>"}))
    with pytest.raises(UnsupportedFormat):
        read(ofd.pack({"word/document.xml": b"<x/>"})[:-9])
    with pytest.raises(UnsupportedFormat):
        read(ofd.pack([ofd.Stored(b"word/document.xml", b"<x/>", flags=1)]))
    with pytest.raises(UnsupportedFormat):
        read(b"PK\x03\x04" + bytes(100))
    assert refused(ofd.pack(ofd.unsigned())[:-9]) == "OFD_PACKAGE_INVALID"
    with pytest.raises(DocumentEncrypted):
        read(ofd.pack([ofd.Stored(b"OFD.xml", b"<x/>", flags=1)]))


def test_unsigned_says_so() -> None:
    found = reading(ofd.unsigned())
    assert [one.code for one in found.problems] == ["OFD_NOT_SIGNED"]
    assert found.signatures == ()


def test_old_namespace_other_prefix_and_order() -> None:
    parts = ofd.unsigned()
    for name, content in parts.items():
        parts[name] = content.replace(b"http://www.ofdspec.org/2016", b"http://www.ofdspec.org")

    def shuffled(text: bytes) -> bytes:
        start, end = text.index(b"<ofd:Seal>"), text.index(b"</ofd:Seal>") + 11
        seal = text[start:end]
        return text.replace(seal, b"").replace(b"<ofd:References", seal + b"<ofd:References")

    parts = ofd.signed(parts, Signing(edit=shuffled))
    parts[SIGNATURES] = parts[SIGNATURES].replace(b"ofd:", b"").replace(b"xmlns:ofd", b"xmlns")
    assert whole(only(parts))


def test_content_that_only_a_later_signature_covers_leaves_a_gap_in_the_first() -> None:
    parts = ofd.signed(ofd.unsigned(), UNCOVERED)
    extra = "Doc_0/Document_1.xml"
    parts[extra] = ofd.document_xml(1)
    parts["OFD.xml"] = parts["OFD.xml"].replace(b"Doc_0/Document.xml", extra.encode())
    first, second = reading(ofd.signed(parts, Signing(number=1))).signatures
    assert first.coverage is Coverage.PARTIAL
    assert second.coverage is Coverage.FILE
    assert second.worst_change is ChangeClass.NONE


def test_a_later_broken_signature_is_no_further_seal() -> None:
    parts = ofd.signed(ofd.signed(ofd.unsigned()), Signing(number=1))
    parts["Doc_0/Signs/Sign_1/SignedValue.dat"] = parts[f"{SIGN}/SignedValue.dat"]
    first, second = reading(parts).signatures
    assert first.worst_change is ChangeClass.OTHER
    assert not whole(second)


def test_straddle_stamps_keep_their_clip() -> None:
    stamps = "".join(
        f'<ofd:StampAnnot ID="s{i}" PageRef="{i}" Boundary="{210 - 20 * i} 40 40 40" '
        f'Clip="{20 * (i - 1)} 0 20 40"/>'
        for i in (1, 2)
    )
    one = only(ofd.signed(ofd.unsigned(), Signing(stamps=stamps)))
    assert [(s.page, s.x_mm, s.clip) for s in one.stamps] == [
        (1, 190, (0, 0, 20, 40)),
        (2, 170, (20, 0, 20, 40)),
    ]


def test_page_sizes() -> None:
    parts = ofd.unsigned()
    box = "<ofd:Area><ofd:PhysicalBox>0 0 210 140</ofd:PhysicalBox></ofd:Area>"
    parts["Doc_0/Pages/Page_1/Content.xml"] = ofd.page("x", box)
    data = ofd.pack(parts)
    assert page_size(data, 1) == (210, 297)
    assert page_size(data, 2) == (210, 140)
    for page in (0, 3, -1):
        with pytest.raises(PageNotFound):
            page_size(data, page)


def test_a_seal_whose_picture_cannot_be_drawn_has_none() -> None:
    parts = ofd.signed(ofd.unsigned())
    described = parts[f"{SIGN}/Signature.xml"]
    problem = {"PICTURE_UNREADABLE"}
    for picture, kind in ((b"PK\x03\x04", "ofd"), (b"noise", "png"), (b"noise", "ofd")):
        seal = seals.make_seal(picture=picture, picture_type=kind)
        parts[f"{SIGN}/SignedValue.dat"] = seals.make_signature(
            seal_der=seal, data_hash=ofd.digest("sm3", described)
        )
        one = only(parts)
        assert one.picture is None
        assert {p.code for p in one.problems} >= problem
