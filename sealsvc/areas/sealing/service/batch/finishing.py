"""The second half of a chunk: intents, signatures, self-check, files, results.

The order is the single sealing's: nothing is signed without a committed intent, and no file
leaves before its result has committed (ARCHITECTURE section 7.4 and 7.7).
"""

from collections.abc import Sequence
from hashlib import sha256

import structlog

from ca.errors import CaError
from sealsvc.areas.sealing.model import (
    SealingSelfCheckFailed,
    SealingStatus,
    SealingView,
    for_use,
    may_use,
)
from sealsvc.areas.sealing.service.batch import recording
from sealsvc.areas.sealing.service.batch.preparing import Bench, Chunk, Kit, answer, split
from sealsvc.areas.sealing.service.batch.recording import Done
from sealsvc.areas.sealing.service.batch.storing import put_all
from sealsvc.areas.sealing.service.batch.values import Entry, Failure, ItemResult
from sealsvc.areas.sealing.service.check import Expected, require_sound
from sealsvc.areas.sealing.working import UNCERTAIN, Sealed, faults_of
from sealsvc.areas.seals import service as seals
from sealsvc.areas.verification.reading import read_document
from sealsvc.documents import detect
from sealsvc.documents.pdf.fast.cms_template import template_for
from sealsvc.errors import ServiceError, Unavailable

_log = structlog.get_logger("sealsvc.sealing")


class Sampler:
    """Which files of a run get the full verdict: the first, and of every so many one."""

    def __init__(self, every: int) -> None:
        self._every = max(1, every)
        self._seen = 0

    def chosen(self) -> bool:
        """Whether the next file is one of them."""
        turn, self._seen = self._seen, self._seen + 1
        return turn % self._every == 0


def finish_chunk(bench: Bench, chunk: Chunk, sampler: Sampler) -> Failure | None:
    """Settle every entry; what stops the whole batch, if anything does.

    An unexpected error is raised once the open intents are given up.
    """
    try:
        _authorise(bench, chunk)
        _seal(bench, chunk, sampler)
        _complete(bench, chunk)
    except (ServiceError, CaError) as error:
        _give_up(bench, chunk, error.code)
        for one in chunk.entries:
            one.fail(error)
        return error if isinstance(error, SealingSelfCheckFailed | Unavailable) else None
    except Exception:
        _give_up(bench, chunk, "INTERNAL")
        raise
    return None


def _authorise(bench: Bench, chunk: Chunk) -> None:
    waiting = {one.name: one for one in chunk.entries if one.result is None}
    intents = {name: one.intent for name, one in waiting.items() if one.intent is not None}
    if not intents:
        return
    found = recording.authorise_many(bench.deps, bench.principal, bench.batch, intents)
    for name, outcome in found.items():
        if isinstance(outcome, ServiceError):
            waiting[name].fail(outcome)
        elif outcome.status is SealingStatus.COMPLETED:
            answer(bench.deps, waiting[name], outcome)
        else:
            waiting[name].use = outcome


def _open(chunk: Chunk) -> list[Entry]:
    return [one for one in chunk.entries if one.result is None and one.use is not None]


def _seal(bench: Bench, chunk: Chunk, sampler: Sampler) -> None:
    """Raises: SealingSelfCheckFailed, what `may_use` raises, ResourceLimit, WorkersBusy."""
    waiting = _open(chunk)
    quick = [one for one in waiting if one.revised is not None]
    if chunk.kit is not None and quick:
        _sign(bench, chunk.kit, quick)
        doubtful = _look_again(bench, chunk.kit, quick)
        chosen = [one for one in quick if sampler.chosen() or one in doubtful]
        try:
            list(bench.pool.map(lambda one: _judge(bench, one), chosen))
        except SealingSelfCheckFailed:
            _blame_change(bench, chunk)
            raise
    others = [one for one in waiting if one.work is not None]
    for entry, error in zip(
        others, bench.pool.map(lambda one: _seal_other(bench, one), others), strict=True
    ):
        if error is not None:
            entry.fail(error)
            assert entry.use is not None
            recording.abandon_many(bench.deps, [entry.use], error.code)


def _sign(bench: Bench, kit: Kit, entries: Sequence[Entry]) -> None:
    """The key signs here; the gap is closed around its value, nothing foreign is interpreted."""
    signer = bench.deps.keys.signer(kit.certificate.key_ref)
    template = template_for(*kit.terms[:3])
    for one in entries:
        assert one.revised is not None
        digest = one.revised.digest
        one.signature = signer.sign(template.signed_attributes(digest))
        value = template.contents(digest, one.signature)
        one.close((one.revised.head, value, one.revised.tail))


def _look_again(bench: Bench, kit: Kit, entries: Sequence[Entry]) -> list[Entry]:
    """Every file as a reader has it; those that only the full verdict can tell of.

    Raises: SealingSelfCheckFailed, ResourceLimit, WorkersBusy.
    """
    certificate_der = kit.terms.certificate_der

    def look(part: list[Entry]) -> list[str | None]:
        files = [
            Sealed(one.sealed, len(one.request.data), sha256(one.signature).hexdigest())
            for one in part
        ]
        return bench.deps.sandbox.run(faults_of, files, certificate_der)

    parts = split(list(entries), bench.order.workers)
    doubtful: list[Entry] = []
    for part, faults in zip(parts, bench.pool.map(look, parts), strict=True):
        for entry, fault in zip(part, faults, strict=True):
            if fault == UNCERTAIN:
                doubtful.append(entry)
            elif fault is not None:
                raise SealingSelfCheckFailed(reason=fault)
    return doubtful


def _judge(bench: Bench, entry: Entry) -> None:
    """The full verdict. Raises: SealingSelfCheckFailed, ResourceLimit, WorkersBusy."""
    assert entry.use is not None
    assert entry.intent is not None
    expected = Expected(
        use=entry.use,
        declaration=entry.intent.declaration,
        signature_sha256=sha256(entry.signature).hexdigest(),
        before=entry.work.before if entry.work else None,
    )
    require_sound(bench.deps, read_document(bench.deps.sandbox, entry.sealed), expected)


def _blame_change(bench: Bench, chunk: Chunk) -> None:
    """A seal that ended while it was used fails the check too; that is no fault of ours.

    Raises: what `may_use` raises.
    """
    assert chunk.seal is not None
    present = seals.get(bench.deps, chunk.seal.seal_id)
    may_use(for_use(present), bench.principal, None, bench.deps.clock.now())


def _seal_other(bench: Bench, entry: Entry) -> Failure | None:
    """An OFD, signed or unusual file: signed, finished and judged by itself."""
    work = entry.work
    assert work is not None
    try:
        signer = bench.deps.keys.signer(work.certificate.key_ref)
        entry.signature = signer.sign(work.prepared.tbs)
        document_format = detect(work.prepared.document)
        sealed = bench.deps.sandbox.run(document_format.finish, work.prepared, entry.signature)
        entry.sealed, entry.sealed_sha256 = sealed, sha256(sealed).hexdigest()
        _judge(bench, entry)
    except (ServiceError, CaError) as error:
        return error
    return None


def _complete(bench: Bench, chunk: Chunk) -> None:
    """Files first, rows second. Raises: StorageFull, and as `recording.complete_many`."""
    waiting = _open(chunk)
    put_all(bench.deps.blobs, {one.sealed_sha256: one.sealed for one in waiting})
    done = [
        Done(one.use, one.sealed_sha256, sha256(one.signature).hexdigest())
        for one in waiting
        if one.use is not None
    ]
    outcomes = recording.complete_many(bench.deps, bench.principal, done)
    for entry, outcome in zip(waiting, outcomes, strict=True):
        if isinstance(outcome, ServiceError):
            entry.fail(outcome)
        else:
            entry.result = ItemResult(entry.name, outcome, entry.sealed)


def _give_up(bench: Bench, chunk: Chunk, reason: str) -> None:
    """Close what is open at once; if that fails too, `reconcile` closes it later."""
    uses: list[SealingView] = [one.use for one in _open(chunk) if one.use is not None]
    _log.warning("batch.chunk_abandoned", batch=bench.batch.batch_id, reason=reason)
    if not uses:
        return
    try:
        recording.abandon_many(bench.deps, uses, reason)
    except Exception:
        _log.exception("batch.abandon_failed", batch=bench.batch.batch_id)
