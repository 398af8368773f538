"""A bare seal, seal signature or SignedData in words for a person: what it holds, no verdict."""

from datetime import datetime
from hashlib import sha256
from typing import TypeAlias

from sealsvc.formats import SEAL_FORMATS, ObjectKind, detect, parse_seal, parse_signature
from sealsvc.formats.certificate import read_certificate
from sealsvc.formats.check import check_seal, check_signature
from sealsvc.formats.der import DerInvalid
from sealsvc.formats.errors import SealFormatInvalid
from sealsvc.formats.gbt35275 import SM3_OCTETS, check_signed_data
from sealsvc.formats.parsed import ParsedSeal, SealExtension
from sealsvc.formats.problems import WARNING_CODES
from sealsvc.formats.values import ESealReading, ReadingProblem, SealVersion

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"
MAX_SHOWN_OCTETS = 64


def describe(data: bytes) -> dict[str, Json]:
    """A JSON-able description without the picture's bytes.

    Signature outcomes are arithmetic only: no chain, no revocation, no original was looked at.
    Raises: SealFormatInvalid for what is none of these objects; ca.errors.CaUnavailable.
    """
    kind = detect(data)
    if kind is ObjectKind.SEAL:
        seal = parse_seal(data)
        return {"kind": kind, **_seal(seal, check_seal(seal))}
    if kind is ObjectKind.SIGNATURE:
        return {"kind": kind, **_signature(data)}
    return {"kind": kind, **_signed_data(data)}


def _format_name(version: SealVersion) -> str:
    return next(one.name for one in SEAL_FORMATS if one.version is version)


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _certificate(certificate_der: bytes) -> dict[str, Json]:
    found: dict[str, Json] = {"sha256": sha256(certificate_der).hexdigest()}
    try:
        fields = read_certificate(certificate_der)
    except DerInvalid:
        return {**found, "readable": False}
    return {
        **found,
        "readable": True,
        "key": fields.key_kind,
        "serial": fields.serial_der[2:].hex(),
    }


def _problems(problems: tuple[ReadingProblem, ...]) -> list[Json]:
    return [
        {"code": one.code, "detail": one.detail, "warning": one.code in WARNING_CODES}
        for one in problems
    ]


def _extensions(extensions: tuple[SealExtension, ...]) -> list[Json]:
    return [
        {
            "oid": one.oid,
            "critical": one.critical,
            "value_hex": one.value[:MAX_SHOWN_OCTETS].hex(),
            "size_bytes": len(one.value),
        }
        for one in extensions
    ]


def _seal(seal: ParsedSeal, reading: ESealReading) -> dict[str, Json]:
    known = seal.property
    return {
        "format": _format_name(seal.version),
        "version": seal.version,
        "header_version": seal.header.version,
        "sha256": reading.der_sha256,
        "vendor_id": reading.vendor_id,
        "seal_id": reading.seal_id,
        "name": reading.name,
        "seal_type": reading.seal_type,
        "created_at": _time(reading.created_at),
        "valid_from": _time(reading.valid_from),
        "valid_to": _time(reading.valid_to),
        "picture": {
            "type": seal.image.kind,
            "size_bytes": len(seal.image.data),
            "sha256": sha256(seal.image.data).hexdigest(),
            "width_mm": seal.image.width,
            "height_mm": seal.image.height,
        },
        "cert_list_type": known.cert_list_type,
        "certificates": [_certificate(one) for one in known.certificates_der],
        "certificate_digests": [
            {"type": one.kind, "value_hex": one.value[:MAX_SHOWN_OCTETS].hex()}
            for one in known.certificate_digests
        ],
        "extensions": _extensions(seal.extensions),
        "maker_certificate": _certificate(seal.maker_certificate_der),
        "maker_algorithm_oid": seal.algorithm_oid,
        "maker_signature": reading.maker_signature,
        "timestamp_size_bytes": len(seal.timestamp_token_der or b""),
        "problems": _problems(reading.problems),
    }


def _signature(data: bytes) -> dict[str, Json]:
    parsed = parse_signature(data)
    reading = check_signature(parsed)
    return {
        "format": _format_name(parsed.version),
        "version": parsed.version,
        "sha256": reading.der_sha256,
        "signature": reading.signature,
        "signature_algorithm": reading.signature_algorithm,
        "signature_algorithm_oid": reading.signature_algorithm_oid,
        "signed_at": _time(reading.signed_at),
        "signed_at_text": parsed.time.text,
        "time_is_self_declared": reading.time_is_self_declared,
        "data_hash_hex": reading.data_hash[:MAX_SHOWN_OCTETS].hex(),
        "property_info": reading.property_info,
        "extensions": _extensions(parsed.extensions),
        "signer_certificate": _certificate(parsed.certificate_der),
        "signer_listed": reading.eseal.signer_listed,
        "timestamp_size_bytes": len(reading.timestamp_token_der or b""),
        "timestamp_imprint": reading.timestamp_imprint,
        "problems": _problems(reading.problems),
        "seal": _seal(parsed.seal, reading.eseal),
    }


def _signed_data(data: bytes) -> dict[str, Json]:
    """Without its original no digest can be compared, so what is said of one is left out."""
    reading = check_signed_data(data, bytes(SM3_OCTETS))
    if reading.signature_value is None:
        detail = reading.problems[0].detail if reading.problems else ""
        raise SealFormatInvalid("SIG_FORMAT_INVALID", detail)
    signer = reading.signer_certificate_der
    kept = tuple(one for one in reading.problems if one.code != "SIG_DATA_HASH_MISMATCH")
    return {
        "format": "gbt35275-2017",
        "shape": reading.shape,
        "signature": reading.signature,
        "signature_algorithm_oid": reading.signature_algorithm_oid,
        "signed_at": _time(reading.signed_at),
        "signer_certificate": None if signer is None else _certificate(signer),
        "certificates": [_certificate(one) for one in reading.certificates_der],
        "timestamp_size_bytes": len(reading.timestamp_token_der or b""),
        "timestamp_imprint": reading.timestamp_imprint,
        "problems": _problems(kept),
    }
