"""Verbs of sealing: seal, look a sealing up, close intents that never finished."""

from sealsvc.areas.sealing.service.query import document, get
from sealsvc.areas.sealing.service.record import reconcile
from sealsvc.areas.sealing.service.report import (
    operator_seals,
    report_seal,
    require_report_seal,
    sealed_report,
    under_operator_seal,
)
from sealsvc.areas.sealing.service.request import SealingRequest, SealingResult
from sealsvc.areas.sealing.service.seal import seal

__all__ = [
    "SealingRequest",
    "SealingResult",
    "document",
    "get",
    "operator_seals",
    "reconcile",
    "report_seal",
    "require_report_seal",
    "seal",
    "sealed_report",
    "under_operator_seal",
]
