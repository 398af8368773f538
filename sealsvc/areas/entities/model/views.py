"""What readers of the register see, and who may see all of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict

from sealsvc.areas.entities.model.record import EntityDraft, EntityStatus, OrganizationType
from sealsvc.values import Principal, Scope


class EntityPatch(TypedDict, total=False):
    """The fields a change names; those left out stay as they are."""

    legal_name: str
    short_names: tuple[str, ...]
    legal_representative: str | None
    registered_address: str | None
    organization_type: OrganizationType | None


@dataclass(frozen=True)
class EntityView:
    """An entity of the register.

    complete: False where the reader may see the public members only (credit code, name, status);
    all others are then empty. version: counts the changes, from 1.
    """

    uscc: str
    legal_name: str
    status: EntityStatus
    complete: bool = True
    entity_id: str | None = None
    short_names: tuple[str, ...] = ()
    legal_representative: str | None = None
    registered_address: str | None = None
    organization_type: OrganizationType | None = None
    registered_at: datetime | None = None
    changed_at: datetime | None = None
    cancelled_at: datetime | None = None
    version: int | None = None

    @property
    def draft(self) -> EntityDraft:
        """The particulars, as a change starts from them."""
        return EntityDraft(
            uscc=self.uscc,
            legal_name=self.legal_name,
            short_names=self.short_names,
            legal_representative=self.legal_representative,
            registered_address=self.registered_address,
            organization_type=self.organization_type,
        )

    def patched(self, patch: EntityPatch) -> EntityDraft:
        """The particulars after a change; nothing is checked yet."""
        return replace(self.draft, **patch)


def may_read(viewer: Principal | None, uscc: str) -> bool:
    """Whether the reader sees more than the public members: `entity.read`, and if bound, its own."""
    if viewer is None or Scope.ENTITY_READ not in viewer.scopes:
        return False
    return viewer.entity_uscc in (None, uscc)


def public_part(entity: EntityView) -> EntityView:
    """What anyone may see."""
    return EntityView(entity.uscc, entity.legal_name, entity.status, complete=False)
