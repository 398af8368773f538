"""The verdict over a part's file, and the state of the seals in it when they were used."""

from collections.abc import Iterator

from sealsvc.areas.transactions.model.deal import DocumentFact, SealUse
from sealsvc.areas.transactions.model.verdict import Check, found, passed
from sealsvc.values import SealStatus
from sealsvc.verify.indications import Summary

_CODES_SHOWN = 4


def check_document(document: DocumentFact | None, node: str) -> Iterator[Check]:
    """The file's own verdict, word for word, then its seals."""
    part, name = node.partition(":")[0].upper(), f"{node}.verdict"
    if document is None:
        yield found(f"TXN_{part}_NOT_JUDGED", name, node)
        return
    evidence = _evidence(document)
    if document.summary == Summary.TRUSTED:
        yield passed(name, node, evidence=evidence)
    else:
        shown = ", ".join(document.codes[:_CODES_SHOWN]) or document.summary
        yield found(f"TXN_{part}_{document.summary}", name, node, evidence=evidence, left=shown)
    for number, seal in enumerate(document.seals, 1):
        yield from _seal(seal, f"{node}.seal:{number}", node)


def owners(document: DocumentFact | None) -> tuple[str, ...]:
    """Whose seals hold in a file, without repetition."""
    seals = () if document is None else document.seals
    return tuple(dict.fromkeys(one.owner_uscc for one in seals if one.passed and one.owner_uscc))


def _seal(seal: SealUse, name: str, node: str) -> Iterator[Check]:
    """Source: china-domain R02-R04: the state at signing counts, the present one is told."""
    if seal.status_then is None:
        return  # the verdict over the file says so already
    evidence = tuple(one for one in (seal.seal_id, seal.fact_id) if one)
    owner = seal.owner_uscc or "?"
    if seal.status_then != SealStatus.ACTIVE:
        yield found(
            "TXN_SEAL_NOT_ACTIVE",
            name,
            node,
            evidence=evidence,
            left=owner,
            right=seal.status_then,
        )
    elif seal.status_now not in (None, SealStatus.ACTIVE):
        yield found(
            "TXN_SEAL_CHANGED_LATER",
            name,
            node,
            evidence=evidence,
            left=owner,
            right=seal.status_now,
        )
    else:
        yield passed(name, node, evidence=evidence)


def _evidence(document: DocumentFact) -> tuple[str, ...]:
    return tuple(one for one in (document.sha256, document.verification_id) if one)
