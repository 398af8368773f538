"""Look a sealing up, fetch its sealed file."""

from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing import repo
from sealsvc.areas.sealing.model import SealingNotCompleted, SealingView, may_see
from sealsvc.values import Principal


def get(deps: Deps, principal: Principal, sealing_id: str) -> SealingView:
    """One sealing, for the seal's owner and for auditors. Raises: SealingNotFound."""
    with deps.read() as session:
        view = repo.get(session, sealing_id)
    may_see(view, principal)
    return view


def document(deps: Deps, principal: Principal, sealing_id: str) -> tuple[SealingView, bytes]:
    """The sealed file as it left. Raises: SealingNotFound, SealingNotCompleted, BlobMissing."""
    view = get(deps, principal, sealing_id)
    if view.sealed_sha256 is None:
        raise SealingNotCompleted(status=str(view.status))
    return view, deps.blobs.get(view.sealed_sha256)
