"""Verbs on seals: apply, decide, issue, change, look up."""

from sealsvc.areas.seals.service.apply import Filing, apply, file_imprint
from sealsvc.areas.seals.service.change import change, expire_due
from sealsvc.areas.seals.service.credentials import (
    certificate_order,
    credential,
    current,
    current_of,
    eseal,
    eseal_owner,
    show_eseal,
)
from sealsvc.areas.seals.service.dossier import Dossier, SealRecord, dossier_in
from sealsvc.areas.seals.service.follow import follow_entities
from sealsvc.areas.seals.service.issue import issue, reconcile, reissue
from sealsvc.areas.seals.service.outlines import show_outlines
from sealsvc.areas.seals.service.query import (
    SealStatusAnswer,
    get,
    history,
    imprint,
    imprint_of,
    lock,
    look_up,
    registered_in,
    registered_seal,
    require_usable,
    search,
    show_imprint,
    status,
)
from sealsvc.areas.seals.service.replace import replace
from sealsvc.areas.seals.service.void import void

__all__ = [
    "Dossier",
    "Filing",
    "SealRecord",
    "SealStatusAnswer",
    "apply",
    "certificate_order",
    "change",
    "credential",
    "current",
    "current_of",
    "dossier_in",
    "eseal",
    "eseal_owner",
    "expire_due",
    "file_imprint",
    "follow_entities",
    "get",
    "history",
    "imprint",
    "imprint_of",
    "issue",
    "lock",
    "look_up",
    "reconcile",
    "registered_in",
    "registered_seal",
    "reissue",
    "replace",
    "require_usable",
    "search",
    "show_eseal",
    "show_imprint",
    "show_outlines",
    "status",
    "void",
]
