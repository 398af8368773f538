"""Transparency log, pure: Merkle tree, tiles, signed notes, policies, leaves, receipts, audit.

Nothing here reads a clock, a file or a socket: hashes and tiles come in through callables, times
and random bytes as parameters. Verifiers return what they verified or raise; none returns bool.
"""

from typing import ClassVar

from sealsvc.errors import BadInput


class TlogError(BadInput):
    """Base of everything this package refuses; never raised itself."""

    code: ClassVar[str] = "TLOG_INVALID"
