"""Verbs of transactions: attest, withdraw, judge a whole deal, replay."""

from sealsvc.areas.transactions.service.attest import (
    AttestRequest,
    attest,
    reconcile,
    withdraw,
)
from sealsvc.areas.transactions.service.attest import get as get_attestation
from sealsvc.areas.transactions.service.gather import gather
from sealsvc.areas.transactions.service.verify import (
    attestation_report,
    deal_record,
    expire_reports,
    get,
    replay,
    verify,
)

__all__ = [
    "AttestRequest",
    "attest",
    "attestation_report",
    "deal_record",
    "expire_reports",
    "gather",
    "get",
    "get_attestation",
    "reconcile",
    "replay",
    "verify",
    "withdraw",
]
