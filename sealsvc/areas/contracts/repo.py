"""Every query on contracts, their templates and packages."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, or_
from sqlmodel import Session, col, func, select

from sealsvc.areas.contracts.model.contract import (
    ContractNotFound,
    ContractView,
    Party,
    PartyRole,
    Pending,
    SealingOrder,
    SealingStep,
    Slot,
    SuccessionKind,
)
from sealsvc.areas.contracts.model.lifecycle import EXPIRING, ContractAction, ContractStatus
from sealsvc.areas.contracts.model.template import (
    Clause,
    Placeholder,
    TemplateDraft,
    TemplateNotFound,
    TemplateView,
    ValueKind,
    template_json,
)
from sealsvc.areas.contracts.model.views import ContractEvent, ContractFilter
from sealsvc.areas.contracts.tables import (
    ContractEventRow,
    ContractEvidenceRow,
    ContractPartyRow,
    ContractRow,
    ContractSealingRow,
    ContractSlotRow,
    ContractTemplateRow,
)
from sealsvc.storage.seeking import beside
from sealsvc.values import Placement

BATCH = 200


def add(session: Session, contract: ContractView) -> None:
    """A new contract with its parties."""
    session.add(ContractRow(id=contract.contract_id, **_columns(contract)))
    session.flush()
    _add_parties(session, contract)


def save(session: Session, contract: ContractView) -> None:
    """Store the contract's own members; parties and seals have verbs of their own."""
    row = _locked(session, contract.contract_id)
    for name, value in _columns(contract).items():
        setattr(row, name, value)
    session.add(row)


def replace_parties(session: Session, contract: ContractView) -> None:
    """Other parties than before, while nobody has sealed."""
    for row in _parties(session, contract.contract_id):
        session.delete(row)
    session.flush()
    _add_parties(session, contract)


def add_step(session: Session, contract_id: str, step: SealingStep) -> None:
    """One more seal."""
    session.add(ContractSealingRow(contract_id=contract_id, **asdict(step)))


def add_event(session: Session, contract_id: str, event: ContractEvent) -> None:
    """One more recorded fact."""
    session.add(ContractEventRow(contract_id=contract_id, **asdict(event)))


def events(session: Session, contract_id: str) -> list[ContractEvent]:
    """All recorded facts in order."""
    query = select(ContractEventRow).where(ContractEventRow.contract_id == contract_id)
    rows = session.exec(query.order_by(col(ContractEventRow.position))).all()
    return [ContractEvent(**row.model_dump(exclude={"position", "contract_id"})) for row in rows]


def get(session: Session, contract_id: str) -> ContractView:
    """One contract. Raises: ContractNotFound."""
    row = session.get(ContractRow, contract_id)
    if row is None:
        raise ContractNotFound()
    return _view(session, row)


def get_for_update(session: Session, contract_id: str) -> ContractView:
    """One contract, locked until the transaction ends. Raises: ContractNotFound."""
    return _view(session, _locked(session, contract_id))


def search(session: Session, wanted: ContractFilter) -> list[ContractView]:
    """Contracts by id from the newest on; one more than the limit tells that there are more."""
    query = select(ContractRow).order_by(col(ContractRow.id).desc()).limit(wanted.limit + 1)
    if wanted.uscc is not None:
        own = col(ContractRow.initiator_uscc) == wanted.uscc
        query = query.where(
            col(ContractRow.id).in_(_of_entity(wanted.uscc)),
            or_(own, col(ContractRow.shared).is_(True)),
        )
    if wanted.status is not None:
        named = wanted.uscc is not None or wanted.number is not None
        status = beside(ContractRow.status) if named else col(ContractRow.status)
        query = query.where(status == str(wanted.status))
    if wanted.number is not None:
        query = query.where(ContractRow.number == wanted.number)
    if wanted.after is not None:
        query = query.where(col(ContractRow.id) < wanted.after)
    return [_view(session, row) for row in session.exec(query).all()]


def _of_entity(uscc: str) -> Any:
    """Subquery: ids of contracts that the entity drew up or is a party of."""
    drawn_up = select(ContractRow.id).where(ContractRow.initiator_uscc == uscc)
    party_of = select(ContractPartyRow.contract_id).where(ContractPartyRow.uscc == uscc)
    return drawn_up.union(party_of)


def due_to_expire(session: Session, now: datetime) -> list[str]:
    """Ids of unconcluded contracts whose deadline is over."""
    query = select(ContractRow.id).where(
        col(ContractRow.status).in_([str(one) for one in EXPIRING]),
        col(ContractRow.deadline) <= now,
    )
    return list(session.exec(query.order_by(col(ContractRow.id)).limit(BATCH)).all())


def find_slot(session: Session, contract_id: str) -> Slot | None:
    """Who is sealing, the lease over or not."""
    row = session.get(ContractSlotRow, contract_id)
    return None if row is None else Slot(**row.model_dump())


def put_slot(session: Session, slot: Slot) -> None:
    """Take the slot; one whose lease is over goes."""
    free_slot(session, slot.contract_id)
    session.add(ContractSlotRow(**asdict(slot)))


def free_slot(session: Session, contract_id: str) -> None:
    """Nobody is sealing any more."""
    session.execute(delete(ContractSlotRow).where(col(ContractSlotRow.contract_id) == contract_id))


def find_evidence(session: Session, contract_id: str, version: int) -> str | None:
    """Digest of the package made for this version."""
    row = session.get(ContractEvidenceRow, (contract_id, version))
    return None if row is None else row.sha256


def add_evidence(
    session: Session, contract: ContractView, sha256: str, at: datetime, fact_id: str
) -> None:
    """The package of this version."""
    session.add(
        ContractEvidenceRow(
            contract_id=contract.contract_id,
            version=contract.version,
            sha256=sha256,
            made_at=at,
            fact_id=fact_id,
        )
    )


def add_template(session: Session, template: TemplateView) -> None:
    """A new version of a template."""
    session.add(
        ContractTemplateRow(
            id=template.template_id,
            version=template.version,
            owner_uscc=template.owner_uscc,
            content=template_json(template.draft),
            created_at=template.created_at,
            by=template.by,
            fact_id=template.fact_id,
        )
    )


def get_template(
    session: Session, template_id: str, version: int | None = None, *, lock: bool = False
) -> TemplateView:
    """One version, the newest where none is named. lock: its first version, against a second
    new one at once. Raises: TemplateNotFound.
    """
    query = select(ContractTemplateRow).where(ContractTemplateRow.id == template_id)
    if lock:
        session.exec(query.where(ContractTemplateRow.version == 1).with_for_update()).all()
    if version is not None:
        query = query.where(ContractTemplateRow.version == version)
    row = session.exec(query.order_by(col(ContractTemplateRow.version).desc()).limit(1)).first()
    if row is None:
        raise TemplateNotFound()
    return _template(row)


def search_templates(
    session: Session, owner_uscc: str | None, *, every: bool, after: str | None, limit: int
) -> list[TemplateView]:
    """The newest version of each template by id; one more than the limit tells of more.

    owner_uscc: whose own ones count beside everybody's; every: all of them.
    """
    newest = (
        select(ContractTemplateRow.id, func.max(ContractTemplateRow.version).label("version"))
        .group_by(ContractTemplateRow.id)
        .subquery()
    )
    query = select(ContractTemplateRow).join(
        newest,
        and_(
            col(ContractTemplateRow.id) == newest.c.id,
            col(ContractTemplateRow.version) == newest.c.version,
        ),
    )
    if not every:
        owner = col(ContractTemplateRow.owner_uscc)
        query = query.where(or_(owner.is_(None), owner == owner_uscc))
    if after is not None:
        query = query.where(col(ContractTemplateRow.id) < after)
    rows = session.exec(query.order_by(col(ContractTemplateRow.id).desc()).limit(limit + 1)).all()
    return [_template(row) for row in rows]


def _locked(session: Session, contract_id: str) -> ContractRow:
    query = select(ContractRow).where(ContractRow.id == contract_id).with_for_update()
    row = session.exec(query).one_or_none()
    if row is None:
        raise ContractNotFound()
    return row


def _parties(session: Session, contract_id: str) -> list[ContractPartyRow]:
    query = select(ContractPartyRow).where(ContractPartyRow.contract_id == contract_id)
    return list(session.exec(query.order_by(col(ContractPartyRow.position))).all())


def _add_parties(session: Session, contract: ContractView) -> None:
    for position, party in enumerate(contract.parties, 1):
        place = party.place
        session.add(
            ContractPartyRow(
                contract_id=contract.contract_id,
                position=position,
                uscc=party.uscc,
                name=party.name,
                role=str(party.role),
                page=None if place is None else place.page,
                x_mm=None if place is None else place.x_mm,
                y_mm=None if place is None else place.y_mm,
                width_mm=None if place is None else place.width_mm,
                keyword=party.keyword,
            )
        )


def _columns(contract: ContractView) -> dict[str, Any]:
    pending = contract.pending
    return {
        "title": contract.title,
        "number": contract.number,
        "status": str(contract.status),
        "status_since": contract.status_since,
        "version": contract.version,
        "initiator_uscc": contract.initiator_uscc,
        "order": str(contract.order),
        "deadline": contract.deadline,
        "media_type": contract.media_type,
        "original_sha256": contract.original_sha256,
        "current_sha256": contract.current_sha256,
        "created_at": contract.created_at,
        "shared": contract.shared,
        "template_id": contract.template_id,
        "template_version": contract.template_version,
        "clause_data": contract.clause_data,
        "supersedes": contract.supersedes,
        "succession": None if contract.succession is None else str(contract.succession),
        "superseded_by": contract.superseded_by,
        "concluded_at": contract.concluded_at,
        "pending_action": None if pending is None else str(pending.action),
        "pending_by_uscc": None if pending is None else pending.by_uscc,
        "pending_reason": None if pending is None else pending.reason,
    }


def _view(session: Session, row: ContractRow) -> ContractView:
    plain = row.model_dump(exclude={"id", "pending_action", "pending_by_uscc", "pending_reason"})
    steps = select(ContractSealingRow).where(ContractSealingRow.contract_id == row.id)
    found = session.exec(steps.order_by(col(ContractSealingRow.step))).all()
    pending = None
    if row.pending_action is not None and row.pending_by_uscc is not None:
        pending = Pending(
            ContractAction(row.pending_action), row.pending_by_uscc, row.pending_reason
        )
    plain |= {
        "status": ContractStatus(row.status),
        "order": SealingOrder(row.order),
        "succession": None if row.succession is None else SuccessionKind(row.succession),
    }
    return ContractView(
        contract_id=row.id,
        parties=tuple(_party(one) for one in _parties(session, row.id)),
        steps=tuple(SealingStep(**one.model_dump(exclude={"contract_id"})) for one in found),
        pending=pending,
        **plain,
    )


def _party(row: ContractPartyRow) -> Party:
    party = Party(row.uscc, PartyRole(row.role), row.name, keyword=row.keyword)
    if row.page is None or row.x_mm is None or row.y_mm is None or row.width_mm is None:
        return party
    return replace(party, place=Placement(row.page, row.x_mm, row.y_mm, row.width_mm))


def _template(row: ContractTemplateRow) -> TemplateView:
    content = row.content
    draft = TemplateDraft(
        title=content["title"],
        clauses=tuple(Clause(one["heading"], one["text"]) for one in content["clauses"]),
        placeholders=tuple(
            Placeholder(
                one["name"],
                one["label"],
                ValueKind(one["kind"]),
                one["maxLength"],
                one["default"],
            )
            for one in content["placeholders"]
        ),
    )
    return TemplateView(
        row.id, row.version, row.owner_uscc, draft, row.created_at, row.by, row.fact_id
    )
