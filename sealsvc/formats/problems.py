"""Codes of reading problems: which fail, which only warn, and a list to collect them in.

Source: seal-formats.md sections 9 and 10 for the failing codes; the warnings are ours.
"""

from enum import StrEnum
from typing import Literal

from sealsvc.formats.values import ReadingProblem, SealSignatureReading

Prefix = Literal["SEAL", "SIG"]


class Fault(StrEnum):
    """What fails a seal or a signature; the code is SEAL_ or SIG_ and this."""

    FORMAT_INVALID = "FORMAT_INVALID"
    VERSION_UNSUPPORTED = "VERSION_UNSUPPORTED"
    ALGORITHM_UNSUPPORTED = "ALGORITHM_UNSUPPORTED"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    TIMESTAMP_INVALID = "TIMESTAMP_INVALID"
    TIMESTAMP_IMPRINT_MISMATCH = "TIMESTAMP_IMPRINT_MISMATCH"
    DATA_HASH_MISMATCH = "DATA_HASH_MISMATCH"
    SIGNER_NOT_IN_SEAL = "SIGNER_NOT_IN_SEAL"
    SIGNER_CERT_MISSING = "SIGNER_CERT_MISSING"
    TIME_OUTSIDE_SEAL_VALIDITY = "TIME_OUTSIDE_SEAL_VALIDITY"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"


class Leniency(StrEnum):
    """What vendors write against the standard and we read all the same; never a failure."""

    ARMORED = "ARMORED"  # stored as Base64 text
    ALGORITHM_LEGACY = "ALGORITHM_LEGACY"  # RSA, which V1 allowed
    BIT_STRING_FORM = "BIT_STRING_FORM"  # first octet is no count of unused bits
    BOOLEAN_FORM = "BOOLEAN_FORM"
    CERT_LIST_FOREIGN = "CERT_LIST_FOREIGN"  # an entry that is no certificate
    CONTENT_TYPE_FORM = "CONTENT_TYPE_FORM"  # PKCS#7 OIDs in GB/T 35275
    CRITICAL_EXTENSION_UNKNOWN = "CRITICAL_EXTENSION_UNKNOWN"
    EXTENSIONS_FORM = "EXTENSIONS_FORM"  # tagged where they are bare, or the reverse
    KEY_CURVE_OID = "KEY_CURVE_OID"  # .301.1 in place of .301
    OCTET_STRING_FORM = "OCTET_STRING_FORM"  # in place of a BIT STRING
    OID_FORM = "OID_FORM"  # content octets that do not decode
    PICTURE_SIZE = "PICTURE_SIZE"
    PICTURE_TYPE_MISMATCH = "PICTURE_TYPE_MISMATCH"
    SELF_MADE = "SELF_MADE"  # the signer made the seal
    SIGNATURE_RAW = "SIGNATURE_RAW"  # 64 octets r and s without DER
    SIGN_INFO_WRAPPED = "SIGN_INFO_WRAPPED"
    STRING_FORM = "STRING_FORM"  # another string type, or octets it does not allow
    TIME_FORM = "TIME_FORM"
    TIME_ZONE_ASSUMED = "TIME_ZONE_ASSUMED"
    TIME_ZONE_UNCERTAIN = "TIME_ZONE_UNCERTAIN"  # inside a border only by eight hours
    TIMESTAMP_FORM = "TIMESTAMP_FORM"
    TIMESTAMP_IN_TIME_INFO = "TIMESTAMP_IN_TIME_INFO"
    TIMESTAMP_NOT_CHECKED = "TIMESTAMP_NOT_CHECKED"
    VERSION_FORM = "VERSION_FORM"  # a V1 shape with header 2, 3 or 11


WARNING_CODES = frozenset(f"{prefix}_{one}" for prefix in ("SEAL", "SIG") for one in Leniency)


class Problems:
    """Collects problems of one object. prefix: SEAL or SIG."""

    __slots__ = ("_found", "prefix")

    def __init__(self, prefix: Prefix, *known: ReadingProblem) -> None:
        self.prefix = prefix
        self._found = list(known)

    def add(self, what: Fault | Leniency, detail: str = "") -> None:
        """Add a problem."""
        self._found.append(ReadingProblem(f"{self.prefix}_{what}", detail))

    def found(self) -> tuple[ReadingProblem, ...]:
        """All of them, each once, in the order of finding."""
        return tuple(dict.fromkeys(self._found))


def failing(problems: tuple[ReadingProblem, ...]) -> tuple[str, ...]:
    """The codes that fail, warnings left out."""
    return tuple(dict.fromkeys(one.code for one in problems if one.code not in WARNING_CODES))


def failing_codes(reading: SealSignatureReading) -> tuple[str, ...]:
    """Every failing code of a seal signature and the seal in it, the signature's first."""
    return failing(reading.problems + reading.eseal.problems)
