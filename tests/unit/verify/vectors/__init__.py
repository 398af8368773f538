"""Vectors of the judgement as data: a clause, one thing changed, and what must come out."""

from tests.unit.verify.vectors import answers, business, certificate, document, passing, stamps
from tests.unit.verify.vectors.base import Vector

POSITIVE: tuple[Vector, ...] = (
    *passing.POSITIVE,
    *stamps.POSITIVE_STAMPS,
    *answers.POSITIVE_ANSWERS,
)
NEGATIVE: tuple[Vector, ...] = (
    *passing.NOT_TRUSTED,
    *document.NEGATIVE_DOCUMENT,
    *document.NEGATIVE_INTEGRITY,
    *certificate.NEGATIVE_ALGORITHMS,
    *certificate.NEGATIVE_CERTIFICATE,
    *certificate.NEGATIVE_REVOCATION,
    *certificate.NEGATIVE_TIME,
    *business.NEGATIVE_SEAL,
    *business.NEGATIVE_SEMANTICS,
    *stamps.NEGATIVE_STAMPS,
    *answers.NEGATIVE_ANSWERS,
)
VECTORS = (*POSITIVE, *NEGATIVE)

__all__ = ["NEGATIVE", "POSITIVE", "VECTORS", "Vector"]
