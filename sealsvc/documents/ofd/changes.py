"""What happened to a package after each of its signatures, as far as digests tell.

An OFD has no revisions: of a part that a signature left out nobody can say whether it came later
or was never covered, so that is a gap in coverage (`coverage_of`) and not a change.
Source: ofd.md section 5; CONTRACT.md section 1 (FURTHER_SEAL).
"""

from dataclasses import dataclass

from sealsvc.documents.ofd.coverage import Reach
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


def changes_after(one: SignedParts, others: tuple[SignedParts, ...]) -> tuple[Change, ...]:
    """Everything that came after a signature, at most MAX_CHANGES of each kind."""
    found = [
        Change(ChangeClass.OTHER, None, f"changed or removed: {path}")
        for path in one.broken[:MAX_CHANGES]
    ]
    later = [other for other in others if other.order > one.order]
    found += [_seal(one, other) for other in later if not other.own <= one.covered]
    return tuple(found)


def _seal(one: SignedParts, other: SignedParts) -> Change:
    if other.intact:
        return Change(ChangeClass.FURTHER_SEAL, other.order, "a further signature")
    if other.unchecked:
        return Change(ChangeClass.UNREADABLE, other.order, "a signature that cannot be checked")
    return Change(ChangeClass.OTHER, other.order, "a further signature that is not intact")


def revisions(signatures: tuple[SignedParts, ...]) -> tuple[int, ...]:
    """A number for each: of two, the higher one surely covers the lower one's files.

    The list that orders signatures is protected by none of them, so its order proves nothing; who
    could choose it would let a new signature borrow the proven time of an old one.
    """
    levels: list[list[SignedParts]] = []
    for one in signatures:
        levels.append([one])
        while len(levels) > 1 and not _stands_on(levels[-1], levels[:-1]):
            last = levels.pop()
            levels[-1] += last
    found = {one.order: number for number, level in enumerate(levels, 1) for one in level}
    return tuple(found[one.order] for one in signatures)


def _stands_on(upper: list[SignedParts], lower: list[list[SignedParts]]) -> bool:
    files = {name for level in lower for one in level for name in one.own}
    return all(files <= one.covered for one in upper)


def worst_of(changes: tuple[Change, ...]) -> ChangeClass:
    """The worst class among changes."""
    return max((one.change_class for one in changes), key=_ORDER.index, default=ChangeClass.NONE)
