"""Verbs on seals: apply, decide, issue, change, look up."""

from sealsvc.areas.seals.service.apply import apply, file_imprint
from sealsvc.areas.seals.service.change import change, expire_due
from sealsvc.areas.seals.service.issue import issue, reconcile
from sealsvc.areas.seals.service.query import (
    get,
    history,
    imprint,
    lock,
    registered_seal,
    search,
    status,
)
from sealsvc.areas.seals.service.replace import replace
from sealsvc.areas.seals.service.void import void

__all__ = [
    "apply",
    "change",
    "expire_due",
    "file_imprint",
    "get",
    "history",
    "imprint",
    "issue",
    "lock",
    "reconcile",
    "registered_seal",
    "replace",
    "search",
    "status",
    "void",
]
