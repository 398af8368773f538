"""Another log, or our own from outside, read over HTTP and audited (C2SP tlog-tiles)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from sealsvc.errors import Unavailable
from sealsvc.tlog.audit import AuditFailure, AuditFault, AuditReport, audit
from sealsvc.tlog.checkpoint import Checkpoint, parse_checkpoint
from sealsvc.tlog.keys import VerifierKey, parse_vkey
from sealsvc.tlog.note import open_note
from sealsvc.tlog.tiles import (
    TILE_WIDTH,
    Bundle,
    BundleMalformed,
    Tile,
    bundle_at,
    decode_bundle,
    encode_bundle,
)

TIMEOUT_S = 30.0
# A full bundle of the longest entries that the format allows.
MAX_BYTES = TILE_WIDTH * (2 + 65_535)

Fetch = Callable[[str], bytes]
"""Content of a path under the log's prefix (`checkpoint`, `tile/…`). Raises: LogUnreachable."""


class LogUnreachable(Unavailable):
    """A log did not answer, or not with what was asked for. Fields: path, status."""

    code = "LOG_UNREACHABLE"


@dataclass(frozen=True)
class AuditedLog:
    """A log that passed. note: its checkpoint verbatim, to be kept for the next audit."""

    report: AuditReport
    vkey: str
    note: bytes


class HttpLog:
    """Reads a log under its prefix; use as a context manager, call with a path.

    url: prefix of the log, as `https://seal.example/log`. transport: for tests.
    """

    def __init__(self, url: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self._prefix = url.rstrip("/")
        self._client = httpx.Client(timeout=TIMEOUT_S, transport=transport)

    def __enter__(self) -> "HttpLog":
        return self

    def __exit__(self, *exc: object) -> None:
        self._client.close()

    def __call__(self, path: str) -> bytes:
        """Content of a path under the prefix. Raises: LogUnreachable."""
        try:
            with self._client.stream("GET", f"{self._prefix}/{path}") as answer:
                if answer.status_code != HTTPStatus.OK:
                    raise LogUnreachable(path=path, status=answer.status_code)
                return _limited(answer, path)
        except httpx.HTTPError as error:
            raise LogUnreachable(path=path, reason=type(error).__name__) from error

    def vkey(self) -> str:
        """The verifier key that the log names itself; worth no more than the connection.

        Raises: LogUnreachable.
        """
        return self("key").decode("utf-8", "replace").strip()


def audit_url(fetch: Fetch, vkey: str, kept_checkpoint: bytes | None = None) -> AuditedLog:
    """Fetch a whole log, recompute it and hold it to its checkpoint and to the one kept last.

    vkey: the log's verifier key; its name is the origin. kept_checkpoint: `AuditedLog.note` of
    the audit before; keep the new one only after this returned, and both on FORKED.
    Raises: AuditFailure, NoteInvalid, CheckpointInvalid, KeyInvalid, LogUnreachable.
    Source: transparency-log section 12.
    """
    key = parse_vkey(vkey)
    note = fetch("checkpoint")
    checkpoint = _open(note, key)
    previous = None if kept_checkpoint is None else _open(kept_checkpoint, key)
    report = audit(
        _bundles(fetch, checkpoint.size),
        lambda tile: _read_tile(fetch, tile),
        checkpoint,
        previous=previous,
    )
    return AuditedLog(report, vkey, note)


def _open(note: bytes, key: VerifierKey) -> Checkpoint:
    checkpoint = parse_checkpoint(open_note(note, [key]).text)
    if checkpoint.origin != key.name:
        raise AuditFailure(AuditFault.ORIGIN_DIFFERS, "checkpoint")
    return checkpoint


def _bundles(fetch: Fetch, size: int) -> Iterator[bytes]:
    for start in range(0, size, TILE_WIDTH):
        wanted = bundle_at(start, size)
        yield _with_fallback(fetch, wanted, Bundle(wanted.index), _cut_bundle)


def _read_tile(fetch: Fetch, tile: Tile) -> bytes:
    full = Tile(tile.level, tile.index)
    return _with_fallback(fetch, tile, full, lambda data, width: data[: 32 * width])


def _with_fallback(
    fetch: Fetch,
    wanted: Tile | Bundle,
    full: Tile | Bundle,
    cut: Callable[[bytes, int], bytes],
) -> bytes:
    """A partial object may be gone once its full one exists. Source: transparency-log section 2."""
    try:
        return fetch(wanted.path)
    except LogUnreachable as error:
        if wanted == full or error.fields.get("status") != HTTPStatus.NOT_FOUND:
            raise
    return cut(fetch(full.path), wanted.width)


def _cut_bundle(data: bytes, width: int) -> bytes:
    try:
        return encode_bundle(decode_bundle(data, TILE_WIDTH)[:width])
    except BundleMalformed:
        return data  # the audit says where


def _limited(answer: httpx.Response, path: str) -> bytes:
    found = bytearray()
    for chunk in answer.iter_bytes():
        found += chunk
        if len(found) > MAX_BYTES:
            raise LogUnreachable(path=path, reason="TOO_LARGE")
    return bytes(found)
