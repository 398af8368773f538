"""Verbs of sealing: seal, look a sealing up, close intents that never finished."""

from sealsvc.areas.sealing.service.query import document, get
from sealsvc.areas.sealing.service.record import reconcile
from sealsvc.areas.sealing.service.seal import SealingRequest, SealingResult, seal

__all__ = [
    "SealingRequest",
    "SealingResult",
    "document",
    "get",
    "reconcile",
    "seal",
]
