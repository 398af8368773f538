"""One verdict over a deal: every check in its order, the worst word wins. Pure.

The same facts under the same policy and table give the same verdict for ever; that is what a
replay stands on.
"""

from collections.abc import Iterator

from sealsvc.areas.transactions.model.checks.amounts import check_amounts
from sealsvc.areas.transactions.model.checks.attested import check_attestation, check_attestations
from sealsvc.areas.transactions.model.checks.contract import check_contract
from sealsvc.areas.transactions.model.checks.invoices import check_invoices
from sealsvc.areas.transactions.model.checks.merchants import check_merchants
from sealsvc.areas.transactions.model.checks.times import check_times
from sealsvc.areas.transactions.model.deal import AttestationFact, Deal, Part
from sealsvc.areas.transactions.model.kinds import KindTable
from sealsvc.areas.transactions.model.policy import TransactionPolicy
from sealsvc.areas.transactions.model.verdict import Check, Verdict, found, passed


def judge(deal: Deal, policy: TransactionPolicy, table: KindTable) -> Verdict:
    """The verdict over all that is known of a transaction."""
    checks = (
        *check_merchants(deal),
        *check_contract(deal),
        *check_invoices(deal),
        *check_attestations(deal, table),
        *check_amounts(deal, table),
        *check_times(deal, table),
        *_parts(deal, policy),
    )
    return Verdict(checks)


def judge_attestation(fact: AttestationFact, table: KindTable) -> Verdict:
    """The verdict over one attestation alone."""
    return Verdict(tuple(check_attestation(fact, fact.record.kind, table)))


def present_parts(deal: Deal) -> frozenset[str]:
    """Names of the parts that were given."""
    parts: set[str] = {one.record.kind for one in deal.attestations}
    if deal.contract is not None:
        parts.add(Part.CONTRACT)
    if deal.invoices:
        parts.add(Part.INVOICE)
    return frozenset(str(part) for part in parts)


def _parts(deal: Deal, policy: TransactionPolicy) -> Iterator[Check]:
    """What is missing: a doubt where the policy needs it, else said not to be checked."""
    present = present_parts(deal)
    for part in policy.asked:
        name = f"{part}.given"
        if part in present:
            yield passed(name, str(part))
        elif part in policy.required:
            yield found("TXN_PART_MISSING", name, str(part))
        else:
            yield found("TXN_PART_NOT_GIVEN", name, str(part))
