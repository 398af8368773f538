"""A bound on the work one file may cost, shared by all that read it."""

from sealsvc.documents.pdf.fast.refusal import NotUnderstood

MAX_WORK = 48 << 20


class Budget:
    """Units of work left; a unit is about a byte looked at in C, a few nanoseconds."""

    __slots__ = ("left",)

    def __init__(self, units: int = MAX_WORK) -> None:
        self.left = units

    def spend(self, units: int) -> None:
        """Take units. Raises: NotUnderstood when none are left."""
        self.left -= units
        if self.left < 0:
            raise NotUnderstood("too much work")
