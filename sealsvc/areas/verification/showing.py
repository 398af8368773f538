"""A verdict for a person: both pictures of each seal, what changed, a timeline, receipts."""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sealsvc.areas.certs import service as certs
from sealsvc.areas.deps import Deps
from sealsvc.areas.seals import service as seals
from sealsvc.areas.transparency import service as transparency
from sealsvc.areas.transparency.model import SEALING_COMPLETED, TraceEvent, TraceQuery
from sealsvc.areas.verification import service
from sealsvc.areas.verification.changes import ShownChanges, changes_of
from sealsvc.areas.verification.model import VerificationRequest
from sealsvc.areas.verification.previewing import Preview, preview_of
from sealsvc.areas.verification.reading import DocumentRead
from sealsvc.documents.pdf import PDF
from sealsvc.documents.values import SignatureReading
from sealsvc.values import SealId

_SHOWN = "seal."
_INTENTS = frozenset({"seal.eseal_intended"})
"""Steps on the way to an activation, of no interest to a reader; the trace has them."""
_KINDS = ("registry", "signed", "verified")
_REVISIONS_LIMIT = 20
"""Most earlier revisions whose sealings are looked up: each costs a hash over the file."""


@dataclass(frozen=True)
class Pictures:
    """PNG in base64; None where there is none."""

    embedded: str | None
    registered: str | None


@dataclass(frozen=True)
class TimelineEvent:
    """One point of a timeline. at: RFC 3339; key: of its words; kind: registry, signed, verified.

    receipt: path of its receipt.
    """

    at: str
    key: str
    kind: str
    detail: str = ""
    receipt: str | None = None


@dataclass(frozen=True)
class ShownVerdict:
    """A kept report (decoded), the timeline, the sealing's receipt.

    pictures, changes: by signature id; changes: of a PDF's seals that something was done after.
    preview: of an OFD.
    """

    report: dict[str, Any]
    pictures: dict[str, Pictures]
    changes: dict[str, ShownChanges]
    timeline: tuple[TimelineEvent, ...]
    receipt: str | None
    preview: Preview | None = None


def verify_and_show(deps: Deps, request: VerificationRequest) -> ShownVerdict:
    """Verify as anyone, and gather what a page shows beside the report.

    Raises: as `service.verify`.
    """
    view, document = service.verify_document(deps, None, request)
    report = json.loads(view.body)
    whole = _sealings(deps, document.sha256)
    # Only a PDF holds what it was when an earlier seal was put on.
    is_pdf = document.reading.kind == PDF.name
    earlier = [
        one for digest in _revisions(report, request.data) for one in _sealings(deps, digest)
    ]
    return ShownVerdict(
        report=report,
        pictures=_pictures(deps, document),
        changes=changes_of(deps.sandbox, request.data, document.reading) if is_pdf else {},
        timeline=tuple(_timeline(deps, report, [*whole, *earlier])),
        receipt=_receipt_path(whole[-1], document.sha256) if whole else None,
        preview=preview_of(deps.sandbox, request.data, document.reading),
    )


def _revisions(report: dict[str, Any], data: bytes) -> list[str]:
    """Digests (hex) of the files as they were when each registered seal had just been put on.

    Who holds the file holds these too: a signed revision is a prefix of the file.
    """
    lengths = {
        sum(scope["byteRange"][2:])
        for one in report["signatures"]
        if one["seal"] is not None
        for scope in one["scopes"]
    }
    shorter = sorted(length for length in lengths if 0 < length < len(data))[:_REVISIONS_LIMIT]
    return [sha256(data[:length]).hexdigest() for length in shorter]


def _pictures(deps: Deps, document: DocumentRead) -> dict[str, Pictures]:
    found = {}
    for reading, serial in zip(document.reading.signatures, document.serials, strict=True):
        embedded = None if reading.picture is None else reading.picture.png
        registered = _registered_imprint(deps, reading, serial)
        found[reading.id] = Pictures(_b64(embedded), _b64(registered))
    return found


def _registered_imprint(deps: Deps, reading: SignatureReading, serial: str | None) -> bytes | None:
    """The imprint of the seal whose certificate signed; shown only to who holds such a file."""
    der = reading.signer_certificate_der
    seal_id = None if der is None or serial is None else certs.seal_of(deps, der, serial)
    if seal_id is None or seals.get(deps, seal_id).imprint_sha256 is None:
        return None
    return seals.imprint(deps, seal_id)


def _sealings(deps: Deps, digest: str) -> list[TraceEvent]:
    events = transparency.trace(deps, None, TraceQuery(digest=digest))
    return [event for event in events if event.type == SEALING_COMPLETED and event.payload]


def _timeline(
    deps: Deps, report: dict[str, Any], sealings: list[TraceEvent]
) -> list[TimelineEvent]:
    """Registry changes of every seal in the file, the sealings, this verification; by time."""
    points = [TimelineEvent(report["gatheredAt"], "event.verified", "verified")]
    seals_seen = {}
    for one in report["signatures"]:
        seal = one["seal"]
        if seal is None:
            continue
        seals_seen[SealId(seal["sealId"])] = _named(seal)
        when = one["bestSignatureTime"] or one["claimedSigningTime"]
        if when is not None:
            receipt = _receipt_of(one["signatureSha256"], sealings)
            points.append(TimelineEvent(when, "event.signed", "signed", _named(seal), receipt))
    for seal_id, name in seals_seen.items():
        registry = transparency.trace(deps, None, TraceQuery(seal_id=seal_id))
        points += [
            TimelineEvent(_at(event), event.type, "registry", name, _path(event))
            for event in registry
            if event.type.startswith(_SHOWN) and event.type not in _INTENTS
        ]
    return sorted(points, key=_place)


def _named(seal: dict[str, Any]) -> str:
    return f"{seal['ownerName']} · {seal['name']}"


def _place(point: TimelineEvent) -> tuple[datetime, int]:
    """Facts know whole seconds only, so within one second the registry comes before its use."""
    at = datetime.fromisoformat(point.at).replace(microsecond=0)
    return at, _KINDS.index(point.kind)


def _receipt_of(signature_sha256: str | None, sealings: list[TraceEvent]) -> str | None:
    for event in sealings:
        payload = event.payload or {}
        if payload.get("signatureDigest") == signature_sha256:
            return _receipt_path(event, str(payload["digest"]))
    return None


def _at(event: TraceEvent) -> str:
    return f"{event.at:%Y-%m-%dT%H:%M:%SZ}"


def _path(event: TraceEvent) -> str:
    return f"/v1/receipts/{event.fact_id}"


def _receipt_path(event: TraceEvent, digest: str) -> str:
    return f"{_path(event)}?digest={digest}"


def _b64(png: bytes | None) -> str | None:
    return None if png is None else b64encode(png).decode()
