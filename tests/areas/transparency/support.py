"""Facts as the areas above record them, and the readers who look at them."""

from dataclasses import dataclass
from hashlib import sha256

from sealsvc.areas.deps import Deps
from sealsvc.values import Fact, Principal, Scope, Subject, SubjectKind

OWNER_USCC, OTHER_USCC = "91110000MA00000152", "91110000MA00000231"
SEAL, OTHER_SEAL = "seal_" + "a" * 26, "seal_" + "b" * 26

OWNER = Principal("cli_owner", "owner", frozenset({Scope.VERIFY}), OWNER_USCC)
OTHER = Principal("cli_other", "other", frozenset({Scope.ENTITY_READ}), OTHER_USCC)
SHOP = Principal("cli_shop", "shop", frozenset({Scope.VERIFY, Scope.ENTITY_READ}))
AUDITOR = Principal("cli_auditor", "auditor", frozenset({Scope.AUDIT_READ}))
BOUND_AUDITOR = Principal("cli_bound", "bound", frozenset({Scope.AUDIT_READ}), OTHER_USCC)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Sealed:
    """Ids and digests of one sealed document."""

    authorised: str
    completed: str
    original: str
    sealed: str
    signature: str


def record(deps: Deps, *facts: Fact) -> list[str]:
    with deps.write() as tx:
        ids = [tx.record(fact) for fact in facts]
        tx.commit()
    return [str(one) for one in ids]


def seal_activated(uscc: str = OWNER_USCC, seal: str = SEAL) -> Fact:
    subjects = (Subject(SubjectKind.SEAL, seal), Subject(SubjectKind.ENTITY, uscc))
    public = {"sealId": seal, "uscc": uscc, "state": "ACTIVE"}
    return Fact("seal.activated", subjects, public, {"by": "cli_operator"})


def void_proposed(uscc: str = OWNER_USCC, seal: str = SEAL) -> Fact:
    subjects = (Subject(SubjectKind.SEAL, seal), Subject(SubjectKind.ENTITY, uscc))
    return Fact("seal.void_proposed", subjects, {}, {"by": "cli_regulator", "reason": "doubt"})


def seal_document(deps: Deps, name: str, uscc: str = OWNER_USCC, seal: str = SEAL) -> Sealed:
    """The two facts of a sealing, in two units of work as the sealing area records them."""
    original, sealed, signature = (digest(f"{name} {part}") for part in ("in", "out", "sig"))
    own = (
        Subject(SubjectKind.SEALING, f"slg_{name}"),
        Subject(SubjectKind.SEAL, seal),
        Subject(SubjectKind.ENTITY, uscc),
    )
    declaration = {"role": "invoice", "number": "42", "sellerUscc": uscc, "partyUsccs": [uscc]}
    payload = {"by": "cli_owner", "originalDigest": original, "declaration": declaration}
    (authorised,) = record(
        deps,
        Fact("sealing.authorised", (*own, Subject(SubjectKind.DOCUMENT, original)), {}, payload),
    )
    found_by = (
        Subject(SubjectKind.DOCUMENT, sealed),
        Subject(SubjectKind.SIGNATURE, signature),
    )
    payload = {**payload, "digest": sealed, "signatureDigest": signature}
    (completed,) = record(deps, Fact("sealing.completed", (*own, *found_by), {}, payload))
    return Sealed(authorised, completed, original, sealed, signature)
