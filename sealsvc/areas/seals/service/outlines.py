"""The imprint as outlines, sharp at every scale, where it is the one that the registry drew."""

from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.seals.model.pictures import OutlineForm, outlines
from sealsvc.areas.seals.model.views import require_reader
from sealsvc.areas.seals.service.apply import imprint_spec
from sealsvc.areas.seals.service.query import get, imprint_of
from sealsvc.errors import Conflict
from sealsvc.imprint.spec import ImprintSpecInvalid
from sealsvc.values import Principal, SealId


class ImprintNotDrawn(Conflict):
    """The imprint is a picture only: filed from outside, or drawn from a record since changed."""

    code = "IMPRINT_NOT_DRAWN"


def show_outlines(deps: Deps, viewer: Principal, seal_id: SealId, form: OutlineForm) -> bytes:
    """The registered imprint as SVG or as a one-page OFD, for those who may see the picture.

    Raises: SealNotFound, SealNotYours, BlobMissing, ImprintNotDrawn.
    """
    seal = get(deps, seal_id)
    require_reader(viewer, seal.owner_uscc)
    png = imprint_of(deps, seal)
    with deps.read() as session:
        owner = entities.find_in(session, seal.owner_uscc)
    assert owner is not None  # a seal's owner is never deleted
    try:
        spec = imprint_spec(owner, seal)
    except ImprintSpecInvalid as error:
        raise ImprintNotDrawn() from error
    drawn = deps.sandbox.run(outlines, spec, png, form, seal.applied_at)
    if drawn is None:
        raise ImprintNotDrawn()
    return drawn
