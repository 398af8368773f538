"""The elements all versions share: header, property, picture, extensions, strings, times.

Readers are lenient about what real vendors write; each leniency is a warning of its own.
Source: seal-formats.md sections 3 to 6.
"""

from dataclasses import dataclass

from sealsvc.formats import der
from sealsvc.formats.der import DerInvalid, Tlv
from sealsvc.formats.parsed import (
    CertificateDigest,
    SealExtension,
    SealHeader,
    SealImage,
    SealProperty,
)
from sealsvc.formats.problems import Leniency, Problems
from sealsvc.formats.times import ReadTime, der_time

MAX_TEXT_OCTETS = 65_536
MAX_EXTENSIONS = 256
CERTIFICATES, CERTIFICATE_DIGESTS = 1, 2
_ENCODINGS = {
    der.UTF8: "utf-8",
    der.IA5: "ascii",
    der.PRINTABLE: "ascii",
    der.VISIBLE: "ascii",
    der.T61: "utf-8",
    der.BMP: "utf-16-be",
}
_DER_FALSE, _DER_TRUE = b"\x00", b"\xff"


@dataclass(frozen=True)
class SealInfo:
    """SES_SealInfo taken apart."""

    header: SealHeader
    seal_id: str
    property: SealProperty
    image: SealImage
    extensions: tuple[SealExtension, ...]


def seal_info(item: Tlv, notes: Problems, *, modern: bool) -> SealInfo:
    """SES_SealInfo; modern: V4 and V5. Raises: DerInvalid."""
    items = der.parts(item, "eSealInfo", 4, 5)
    return SealInfo(
        header=header(items[0], notes),
        seal_id=string(items[1], der.IA5, notes, "esID"),
        property=_property(items[2], notes, modern=modern),
        image=_image(items[3], notes),
        extensions=extensions(items[4], notes, tagged=False) if len(items) == 5 else (),
    )


def header(item: Tlv, notes: Problems) -> SealHeader:
    """SES_Header. Raises: DerInvalid."""
    magic, version, vendor = der.parts(item, "header", 3, 3)
    return SealHeader(
        magic=string(magic, der.IA5, notes, "header.ID"),
        version=der.integer(version, "header.version"),
        vendor_id=string(vendor, der.IA5, notes, "header.Vid"),
    )


def string(item: Tlv, wanted: int, notes: Problems, name: str) -> str:
    """A string, preferably of type `wanted`; octets it does not allow show as escapes.

    Raises: DerInvalid for what is no string, or is too long.
    """
    encoding = _ENCODINGS.get(item.tag)
    content = item.content
    if encoding is None or len(content) > MAX_TEXT_OCTETS:
        raise DerInvalid(name)
    if item.tag != wanted:
        notes.add(Leniency.STRING_FORM, name)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        notes.add(Leniency.STRING_FORM, name)
        return content.decode("ascii", "backslashreplace")


def _property(item: Tlv, notes: Problems, *, modern: bool) -> SealProperty:
    count = 7 if modern else 6
    items = der.parts(item, "property", count, count)
    kind = der.integer(items[2], "certListType") if modern else CERTIFICATES
    entries = der.expect(items[3 if modern else 2], der.SEQUENCE, "certList").children()
    if kind not in (CERTIFICATES, CERTIFICATE_DIGESTS):
        raise DerInvalid("certListType")
    listed = kind == CERTIFICATES
    wanted = der.GENERALIZED_TIME if modern else der.UTC_TIME
    created, start, end = (time(one, wanted, notes) for one in items[-3:])
    return SealProperty(
        seal_type=der.integer(items[0], "property.type"),
        name=string(items[1], der.UTF8, notes, "property.name"),
        cert_list_type=kind,
        certificates_der=_certificates(entries, notes) if listed else (),
        certificate_digests=() if listed else tuple(_digest(one, notes) for one in entries),
        created=created,
        valid_from=start,
        valid_to=end,
    )


def _certificates(entries: tuple[Tlv, ...], notes: Problems) -> tuple[bytes, ...]:
    """One V1 vendor writes an IA5String "1" in place of a certificate."""
    found = [one.content for one in entries if one.tag == der.OCTET_STRING]
    if len(found) != len(entries):
        notes.add(Leniency.CERT_LIST_FOREIGN)
    return tuple(found)


def _digest(item: Tlv, notes: Problems) -> CertificateDigest:
    kind, value = der.parts(item, "certDigest", 2, 2)
    return CertificateDigest(
        kind=string(kind, der.PRINTABLE, notes, "certDigest.type"),
        value=der.octets(value, "certDigest.value"),
    )


def _image(item: Tlv, notes: Problems) -> SealImage:
    kind, data, width, height = der.parts(item, "picture", 4, 4)
    return SealImage(
        kind=string(kind, der.IA5, notes, "picture.type"),
        data=der.octets(data, "picture.data"),
        width=der.integer(width, "picture.width"),
        height=der.integer(height, "picture.height"),
    )


def time(item: Tlv, wanted: int, notes: Problems) -> ReadTime:
    """A UTCTime or GeneralizedTime. Raises: DerInvalid for another type."""
    if item.tag not in (der.UTC_TIME, der.GENERALIZED_TIME):
        raise DerInvalid("time")
    if item.tag != wanted:
        notes.add(Leniency.TIME_FORM)
    found = der_time(item.content, short_year=item.tag == der.UTC_TIME)
    if found.zone_assumed:
        notes.add(Leniency.TIME_ZONE_ASSUMED)
    return found


def extensions(item: Tlv, notes: Problems, *, tagged: bool) -> tuple[SealExtension, ...]:
    """ExtensionDatas: within [0] in a TBS_Sign (tagged), bare in an SES_SealInfo.

    Raises: DerInvalid.
    """
    if (item.tag == der.CONTEXT_0) != tagged:
        notes.add(Leniency.EXTENSIONS_FORM)
    if item.tag == der.CONTEXT_0:
        item = der.explicit(item, der.CONTEXT_0, "extDatas")
    entries = der.expect(item, der.SEQUENCE, "extDatas").children()
    if len(entries) > MAX_EXTENSIONS:
        raise DerInvalid("extDatas")
    return tuple(_extension(one, notes) for one in entries)


def _extension(item: Tlv, notes: Problems) -> SealExtension:
    items = der.parts(item, "extension", 2, 3)
    critical = len(items) == 3 and _boolean(items[1], notes)
    if critical:
        # No extension of seals is defined anywhere, so every critical one is unknown.
        notes.add(Leniency.CRITICAL_EXTENSION_UNKNOWN)
    return SealExtension(
        oid=object_id(items[0], notes),
        critical=critical,
        value=der.octets(items[-1], "extnValue"),
    )


def _boolean(item: Tlv, notes: Problems) -> bool:
    content = der.expect(item, der.BOOLEAN, "critical").content
    if content not in (_DER_FALSE, _DER_TRUE):
        notes.add(Leniency.BOOLEAN_FORM)
    return content != _DER_FALSE


def object_id(item: Tlv, notes: Problems) -> str:
    """Dotted, or `hex:` and the octets: one vendor stores letters. Raises: DerInvalid."""
    content = der.expect(item, der.OBJECT_ID, "object identifier").content
    dotted = der.dotted_oid(content)
    if dotted is None:
        notes.add(Leniency.OID_FORM)
        return f"hex:{content[: der.MAX_OID_OCTETS].hex()}"
    return dotted


def timestamp(item: Tlv, notes: Problems) -> bytes:
    """The token within `[0] EXPLICIT BIT STRING`. Raises: DerInvalid."""
    inner = der.explicit(item, der.CONTEXT_0, "timeStamp")
    if inner.tag == der.BIT_STRING:
        return der.bits(inner, "timeStamp")
    notes.add(Leniency.TIMESTAMP_FORM)
    if inner.tag == der.SEQUENCE:
        return inner.encoded
    return der.octets(inner, "timeStamp")
