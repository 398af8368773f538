"""What came when: nothing in the future, nothing before what it follows from."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise

from sealsvc.areas.transactions.model.attestation import parse_instant, whole_utc
from sealsvc.areas.transactions.model.checks.attested import nodes
from sealsvc.areas.transactions.model.deal import AttestationFact, Deal
from sealsvc.areas.transactions.model.kinds import AttestationKind, KindTable
from sealsvc.areas.transactions.model.verdict import Check, found, passed

# The days on Chinese papers are days in China, which has one zone and no summer time.
CHINA = timezone(timedelta(hours=8), "UTC+8")
# Other services' clocks are not ours.
SKEW = timedelta(minutes=5)


def check_times(deal: Deal, table: KindTable) -> Iterator[Check]:
    """Days of the contract and the invoices, then the instants of the attestations."""
    concluded = deal.contract.concluded_at if deal.contract else None
    if concluded is not None:
        yield _day(deal, concluded.astimezone(CHINA).date(), "contract")
    for number, invoice in enumerate(deal.invoices, 1):
        node = f"invoice:{number}"
        if invoice.issued_on is None:
            yield found("TXN_INVOICE_FIELD_MISSING", f"{node}.day", node, left="date")
            continue
        yield _day(deal, invoice.issued_on, node)
        if concluded is not None:
            yield _after_contract(invoice.issued_on, concluded.astimezone(CHINA).date(), node)
    for node, one in nodes(deal):
        kind = table.find(one.record.kind)
        if kind is not None:
            yield from _instants(deal, one, kind, node)


def _day(deal: Deal, day: date, node: str) -> Check:
    name, expected = f"{node}.day", deal.expected
    if day > (deal.asked_at + SKEW).astimezone(CHINA).date():
        return found("TXN_DATE_IN_FUTURE", name, node, left=day.isoformat())
    first, last = expected.not_before, expected.not_after
    if (first is not None and day < first) or (last is not None and day > last):
        shown = f"{first or ''}..{last or ''}"
        return found("TXN_DATE_OUT_OF_RANGE", name, node, left=day.isoformat(), right=shown)
    return passed(name, node)


def _after_contract(day: date, concluded: date, node: str) -> Check:
    name = f"{node}-contract.order"
    if day < concluded:
        return found(
            "TXN_BEFORE_CONTRACT", name, node, left=day.isoformat(), right=concluded.isoformat()
        )
    return passed(name, node, "contract")


def _instants(
    deal: Deal, fact: AttestationFact, kind: AttestationKind, node: str
) -> Iterator[Check]:
    """Happened in the order of the kind, before it was attested, and that before now."""
    texts = [fact.record.text(member) for member in kind.happened_at]
    known = [parse_instant(text) for text in texts if text is not None]
    times = [at for at in known if at is not None]
    ends = [*times, fact.record.issued_at + SKEW]
    yield _sequence(ends, f"{node}.times", node)
    name = f"{node}.future"
    latest = max([*times, fact.record.issued_at])
    if latest > deal.asked_at + SKEW:
        yield found("TXN_DATE_IN_FUTURE", name, node, left=whole_utc(latest))
    else:
        yield passed(name, node)
    concluded = deal.contract.concluded_at if deal.contract else None
    if concluded is None or not times:
        return
    name = f"{node}-contract.order"
    if times[0] + SKEW < concluded:
        left, right = whole_utc(times[0]), whole_utc(concluded)
        yield found("TXN_BEFORE_CONTRACT", name, node, left=left, right=right)
    else:
        yield passed(name, node, "contract")


def _sequence(times: list[datetime], name: str, node: str) -> Check:
    for earlier, later in pairwise(times):
        if later < earlier:
            left, right = whole_utc(later), whole_utc(earlier)
            return found("TXN_DATES_IMPOSSIBLE", name, node, left=left, right=right)
    return passed(name, node)
