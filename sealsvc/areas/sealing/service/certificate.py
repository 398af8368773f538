"""Which suite and certificate a seal signs with: no leaf stands twice in one PDF."""

from collections.abc import Sequence

from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import (
    NATIONAL_SUITE,
    CertificateStatus,
    CertificateView,
)
from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing.model import SealingSuiteInvalid
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model.views import SealCredential, SealSuiteMissing, SealView
from sealsvc.documents import DocumentFormat
from sealsvc.documents.values import DocumentReading
from sealsvc.values import Principal


def credential_for(
    deps: Deps,
    seal: SealView,
    document_format: DocumentFormat,
    wanted: str | None,
    preferred: str | None,
) -> SealCredential:
    """What the seal signs this kind of document with.

    wanted: suite named by the request; preferred: the owner's own default. A national format is
    signed with SM2 whatever is preferred; a PDF with what was asked for, else with the owner's
    default where the seal holds it, else with the seal's own suite.
    Raises: SealingSuiteInvalid, SealSuiteMissing. Source: ofd.md section 4.
    """
    return choose_credential(seals.current(deps, seal), document_format, wanted, preferred)


def choose_credential(
    credentials: Sequence[SealCredential],
    document_format: DocumentFormat,
    wanted: str | None,
    preferred: str | None,
) -> SealCredential:
    """As `credential_for`. credentials: one per suite, the seal's own suite first."""
    held = {one.suite: one for one in credentials}
    if document_format.national:
        if wanted not in (None, NATIONAL_SUITE):
            raise SealingSuiteInvalid(suite=str(wanted)[:40], format=document_format.name)
        wanted = NATIONAL_SUITE
    if wanted is None:
        wanted = preferred if preferred in held else next(iter(held), NATIONAL_SUITE)
    if wanted not in held:
        raise SealSuiteMissing(suite=str(wanted)[:40])
    found = held[wanted]
    if document_format.national and found.eseal_sha256 is None:
        raise SealSuiteMissing(suite=NATIONAL_SUITE)
    return found


def certificate_for(
    deps: Deps,
    principal: Principal,
    seal: SealView,
    held: SealCredential,
    reading: DocumentReading,
) -> CertificateView:
    """The seal's newest valid certificate that the document does not hold yet, else a fresh one.

    A fresh one has the same key, subject and end as the present one. poppler calls the issuer of
    a repeated leaf unknown (pdf.md rule 10). An electronic seal names its signer's certificate, so
    in a national format it is always that one. Raises: as `certs.service.issue`,
    SealSuiteMissing. Source: CONTRACT section 3.
    """
    now = deps.clock.now()
    national = reading.kind != "pdf"
    present = {one.signer_certificate_der for one in reading.signatures}
    for certificate in certs.of_seal(deps, seal.seal_id):
        usable = certificate.status is CertificateStatus.ISSUED
        usable = usable and certificate.key_ref == held.key_ref
        usable = usable and certificate.not_before <= now < certificate.not_after
        if national and usable and certificate.serial_hex == held.cert_serial:
            return certificate
        if not national and usable and certificate.der not in present:
            return certificate
    if national:
        raise SealSuiteMissing(suite=held.suite)
    order = seals.certificate_order(seal, held.key_ref, principal.client_id, seal.valid_until)
    return certs.issue(deps, order)
