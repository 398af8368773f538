"""V1: seals and seal signatures of GM/T 0031-2014, with what its vendors made of them.

Source: seal-formats.md section 4.
"""

from dataclasses import dataclass

from sealsvc.formats import der, encode, structure
from sealsvc.formats.der import DerInvalid, Tlv
from sealsvc.formats.parsed import ParsedSeal, ParsedSignature
from sealsvc.formats.problems import Leniency, Problems
from sealsvc.formats.shape import SealShape, SignatureItems
from sealsvc.formats.times import ReadTime, der_time, text_time
from sealsvc.formats.tokens import token_time
from sealsvc.formats.values import SealVersion

HEADER_VERSIONS = frozenset({1, 2, 3, 11})


class Gmt0031:
    """The format of GM/T 0031-2014."""

    name = "gmt0031-2014"
    version = SealVersion.V1

    def sniff(self, shape: SealShape) -> bool:
        """Two elements and one of the header versions met in V1 files."""
        return shape.elements == 2 and shape.header_version in HEADER_VERSIONS

    def read_seal(self, outer: Tlv, notes: Problems) -> ParsedSeal:
        """The seal. Raises: DerInvalid."""
        info, sign_info = der.parts(outer, "seal", 2, 2)
        certificate, algorithm, value = _sign_info(sign_info, notes)
        read = structure.seal_info(info, notes, modern=False)
        if read.header.version != 1:
            notes.add(Leniency.VERSION_FORM, str(read.header.version))
        return ParsedSeal(
            version=self.version,
            der=outer.encoded,
            header=read.header,
            seal_id=read.seal_id,
            property=read.property,
            image=read.image,
            extensions=read.extensions,
            maker_certificate_der=der.octets(certificate, "signInfo.cert"),
            algorithm_oid=structure.object_id(algorithm, notes),
            signature_value=_loose_bits(value, notes, "signData"),
            timestamp_token_der=None,
            message=encode.sequence(info.encoded, certificate.encoded, algorithm.encoded),
            warnings=notes.found(),
        )

    def read_signature(self, items: SignatureItems, notes: Problems) -> ParsedSignature:
        """The seal signature. Raises: DerInvalid."""
        tbs, value = der.parts(items.outer, "signature", 2, 2)
        version, _, when, data_hash, scope, certificate, algorithm = der.parts(tbs, "toSign", 7, 7)
        found = _time_info(when, notes)
        read_version = der.integer(version, "toSign.version")
        if read_version != items.seal.header.version:
            notes.add(Leniency.VERSION_FORM, str(read_version))
        return ParsedSignature(
            version=self.version,
            der=items.outer.encoded,
            tbs_version=read_version,
            seal=items.seal,
            time=found.time,
            time_info_token_der=found.token_der,
            data_hash=_loose_bits(data_hash, notes, "dataHash"),
            property_info=structure.string(scope, der.IA5, notes, "propertyInfo"),
            extensions=(),
            certificate_der=der.octets(certificate, "cert"),
            algorithm_oid=structure.object_id(algorithm, notes),
            signature_value=_loose_bits(value, notes, "signature"),
            timestamp_token_der=None,
            message=tbs.encoded,
            warnings=notes.found(),
        )


def _sign_info(item: Tlv, notes: Problems) -> tuple[Tlv, Tlv, Tlv]:
    """Some non-standard seals wrap the SEQUENCE in a BIT STRING."""
    if item.tag == der.BIT_STRING:
        notes.add(Leniency.SIGN_INFO_WRAPPED)
        item = der.read_one(item.content[1:])
    certificate, algorithm, value = der.parts(item, "signInfo", 3, 3)
    return certificate, algorithm, value


def _loose_bits(item: Tlv, notes: Problems, name: str) -> bytes:
    """All octets after the first, whatever the vendor put there; or an OCTET STRING."""
    if item.tag == der.OCTET_STRING:
        notes.add(Leniency.OCTET_STRING_FORM, name)
        return item.content
    content = der.expect(item, der.BIT_STRING, name).content
    if not content:
        raise DerInvalid(name)
    if content[0] != 0:
        notes.add(Leniency.BIT_STRING_FORM, name)
    return content[1:]


@dataclass(frozen=True)
class _TimeInfo:
    time: ReadTime
    token_der: bytes | None = None


def _time_info(item: Tlv, notes: Problems) -> _TimeInfo:
    """A token, then a DER time, then text: the order section 4 names."""
    if item.tag in (der.UTC_TIME, der.GENERALIZED_TIME):
        return _TimeInfo(structure.time(item, 0, notes))
    content = _loose_bits(item, notes, "timeInfo")
    if content[:1] == b"\x30":
        notes.add(Leniency.TIMESTAMP_IN_TIME_INFO)
        at = token_time(content)
        return _TimeInfo(ReadTime("", at), content)
    found = _inner_time(content) or text_time(content)
    if found.zone_assumed:
        notes.add(Leniency.TIME_ZONE_ASSUMED)
    return _TimeInfo(found)


def _inner_time(content: bytes) -> ReadTime | None:
    if content[:1] not in (b"\x17", b"\x18"):
        return None
    try:
        inner = der.read_one(content)
    except DerInvalid:
        return None
    return der_time(inner.content, short_year=inner.tag == der.UTC_TIME)
