"""Adding one element to OFD.xml by its bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sealsvc.documents.ofd.splicing import with_signatures
from sealsvc.documents.pdf.errors import DocumentUnreadable

WHERE = "Doc_0/Signs/Signatures.xml"
PLAIN = '<OFD Version="1.0"><DocBody><DocInfo/><DocRoot>D.xml</DocRoot></DocBody></OFD>'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PLAIN, f"</DocRoot><Signatures>{WHERE}</Signatures></DocBody>"),
        (
            "<OFD><DocBody><DocRoot>D</DocRoot><Versions><Version/></Versions>\r\n</DocBody></OFD>",
            f"</Versions><Signatures>{WHERE}</Signatures>\r\n</DocBody>",
        ),
        (
            "<OFD><DocBody><Versions/><DocRoot>D</DocRoot></DocBody></OFD>",
            f"</DocRoot><Signatures>{WHERE}</Signatures></DocBody>",
        ),
        (
            '<x:OFD xmlns:x="http://www.ofdspec.org/2016"><x:DocBody a=">" b=\'">\'>\n'
            " <x:DocRoot  >D</x:DocRoot\n></x:DocBody></x:OFD>",
            f"</x:DocRoot\n><x:Signatures>{WHERE}</x:Signatures></x:DocBody>",
        ),
        (
            "<OFD><!-- <DocBody><DocRoot>no</DocRoot></DocBody> --><DocBody><?pi </DocRoot>?>"
            "<DocInfo><Title><![CDATA[<DocRoot>]]></Title></DocInfo><DocRoot>D</DocRoot>"
            "</DocBody></OFD>",
            f"</DocRoot><Signatures>{WHERE}</Signatures></DocBody></OFD>",
        ),
        (
            # A prefix declared on DocRoot alone is none that its neighbour could use.
            '<OFD xmlns="http://www.ofdspec.org/2016"><DocBody>'
            '<y:DocRoot xmlns:y="http://www.ofdspec.org/2016">D</y:DocRoot></DocBody></OFD>',
            f"</y:DocRoot><Signatures>{WHERE}</Signatures></DocBody></OFD>",
        ),
    ],
)
def test_the_place(before: str, after: str) -> None:
    found = with_signatures(before.encode(), WHERE).decode()
    assert after in found
    start = found.index("<x:Signatures>" if "<x:" in found else "<Signatures>")
    size = len(found) - len(before)
    assert found[:start] + found[start + size :] == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_encodings_that_keep_ascii(encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{declared}"?>' + PLAIN.replace(
        "<DocInfo/>",
        "<DocInfo><Title>合同䶮章</Title></DocInfo>"
        if "18030" in encoding
        else "<DocInfo>合同章</DocInfo>",
    )
    found = with_signatures(text.encode(encoding), WHERE)
    assert etree.fromstring(found).findtext("DocBody/Signatures") == WHERE


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<OFD/>",
        "<OFD><DocBody/></OFD>",
        "<OFD><DocBody><DocInfo><DocRoot>D</DocRoot></DocInfo></DocBody></OFD>",
        "<OFD><DocBody><DocRoot>D</DocRoot></OFD>",
        "<!DOCTYPE OFD>" + PLAIN,
        "<OFD><DocBody><DocRoot>D</DocRoot></DocBody><DocBody><DocRoot>E</DocRoot></DocBody></OFD>",
        PLAIN.replace("</DocBody>", "<Signatures>S</Signatures></DocBody>"),
        "<OFD><DocBody x='<a>'><DocRoot>D</DocRoot></DocBody></OFD>",
        "<OFD><DocBody><DocRoot>D",
        "<OFD><DocBody><DocRoot a='",
        "<OFD><!-- ",
        "< >",
    ],
)
def test_refusals(content: str) -> None:
    with pytest.raises(DocumentUnreadable):
        with_signatures(content.encode(), WHERE)


def test_utf16_is_refused() -> None:
    with pytest.raises(DocumentUnreadable):
        with_signatures(PLAIN.encode("utf-16"), WHERE)


@given(st.binary(max_size=200))
def test_any_bytes_end_in_one_error(content: bytes) -> None:
    with pytest.raises(DocumentUnreadable):
        with_signatures(content, WHERE)


def test_hostile_tags_cost_one_walk() -> None:
    """Would take minutes if each quote were searched for anew."""
    hostile = b"<OFD " + b'a="" ' * 200_000 + b"><DocBody><DocRoot>D</DocRoot></DocBody>"
    with pytest.raises(DocumentUnreadable):
        with_signatures(hostile, WHERE)
