"""Who sells and who buys: registered, not cancelled, two and not one."""

from collections.abc import Iterator
from datetime import datetime

from sealsvc.areas.transactions.model.deal import Deal, MerchantFact
from sealsvc.areas.transactions.model.verdict import Check, found, passed

SIDES = ("seller", "buyer")


def check_merchants(deal: Deal) -> Iterator[Check]:
    """Both sides, and that they are two."""
    for side in SIDES:
        code = deal.seller if side == "seller" else deal.buyer
        yield from _side(deal, side, code)
    if deal.seller is not None and deal.seller == deal.buyer:
        yield found("TXN_SELF_DEAL", "merchants.two", "seller", "buyer", left=deal.seller)
    else:
        yield passed("merchants.two", "seller", "buyer")


def deal_time(deal: Deal) -> datetime | None:
    """When the deal was made: the contract's conclusion, else the first attestation."""
    if deal.contract is not None and deal.contract.concluded_at is not None:
        return deal.contract.concluded_at
    return min((one.record.issued_at for one in deal.attestations), default=None)


def _side(deal: Deal, side: str, code: str | None) -> Iterator[Check]:
    name = f"{side}.registered"
    if code is None:
        yield found("TXN_MERCHANT_UNKNOWN", name, side)
        return
    fact = deal.merchant(code)
    if fact is None or (fact.registered is None and fact.valid):
        yield found("TXN_MERCHANT_NOT_ASKED", name, side, left=code)
    elif not fact.valid:
        yield found("TXN_MERCHANT_CODE_INVALID", name, side, left=code)
    elif not fact.registered:
        yield found("TXN_MERCHANT_NOT_REGISTERED", name, side, left=code)
    else:
        yield passed(name, side, evidence=fact.fact_ids)
        yield _active(deal, side, fact)


def _active(deal: Deal, side: str, fact: MerchantFact) -> Check:
    """Cancelled before the deal, or at a time no one can tell to be later: it could not act."""
    name, ended = f"{side}.active", fact.cancelled_at
    if ended is None:
        return passed(name, side, evidence=fact.fact_ids)
    at = deal_time(deal)
    code = "TXN_MERCHANT_CANCELLED" if at is None or ended <= at else "TXN_MERCHANT_CANCELLED_LATER"
    return found(code, name, side, evidence=fact.fact_ids, left=fact.uscc, right=ended.date())
