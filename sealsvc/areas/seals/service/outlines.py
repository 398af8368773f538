"""The imprint as outlines, sharp at every scale, where it is the one that the registry drew."""

from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.seals.model.pictures import OutlineForm, outlines
from sealsvc.areas.seals.model.views import require_reader
from sealsvc.areas.seals.service.apply import imprint_spec
from sealsvc.areas.seals.service.query import get, imprint_of
from sealsvc.errors import BadInput, Conflict
from sealsvc.values import Principal, SealId, SealMedium


class ImprintNotDrawn(Conflict):
    """The imprint is a picture only: filed from outside, or drawn from a record since changed."""

    code = "IMPRINT_NOT_DRAWN"


def show_outlines(deps: Deps, viewer: Principal, seal_id: SealId, form: OutlineForm) -> bytes:
    """The registered imprint as SVG or as a one-page OFD, for those who may see the picture.

    Raises: SealNotFound, SealNotYours, BlobMissing, ImprintNotDrawn,
    ResourceLimit, WorkersBusy.
    """
    seal = get(deps, seal_id)
    require_reader(viewer, seal.owner_uscc)
    png = imprint_of(deps, seal)
    if seal.medium is SealMedium.PHYSICAL:
        raise ImprintNotDrawn()
    with deps.read() as session:
        owner = entities.find_in(session, seal.owner_uscc)
    assert owner is not None  # a seal's owner is never deleted
    try:
        drawn = deps.sandbox.run(outlines, imprint_spec(owner, seal), png, form, seal.applied_at)
    except BadInput as error:  # the present record cannot be drawn at all
        raise ImprintNotDrawn() from error
    if drawn is None:
        raise ImprintNotDrawn()
    return drawn
