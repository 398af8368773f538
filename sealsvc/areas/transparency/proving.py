"""Facts held against the log itself: where each stands, and that its proof verifies."""

from collections.abc import Sequence
from dataclasses import dataclass

from sealsvc.areas.deps import Deps
from sealsvc.areas.transparency import service
from sealsvc.areas.transparency.model import Pending, ReleasedLog, TraceEvent
from sealsvc.tlog.policy import policy_of_key
from sealsvc.tlog.proof import ReceiptInvalid, verify_receipt


@dataclass(frozen=True)
class Proven:
    """A fact's place in the log. proven: its receipt was made and verified just now.

    index, tree_size: None while the fact waits for its place.
    """

    proven: bool
    index: int | None = None
    tree_size: int | None = None


def prove(
    deps: Deps, logbook: ReleasedLog, events: Sequence[TraceEvent], digest: str | None
) -> dict[str, Proven]:
    """For each fact, by id: its receipt under the newest head, verified as its holder would.

    digest: of the document the reader holds, None without one.
    Raises: LogMissing, LogForkRefused, DigestInvalid. Source: transparency-log section 8.
    """
    policy = policy_of_key(service.key(logbook))
    found: dict[str, Proven] = {}
    for event in events:
        receipt = service.receipt(deps, logbook, event.fact_id, None, digest=digest)
        if isinstance(receipt, Pending):
            found[event.fact_id] = Proven(False)
            continue
        try:
            verified = verify_receipt(receipt.text, policy)
        except ReceiptInvalid:
            found[event.fact_id] = Proven(False, receipt.index, receipt.tree_size)
        else:
            found[event.fact_id] = Proven(True, verified.index, verified.tree_size)
    return found
