"""What every area's verbs are given: plain values and ports, no settings, no adapters."""

from dataclasses import dataclass, field
from datetime import timedelta

from ca.keys import KeyStore
from sealsvc.formats.values import SealVersion
from sealsvc.ports import Blobs, Clock, Rng, Sandbox
from sealsvc.storage.uow import ReadFactory, WriteFactory


@dataclass(frozen=True)
class DomainConfig:
    """Choices of the trust domain, fixed at start.

    base_url: public address without trailing slash (certificates carry it); origin: the log's.
    operator_uscc: who seals the service's reports. eseal_version, eseal_list_type: of electronic
    seals made here (2 = the signer's certificate by digest). imprint_dpi: of drawn seals.
    max_document_bytes: of one upload. crl_lifetime: thisUpdate to nextUpdate. report_lifetime: of
    verification reports without a fact, None = for ever. claim_key: secret of the installation,
    keys the digests by which invoices are told apart; another one would forget all claims.
    """

    base_url: str
    origin: str
    default_suite: str = "ecdsa-p256-sha256"
    imprint_dpi: int = 300
    max_document_bytes: int = 50 * 1024 * 1024
    crl_lifetime: timedelta = timedelta(days=7)
    verification_policy: str = "default"
    strict_org_check: bool = False
    operator_uscc: str | None = None
    report_lifetime: timedelta | None = None
    eseal_version: SealVersion = SealVersion.V4
    eseal_list_type: int = 1
    claim_key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Deps:
    """The areas' world.

    write: opens a unit of work; read: a read-only session; see `sealsvc.storage.uow.Store`.
    """

    write: WriteFactory
    read: ReadFactory
    clock: Clock
    rng: Rng
    blobs: Blobs
    sandbox: Sandbox
    keys: KeyStore
    config: DomainConfig = field(default_factory=lambda: DomainConfig("", ""))
