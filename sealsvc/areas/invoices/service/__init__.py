"""Verbs of invoices: take, look up, claim, book, reverse by red letters."""

from sealsvc.areas.invoices.service.bookings import book
from sealsvc.areas.invoices.service.claims import claim, release
from sealsvc.areas.invoices.service.lookups import record_lookup
from sealsvc.areas.invoices.service.query import (
    InvoiceDetail,
    get,
    original,
    red_letter,
    red_letters,
    search,
)
from sealsvc.areas.invoices.service.reversing import decide, enter, lapse_due
from sealsvc.areas.invoices.service.taking import TakeRequest, take

__all__ = [
    "InvoiceDetail",
    "TakeRequest",
    "book",
    "claim",
    "decide",
    "enter",
    "get",
    "lapse_due",
    "original",
    "record_lookup",
    "red_letter",
    "red_letters",
    "release",
    "search",
    "take",
]
