"""`/v1/sealings/batch`: many documents under one seal, each with its own result, streamed."""

import base64
import io
import os
import zipfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from anyio import CancelScope, to_thread
from fastapi import APIRouter, Depends, Query, Response
from fastapi.concurrency import iterate_in_threadpool
from fastapi.responses import StreamingResponse

from api.auth import Principal_
from api.auth import principal as principal_of
from api.batch_uploads import NDJSON, RESULTS, ZIP, BatchBody, items_of, received_batch
from api.deps import Services_
from api.idempotency import resumable_key
from api.media import BINARY, Accept_, wants
from api.schemas.batches import BatchItemOut
from sealsvc.areas.sealing.service import batch
from sealsvc.errors import Internal
from sealsvc.values import SealId

router = APIRouter(tags=["sealings"])

MAX_WORKERS = 8
PART_BYTES = 256 * 1024
_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept, Authorization"}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": BatchItemOut,
        "content": {NDJSON: {}, ZIP: BINARY},
        "description": "One line an item, in order, as chunks complete; or a zip of the sealed "
        "files with `results.ndjson` as its last entry, where application/zip is accepted.",
    },
    404: {"description": "SEAL_NOT_FOUND"},
    409: {"description": "SEAL_NOT_ACTIVE, SEAL_IS_PHYSICAL, SEAL_OUT_OF_VALIDITY"},
    413: {"description": "TOO_LARGE"},
    415: {"description": "UNSUPPORTED_MEDIA_TYPE"},
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {ZIP: BINARY, NDJSON: BINARY},
    }
}


@router.post(
    "/v1/sealings/batch",
    responses=_ANSWERS,
    summary="批量用章 · Seal many documents",
    dependencies=[Depends(principal_of)],
    openapi_extra=_BODY,
    response_class=Response,
)
def create_sealing_batch(
    services: Services_,
    principal: Principal_,
    key: Annotated[str, Depends(resumable_key)],
    body: Annotated[BatchBody, Depends(received_batch)],
    seal: Annotated[str, Query(max_length=40, description="印章编号 · Id of the seal.")],
    documents: Annotated[
        bool, Query(description="Whether NDJSON lines carry the sealed files.")
    ] = True,
    accept: Accept_ = "*/*",
) -> Response:
    """Scope `seal.sign`, bound to the seal's owner; `Idempotency-Key` required.

    A zip of PDF and OFD files, with an optional `manifest.json`
    `{defaults: {…}, files: {name: {role, number, sellerUscc, partyUsccs, page, x, y, width, …}}}`;
    or NDJSON, a line `{name, document, role, number, …}` each. At most 10,000 items and 256 MiB.
    A bad item fails alone. The same key and body again continue a batch that was cut off: what was
    completed is answered from its record, nothing is sealed twice. Problems:
    IDEMPOTENCY_KEY_MISSING, IDEMPOTENCY_KEY_REUSED, BATCH_LIMIT_EXCEEDED, BATCH_ARCHIVE_INVALID,
    SCOPE_MISSING, ENTITY_NOT_YOURS; of items: BATCH_ITEM_INVALID, BATCH_ITEM_CHANGED,
    BATCH_STOPPED, and those of `POST /v1/sealings`.
    """
    deps = services.deps
    order = batch.BatchOrder(SealId(seal), key, body.sha256, workers=_workers())
    items = items_of(body, seal, deps.config.max_document_bytes)
    opened = batch.open_batch(deps, principal, order)
    results = batch.run_chunks(deps, principal, order, opened, items)
    if wants(accept, ZIP, over=NDJSON):
        return _streamed(_as_zip(results), ZIP)
    lines = ([_line(one, documents=documents) for one in chunk] for chunk in results)
    return _streamed(lines, NDJSON)


def _streamed(chunks: Iterator[list[bytes]], media_type: str) -> StreamingResponse:
    """Each chunk is made in the thread pool; so is the end, which waits for work under way."""

    async def body() -> AsyncIterator[bytes]:
        try:
            async for pieces in iterate_in_threadpool(chunks):
                for part in _parts(pieces):
                    yield part
        finally:
            with CancelScope(shield=True):
                await to_thread.run_sync(getattr(chunks, "close", _nothing))

    return StreamingResponse(body(), headers=_HEADERS, media_type=media_type)


def _parts(pieces: list[bytes]) -> Iterator[bytes]:
    """The pieces in parts of about `PART_BYTES`: each part is a turn of the event loop."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= PART_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _nothing() -> None:
    """For an iterator that needs no closing."""


def _line(one: batch.ItemResult, *, documents: bool) -> bytes:
    return _shape(one, documents=documents).model_dump_json(exclude_none=True).encode() + b"\n"


def _shape(one: batch.ItemResult, *, documents: bool) -> BatchItemOut:
    if one.view is None:
        internal = one.error is None or isinstance(one.error, Internal)
        code = "INTERNAL" if internal or one.error is None else one.error.code
        fields = None if internal or one.error is None else dict(one.error.fields)
        return BatchItemOut(name=one.name, status="FAILED", code=code, fields=fields or None)
    view = one.view
    with_document = documents and one.sealed is not None
    return BatchItemOut(
        name=one.name,
        status=str(view.status),
        resumed=one.resumed,
        sealing_id=view.sealing_id,
        original_digest=view.original_sha256,
        digest=view.sealed_sha256,
        signature_digest=view.signature_sha256,
        media_type=view.media_type,
        completed_fact_id=view.completed_fact_id,
        warnings=list(view.warnings),
        document=base64.b64encode(one.sealed or b"").decode() if with_document else None,
    )


class _Sink(io.RawIOBase):
    """Takes what the archive writes and hands it on; cannot seek."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Keep a part."""
        part = bytes(data)
        self._parts.append(part)
        return len(part)

    def take(self) -> list[bytes]:
        """All that was written since, in its pieces."""
        taken, self._parts = self._parts, []
        return taken


def _as_zip(results: Iterator[list[batch.ItemResult]]) -> Iterator[list[bytes]]:
    sink, lines = _Sink(), io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for chunk in results:
            for one in chunk:
                lines.write(_line(one, documents=False))
                if one.view is not None and one.sealed is not None:
                    archive.writestr(_entry(one.name, one.view.completed_at), one.sealed)
            yield sink.take()
        archive.writestr(_entry(RESULTS, None), lines.getvalue())
    yield sink.take()


def _entry(name: str, at: datetime | None) -> zipfile.ZipInfo:
    moment = (at or datetime(1980, 1, 1, tzinfo=UTC)).astimezone(UTC)
    return zipfile.ZipInfo(name, moment.timetuple()[:6])


def _workers() -> int:
    return max(1, min(MAX_WORKERS, os.cpu_count() or 1))
