"""Apply for a seal; file a physical seal's code and imprint."""

from dataclasses import dataclass, replace
from typing import NoReturn

from sqlalchemy.exc import IntegrityError

from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.model import EntityView, canonicalise, public_uscc
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import (
    OCCUPYING,
    IllegalTransition,
    SealAction,
    SealCodeTaken,
    SealParties,
    default_uniqueness,
    imprint_filed,
    may,
    require_room,
    require_seal_code,
)
from sealsvc.areas.seals.model.pictures import Picture, drawn_picture, filed_picture
from sealsvc.areas.seals.model.views import (
    CounterpartInvalid,
    SealApplication,
    SealApplicationInvalid,
    SealOwnerChanged,
    SealView,
    require_certifiable,
    validate_application,
)
from sealsvc.areas.seals.repo import SealRow
from sealsvc.areas.seals.service._record import Change, particulars, record_change
from sealsvc.areas.seals.service.change import check_version
from sealsvc.imprint.render import ImprintSpec, spec_for
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import Principal, SealId, SealMedium, SealStatus, random_id

_OPEN = (SealStatus.APPLIED, SealStatus.APPROVED)
_USCC_INPUT_LIMIT = 64


@dataclass(frozen=True)
class Imprint:
    """A stored imprint. sha256: of the file; rgba_sha256: of its pixels."""

    sha256: str
    rgba_sha256: str
    width_mm: float | None
    height_mm: float | None


@dataclass(frozen=True)
class Filing:
    """What the engraver reports of a physical seal. picture: PNG, JPEG or BMP; code: 13-14 digits.

    if_version: refuse unless the seal is at this version.
    """

    picture: bytes
    code: str | None = None
    if_version: int | None = None


def apply(deps: Deps, principal: Principal, application: SealApplication) -> SealView:
    """Apply for a seal; an electronic one's imprint is drawn from the entity's record.

    Raises: ScopeMissing, NotYourEntity, EntityNotFound, EntityAlreadyCancelled,
    SealApplicationInvalid, SealCodeInvalid, SealCodeTaken, SealLimitReached, SealOwnerChanged,
    CounterpartInvalid, GlyphMissing, ImprintSpecInvalid, ImprintTextTooLong,
    ImprintPictureUnreadable.
    """
    uscc = canonicalise(application.uscc[:_USCC_INPUT_LIMIT])
    with deps.read() as session:
        owner = entities.get_active_in(session, uscc)
    may(principal, SealAction.APPLY, SealParties(owner.uscc, principal.client_id))
    validate_application(application)
    code = None if application.code is None else require_seal_code(application.code).code
    application = replace(application, uscc=owner.uscc, code=code)
    imprint = make_imprint(deps, owner, application)
    try:
        with deps.write() as tx:
            row = insert_application(tx, deps, principal, application, owner)
            set_imprint(row, imprint)
            record_application(tx, row, principal)
            tx.commit()
    except IntegrityError as error:
        _explain_conflict(deps, code, error)
    return repo.view(row)


def insert_application(
    tx: UnitOfWork,
    deps: Deps,
    principal: Principal,
    application: SealApplication,
    drawn_for: EntityView,
) -> SealRow:
    """A new row in the caller's unit of work; rules of number and counterpart checked under lock.

    drawn_for: the owner as the imprint shows it.
    Raises: EntityAlreadyCancelled, SealOwnerChanged, SealLimitReached, SealCodeTaken,
    CounterpartInvalid.
    """
    # Taken before any seal's lock, always in this order; serialises one entity's applications.
    owner = entities.lock_active_in(tx.session, application.uscc)
    if owner.legal_name != drawn_for.legal_name:
        raise SealOwnerChanged()
    kind = (application.seal_type, application.medium)
    require_room(default_uniqueness(), *kind, repo.occupied(tx.session, owner.uscc, *kind))
    if application.code is not None:
        _require_free(tx, application.code)
    row = SealRow(
        id=random_id("seal", deps.rng.bytes(16)),
        owner_uscc=owner.uscc,
        owner_name=owner.legal_name,
        owner_is_person=public_uscc(owner.uscc) is None,
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


def record_application(tx: UnitOfWork, row: SealRow, principal: Principal) -> None:
    """The first change of a seal's life."""
    by = principal.client_id
    details = particulars(row)
    change = Change(SealAction.APPLY, SealStatus.APPLIED, by, tx.now, details=details)
    record_change(tx, row, change)


def make_imprint(deps: Deps, owner: EntityView, application: SealApplication) -> Imprint | None:
    """Draw (electronic) or take (physical) the imprint and store it; None when none is given.

    Raises: SealApplicationInvalid, GlyphMissing, ImprintTextTooLong, ImprintSpecInvalid,
    ImprintPictureUnreadable.
    """
    if application.medium is SealMedium.ELECTRONIC:
        require_certifiable(owner.legal_name)
        spec = imprint_spec(owner, application)
        return _store(deps, deps.sandbox.run(drawn_picture, spec, deps.config.imprint_dpi))
    if application.imprint is None:
        return None
    return _store(deps, deps.sandbox.run(filed_picture, application.imprint))


def set_imprint(row: SealRow, imprint: Imprint | None) -> None:
    """Put the imprint's digests and size on the row."""
    if imprint is None:
        return
    row.imprint_sha256 = imprint.sha256
    row.imprint_rgba_sha256 = imprint.rgba_sha256
    row.width_mm = imprint.width_mm
    row.height_mm = imprint.height_mm


def file_imprint(deps: Deps, principal: Principal, seal_id: SealId, filing: Filing) -> SealView:
    """File a physical seal's imprint, and its code, while its application is open.

    Raises: SealNotFound, ScopeMissing, NotYourEntity, IllegalTransition, SealChanged,
    SealApplicationInvalid, SealCodeInvalid, SealCodeTaken, ImprintPictureUnreadable.
    """
    with deps.read() as session:
        _require_open(repo.get_seal(session, seal_id), principal)
    code = None if filing.code is None else require_seal_code(filing.code).code
    imprint = _store(deps, deps.sandbox.run(filed_picture, filing.picture))
    try:
        with deps.write() as tx:
            row = repo.get_for_update(tx.session, seal_id)
            _require_open(row, principal)
            check_version(row, filing.if_version)
            if code is not None and code != row.code:
                _require_free(tx, code)
                row.code = code
            set_imprint(row, imprint)
            row.version += 1
            tx.session.add(row)
            snapshot = repo.view(row).snapshot()
            fact = imprint_filed(snapshot, by=principal.client_id, imprint_sha256=imprint.sha256)
            tx.record(replace(fact, payload={**particulars(row), **fact.payload}))
            tx.commit()
    except IntegrityError as error:
        _explain_conflict(deps, code, error)
    return repo.view(row)


def _require_open(row: SealRow, principal: Principal) -> None:
    """Whether the client may file an imprint for this seal now."""
    may(principal, SealAction.APPLY, repo.view(row).parties())
    if row.medium != SealMedium.PHYSICAL:
        raise SealApplicationInvalid(field="imprint", reason="DRAWN_BY_THE_REGISTRY")
    if row.status not in _OPEN:
        raise IllegalTransition(status=row.status, action="FILE_IMPRINT")


def _require_free(tx: UnitOfWork, code: str) -> None:
    if repo.find_by_code(tx.session, code) is not None:
        raise SealCodeTaken(sealCode=code)


def _explain_conflict(deps: Deps, code: str | None, error: IntegrityError) -> NoReturn:
    """Two at once may pass the look before the write; anything else is a fault of ours.

    Raises: SealCodeTaken, or the database's error.
    """
    if code is not None:
        with deps.read() as session:
            if repo.find_by_code(session, code) is not None:
                raise SealCodeTaken(sealCode=code) from error
    raise error


def imprint_spec(owner: EntityView, seal: SealApplication | SealView) -> ImprintSpec:
    """What an electronic seal's imprint shows, by its owner's present record.

    Raises: ImprintSpecInvalid.
    """
    return spec_for(
        seal.seal_type,
        entity_name=owner.legal_name,
        uscc=owner.uscc,
        seal_name=seal.name,
        person_name=seal.person_name or owner.legal_representative,
        sequence=seal.sequence,
    )


def _suite(deps: Deps, application: SealApplication) -> str | None:
    if application.medium is SealMedium.PHYSICAL:
        return None
    return application.suite or deps.config.default_suite


def _store(deps: Deps, picture: Picture) -> Imprint:
    sha256 = deps.blobs.put(picture.png)
    return Imprint(sha256, picture.rgba_sha256, picture.width_mm, picture.height_mm)


def _link_counterpart(tx: UnitOfWork, row: SealRow, other_id: SealId) -> None:
    other = repo.get_for_update(tx.session, other_id)
    fits = (
        other.owner_uscc == row.owner_uscc
        and other.seal_type == row.seal_type
        and other.medium != row.medium
        and other.status in OCCUPYING
    )
    if not fits:
        raise CounterpartInvalid(counterpartSealId=other_id)
    row.counterpart_seal_id = other_id
