"""Claim an invoice for one entity, and give the claim back.

All companies that have the same invoice lock one shared row, found by the keyed digest of its
code and number, so that of any number of claimers at once exactly one succeeds.
"""

from dataclasses import replace

from sealsvc.areas.deps import Deps
from sealsvc.areas.invoices import repo
from sealsvc.areas.invoices.model.errors import ClaimExists, ClaimTaken, InvoiceReversed
from sealsvc.areas.invoices.model.facts import invoice_claimed, invoice_released
from sealsvc.areas.invoices.model.lifecycle import ClaimAction, claim_step
from sealsvc.areas.invoices.model.record import (
    REASON_LIMIT,
    ClaimPurpose,
    ClaimView,
    InvoiceView,
    acting_entity,
    clean_text,
    may_see,
    require_claimable,
)
from sealsvc.areas.invoices.model.red_letters import RedStatus, red_status
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import Principal, random_id


def claim(deps: Deps, principal: Principal, invoice_id: str, purpose: ClaimPurpose) -> ClaimView:
    """Use a verified invoice for a purpose; no other entity can use it while the claim is held.

    Raises: ScopeMissing, NotYourEntity, InvoiceNotFound, InvoiceNotForSeller, InvoiceNotVerified,
    InvoiceNotIdentified, InvoiceReversed, ClaimTaken, ClaimExists.
    """
    entity = acting_entity(principal)
    with deps.write() as tx:
        view = repo.get(tx.session, invoice_id, lock=True)
        may_see(view, entity)
        mac = require_claimable(view)
        _require_free(tx, view, mac, purpose)
        step = claim_step(None, ClaimAction.CLAIM)
        made = ClaimView(
            claim_id=random_id("clm", deps.rng.bytes(16)),
            invoice_id=invoice_id,
            entity_uscc=entity,
            identity_mac=mac,
            purpose=purpose,
            state=step.target,
            claimed_at=tx.now,
            released_at=None,
            by=principal.client_id,
            fact_id="",
        )
        made = replace(made, fact_id=tx.record(invoice_claimed(view, made)))
        repo.set_holder(tx.session, mac, entity)
        repo.add_claim(tx.session, made)
        tx.commit()
    return made


def release(deps: Deps, principal: Principal, key: tuple[str, str], reason: str) -> ClaimView:
    """Give a claim back; the last one frees the invoice for others. key: invoice and claim id.

    Raises: ScopeMissing, NotYourEntity, InvoiceNotFound, ClaimNotFound, InvoiceFieldInvalid,
    ClaimIllegalTransition.
    """
    entity, words = acting_entity(principal), clean_text("reason", reason, REASON_LIMIT)
    with deps.write() as tx:
        view = repo.get(tx.session, key[0], lock=True)
        may_see(view, entity)
        mac = repo.get_claim(tx.session, *key).identity_mac
        repo.lock_identity(tx.session, mac)
        held = repo.get_claim(tx.session, *key, lock=True)
        step = claim_step(held.state, ClaimAction.RELEASE)
        ended = replace(held, state=step.target, released_at=tx.now)
        fact = invoice_released(view, ended, by=principal.client_id, reason=words)
        ended = replace(ended, fact_id=tx.record(fact))
        repo.release_claim(tx.session, ended)
        others = [one for one in repo.held_claims(tx.session, mac) if one.claim_id != key[1]]
        if not others:
            repo.set_holder(tx.session, mac, None)
        tx.commit()
    return ended


def require_not_held(tx: UnitOfWork, mac: str, entity: str) -> None:
    """Lock the invoice and let pass where no other entity holds it. Raises: ClaimTaken."""
    if repo.lock_identity(tx.session, mac) not in (None, entity):
        raise ClaimTaken()


def is_held_by_other(deps: Deps, mac: str, entity: str) -> bool:
    """Whether another entity holds a claim on the invoice just now; a look, no promise."""
    with deps.read() as session:
        return any(one.entity_uscc != entity for one in repo.held_claims(session, mac))


def _require_free(tx: UnitOfWork, view: InvoiceView, mac: str, purpose: ClaimPurpose) -> None:
    require_not_held(tx, mac, view.entity_uscc)
    for one in repo.held_claims(tx.session, mac):
        if one.purpose is purpose:
            raise ClaimExists(claim_id=one.claim_id)
    if red_status(view.gross, repo.forms_against(tx.session, mac)) is RedStatus.FULLY:
        raise InvoiceReversed()
