"""Hostile XML is refused before it costs anything."""

import tracemalloc

import pytest

from sealsvc.documents.invoices.detect import read_invoice
from sealsvc.documents.invoices.scalars import ProblemLog
from sealsvc.documents.invoices.xmlsafe import MAX_ROWS, MAX_XML, Cursor, XmlRefused, parse_xml

LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "lol">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + at, (b"&%c;" % (97 + at)) * 10) for at in range(12))
    + b"]><x>&m;</x>"
)
DTDS = {
    "laughs": LAUGHS,
    "external": b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
    "comment first": b"<!-- <x> --><?pi?>\n<!DOCTYPE x><x/>",
    "byte order mark": b"\xef\xbb\xbf<!DOCTYPE x><x/>",
    "utf-16": "<!DOCTYPE x><x/>".encode("utf-16"),
    "utf-16 declared": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x><x/>'.encode("utf-16"),
    "gbk": '<?xml version="1.0" encoding="GBK"?><!DOCTYPE 发票><发票/>'.encode("gbk"),
}
REFUSED_ENCODINGS = ("UTF-7", "EBCDIC-CP-US", "UTF-32", "x-unknown", "HZ-GB-2312", "")
MALFORMED = (
    b"<x>", b"<x></y>", b"<x/><y/>", b"<x>&undefined;</x>", b"<x>\xff</x>", b"<!-- ", b"<?xml",
    b"<x a='1' a='2'/>", b"<x>\x00</x>", b"<x>&#0;</x>", b"", b"no xml", b"<a>" * 5000,
    "<x/>".encode("utf-16")[:-1],
)  # fmt: skip


def _refusal(data: bytes) -> str:
    with pytest.raises(XmlRefused) as refused:
        parse_xml(data)
    return refused.value.code


@pytest.mark.parametrize("data", DTDS.values(), ids=DTDS)
def test_a_dtd_is_refused(data: bytes) -> None:
    assert _refusal(data) == "XML_REFUSED"
    assert [one.code for one in read_invoice(data).problems] == ["XML_REFUSED"]


def test_an_entity_bomb_costs_no_memory() -> None:
    tracemalloc.start()
    try:
        assert _refusal(LAUGHS) == "XML_REFUSED"
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", REFUSED_ENCODINGS)
def test_other_encodings_are_refused(name: str) -> None:
    assert _refusal(f'<?xml version="1.0" encoding="{name}"?><x/>'.encode()) == "XML_REFUSED"


@pytest.mark.parametrize("data", MALFORMED)
def test_what_is_not_well_formed(data: bytes) -> None:
    assert _refusal(data) == "XML_MALFORMED"


def test_size_is_bounded() -> None:
    assert _refusal(b"<x>" + b" " * MAX_XML + b"</x>") == "XML_REFUSED"


def test_a_doctype_in_text_is_only_text() -> None:
    root = parse_xml("<x><![CDATA[<!DOCTYPE y>]]>中<!-- c -->1</x>".encode())
    assert root.text == "<!DOCTYPE y>中1"


def test_chinese_encodings_are_read() -> None:
    declared = "<?xml version='1.0' encoding='GB2312'?><x>发票</x>"
    assert parse_xml(declared.encode("gb2312")).text == "发票"
    assert parse_xml("<x>发票</x>".encode("utf-16")).text == "发票"


def test_an_ambiguous_field_has_no_value() -> None:
    log = ProblemLog()
    root = parse_xml(b"<x><a>1</a><a>2</a><b>3</b><b>3</b><c><d/></c></x>")
    cursor = Cursor(root, log, frozenset({""}))
    assert (cursor.text("a"), cursor.text("b"), cursor.text("c")) == (None, "3", None)
    assert [one.code for one in log.taken()] == ["INVOICE_FIELD_REPEATED", "INVOICE_FIELD_NOT_TEXT"]


def test_another_namespace_is_not_the_field() -> None:
    root = parse_xml(b'<x xmlns:e="urn:evil"><e:a>2</e:a><a>1</a></x>')
    assert Cursor(root, ProblemLog(), frozenset({""})).text("a") == "1"


def test_too_many_rows_are_none() -> None:
    log = ProblemLog()
    root = parse_xml(b"<x>" + b"<r/>" * (MAX_ROWS + 1) + b"</x>")
    assert Cursor(root, log).rows("r") == []
    assert [one.code for one in log.taken()] == ["INVOICE_TOO_MANY_ROWS"]
