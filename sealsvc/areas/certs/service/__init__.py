"""Verbs on certificates: issue, revoke, publish, look up."""

from sealsvc.areas.certs.service.crls import publish_crl, publish_revocations, refresh_crls
from sealsvc.areas.certs.service.issue import (
    create_hierarchy,
    create_national,
    issue,
    require_issued,
)
from sealsvc.areas.certs.service.query import (
    KnownTrust,
    chain_der,
    find,
    issuer_certificate,
    newest_crl,
    of_seal,
    pki_objects,
    record_of,
    seal_maker,
    seal_of,
    trust_in,
    trust_material,
    usable_in,
)
from sealsvc.areas.certs.service.revoke import SYSTEM, reconcile, revoke, revoke_all_of_seal

__all__ = [
    "SYSTEM",
    "KnownTrust",
    "chain_der",
    "create_hierarchy",
    "create_national",
    "find",
    "issue",
    "issuer_certificate",
    "newest_crl",
    "of_seal",
    "pki_objects",
    "publish_crl",
    "publish_revocations",
    "reconcile",
    "record_of",
    "refresh_crls",
    "require_issued",
    "revoke",
    "revoke_all_of_seal",
    "seal_maker",
    "seal_of",
    "trust_in",
    "trust_material",
    "usable_in",
]
