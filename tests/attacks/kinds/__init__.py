"""All kinds of attack, by family."""

from tests.attacks.kinds import (
    borrowed,
    impostors,
    messages,
    shadow,
    signatures,
    structure,
    updates,
)

KINDS = (
    *signatures.KINDS,
    *updates.KINDS,
    *messages.KINDS,
    *structure.KINDS,
    *shadow.KINDS,
    *impostors.KINDS,
    *borrowed.KINDS,
)
