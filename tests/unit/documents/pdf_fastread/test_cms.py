"""Strict DER: one shape of CMS passes, whatever else is another reader's."""

from functools import cache

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.documents.pdf.cms import read_cms
from sealsvc.documents.pdf.fast.cms_template import template_for
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fastread.cms import _time, read_seal_cms
from sealsvc.documents.pdf.fastread.der import content_of, elements, whole
from sealsvc.documents.pdf.fastread.dictionary import parse_date
from sealsvc.documents.values import SignatureOutcome
from tests.builders.pdf import chain_named, same_chain_leaf

DIGEST = bytes(range(32))


@cache
def sound() -> bytes:
    leaf = chain_named()
    template = template_for(leaf.leaf_der, (leaf.issuing_der,), leaf.leaf_signer.suite)
    signature = leaf.leaf_signer.sign(template.signed_attributes(DIGEST))
    return bytes.fromhex(template.encode(DIGEST, signature).decode())


def test_sound_value() -> None:
    found = read_seal_cms(sound() + bytes(10))
    assert (found.digest, found.binding_digest, found.message_digest) == (
        "sha256",
        "sha256",
        DIGEST,
    )
    assert found.signer_der == chain_named().leaf_der
    assert found.certificates_der == (chain_named().issuing_der,)


@pytest.mark.parametrize("tail", [b"\1", b"\0\1", b" "])
def test_data_behind(tail: bytes) -> None:
    with pytest.raises(NotUnderstood):
        read_seal_cms(sound() + tail)


@settings(max_examples=600, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_every_changed_byte_is_refused_or_makes_no_difference(at: int, mask: int) -> None:
    """Only what no key signs may change: here the certificates nobody needs."""
    der = sound()
    at %= len(der)
    changed = der[:at] + bytes((der[at] ^ mask,)) + der[at + 1 :]
    try:
        found = read_seal_cms(changed)
    except NotUnderstood:
        return
    honest = read_seal_cms(der)
    assert found._replace(certificates_der=()) == honest._replace(certificates_der=())
    general = read_cms(changed, b"", timestamp=False, cades=True)
    assert general.signature is SignatureOutcome.VERIFIES
    assert general.problems == []
    assert general.certificates_der == found.certificates_der


def _changed(change: object) -> bytes:
    info = asn1_cms.ContentInfo.load(sound())
    change(info["content"])  # type: ignore[operator]
    return bytes(info.dump(force=True))


def _unsigned(data: asn1_cms.SignedData) -> None:
    data["signer_infos"][0]["unsigned_attrs"] = asn1_cms.CMSAttributes(
        [asn1_cms.CMSAttribute({"type": "1.2.3.4", "values": [core.Null()]})]
    )


def _two_signers(data: asn1_cms.SignedData) -> None:
    info = data["signer_infos"][0]
    data["signer_infos"] = asn1_cms.SignerInfos([info, info])


def _content(data: asn1_cms.SignedData) -> None:
    data["encap_content_info"] = {"content_type": "data", "content": b"x"}


def _version(data: asn1_cms.SignedData) -> None:
    data["version"] = "v3"


def _no_certificates(data: asn1_cms.SignedData) -> None:
    data["certificates"] = asn1_cms.CertificateSet([])


def _key_id(data: asn1_cms.SignedData) -> None:
    data["signer_infos"][0]["sid"] = asn1_cms.SignerIdentifier(
        {"subject_key_identifier": core.OctetString(b"12345678901234567890")}
    )


def _no_attributes(data: asn1_cms.SignedData) -> None:
    data["signer_infos"][0]["signed_attrs"] = None


def _other_digest(data: asn1_cms.SignedData) -> None:
    data["digest_algorithms"] = asn1_cms.DigestAlgorithms([{"algorithm": "sha512"}])


@pytest.mark.parametrize(
    "change",
    [
        _unsigned,
        _two_signers,
        _content,
        _version,
        _no_certificates,
        _key_id,
        _no_attributes,
        _other_digest,
    ],
)
def test_other_shapes(change: object) -> None:
    with pytest.raises(NotUnderstood):
        read_seal_cms(_changed(change))


def test_certificate_of_another_with_the_same_issuer() -> None:
    other = same_chain_leaf("other").leaf_der

    def swap(data: asn1_cms.SignedData) -> None:
        data["certificates"] = asn1_cms.CertificateSet([asn1_cms.Certificate.load(other)])

    with pytest.raises(NotUnderstood):
        read_seal_cms(_changed(swap))


@pytest.mark.parametrize(
    "der", ["", "30", "3080", "308100", "30817f", "3082007f", "3005", "1f8100", "308500000000"]
)
def test_lengths_that_are_no_der(der: str) -> None:
    data = bytes.fromhex(der)
    with pytest.raises(NotUnderstood):
        content_of(data, 0, data[0] if data else 0x30)


def test_elements_fill_their_holder() -> None:
    assert elements(b"\x04\x01a\x04\x00", 0, 5, 4) == [b"\x04\x01a", b"\x04\x00"]
    for data, end in ((b"\x04\x01a\x05\x00", 5), (b"\x04\x02ab", 3)):
        with pytest.raises(NotUnderstood):
            elements(data, 0, end, 4)
    with pytest.raises(NotUnderstood):
        whole(b"\x04\x00\x00", 4)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    for prefix in (b"", sound()[: len(data)], sound()[:-1]):
        with pytest.raises(NotUnderstood):
            read_seal_cms(prefix + data + b"\1")


@pytest.mark.parametrize(
    "text",
    [b"", b"D:2026", b"D:20261121093000", b"D:20261321093000Z", b"20261121093000Z",
     b"D:20261121093000+0800", b"D:20261121093000Z00'00'", b"D:20261121093060Z",
     b"D:20261121093000+99'00'", b"D:20261121093000Z "],
)  # fmt: skip
def test_odd_dates(text: bytes) -> None:
    with pytest.raises(NotUnderstood):
        parse_date(text)


def test_dates() -> None:
    assert parse_date(b"D:20261121093000+08'00'") == parse_date(b"D:20261121013000Z")
    assert _time(b"\x17\x0d261121093000Z") == _time(b"\x18\x0f20261121093000Z")
    assert _time(b"\x17\x0d501121093000Z").year == 1950
    for bad in (b"\x17\x0b2611210930Z", b"\x18\x0f20261121093000+", b"\x17\x0d261321093000Z", b""):
        with pytest.raises(NotUnderstood):
            _time(bad)
