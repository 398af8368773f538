"""Sealing an OFD: what is written, what is left alone, what is refused."""

import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from ca.sm2 import sm3
from sealsvc.documents.ofd import OFD, sealer
from sealsvc.documents.ofd.archive import open_archive
from sealsvc.documents.ofd.packing import new_package
from sealsvc.documents.ofd.sealer import SeveralDocuments
from sealsvc.documents.ofd.signlist import LockedBySignature
from sealsvc.documents.ofd.signvalue import ESealMissing, ESealRefused
from sealsvc.documents.ofd.straddle import StraddleNeedsPages
from sealsvc.documents.pdf.errors import (
    CertificateAlreadyInDocument,
    DocumentUnreadable,
    ExistingSignatureBroken,
    PageNotFound,
    PlacementOutOfPage,
)
from sealsvc.documents.values import (
    ChangeClass,
    DigestOutcome,
    PreparedSealing,
    SignatureOutcome,
    StampBox,
    Straddle,
)
from sealsvc.errors import ServiceError
from sealsvc.formats import parse_signature
from sealsvc.formats.values import SealVersion
from sealsvc.values import Placement
from tests.unit.documents.ofd_writer import material
from tests.unit.documents.ofd_writer.material import AT, party, seal, spec

SAMPLES = Path(__file__).parents[5] / "shared" / "samples-real" / "ofd"
NS = "{http://www.ofdspec.org/2016}"
LIST = "Doc_0/Signs/Signatures.xml"
FIRST = "Doc_0/Signs/Sign_0/"
SECOND = "Doc_0/Signs/Sign_1/"


def parts_of(data: bytes) -> dict[str, bytes]:
    archive = open_archive(data)
    return {one.name: archive.read(one) for one in archive.entries if not one.is_directory}


def root(data: bytes, name: str) -> etree._Element:
    return etree.fromstring(parts_of(data)[name])


def rewritten(data: bytes, **changes: Callable[[bytes], bytes]) -> bytes:
    """The package with some parts changed; a key's `__` stand for slashes, its end for `.xml`."""
    parts = parts_of(data)
    for key, change in changes.items():
        name = key.replace("__", "/") + ".xml"
        parts[name] = change(parts[name])
    return new_package(parts, AT)


def test_references_cover_all_but_the_list_and_the_own_value() -> None:
    data = material.sealed_by_two()
    parts = parts_of(data)
    for folder, unlisted in ((FIRST, SECOND), (SECOND, "none")):
        described = root(data, folder + "Signature.xml")
        references = described.find(f".//{NS}References")
        assert references is not None
        assert references.get("CheckMethod") == "1.2.156.10197.1.401"
        named = {one.get("FileRef", ""): one.findtext(f"{NS}CheckValue") for one in references}
        own = {LIST, folder + "Signature.xml", folder + "SignedValue.dat"}
        wanted = {one for one in parts if one not in own and not one.startswith(unlisted)}
        assert set(named) == {f"/{one}" for one in wanted}
        for name in wanted:
            assert b64decode(named[f"/{name}"] or "") == sm3(parts[name])


def test_description_is_in_the_order_of_the_schema() -> None:
    info = root(material.sealed_by_two(), FIRST + "Signature.xml")[0]
    names = [one.tag.removeprefix(NS) for one in info]
    assert names == [
        "Provider",
        "SignatureMethod",
        "SignatureDateTime",
        "References",
        *["StampAnnot"] * 7,
        "Seal",
    ]
    assert info.findtext(f"{NS}SignatureMethod") == "1.2.156.10197.1.501"
    assert info.findtext(f"{NS}SignatureDateTime") == "20261121093000Z"
    assert info.findtext(f"{NS}Seal/{NS}BaseLoc") == f"/{FIRST}Seal.esl"


@pytest.mark.parametrize("version", [SealVersion.V4, SealVersion.V5])
def test_value_is_bound_to_its_description(version: SealVersion) -> None:
    one = party(f"bound-{version}", version)
    prepared = sealer.prepare(material.invoice(), spec(one))
    parts = parts_of(sealer.finish(prepared, one.signer.sign(prepared.tbs)))
    value = parse_signature(parts[FIRST + "SignedValue.dat"])
    assert value.version is version
    assert value.data_hash == sm3(parts[FIRST + "Signature.xml"]) == prepared.document_digest
    assert value.property_info == f"/{FIRST}Signature.xml"
    assert value.signed_at == AT
    assert value.seal.der == one.eseal_der == parts[FIRST + "Seal.esl"]
    assert value.message == prepared.tbs
    assert value.certificate_der == one.certificate_der


def test_numbers_go_on_in_one_series() -> None:
    data = material.sealed_by_two()
    listed = root(data, LIST)
    assert [one.get("ID") for one in listed.findall(f"{NS}Signature")] == ["s001", "s009"]
    assert listed.findtext(f"{NS}MaxSignId") == "s010"
    ids = [
        one.get("ID")
        for folder in (FIRST, SECOND)
        for one in root(data, folder + "Signature.xml").iter(f"{NS}StampAnnot")
    ]
    assert ids == [*(f"s{number:03d}" for number in range(2, 9)), "s010"]


def with_highest(written: str) -> bytes:
    """IDs in use are s001 to s008; the list says something else."""
    first = seal(material.contract(), party(), straddle=Straddle())
    return rewritten(
        first, Doc_0__Signs__Signatures=lambda old: old.replace(b"s008", written.encode())
    )


@pytest.mark.parametrize("written", ["2", "001", "s006", "", "none", "s008"])
def test_forms_of_the_highest_id(written: str) -> None:
    listed = root(seal(with_highest(written), party("buyer")), LIST)
    assert listed.findall(f"{NS}Signature")[-1].get("ID") == "s009"
    assert listed.findtext(f"{NS}MaxSignId") == "s010"


@pytest.mark.parametrize("written", ["s012", "31", "s" + "9" * 40])
def test_a_highest_id_above_every_id_in_use_is_refused(written: str) -> None:
    """Somebody took a signature out of the list."""
    with pytest.raises(ExistingSignatureBroken):
        seal(with_highest(written), party("buyer"))


@pytest.mark.parametrize("count", [0, 2])
def test_a_list_with_no_or_two_highest_ids(count: int) -> None:
    element = b"<ofd:MaxSignId>s002</ofd:MaxSignId>"
    data = rewritten(
        material.sealed_invoice(),
        Doc_0__Signs__Signatures=lambda old: old.replace(element, element * count),
    )
    listed = root(seal(data, party("buyer")), LIST)
    assert {one.text for one in listed.findall(f"{NS}MaxSignId")} == {"s004"}
    assert listed[0].tag == f"{NS}MaxSignId"


def test_first_signature_adds_one_element_and_no_other_byte() -> None:
    before = parts_of(material.invoice())
    after = parts_of(material.sealed_invoice())
    added = b"<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>"
    assert after["OFD.xml"].replace(added, b"") == before["OFD.xml"]
    assert after["OFD.xml"].index(added) > after["OFD.xml"].index(b"</ofd:DocRoot>")
    assert {name: after[name] for name in before if name != "OFD.xml"} == {
        name: content for name, content in before.items() if name != "OFD.xml"
    }


def test_later_signatures_change_the_list_alone() -> None:
    first = seal(material.contract(), party())
    before, after = parts_of(first), parts_of(seal(first, party("buyer")))
    assert [name for name in before if before[name] != after[name]] == [LIST]


def test_several_parties_in_turn() -> None:
    data = material.contract()
    labels = [f"party-{number}" for number in range(4)]
    for label in labels:
        data = seal(data, party(label), straddle=Straddle())
    reading = OFD.read(data)
    assert len(reading.signatures) == 4
    assert reading.problems == ()
    for number, one in enumerate(reading.signatures):
        assert (one.digest, one.signature) == (DigestOutcome.MATCHES, SignatureOutcome.VERIFIES)
        last = number == len(labels) - 1
        assert one.worst_change is (ChangeClass.NONE if last else ChangeClass.FURTHER_SEAL)
        assert one.problems == ()


def test_stamps_are_where_they_were_asked_for() -> None:
    place = Placement(page=-2, x_mm=12.3456, y_mm=7.0004, width_mm=41.5)
    data = seal(material.contract(), party(), placement=place, imprint_height_ratio=0.5)
    assert OFD.read(data).signatures[0].stamps == (StampBox(5, 12.346, 7.0, 41.5, 20.75),)


def test_a_straddle_alone_takes_the_size_of_the_seal() -> None:
    one = party("sized", width_mm=38, height_mm=20)
    data = seal(material.contract(), one, placement=None, straddle=Straddle())
    stamps = OFD.read(data).signatures[0].stamps
    assert {(box.width_mm, box.height_mm) for box in stamps} == {(38.0, 20.0)}
    assert [box.page for box in stamps] == [1, 2, 3, 4, 5, 6]


def test_an_invisible_seal_has_no_stamp() -> None:
    reading = OFD.read(seal(material.invoice(), party(), placement=None)).signatures[0]
    assert reading.stamps == ()
    assert reading.eseal is not None


def test_without_a_seal_it_is_a_plain_signature() -> None:
    data = seal(material.invoice(), party(), placement=None, eseal_der=None)
    assert root(data, LIST)[1].get("Type") == "Sign"
    assert FIRST + "Seal.esl" not in parts_of(data)
    reading = OFD.read(data).signatures[0]
    assert reading.sub_filter.startswith("OFD.Sign")
    assert reading.eseal is None
    assert (reading.digest, reading.signature) == (DigestOutcome.MATCHES, SignatureOutcome.VERIFIES)


def test_the_same_input_gives_the_same_bytes() -> None:
    one = party()
    assert sealer.prepare(material.invoice(), spec(one)) == sealer.prepare(
        material.invoice(), spec(one)
    )


def test_state_is_small_and_plain() -> None:
    prepared = sealer.prepare(material.invoice(), spec(party()))
    assert json.loads(prepared.state)["file"] == FIRST + "SignedValue.dat"
    assert len(prepared.state) < 5000


def test_finish_refuses_what_does_not_hold() -> None:
    one, other = party(), party("buyer")
    prepared = sealer.prepare(material.invoice(), spec(one))
    for signature in (b"", b"\x30\x00", b"\0" * 64, other.signer.sign(prepared.tbs)):
        with pytest.raises(ESealRefused):
            sealer.finish(prepared, signature)
    changed = replace(prepared, tbs=prepared.tbs[:-1] + b"x")
    assert isinstance(changed, PreparedSealing)
    with pytest.raises(ESealRefused):
        sealer.finish(changed, one.signer.sign(prepared.tbs))


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"placement": Placement(2, 10, 10, 40)}, PageNotFound),
        ({"placement": Placement(-2, 10, 10, 40)}, PageNotFound),
        ({"placement": Placement(1, 171, 10, 40)}, PlacementOutOfPage),
        ({"placement": Placement(1, 10, 101, 40)}, PlacementOutOfPage),
        ({"placement": Placement(1, 10, 10, 40), "imprint_height_ratio": 0.0}, PlacementOutOfPage),
        ({"straddle": Straddle()}, StraddleNeedsPages),
        ({"straddle": Straddle(pages=(1, 2))}, PageNotFound),
        ({"eseal_der": None}, ESealMissing),
        ({"eseal_der": None, "placement": None, "straddle": Straddle()}, ESealMissing),
        ({"eseal_der": b"seal"}, ESealRefused),
        ({"signed_at": AT - timedelta(days=2)}, ESealRefused),
        ({"signed_at": AT + timedelta(days=400)}, ESealRefused),
    ],
)
def test_refusals(changed: dict[str, object], refusal: type[ServiceError]) -> None:
    with pytest.raises(refusal):
        sealer.prepare(material.invoice(), spec(party(), **changed))


def test_a_seal_of_another_signer_is_refused() -> None:
    wrong = spec(party(), eseal_der=party("buyer").eseal_der)
    with pytest.raises(ESealRefused) as caught:
        sealer.prepare(material.invoice(), wrong)
    assert caught.value.fields["reason"] == "SIG_SIGNER_NOT_IN_SEAL"


def test_a_forged_seal_is_refused() -> None:
    seal_der = bytearray(party().eseal_der)
    at = seal_der.index("示例".encode())
    seal_der[at + 1] ^= 1
    with pytest.raises(ESealRefused):
        sealer.prepare(material.invoice(), spec(party(), eseal_der=bytes(seal_der)))


def test_one_certificate_seals_a_document_once() -> None:
    with pytest.raises(CertificateAlreadyInDocument):
        seal(material.sealed_invoice(), party())


def test_a_broken_signature_is_not_covered_up() -> None:
    broken = rewritten(
        material.sealed_invoice(), Doc_0__Pages__Page_0__Content=lambda old: old + b"\n"
    )
    with pytest.raises(ExistingSignatureBroken):
        seal(broken, party("buyer"))


@pytest.mark.parametrize("gone", ["Signature.xml", "SignedValue.dat", "Seal.esl"])
def test_a_signature_without_its_files_is_not_covered_up(gone: str) -> None:
    parts = parts_of(material.sealed_invoice())
    del parts[FIRST + gone]
    with pytest.raises(ExistingSignatureBroken):
        seal(new_package(parts, AT), party("buyer"))


def test_an_unlisted_signature_is_not_covered_up() -> None:
    parts = parts_of(material.sealed_invoice())
    del parts[LIST]
    with pytest.raises(ExistingSignatureBroken):
        seal(new_package(parts, AT), party("buyer"))


def locked() -> bytes:
    """Sealed in whole-package mode: the list is among the references."""
    parts = parts_of(material.sealed_invoice())
    entry = (
        f'<ofd:Reference FileRef="/{LIST}"><ofd:CheckValue>AAAA</ofd:CheckValue></ofd:Reference>'
    )
    parts[FIRST + "Signature.xml"] = parts[FIRST + "Signature.xml"].replace(
        b"</ofd:References>", entry.encode() + b"</ofd:References>"
    )
    return new_package(parts, AT)


def test_a_locked_document_is_refused() -> None:
    with pytest.raises(LockedBySignature) as caught:
        seal(locked(), party("buyer"))
    assert caught.value.code == "OFD_LOCKED_BY_SIGNATURE"


def test_a_named_list_without_a_file_is_created() -> None:
    named = b"<ofd:Signatures>Doc_0/My Signs/List.xml</ofd:Signatures></ofd:DocBody>"
    data = rewritten(material.invoice(), OFD=lambda old: old.replace(b"</ofd:DocBody>", named))
    sealed = seal(data, party())
    assert parts_of(sealed)["OFD.xml"] == parts_of(data)["OFD.xml"]
    assert "Doc_0/My Signs/List.xml" in parts_of(sealed)
    assert OFD.read(sealed).signatures[0].digest is DigestOutcome.MATCHES


def test_a_list_under_a_chinese_name_gets_ascii_paths() -> None:
    """propertyInfo is an IA5String and holds the path."""
    named = "<ofd:Signatures>文档/签名.xml</ofd:Signatures></ofd:DocBody>".encode()
    data = rewritten(material.invoice(), OFD=lambda old: old.replace(b"</ofd:DocBody>", named))
    reading = OFD.read(seal(data, party())).signatures[0]
    assert reading.field_name == "/Signs/Sign_0/Signature.xml"
    assert reading.digest is DigestOutcome.MATCHES


@pytest.mark.parametrize(
    "namespace", ["http://www.ofdspec.org", "http://www.ofdspec.org/2016"], ids=["old", "2016"]
)
@pytest.mark.parametrize("prefix", ["", "o"])
def test_the_files_own_prefix_and_namespace(prefix: str, namespace: str) -> None:
    def own(old: bytes) -> bytes:
        new = old.replace(b"http://www.ofdspec.org/2016", namespace.encode())
        if not prefix:
            return new.replace(b"xmlns:ofd", b"xmlns").replace(b"ofd:", b"")
        return new.replace(b"xmlns:ofd", b"xmlns:o").replace(b"ofd:", b"o:")

    sealed = seal(rewritten(material.invoice(), OFD=own), party())
    tag = prefix + ":Signatures" if prefix else "Signatures"
    assert f"<{tag}>{LIST}</{tag}>".encode() in parts_of(sealed)["OFD.xml"]
    again = seal(sealed, party("buyer"))
    assert [one.digest for one in OFD.read(again).signatures] == [DigestOutcome.MATCHES] * 2


def test_a_later_entry_takes_the_lists_own_namespace() -> None:
    old = b"http://www.ofdspec.org"
    first = rewritten(
        material.sealed_invoice(),
        Doc_0__Signs__Signatures=lambda list_: list_.replace(old + b"/2016", old),
    )
    listed = root(seal(first, party("buyer")), LIST)
    assert {one.tag for one in listed.iter()} == {
        f"{{{old.decode()}}}{name}" for name in ("Signatures", "MaxSignId", "Signature")
    }


def test_several_documents_are_refused() -> None:
    body = b"<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    data = rewritten(material.invoice(), OFD=lambda old: old.replace(b"</ofd:OFD>", body))
    with pytest.raises(SeveralDocuments):
        seal(data, party())


@pytest.mark.parametrize(
    "change",
    [
        lambda old: b"",
        lambda old: b"<!DOCTYPE a>" + old.split(b"\n", 1)[1],
        lambda old: old.replace(b"Doc_0/Document.xml", b"Doc_0/None.xml"),
        lambda old: old.replace(b"Doc_0/Document.xml", b"../../etc/passwd"),
        lambda old: old.replace(b"ofd:DocBody", b"ofd:Body"),
        lambda old: old.replace(b"</ofd:DocBody>", b"<ofd:Signatures/></ofd:DocBody>"),
        lambda old: old.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    ],
)
def test_an_unreadable_entry_point_is_refused(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(DocumentUnreadable):
        seal(rewritten(material.invoice(), OFD=change), party())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"%PDF-1.7", b"PK\x05\x06" + b"\0" * 18])
def test_no_package_is_refused(data: bytes) -> None:
    with pytest.raises(ServiceError):
        seal(data, party())


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_document_is_refused_or_sealed_soundly(data: st.DataObject) -> None:
    """No traceback on hostile bytes, and no seal that our own reader would not call whole."""
    parts = parts_of(data.draw(st.sampled_from([material.invoice(), material.sealed_invoice()])))
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(parts)))
        content = bytearray(parts[name])
        at = data.draw(st.integers(0, max(0, len(content) - 1)))
        content[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
        parts[name] = bytes(content)
    try:
        sealed = seal(new_package(parts, AT), party("buyer"))
    except ServiceError:
        return
    mine = OFD.read(sealed).signatures[-1]
    assert (mine.digest, mine.signature) == (DigestOutcome.MATCHES, SignatureOutcome.VERIFIES)


@given(st.binary(max_size=60), st.integers(0, 5000), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_a_damaged_package_is_refused_or_sealed(junk: bytes, at: int, cut: int) -> None:
    data = material.invoice()
    try:
        seal(data[:at] + junk + data[at + cut :], party())
    except ServiceError:
        return


@pytest.mark.shared
@pytest.mark.skipif(not SAMPLES.exists(), reason="the public samples are not beside the checkout")
def test_real_documents_keep_their_signatures() -> None:
    """Sealed or refused for a reason; what stood before stands afterwards, to the byte."""
    sealed = 0
    for file in sorted(SAMPLES.glob("*.ofd")):
        data = file.read_bytes()
        try:
            after = seal(data, party(), placement=Placement(1, 20, 20, 20))
        except (LockedBySignature, ExistingSignatureBroken):
            continue
        sealed += 1
        old, new = OFD.read(data), OFD.read(after)
        assert len(new.signatures) == len(old.signatures) + 1, file.name
        for one, again in zip(old.signatures, new.signatures, strict=False):
            assert (one.digest, one.signature) == (again.digest, again.signature), file.name
            assert again.worst_change is ChangeClass.FURTHER_SEAL, file.name
        mine = new.signatures[-1]
        assert (mine.digest, mine.signature) == (DigestOutcome.MATCHES, SignatureOutcome.VERIFIES)
        before, afterwards = parts_of(data), parts_of(after)
        changed = [name for name in before if before[name] != afterwards[name]]
        assert len(changed) <= 1, file.name
    assert sealed >= 8
