"""Which kinds of attestation there are: data, read once from a versioned file of the package.

A new kind is a new row: who may attest it, what its subject must say, and what of it has to agree
with the deal.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256
from importlib import resources
from types import MappingProxyType
from typing import Any, cast

import rfc8785

from sealsvc.errors import BadInput
from sealsvc.values import JsonObject, SealType

REFERENCES = ("orderNumber", "contractNumber", "invoiceNumber")
"""Members by which an attestation says which deal it belongs to."""


class AttestationKindUnknown(BadInput):
    """An attestation of a kind was named that the table does not hold."""

    code = "ATTESTATION_KIND_UNKNOWN"


class MemberType(StrEnum):
    """What a member of a subject holds; each has one spelling."""

    USCC = "uscc"
    AMOUNT = "amount"
    CURRENCY = "currency"
    INSTANT = "instant"
    TEXT = "text"
    COUNT = "count"


@dataclass(frozen=True)
class Member:
    """One member of a subject. limit: characters of a text; zh: what people call it."""

    type: MemberType
    required: bool = False
    limit: int = 64
    zh: str = ""


@dataclass(frozen=True)
class AttestationKind:
    """One row of the table.

    permits: kinds of permit of which the operator must hold a valid one. seal_types: seals it may
    attest with. number: the member that is the operator's own number. happened_at: instants in the
    order in which they can only follow each other. parties: member to its part in the deal,
    `seller` or `buyer`. amount, currency: the members, if it states a price; adds: the amounts of
    all such attestations together are to make up the price, else each stands for it alone.
    """

    name: str
    zh: str
    en: str
    permits: tuple[str, ...]
    seal_types: tuple[SealType, ...]
    number: str
    happened_at: tuple[str, ...]
    parties: tuple[tuple[str, str], ...]
    members: Mapping[str, Member]
    amount: str | None = None
    currency: str | None = None
    adds: bool = False

    def word(self, lang: str) -> str:
        """What people call it. lang: `zh` or `en`."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class KindTable:
    """The kinds of a trust domain. digest: hex SHA-256 over the table's content."""

    version: str
    kinds: Mapping[str, AttestationKind]
    digest: str

    def find(self, name: str) -> AttestationKind | None:
        """The kind of that name."""
        return self.kinds.get(name)

    def get(self, name: str) -> AttestationKind:
        """The kind of that name. Raises: AttestationKindUnknown."""
        found = self.kinds.get(name)
        if found is None:
            raise AttestationKindUnknown(kind=name[:40])
        return found


@cache
def kind_table() -> KindTable:
    """The table that comes with the package."""
    file = resources.files(__package__).joinpath("data", "attestation_kinds.json")
    return read_table(json.loads(file.read_text(encoding="utf-8")))


def read_table(shape: JsonObject) -> KindTable:
    """A table from its JSON. Raises: KeyError, ValueError, TypeError where it is malformed."""
    rows = cast(dict[str, Any], shape["kinds"])
    kinds = {name: _kind(name, row) for name, row in rows.items()}
    digest = sha256(rfc8785.dumps(cast(Any, {"kinds": rows}))).hexdigest()
    return KindTable(str(shape["version"]), MappingProxyType(kinds), digest)


def _kind(name: str, row: dict[str, Any]) -> AttestationKind:
    members = {key: _member(one) for key, one in row["members"].items()}
    amount = row.get("amount", {})
    named = [row["number"], *row["happenedAt"], *row["parties"]]
    named += [amount[key] for key in ("amount", "currency") if key in amount]
    if missing := [key for key in named if key not in members]:
        raise ValueError(f"{name}: {missing}")
    return AttestationKind(
        name=name,
        zh=row["zh"],
        en=row["en"],
        permits=tuple(row["permits"]),
        seal_types=tuple(SealType(one) for one in row["sealTypes"]),
        number=row["number"],
        happened_at=tuple(row["happenedAt"]),
        parties=tuple(row["parties"].items()),
        members=MappingProxyType(members),
        amount=amount.get("amount"),
        currency=amount.get("currency"),
        adds=bool(amount.get("adds", False)),
    )


def _member(row: dict[str, Any]) -> Member:
    return Member(
        type=MemberType(row["type"]),
        required=bool(row.get("required", False)),
        limit=row.get("limit", 64),
        zh=row.get("zh", ""),
    )
