"""Which parts a deal must have before it can be trusted; policies are values with a digest."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

import rfc8785

from sealsvc.areas.transactions.model.deal import Part
from sealsvc.areas.transactions.model.kinds import KindTable
from sealsvc.errors import BadInput
from sealsvc.values import JsonObject


class TransactionPolicyUnknown(BadInput):
    """A policy was named that does not exist."""

    code = "TRANSACTION_POLICY_UNKNOWN"


@dataclass(frozen=True)
class TransactionPolicy:
    """Parts without which a deal is INDETERMINATE, and the parts that are asked for at all."""

    name: str
    required: tuple[str, ...]
    asked: tuple[str, ...] = (Part.CONTRACT, Part.INVOICE, "payment", "waybill", "customsRelease")

    def digest(self, table: KindTable) -> str:
        """Hex SHA-256 over the policy and the kinds it was applied with."""
        shape: JsonObject = {
            "name": self.name,
            "required": [str(one) for one in self.required],
            "asked": [str(one) for one in self.asked],
            "kinds": table.digest,
        }
        return sha256(rfc8785.dumps(cast(Any, shape))).hexdigest()


DEFAULT = TransactionPolicy("default", (Part.CONTRACT, Part.INVOICE))
POLICIES = (
    DEFAULT,
    TransactionPolicy("paid", (Part.CONTRACT, Part.INVOICE, "payment")),
    TransactionPolicy("delivered", (Part.CONTRACT, Part.INVOICE, "payment", "waybill")),
    TransactionPolicy(
        "import", (Part.CONTRACT, Part.INVOICE, "payment", "waybill", "customsRelease")
    ),
    TransactionPolicy("retail", (Part.INVOICE, "payment")),
)


def policy_named(name: str | None) -> TransactionPolicy:
    """The policy of that name; None: the usual one. Raises: TransactionPolicyUnknown."""
    if name is None:
        return DEFAULT
    for policy in POLICIES:
        if policy.name == name:
            return policy
    raise TransactionPolicyUnknown(policy=name[:40])
