"""Frozen validation policies: what is accepted, for how long, and how much doubt is too much.

A change to a policy is a new version: its digest stands in every report made under it.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, cast

import rfc8785

from sealsvc.errors import BadInput
from sealsvc.values import DocumentRole, JsonObject, SealType


def digest_name(name: str) -> str:
    """`SHA-256`, `sha_256` and `sha256` are one digest."""
    if name.isascii() and name.isalnum() and name.islower():
        return name  # nothing to fold
    return "".join(sign for sign in name.lower() if sign.isalnum())


class PolicyUnknown(BadInput):
    """A verification names a policy that this service does not have."""

    code = "POLICY_UNKNOWN"


class RevocationMode(StrEnum):
    """REQUIRE: every certificate but the anchor needs a status; NONE: no status is asked for."""

    REQUIRE = "REQUIRE"
    NONE = "NONE"


class ProofDemand(StrEnum):
    """When a merely claimed signing time is a doubt.

    STATUS_CHANGED: the seal's status changed since (rule R04). ANYTHING_CHANGED: or its owner, or
    the document. ALWAYS: only proven times count.
    """

    STATUS_CHANGED = "STATUS_CHANGED"
    ANYTHING_CHANGED = "ANYTHING_CHANGED"
    ALWAYS = "ALWAYS"


@dataclass(frozen=True)
class DigestRule:
    """An accepted digest. name: as `digest_name` writes it; until: None = no sunset known."""

    name: str
    until: datetime | None = None


@dataclass(frozen=True)
class SignatureRule:
    """An accepted signature algorithm.

    digest: the one the OID names, None where it stands apart (PSS, plain RSA or EC key OIDs).
    """

    oid: str
    name: str
    digest: str | None = None


@dataclass(frozen=True)
class KeyRule:
    """Smallest key of a family. until: last instant at which keys below `strong_bits` pass.

    Of several rules for one family that of the largest `min_bits` a key reaches counts.
    """

    family: str
    min_bits: int
    strong_bits: int
    until: datetime | None = None


# Source: NIST SP 800-57 part 1 rev. 5 table 4: 112 bits of strength end with 2030.
_END_OF_112_BITS = datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC)

# Source: ETSI TS 119 312 clause 6 (SHA-2, SHA-3), GB/T 32905 (SM3). SHA-1 and MD5 are absent:
# collisions are practical, so no proof of an early date rescues them here.
DIGESTS: tuple[DigestRule, ...] = (
    DigestRule("sha224", _END_OF_112_BITS),
    DigestRule("sha256"),
    DigestRule("sha384"),
    DigestRule("sha512"),
    DigestRule("sha3256"),
    DigestRule("sha3384"),
    DigestRule("sha3512"),
    DigestRule("sm3"),
)

# Source: ETSI TS 119 312 clause 7; RFC 4055, RFC 5758, RFC 8419; GB/T 33560 (SM2-SM3).
SIGNATURES: tuple[SignatureRule, ...] = (
    SignatureRule("1.2.840.10045.4.3.2", "ECDSA-SHA256", "sha256"),
    SignatureRule("1.2.840.10045.4.3.3", "ECDSA-SHA384", "sha384"),
    SignatureRule("1.2.840.10045.4.3.4", "ECDSA-SHA512", "sha512"),
    SignatureRule("1.2.840.113549.1.1.14", "RSA-SHA224", "sha224"),
    SignatureRule("1.2.840.113549.1.1.11", "RSA-SHA256", "sha256"),
    SignatureRule("1.2.840.113549.1.1.12", "RSA-SHA384", "sha384"),
    SignatureRule("1.2.840.113549.1.1.13", "RSA-SHA512", "sha512"),
    SignatureRule("1.2.840.113549.1.1.1", "RSA"),
    SignatureRule("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    SignatureRule("1.2.840.10045.2.1", "ECDSA"),
    SignatureRule("1.3.101.112", "Ed25519", "sha512"),
    SignatureRule("1.3.101.113", "Ed448"),
    SignatureRule("1.2.156.10197.1.501", "SM2-SM3", "sm3"),
    SignatureRule("1.2.156.10197.1.301.1", "SM2", "sm3"),
    SignatureRule("1.2.156.10197.1.504", "RSA-SM3", "sm3"),
)

# Source: NIST SP 800-57 part 1 rev. 5 tables 2 and 4 (RSA-2048 = 112 bits, RSA-3072 = 128).
KEYS: tuple[KeyRule, ...] = (
    KeyRule("rsa", 2048, 3072, _END_OF_112_BITS),
    KeyRule("rsassa_pss", 2048, 3072, _END_OF_112_BITS),
    KeyRule("ec", 224, 256, _END_OF_112_BITS),
    KeyRule("ed25519", 255, 255),
    KeyRule("ed448", 447, 447),
)

# Purposes a document signer's certificate may carry; an absent extension restricts nothing.
# Source: RFC 9336 (document signing); RFC 5280 section 4.2.1.12; the vendors' own OIDs.
SIGNER_PURPOSES: tuple[str, ...] = (
    "1.3.6.1.5.5.7.3.36",
    "1.3.6.1.5.5.7.3.4",
    "2.5.29.37.0",
    "1.2.840.113583.1.1.5",
    "1.3.6.1.4.1.311.10.3.12",
)
# Source: RFC 3161 section 2.3: exactly this purpose.
TIMESTAMP_PURPOSES: tuple[str, ...] = ("1.3.6.1.5.5.7.3.8",)

# Rule R06 (china-domain section 11): which type of seal fits which role of a document. Sealing
# refuses by this table, verification only warns.
SEAL_TYPES_FOR: dict[DocumentRole, frozenset[SealType]] = {
    DocumentRole.INVOICE: frozenset({SealType.INVOICE}),
    DocumentRole.CONTRACT: frozenset({SealType.CONTRACT, SealType.OFFICIAL}),
    DocumentRole.OTHER: frozenset(SealType) - {SealType.INVOICE},
}


@dataclass(frozen=True)
class Policy:
    """One validation policy.

    revocation_freshness_s: oldest acceptable status of a signer's certificate, in seconds;
    ca_revocation_freshness_s: the same for CA certificates; nextUpdate binds besides.
    clock_skew_s: how far a claimed time may disagree with proven ones.
    unproven_time_suffices: whether a claimed signing time is believed although the seal's status
    has changed since (rule R04 says no). signer_purposes, timestamp_purposes: EKU OIDs.
    proof_demand: when a claimed signing time is a doubt besides. status_since_signing_suffices:
    whether a status from any time after a proven signing counts however old, while the certificate
    is still valid. past_timestamps: whether a time-stamp is judged as of its own proof of
    existence (clause 5.6) instead of now (clause 5.4). anchors_and_bindings: whether the
    algorithms of trust anchors and of references to certificates count too. escalated: codes of
    warnings that become doubts.
    """

    id: str
    version: str
    name: str
    digests: tuple[DigestRule, ...] = DIGESTS
    signatures: tuple[SignatureRule, ...] = SIGNATURES
    keys: tuple[KeyRule, ...] = KEYS
    signer_purposes: tuple[str, ...] = SIGNER_PURPOSES
    timestamp_purposes: tuple[str, ...] = TIMESTAMP_PURPOSES
    revocation_mode: RevocationMode = RevocationMode.REQUIRE
    revocation_freshness_s: int = 7 * 86_400
    ca_revocation_freshness_s: int = 400 * 86_400
    clock_skew_s: int = 300
    unproven_time_suffices: bool = False
    proof_demand: ProofDemand = ProofDemand.STATUS_CHANGED
    status_since_signing_suffices: bool = True
    past_timestamps: bool = False
    anchors_and_bindings: bool = False
    escalated: tuple[str, ...] = ()
    seal_types: tuple[tuple[str, tuple[str, ...]], ...] = field(
        default=tuple((role, tuple(sorted(SEAL_TYPES_FOR[role]))) for role in SEAL_TYPES_FOR)
    )

    def signature_rule(self, oid: str | None) -> SignatureRule | None:
        """The rule of a signature algorithm, None where it is not accepted."""
        return None if oid is None else self._signature_rules.get(oid)

    def digest_rule(self, name: str) -> DigestRule | None:
        """The rule of a digest, None where it is not accepted. name: as `digest_name` writes it."""
        return self._digest_rules.get(name)

    def key_rule(self, family: str, bits: int) -> KeyRule | None:
        """The rule of a key: of the largest size it reaches, else the family's smallest."""
        rules = self._key_rules.get(family, ())
        reached = [rule for rule in rules if rule.min_bits <= bits]
        return reached[-1] if reached else next(iter(rules), None)

    # Of several rules of one name the first counts.
    @cached_property
    def _signature_rules(self) -> dict[str, SignatureRule]:
        return {rule.oid: rule for rule in reversed(self.signatures)}

    @cached_property
    def _digest_rules(self) -> dict[str, DigestRule]:
        return {rule.name: rule for rule in reversed(self.digests)}

    @cached_property
    def _key_rules(self) -> dict[str, tuple[KeyRule, ...]]:
        """By family, the smallest size first."""
        ordered = sorted(self.keys, key=lambda rule: rule.min_bits)
        families = {rule.family for rule in ordered}
        return {one: tuple(rule for rule in ordered if rule.family == one) for one in families}

    def to_json(self) -> JsonObject:
        """Every member of the policy, times as RFC 3339; what the digest covers."""
        return {
            "id": self.id,
            "version": self.version,
            "name": self.name,
            "digests": [[rule.name, _instant(rule.until)] for rule in self.digests],
            "signatures": [[rule.oid, rule.name, rule.digest] for rule in self.signatures],
            "keys": [
                [rule.family, rule.min_bits, rule.strong_bits, _instant(rule.until)]
                for rule in self.keys
            ],
            "signerPurposes": list(self.signer_purposes),
            "timestampPurposes": list(self.timestamp_purposes),
            "revocationMode": str(self.revocation_mode),
            "revocationFreshnessS": self.revocation_freshness_s,
            "caRevocationFreshnessS": self.ca_revocation_freshness_s,
            "clockSkewS": self.clock_skew_s,
            "unprovenTimeSuffices": self.unproven_time_suffices,
            "proofDemand": str(self.proof_demand),
            "statusSinceSigningSuffices": self.status_since_signing_suffices,
            "pastTimestamps": self.past_timestamps,
            "anchorsAndBindings": self.anchors_and_bindings,
            "escalated": list(self.escalated),
            "sealTypes": {role: list(types) for role, types in self.seal_types},
        }

    def digest(self) -> str:
        """SHA-256, lower-case hex, of the policy's canonical JSON. Source: RFC 8785."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        # rfc8785 spells the same JSON type with invariant containers.
        return hashlib.sha256(rfc8785.dumps(cast(Any, self.to_json()))).hexdigest()


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


DEFAULT_POLICY = Policy(id="sealsvc-default", version="1", name="default")

# Source: docs/policies.md. 128 bits of strength throughout: NIST SP 800-57 part 1 rev. 5 table 4
# demands them after 2030; ETSI TS 119 312 recommends RSA of 3,000 bits and more.
STRICT_POLICY = Policy(
    id="sealsvc-strict",
    version="2",
    name="strict",
    digests=tuple(rule for rule in DIGESTS if rule.until is None),
    signatures=tuple(rule for rule in SIGNATURES if rule.digest != "sha224"),
    keys=(
        KeyRule("rsa", 3072, 3072),
        KeyRule("rsassa_pss", 3072, 3072),
        KeyRule("ec", 256, 256),
        KeyRule("ed25519", 255, 255),
        KeyRule("ed448", 447, 447),
    ),
    revocation_freshness_s=4 * 86_400,
    ca_revocation_freshness_s=190 * 86_400,
    clock_skew_s=60,
    proof_demand=ProofDemand.ANYTHING_CHANGED,
    status_since_signing_suffices=False,
    anchors_and_bindings=True,
    escalated=(
        "CLAIMED_TIME_DIFFERS_FROM_LOG",
        "CLAIMED_TIME_DIFFERS_FROM_TIMESTAMP",
        "ENTITY_CANCELLED",
        "IMPRINT_MISMATCH",
        "IMPRINT_NOT_REGISTERED",
        "IMPRINT_UNREADABLE",
        "LOG_RECEIPT_MISSING",
        "SEAL_STATUS_KNOWN_LATER",
        "TIMESTAMP_NOT_USED",
    ),
)

# Source: NIST SP 800-131A rev. 1 table 2: keys of 80 bits of strength (RSA-1024) end with 2013.
_END_OF_80_BITS = datetime(2013, 12, 31, 23, 59, 59, tzinfo=UTC)

ARCHIVAL_POLICY = Policy(
    id="sealsvc-archival",
    version="1",
    name="archival",
    keys=(
        *KEYS,
        KeyRule("rsa", 1024, 2048, _END_OF_80_BITS),
        KeyRule("rsassa_pss", 1024, 2048, _END_OF_80_BITS),
    ),
    proof_demand=ProofDemand.ALWAYS,
    past_timestamps=True,
)
POLICIES: tuple[Policy, ...] = (DEFAULT_POLICY, STRICT_POLICY, ARCHIVAL_POLICY)


def policy_named(name: str) -> Policy:
    """The policy of that name. Raises: PolicyUnknown."""
    for policy in POLICIES:
        if policy.name == name:
            return policy
    raise PolicyUnknown(policy=name[:64])
