"""Attacks on Signatures.xml and Signature.xml: order, identity, type, forms of XML."""

from tests.attacks.ofd.craft import (
    DESCRIPTION,
    NS,
    PAGE,
    SIGN,
    SIGNATURES,
    VALUE,
    Parts,
    before_end,
    packed,
    parts_of,
    swap,
)
from tests.attacks.ofd.kinds.kind import (
    ALL,
    BOTH,
    EXTRA,
    HASH,
    MALFORMED,
    UNLISTED,
    XML,
    Kind,
    edit,
    said,
)
from tests.attacks.ofd.nation import TWO, Nation
from tests.builders import ofd

SECOND = "Doc_0/Signs/Sign_1"
ENTRY = b'<ofd:Signature ID="s001" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_0/Signature.xml"/>'
GONE = said("OFD_SIGNATURE_LIST_MISSING")


def list_removed(parts: Parts) -> None:
    del parts[SIGNATURES]


def list_emptied(parts: Parts) -> None:
    parts[SIGNATURES] = ofd.xml("Signatures", "<ofd:MaxSignId>s000</ofd:MaxSignId>")


def first_unlisted(parts: Parts) -> None:
    swap(parts, SIGNATURES, ENTRY, b"")


def first_taken_out(parts: Parts) -> None:
    """The second party's seal alone."""
    first_unlisted(parts)
    for name in [one for one in parts if one.startswith(SIGN)]:
        del parts[name]


def second_unlisted(parts: Parts) -> None:
    text = parts[SIGNATURES]
    start = text.index(b"<ofd:Signature ", text.index(ENTRY) + len(ENTRY))
    parts[SIGNATURES] = text[:start] + b"</ofd:Signatures>"


def as_sign(parts: Parts) -> None:
    swap(parts, SIGNATURES, b'Type="Seal"', b'Type="Sign"')


def pointing_to_the_other(parts: Parts) -> None:
    swap(parts, SIGNATURES, b"Sign_1/Signature.xml", b"Sign_0/Signature.xml")


def pointing_nowhere(parts: Parts) -> None:
    swap(parts, SIGNATURES, b"Sign_0/Signature.xml", b"Sign_7/Signature.xml")


def pointing_out(parts: Parts) -> None:
    swap(parts, SIGNATURES, b"/Doc_0/Signs/Sign_0/", b"/../Doc_0/Signs/Sign_0/")


def copied(parts: Parts) -> None:
    """The same signature twice: as if the party had sealed again, elsewhere."""
    for name in [one for one in parts if one.startswith(SIGN)]:
        parts[name.replace("Sign_0", "Sign_7")] = parts[name]
    before_end(parts, SIGNATURES, ENTRY.replace(b"s001", b"s071").replace(b"Sign_0", b"Sign_7"))


def moved(parts: Parts) -> None:
    """The description in another directory, the list follows."""
    parts[DESCRIPTION.replace("Sign_0", "Sign_1")] = parts.pop(DESCRIPTION)
    swap(parts, SIGNATURES, b"Sign_0", b"Sign_1")


def values_exchanged(parts: Parts) -> None:
    first, second = f"{SIGN}/SignedValue.dat", f"{SECOND}/SignedValue.dat"
    parts[first], parts[second] = parts[second], parts[first]


def seals_exchanged(parts: Parts) -> None:
    first, second = f"{SIGN}/Seal.esl", f"{SECOND}/Seal.esl"
    parts[first], parts[second] = parts[second], parts[first]


def relative_to_itself(parts: Parts) -> None:
    swap(parts, SIGNATURES, b'Type="Seal"', b'Type="Seal" Relative="s001"')


def relative_circle(parts: Parts) -> None:
    ids = [one.split(b'"')[0] for one in parts[SIGNATURES].split(b'ID="')[1:]]
    swap(parts, SIGNATURES, b'ID="' + ids[0] + b'"', b'ID="%b" Relative="%b"' % (ids[0], ids[1]))
    swap(parts, SIGNATURES, b'ID="' + ids[1] + b'"', b'ID="%b" Relative="%b"' % (ids[1], ids[0]))


def relative_to_nothing(parts: Parts) -> None:
    swap(parts, SIGNATURES, b'Type="Seal"', b'Type="Seal" Relative="s999"')


def list_with_dtd(parts: Parts) -> None:
    swap(parts, SIGNATURES, b"<ofd:Signatures ", b"<!DOCTYPE x [<!ENTITY a 'b'>]><ofd:Signatures ")


def list_with_dtd_in_utf16(parts: Parts) -> None:
    list_with_dtd(parts)
    text = parts[SIGNATURES].decode().split("?>", 1)[1]
    parts[SIGNATURES] = ('<?xml version="1.0" encoding="UTF-16"?>' + text).encode("utf-16")


def list_not_xml(parts: Parts) -> None:
    parts[SIGNATURES] = parts[SIGNATURES][:-3]


def list_in_foreign_namespace(parts: Parts) -> None:
    """Readers that go by local names still see the seals."""
    swap(parts, SIGNATURES, NS.encode(), b"http://example.com/other")


def entry_in_foreign_namespace(parts: Parts) -> None:
    swap(parts, SIGNATURES, b"<ofd:Signature ", b'<x:Signature xmlns:x="urn:x" ')


def entry_wrapped(parts: Parts) -> None:
    swap(parts, SIGNATURES, ENTRY, b"<ofd:Group>" + ENTRY + b"</ofd:Group>")


def shadow_entry(parts: Parts) -> None:
    """A second seal that only readers by local name would draw."""
    shadow = b'<x:Signature xmlns:x="urn:x" ID="s70" Type="Seal" BaseLoc="/Doc_0/shadow.xml"/>'
    before_end(parts, SIGNATURES, shadow)
    text = parts[DESCRIPTION].replace(NS.encode(), b"urn:x")
    parts["Doc_0/shadow.xml"] = text


def max_id_higher(parts: Parts) -> None:
    text = parts[SIGNATURES]
    start, end = text.index(b"<ofd:MaxSignId>"), text.index(b"</ofd:MaxSignId>")
    parts[SIGNATURES] = text[:start] + b"<ofd:MaxSignId>s090" + text[end:]


def reference_dropped(parts: Parts) -> None:
    text = parts[DESCRIPTION]
    start = text.index(b'<ofd:Reference FileRef="/Doc_0/Pages/Page_0')
    end = text.index(b"</ofd:Reference>", start) + len(b"</ofd:Reference>")
    parts[DESCRIPTION] = text[:start] + text[end:]
    parts[PAGE] += b" "


def reference_redigested(parts: Parts) -> None:
    """The page and its digest changed together."""
    from base64 import b64encode

    from ca import sm2

    old = b64encode(sm2.sm3(parts[PAGE]))
    parts[PAGE] += b" "
    swap(parts, DESCRIPTION, old, b64encode(sm2.sm3(parts[PAGE])))


def described(old: bytes, new: bytes):  # type: ignore[no-untyped-def]
    def change(parts: Parts) -> None:
        swap(parts, DESCRIPTION, old, new)

    return edit(change)


def described_in(encoding: str):  # type: ignore[no-untyped-def]
    def change(parts: Parts) -> None:
        text = parts[DESCRIPTION].decode().replace("UTF-8", encoding)
        parts[DESCRIPTION] = text.encode(encoding)

    return edit(change)


def value_removed(parts: Parts) -> None:
    del parts[VALUE]


def value_emptied(parts: Parts) -> None:
    parts[VALUE] = b""


def description_removed(parts: Parts) -> None:
    del parts[DESCRIPTION]


def further_unsigned(nation: Nation, data: bytes) -> bytes:
    """Another party's seal listed with a description and no value: an unchecked picture."""
    parts = parts_of(data)
    text = parts[DESCRIPTION].replace(b"Sign_0", b"Sign_1")
    parts["Doc_0/Signs/Sign_1/Signature.xml"] = text
    parts["Doc_0/Signs/Sign_1/Seal.esl"] = nation.thief.eseal_der
    before_end(parts, SIGNATURES, ENTRY.replace(b"s001", b"s009").replace(b"Sign_0", b"Sign_1"))
    return packed(parts)


TWOS = (TWO,)
REFERENCES = b"</ofd:References>"
KINDS = (
    Kind("list-removed", edit(list_removed), GONE, BOTH),
    Kind("list-emptied", edit(list_emptied), UNLISTED, BOTH),
    Kind("first-unlisted", edit(first_unlisted), UNLISTED, BOTH),
    Kind("first-taken-out", edit(first_taken_out), said("OFD_REFERENCE_MISSING"), TWOS),
    Kind("second-unlisted", edit(second_unlisted), UNLISTED, TWOS),
    Kind("type-sign", edit(as_sign), MALFORMED),
    Kind("pointing-to-the-other", edit(pointing_to_the_other), XML | UNLISTED, TWOS),
    Kind("pointing-nowhere", edit(pointing_nowhere), said("OFD_SIGNATURE_FILE_MISSING"), BOTH),
    Kind("pointing-out", edit(pointing_out), said("OFD_SIGNATURE_FILE_MISSING")),
    Kind("signature-copied", edit(copied), said("OFD_PROPERTY_INFO_MISMATCH"), BOTH),
    Kind("signature-moved", edit(moved), said("OFD_PROPERTY_INFO_MISMATCH")),
    Kind("values-exchanged", edit(values_exchanged), HASH, TWOS),
    Kind("seals-exchanged", edit(seals_exchanged), said("OFD_SEAL_FILE_MISMATCH"), TWOS),
    Kind("relative-to-itself", edit(relative_to_itself), said("OFD_RELATIVE_INVALID")),
    Kind("relative-circle", edit(relative_circle), said("OFD_RELATIVE_INVALID"), TWOS),
    Kind("relative-to-nothing", edit(relative_to_nothing), UNLISTED),
    Kind("list-with-dtd", edit(list_with_dtd), XML),
    Kind("list-with-dtd-in-utf16", edit(list_with_dtd_in_utf16), XML),
    Kind("list-not-xml", edit(list_not_xml), XML),
    Kind("list-in-foreign-namespace", edit(list_in_foreign_namespace), XML, BOTH),
    Kind("entry-in-foreign-namespace", edit(entry_in_foreign_namespace), UNLISTED, BOTH),
    Kind("entry-wrapped", edit(entry_wrapped), UNLISTED, BOTH),
    Kind("shadow-entry", edit(shadow_entry), EXTRA | UNLISTED),
    Kind("max-id-higher", edit(max_id_higher), UNLISTED),
    Kind("reference-dropped", edit(reference_dropped), HASH, ALL),
    Kind("reference-redigested", edit(reference_redigested), HASH),
    Kind("check-method-md5", described(b"1.2.156.10197.1.401", b"MD5"), HASH),
    Kind("check-method-absent", described(b' CheckMethod="1.2.156.10197.1.401"', b""), HASH),
    Kind("reference-relative", described(b'FileRef="/Doc_0/Doc', b'FileRef="../../Doc'), HASH),
    Kind("reference-dotted", described(b'FileRef="/Doc_0/Doc', b'FileRef="/Doc_0/./Doc'), HASH),
    Kind("reference-slashes", described(b'FileRef="/Doc_0/Doc', b'FileRef="//Doc_0//Doc'), HASH),
    Kind("reference-backslash", described(b'FileRef="/Doc_0/Doc', b'FileRef="\\Doc_0\\Doc'), HASH),
    Kind("reference-case", described(b'FileRef="/Doc_0/Doc', b'FileRef="/doc_0/DOC'), HASH),
    Kind("reference-percent", described(b'FileRef="/Doc_0/Doc', b'FileRef="/Doc_0/%44oc'), HASH),
    Kind(
        "reference-full-width",
        described(b'FileRef="/Doc_0/D', b'FileRef="/Doc_0/' + "Ｄ".encode()),
        HASH,
    ),
    Kind(
        "reference-duplicate",
        described(
            REFERENCES,
            b'<ofd:Reference FileRef="/OFD.xml"><ofd:CheckValue>AA==</ofd:CheckValue>'
            b"</ofd:Reference>" + REFERENCES,
        ),
        HASH,
    ),
    Kind("second-references", described(REFERENCES, REFERENCES + b"<ofd:References/>"), XML),
    Kind(
        "second-signed-info",
        described(b"</ofd:SignedInfo>", b"</ofd:SignedInfo><ofd:SignedInfo/>"),
        XML,
    ),
    Kind("comment-inside", described(REFERENCES, b"<!-- x -->" + REFERENCES), HASH),
    Kind("instruction-inside", described(REFERENCES, b"<?x y?>" + REFERENCES), HASH),
    Kind("cdata-inside", described(b"</ofd:CheckValue>", b"<![CDATA[]]></ofd:CheckValue>"), HASH),
    Kind("charref-inside", described(b"1.2.156.10197.1.501<", b"1.2.156.10197.1.50&#49;<"), HASH),
    Kind("entity-inside", described(b"1.2.156.10197.1.501<", b"&a;<"), XML),
    Kind("description-dtd", described(b"<ofd:Sig", b"<!DOCTYPE x><ofd:Sig"), XML),
    Kind("description-utf16", described_in("UTF-16"), HASH),
    Kind("description-gbk", described_in("GBK"), HASH),
    Kind("description-blank-behind", described(b"</ofd:Signature>", b"</ofd:Signature>\n"), HASH),
    Kind("value-removed", edit(value_removed), said("OFD_SIGNED_VALUE_MISSING"), BOTH),
    Kind("value-emptied", edit(value_emptied), MALFORMED, BOTH),
    Kind("description-removed", edit(description_removed), said("OFD_SIGNATURE_FILE_MISSING")),
    Kind("further-unsigned", further_unsigned, said("OFD_SIGNED_VALUE_MISSING")),
)
