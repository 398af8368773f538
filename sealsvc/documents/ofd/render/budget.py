"""How much one rendering may do, and what it could not do."""

from collections import Counter

MAX_OBJECTS = 60_000
MAX_GLYPHS = 200_000
MAX_DEPTH = 8
"""Nesting of blocks and composites."""
MAX_TOUCHED_PX = 200_000_000
"""Pixels composited, all objects together: some seconds; real pages need a twentieth."""
MAX_POINTS = 4_000_000
"""Corners of all outlines together, after curves became chords."""
MAX_PICTURES = 500
MAX_PICTURE_PX = 60_000_000
"""Pixels of all pictures decoded together."""
MAX_NOTES = 40


class Exhausted(Exception):
    """The rendering has used up what it may; what is drawn so far stays."""


class Budget:
    """Counts down over one rendering, pictures of seals within it included."""

    def __init__(self) -> None:
        self._left = {
            "objects": MAX_OBJECTS,
            "glyphs": MAX_GLYPHS,
            "pixels": MAX_TOUCHED_PX,
            "points": MAX_POINTS,
            "pictures": MAX_PICTURES,
            "picture pixels": MAX_PICTURE_PX,
        }

    def spend(self, what: str, amount: int = 1) -> None:
        """Raises: Exhausted."""
        self._left[what] -= amount
        if self._left[what] < 0:
            raise Exhausted(what)


class Notes:
    """What was not drawn as the document says, each kind once with its number."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def add(self, text: str, times: int = 1) -> None:
        """Remember one shortcoming."""
        if text in self._seen or len(self._seen) < MAX_NOTES:
            self._seen[text] += times
        else:
            self._seen["further shortcomings"] += times

    def lines(self) -> tuple[str, ...]:
        """In the order met, `text: number`."""
        return tuple(f"{text}: {times}" for text, times in self._seen.items())
