"""Electronic seals and seal signatures, pure: GM/T 0031-2014, GB/T 38540-2020, GM/T 0031-2025."""

from typing import Protocol

from sealsvc.formats import der
from sealsvc.formats.der import DerInvalid, Tlv
from sealsvc.formats.errors import SealFormatInvalid, SealRefused
from sealsvc.formats.gbt38540 import Gbt38540
from sealsvc.formats.gmt0031 import Gmt0031
from sealsvc.formats.parsed import ParsedSeal, ParsedSignature
from sealsvc.formats.problems import Leniency, Problems
from sealsvc.formats.shape import (
    ObjectKind,
    SealShape,
    SignatureItems,
    VersionsDisagree,
    embedded_seal,
    kind_of,
    shape_of_seal,
)
from sealsvc.formats.values import SealVersion

__all__ = [
    "SEAL_FORMATS",
    "ObjectKind",
    "ParsedSeal",
    "ParsedSignature",
    "SealFormat",
    "SealFormatInvalid",
    "SealRefused",
    "detect",
    "parse_seal",
    "parse_signature",
    "unpadded",
]


class SealFormat(Protocol):
    """One version of the structures. name: as in "gbt38540-2020"."""

    @property
    def name(self) -> str:
        """The standard, lower case."""

    @property
    def version(self) -> SealVersion:
        """The short name of the version."""

    def sniff(self, shape: SealShape) -> bool:
        """Is a seal of this shape one of ours? Exactly one format may say so."""

    def read_seal(self, outer: Tlv, notes: Problems) -> ParsedSeal:
        """The seal taken apart. Raises: DerInvalid."""

    def read_signature(self, items: SignatureItems, notes: Problems) -> ParsedSignature:
        """The signature taken apart. Raises: DerInvalid, VersionsDisagree."""


SEAL_FORMATS: tuple[SealFormat, ...] = (
    Gbt38540("gbt38540-2020", SealVersion.V4, header_version=4, seal_timestamp=False),
    Gmt0031(),
    Gbt38540("gmt0031-2025", SealVersion.V5, header_version=5, seal_timestamp=True),
)


def detect(data: bytes) -> ObjectKind:
    """What the bytes are, by their first elements. Raises: SealFormatInvalid."""
    try:
        plain, _ = der.unarmored(data)
        return kind_of(der.read_one(plain))
    except DerInvalid as error:
        raise SealFormatInvalid("SIG_FORMAT_INVALID", str(error)) from error


def unpadded(contents: bytes) -> bytes:
    """The one element in a PDF signature's Contents, whose rest must be zeros.

    Raises: SealFormatInvalid. Source: ofd.md section 10.
    """
    try:
        return der.unpadded(contents)
    except DerInvalid as error:
        raise SealFormatInvalid("SIG_FORMAT_INVALID", str(error)) from error


def parse_seal(data: bytes) -> ParsedSeal:
    """An SESeal, DER or Base64 text. Raises: SealFormatInvalid (and nothing else)."""
    notes = Problems("SEAL")
    try:
        outer = _outer(data, notes)
        if kind_of(outer) is not ObjectKind.SEAL:
            raise DerInvalid("no seal")
    except DerInvalid as error:
        raise SealFormatInvalid("SEAL_FORMAT_INVALID", str(error)) from error
    return _seal(outer, notes)[1]


def parse_signature(data: bytes) -> ParsedSignature:
    """An SES_Signature, DER or Base64 text. Raises: SealFormatInvalid (and nothing else).

    What is wrong with the shape of the embedded seal carries a SEAL_* code.
    """
    notes = Problems("SIG")
    try:
        outer = _outer(data, notes)
        if kind_of(outer) is not ObjectKind.SIGNATURE:
            raise DerInvalid("no seal signature")
        inner = embedded_seal(outer)
        found, seal = _seal(inner, Problems("SEAL"))
        return found.read_signature(SignatureItems(outer, seal), notes)
    except DerInvalid as error:
        raise SealFormatInvalid("SIG_FORMAT_INVALID", str(error)) from error
    except VersionsDisagree as error:
        raise SealFormatInvalid("SIG_VERSION_UNSUPPORTED", str(error)) from error


def _outer(data: bytes, notes: Problems) -> Tlv:
    plain, armored = der.unarmored(data)
    if armored:
        notes.add(Leniency.ARMORED)
    return der.read_one(plain)


def _seal(outer: Tlv, notes: Problems) -> tuple[SealFormat, ParsedSeal]:
    try:
        shape = shape_of_seal(outer)
        ours = [one for one in SEAL_FORMATS if one.sniff(shape)]
        if len(ours) != 1:
            raise SealFormatInvalid("SEAL_VERSION_UNSUPPORTED", f"{shape.elements} elements")
        return ours[0], ours[0].read_seal(outer, notes)
    except DerInvalid as error:
        raise SealFormatInvalid("SEAL_FORMAT_INVALID", str(error)) from error
