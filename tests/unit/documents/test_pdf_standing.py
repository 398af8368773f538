"""What the sealer asks of earlier signatures by structure is what the general reader says."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ca.errors import CaUnavailable
from sealsvc.documents.pdf import addition, cades, changes, pyhanko_api, sealer
from sealsvc.documents.pdf.cades import SignerMaterial
from sealsvc.documents.pdf.errors import (
    CertificateAlreadyInDocument,
    DocmdpForbidsSeal,
    ExistingSignatureBroken,
    SignatureTooLarge,
)
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.reader import read_in_full
from sealsvc.documents.pdf.standing import lone_signature, read_for_seal
from sealsvc.documents.pdf.standing_cms import check_cms
from sealsvc.documents.values import DocumentReading
from sealsvc.values import DocumentRole
from tests.builders import pdf
from tests.builders.pdf import Revision, chain_named, make_spec, sealed_thrice
from tests.unit.documents.test_pdf_further_seal import MEDDLING, second_seal

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples-real"
SUITES = ("ecdsa-p256-sha256", "rsa2048-sha256", "sm2-sm3")
DECISIVE = (
    *("signer_certificate_der", "docmdp", "docmdp_kept", "coverage", "worst_change", "digest"),
    *("signature", "field_name", "sub_filter", "signature_sha256", "byte_range", "is_timestamp"),
)


def decisive(reading: DocumentReading) -> list[tuple[object, ...]]:
    return [tuple(getattr(one, name) for name in DECISIVE) for one in reading.signatures]


def agrees(data: bytes) -> bool:
    """Whether structure answers; if so it must be with what the general reader says."""
    found = lone_signature(data)
    if found is None:
        return False
    full = read_in_full(data)
    assert decisive(found) == decisive(full)
    assert found.earlier_signatures == full.earlier_signatures == ()
    return True


def lone() -> bytes:
    """A file with one seal that restricts nothing; not the shared one, which any writer made."""
    return pdf.sealed(role=DocumentRole.CONTRACT)


# --- hexadecimal strings ---


def outcome(read: Callable[[Any], Any], data: bytes) -> object:
    stream = BytesIO(data)
    try:
        found = read(stream)
    except Exception as error:  # the kind of failure is part of the outcome
        return type(error), str(error)
    return type(found), found.original_bytes, stream.tell()


@given(st.lists(st.sampled_from([b"0", b"aF", b" ", b"\n", b"%c\n", b">", b"(", b"g", b"<"])))
@example([b"00" * 63, b"0", b">"])
@example([b"00" * 64, b">"])
@example([b"ab" * 9000, b">", b">"])
@example([b"ab" * 9000, b" ", b">"])
@example([b"ab" * 9000])
def test_hex_string_as_pyhanko_reads_it(parts: list[bytes]) -> None:
    data = b"<" + b"".join(parts)

    assert outcome(pyhanko_api.read_hex_string, data) == outcome(
        pyhanko_api.published_read_hex_string, data
    )


# --- one signature ---


@pytest.mark.parametrize("suite", SUITES[:2])
def test_good_seal_is_known(suite: str) -> None:
    data = pdf.sealed(pdf.plain(), chain_named(f"standing-{suite}", suite))

    assert agrees(data)


def test_sm2_is_read_in_full() -> None:
    try:
        data = pdf.sealed(pdf.plain(), chain_named("standing-sm2", "sm2-sm3"))
    except CaUnavailable:
        pytest.skip("no provider of SM2 here")

    assert lone_signature(data) is None
    assert decisive(read_for_seal(data)) == decisive(read_in_full(data))


def test_certification_is_read_in_full() -> None:
    data = pdf.sealed(role=DocumentRole.INVOICE)

    assert lone_signature(data) is None
    with pytest.raises(DocmdpForbidsSeal):
        sealer.prepare(data, make_spec(chain_named("second"), name="further"))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", pdf.plain(), pdf.encrypted()])
def test_other_files_are_read_in_full(data: bytes) -> None:
    assert lone_signature(data) is None


def test_several_seals_are_read_in_full() -> None:
    data = sealed_thrice()

    assert lone_signature(data) is None
    assert decisive(read_for_seal(data)) == decisive(read_in_full(data))


@pytest.mark.parametrize("behind", [b"\n", b" ", b"%\n", b"1 0 obj\nnull\nendobj\n"])
def test_uncovered_bytes_are_read_in_full(behind: bytes) -> None:
    assert lone_signature(lone() + behind) is None


def test_later_revision_is_read_in_full() -> None:
    step = Revision(lone())
    step.new(b"(more)")

    assert lone_signature(step.build()) is None


def test_every_altered_byte_is_seen() -> None:
    data = lone()
    places = [*range(0, len(data), max(1, len(data) // 300)), len(data) - 1]

    for place in places:
        altered = data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]
        agrees(altered)


def hole_of(data: bytes) -> tuple[int, int]:
    found = lone_signature(data)
    assert found is not None
    return found.signatures[0].byte_range[1], found.signatures[0].byte_range[2]


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99])
def test_altered_value_is_never_wider(share: float) -> None:
    data = lone()
    start, stop = hole_of(data)
    place = start + 1 + 2 * int(share * (stop - start - 2) / 2)
    swapped = b"1" if data[place : place + 1] != b"1" else b"2"

    agrees(data[:place] + swapped + data[place + 1 :])


@pytest.mark.parametrize(("old", "new"), [(b"%PDF-1", b"%PDF-9"), (b"/Sig/F", b"/Sog/F")])
def test_altered_text_is_refused(old: bytes, new: bytes) -> None:
    data = lone()
    altered = data.replace(old, new)
    assert altered != data

    assert lone_signature(altered) is None


def test_broken_signature_takes_no_further_seal() -> None:
    data = lone()
    place = data.index(b"/MediaBox")
    altered = data[:place] + b"/MediaBux" + data[place + 9 :]

    with pytest.raises(ExistingSignatureBroken):
        sealer.prepare(altered, make_spec(chain_named("second"), name="further"))


def test_same_certificate_takes_no_further_seal() -> None:
    with pytest.raises(CertificateAlreadyInDocument):
        sealer.prepare(lone(), make_spec(chain_named(), name="further"))


def test_real_files_agree() -> None:
    manifest = SAMPLES / "MANIFEST.json"
    if not manifest.exists():
        pytest.skip("no samples beside the checkout")
    files = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    paths = [SAMPLES / one["path"] for one in files if one["path"].endswith(".pdf")]

    known = sum(agrees(path.read_bytes()) for path in paths)

    print(f"{known} of {len(paths)} real files are known by structure")
    assert known


# --- the CMS ---


def value_and_covered(data: bytes) -> tuple[bytes, tuple[memoryview, memoryview]]:
    start, stop = hole_of(data)
    contents = bytes.fromhex(data[start + 1 : stop - 1].decode("ascii"))
    return contents, (memoryview(data)[:start], memoryview(data)[stop:])


def opened(contents: bytes, levels: int) -> bytes:
    """The same with open lengths in the outermost elements, each the last of its parent."""

    def opens(element: bytes, left: int) -> bytes:
        width = element[1] & 0x7F if element[1] & 0x80 else 0
        content = element[2 + width :]
        if left > 1:
            *before, last = children(content)
            content = b"".join(before) + opens(last, left - 1)
        return element[:1] + b"\x80" + content + b"\0\0"

    return opens(children(contents)[0], levels)


def children(content: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(content):
        size, start = content[at + 1], at + 2
        if size & 0x80:
            width = size & 0x7F
            size = int.from_bytes(content[start : start + width], "big")
            start += width
        found.append(content[at : start + size])
        at = start + size
    return found


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
def test_open_lengths_outside(levels: int) -> None:
    contents, covered = value_and_covered(lone())
    known = check_cms(contents, covered, cades=True)

    assert check_cms(opened(contents.rstrip(b"\0"), levels), covered, cades=True) == known


@pytest.mark.parametrize("levels", [5, 6])
def test_open_lengths_inside_are_refused(levels: int) -> None:
    contents, covered = value_and_covered(lone())

    with pytest.raises((NotUnderstood, IndexError)):
        check_cms(opened(contents.rstrip(b"\0"), levels), covered, cades=True)


@pytest.mark.parametrize("cut", [1, 2, 5, 40, 200, 400])
def test_short_value_is_refused(cut: int) -> None:
    contents, covered = value_and_covered(lone())
    whole = contents.rstrip(b"\0")

    with pytest.raises(NotUnderstood):
        check_cms(whole[:-cut], covered, cades=True)
    with pytest.raises((NotUnderstood, IndexError)):
        check_cms(b"\x30\x80" * 50 + whole[cut:], covered, cades=True)


def test_other_bytes_are_refused() -> None:
    contents, (before, behind) = value_and_covered(lone())

    for covered in ((before, behind[1:]), (before[1:], behind), (behind, before)):
        with pytest.raises(NotUnderstood):
            check_cms(contents, covered, cades=True)


# --- the further revision ---


@pytest.fixture
def forced() -> Iterator[pytest.MonkeyPatch]:
    """A sealer that seals whatever it is given."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealer, "try_prepare", lambda *_: None)
        patch.setattr(sealer, "_refuse_unfit", lambda *_: None)
        patch.setattr(sealer, "_refuse_forbidden", lambda *_: None)
        patch.setattr(sealer, "harm_of_seal", lambda *_: None)
        yield patch


@pytest.mark.parametrize("name", sorted(MEDDLING))
def test_never_calls_meddling_harmless(name: str, forced: pytest.MonkeyPatch) -> None:
    data = second_seal(forced, MEDDLING[name])

    assert changes.harm_in_full(data) is not None
    assert not addition.only_adds_seal(data)


def test_own_further_seal_is_known() -> None:
    data = sealed_thrice()

    assert addition.only_adds_seal(data)
    assert changes.harm_in_full(data) is None


@pytest.mark.parametrize("tail", [b" ", b"%x\n", b"\n9 0 obj null endobj\n"])
def test_bytes_behind_the_seal_are_no_mere_seal(tail: bytes) -> None:
    assert not addition.only_adds_seal(sealed_thrice() + tail)


@pytest.mark.parametrize("data", [b"", pdf.plain(), b"%PDF-1.7\nstartxref\n0\n%%EOF"])
def test_no_seal_is_no_mere_seal(data: bytes) -> None:
    assert not addition.only_adds_seal(data)


# --- pyHanko's files, our CMS ---


@pytest.mark.parametrize("suite", SUITES)
def test_same_cms_where_pyhanko_writes(suite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        chain = chain_named(f"standing-{suite}", suite)
        monkeypatch.setattr(sealer, "try_prepare", lambda *_: None)
        prepared = sealer.prepare(pdf.plain(), make_spec(chain))
        signature = chain.leaf_signer.sign(prepared.tbs)
    except CaUnavailable:
        pytest.skip("no provider of SM2 here")
    material = SignerMaterial(chain.leaf_der, (chain.issuing_der,), suite)

    assert prepared.tbs == cades.signed_attributes(material, prepared.document_digest)
    value = cades.signed_data(material, prepared.tbs, signature).hex().encode("ascii")
    assert b"<" + value in sealer.finish(prepared, signature)
    with pytest.raises(SignatureTooLarge):
        sealer.finish(prepared, bytes(1000))
    # Attributes of another writer's making are kept as they were signed.
    members = json.loads(prepared.state)
    other = cades.signed_attributes(material, bytes(32))
    members["tbs"] = sealer._b64(other)
    changed = dataclasses.replace(prepared, state=json.dumps(members).encode())
    value = cades.signed_data(material, other, signature).hex().encode("ascii")
    assert b"<" + value in sealer.finish(changed, signature)
