"""The first half of a chunk: everything that needs no signature; nothing is logged yet."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

from ca.errors import CaError
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import CertificateView
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.sealing.model import SealingStatus, SealingView, for_use, may_use
from sealsvc.areas.sealing.repo import Batch
from sealsvc.areas.sealing.service.batch import recording
from sealsvc.areas.sealing.service.batch.values import (
    BatchItem,
    BatchItemChanged,
    BatchItemInvalid,
    BatchOrder,
    Entry,
    Failure,
    ItemResult,
)
from sealsvc.areas.sealing.service.certificate import certificate_for, credential_for
from sealsvc.areas.sealing.service.ordinary import kit_terms
from sealsvc.areas.sealing.service.record import Intent
from sealsvc.areas.sealing.service.request import fresh_field_name
from sealsvc.areas.sealing.service.seal import intent_of, prepare
from sealsvc.areas.sealing.working import Draft, KitTerms, Revised, prepare_many
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model.views import SealView
from sealsvc.documents import UnsupportedFormat, detect
from sealsvc.documents.pdf import PDF
from sealsvc.documents.pdf.fast.cms_template import template_for
from sealsvc.documents.values import DocumentReading
from sealsvc.errors import ServiceError
from sealsvc.ports import ResourceLimit
from sealsvc.values import Principal

T = TypeVar("T")

_UNSIGNED = DocumentReading("pdf", 0, 0, 0, (), (), ())


@dataclass(frozen=True)
class Bench:
    """Where a batch is worked on. pool: threads that wait for workers, as many as may run."""

    deps: Deps
    principal: Principal
    batch: Batch
    order: BatchOrder
    pool: Executor


@dataclass(frozen=True)
class Kit:
    """What a seal signs ordinary PDFs with, for one chunk."""

    certificate: CertificateView
    terms: KitTerms


@dataclass(frozen=True)
class Chunk:
    """Entries in the order of the items. kit: None where none of them needs it."""

    entries: tuple[Entry, ...]
    seal: SealView | None
    kit: Kit | None
    at: datetime


def prepare_chunk(bench: Bench, items: Sequence[BatchItem]) -> Chunk:
    """Items as far as they come without a signature; what fails is settled with its reason."""
    at = bench.deps.clock.now()
    entries = _entries(items)
    try:
        _answer_completed(bench, entries)
        open_ones = [one for one in entries if one.result is None]
        if not open_ones:
            return Chunk(entries, None, None, at)
        seal = seals.get(bench.deps, bench.order.seal_id)
        kit = _kit(bench, seal)
        _admit(bench, seal, open_ones)
        _prepare_quickly(bench, kit, open_ones)
        _prepare_others(bench, seal, open_ones)
    except (ServiceError, CaError) as error:
        for one in entries:
            one.fail(error)
        return Chunk(entries, None, None, at)
    return Chunk(entries, seal, kit, at)


def _entries(items: Sequence[BatchItem]) -> tuple[Entry, ...]:
    entries: dict[str, Entry] = {}
    repeated: list[Entry] = []
    order: list[Entry] = []
    for item in items:
        entry = Entry(item)
        order.append(entry)
        if isinstance(item.request, ServiceError):
            entry.fail(item.request)
        elif item.name in entries:
            repeated.append(entry)
        else:
            entry.hashed.update(item.request.data)
            entries[item.name] = entry
    for entry in repeated:
        entry.fail(BatchItemInvalid(field="name", reason="REPEATED"))
    return tuple(order)


def _answer_completed(bench: Bench, entries: Sequence[Entry]) -> None:
    """What an earlier run has completed is answered from its record."""
    waiting = {one.name: one for one in entries if one.result is None}
    found = recording.earlier(bench.deps, bench.batch, list(waiting))
    for name, view in found.items():
        if view.status is SealingStatus.COMPLETED:
            answer(bench.deps, waiting[name], view)


def answer(deps: Deps, entry: Entry, view: SealingView) -> None:
    """Settle an entry with a use that was completed before. Raises: BlobMissing."""
    if view.original_sha256 != entry.original_sha256:
        entry.fail(BatchItemChanged())
        return
    assert view.sealed_sha256 is not None  # a completed one names its file
    sealed = deps.blobs.get(view.sealed_sha256)
    entry.result = ItemResult(entry.name, view, sealed, resumed=True)


def _kit(bench: Bench, seal: SealView) -> Kit | None:
    """None where the seal has no picture or no suite for PDFs: the ordinary path tells why."""
    deps = bench.deps
    with deps.read() as session:
        owner = entities.get_active_in(session, seal.owner_uscc)
    try:
        held = credential_for(deps, seal, PDF, None, owner.sealing_suite)
        certificate = certificate_for(deps, bench.principal, seal, held, _UNSIGNED)
        chain_der = certs.chain_der(deps, certificate.suite)
        terms = kit_terms(deps, seal, certificate, chain_der)
    except ServiceError:
        return None
    return Kit(certificate, terms)


def _admit(bench: Bench, seal: SealView, entries: Sequence[Entry]) -> None:
    """The rights and the declaration, before anything is worked on."""
    now = bench.deps.clock.now()
    for one in entries:
        try:
            may_use(for_use(seal), bench.principal, one.request.role, now)
            _ = one.declaration
        except ServiceError as error:
            one.fail(error)


def _prepare_quickly(bench: Bench, kit: Kit | None, entries: Sequence[Entry]) -> None:
    if kit is None:
        return
    chosen = [one for one in entries if one.result is None and _is_ordinary_pdf(one, kit)]
    drafts = [_draft(bench.deps, one) for one in chosen]
    parts = split(list(zip(chosen, drafts, strict=True)), bench.order.workers)

    def work(part: list[tuple[Entry, Draft]]) -> list[Revised | ServiceError | None]:
        return _revised(bench.deps, [draft for _, draft in part], kit.terms)

    template = None
    for part, outcomes in zip(parts, bench.pool.map(work, parts), strict=True):
        for (entry, _), outcome in zip(part, outcomes, strict=True):
            if isinstance(outcome, ServiceError):
                entry.fail(outcome)
            elif outcome is not None:
                template = template or template_for(*kit.terms[:3])
                entry.revised = outcome
                tbs = template.signed_attributes(outcome.digest)
                entry.intent = _intent(bench, entry, kit.certificate, tbs)


def _revised(
    deps: Deps, drafts: list[Draft], terms: KitTerms
) -> list[Revised | ServiceError | None]:
    """Where one document takes a worker too far, each is tried alone."""
    try:
        return deps.sandbox.run(prepare_many, drafts, terms)
    except ResourceLimit as error:
        if len(drafts) == 1:
            return [error]
    return [_revised(deps, [draft], terms)[0] for draft in drafts]


def _is_ordinary_pdf(entry: Entry, kit: Kit) -> bool:
    wish = entry.request
    if wish.straddle is not None or wish.place.keyword is not None:
        return False
    return wish.suite in (None, kit.certificate.suite) and _format(wish.data) is PDF


def _format(data: bytes) -> object:
    try:
        return detect(data)
    except UnsupportedFormat:
        return None


def _draft(deps: Deps, entry: Entry) -> Draft:
    request = entry.request
    name = fresh_field_name(deps.rng)
    return Draft(request.data, request.place, entry.declaration.role, name)


def _intent(bench: Bench, entry: Entry, certificate: CertificateView, tbs: bytes) -> Intent:
    return Intent(
        seal_id=bench.order.seal_id,
        role=entry.request.role,
        declaration=entry.declaration,
        cert_serial=certificate.serial_hex,
        original_sha256=entry.original_sha256,
        tbs_sha256=sha256(tbs).hexdigest(),
        media_type=PDF.media_type,
        placement=entry.revised.placement if entry.revised else None,
    )


def _prepare_others(bench: Bench, seal: SealView, entries: Sequence[Entry]) -> None:
    """OFD, signed and unusual files: as the single sealing prepares them."""
    waiting = [one for one in entries if one.result is None and one.revised is None]

    def work(entry: Entry) -> Failure | None:
        try:
            entry.work = prepare(bench.deps, bench.principal, seal, entry.request)
        except (ServiceError, CaError) as error:
            return error
        return None

    for entry, error in zip(waiting, bench.pool.map(work, waiting), strict=True):
        if error is not None:
            entry.fail(error)
        elif entry.work is not None:
            entry.intent = intent_of(entry.work, entry.request)


def split(many: list[T], parts: int) -> list[list[T]]:
    """At most so many runs of about the same length, in order, none empty."""
    size = -(-len(many) // max(1, parts)) or 1
    return [many[at : at + size] for at in range(0, len(many), size)]
