"""Evidence of one soundly sealed document; every test overrides one thing.

Times: the certificates start at T0, the seal is made ten minutes later, judged an hour later.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from ca.crl import CrlEntry, RevocationReason
from sealsvc.documents.values import (
    Change,
    ChangeClass,
    Coverage,
    DigestOutcome,
    DocumentReading,
    SealPicture,
    SignatureOutcome,
    SignatureReading,
    TimestampReading,
)
from sealsvc.values import Declaration, DocumentRole, SealMedium, SealStatus, SealType
from sealsvc.verify.evidence import (
    CertificateRecord,
    Evidence,
    Expectation,
    LogProof,
    RegisteredSeal,
    SignatureEvidence,
)
from tests.builders.tsa import Tsa, read_stamp
from tests.builders.x509 import AT as T0
from tests.builders.x509 import MERCHANT_USCC, DemoChain, make_chain, make_serial

A = MERCHANT_USCC
B = "113300000000000199"
C = "12420000000000027K"
SIGNED = T0 + timedelta(minutes=10)
NOW = T0 + timedelta(hours=1)
YEAR = timedelta(days=365)
IMPRINT = sha256(b"imprint").hexdigest()
SEAL_ID = "seal_" + "a" * 26
OTHER_CHAIN = "elsewhere"


@cache
def chain(label: str = "demo") -> DemoChain:
    return make_chain(label=label)


@cache
def lists(at: datetime = T0, hours: int = 24) -> tuple[bytes, bytes]:
    """Empty CRLs of the issuing CA and of the root."""
    return chain().crl(at=at, hours=hours), chain().crl(at=at, hours=hours, by_root=True)


@cache
def leaf_revoked(
    revoked_at: datetime, at: datetime = T0, hours: int = 24, lost_at: datetime | None = None
) -> tuple[bytes, bytes]:
    """Lists with the signer's certificate revoked. lost_at: its invalidityDate."""
    reason = RevocationReason.KEY_COMPROMISE if lost_at else RevocationReason.UNSPECIFIED
    serial = make_serial("demo-leaf/示例商贸合同专用章")
    entry = CrlEntry(serial, revoked_at, reason, lost_at)
    return chain().crl(entry, at=at, hours=hours), lists(at, hours)[1]


@cache
def issuer_revoked(revoked_at: datetime, at: datetime = T0) -> tuple[bytes, bytes]:
    entry = CrlEntry(make_serial("demo/ca"), revoked_at)
    return lists(at)[0], chain().crl(entry, at=at, by_root=True)


PICTURE = SealPicture(b"", IMPRINT, 1, 120.0, 200.0, 40.0, 40.0)
SEAL = RegisteredSeal(
    seal_id=SEAL_ID,
    name="示例商贸合同专用章",
    seal_type=SealType.CONTRACT,
    medium=SealMedium.ELECTRONIC,
    owner_uscc=A,
    owner_name="北京示例商贸有限公司",
    owner_active=True,
    status_at_signing=SealStatus.ACTIVE,
    status_then_known=SealStatus.ACTIVE,
    status_now=SealStatus.ACTIVE,
    status_now_since=T0,
    status_fact_id="evt_" + "b" * 26,
    valid_from=None,
    valid_to=None,
    imprint_rgba_sha256=IMPRINT,
)
PROOF = LogProof("evt_" + "c" * 26, SIGNED + timedelta(seconds=1), SIGNED, 7)
RECORD = CertificateRecord("01", SEAL_ID, None)


@cache
def reading() -> SignatureReading:
    value = sha256(b"signature value").hexdigest()
    return SignatureReading(
        id=f"S-{value[:16]}",
        field_name="seal-1",
        is_timestamp=False,
        sub_filter="ETSI.CAdES.detached",
        revision=2,
        byte_range=(0, 1000, 9000, 500),
        coverage=Coverage.FILE,
        digest=DigestOutcome.MATCHES,
        signature=SignatureOutcome.VERIFIES,
        digest_algorithm="sha256",
        signature_algorithm="sha256_ecdsa",
        signature_algorithm_oid="1.2.840.10045.4.3.2",
        signer_certificate_der=chain().leaf_der,
        certificates_der=(chain().issuing_der,),
        claimed_at=SIGNED,
        signature_sha256=value,
        docmdp=None,
        docmdp_kept=None,
        changes_after=(),
        worst_change=ChangeClass.NONE,
        picture=PICTURE,
        crls_der=(),
        ocsps_der=(),
        timestamp_token_der=None,
        problems=(),
    )


@dataclass(frozen=True)
class EvidenceBuilder:
    """Chainable: `sound().reading(digest=...).seal(None).build()`. Only signature 1 is touched."""

    signatures: tuple[SignatureEvidence, ...]
    document_members: tuple[tuple[str, Any], ...] = ()
    evidence_members: tuple[tuple[str, Any], ...] = ()

    def _first(self, **members: Any) -> "EvidenceBuilder":
        first, *others = self.signatures
        return replace(self, signatures=(replace(first, **members), *others))

    def reading(self, **members: Any) -> "EvidenceBuilder":
        return self._first(reading=replace(self.signatures[0].reading, **members))

    def seal(self, seal: RegisteredSeal | None = SEAL, **members: Any) -> "EvidenceBuilder":
        return self._first(seal=seal and replace(seal, **members))

    def record(self, record: CertificateRecord | None, **members: Any) -> "EvidenceBuilder":
        return self._first(issued_by_us=record and replace(record, **members))

    def proof(self, at: datetime | None, *, after: datetime | None = None) -> "EvidenceBuilder":
        """A log proof at `at` with its intent at `after`; None takes the proof away."""
        return self._first(log_proof=at and replace(PROOF, at=at, not_before_at=after))

    def declared(
        self,
        role: DocumentRole = DocumentRole.CONTRACT,
        seller: str | None = None,
        parties: tuple[str, ...] = (),
    ) -> "EvidenceBuilder":
        return self._first(declaration=Declaration(role, None, seller, parties))

    def expect(self, **members: Any) -> "EvidenceBuilder":
        return self.evidence(expectation=Expectation(**members))

    def document(self, **members: Any) -> "EvidenceBuilder":
        return replace(self, document_members=(*self.document_members, *members.items()))

    def evidence(self, **members: Any) -> "EvidenceBuilder":
        return replace(self, evidence_members=(*self.evidence_members, *members.items()))

    def at(self, validation_time: datetime, *, crls: bool = True) -> "EvidenceBuilder":
        """Judged at another time, with lists fresh then (or without new ones)."""
        moved = self.evidence(validation_time=validation_time)
        start = validation_time - timedelta(hours=1)
        return moved.evidence(crls_der=lists(start)) if crls else moved

    def foreign(self) -> "EvidenceBuilder":
        """Signed by somebody of whom neither our CA nor our registry nor the trust list knows."""
        other = chain(OTHER_CHAIN)
        moved = self.reading(
            signer_certificate_der=other.leaf_der, certificates_der=(other.issuing_der,)
        )
        return moved.seal(None).record(None).proof(None)

    def offline(self) -> "EvidenceBuilder":
        """A trust root at hand, but no registry."""
        return self.seal(None).record(None).proof(None).evidence(registry_asked=False)

    def and_then(self, **members: Any) -> "EvidenceBuilder":
        """Put a second, equal signature (other id) in front of the present ones."""
        first = self.signatures[0]
        named = {"id": f"S-{len(self.signatures):016d}", "field_name": "seal-2", **members}
        return replace(
            self,
            signatures=(replace(first, reading=replace(first.reading, **named)), *self.signatures),
        )

    def stamped(self, *readings: TimestampReading) -> "EvidenceBuilder":
        """Signature 1 with these time-stamps inside it."""
        return self.reading(timestamps=readings)

    def document_stamp(
        self, at: datetime, tsa: Tsa | None = None, **members: Any
    ) -> "EvidenceBuilder":
        """A document time-stamp in one more revision, over all that is there."""
        stamp = read_stamp(at, tsa)
        revision = max(one.reading.revision for one in self.signatures) + 1
        reading = replace(
            self.signatures[0].reading,
            id=f"S-stamp{revision}",
            field_name=f"stamp-{revision}",
            is_timestamp=True,
            sub_filter="ETSI.RFC3161",
            revision=revision,
            coverage=Coverage.FILE,
            changes_after=(),
            worst_change=ChangeClass.NONE,
            signer_certificate_der=stamp.signer_certificate_der,
            certificates_der=(),
            claimed_at=stamp.made_at,
            timestamps=(),
            picture=None,
        )
        newest = SignatureEvidence(replace(reading, **members), None, None, None, None)
        return replace(self, signatures=(*map(_followed, self.signatures), newest))

    def none(self) -> "EvidenceBuilder":
        return replace(self, signatures=())

    def build(self) -> Evidence:
        members: dict[str, Any] = {
            "document_sha256": sha256(b"document").hexdigest(),
            "filename": "contract-sealed.pdf",
            "anchors_der": (chain().root_der,),
            "issuers_der": (chain().issuing_der,),
            "crls_der": lists(),
            "registry_asked": True,
            "expectation": Expectation(),
            "validation_time": NOW,
            "gathered_at": NOW,
        }
        document = DocumentReading(
            kind="pdf",
            size_bytes=9500,
            page_count=1,
            revision_count=2,
            signatures=tuple(one.reading for one in self.signatures),
            earlier_signatures=(),
            problems=(),
        )
        members.update(self.evidence_members)
        document = replace(document, **dict(self.document_members))
        return Evidence(reading=document, signatures=self.signatures, **members)


def _followed(one: SignatureEvidence) -> SignatureEvidence:
    """The same with a long-term update after it."""
    reading = replace(
        one.reading,
        coverage=Coverage.REVISION,
        changes_after=(Change(ChangeClass.LONG_TERM_UPDATE, 3, ""),),
        worst_change=ChangeClass.LONG_TERM_UPDATE,
    )
    return replace(one, reading=reading)


def sound() -> EvidenceBuilder:
    """One visible seal, registered and active, with a log proof; no role, no parties."""
    return EvidenceBuilder((SignatureEvidence(reading(), RECORD, SEAL, PROOF, None),))
