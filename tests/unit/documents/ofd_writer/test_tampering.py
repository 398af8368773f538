"""What a thief may do to a file that we sealed, and that the reading never calls it clean."""

from collections.abc import Callable
from io import BytesIO
from warnings import catch_warnings, simplefilter
from zipfile import ZIP_STORED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.documents.ofd import OFD
from sealsvc.documents.ofd.archive import open_archive
from sealsvc.documents.ofd.packing import new_package
from sealsvc.documents.values import (
    ChangeClass,
    Coverage,
    DigestOutcome,
    DocumentReading,
    SignatureOutcome,
)
from sealsvc.errors import BadInput
from tests.unit.documents.ofd_writer import material

Parts = dict[str, bytes]
Tamper = Callable[[Parts], None]
LIST = "Doc_0/Signs/Signatures.xml"
PAGE = "Doc_0/Pages/Page_0/Content.xml"
FIRST = "Doc_0/Signs/Sign_0/"
SECOND = "Doc_0/Signs/Sign_1/"


def parts_of(data: bytes) -> Parts:
    archive = open_archive(data)
    return {one.name: archive.read(one) for one in archive.entries}


def packed(parts: Parts) -> bytes:
    return new_package(parts, material.AT)


def is_clean(reading: DocumentReading, signatures: int) -> bool:
    return (
        len(reading.signatures) == signatures
        and not reading.problems
        and all(
            one.digest is DigestOutcome.MATCHES
            and one.signature is SignatureOutcome.VERIFIES
            and one.coverage in (Coverage.FILE, Coverage.REVISION)
            and one.worst_change in (ChangeClass.NONE, ChangeClass.FURTHER_SEAL)
            and not one.problems
            and (one.eseal is None or not one.eseal.problems)
            for one in reading.signatures
        )
    )


def is_caught(data: bytes, signatures: int) -> bool:
    try:
        return not is_clean(OFD.read(data), signatures)
    except BadInput:
        return True


SEALED = {"invoice": (material.sealed_invoice, 1), "two parties": (material.sealed_by_two, 2)}


@pytest.mark.parametrize("name", SEALED)
def test_untouched_and_repacked_files_are_clean(name: str) -> None:
    make, count = SEALED[name]
    assert is_clean(OFD.read(make()), count)
    assert is_clean(OFD.read(packed(parts_of(make()))), count)


def protected(data: bytes) -> list[str]:
    return [name for name in parts_of(data) if name != LIST]


def flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


EDITS: dict[str, Callable[[bytes], bytes]] = {
    "one bit": flip,
    "a line more": lambda content: content + b"\n",
    "cut": lambda content: content[:-1],
    "emptied": lambda content: b"",
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("document", SEALED)
def test_every_part_is_protected(document: str, edit: str) -> None:
    make, count = SEALED[document]
    for name in protected(make()):
        parts = parts_of(make())
        parts[name] = EDITS[edit](parts[name])
        assert is_caught(packed(parts), count), name


@pytest.mark.parametrize("document", SEALED)
def test_every_part_must_stay(document: str) -> None:
    make, count = SEALED[document]
    for name in parts_of(make()):
        parts = parts_of(make())
        del parts[name]
        assert is_caught(packed(parts), count), name


@pytest.mark.parametrize("name", [PAGE, "OFD.xml", "Doc_0/Document.xml", "Doc_0/PublicRes.xml"])
def test_a_changed_part_says_so(name: str) -> None:
    parts = parts_of(material.sealed_by_two())
    parts[name] = parts[name].replace(b"</ofd:", b" </ofd:", 1)
    reading = OFD.read(packed(parts))
    assert {one.digest for one in reading.signatures} == {DigestOutcome.DIFFERS}
    for one in reading.signatures:
        assert ("OFD_REFERENCE_DIGEST_MISMATCH", f"/{name}") in [
            (problem.code, problem.detail) for problem in one.problems
        ]


def replaced(name: str, old: bytes, new: bytes) -> Tamper:
    def apply(parts: Parts) -> None:
        assert old in parts[name]
        parts[name] = parts[name].replace(old, new, 1)

    return apply


def entry(number: int) -> bytes:
    own = (b"s001", b"s009")[number]
    return b'<ofd:Signature ID="%b" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_%d/Signature.xml"/>' % (
        own,
        number,
    )


def drop_first(parts: Parts) -> None:
    replaced(LIST, entry(0), b"")(parts)


def drop_last(parts: Parts) -> None:
    replaced(LIST, entry(1), b"")(parts)


def drop_both(parts: Parts) -> None:
    drop_first(parts)
    drop_last(parts)


def drop_last_with_its_files(parts: Parts) -> None:
    """The list is not protected, so only what is left behind tells: the highest ID."""
    drop_last(parts)
    for name in [one for one in parts if one.startswith(SECOND)]:
        del parts[name]


def drop_first_with_its_files(parts: Parts) -> None:
    drop_first(parts)
    for name in [one for one in parts if one.startswith(FIRST)]:
        del parts[name]


def unname_list(parts: Parts) -> None:
    replaced("OFD.xml", b"<ofd:Signatures>%b</ofd:Signatures>" % LIST.encode(), b"")(parts)


def strip_signatures(parts: Parts) -> None:
    unname_list(parts)
    del parts[LIST]


def swap_values(parts: Parts) -> None:
    one, other = FIRST + "SignedValue.dat", SECOND + "SignedValue.dat"
    parts[one], parts[other] = parts[other], parts[one]


def swap_descriptions(parts: Parts) -> None:
    one, other = FIRST + "Signature.xml", SECOND + "Signature.xml"
    parts[one], parts[other] = parts[other], parts[one]


def swap_seals(parts: Parts) -> None:
    one, other = FIRST + "Seal.esl", SECOND + "Seal.esl"
    parts[one], parts[other] = parts[other], parts[one]


def swap_pages(parts: Parts) -> None:
    other = "Doc_0/Pages/Page_1/Content.xml"
    parts[PAGE], parts[other] = parts[other], parts[PAGE]


def more_pages(parts: Parts) -> None:
    parts["Doc_0/Pages/Page_9/Content.xml"] = parts[PAGE]
    replaced(
        "Doc_0/Document.xml",
        b"</ofd:Pages>",
        b'<ofd:Page ID="99" BaseLoc="Pages/Page_9/Content.xml"/></ofd:Pages>',
    )(parts)


def fewer_pages(parts: Parts) -> None:
    replaced("Doc_0/Document.xml", b'<ofd:Page ID="3" BaseLoc="Pages/Page_1/Content.xml"/>', b"")(
        parts
    )


def other_root(parts: Parts) -> None:
    parts["Doc_1/Document.xml"] = parts["Doc_0/Document.xml"].replace(b"Pages/", b"../Doc_0/Pages/")
    replaced("OFD.xml", b"Doc_0/Document.xml", b"Doc_1/Document.xml")(parts)


def another_version(parts: Parts) -> None:
    """A later version of the document that no signature knows (ofd.md section 5)."""
    parts["Doc_0/V.xml"] = b'<DocVersion ID="1"><DocRoot>Document2.xml</DocRoot></DocVersion>'
    parts["Doc_0/Document2.xml"] = parts["Doc_0/Document.xml"]
    replaced(
        "OFD.xml",
        b"<ofd:Signatures>",
        b'<ofd:Versions><ofd:Version ID="1" Index="1" Current="true" BaseLoc="Doc_0/V.xml"/>'
        b"</ofd:Versions><ofd:Signatures>",
    )(parts)


def another_body(parts: Parts) -> None:
    parts["Doc_1/Document.xml"] = parts["Doc_0/Document.xml"].replace(b"Pages/", b"../Doc_0/Pages/")
    replaced(
        "OFD.xml",
        b"</ofd:OFD>",
        b"<ofd:DocBody><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
    )(parts)


def annotation(parts: Parts) -> None:
    parts["Doc_0/Annotations.xml"] = b"<Annotations/>"
    replaced(
        "Doc_0/Document.xml",
        b"</ofd:Document>",
        b"<ofd:Annotations>Annotations.xml</ofd:Annotations></ofd:Document>",
    )(parts)


def replayed(parts: Parts) -> None:
    """The signature of another document, with all its files."""
    other = parts_of(material.sealed_invoice())
    for name, content in other.items():
        if name.startswith(FIRST):
            parts[name] = content


def foreign_value(parts: Parts) -> None:
    parts[FIRST + "SignedValue.dat"] = parts_of(material.sealed_invoice())[
        FIRST + "SignedValue.dat"
    ]


def unlisted_third(parts: Parts) -> None:
    for name in [one for one in parts if one.startswith(FIRST)]:
        parts[name.replace("Sign_0", "Sign_2")] = parts[name]


def fewer_references(parts: Parts) -> None:
    name = FIRST + "Signature.xml"
    start = parts[name].index(b'<ofd:Reference FileRef="/%b">' % PAGE.encode())
    end = parts[name].index(b"</ofd:Reference>", start) + len(b"</ofd:Reference>")
    parts[name] = parts[name][:start] + parts[name][end:]


TAMPERS: dict[str, Tamper] = {
    "list: first dropped": drop_first,
    "list: last dropped": drop_last,
    "list: both dropped": drop_both,
    "list: last dropped with its files": drop_last_with_its_files,
    "list: first dropped with its files": drop_first_with_its_files,
    "list: no longer named": unname_list,
    "list: gone without a trace in OFD.xml": strip_signatures,
    "list: type": replaced(LIST, b'Type="Seal"', b'Type="Sign"'),
    "list: one twice": replaced(LIST, entry(0), entry(0) + entry(0).replace(b"s001", b"s020")),
    "list: second names the first": replaced(LIST, b"Sign_1/", b"Sign_0/"),
    "list: highest ID": replaced(LIST, b">s0", b">s9"),
    "list: another root": replaced(LIST, b"ofd:Signatures", b"ofd:List"),
    "list: with DTD": replaced(LIST, b"<ofd:Signatures", b"<!DOCTYPE a><ofd:Signatures"),
    "values swapped": swap_values,
    "descriptions swapped": swap_descriptions,
    "seal files swapped": swap_seals,
    "signature of another document": replayed,
    "value of another document": foreign_value,
    "a signature nobody lists": unlisted_third,
    "stamp moved": replaced(FIRST + "Signature.xml", b'Boundary="30 220', b'Boundary="30 20'),
    "stamp on another page": replaced(
        FIRST + "Signature.xml", b'PageRef="7" Boundary="30 ', b'PageRef="2" Boundary="30 '
    ),
    "clip widened": replaced(FIRST + "Signature.xml", b'Clip="0 0 7 ', b'Clip="0 0 42 '),
    "time": replaced(FIRST + "Signature.xml", b"20261121093000Z", b"20251121093000Z"),
    "check method": replaced(FIRST + "Signature.xml", b"1.2.156.10197.1.401", b"MD5"),
    "signature method": replaced(FIRST + "Signature.xml", b"10197.1.501", b"10197.1.504"),
    "provider": replaced(FIRST + "Signature.xml", b'Name="sealsvc"', b'Name="another"'),
    "fewer references": fewer_references,
    "value's path": replaced(FIRST + "Signature.xml", b"Sign_0/SignedValue", b"Sign_1/SignedValue"),
    "seal's path": replaced(FIRST + "Signature.xml", b"Sign_0/Seal.esl", b"Sign_1/Seal.esl"),
    "text": replaced(PAGE, "购销".encode(), "购买".encode()),
    "pages swapped": swap_pages,
    "more pages": more_pages,
    "fewer pages": fewer_pages,
    "page size": replaced(PAGE, b"0 0 210 297", b"0 0 210 148"),
    "another document": other_root,
    "another version": another_version,
    "another body": another_body,
    "an annotation": annotation,
    "title": replaced("OFD.xml", "购销".encode(), "购买".encode()),
    "font": replaced("Doc_0/PublicRes.xml", b"SimSun", b"SimHei"),
}


@pytest.mark.parametrize("name", TAMPERS)
def test_tampering_is_caught(name: str) -> None:
    parts = parts_of(material.sealed_by_two())
    TAMPERS[name](parts)
    assert is_caught(packed(parts), 2)


def with_second(name: str, content: bytes) -> bytes:
    out = BytesIO(material.sealed_invoice())
    with catch_warnings(), ZipFile(out, "a", ZIP_STORED) as opened:
        simplefilter("ignore")  # zipfile warns of the very thing that is meant
        opened.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "name", [PAGE, PAGE.upper(), "OFD.XML", "../OFD.xml", "/OFD.xml", "Doc_0\\Document.xml"]
)
def test_a_second_entry_is_caught(name: str) -> None:
    assert is_caught(with_second(name, b"<a/>"), 1)


def test_dropping_the_newest_signature_shows_in_the_count_alone() -> None:
    """By the rule of continued signing: whoever takes the newest away restores an older state."""
    parts = parts_of(material.sealed_by_two())
    drop_last_with_its_files(parts)
    replaced(LIST, b">s010<", b">s008<")(parts)
    assert is_clean(OFD.read(packed(parts)), 1)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_any_changed_byte_of_a_value_is_caught(data: st.DataObject) -> None:
    """DER leaves no octet without meaning: certificates stand in the seal's own list."""
    parts = parts_of(material.sealed_invoice())
    name = FIRST + "SignedValue.dat"
    at = data.draw(st.integers(0, len(parts[name]) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    value = bytearray(parts[name])
    value[at] ^= bit
    parts[name] = bytes(value)
    assert is_caught(packed(parts), 1)
