"""The run of a batch: chunk by chunk, the next one prepared while this one is finished."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from itertools import chain

from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing.model import for_use, may_use
from sealsvc.areas.sealing.repo import Batch
from sealsvc.areas.sealing.service.batch import recording
from sealsvc.areas.sealing.service.batch.finishing import Sampler, finish_chunk
from sealsvc.areas.sealing.service.batch.preparing import Bench, Chunk, prepare_chunk
from sealsvc.areas.sealing.service.batch.values import (
    BatchItem,
    BatchOrder,
    BatchStopped,
    Failure,
    ItemResult,
)
from sealsvc.areas.sealing.service.request import SealingRequest
from sealsvc.areas.seals import service as seals
from sealsvc.values import Principal

STALE = timedelta(seconds=60)
"""A chunk that waited longer for a slow reader is prepared anew: it names a time of signing."""


def open_batch(deps: Deps, principal: Principal, order: BatchOrder) -> Batch:
    """The batch of this client and key, new or to be resumed; nothing is sealed yet.

    Raises: SealNotFound, what `may_use` raises, IdempotencyKeyReused, RequestInProgress.
    """
    registered = seals.get(deps, order.seal_id)
    may_use(for_use(registered), principal, None, deps.clock.now())
    return recording.claim(deps, principal, order)


def run(
    deps: Deps, principal: Principal, order: BatchOrder, batch: Batch, items: Iterable[BatchItem]
) -> Iterator[ItemResult]:
    """The result of each item, in order, as `run_chunks` gives them."""
    for results in run_chunks(deps, principal, order, batch, items):
        yield from results


def run_chunks(
    deps: Deps, principal: Principal, order: BatchOrder, batch: Batch, items: Iterable[BatchItem]
) -> Iterator[list[ItemResult]]:
    """The results of each chunk's items, in order, once they have committed.

    What an earlier run of the batch has completed is answered from its records, so that nothing
    is sealed twice; what it left open is given up and sealed anew. A failed item fails alone. A
    file that does not verify, or a store that is full, stops the batch: the rest is BatchStopped.
    """
    chunks = _chunks(items, order)
    with (
        ThreadPoolExecutor(order.workers, "batch-worker") as pool,
        ThreadPoolExecutor(1, "batch-ahead") as ahead,
    ):
        bench = Bench(deps, principal, batch, order, pool)
        sampler = Sampler(order.sample_every)
        waiting = _ahead(ahead, bench, chunks)
        while (turn := waiting.result()) is not None:
            chosen, chunk = turn
            waiting = _ahead(ahead, bench, chunks)
            if deps.clock.now() - chunk.at > STALE:
                chunk = prepare_chunk(bench, chosen)
            stopped = finish_chunk(bench, chunk, sampler)
            yield _results(chunk)
            if stopped is not None:
                yield from _rest(stopped, waiting.result(), chunks)
                return


_Turn = tuple[list[BatchItem], Chunk] | None


def _ahead(
    pool: ThreadPoolExecutor, bench: Bench, chunks: Iterator[list[BatchItem]]
) -> "Future[_Turn]":
    def work() -> _Turn:
        items = next(chunks, None)
        return None if items is None else (items, prepare_chunk(bench, items))

    return pool.submit(copy_context().run, work)


def _results(chunk: Chunk) -> list[ItemResult]:
    return [one.result or ItemResult(one.name, error=BatchStopped()) for one in chunk.entries]


def _rest(
    cause: Failure, prepared: _Turn, chunks: Iterator[list[BatchItem]]
) -> Iterator[list[ItemResult]]:
    first = [] if prepared is None else [prepared[0]]
    for items in chain(first, chunks):
        yield [ItemResult(item.name, error=BatchStopped(cause=cause.code)) for item in items]


def _chunks(items: Iterable[BatchItem], order: BatchOrder) -> Iterator[list[BatchItem]]:
    """Runs of items, ended by their number or by their bytes."""
    chunk: list[BatchItem] = []
    size = 0
    for item in items:
        chunk.append(item)
        size += len(item.request.data) if isinstance(item.request, SealingRequest) else 0
        if len(chunk) >= order.chunk_items or size >= order.chunk_bytes:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
