"""Checkpoint text: which tree a log stands by.

Source: C2SP tlog-checkpoint; transparency-log section 4.
"""

from dataclasses import dataclass

from sealsvc.tlog import TlogError
from sealsvc.tlog.encoding import MAX_NUMBER, b64, parse_decimal, unb64_hash


class CheckpointInvalid(TlogError):
    """A note's text is not a checkpoint, or the values cannot stand in one."""

    code = "CHECKPOINT_INVALID"


@dataclass(frozen=True)
class Checkpoint:
    """Origin, tree size and root; extension lines are read but our log never writes any.

    root: 32 bytes. extensions: non-empty lines without their line feeds.
    Raises: CheckpointInvalid.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_NUMBER or len(self.root) != 32:
            raise CheckpointInvalid(reason="size or root out of range")
        for line in (self.origin, *self.extensions):
            if not line or any(char < " " for char in line):
                raise CheckpointInvalid(reason="empty line or control character")

    def text(self) -> bytes:
        """The note text, every line ended by LF. Source: C2SP tlog-checkpoint."""
        lines = (self.origin, str(self.size), b64(self.root), *self.extensions, "")
        try:
            return "\n".join(lines).encode()
        except UnicodeEncodeError as error:
            raise CheckpointInvalid(reason="not UTF-8") from error


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Read a note's text (without signatures) as a checkpoint.

    Raises: CheckpointInvalid. Source: C2SP tlog-checkpoint.
    """
    try:
        lines = text.decode().split("\n")
    except UnicodeDecodeError as error:
        raise CheckpointInvalid(reason="not UTF-8") from error
    if len(lines) < 4 or lines[-1]:
        raise CheckpointInvalid(reason="fewer than three lines")
    try:
        size, root = parse_decimal(lines[1]), unb64_hash(lines[2])
    except ValueError as error:
        raise CheckpointInvalid(reason=str(error)) from error
    return Checkpoint(lines[0], size, root, tuple(lines[3:-1]))
