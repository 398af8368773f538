"""Whatever is done to the bytes: a reading or a named refusal, and never a false "whole"."""

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.documents import UnsupportedFormat, detect
from sealsvc.documents.ofd.archive import open_archive
from sealsvc.documents.ofd.errors import DocumentEncrypted, DocumentUnreadable
from sealsvc.documents.ofd.reader import read
from sealsvc.documents.values import (
    Coverage,
    DigestOutcome,
    DocumentReading,
    SignatureOutcome,
    SignatureReading,
)
from tests.builders import ofd
from tests.builders.ofd import Signing

REFUSALS = (DocumentUnreadable, DocumentEncrypted, UnsupportedFormat)


@cache
def parts() -> ofd.Parts:
    return ofd.signed(ofd.signed(ofd.unsigned()), Signing(number=1))


@cache
def package(method: int = 8) -> bytes:
    return ofd.pack([ofd.Stored(n.encode(), c, method=method) for n, c in parts().items()])


def attempt(data: bytes) -> DocumentReading | None:
    try:
        return detect(data).read(data)
    except REFUSALS:
        return None


def intact(one: SignatureReading) -> bool:
    matches = one.digest is DigestOutcome.MATCHES
    return matches and one.signature is SignatureOutcome.VERIFIES


def same_content(data: bytes, names: frozenset[str]) -> bool:
    archive = open_archive(data)
    for name in names:
        entry = archive.find(name)
        if entry is None or archive.read(entry) != parts()[name]:
            return False
    return True


COVERED = frozenset(name for name in ofd.unsigned() if name != "OFD.xml")


@settings(max_examples=250, deadline=None)
@given(st.integers(0, 10**7), st.integers(1, 255), st.sampled_from((0, 8)))
def test_a_flip_anywhere(place: int, mask: int, method: int) -> None:
    data = bytearray(package(method))
    data[place % len(data)] ^= mask
    found = attempt(bytes(data))
    if found is None or not any(intact(one) for one in found.signatures):
        return
    # Time stamps of entries, attributes and unused bits of a deflate stream are not content.
    assert same_content(bytes(data), COVERED)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(COVERED)), st.integers(0, 10**6), st.integers(1, 255))
def test_a_change_of_a_covered_part(name: str, place: int, mask: int) -> None:
    edited = dict(parts())
    content = bytearray(edited[name])
    content[place % len(content)] ^= mask
    edited[name] = bytes(content)
    found = attempt(ofd.pack(edited))
    if found is not None:
        assert len(found.signatures) == 2
        assert all(one.digest is DigestOutcome.DIFFERS for one in found.signatures)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**7), st.binary(max_size=30), st.binary(max_size=30))
def test_cut_and_lengthened(cut: int, before: bytes, after: bytes) -> None:
    data = package()
    attempt(data[: cut % len(data)])
    attempt(data[cut % len(data) :])
    found = attempt(before + data + after)
    if found is not None and (before or after):
        assert "OFD_PACKAGE_EXTRA_BYTES" in {one.code for one in found.problems}


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted({*ofd.unsigned(), ofd.SIGNATURES, "Doc_0/Signs/Sign_0/Signature.xml"})),
    st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=12)), min_size=1, max_size=5),
)
def test_xml_with_noise(name: str, edits: list[tuple[int, bytes]]) -> None:
    edited = dict(parts())
    content = edited[name]
    for place, noise in edits:
        at = place % (len(content) + 1)
        content = content[:at] + noise + content[at + len(noise) :]
    edited[name] = content
    found = attempt(ofd.pack(edited))
    if found is None or content == parts()[name] or name in (ofd.SIGNATURES, "OFD.xml"):
        return
    first = [one for one in found.signatures if one.field_name.endswith("Sign_0/Signature.xml")]
    assert not any(intact(one) and one.coverage is Coverage.FILE for one in first)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(max_size=12), st.binary(max_size=60), max_size=6), st.binary())
def test_any_package(files: dict[str, bytes], entry_point: bytes) -> None:
    named = {name: content for name, content in files.items() if name.isprintable() and name}
    found = attempt(ofd.pack({"OFD.xml": entry_point, **named}))
    assert found is None or found.kind == "ofd"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_location(root: str, signatures: str) -> None:
    from xml.sax.saxutils import escape

    inner = (
        f"<ofd:DocRoot>{escape(root)}</ofd:DocRoot>"
        f"<ofd:Signatures>{escape(signatures)}</ofd:Signatures>"
    )
    text = ofd.ofd_xml((inner,)).decode().encode("utf-8", "replace")
    found = attempt(ofd.pack(ofd.unsigned() | {"OFD.xml": text}))
    assert found is None or not found.signatures


def test_reading_is_bounded_on_many_references() -> None:
    many = {f"Doc_0/x/{i}.bin": b"" for i in range(3000)}
    how = Signing(only=tuple(many))
    data = ofd.pack(ofd.signed(ofd.unsigned() | many, how))
    found = read(data)
    assert found.signatures[0].coverage is Coverage.PARTIAL
    assert len(found.problems) <= 200
