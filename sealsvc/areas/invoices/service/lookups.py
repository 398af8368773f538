"""Put a query at the tax bureau on record; we do not ask the bureau ourselves."""

from dataclasses import replace

from sealsvc.areas.deps import Deps
from sealsvc.areas.invoices import repo
from sealsvc.areas.invoices.model.facts import invoice_looked_up
from sealsvc.areas.invoices.model.lifecycle import InvoiceAction, InvoiceState, invoice_step
from sealsvc.areas.invoices.model.record import (
    InvoiceView,
    Lookup,
    Proof,
    acting_entity,
    may_see,
    require_confirmable,
    validate_lookup,
)
from sealsvc.values import Principal


def record_lookup(deps: Deps, principal: Principal, invoice_id: str, lookup: Lookup) -> InvoiceView:
    """What the entity saw at the bureau's site, at its own responsibility.

    A good answer makes a received invoice a verified one whose proof is LOOKUP.
    Raises: ScopeMissing, NotYourEntity, InvoiceNotFound, InvoiceFieldInvalid, InvoiceNotSound,
    InvoiceNotIdentified, InvoiceIllegalTransition. Source: china-domain.md sections 4.1 and 4.6.
    """
    entity = acting_entity(principal)
    with deps.write() as tx:
        clean = validate_lookup(lookup, tx.now)
        old = repo.get(tx.session, invoice_id, lock=True)
        may_see(old, entity)
        step = invoice_step(old.state, clean.action)
        if clean.action is InvoiceAction.CONFIRM:
            require_confirmable(old)
        new = replace(
            old,
            state=step.target,
            lookup=clean.to_json(),
            proof=_proof(old, step.target),
            changed_at=tx.now,
        )
        fact = invoice_looked_up(step.fact_type, new, by=principal.client_id)
        new = replace(new, fact_id=tx.record(fact))
        repo.save(tx.session, new)
        tx.commit()
    return new


def _proof(old: InvoiceView, state: InvoiceState) -> Proof | None:
    if state is InvoiceState.BOOKED:
        return old.proof
    return (old.proof or Proof.LOOKUP) if state is InvoiceState.VERIFIED else None
