"""Red-letter forms: one side enters, the other confirms within 72 hours. Source: rule R09."""

from dataclasses import replace
from decimal import Decimal

from sealsvc.areas.deps import Deps
from sealsvc.areas.invoices import repo
from sealsvc.areas.invoices.model.errors import RedLetterLimit
from sealsvc.areas.invoices.model.facts import red_letter_changed
from sealsvc.areas.invoices.model.lifecycle import (
    RED_LETTER_LIFETIME,
    RedLetterAction,
    Side,
    red_letter_step,
)
from sealsvc.areas.invoices.model.record import (
    REASON_LIMIT,
    InvoiceView,
    acting_entity,
    clean_text,
    may_see,
    require_proven,
)
from sealsvc.areas.invoices.model.red_letters import (
    FORMS_LIMIT,
    RedLetterDraft,
    RedLetterView,
    blue_parties,
    may_act,
    parse_amount,
    remaining,
    require_within,
    side_in,
)
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import Principal, random_id

LAPSE_BATCH = 200


def enter(
    deps: Deps, principal: Principal, invoice_id: str, draft: RedLetterDraft
) -> RedLetterView:
    """File a form against a verified blue invoice, as its seller or its buyer.

    Raises: ScopeMissing, NotYourEntity, InvoiceNotFound, InvoiceNotVerified, InvoiceNotIdentified,
    InvoiceNotBlue, RedLetterPartiesUnknown, RedLetterAmountInvalid, RedLetterExceedsRemaining,
    RedLetterLimit.
    """
    entity, amount = acting_entity(principal), parse_amount(draft.amount)
    with deps.write() as tx:
        view = repo.get(tx.session, invoice_id, lock=True)
        may_see(view, entity)
        mac, parties = require_proven(view), blue_parties(view)
        repo.lock_identity(tx.session, mac)
        _require_left(tx, (mac, parties), amount)
        by_seller = view.side is Side.SELLER
        action = RedLetterAction.ENTER_BY_SELLER if by_seller else RedLetterAction.ENTER_BY_BUYER
        step = red_letter_step(None, action)
        form = RedLetterView(
            form_id=random_id("red", deps.rng.bytes(16)),
            invoice_id=invoice_id,
            identity_mac=mac,
            number=_field(view, "number") or "",
            code=_field(view, "code"),
            seller_uscc=parties[0],
            buyer_uscc=parties[1],
            entered_by=view.side,
            amount=format(amount, "f"),
            reason=draft.reason,
            state=step.target,
            entered_at=tx.now,
            ended_at=None,
            note=None,
            by=principal.client_id,
            fact_id="",
        )
        fact = red_letter_changed(step.fact_type, form, by=principal.client_id)
        form = replace(form, fact_id=tx.record(fact))
        repo.add_form(tx.session, form)
        tx.commit()
    return form


def decide(
    deps: Deps,
    principal: Principal,
    form_id: str,
    action: RedLetterAction,
    note: str | None = None,
) -> RedLetterView:
    """Confirm or refuse as the other side, withdraw as one's own; but for confirming, with words.

    Raises: ScopeMissing, NotYourEntity, RedLetterNotFound, RedLetterNotCounterparty,
    RedLetterLapsed, RedLetterIllegalTransition, InvoiceFieldInvalid.
    """
    entity = acting_entity(principal)
    words = note
    if note is not None or action is not RedLetterAction.CONFIRM:
        words = clean_text("reason", note or "", REASON_LIMIT)
    with deps.write() as tx:
        form = _locked(tx, form_id, entity)
        may_act(form, entity, action, tx.now)
        new = _moved(tx, form, action, (words, principal.client_id))
        tx.commit()
    return new


def lapse_due(deps: Deps) -> int:
    """Record the forms whose 72 hours are over; how many. What they are does not wait for this."""
    with deps.write() as tx:
        due = repo.overdue_forms(tx.session, tx.now - RED_LETTER_LIFETIME, LAPSE_BATCH)
        for form in due:
            _moved(tx, form, RedLetterAction.LAPSE, (form.note, None))
        if due:
            tx.commit()
    return len(due)


def _locked(tx: UnitOfWork, form_id: str, entity: str) -> RedLetterView:
    """The form under the invoice's lock, for one of its two sides. Raises: RedLetterNotFound."""
    form = repo.get_form(tx.session, form_id)
    side_in(form, entity)
    repo.lock_identity(tx.session, form.identity_mac)
    return repo.get_form(tx.session, form_id, lock=True)


def _moved(
    tx: UnitOfWork,
    form: RedLetterView,
    action: RedLetterAction,
    said: tuple[str | None, str | None],
) -> RedLetterView:
    """The form one step on, recorded and stored. said: the words, and who says them."""
    words, by = said
    step = red_letter_step(form.state, action)
    ended = form.lapses_at if action is RedLetterAction.LAPSE else tx.now
    new = replace(form, state=step.target, ended_at=ended, note=words)
    new = replace(new, fact_id=tx.record(red_letter_changed(step.fact_type, new, by=by)))
    repo.save_form(tx.session, new)
    return new


def _require_left(tx: UnitOfWork, blue: tuple[str, tuple[str, str]], amount: Decimal) -> None:
    """Raises: RedLetterLimit, RedLetterExceedsRemaining."""
    mac, parties = blue
    forms = repo.forms_against(tx.session, mac)
    if len(forms) >= FORMS_LIMIT:
        raise RedLetterLimit(limit=FORMS_LIMIT)
    totals = repo.proven_totals(tx.session, mac, parties)
    require_within(amount, remaining(totals, forms, tx.now))


def _field(view: InvoiceView, name: str) -> str | None:
    value = view.fields.get(name)
    return value if isinstance(value, str) else None
