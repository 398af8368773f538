"""What was changed after each seal, for a person to look at: pages as signed and as they are now.

The classes and words of the changes stand in the report; here are only pictures, and no verdict.
"""

from base64 import b64encode
from dataclasses import dataclass

from sealsvc.documents.values import (
    ChangeClass,
    Coverage,
    DigestOutcome,
    DocumentReading,
    SignatureOutcome,
    SignatureReading,
)
from sealsvc.errors import ServiceError
from sealsvc.ports import Sandbox

PAGES_LIMIT = 4
"""Most pages shown for one file, each up to twice."""
_UNSEEN = (ChangeClass.NONE, ChangeClass.LONG_TERM_UPDATE)


@dataclass(frozen=True)
class ShownPage:
    """One page that looks different. before, after: PNG in base64, None where it has no such page.

    regions: how many regions are framed, 0 where the whole page differs.
    """

    page: int
    before: str | None
    after: str | None
    regions: int
    added: bool
    removed: bool


@dataclass(frozen=True)
class ShownChanges:
    """The pages that changed after one signature.

    restorable: the file as signed stands intact within this one; where it does not, nobody can
    say what was signed, and no pictures are shown. pages: empty too where nothing looks different,
    nothing can be drawn, or an earlier signature's took the room.
    """

    restorable: bool
    pages: tuple[ShownPage, ...]


def changes_of(sandbox: Sandbox, data: bytes, reading: DocumentReading) -> dict[str, ShownChanges]:
    """By id of each seal's signature that something was done after. Never fails: no pictures then.

    Pictures are taken by the earliest seals first, for what changed after a later one changed
    after them too.
    """
    changed = [one for one in reading.signatures if one.changes_after and not one.is_timestamp]
    visible = [one for one in changed if _is_restorable(one) and _may_show(one)][:PAGES_LIMIT]
    lengths = tuple(_signed_length(one) for one in visible)
    try:
        pictures = sandbox.run(_pictured, data, lengths) if lengths else ()
    except ServiceError:  # a page too heavy to draw must not cost the verdict
        pictures = ()
    pages = dict(zip((one.id for one in visible), pictures, strict=False))
    return {one.id: ShownChanges(_is_restorable(one), pages.get(one.id, ())) for one in changed}


def _is_restorable(one: SignatureReading) -> bool:
    """The signature covers its whole revision and both digest and value hold."""
    return (
        one.coverage is Coverage.REVISION
        and one.digest is DigestOutcome.MATCHES
        and one.signature is SignatureOutcome.VERIFIES
    )


def _may_show(one: SignatureReading) -> bool:
    return any(change.change_class not in _UNSEEN for change in one.changes_after)


def _signed_length(one: SignatureReading) -> int:
    """Of the file when it was signed: where the ByteRange ends."""
    return sum(one.byte_range[-2:])


def _pictured(data: bytes, lengths: tuple[int, ...]) -> tuple[tuple[ShownPage, ...], ...]:
    """In the sandbox: the pages changed after each length, at most four together."""
    # Loads pyHanko and pdfium, which only workers import (issue: /healthz within 5 s).
    from sealsvc.documents.pdf.shown import page_differences

    left = PAGES_LIMIT
    states = []
    for length in lengths:
        found = page_differences(data, length, left) if left else ()
        left -= len(found)
        states.append(
            tuple(
                ShownPage(
                    page=one.page,
                    before=_b64(one.before_png),
                    after=_b64(one.after_png),
                    regions=len(one.boxes_mm),
                    added=one.added,
                    removed=one.removed,
                )
                for one in found
            )
        )
    return tuple(states)


def _b64(png: bytes | None) -> str | None:
    return None if png is None else b64encode(png).decode()
