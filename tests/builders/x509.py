"""A ready chain root → issuing CA → seal certificate, and keys that are the same in every run.

EC keys are derived from their labels, so certificates (not their signatures) repeat exactly; RSA
keys are made once a process.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ca.algorithms import suite_named
from ca.crl import CrlEntry, prepare_crl, sign_crl
from ca.issue import CertificateRequest, prepare, serial_from, sign
from ca.keys.software import SoftwareSigner
from ca.names import IssuerInfo, SubjectName
from ca.profiles import profile_named

AT = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
MERCHANT_USCC = "91110000MA00000152"
OPERATOR_USCC = "113300000000000199"
P256 = "ecdsa-p256-sha256"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
URL = "http://pki.example.test"

MERCHANT = SubjectName("示例商贸合同专用章", "北京示例商贸有限公司", uscc=MERCHANT_USCC)
OPERATOR = "示例可信交易服务中心"


class CountingRandom:
    """Random bytes for tests: SHA-256 of a label and a counter, never the same twice."""

    def __init__(self, label: str = "test") -> None:
        self.label = label
        self.count = 0

    def __call__(self, size: int) -> bytes:
        self.count += 1
        seed = f"{self.label}/{self.count}".encode()
        blocks = (sha256(seed + bytes([i])).digest() for i in range(size // 32 + 1))
        return b"".join(blocks)[:size]


def p256_key(label: str) -> ec.EllipticCurvePrivateKey:
    """The key behind `make_signer(label)`, for counterparts that want to hold it themselves."""
    secret = int.from_bytes(sha256(label.encode()).digest(), "big") % (P256_ORDER - 1) + 1
    return ec.derive_private_key(secret, ec.SECP256R1())


@cache
def make_signer(label: str = "leaf", suite: str = P256) -> SoftwareSigner:
    """A signer held in memory; the same label and suite give the same key."""
    if suite == P256:
        key = p256_key(label)
        pkcs8_der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    else:
        pkcs8_der = suite_named(suite).generate()
    return SoftwareSigner(f"key_{label}", suite, suite_named(suite).load(pkcs8_der))


def make_serial(label: str) -> int:
    return serial_from(sha256(label.encode()).digest()[:16])


@dataclass(frozen=True)
class DemoChain:
    """Certificates (DER), their signers, and the issuers as `ca` takes them."""

    root_der: bytes
    issuing_der: bytes
    leaf_der: bytes
    root_signer: SoftwareSigner
    issuing_signer: SoftwareSigner
    leaf_signer: SoftwareSigner
    root_issuer: IssuerInfo
    issuing_issuer: IssuerInfo
    at: datetime

    def leaf(
        self,
        subject: SubjectName = MERCHANT,
        *,
        label: str = "leaf-2",
        suite: str = P256,
        profile: str = "seal",
        at: datetime | None = None,
        not_after: datetime | None = None,
    ) -> tuple[bytes, SoftwareSigner]:
        """One more end-entity certificate of this chain and its signer."""
        signer = make_signer(label, suite)
        prepared = prepare(
            CertificateRequest(subject, signer.public_key_spki, not_after),
            profile_named(profile),
            now=at or self.at,
            serial=make_serial(f"{label}/{subject.common_name}"),
            issuer=self.issuing_issuer,
        )
        return sign(prepared, self.issuing_signer), signer

    def crl(
        self,
        *entries: CrlEntry,
        number: int = 1,
        at: datetime | None = None,
        hours: int = 24,
        by_root: bool = False,
    ) -> bytes:
        """A CRL of the issuing CA (or the root), empty unless entries are given."""
        issuer = self.root_issuer if by_root else self.issuing_issuer
        start = at or self.at
        prepared = prepare_crl(
            issuer,
            entries,
            number=number,
            this_update=start,
            next_update=start + timedelta(hours=hours),
        )
        return sign_crl(prepared, self.root_signer if by_root else self.issuing_signer)


def make_chain(
    suite: str = P256,
    *,
    at: datetime = AT,
    subject: SubjectName = MERCHANT,
    label: str = "demo",
    base_url: str = URL,
    leaf_suite: str | None = None,
) -> DemoChain:
    """Root and issuing CA made a day before `at`, the seal certificate at `at`.

    label: another label gives other keys, names and serial numbers.
    """
    root_signer, issuing_signer = (
        make_signer(f"{label}-root", suite),
        make_signer(f"{label}-ca", suite),
    )
    root_name = SubjectName(f"示例根证书 {label}", OPERATOR, uscc=OPERATOR_USCC)
    ca_name = replace(root_name, common_name=f"示例签发证书 {label}")
    day_before = at - timedelta(days=1)
    root_der = sign(
        prepare(
            CertificateRequest(root_name, root_signer.public_key_spki),
            profile_named("root"),
            now=day_before,
            serial=make_serial(f"{label}/root"),
            issuer=IssuerInfo.self_signed(root_name, root_signer.public_key_spki),
        ),
        root_signer,
    )
    root_issuer = IssuerInfo.from_certificate(
        root_der, certificate_url=f"{base_url}/pki/root.cer", crl_url=f"{base_url}/pki/root.crl"
    )
    issuing_der = sign(
        prepare(
            CertificateRequest(ca_name, issuing_signer.public_key_spki),
            profile_named("issuing"),
            now=day_before,
            serial=make_serial(f"{label}/ca"),
            issuer=root_issuer,
        ),
        root_signer,
    )
    chain = DemoChain(
        root_der=root_der,
        issuing_der=issuing_der,
        leaf_der=b"",
        root_signer=root_signer,
        issuing_signer=issuing_signer,
        leaf_signer=make_signer(f"{label}-leaf", leaf_suite or suite),
        root_issuer=root_issuer,
        issuing_issuer=IssuerInfo.from_certificate(
            issuing_der,
            certificate_url=f"{base_url}/pki/issuing.cer",
            crl_url=f"{base_url}/pki/issuing.crl",
        ),
        at=at,
    )
    leaf_der, _signer = chain.leaf(subject, label=f"{label}-leaf", suite=leaf_suite or suite)
    return replace(chain, leaf_der=leaf_der)
