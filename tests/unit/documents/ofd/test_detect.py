"""Which format some bytes are, told without interpreting them."""

import pytest

from sealsvc.documents import OFD, PDF, UnsupportedFormat, detect
from sealsvc.documents.ofd.errors import DocumentUnreadable
from tests.builders import ofd
from tests.builders.ofd import Stored


def test_packages() -> None:
    data = ofd.pack(ofd.unsigned())
    late = ofd.pack([Stored(b"Doc_0/a.bin", bytes(5000), method=0), Stored(b"OFD.xml", b"")])
    assert detect(data) is OFD
    assert detect(late) is OFD
    assert detect(b"leading" + data) is OFD
    assert detect(data[: len(data) // 2]) is OFD


def test_a_broken_package_is_still_an_ofd() -> None:
    data = ofd.pack(ofd.unsigned())
    with pytest.raises(DocumentUnreadable):
        detect(data[:-30]).read(data[:-30])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"PK\x03\x04" + bytes(200),
        b"PK\x05\x06" + bytes(18),
        ofd.pack({"word/document.xml": b"<x/>"}),
        bytes(2000) + ofd.pack(ofd.unsigned()),
        b"OFD.xml",
    ],
)
def test_other_bytes(data: bytes) -> None:
    with pytest.raises(UnsupportedFormat):
        detect(data)


def test_files_of_two_kinds() -> None:
    inside = ofd.pack([Stored(b"a.pdf", b"%PDF-1.7\n", method=0), Stored(b"OFD.xml", b"")])
    assert detect(inside) is OFD
    assert detect(b"%PDF-1.7\n" + ofd.pack(ofd.unsigned())) is PDF
    assert detect(ofd.pack([Stored(b"a.pdf", b"%PDF-1.7\n", method=0)])) is PDF
