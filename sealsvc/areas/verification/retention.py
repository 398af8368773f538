"""How long a report is kept that nobody made a fact: some weeks, then row and evidence go.

The evidence's blob is left to the sweep of blobs that no row names (`sealsvc.worker`), for two
reports may stand on one record.
"""

from sealsvc.areas.deps import Deps
from sealsvc.areas.verification import repo

BATCH = 200
MAX_BATCHES = 20
"""Most units of work of one call, so that housekeeping goes on."""


def expire_reports(deps: Deps) -> int:
    """Delete reports without a fact that are older than `report_lifetime`; how many."""
    lifetime = deps.config.report_lifetime
    if lifetime is None:
        return 0
    total = 0
    for _ in range(MAX_BATCHES):
        with deps.write() as tx:
            gone = repo.delete_without_fact(tx.session, tx.now - lifetime, BATCH)
            tx.commit()
        total += gone
        if gone < BATCH:
            break
    return total
