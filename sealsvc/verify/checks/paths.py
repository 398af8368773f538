"""The best path from a signer to a trust anchor, with every certificate's status.

With `material` and `status` the only importers of pyhanko-certvalidator. Nothing is fetched.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from asn1crypto import x509
from pyhanko_certvalidator.authority import AuthorityWithCert
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, ValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.validate import async_validate_path

from sealsvc.verify.case import Chain, Gap, Link, PathResult, Revocation, Status, StatusSource
from sealsvc.verify.certificates import (
    CertificateFacts,
    UnreadableCertificateError,
    read_certificate,
)
from sealsvc.verify.checks.kept import KeptChains, Question, question_of, windows_of
from sealsvc.verify.checks.material import Material, decoded, finish, material_for
from sealsvc.verify.checks.status import StatusAsker
from sealsvc.verify.evidence import Evidence, SignatureEvidence, SigningTime
from sealsvc.verify.policy import Policy, RevocationMode

MAX_PATHS = 8
REASON_LENGTH = 160

_kept = KeptChains()


def build_chain(
    signature: SignatureEvidence, evidence: Evidence, policy: Policy, time: SigningTime
) -> Chain:
    """The best chain of the signer's certificate, with every certificate's status.

    Times of validity and algorithms are left to other checks; all that RFC 5280 section 6.1 says
    besides is judged at an instant at which the whole path is valid. Never raises.
    """
    der = signature.reading.signer_certificate_der
    if der is None:
        return Chain(PathResult.NO_CERTIFICATE)
    try:
        signer = read_certificate(der)
    except UnreadableCertificateError:
        return Chain(PathResult.UNREADABLE)
    question = question_of(signature, evidence, policy, time)
    known = None if question is None else _kept.find(question, policy)
    if known is not None:
        return known
    builder = _Builder(signer, signature, evidence, policy, time)
    try:
        chain = builder.best()
    except Exception as error:  # hostile certificates and lists; never a reason not to answer
        return Chain(PathResult.NOT_CHECKED, builder.signer_alone(), type(error).__name__)
    if question is not None:
        builder.keep(question, chain)
    return chain


def forget_chains() -> None:
    """Build every chain anew from here on; the outcome is the same."""
    _kept.clear()


@dataclass(frozen=True)
class _Builder:
    signer: CertificateFacts
    signature: SignatureEvidence
    evidence: Evidence
    policy: Policy
    time: SigningTime

    def signer_alone(self) -> tuple[Link, ...]:
        """What stands in a report when there is no path."""
        return (Link(self.signer, self._with_record(Revocation.unknown())),)

    def best(self) -> Chain:
        """The least bad of all paths: one good path is enough (RFC 5280 section 6.1)."""
        material = material_for(self.signer.der, self.signature, self.evidence)
        context = material.context(self.evidence.validation_time)
        paths = _paths(context, decoded(self.signer.der))
        chains = [self._judged(path, material) for path in paths]
        chain = min(chains, key=_badness, default=None)
        if chain is None:
            chain = Chain(self._why_none(material), self.signer_alone())
        return replace(
            chain, left_out=material.left_out, left_out_gathered=material.left_out_gathered
        )

    def keep(self, question: Question, chain: Chain) -> None:
        """Remember the chain for as long as nothing in its material changes its outcome."""
        material = material_for(self.signer.der, self.signature, self.evidence)
        windows = windows_of(question, material, decoded(self.signer.der), self.policy)
        if windows is not None:
            _kept.keep(question, self.policy, windows, chain)

    def _why_none(self, material: Material) -> PathResult:
        """Whether a trust anchor's name stands where its signature does not."""
        trusted = {anchor.subject.dump() for anchor in material.anchors}
        named = {item.issuer.dump() for item in material.issuers} | {self.signer.issuer_der}
        return PathResult.IMITATED if trusted & named else PathResult.NOT_FOUND

    def _judged(self, path: ValidationPath, material: Material) -> Chain:
        certificates = list(path.iter_certs(include_root=False))
        links = [self._link(item, path, material) for item in reversed(certificates)]
        if links:
            links[0] = Link(links[0].certificate, self._with_record(links[0].revocation))
        root = path.trust_anchor.authority
        if isinstance(root, AuthorityWithCert):
            anchor = read_certificate(root.certificate.dump())
            status = Revocation(Status.GOOD, StatusSource.ANCHOR)
            links.append(Link(anchor, status, trusted=True))
        reason = self._broken_rule(path, material)
        return Chain(PathResult.INVALID if reason else PathResult.VALID, tuple(links), reason)

    def _link(self, item: x509.Certificate, path: ValidationPath, material: Material) -> Link:
        facts = read_certificate(item.dump())
        if self.policy.revocation_mode is RevocationMode.NONE:
            return Link(facts, Revocation.unknown())
        ours = facts.der == self.signer.der
        max_age_s = (
            self.policy.revocation_freshness_s if ours else self.policy.ca_revocation_freshness_s
        )
        now = self.evidence.validation_time
        asker = StatusAsker(material, path, now, self.time, self.policy, max_age_s)
        return Link(facts, asker.status(item))

    def _with_record(self, found: Revocation) -> Revocation:
        """Our CA's record beside the lists: it knows a revocation first and never forgets one."""
        record = self.signature.issued_by_us
        if record is None:
            return found
        at = record.revoked_at
        if at is not None and at <= self.evidence.validation_time:
            first = at if found.revoked_at is None else min(at, found.revoked_at)
            return Revocation(Status.REVOKED, StatusSource.REGISTRY, first)
        if found.gap is Gap.LATE:
            return Revocation(Status.GOOD, StatusSource.REGISTRY)
        return found

    def _broken_rule(self, path: ValidationPath, material: Material) -> str:
        """What of RFC 5280 section 6.1 the path breaks, validity and revocation aside."""
        certificates = list(path.iter_certs(include_root=False))
        if not certificates:
            return ""
        starts: datetime = max(item.not_valid_before for item in certificates)
        ends: datetime = min(item.not_valid_after for item in certificates)
        if starts > ends:
            return "the certificates of the path are never valid together"
        moment = min(max(starts, self.evidence.validation_time), ends)
        try:
            finish(async_validate_path(material.context(moment), path))
        except ValidationError as error:
            return str(error.failure_msg)[:REASON_LENGTH]
        return ""


def _badness(chain: Chain) -> tuple[int, int, int, int]:
    """Order of preference: rules kept, nothing revoked, everything known, short."""
    states = [link.revocation.status for link in chain.links]
    return (
        int(chain.result is not PathResult.VALID),
        states.count(Status.REVOKED),
        states.count(Status.UNKNOWN),
        len(states),
    )


def _paths(context: ValidationContext, signer: x509.Certificate) -> list[ValidationPath]:
    async def collect() -> list[ValidationPath]:
        found: list[ValidationPath] = []
        walk = context.path_builder.async_build_paths_lazy(signer)
        try:
            async for path in walk:
                found.append(path)
                if len(found) == MAX_PATHS:
                    break
        except PathBuildingError:
            return found
        finally:
            await walk.cancel()  # type: ignore[no-untyped-call]
        return found

    return finish(collect())
