"""What each finding code means: weight, place, clause, and its sentence in both languages."""

from sealsvc.verify.messages.business import BUSINESS
from sealsvc.verify.messages.changes import change_words, object_words
from sealsvc.verify.messages.entry import Axis, Entry, Weight
from sealsvc.verify.messages.integrity import INTEGRITY
from sealsvc.verify.messages.invoice import INVOICE
from sealsvc.verify.messages.national import NATIONAL
from sealsvc.verify.messages.proof import PROOF
from sealsvc.verify.messages.trust import TRUST

__all__ = ["CATALOGUE", "Axis", "Entry", "Weight", "change_words", "object_words"]

CATALOGUE: dict[str, Entry] = {**INTEGRITY, **TRUST, **PROOF, **BUSINESS, **NATIONAL, **INVOICE}
