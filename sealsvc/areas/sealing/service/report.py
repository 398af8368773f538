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
from sealsvc.areas.sealing.service.seal import SealingRequest, seal
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model.views import SealApplication, SealFilter, SealView
from sealsvc.areas.verification import service as verification
from sealsvc.areas.verification.reports.paper import SEAL_PLACE, report_pdf
from sealsvc.errors import Unavailable
from sealsvc.values import DocumentRole, Principal, Scope, SealId, SealMedium, SealStatus, SealType

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
    uscc = deps.config.operator_uscc
    active = [one for one in operator_seals(deps) if one.status is SealStatus.ACTIVE]
    if uscc is None or not active:
        raise OperatorSealMissing()
    page = deps.sandbox.run(report_pdf, json.loads(view.body), None, at=view.created_at)
    seal_id = active[-1].seal_id
    with _ONE_AT_A_TIME[crc32(verification_id.encode()) % len(_ONE_AT_A_TIME)]:
        made = _made(deps, seal_id, page)
        if made is None:
            _seal_page(deps, uscc, seal_id, page, verification_id)
            made = _made(deps, seal_id, page)
    assert made is not None  # it was just completed
    return made


def _made(deps: Deps, seal_id: SealId, page: bytes) -> bytes | None:
    with deps.read() as session:
        digest = repo.find_completed(session, seal_id, page)
    return None if digest is None else deps.blobs.get(digest)


def _seal_page(deps: Deps, uscc: str, seal_id: SealId, page: bytes, verification_id: str) -> None:
    request = SealingRequest(
        seal_id=seal_id,
        data=page,
        place=PlaceWish(SEAL_PLACE.page, SEAL_PLACE.x_mm, SEAL_PLACE.y_mm, SEAL_PLACE.width_mm),
        role=DocumentRole.OTHER,
        number=verification_id,
    )
    seal(deps, _operator(uscc), request)


def _operator(uscc: str) -> Principal:
    scopes = frozenset({Scope.SEAL_SIGN, Scope.ENTITY_READ, Scope.SEAL_APPLY})
    return Principal("system:reports", "reports", scopes, uscc)
