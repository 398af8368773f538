"""Seal signatures of Chinese practice under a PDF's SubFilters get a verdict, not "unsigned"."""

import re

import pytest

from ca.sm2 import sm3
from sealsvc.documents.pdf.national import SEAL, SIGNED_DATA
from sealsvc.documents.pdf.reader import read
from sealsvc.documents.values import DigestOutcome, SignatureOutcome, SignatureReading
from sealsvc.formats.gbt35275 import (
    SignedDataSpec,
    finish_signed_data,
    prepare_signed_data,
)
from sealsvc.formats.values import SealVersion
from tests.builders.pdf import sealed
from tests.builders.seals import AT, certificate, key, make_seal, make_signature

ADOBE = "adbe.pkcs7.detached"


def frame(sub_filter: str) -> tuple[bytearray, int, int]:
    """A PDF with a signature of that SubFilter, and the first and last offset of its hex value."""
    data = bytearray(sealed(chain=None))
    name = b"/SubFilter /ETSI.CAdES.detached"
    at = data.index(name)
    data[at : at + len(name)] = f"/SubFilter /{sub_filter}".encode().ljust(len(name))
    found = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)", bytes(data))
    assert found is not None
    _, first, second, _ = (int(number) for number in found.groups())
    return data, first + 1, second - 1


def filled(sub_filter: str, value: bytes) -> bytes:
    data, first, last = frame(sub_filter)
    text = value.hex().encode()
    assert len(text) <= last - first
    data[first:last] = text.ljust(last - first, b"0")
    return bytes(data)


def covered(sub_filter: str) -> bytes:
    data, first, last = frame(sub_filter)
    return bytes(data[: first - 1] + data[last + 1 :])


def seal_value(sub_filter: str, **changed: object) -> bytes:
    small = make_seal(picture=b"\x89PNG\r\n\x1a\n" + bytes(40))
    members: dict[str, object] = {
        "seal_der": small,
        "data_hash": sm3(covered(sub_filter)),
        "property_info": "0 1 2 3",
    }
    return make_signature(**{**members, **changed})


def only(data: bytes) -> SignatureReading:
    (one,) = read(data).signatures
    return one


@pytest.mark.parametrize("sub_filter", [SEAL, ADOBE])
def test_a_seal_signature_is_read(sub_filter: str) -> None:
    one = only(filled(sub_filter, seal_value(sub_filter)))
    assert (one.digest, one.signature) == (DigestOutcome.MATCHES, SignatureOutcome.VERIFIES)
    assert one.eseal is not None
    assert one.eseal.version is SealVersion.V4
    assert one.eseal.signer_listed
    assert one.claimed_at == AT


def test_another_documents_seal_signature_differs() -> None:
    one = only(filled(SEAL, seal_value(SEAL, data_hash=sm3(b"another document"))))
    assert one.digest is DigestOutcome.DIFFERS


def test_a_changed_byte_differs() -> None:
    data = bytearray(filled(SEAL, seal_value(SEAL)))
    at = data.index(b"59", data.index(b"/MediaBox"))
    data[at] = ord("6")
    assert only(bytes(data)).digest is DigestOutcome.DIFFERS


@pytest.mark.parametrize("cut", [1, 2, 40, 400])
def test_a_truncated_value_is_never_whole(cut: int) -> None:
    one = only(filled(SEAL, seal_value(SEAL)[:-cut]))
    assert one.signature is not SignatureOutcome.VERIFIES
    assert one.problems


def test_signed_data_is_read_in_its_attribute_form() -> None:
    spec = SignedDataSpec(
        certificate_der=certificate("signer"),
        original_sm3=sm3(covered(SIGNED_DATA)),
        signed_at=AT,
    )
    prepared = prepare_signed_data(spec)
    value = finish_signed_data(prepared, key("signer").sign(prepared.tbs))
    one = only(filled(SIGNED_DATA, value))
    assert (one.digest, one.signature) == (DigestOutcome.MATCHES, SignatureOutcome.VERIFIES)
    assert one.eseal is None


@pytest.mark.parametrize("value", [b"", b"\x30\x00", b"\x30\x80", bytes(64), b"\x30\x82\xff\xff"])
@pytest.mark.parametrize("sub_filter", [SEAL, SIGNED_DATA])
def test_rubbish_is_a_problem_not_an_exception(sub_filter: str, value: bytes) -> None:
    one = only(filled(sub_filter, value))
    assert one.signature is SignatureOutcome.NOT_CHECKED
    assert one.problems
