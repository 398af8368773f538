"""The walk of one sealing: may, read, prepare, authorise, sign, finish, check, complete.

Source: ARCHITECTURE section 12.4; CONTRACT section 3.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

import structlog

from ca.errors import CaError
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import CertificateView
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.sealing.model import (
    SealingSelfCheckFailed,
    SealingView,
    StraddleNotSupported,
    for_use,
    may_use,
)
from sealsvc.areas.sealing.placing import (
    USUAL_WIDTH_MM,
    Box,
    PlaceWish,
    over_keyword,
    page_number,
    placed,
    seals_on,
)
from sealsvc.areas.sealing.service import ordinary, record
from sealsvc.areas.sealing.service.certificate import certificate_for, credential_for
from sealsvc.areas.sealing.service.check import Expected, blame_change, require_sound
from sealsvc.areas.sealing.service.request import (
    SealingRequest,
    SealingResult,
    fresh_field_name,
    height_ratio,
)
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model.views import SealView
from sealsvc.areas.verification import service as verification
from sealsvc.areas.verification.gathering import Terms
from sealsvc.areas.verification.reading import DocumentRead, read_document
from sealsvc.documents import detect
from sealsvc.documents.keywords import find_keyword
from sealsvc.documents.pdf.errors import DocmdpForbidsSeal, ExistingSignatureBroken
from sealsvc.documents.values import (
    DigestOutcome,
    PreparedSealing,
    SealingSpec,
    SignatureOutcome,
)
from sealsvc.errors import ServiceError
from sealsvc.values import Declaration, Placement, Principal
from sealsvc.verify.report import Report

_log = structlog.get_logger("sealsvc.sealing")


@dataclass(frozen=True)
class Work:
    """What is known before anything is signed. before: the verdict on earlier signatures."""

    seal: SealView
    declaration: Declaration
    document: DocumentRead
    certificate: CertificateView
    spec: SealingSpec
    prepared: PreparedSealing
    before: Report | None


def seal(deps: Deps, principal: Principal, request: SealingRequest) -> SealingResult:
    """Put a seal on a document.

    Raises: SealNotFound, what `may_use` raises, EntityAlreadyCancelled, DeclarationInvalid,
    UnsupportedFormat, DocumentEncrypted, DocumentUnreadable, ExistingSignatureBroken,
    DocmdpForbidsSeal, PageNotFound, PlacementOutOfPage, PlacementInvalid, KeywordNotFound,
    SealingIntentClosed, SealingSelfCheckFailed, ResourceLimit, WorkersBusy, StorageFull,
    CaUnavailable.
    """
    registered, means = ordinary.look(deps, request)
    may_use(for_use(registered), principal, request.role, deps.clock.now())
    draught = None if means is None else ordinary.draw_up(deps, means, request)
    if draught is not None:
        use = record.authorise(deps, principal, draught.intent(request))
        with _given_up_on_error(deps, use):
            return SealingResult(*ordinary.make(deps, principal, draught, use))
    work = prepare(deps, principal, registered, request)
    use = record.authorise(deps, principal, intent_of(work, request))
    with _given_up_on_error(deps, use):
        return SealingResult(*_make(deps, principal, work, use))


def intent_of(work: Work, request: SealingRequest) -> record.Intent:
    """What is about to be signed."""
    return record.Intent(
        seal_id=request.seal_id,
        role=request.role,
        declaration=work.declaration,
        cert_serial=work.certificate.serial_hex,
        original_sha256=work.document.sha256,
        tbs_sha256=sha256(work.prepared.tbs).hexdigest(),
        media_type=work.document.media_type,
        placement=work.spec.placement,
    )


def prepare(
    deps: Deps, principal: Principal, registered: SealView, request: SealingRequest
) -> Work:
    """Everything that needs no signature; nothing is logged yet but perhaps a fresh certificate."""
    with deps.read() as session:
        owner = entities.get_active_in(session, registered.owner_uscc)
    declaration = request.declaration()
    document_format = detect(request.data)
    if request.straddle is not None and not document_format.national:
        raise StraddleNotSupported(format=document_format.name)
    held = credential_for(deps, registered, document_format, request.suite, owner.sealing_suite)
    document = read_document(deps.sandbox, request.data)
    _refuse_unfit(document)
    before = None
    if document.reading.signatures:
        before = verification.judge_document(deps, document, Terms())
    placement = _placement(deps, registered, request, document)
    certificate = certificate_for(deps, principal, registered, held, document.reading)
    assert certificate.der is not None  # an issued one has its bytes
    invisible = placement is None
    spec = SealingSpec(
        role=declaration.role,
        certificate_der=certificate.der,
        chain_der=certs.chain_der(deps, certificate.suite),
        suite=certificate.suite,
        signed_at=deps.clock.now(),
        field_name=fresh_field_name(deps.rng),
        signer_name=registered.owner_name,
        imprint_png=None if invisible else seals.imprint(deps, registered.seal_id),
        placement=placement,
        imprint_height_ratio=height_ratio(registered),
        eseal_der=seals.eseal(deps, registered) if document_format.national else None,
        straddle=request.straddle,
    )
    prepared = deps.sandbox.run(document_format.prepare, request.data, spec)
    return Work(registered, declaration, document, certificate, spec, prepared, before)


def _refuse_unfit(document: DocumentRead) -> None:
    """A further seal would cover up a signature that no longer holds, or break one's terms.

    The sealer refuses more of the kind; this is said before a certificate is made for it.
    Raises: ExistingSignatureBroken, DocmdpForbidsSeal. Source: CONTRACT section 3.
    """
    for one in document.reading.signatures:
        if one.digest is DigestOutcome.DIFFERS or one.signature is SignatureOutcome.FAILS:
            raise ExistingSignatureBroken(field=one.field_name[:80])
        if one.docmdp is not None:
            raise DocmdpForbidsSeal(field=one.field_name[:80], permissions=one.docmdp)


def _placement(
    deps: Deps, registered: SealView, request: SealingRequest, document: DocumentRead
) -> Placement | None:
    if request.place.invisible or (request.straddle and request.place == PlaceWish()):
        return None
    wish, ratio = request.place, height_ratio(registered)
    page_size = detect(request.data).page_size
    width = registered.width_mm or USUAL_WIDTH_MM
    if wish.keyword is not None:
        found = deps.sandbox.run(find_keyword, request.data, wish.keyword)
        wanted = wish.width_mm or width
        size = deps.sandbox.run(page_size, request.data, found.page)
        wish = over_keyword(found, size, Box(0, 0, wanted, wanted * ratio))
    page = page_number(wish, document.reading)
    page_mm = deps.sandbox.run(page_size, request.data, page)
    imprint = Box(0, 0, width, width * ratio)
    return placed(wish, page, page_mm, imprint, seals_on(document.reading, page))


def _make(
    deps: Deps, principal: Principal, work: Work, use: SealingView
) -> tuple[SealingView, bytes]:
    """Sign what was authorised, check the result as any verifier would, and only then store it."""
    signature = deps.keys.signer(work.certificate.key_ref).sign(work.prepared.tbs)
    document_format = detect(work.prepared.document)
    sealed = deps.sandbox.run(document_format.finish, work.prepared, signature)
    checked = read_document(deps.sandbox, sealed)
    expected = Expected(
        use=use,
        declaration=work.declaration,
        signature_sha256=sha256(signature).hexdigest(),
        before=work.before,
    )
    try:
        require_sound(deps, checked, expected)
    except SealingSelfCheckFailed:
        blame_change(deps, principal, work.seal)
        raise
    view = record.complete(
        deps,
        principal,
        use,
        sealed_sha256=deps.blobs.put(sealed),
        signature_sha256=expected.signature_sha256,
    )
    return view, sealed


@contextmanager
def _given_up_on_error(deps: Deps, use: SealingView) -> Iterator[None]:
    """Close the intent of what fails at once; if that fails too, `reconcile` closes it later."""
    try:
        yield
    except Exception as error:
        known = isinstance(error, ServiceError | CaError)
        reason = error.code if isinstance(error, ServiceError | CaError) else "INTERNAL"
        _log.warning("sealing.abandoned", sealing=use.sealing_id, reason=reason, known=known)
        try:
            record.abandon(deps, use.sealing_id, reason)
        except Exception:
            _log.exception("sealing.abandon_failed", sealing=use.sealing_id)
        raise
