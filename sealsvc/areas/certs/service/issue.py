"""Issue certificates. Each signature follows a committed intent (ARCHITECTURE section 7.4)."""

from ca.issue import CertificateRequest, Prepared, prepare, serial_from, sign
from ca.names import IssuerInfo, SubjectName
from ca.profiles import profile_named
from sealsvc.areas.certs import repo
from sealsvc.areas.certs.model import (
    INTERNATIONAL,
    MAKER_PROFILE,
    NATIONAL,
    NATIONAL_SUITE,
    TRUST_DOMAINS,
    CertificateAction,
    CertificateIntentLost,
    CertificateStatus,
    CertificateView,
    HierarchyExists,
    IssueOrder,
    TrustDomain,
    certificate_fact,
    certificate_step,
    domain_of,
    serial_hex,
)
from sealsvc.areas.certs.repo import CertificateRow, IssuerRow
from sealsvc.areas.certs.service.crls import issuer_info, publish_crl
from sealsvc.areas.certs.service.revoke import SYSTEM
from sealsvc.areas.deps import Deps
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import KeyRef

_ROOTS = frozenset(domain.root for domain in TRUST_DOMAINS)


def create_hierarchy(
    deps: Deps,
    *,
    domain_name: str,
    suite: str | None = None,
    domain: TrustDomain = INTERNATIONAL,
) -> None:
    """Root and issuing CA of a new trust domain, with their first CRLs.

    Raises: HierarchyExists. Source: ARCHITECTURE section 12.3.
    """
    with deps.read() as session:
        present = {row.label for row in repo.issuers(session)}
        published = {label for label in present if repo.find_crl(session, label)}
    if domain.labels <= published:
        raise HierarchyExists()
    chosen = suite or deps.config.default_suite
    prefix = "SM2 " if domain is NATIONAL else ""
    for label, profile in ((domain.root, "root"), (domain.issuing, "issuing")):
        if label not in present:  # an earlier attempt may have been cut off behind it
            key_ref = KeyRef(deps.keys.generate(chosen, f"ca:{label}"))
            subject = SubjectName(
                common_name=f"{domain_name} {prefix}{profile.title()} CA",
                organization=domain_name,
            )
            order = IssueOrder(profile=profile, subject=subject, key_ref=key_ref, by=SYSTEM)
            _issue(deps, order, as_label=label)
        if label not in published:
            publish_crl(deps, label)


def create_national(deps: Deps, *, domain_name: str, maker: SubjectName) -> bool:
    """The SM2 trust domain and its seal-maker, or what is missing of them; whether any was.

    maker: the one organisation that makes (signs) the electronic seals of the domain; it is never
    an owner's own. Raises: CaUnavailable where there is no SM2.
    Source: CONTRACT section 2; seal-formats.md section 5.
    """
    fresh = True
    try:
        create_hierarchy(deps, domain_name=domain_name, suite=NATIONAL_SUITE, domain=NATIONAL)
    except HierarchyExists:
        fresh = False
    with deps.read() as session:
        made = repo.newest_of_profile(session, MAKER_PROFILE)
    if made is None:
        key_ref = KeyRef(deps.keys.generate(NATIONAL_SUITE, "ca:seal-maker"))
        issue(deps, IssueOrder(MAKER_PROFILE, maker, key_ref, by=SYSTEM, uscc=maker.uscc))
    return fresh or made is None


def issue(deps: Deps, order: IssueOrder) -> CertificateView:
    """A certificate from the issuing CA: intent, signature, result.

    Raises: IssuerMissing, LintFailed, CertificateIntentLost, and what the key store raises.
    """
    return _issue(deps, order, as_label=None)


def require_issued(tx: UnitOfWork, serial: str) -> CertificateView:
    """The certificate while it is good, unchanged by others until the unit of work ends.

    Raises: CertificateNotFound, CertificateIntentLost.
    """
    row = repo.get_certificate(tx.session, serial)
    if row.status != CertificateStatus.ISSUED:
        raise CertificateIntentLost(serial=serial)
    return repo.view(row)


def _issue(deps: Deps, order: IssueOrder, *, as_label: str | None) -> CertificateView:
    spki_der = deps.keys.signer(order.key_ref).public_key_spki
    issuer, issuer_label, issuer_key = _issuer_for(deps, order, spki_der, as_label)
    prepared = prepare(
        CertificateRequest(order.subject, spki_der, order.not_after),
        profile_named(order.profile),
        now=deps.clock.now(),
        serial=serial_from(deps.rng.bytes(16)),
        issuer=issuer,
    )
    _store_intent(deps, order, prepared, issuer_label)
    der = sign(prepared, deps.keys.signer(issuer_key))
    return _store_result(deps, order, prepared, der, as_label)


def _issuer_for(
    deps: Deps, order: IssueOrder, spki_der: bytes, as_label: str | None
) -> tuple[IssuerInfo, str, str]:
    """Who signs: itself for a root, the root for an issuing CA, the issuing CA otherwise."""
    if as_label is not None and as_label in _ROOTS:
        return IssuerInfo.self_signed(order.subject, spki_der), as_label, order.key_ref
    domain = domain_of(deps.keys.signer(order.key_ref).suite)
    if as_label is not None:
        domain = next(one for one in TRUST_DOMAINS if as_label in one.labels)
    with deps.read() as session:
        row = repo.get_issuer(session, domain.issuing if as_label is None else domain.root)
    return issuer_info(deps, row), row.label, row.key_ref


def _store_intent(deps: Deps, order: IssueOrder, prepared: Prepared, issuer_label: str) -> None:
    suite = deps.keys.signer(order.key_ref).suite
    with deps.write() as tx:
        row = CertificateRow(
            serial_hex=serial_hex(prepared.serial),
            issuer_label=issuer_label,
            profile=order.profile,
            status=CertificateStatus.INTENDED,
            uscc=order.uscc,
            seal_id=order.seal_id,
            key_ref=order.key_ref,
            suite=suite,
            tbs_sha256=prepared.tbs_sha256.hex(),
            not_before=prepared.not_before,
            not_after=prepared.not_after,
            intended_at=tx.now,
        )
        tx.session.add(row)
        tx.record(
            certificate_fact(
                "intended",
                repo.view(row),
                by=order.by,
                tbsDigest=row.tbs_sha256,
                profileDigest=prepared.profile_digest.hex(),
            )
        )
        tx.commit()


def _store_result(
    deps: Deps, order: IssueOrder, prepared: Prepared, der: bytes, as_label: str | None
) -> CertificateView:
    with deps.write() as tx:
        row = repo.get_certificate(tx.session, serial_hex(prepared.serial))
        step = certificate_step(CertificateStatus(row.status), CertificateAction.ISSUE)
        if step is None:
            raise CertificateIntentLost(serial=row.serial_hex)
        row.status = step.target
        row.der = der
        tx.session.add(row)
        if as_label is not None:
            rank = 0 if as_label in _ROOTS else 1
            tx.session.add(
                IssuerRow(
                    label=as_label,
                    rank=rank,
                    serial_hex=row.serial_hex,
                    key_ref=order.key_ref,
                    der=der,
                )
            )
        issued = repo.view(row)
        tx.record(certificate_fact("issued", issued, by=order.by))
        tx.commit()
    return issued
