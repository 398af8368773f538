"""The three invented merchants of a demonstration trust domain: A sells, B buys, C is another.

The names are made up and the credit codes synthetic (china-domain section 1.6).
"""

import json
from functools import cache
from importlib import resources
from types import MappingProxyType

from sealsvc.areas.entities.model.record import EntityDraft, OrganizationType


@cache
def demo_merchants() -> MappingProxyType[str, EntityDraft]:
    """Merchant letter (`a`, `b`, `c`, as in `access.model.DEMO_CLIENTS`) to its particulars."""
    return _drafts("merchants")


@cache
def demo_operators() -> MappingProxyType[str, EntityDraft]:
    """A payment institution and a carrier, by their client's name; the story registers them."""
    return _drafts("operators")


def _drafts(part: str) -> MappingProxyType[str, EntityDraft]:
    file = resources.files(__package__).joinpath("data", "demo_entities.json")
    rows = json.loads(file.read_text(encoding="utf-8"))[part]
    return MappingProxyType(
        {
            key: EntityDraft(
                uscc=row["uscc"],
                legal_name=row["legalName"],
                short_names=tuple(row["shortNames"]),
                legal_representative=row["legalRepresentative"],
                registered_address=row["registeredAddress"],
                organization_type=OrganizationType(row["organizationType"]),
            )
            for key, row in rows.items()
        }
    )


DEMO_ENTITIES: tuple[EntityDraft, ...] = tuple(demo_merchants().values())
"""Merchants A, B and C in this order."""
