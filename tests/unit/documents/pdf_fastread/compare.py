"""Holding the fast reader's answer against the general reader and against pyHanko itself."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from io import BytesIO

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from sealsvc.documents.pdf import fastread
from sealsvc.documents.pdf.reader import read_in_full
from sealsvc.documents.values import DocumentReading

LATE = datetime(2026, 11, 21, 12, 0, tzinfo=UTC) + timedelta(days=1)


def differences(found: DocumentReading, full: DocumentReading) -> list[str]:
    """Names of members that are not the same; times must be written alike too."""
    if len(found.signatures) != len(full.signatures):
        return ["number of signatures"]
    named = [
        one.name for one in fields(full) if getattr(found, one.name) != getattr(full, one.name)
    ]
    for ours, theirs in zip(found.signatures, full.signatures, strict=True):
        named += [
            one.name
            for one in fields(theirs)
            if getattr(ours, one.name) != getattr(theirs, one.name)
        ]
        if repr(ours.claimed_at and ours.claimed_at.isoformat()) != repr(
            theirs.claimed_at and theirs.claimed_at.isoformat()
        ):
            named.append("spelling of claimed_at")
    return named


def complaints(data: bytes, *, by_pyhanko: bool = True) -> list[str] | None:
    """None where the fast reader leaves the file alone; else what speaks against its answer."""
    found = fastread.read(data)
    if found is None:
        return None
    try:
        full = read_in_full(data)
    except Exception as error:
        return [f"general reader: {type(error).__name__}"]
    wrong = differences(found, full)
    return wrong + (_pyhanko(data) if by_pyhanko and not wrong else [])


def _pyhanko(data: bytes) -> list[str]:
    """pyHanko's own verdict with difference analysis, trust apart; an exception is no yes."""
    wrong = []
    try:
        for signature in PdfFileReader(BytesIO(data), strict=True).embedded_signatures:
            if (
                signature.signer_cert is not None
                and signature.signer_cert.public_key.algorithm == "ec"
            ):
                curve = signature.signer_cert.public_key.curve[1]
                if curve not in ("secp256r1", "secp384r1", "secp521r1"):
                    continue  # SM2 is unknown to it
            context = ValidationContext(trust_roots=[], moment=LATE)
            status = validate_pdf_signature(signature, context)
            if not (status.valid and status.intact):
                wrong.append("pyHanko: not intact")
            covers = "" if status.coverage is None else status.coverage.name
            if covers not in ("ENTIRE_FILE", "ENTIRE_REVISION"):
                wrong.append(f"pyHanko: {covers}")
            if status.docmdp_ok is False:
                wrong.append("pyHanko: modification")
    except Exception as error:
        wrong.append(f"pyHanko: {type(error).__name__} {error}"[:120])
    return wrong
