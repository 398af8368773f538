"""Verbs on seals: apply, decide, issue, change, look up."""

from sealsvc.areas.seals.service.apply import Filing, apply, file_imprint
from sealsvc.areas.seals.service.change import change, expire_due
from sealsvc.areas.seals.service.follow import follow_entities
from sealsvc.areas.seals.service.issue import issue, reconcile
from sealsvc.areas.seals.service.query import (
    SealStatusAnswer,
    get,
    history,
    imprint,
    lock,
    look_up,
    registered_seal,
    require_usable,
    search,
    show_imprint,
    status,
)
from sealsvc.areas.seals.service.replace import replace
from sealsvc.areas.seals.service.void import void

__all__ = [
    "Filing",
    "SealStatusAnswer",
    "apply",
    "change",
    "expire_due",
    "file_imprint",
    "follow_entities",
    "get",
    "history",
    "imprint",
    "issue",
    "lock",
    "look_up",
    "reconcile",
    "registered_seal",
    "replace",
    "require_usable",
    "search",
    "show_imprint",
    "status",
    "void",
]
