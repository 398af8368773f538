"""What happened to a package after each of its signatures, as far as digests tell.

An OFD has no revisions: what a signature left out, and a later intact one covers, came in
between or was never covered; both are content that its signer did not answer for.
Source: ofd.md section 5; CONTRACT.md section 1 (FURTHER_SEAL).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sealsvc.documents.ofd.coverage import PartKind, Reach
from sealsvc.documents.values import Change, ChangeClass, Coverage

MAX_CHANGES = 50
_ORDER = list(ChangeClass)


@dataclass(frozen=True)
class SignedParts:
    """A signature as seen by the others. own: its own files; covered: entries it holds rightly;
    named: all entries it names; broken: paths changed or gone; unchecked: nobody can say whether
    it is intact.
    """

    order: int
    body: int
    own: frozenset[str]
    covered: frozenset[str]
    named: frozenset[str]
    broken: tuple[str, ...]
    intact: bool
    unchecked: bool


def coverage_of(one: SignedParts, reach: Reach) -> Coverage:
    """FILE when it names every part that is shown, whether or not these still have its digests."""
    if not one.named or not reach.complete:
        return Coverage.UNKNOWN
    return Coverage.PARTIAL if reach.missing(one.named) else Coverage.FILE


def changes_after(
    one: SignedParts, others: tuple[SignedParts, ...], reach: Reach
) -> tuple[Change, ...]:
    """Everything that came after a signature, at most MAX_CHANGES of each kind."""
    found = [
        Change(ChangeClass.OTHER, None, f"changed or removed: {path}")
        for path in one.broken[:MAX_CHANGES]
    ]
    later = [other for other in others if other.order > one.order]
    found += [_seal(one, other) for other in later if not other.own <= one.covered]
    return (*found, *list(_added(one, later, reach))[:MAX_CHANGES])


def _seal(one: SignedParts, other: SignedParts) -> Change:
    if other.intact:
        return Change(ChangeClass.FURTHER_SEAL, other.order, "a further signature")
    if other.unchecked:
        return Change(ChangeClass.UNREADABLE, other.order, "a signature that cannot be checked")
    return Change(ChangeClass.OTHER, other.order, "a further signature that is not intact")


def _added(one: SignedParts, later: list[SignedParts], reach: Reach) -> Iterator[Change]:
    for name in reach.missing(one.named):
        by = next((other for other in later if other.intact and name in other.covered), None)
        if by is not None:
            annotation = reach.parts[name] is PartKind.ANNOTATION
            kind = ChangeClass.ANNOTATION if annotation else ChangeClass.OTHER
            yield Change(kind, by.order, f"not covered, a later signature covers it: /{name}")


def worst_of(changes: tuple[Change, ...]) -> ChangeClass:
    """The worst class among changes."""
    return max((one.change_class for one in changes), key=_ORDER.index, default=ChangeClass.NONE)
