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
    sealing_suite: str | None


@dataclass(frozen=True)
class EntityView:
    """An entity of the register. entity_id: `ent_…`; version: counts the changes, from 1."""

    uscc: str
    legal_name: str
    status: EntityStatus
    entity_id: str
    registered_at: datetime
    changed_at: datetime
    short_names: tuple[str, ...] = ()
    legal_representative: str | None = None
    registered_address: str | None = None
    organization_type: OrganizationType | None = None
    sealing_suite: str | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    version: int = 1

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
            sealing_suite=self.sealing_suite,
        )

    def patched(self, patch: EntityPatch) -> EntityDraft:
        """The particulars after a change; nothing is checked yet."""
        return replace(self.draft, **patch)

    def public(self) -> "PublicEntity":
        """What anyone may see."""
        return PublicEntity(self.uscc, self.legal_name, self.status, self.version)


@dataclass(frozen=True)
class PublicEntity:
    """The members of an entity that need no key."""

    uscc: str
    legal_name: str
    status: EntityStatus
    version: int


def may_read(viewer: Principal | None, uscc: str | None) -> bool:
    """Whether the reader sees more than the public members: `entity.read`, and if bound, its own.

    uscc: None asks about every entity at once, which takes an unbound reader.
    """
    if viewer is None or Scope.ENTITY_READ not in viewer.scopes:
        return False
    return viewer.entity_uscc in (None, uscc)
