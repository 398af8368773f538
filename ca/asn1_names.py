"""Names of the Chinese algorithms and message types for asn1crypto, registered once on import.

asn1crypto knows none of them: without names a curve has no size and an algorithm no digest.
Source: GM/T 0006 and GB/T 33560 (algorithms), GB/T 35275 (message types); seal-formats.md
section 2.
"""

from collections.abc import Callable, Mapping

from asn1crypto import algos, cms, core, keys

SM2_CURVE_OID = "1.2.156.10197.1.301"
SM2_SIGNATURE_OID = "1.2.156.10197.1.301.1"  # also met as curve parameter of one real key
SM2_SM3_OID = "1.2.156.10197.1.501"
RSA_SM3_OID = "1.2.156.10197.1.504"
SM3_OID = "1.2.156.10197.1.401"
SM4_OID = "1.2.156.10197.1.104"
SM2_CURVE = "sm2p256v1"
SM2_BYTES = 32

CONTENT_TYPES: Mapping[str, str] = {
    "1.2.156.10197.6.1.4.2.1": "gbt35275_data",
    "1.2.156.10197.6.1.4.2.2": "gbt35275_signed_data",
    "1.2.156.10197.6.1.4.2.3": "gbt35275_enveloped_data",
    "1.2.156.10197.6.1.4.2.4": "gbt35275_signed_and_enveloped_data",
    "1.2.156.10197.6.1.4.2.5": "gbt35275_encrypted_data",
    "1.2.156.10197.6.1.4.2.6": "gbt35275_key_agreement_info",
}

# name of the signature algorithm: its mechanism and its digest. SM2 signs SM3 digests only
# (GB/T 35276), whichever of its two OIDs stands there.
_SIGNED_DIGESTS: Mapping[str, tuple[str, str, str]] = {
    SM2_SM3_OID: ("sm2_sm3", "sm2", "sm3"),
    SM2_SIGNATURE_OID: ("sm2", "sm2", "sm3"),
    RSA_SM3_OID: ("sm3_rsa", "rsassa_pkcs1v15", "sm3"),
}


def _add(kind: type[core.ObjectIdentifier], names: Mapping[str, str]) -> None:
    """Enter OIDs; the reverse table exists already when the type has been used before."""
    kind._map.update(names)
    if kind._reverse_map is not None:
        kind._reverse_map.update({name: oid for oid, name in names.items()})


def _answer_for(
    names: Mapping[str, str], original: property
) -> Callable[[algos.SignedDigestAlgorithm], str]:
    """A getter that knows `names` and asks asn1crypto's own for every other."""

    def answer(self: algos.SignedDigestAlgorithm) -> str:
        known = names.get(self["algorithm"].native)
        return known if known is not None else str(original.__get__(self))

    return answer


def _register() -> None:
    keys.NamedCurve.register(SM2_CURVE, SM2_CURVE_OID, SM2_BYTES)
    _add(algos.DigestAlgorithmId, {SM3_OID: "sm3"})
    _add(algos.EncryptionAlgorithmId, {SM4_OID: "sm4"})
    _add(cms.ContentType, CONTENT_TYPES)
    _add(
        algos.SignedDigestAlgorithmId,
        {oid: name for oid, (name, _mechanism, _digest) in _SIGNED_DIGESTS.items()},
    )
    for shape in (cms.ContentInfo, cms.EncapsulatedContentInfo):
        shape._oid_specs["gbt35275_signed_data"] = cms.SignedData
    cms.ContentInfo._oid_specs["gbt35275_data"] = core.OctetString
    kind = algos.SignedDigestAlgorithm
    mechanisms = {name: mechanism for name, mechanism, _digest in _SIGNED_DIGESTS.values()}
    digests = {name: digest for name, _mechanism, digest in _SIGNED_DIGESTS.values()}
    kind.signature_algo = property(_answer_for(mechanisms, kind.signature_algo))
    kind.hash_algo = property(_answer_for(digests, kind.hash_algo))


_register()  # a module is run once a process
