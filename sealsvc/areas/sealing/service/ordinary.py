"""The short way of an ordinary PDF: one look at the registers, two calls of a worker.

Ordinary is a PDF without signatures that our own writer understands, with no wish that only the
general way grants. Same steps, facts and self-check as there; only that nothing is asked twice.
"""

from dataclasses import dataclass
from hashlib import sha256

from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import CertificateView
from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing.model import SealingSelfCheckFailed, SealingView
from sealsvc.areas.sealing.oneshot import Awaited, examine
from sealsvc.areas.sealing.service import record
from sealsvc.areas.sealing.service.certificate import choose_credential
from sealsvc.areas.sealing.service.check import blame_change, foretold, require_examined
from sealsvc.areas.sealing.service.request import (
    SealingRequest,
    fresh_field_name,
    height_ratio,
)
from sealsvc.areas.sealing.working import Draft, KitTerms, Revised, prepare_many
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model.views import SealView
from sealsvc.areas.verification import service as verification
from sealsvc.documents import UnsupportedFormat, detect
from sealsvc.documents.pdf import PDF
from sealsvc.documents.pdf.fast.cms_template import CmsTemplate, template_for
from sealsvc.errors import ServiceError
from sealsvc.ports import BlobMissing
from sealsvc.values import Declaration, Principal
from sealsvc.verify.evidence import CertificateRecord


@dataclass(frozen=True)
class Means:
    """What a seal signs ordinary PDFs with, as one look at the registers found it."""

    dossier: seals.Dossier
    certificate: CertificateView
    trust: certs.KnownTrust


@dataclass(frozen=True)
class Draught:
    """A revision that waits for its signature. tbs: the bytes the key signs."""

    means: Means
    data: bytes
    declaration: Declaration
    revised: Revised
    template: CmsTemplate
    tbs: bytes

    def intent(self, request: SealingRequest) -> record.Intent:
        """What is about to be signed."""
        return record.Intent(
            seal_id=request.seal_id,
            role=request.role,
            declaration=self.declaration,
            cert_serial=self.means.certificate.serial_hex,
            original_sha256=sha256(self.data).hexdigest(),
            tbs_sha256=sha256(self.tbs).hexdigest(),
            media_type=PDF.media_type,
            placement=self.revised.placement,
        )


def look(deps: Deps, request: SealingRequest) -> tuple[SealView, Means | None]:
    """The seal, and what it signs with; None where the general way must tell what is missing.

    Raises: SealNotFound.
    """
    with deps.read() as session:
        dossier = seals.dossier_in(session, request.seal_id)
        seal = dossier.seal
        if not dossier.owner_active or not _is_ordinary(request):
            return seal, None
        held = seals.current_of(deps, seal, dossier.record.credentials)
        try:
            credential = choose_credential(held, PDF, request.suite, dossier.owner_suite)
        except ServiceError:
            return seal, None
        now = deps.clock.now()
        certificate = certs.usable_in(session, seal.seal_id, credential.key_ref, now)
        if certificate is None:
            return seal, None
        return seal, Means(dossier, certificate, certs.trust_in(session))


def draw_up(deps: Deps, means: Means, request: SealingRequest) -> Draught | None:
    """The revision, not signed; None where the document is for the general way.

    Raises: DeclarationInvalid, DocumentEncrypted, PageNotFound, PlacementOutOfPage and the other
    problems of a document, ResourceLimit, WorkersBusy.
    """
    declaration = request.declaration()
    try:
        chain_der = means.trust.chain_der(means.certificate.suite)
        terms = kit_terms(deps, means.dossier.seal, means.certificate, chain_der)
    except BlobMissing:
        return None
    draft = Draft(request.data, request.place, declaration.role, fresh_field_name(deps.rng))
    revised = deps.sandbox.run(prepare_many, [draft], terms)[0]
    if revised is None:
        return None
    if isinstance(revised, ServiceError):
        raise revised
    template = template_for(terms.certificate_der, terms.chain_der, terms.suite)
    tbs = template.signed_attributes(revised.digest)
    return Draught(means, request.data, declaration, revised, template, tbs)


def make(
    deps: Deps, principal: Principal, draught: Draught, use: SealingView
) -> tuple[SealingView, bytes]:
    """Sign what was authorised, check the result as any verifier would, and only then store it.

    Raises: SealingSelfCheckFailed, SealingIntentClosed, what `may_use` raises, StorageFull,
    ResourceLimit, WorkersBusy.
    """
    signature = deps.keys.signer(draught.means.certificate.key_ref).sign(draught.tbs)
    value = draught.template.contents(draught.revised.digest, signature)
    sealed = draught.revised.around(value, draught.data)
    signature_sha256 = sha256(signature).hexdigest()
    awaited = _awaited(deps, draught, use, signature_sha256)
    try:
        policy = verification.policy_for(deps, None)
        require_examined(deps.sandbox.run(examine, sealed, awaited, policy))
    except SealingSelfCheckFailed:
        blame_change(deps, principal, draught.means.dossier.seal)
        raise
    view = record.complete(
        deps,
        principal,
        use,
        sealed_sha256=deps.blobs.put(sealed),
        signature_sha256=signature_sha256,
        checked_version=draught.means.dossier.seal.version,
    )
    return view, sealed


def _is_ordinary(request: SealingRequest) -> bool:
    if request.straddle is not None or request.place.keyword is not None:
        return False
    try:
        return detect(request.data) is PDF
    except UnsupportedFormat:
        return False


def kit_terms(
    deps: Deps, seal: SealView, certificate: CertificateView, chain_der: tuple[bytes, ...]
) -> KitTerms:
    """What the writer needs of a seal and its certificate. Raises: BlobMissing."""
    assert certificate.der is not None  # an issued one has its bytes
    return KitTerms(
        certificate_der=certificate.der,
        chain_der=chain_der,
        suite=certificate.suite,
        signer_name=seal.owner_name,
        imprint_png=seals.imprint_of(deps, seal),
        width_mm=seal.width_mm,
        height_ratio=height_ratio(seal),
        signed_at=deps.clock.now(),
    )


def _awaited(deps: Deps, draught: Draught, use: SealingView, signature_sha256: str) -> Awaited:
    """The state of the registers is that of the look; tx 2 asks under lock that it still holds."""
    now = deps.clock.now()
    certificate, dossier = draught.means.certificate, draught.means.dossier
    assert certificate.der is not None  # an issued one has its bytes
    return Awaited(
        signature_sha256=signature_sha256,
        certificate_der=certificate.der,
        record=CertificateRecord(
            certificate.serial_hex, certificate.seal_id, certificate.revoked_at
        ),
        seal=seals.registered_in(dossier, now, now),
        proof=foretold(use, now),
        declaration=draught.declaration,
        trust=draught.means.trust.material,
        at=now,
    )
