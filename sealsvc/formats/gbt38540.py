"""V4 of GB/T 38540-2020 and V5 of GM/T 0031-2025, which share one structure.

V5 differs by its header and a time-stamp on the seal, as far as is known; its text was not read.
Source: seal-formats.md sections 5 and 6.
"""

from dataclasses import dataclass

from sealsvc.formats import der, structure
from sealsvc.formats.der import Tlv
from sealsvc.formats.parsed import ParsedSeal, ParsedSignature, SealExtension
from sealsvc.formats.problems import Problems
from sealsvc.formats.shape import SealShape, SignatureItems, VersionsDisagree
from sealsvc.formats.values import SealVersion


@dataclass(frozen=True)
class Gbt38540:
    """The format of GB/T 38540-2020 or, with another header version, of GM/T 0031-2025."""

    name: str
    version: SealVersion
    header_version: int
    seal_timestamp: bool

    def sniff(self, shape: SealShape) -> bool:
        """Four elements, or five with a time-stamp where the version has one."""
        if shape.header_version != self.header_version:
            return False
        return shape.elements == 4 or (
            self.seal_timestamp and shape.elements == 5 and shape.has_timestamp
        )

    def read_seal(self, outer: Tlv, notes: Problems) -> ParsedSeal:
        """The seal. Raises: DerInvalid."""
        items = der.parts(outer, "seal", 4, 5)
        info, certificate, algorithm, value = items[:4]
        read = structure.seal_info(info, notes, modern=True)
        return ParsedSeal(
            version=self.version,
            der=outer.encoded,
            header=read.header,
            seal_id=read.seal_id,
            property=read.property,
            image=read.image,
            extensions=read.extensions,
            maker_certificate_der=der.octets(certificate, "cert"),
            algorithm_oid=structure.object_id(algorithm, notes),
            signature_value=der.bits(value, "signedValue"),
            timestamp_token_der=structure.timestamp(items[4], notes) if len(items) == 5 else None,
            message=info.encoded,
            warnings=notes.found(),
        )

    def read_signature(self, items: SignatureItems, notes: Problems) -> ParsedSignature:
        """The seal signature. Raises: DerInvalid, VersionsDisagree."""
        if len(items.outer.children()) == 2:
            raise VersionsDisagree("signature")
        outer = der.parts(items.outer, "signature", 4, 5)
        tbs, certificate, algorithm, value = outer[:4]
        inner = der.parts(tbs, "toSign", 5, 6)
        version = der.integer(inner[0], "toSign.version")
        if version != self.header_version:
            raise VersionsDisagree("toSign.version")
        return ParsedSignature(
            version=self.version,
            der=items.outer.encoded,
            tbs_version=version,
            seal=items.seal,
            time=structure.time(inner[2], der.GENERALIZED_TIME, notes),
            time_info_token_der=None,
            data_hash=der.bits(inner[3], "dataHash"),
            property_info=structure.string(inner[4], der.IA5, notes, "propertyInfo"),
            extensions=_extensions(inner, notes),
            certificate_der=der.octets(certificate, "cert"),
            algorithm_oid=structure.object_id(algorithm, notes),
            signature_value=der.bits(value, "signature"),
            timestamp_token_der=_timestamp(outer, notes),
            message=tbs.encoded,
            warnings=notes.found(),
        )


def _extensions(inner: tuple[Tlv, ...], notes: Problems) -> tuple[SealExtension, ...]:
    return structure.extensions(inner[5], notes, tagged=True) if len(inner) == 6 else ()


def _timestamp(outer: tuple[Tlv, ...], notes: Problems) -> bytes | None:
    return structure.timestamp(outer[4], notes) if len(outer) == 5 else None
