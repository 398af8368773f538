"""Apply for a seal; file a physical seal's imprint."""

from dataclasses import dataclass, replace

from sqlalchemy.exc import IntegrityError

from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.service import EntityView
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import (
    SealAction,
    SealCodeTaken,
    SealParties,
    default_uniqueness,
    imprint_filed,
    may,
    require_room,
    require_seal_code,
)
from sealsvc.areas.seals.model.views import (
    CounterpartInvalid,
    SealApplication,
    SealApplicationInvalid,
    SealView,
    validate_application,
)
from sealsvc.areas.seals.service._record import Change, record_change
from sealsvc.areas.seals.tables import SealRow
from sealsvc.documents.picture import picture_rgba_sha256
from sealsvc.imprint.picture import inspect_picture
from sealsvc.imprint.render import ImprintSpec, render_png, spec_for
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import Principal, SealId, SealMedium, SealStatus, random_id


@dataclass(frozen=True)
class Imprint:
    """A stored imprint. sha256: of the file; rgba_sha256: of its pixels."""

    sha256: str
    rgba_sha256: str
    width_mm: float | None
    height_mm: float | None


def apply(deps: Deps, principal: Principal, application: SealApplication) -> SealView:
    """Apply for a seal; an electronic one's imprint is drawn from the entity's record.

    Raises: ScopeMissing, NotYourEntity, EntityNotFound, EntityNotActive, SealApplicationInvalid,
    SealCodeInvalid, SealCodeTaken, SealLimitReached, CounterpartInvalid, GlyphMissing,
    ImprintTextTooLong, ImprintPictureUnreadable.
    """
    owner = entities.get_active(deps, application.uscc)
    application = replace(application, uscc=owner.uscc)
    applicant = SealParties(owner.uscc, principal.client_id)
    may(principal, SealAction.APPLY, applicant)
    validate_application(application)
    if application.code is not None:
        application = replace(application, code=require_seal_code(application.code).code)
    imprint = make_imprint(deps, owner, application)
    try:
        with deps.write() as tx:
            row = insert_application(tx, deps, principal, application)
            set_imprint(row, imprint)
            record_change(
                tx,
                row,
                Change(SealAction.APPLY, SealStatus.APPLIED, principal.client_id, tx.now),
            )
            tx.commit()
    except IntegrityError as error:
        raise SealCodeTaken(sealCode=application.code) from error
    return repo.view(row)


def insert_application(
    tx: UnitOfWork, deps: Deps, principal: Principal, application: SealApplication
) -> SealRow:
    """A new row in the caller's unit of work; rules of number and counterpart checked under lock.

    Raises: EntityNotActive, SealLimitReached, SealCodeTaken, CounterpartInvalid.
    """
    owner = entities.lock_active(tx, application.uscc)  # serialises applications of one entity
    kind = (application.seal_type, application.medium)
    require_room(default_uniqueness(), *kind, repo.occupied(tx.session, owner.uscc, *kind))
    if application.code and repo.find_by_code(tx.session, application.code):
        raise SealCodeTaken(sealCode=application.code)
    row = SealRow(
        id=random_id("seal", deps.rng.bytes(16)),
        owner_uscc=owner.uscc,
        owner_name=owner.legal_name,
        seal_type=str(application.seal_type),
        medium=str(application.medium),
        name=application.name.strip(),
        status=str(SealStatus.APPLIED),
        status_since=tx.now,
        version=0,
        applied_at=tx.now,
        applicant_client_id=principal.client_id,
        code=application.code,
        person_name=application.person_name,
        sequence=application.sequence,
        suite=_suite(deps, application),
    )
    if application.counterpart_seal_id is not None:
        _link_counterpart(tx, row, application.counterpart_seal_id)
    return row


def make_imprint(deps: Deps, owner: EntityView, application: SealApplication) -> Imprint | None:
    """Draw (electronic) or take (physical) the imprint and store it; None when none is given.

    Raises: GlyphMissing, ImprintTextTooLong, ImprintSpecInvalid, ImprintPictureUnreadable.
    """
    if application.medium is SealMedium.ELECTRONIC:
        spec = _spec(owner, application)
        png = deps.sandbox.run(render_png, spec, deps.config.imprint_dpi)
        return _store(deps, png, spec.width_mm, spec.height_mm)
    if application.imprint is None:
        return None
    return take_picture(deps, application.imprint)


def take_picture(deps: Deps, picture: bytes) -> Imprint:
    """Check and store a physical seal's imprint. Raises: ImprintPictureUnreadable."""
    info = deps.sandbox.run(inspect_picture, picture)
    if info.dpi is None:
        return _store(deps, picture, None, None)
    millimetres = 25.4 / info.dpi
    return _store(deps, picture, info.width_px * millimetres, info.height_px * millimetres)


def set_imprint(row: SealRow, imprint: Imprint | None) -> None:
    """Put the imprint's digests and size on the row."""
    if imprint is None:
        return
    row.imprint_sha256 = imprint.sha256
    row.imprint_rgba_sha256 = imprint.rgba_sha256
    row.width_mm = imprint.width_mm
    row.height_mm = imprint.height_mm


def file_imprint(deps: Deps, principal: Principal, seal_id: SealId, picture: bytes) -> SealView:
    """File a physical seal's imprint while its application is open.

    Raises: SealNotFound, ScopeMissing, NotYourEntity, SealApplicationInvalid,
    ImprintPictureUnreadable.
    """
    imprint = take_picture(deps, picture)
    with deps.write() as tx:
        row = repo.get_for_update(tx.session, seal_id)
        may(principal, SealAction.APPLY, repo.view(row).parties())
        if row.medium != SealMedium.PHYSICAL:
            raise SealApplicationInvalid(field="imprint", reason="DRAWN_BY_THE_REGISTRY")
        if row.status not in (SealStatus.APPLIED, SealStatus.APPROVED):
            raise SealApplicationInvalid(field="imprint", reason="ALREADY_DECIDED")
        set_imprint(row, imprint)
        row.version += 1
        tx.session.add(row)
        filed = imprint_filed(
            repo.view(row).snapshot(), by=principal.client_id, imprint_sha256=imprint.sha256
        )
        tx.record(filed)
        tx.commit()
    return repo.view(row)


def _spec(owner: EntityView, application: SealApplication) -> ImprintSpec:
    return spec_for(
        application.seal_type,
        entity_name=owner.legal_name,
        uscc=owner.uscc,
        seal_name=application.name,
        person_name=application.person_name or owner.legal_representative,
        sequence=application.sequence,
    )


def _suite(deps: Deps, application: SealApplication) -> str | None:
    if application.medium is SealMedium.PHYSICAL:
        return None
    return application.suite or deps.config.default_suite


def _store(deps: Deps, data: bytes, width_mm: float | None, height_mm: float | None) -> Imprint:
    rgba_sha256 = deps.sandbox.run(picture_rgba_sha256, data)
    return Imprint(deps.blobs.put(data), rgba_sha256, width_mm, height_mm)


def _link_counterpart(tx: UnitOfWork, row: SealRow, other_id: SealId) -> None:
    other = repo.get_for_update(tx.session, other_id)
    if other.owner_uscc != row.owner_uscc or other.medium == row.medium:
        raise CounterpartInvalid(counterpartSealId=other_id)
    row.counterpart_seal_id = other_id
