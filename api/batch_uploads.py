"""The body of a batch: spooled to disk while it arrives, then read item by item.

Archives are foreign bytes: counts, sizes and names are bounded before anything is unpacked.
Documents themselves are only carried here; workers look into them.
"""

import base64
import binascii
import hashlib
import json
import zipfile
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any

from anyio import to_thread
from fastapi import Request
from pydantic import ValidationError
from python_multipart.multipart import parse_options_header

from api.context import header
from api.problems import UnsupportedMediaType, rows_of
from api.schemas.batches import BatchLine, BatchManifest
from api.schemas.sealings import SealingOptions
from api.uploads import SPOOL_BYTES
from sealsvc.areas.sealing.service.batch import BatchItem, BatchItemInvalid, name_fault
from sealsvc.errors import BadInput, ServiceError

ZIP = "application/zip"
NDJSON = "application/x-ndjson"
MANIFEST = "manifest.json"
RESULTS = "results.ndjson"

BATCH_BODY_BYTES = 256 * 1024 * 1024
MAX_ITEMS = 10_000
MAX_UNPACKED_BYTES = 1024 * 1024 * 1024
MAX_MANIFEST_BYTES = 8 * 1024 * 1024
MAX_DIRECTORY_BYTES = 8 * 1024 * 1024
_LINE_OVERHEAD_BYTES = 64 * 1024
_CHUNK_BYTES = 256 * 1024
_END_BYTES = 22
_LOCATOR_BYTES = 20
_UTF_8_NAME = 1 << 11
_ENCRYPTED = 1
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    UnicodeError,
    ValueError,
)


class BatchLimitExceeded(BadInput):
    """The batch holds more than one request may. Fields: limit, value."""

    code = "BATCH_LIMIT_EXCEEDED"


class BatchArchiveInvalid(BadInput):
    """The archive, or its manifest, cannot be read as a whole. Fields: reason, name."""

    code = "BATCH_ARCHIVE_INVALID"


@dataclass(frozen=True)
class BatchBody:
    """A whole body on disk. kind: its media type; sha256: hex; lines: line ends of an NDJSON."""

    spool: "SpooledTemporaryFile[bytes]"
    kind: str
    sha256: str
    lines: int


async def received_batch(request: Request) -> AsyncIterator[BatchBody]:
    """Dependency: the body, spooled until the answer has left; `api.limits` counts it.

    Raises: UnsupportedMediaType.
    """
    kind, _ = parse_options_header(header(request.scope, b"content-type"))
    name = kind.decode("latin-1").lower()
    if name not in (ZIP, NDJSON):
        raise UnsupportedMediaType()
    with SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
        async for chunk in request.stream():
            # A write reaches the disk only past SPOOL_BYTES, and then the page cache.
            spool.write(chunk)
        sha256, lines = await to_thread.run_sync(_measured, spool, name)
        yield BatchBody(spool, name, sha256, lines)


def items_of(body: BatchBody, seal: str, max_document_bytes: int) -> Iterator[BatchItem]:
    """The body's items in order, read one at a time; a bad one is an item that says so.

    Raises: BatchLimitExceeded, BatchArchiveInvalid before the first item.
    """
    if body.kind == NDJSON:
        if body.lines >= MAX_ITEMS + 1:
            raise BatchLimitExceeded(limit="items", value=MAX_ITEMS)
        return _lines(body, seal, max_document_bytes)
    return _Archive(body, seal, max_document_bytes).items()


def _measured(spool: "SpooledTemporaryFile[bytes]", kind: str) -> tuple[str, int]:
    digest, lines = hashlib.sha256(), 0
    spool.seek(0)
    while chunk := spool.read(_CHUNK_BYTES):
        digest.update(chunk)
        if kind == NDJSON:
            lines += chunk.count(b"\n")
    spool.seek(0)
    return digest.hexdigest(), lines


def _lines(body: BatchBody, seal: str, max_document_bytes: int) -> Iterator[BatchItem]:
    limit = max_document_bytes * 4 // 3 + _LINE_OVERHEAD_BYTES
    number = 0
    while line := body.spool.readline(limit):
        number += 1
        if len(line) == limit and not line.endswith(b"\n"):
            while (more := body.spool.readline(limit)) and not more.endswith(b"\n"):
                pass
            yield BatchItem(f"line-{number}", BatchItemInvalid(reason="TOO_LARGE"))
        elif line.strip():
            yield _line(line, number, seal, max_document_bytes)


def _line(line: bytes, number: int, seal: str, max_document_bytes: int) -> BatchItem:
    name = f"line-{number}"
    try:
        members = json.loads(line)
    except (ValueError, RecursionError):
        return BatchItem(name, BatchItemInvalid(reason="JSON"))
    given = members.get("name") if isinstance(members, dict) else None
    if isinstance(given, str) and name_fault(given) is None:
        name = given
    try:
        shape = BatchLine.model_validate(members)
    except ValidationError as error:
        return BatchItem(name, _invalid(error))
    fault = _reserved_or_bad(shape.name)
    if fault is not None:
        return BatchItem(name, BatchItemInvalid(field="name", reason=fault))
    try:
        data = base64.b64decode(shape.document, validate=True)
    except (binascii.Error, ValueError):
        return BatchItem(name, BatchItemInvalid(field="document", reason="BASE64"))
    return _item(shape.name, data, seal, shape, max_document_bytes)


def _item(
    name: str, data: bytes, seal: str, options: SealingOptions, max_document_bytes: int
) -> BatchItem:
    if not 0 < len(data) <= max_document_bytes:
        reason = "TOO_LARGE" if data else "EMPTY"
        return BatchItem(name, BatchItemInvalid(field="document", reason=reason))
    try:
        return BatchItem(name, options.request(seal, data))
    except ServiceError as error:
        return BatchItem(name, error)


class _Archive:
    """A zip whose directory was found sound. Raises: BatchLimitExceeded, BatchArchiveInvalid."""

    def __init__(self, body: BatchBody, seal: str, max_document_bytes: int) -> None:
        self._seal, self._limit = seal, max_document_bytes
        _require_small_directory(body.spool)
        try:
            self._zip = zipfile.ZipFile(body.spool)
        except _ZIP_FAULTS as error:
            raise BatchArchiveInvalid(reason="ZIP") from error
        self._files: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            if not info.is_dir():
                self._add(info)
        self._require_room()
        self._manifest = self._read_manifest()

    def items(self) -> Iterator[BatchItem]:
        """One entry after the other, in the directory's order."""
        for name, info in self._files.items():
            fault = _reserved_or_bad(name)
            if fault is not None:
                shown = name if name.isprintable() else ascii(name)
                yield BatchItem(shown[:255], BatchItemInvalid(field="name", reason=fault))
                continue
            try:
                data = self._read(info)
                options = SealingOptions.model_validate(self._manifest.options_of(name))
            except ServiceError as error:
                yield BatchItem(name, error)
            except ValidationError as error:
                yield BatchItem(name, _invalid(error))
            else:
                yield _item(name, data, self._seal, options, self._limit)

    def _add(self, info: zipfile.ZipInfo) -> None:
        name = _entry_name(info)
        if name in self._files:
            raise BatchArchiveInvalid(reason="NAME_REPEATED", name=name[:100])
        self._files[name] = info

    def _require_room(self) -> None:
        if len(self._files) > MAX_ITEMS + 1:
            raise BatchLimitExceeded(limit="items", value=MAX_ITEMS)
        if sum(info.file_size for info in self._files.values()) > MAX_UNPACKED_BYTES:
            raise BatchLimitExceeded(limit="bytes", value=MAX_UNPACKED_BYTES)

    def _read(self, info: zipfile.ZipInfo, limit: int | None = None) -> bytes:
        """An entry's bytes, never more than its directory entry says. Raises: BatchItemInvalid."""
        if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
            raise BatchItemInvalid(reason="PACKING")
        if info.file_size > (limit or self._limit):
            raise BatchItemInvalid(field="document", reason="TOO_LARGE")
        try:
            with self._zip.open(info) as file:
                return file.read(info.file_size + 1)
        except _ZIP_FAULTS as error:
            raise BatchItemInvalid(reason="ZIP") from error

    def _read_manifest(self) -> BatchManifest:
        info = self._files.pop(MANIFEST, None)
        if info is None:
            return BatchManifest()
        try:
            found = BatchManifest.model_validate(json.loads(self._read(info, MAX_MANIFEST_BYTES)))
        except ValidationError as error:
            raise BatchArchiveInvalid(
                reason="MANIFEST", name=rows_of(error, "body")[0].pointer[:100]
            ) from error
        except (ValueError, RecursionError, BatchItemInvalid) as error:
            raise BatchArchiveInvalid(reason="MANIFEST") from error
        for name in found.files:
            if name not in self._files:
                raise BatchArchiveInvalid(reason="MANIFEST_NAMES_NO_FILE", name=name[:100])
        return found


def _require_small_directory(spool: "SpooledTemporaryFile[bytes]") -> None:
    """The directory is read whole: its size is bounded first, so it must be where we look.

    Archives with a trailing comment or in ZIP64 form are refused; no writer needs them here.
    Source: APPNOTE.TXT sections 4.3.15 and 4.3.16.
    """
    end = spool.seek(0, 2)
    spool.seek(max(0, end - _END_BYTES - _LOCATOR_BYTES))
    tail = spool.read()
    record = tail[-_END_BYTES:]
    if not record.startswith(b"PK\x05\x06") or record[-2:] != b"\0\0":
        raise BatchArchiveInvalid(reason="END_RECORD")
    if tail[:-_END_BYTES].startswith(b"PK\x06\x07"):
        raise BatchArchiveInvalid(reason="ZIP64")
    if int.from_bytes(record[10:12], "little") > MAX_ITEMS + 1:
        raise BatchLimitExceeded(limit="items", value=MAX_ITEMS)
    if int.from_bytes(record[12:16], "little") > MAX_DIRECTORY_BYTES:
        raise BatchLimitExceeded(limit="directory", value=MAX_DIRECTORY_BYTES)
    spool.seek(0)


def _entry_name(info: zipfile.ZipInfo) -> str:
    """The name; old writers on Chinese systems store GBK without saying so."""
    if info.flag_bits & _UTF_8_NAME or info.filename.isascii():
        return info.filename
    for encoding in ("utf-8", "gbk"):
        try:
            return info.filename.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return info.filename


def _reserved_or_bad(name: str) -> str | None:
    return "RESERVED" if name in (MANIFEST, RESULTS) else name_fault(name)


def _invalid(error: ValidationError) -> BatchItemInvalid:
    row: Any = rows_of(error, "body")[0]
    return BatchItemInvalid(field=row.pointer[:100], reason=row.code)
