"""What a signature permits later: DocMDP, FieldMDP and the field's lock.

Source: ISO 32000-2, 12.8.2.2, 12.8.2.4, 12.7.5.5 (signature field lock dictionary).
"""

from dataclasses import dataclass
from typing import Any

from sealsvc.documents.pdf.fields import FormField
from sealsvc.documents.pdf.geometry import number
from sealsvc.documents.pdf.opening import as_array, as_dictionary, entry, raw
from sealsvc.documents.pdf.pyhanko_api import sign_fields


@dataclass(frozen=True)
class Permissions:
    """docmdp: 1..3 or None; level, locked: pyHanko's MDPPerm and FieldMDPSpec for the same."""

    docmdp: int | None
    level: Any
    locked: Any


def read_permissions(field: FormField, signature: Any) -> Permissions:
    """The limits a signature sets. A missing /P means 2; a value out of range means 1.

    Raises: whatever a malformed FieldMDP makes pyHanko raise.
    """
    docmdp: int | None = None
    locked: Any = None
    for reference in map(as_dictionary, as_array(raw(signature, "/Reference")) or ()):
        if reference is None:
            continue
        parameters = as_dictionary(raw(reference, "/TransformParams"))
        method = entry(reference, "/TransformMethod")
        if method == "/DocMDP":
            docmdp = _strictest(docmdp, _level(parameters, 2))
        elif method == "/FieldMDP" and parameters is not None:
            locked = sign_fields.FieldMDPSpec.from_pdf_object(parameters)
    lock = as_dictionary(raw(field.dictionary, "/Lock"))
    if lock is not None:
        if "/P" in lock:
            docmdp = _strictest(docmdp, _level(lock, 1))
        if locked is None and "/Action" in lock:
            locked = sign_fields.FieldMDPSpec.from_pdf_object(lock)
    level = sign_fields.MDPPerm(docmdp) if docmdp is not None else None
    return Permissions(docmdp, level, locked)


def _level(parameters: Any, default: int) -> int:
    if parameters is None or "/P" not in parameters:
        return default
    found = number(entry(parameters, "/P"))
    return int(found) if found in (1.0, 2.0, 3.0) else 1


def _strictest(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)
