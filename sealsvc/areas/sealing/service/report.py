"""A verification report as one page under the service's own seal, for a file in court.

The operator is an entity of the registry like any other and its seal a registered one, so the
sealed page is verified by the same rules as every document.
"""

import json
from threading import Lock
from zlib import crc32

from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing import repo
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.areas.sealing.service.request import SealingRequest
from sealsvc.areas.sealing.service.seal import seal
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model.views import SealApplication, SealFilter, SealView
from sealsvc.areas.verification import service as verification
from sealsvc.areas.verification.reports.paper import SEAL_PLACE, report_pdf
from sealsvc.errors import Unavailable
from sealsvc.values import (
    DocumentRole,
    Placement,
    Principal,
    Scope,
    SealId,
    SealMedium,
    SealStatus,
    SealType,
)

REPORT_SEAL_NAME = "核验报告专用章"
# Whoever has a report's id may ask for its page; many at once must not mean many uses of the seal.
_ONE_AT_A_TIME = tuple(Lock() for _ in range(16))


class OperatorSealMissing(Unavailable):
    """The service has no active seal of its own to seal reports with."""

    code = "OPERATOR_SEAL_MISSING"


def report_seal(operator_uscc: str) -> SealApplication:
    """The application for the operator's seal for reports."""
    return SealApplication(
        uscc=operator_uscc,
        seal_type=SealType.OTHER,
        medium=SealMedium.ELECTRONIC,
        name=REPORT_SEAL_NAME,
    )


def operator_seals(deps: Deps) -> list[SealView]:
    """Seals for reports that the operator applied for, whatever their state."""
    uscc = deps.config.operator_uscc
    if uscc is None:
        return []
    principal = _operator(uscc)
    found = seals.search(deps, principal, SealFilter(uscc=uscc, seal_type=SealType.OTHER))
    return [one for one in found if isinstance(one, SealView) and one.name == REPORT_SEAL_NAME]


def sealed_report(deps: Deps, verification_id: str) -> bytes:
    """The report's page under the operator's seal; made once, the same file while the seal lives.

    Several server processes asked at once may each make one; the first is then given to all.
    Raises: VerificationNotFound, OperatorSealMissing, and what `seal` raises.
    """
    view = verification.get(deps, verification_id)
    require_report_seal(deps)  # before the page is drawn
    page = deps.sandbox.run(report_pdf, json.loads(view.body), None, at=view.created_at)
    return under_operator_seal(deps, page, SEAL_PLACE, verification_id)


def require_report_seal(deps: Deps) -> SealView:
    """The operator's newest active seal for reports. Raises: OperatorSealMissing."""
    active = [one for one in operator_seals(deps) if one.status is SealStatus.ACTIVE]
    if not active:
        raise OperatorSealMissing()
    return active[-1]


def under_operator_seal(deps: Deps, page: bytes, place: Placement, number: str) -> bytes:
    """A page of our own under the operator's seal; the same page gives the same file.

    number: the declared number of what the page speaks of; one at a time is sealed for it.
    Raises: OperatorSealMissing, and what `seal` raises.
    """
    held = require_report_seal(deps)
    with _ONE_AT_A_TIME[crc32(number.encode()) % len(_ONE_AT_A_TIME)]:
        made = _made(deps, held.seal_id, page)
        if made is None:
            _seal_page(deps, held, page, place, number)
            made = _made(deps, held.seal_id, page)
    assert made is not None  # it was just completed
    return made


def _made(deps: Deps, seal_id: SealId, page: bytes) -> bytes | None:
    with deps.read() as session:
        digest = repo.find_completed(session, seal_id, page)
    return None if digest is None else deps.blobs.get(digest)


def _seal_page(deps: Deps, held: SealView, page: bytes, place: Placement, number: str) -> None:
    request = SealingRequest(
        seal_id=held.seal_id,
        data=page,
        place=PlaceWish(place.page, place.x_mm, place.y_mm, place.width_mm),
        role=DocumentRole.OTHER,
        number=number,
    )
    seal(deps, _operator(held.owner_uscc), request)


def _operator(uscc: str) -> Principal:
    scopes = frozenset({Scope.SEAL_SIGN, Scope.ENTITY_READ, Scope.SEAL_APPLY})
    return Principal("system:reports", "reports", scopes, uscc)
