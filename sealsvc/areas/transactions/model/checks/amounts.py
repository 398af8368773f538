"""The price: what order, contract, invoices and payments say of it, exactly and in one currency."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sealsvc.areas.transactions.model.checks.attested import nodes
from sealsvc.areas.transactions.model.checks.invoices import remaining
from sealsvc.areas.transactions.model.deal import DEFAULT_CURRENCY, AttestationFact, Deal
from sealsvc.areas.transactions.model.kinds import AttestationKind, KindTable
from sealsvc.areas.transactions.model.money import in_bounds, parse_amount, plain, total
from sealsvc.areas.transactions.model.verdict import Check, found, passed


@dataclass(frozen=True)
class Price:
    """What one side says. name: of the side; nodes: it stands on.

    amount None: it does not say, or not within bounds.
    """

    name: str
    nodes: tuple[str, ...]
    amount: Decimal | None
    currency: str | None

    def shown(self) -> str:
        """As a person reads it."""
        amount = "?" if self.amount is None else plain(self.amount)
        return f"{amount} {self.currency or ''}".strip()


def check_amounts(deal: Deal, table: KindTable) -> Iterator[Check]:
    """Each pair of sides that state a price, then the payments together, then single values."""
    sides = stated_prices(deal)
    for at, left in enumerate(sides):
        for right in sides[at + 1 :]:
            yield _agreement(left, right)
    wanted = next((one for one in reversed(sides) if one.amount is not None), None)
    for kind in table.kinds.values():
        if kind.amount is None:
            continue
        stated = [
            _stated(node, one, kind) for node, one in nodes(deal) if one.record.kind == kind.name
        ]
        if kind.adds:
            yield from _together(kind, stated, wanted)
        else:
            yield from _alone(stated, wanted, deal)


def stated_prices(deal: Deal) -> list[Price]:
    """Of the order, the contract and the invoices, as far as they are there."""
    expected, contract, sides = deal.expected, deal.contract, list[Price]()
    if expected.amount is not None:
        sides.append(Price("order", ("order",), expected.amount, expected.currency))
    if contract is not None:
        amount = contract.amount
        amount = amount if amount is not None and in_bounds(amount) else None
        currency = contract.currency or DEFAULT_CURRENCY
        sides.append(Price("contract", ("contract",), amount, currency))
    if deal.invoices:
        sides.append(_invoiced(deal))
    return sides


def _invoiced(deal: Deal) -> Price:
    """All invoices together; several currencies are no price. Repetitions count once."""
    amounts, currencies, seen = list[Decimal | None](), set[str](), set[str]()
    for invoice in deal.invoices:
        if invoice.key is not None and invoice.key in seen:
            continue
        seen.add(invoice.key or "")
        amounts.append(remaining(invoice))
        currencies.add(invoice.currency or DEFAULT_CURRENCY)
    known = [one for one in amounts if one is not None]
    amount = total(known) if len(known) == len(amounts) else None
    names = tuple(f"invoice:{number}" for number in range(1, len(deal.invoices) + 1))
    return Price("invoice", names, amount, "/".join(sorted(currencies)))


def _stated(node: str, one: AttestationFact, kind: AttestationKind) -> Price:
    text, currency = one.record.text(kind.amount), one.record.text(kind.currency)
    return Price(node, (node,), None if text is None else parse_amount(text), currency)


def _agreement(left: Price, right: Price) -> Check:
    name, pair = f"{left.name}-{right.name}.amount", (*left.nodes, *right.nodes)
    if left.amount is None or right.amount is None:
        return found("TXN_AMOUNT_NOT_CHECKED", name, *pair)
    if left.currency != right.currency:
        code = "TXN_CURRENCY_MISMATCH"
    elif left.amount != right.amount:
        code = "TXN_AMOUNT_MISMATCH"
    else:
        return passed(name, *pair)
    return found(code, name, *pair, left=left.shown(), right=right.shown())


def _together(kind: AttestationKind, parts: list[Price], wanted: Price | None) -> Iterator[Check]:
    """Attestations whose amounts are to make up the price."""
    if not parts:
        return
    name = f"{kind.name}.total"
    here = tuple(node for one in parts for node in one.nodes)
    if wanted is None or wanted.amount is None:
        yield found("TXN_AMOUNT_UNKNOWN", name, *here)
        return
    pair = (*here, *wanted.nodes)
    foreign = [one for one in parts if one.currency != wanted.currency]
    known = [one.amount for one in parts if one.amount is not None]
    if foreign:
        left, right = foreign[0].shown(), wanted.shown()
        yield found("TXN_CURRENCY_MISMATCH", name, *pair, left=left, right=right)
    elif len(known) < len(parts):
        yield found("TXN_AMOUNT_OUT_OF_RANGE", name, *here)
    else:
        paid = total(known)
        left, right = f"{plain(paid)} {wanted.currency}", wanted.shown()
        if paid == wanted.amount:
            yield passed(name, *pair)
        elif paid < wanted.amount:
            yield found("TXN_PAYMENT_TOO_SMALL", name, *pair, left=left, right=right)
        else:
            yield found("TXN_PAYMENT_TOO_LARGE", name, *pair, left=left, right=right)


def _alone(parts: list[Price], wanted: Price | None, deal: Deal) -> Iterator[Check]:
    """Attestations that state the whole price each on their own, as far as they state one."""
    said = {node for node, one in nodes(deal) if "amount" in one.record.subject}
    for stated in parts:
        if stated.amount is None and stated.name in said:
            yield found("TXN_AMOUNT_OUT_OF_RANGE", f"{stated.name}.amount", *stated.nodes)
        elif stated.amount is not None and wanted is None:
            yield found("TXN_AMOUNT_UNKNOWN", f"{stated.name}.amount", *stated.nodes)
        elif stated.amount is not None and wanted is not None:
            yield _agreement(stated, wanted)
