"""Which certificate a seal signs with: no leaf stands twice in one document."""

from ca.names import SubjectName
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import CertificateStatus, CertificateView, IssueOrder
from sealsvc.areas.deps import Deps
from sealsvc.areas.seals.model.views import SealView
from sealsvc.documents.values import DocumentReading
from sealsvc.values import KeyRef, Principal


def certificate_for(
    deps: Deps, principal: Principal, seal: SealView, reading: DocumentReading
) -> CertificateView:
    """The seal's newest valid certificate that the document does not hold yet, else a fresh one.

    A fresh one has the same key, subject and end as the present one. poppler calls the issuer of
    a repeated leaf unknown (pdf.md rule 10). Raises: as `certs.service.issue`.
    Source: CONTRACT section 3.
    """
    now = deps.clock.now()
    present = {one.signer_certificate_der for one in reading.signatures}
    for certificate in certs.of_seal(deps, seal.seal_id):
        usable = certificate.status is CertificateStatus.ISSUED
        usable = usable and certificate.key_ref == seal.key_ref
        usable = usable and certificate.not_before <= now < certificate.not_after
        if usable and certificate.der not in present:
            return certificate
    return _fresh(deps, principal, seal)


def _fresh(deps: Deps, principal: Principal, seal: SealView) -> CertificateView:
    assert seal.key_ref is not None  # an active electronic seal has its key
    order = IssueOrder(
        profile="seal",
        subject=SubjectName(
            common_name=seal.name, organization=seal.owner_name, uscc=seal.owner_uscc
        ),
        key_ref=KeyRef(seal.key_ref),
        by=principal.client_id,
        uscc=seal.owner_uscc,
        seal_id=seal.seal_id,
        not_after=seal.valid_until,
    )
    return certs.issue(deps, order)
