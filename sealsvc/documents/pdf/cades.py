"""Building the CMS of a PAdES baseline B signature around a key we never see.

Source: ETSI EN 319 142-1 section 6.3 (no signing-time attribute: /M carries it), RFC 5652,
RFC 5035 (signing-certificate-v2), RFC 6211 (algorithm protection).
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from asn1crypto import algos, cms, tsp, x509

from ca.algorithms import suite_named
from ca.sm2 import sm3


@dataclass(frozen=True)
class SignerMaterial:
    """The signer's certificate, its issuers without the root, and the suite's name."""

    certificate_der: bytes
    chain_der: tuple[bytes, ...]
    suite: str


def signed_attributes(material: SignerMaterial, document_digest: bytes) -> bytes:
    """DER SET OF the signed attributes: the exact bytes the key signs (RFC 5652 section 5.4)."""
    suite = suite_named(material.suite)
    certificate = x509.Certificate.load(material.certificate_der)
    protection = cms.CMSAlgorithmProtection(
        {
            "digest_algorithm": algos.DigestAlgorithm({"algorithm": suite.digest}),
            "signature_algorithm": algos.SignedDigestAlgorithm.load(suite.algorithm_der),
        }
    )
    attributes = cms.CMSAttributes(
        [
            _attribute("content_type", "data"),
            _attribute("message_digest", document_digest),
            _attribute("signing_certificate_v2", _signing_certificate(certificate, suite.digest)),
            _attribute("cms_algorithm_protection", protection),
        ]
    )
    return bytes(attributes.dump())


def signed_data(material: SignerMaterial, attributes_der: bytes, signature: bytes) -> bytes:
    """DER ContentInfo with one SignerInfo, detached (RFC 5652 section 5.1)."""
    suite = suite_named(material.suite)
    certificate = x509.Certificate.load(material.certificate_der)
    digest = algos.DigestAlgorithm({"algorithm": suite.digest})
    sid = cms.IssuerAndSerialNumber(
        {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    )
    signer_info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier("issuer_and_serial_number", sid),
            "digest_algorithm": digest,
            "signed_attrs": cms.CMSAttributes.load(attributes_der),
            "signature_algorithm": algos.SignedDigestAlgorithm.load(suite.algorithm_der),
            "signature": signature,
        }
    )
    embedded = (material.certificate_der, *material.chain_der)
    content = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": cms.DigestAlgorithms([digest]),
            "encap_content_info": {"content_type": "data"},
            "certificates": [x509.Certificate.load(der) for der in embedded],
            "signer_infos": [signer_info],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())


def largest_signed_data(material: SignerMaterial) -> int:
    """Bytes of the CMS with the longest signature the key can make (pdf.md section 2 rule 7)."""
    attributes = signed_attributes(material, bytes(32))
    return len(signed_data(material, attributes, bytes(_largest_signature(material))))


def _largest_signature(material: SignerMaterial) -> int:
    key = x509.Certificate.load(material.certificate_der).public_key
    size = (int(key.bit_size) + 7) // 8
    if key.algorithm == "rsa":
        return size
    # SEQUENCE of two INTEGERs, each with a sign byte: 72 bytes for P-256.
    return 2 * (size + 3) + (2 if size < 61 else 3)


def _attribute(kind: str, value: Any) -> Any:
    return cms.CMSAttribute({"type": kind, "values": (value,)})


def _signing_certificate(certificate: Any, digest: str) -> Any:
    """SHA-256, the default of RFC 5035; SM3 beside an SM2 signature, which readers of SM2 know too,
    so that such a file stands on the national algorithms alone (GB/T 39786).
    """
    der = certificate.dump()
    name, value = ("sm3", sm3(der)) if digest == "sm3" else ("sha256", sha256(der).digest())
    issuer = x509.GeneralNames([x509.GeneralName("directory_name", certificate.issuer)])
    identifier = tsp.ESSCertIDv2(
        {
            "hash_algorithm": {"algorithm": name},
            "cert_hash": value,
            "issuer_serial": {"issuer": issuer, "serial_number": certificate.serial_number},
        }
    )
    return tsp.SigningCertificateV2({"certs": [identifier]})
