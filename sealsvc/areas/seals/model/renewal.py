"""When a seal's certificate wants renewing: computed from its end, kept nowhere."""

from datetime import datetime, timedelta

from sealsvc.values import SealStatus

RENEWAL_WINDOW = timedelta(days=30)
_LIVING = frozenset({SealStatus.ACTIVE, SealStatus.SUSPENDED})


def renewal_due(status: SealStatus, valid_until: datetime | None, now: datetime) -> bool:
    """Whether the certificate of a seal in use ends within 30 days, or has ended.

    False without a certificate, and of seals that will never seal again: a reissue is no way back.
    """
    return status in _LIVING and valid_until is not None and valid_until - now <= RENEWAL_WINDOW
