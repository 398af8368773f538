"""Trace, receipts, the auditors' list, and the log as files. Sequencing is `storage.logbook`'s."""

from collections.abc import Callable

from sqlmodel import Session

from sealsvc.areas.access.model import require, require_entity
from sealsvc.areas.deps import Deps
from sealsvc.areas.transparency import repo
from sealsvc.areas.transparency.model import (
    REGISTRY_FAMILIES,
    Opening,
    Pending,
    Receipt,
    ReleasedLog,
    StoredFact,
    TraceEvent,
    TraceQuery,
    audit_opened,
    declaration_of,
    event,
    may_audit,
    names_in_clear,
    require_digest,
    why_open,
)
from sealsvc.areas.transparency.repo import FactFilter
from sealsvc.storage.tiledata import TileNotFound
from sealsvc.tlog.leaf import Leaf
from sealsvc.tlog.proof import ClosedLeaf, write_receipt
from sealsvc.tlog.tiles import TILE_WIDTH, Bundle, TilePathInvalid, hash_count, parse_path
from sealsvc.values import Declaration, Principal, Scope, Subject, SubjectKind
from sealsvc.verify.evidence import LogProof

Test = Callable[[StoredFact], bool]


def trace(deps: Deps, viewer: Principal | None, query: TraceQuery) -> list[TraceEvent]:
    """What happened to a document, a seal or an entity, in order of the log, then of the queue.

    A reader who may not open a fact sees it only where its public leaf says so already. The
    holder of a sealed file sees all facts of its sealing and opens those that carry its digest.
    Facts that wait for an index follow the last page only, as far as they fit.
    Raises: FactNotFound for an unknown `fact_id`.
    """
    with deps.read() as session:
        if query.fact_id is not None:
            facts = [repo.get(session, query.fact_id)]
        elif query.digest is not None:
            facts = _about_document(session, viewer, query, query.digest)
        else:
            facts = _about_subject(session, viewer, query)
    return _shown(deps, viewer, facts, query.digest)


def receipt(
    deps: Deps,
    logbook: ReleasedLog,
    fact_id: str,
    viewer: Principal | None,
    *,
    digest: str | None = None,
) -> Receipt | Pending:
    """A receipt under the newest released head; Pending until the fact has an index.

    digest: of the document that the caller holds. Without a right to open the fact, and after
    erasure, the receipt carries the entry alone and still proves that it stands in the log.
    Raises: FactNotFound, DigestInvalid, LogMissing, LogForkRefused.
    """
    if digest is not None:
        require_digest(digest)
    with deps.read() as session:
        fact = repo.get(session, fact_id)
    if fact.index is None:
        return Pending(fact_id)
    # The head is read after the index, so it covers it.
    head = logbook.head()
    with deps.read() as session:
        path = repo.inclusion(session, fact.index, head.size)
    (shown,) = _shown(deps, viewer, [fact], digest)
    leaf: Leaf | ClosedLeaf = ClosedLeaf(fact.entry)
    if shown.opening is not None and fact.payload is not None and fact.salt is not None:
        leaf = Leaf(fact.entry, fact.payload, fact.salt)
    return Receipt(
        fact_id=fact_id,
        type=fact.type,
        index=fact.index,
        tree_size=head.size,
        opened=isinstance(leaf, Leaf),
        text=write_receipt(leaf, fact.index, path, head.checkpoint),
    )


def events(
    deps: Deps,
    principal: Principal,
    *,
    after_index: int = -1,
    type: str | None = None,
    uscc: str | None = None,
    limit: int = 50,
) -> list[TraceEvent]:
    """Sequenced facts behind `after_index`, opened, for auditors.

    type: exact (`seal.lost`) or a family (`seal`). uscc: only facts about this entity; a bound
    client sees those of its own entity only.
    Raises: ScopeMissing, NotYourEntity.
    """
    require(principal, Scope.AUDIT_READ)
    about = principal.entity_uscc if uscc is None else uscc
    if about is not None:
        require_entity(principal, about)
    wanted = FactFilter(
        about=() if about is None else (Subject(SubjectKind.ENTITY, about),),
        types=() if type is None else (type,),
    )
    with deps.read() as session:
        facts = repo.sequenced(session, wanted, after=after_index, limit=limit)
    return _shown(deps, principal, facts, None)


def checkpoint(logbook: ReleasedLog) -> bytes:
    """The newest released checkpoint, a signed note. Raises: LogMissing, LogForkRefused."""
    return logbook.head().checkpoint


def key(logbook: ReleasedLog) -> str:
    """The log's verifier key. Raises: LogMissing, LogForkRefused."""
    return logbook.head().vkey


def tile(deps: Deps, logbook: ReleasedLog, path: str) -> bytes:
    """Content of a hash tile or entry bundle that the released head covers.

    path: as under the log's prefix, `tile/…`. Raises: TileNotFound, also for a malformed path.
    Source: C2SP tlog-tiles; transparency-log section 2.
    """
    try:
        wanted = parse_path(path)
    except TilePathInvalid as error:
        raise TileNotFound(path=path[:80]) from error
    level = 0 if isinstance(wanted, Bundle) else wanted.level
    covered = hash_count(logbook.head().size, level)
    if wanted.index * TILE_WIDTH + wanted.width > covered:
        raise TileNotFound(path=wanted.path)
    with deps.read() as session:
        if isinstance(wanted, Bundle):
            return repo.bundle(session, wanted)
        return repo.tile(session, wanted)


def proof_for_signature(
    deps: Deps, signature_sha256: str
) -> tuple[LogProof, Declaration | None] | None:
    """The log's word on a signature: when it was completed, and what was declared of it.

    signature_sha256: of the signature value, lower-case hex. The earliest completion counts. The
    declaration is None once the payload was erased; the whole is None for a signature that the
    log does not know. Source: CONTRACT section 1 (`semantics`).
    """
    with deps.read() as session:
        fact = repo.completion_of(session, signature_sha256)
        if fact is None:
            return None
        authorised = repo.authorised_at(session, fact)
    proof = LogProof(fact.fact_id, fact.at, not_before_at=authorised, index=fact.index)
    payload = fact.opened()
    return proof, None if payload is None else declaration_of(payload)


def _about_subject(
    session: Session, viewer: Principal | None, query: TraceQuery
) -> list[StoredFact]:
    if query.seal_id is not None:
        subject = Subject(SubjectKind.SEAL, query.seal_id)
    else:
        subject = Subject(SubjectKind.ENTITY, query.uscc or "")
    types: tuple[str, ...] = () if query.family is None else (query.family,)
    own = None if viewer is None else viewer.entity_uscc
    if not types and not may_audit(viewer):
        # Document facts are no stranger's business: not even that there are some.
        wanted = FactFilter((subject,), REGISTRY_FAMILIES, own)
    else:
        wanted = FactFilter((subject,), types)

    def visible(fact: StoredFact) -> bool:
        return _entitled(viewer, fact) or names_in_clear(fact, subject)

    return _page(session, wanted, query, visible)


def _about_document(
    session: Session, viewer: Principal | None, query: TraceQuery, digest: str
) -> list[StoredFact]:
    sealings = repo.sealings_of_document(session, digest)
    wanted = FactFilter((Subject(SubjectKind.DOCUMENT, digest), *sealings))

    def visible(fact: StoredFact) -> bool:
        held = not fact.subjects.isdisjoint(sealings)
        return held or _entitled(viewer, fact) or why_open(viewer, fact, digest) is not None

    return _page(session, wanted, query, visible)


def _entitled(viewer: Principal | None, fact: StoredFact) -> bool:
    """Whether the reader may know of the fact, be its payload erased or not."""
    if viewer is None:
        return False
    if viewer.entity_uscc is not None:
        return Subject(SubjectKind.ENTITY, viewer.entity_uscc) in fact.subjects
    return may_audit(viewer)


def _page(
    session: Session, wanted: FactFilter, query: TraceQuery, visible: Test
) -> list[StoredFact]:
    """Up to `query.limit` visible facts; what is not visible does not shorten the page."""
    found: list[StoredFact] = []
    after = query.after_index
    while True:
        batch = repo.sequenced(session, wanted, after=after, limit=query.limit)
        found += [fact for fact in batch if visible(fact)]
        if len(found) >= query.limit:
            return found[: query.limit]
        if len(batch) < query.limit:
            break
        after = batch[-1].index or 0
    # One less than the limit: facts without an index are no place to go on from.
    waiting = repo.queued(session, wanted, limit=query.limit - 1)
    found += [fact for fact in waiting if visible(fact)]
    return found[: query.limit - 1] if waiting else found


def _shown(
    deps: Deps, viewer: Principal | None, facts: list[StoredFact], digest: str | None
) -> list[TraceEvent]:
    """The facts as this reader sees them; what an auditor opens is recorded before it is shown."""
    shown = [event(fact, why_open(viewer, fact, digest)) for fact in facts]
    if viewer is not None:
        by_audit = [
            fact for fact, one in zip(facts, shown, strict=True) if one.opening is Opening.AUDIT
        ]
        opened = audit_opened(viewer.client_id, by_audit)
        if opened is not None:
            with deps.write() as tx:
                tx.record(opened)
                tx.commit()
    return shown
