"""What a report shows of a signature: plain values, taken from the case and kept without it."""

from dataclasses import dataclass
from datetime import datetime

from sealsvc.documents.values import Change, Coverage
from sealsvc.verify.case import Case, Link, Status, StatusSource
from sealsvc.verify.checks.algorithms import signature_name
from sealsvc.verify.checks.imprint import imprint_match
from sealsvc.verify.evidence import RegisteredSeal

_FORMATS = {
    "ETSI.CAdES.detached": "PAdES",
    "adbe.pkcs7.detached": "PKCS7",
    "ETSI.RFC3161": "RFC3161",
}


@dataclass(frozen=True)
class CertificateView:
    """One certificate of the chain. serial: lower-case hex."""

    subject: str
    issuer: str
    serial: str
    sha256: str
    not_before: datetime
    not_after: datetime
    status: Status
    status_source: StatusSource | None
    revoked_at: datetime | None
    trusted: bool


@dataclass(frozen=True)
class PictureView:
    """Where the seal's picture stands: millimetres from the top-left of the page as shown."""

    page: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True)
class SignatureView:
    """A signature as the document and the registry show it. best_at: None while unproven."""

    id: str
    field_name: str
    is_timestamp: bool
    format: str
    revision: int
    coverage: Coverage
    byte_range: tuple[int, ...]
    signature_sha256: str | None
    claimed_at: datetime | None
    best_at: datetime | None
    poe_sources: tuple[str, ...]
    algorithm_oid: str | None
    algorithm_name: str | None
    digest_algorithm: str | None
    seal: RegisteredSeal | None
    imprint_match: bool | None
    chain: tuple[CertificateView, ...]
    changes_after: tuple[Change, ...]
    picture: PictureView | None


def signature_view(case: Case) -> SignatureView:
    """The view of one case."""
    reading, proven = case.reading, case.time.proven
    return SignatureView(
        id=reading.id,
        field_name=reading.field_name,
        is_timestamp=reading.is_timestamp,
        format=_FORMATS.get(reading.sub_filter, reading.sub_filter),
        revision=reading.revision,
        coverage=reading.coverage,
        byte_range=reading.byte_range,
        signature_sha256=reading.signature_sha256,
        claimed_at=reading.claimed_at,
        best_at=case.time.at if proven else None,
        poe_sources=case.time.sources if proven else (),
        algorithm_oid=reading.signature_algorithm_oid,
        algorithm_name=signature_name(case),
        digest_algorithm=reading.digest_algorithm,
        seal=case.seal,
        imprint_match=imprint_match(case),
        chain=tuple(_certificate(link) for link in case.chain.links),
        changes_after=reading.changes_after,
        picture=_picture(case),
    )


def _certificate(link: Link) -> CertificateView:
    facts, revocation = link.certificate, link.revocation
    return CertificateView(
        subject=facts.subject,
        issuer=facts.issuer,
        serial=facts.serial_hex,
        sha256=facts.sha256,
        not_before=facts.not_before,
        not_after=facts.not_after,
        status=revocation.status,
        status_source=revocation.source,
        revoked_at=revocation.revoked_at,
        trusted=link.trusted,
    )


def _picture(case: Case) -> PictureView | None:
    shown = case.reading.picture
    if shown is None:
        return None
    return PictureView(shown.page, shown.x_mm, shown.y_mm, shown.width_mm, shown.height_mm)
