"""Verbs of contracts."""

from sealsvc.areas.contracts.service.change import change, expire_due
from sealsvc.areas.contracts.service.draft import Draft, amend, create, revise
from sealsvc.areas.contracts.service.evidence import evidence
from sealsvc.areas.contracts.service.query import document, get, history, search
from sealsvc.areas.contracts.service.seal import PartySeal, seal
from sealsvc.areas.contracts.service.text import TemplateText, TextFormat

__all__ = [
    "Draft",
    "PartySeal",
    "TemplateText",
    "TextFormat",
    "amend",
    "change",
    "create",
    "document",
    "evidence",
    "expire_due",
    "get",
    "history",
    "revise",
    "seal",
    "search",
]
