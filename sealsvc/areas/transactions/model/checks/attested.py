"""Each attestation: signed by its operator, who may; not withdrawn; about this deal's parties."""

from collections.abc import Iterator

from sealsvc.areas.transactions.model.attestation import whole_utc
from sealsvc.areas.transactions.model.deal import AttestationFact, Deal
from sealsvc.areas.transactions.model.kinds import REFERENCES, AttestationKind, KindTable
from sealsvc.areas.transactions.model.verdict import Check, found, passed
from sealsvc.values import SealStatus


def nodes(deal: Deal) -> Iterator[tuple[str, AttestationFact]]:
    """Each attestation with the name of its node: its kind and a number within the kind."""
    counts: dict[str, int] = {}
    for one in deal.attestations:
        kind = one.record.kind
        counts[kind] = counts.get(kind, 0) + 1
        yield f"{kind}:{counts[kind]}", one


def check_attestations(deal: Deal, table: KindTable) -> Iterator[Check]:
    """Every check of every attestation, and that none was given twice."""
    seen: set[tuple[str, ...]] = set()
    for node, fact in nodes(deal):
        yield from check_attestation(fact, node, table)
        kind = table.find(fact.record.kind)
        if kind is None:
            continue
        yield from _parties(deal, fact, kind, node)
        yield from _references(deal, fact, node)
        yield _once(fact, kind, node, seen)


def check_attestation(fact: AttestationFact, node: str, table: KindTable) -> Iterator[Check]:
    """What can be said of an attestation alone, whatever deal it is about."""
    kind = table.find(fact.record.kind)
    if kind is None:
        code = "TXN_ATTESTATION_KIND_UNKNOWN"
        yield found(code, f"{node}.kind", node, left=fact.record.kind[:40])
    yield _signature(fact, node)
    yield _signer(fact, node)
    yield _certificate(fact, node)
    yield from _seal(fact, node)
    yield _registered(fact, node)
    yield from _operator(fact, kind, node)
    name = f"{node}.subject"
    if fact.subject_problem is None:
        yield passed(name, node)
    else:
        yield found("TXN_ATTESTATION_SUBJECT_INVALID", name, node, left=fact.subject_problem)


def _signature(fact: AttestationFact, node: str) -> Check:
    name, evidence = f"{node}.signature", (fact.record.digest(),)
    if fact.signature.holds is None:
        return found("TXN_ATTESTATION_NOT_VERIFIED", name, node, evidence=evidence)
    if not fact.signature.holds:
        return found("TXN_ATTESTATION_FORGED", name, node, evidence=evidence)
    return passed(name, node, evidence=evidence)


def _signer(fact: AttestationFact, node: str) -> Check:
    name, signature = f"{node}.signer", fact.signature
    if signature.owner_uscc is None or not signature.ours:
        return found("TXN_ATTESTATION_NOT_VERIFIED", name, node)
    if signature.owner_uscc != fact.record.operator:
        return found(
            "TXN_ATTESTATION_SIGNER_MISMATCH",
            name,
            node,
            left=signature.owner_uscc,
            right=fact.record.operator,
        )
    return passed(name, node)


def _certificate(fact: AttestationFact, node: str) -> Check:
    """Whether it was valid when it signed; one revoked since proves nothing against it (R02)."""
    name, signature = f"{node}.certificate", fact.signature
    if signature.valid_then is None:
        return found("TXN_ATTESTATION_NOT_VERIFIED", name, node)
    ended = signature.revoked_at is not None and signature.revoked_at <= fact.record.issued_at
    if ended or not signature.valid_then:
        return found("TXN_ATTESTATION_CERTIFICATE_ENDED", name, node)
    return passed(name, node)


def _seal(fact: AttestationFact, node: str) -> Iterator[Check]:
    name, signature = f"{node}.seal", fact.signature
    evidence = () if signature.seal_id is None else (signature.seal_id,)
    owner = signature.owner_uscc or fact.record.operator
    if signature.seal_then is None:
        yield found("TXN_ATTESTATION_NOT_VERIFIED", name, node, evidence=evidence)
    elif signature.seal_then != SealStatus.ACTIVE:
        then = signature.seal_then
        yield found("TXN_SEAL_NOT_ACTIVE", name, node, evidence=evidence, left=owner, right=then)
    elif signature.seal_now not in (None, SealStatus.ACTIVE):
        now = signature.seal_now
        yield found("TXN_SEAL_CHANGED_LATER", name, node, evidence=evidence, left=owner, right=now)
    else:
        yield passed(name, node, evidence=evidence)


def _registered(fact: AttestationFact, node: str) -> Check:
    name = f"{node}.registered"
    if fact.withdrawn_at is not None:
        at = whole_utc(fact.withdrawn_at)
        code = "TXN_ATTESTATION_WITHDRAWN"
        return found(code, name, node, evidence=fact.fact_ids, left=at)
    if not fact.registered or fact.same is None:
        return found("TXN_ATTESTATION_NOT_REGISTERED", name, node)
    if not fact.same:
        return found("TXN_ATTESTATION_DIFFERS", name, node, evidence=fact.fact_ids)
    return passed(name, node, evidence=fact.fact_ids)


def _operator(fact: AttestationFact, kind: AttestationKind | None, node: str) -> Iterator[Check]:
    code, name, operator = fact.record.operator, f"{node}.operator", fact.operator
    if operator is None or not operator.registered:
        yield found("TXN_OPERATOR_UNKNOWN", name, node, left=code)
        return
    ended = operator.cancelled_at
    if ended is not None and ended <= fact.record.issued_at:
        yield found("TXN_OPERATOR_CANCELLED", name, node, left=code)
    else:
        yield passed(name, node, evidence=operator.fact_ids)
    if kind is None:
        return
    name = f"{node}.permit"
    if fact.operator_permits is None:
        yield found("TXN_OPERATOR_NOT_ASKED", name, node)
    elif set(kind.permits).isdisjoint(fact.operator_permits):
        wanted = "/".join(kind.permits)
        yield found("TXN_OPERATOR_NOT_ENTITLED", name, node, left=code, right=wanted)
    else:
        yield passed(name, node)


def _parties(
    deal: Deal, fact: AttestationFact, kind: AttestationKind, node: str
) -> Iterator[Check]:
    for member, side in kind.parties:
        stated, wanted = fact.record.text(member), getattr(deal, side)
        name = f"{node}.{member}"
        if stated == wanted and stated is not None:
            yield passed(name, side, node)
        else:
            yield found(
                "TXN_ATTESTED_PARTY_MISMATCH",
                name,
                node,
                member=member,
                left=stated or "?",
                right=wanted or "?",
            )


def _references(deal: Deal, fact: AttestationFact, node: str) -> Iterator[Check]:
    """Every number it names must be the deal's, and at least one must be.

    Without any, the same payment would fit every deal of the same price between the same two.
    """
    bound = False
    for member in REFERENCES:
        stated, known = fact.record.text(member), _numbers(deal, member)
        if stated is None or not known:
            continue
        name = f"{node}.{member}"
        if stated in known:
            bound = True
            yield passed(name, node)
        else:
            shown = ", ".join(sorted(known))
            yield found(
                "TXN_REFERENCE_MISMATCH", name, node, member=member, left=stated, right=shown
            )
            bound = True  # to another deal, which is worse and said already
    if bound:
        yield passed(f"{node}.bound", node)
    else:
        yield found("TXN_ATTESTATION_UNBOUND", f"{node}.bound", node)


def _numbers(deal: Deal, member: str) -> frozenset[str]:
    """Numbers of that kind that this deal goes by."""
    expected, contract = deal.expected, deal.contract
    if member == "orderNumber":
        known: list[str | None] = [expected.order_number]
    elif member == "contractNumber":
        known = [expected.contract_number, contract.number if contract else None]
    else:
        known = [expected.invoice_number, *(one.number for one in deal.invoices)]
    return frozenset(one for one in known if one is not None)


def _once(
    fact: AttestationFact, kind: AttestationKind, node: str, seen: set[tuple[str, ...]]
) -> Check:
    """The same paper twice, or the same number of the same operator on two papers."""
    record, name = fact.record, f"{node}.once"
    number = record.text(kind.number) or ""
    keys = {("id", record.attestation_id), ("number", kind.name, record.operator, number)}
    repeated = not seen.isdisjoint(keys)
    seen |= keys
    if repeated:
        return found("TXN_DUPLICATE_REFERENCE", name, node, left=number)
    return passed(name, node)
