"""Certificates that no honest CA would sign: copies with other keys, a seal's key as an issuer."""

from asn1crypto import algos, keys, x509

from ca.keys import Signer
from ca.keys.software import SoftwareSigner
from tests.builders.x509 import make_signer


def imitation(real_der: bytes, label: str, issuer_label: str) -> bytes:
    """A copy of a certificate to the last extension, but with the forger's keys."""
    return _signed(real_der, make_signer(label), make_signer(issuer_label))


def leaf_below(issuer_der: bytes, issuer: Signer) -> tuple[bytes, SoftwareSigner]:
    """A seal certificate "issued" by another seal's certificate, and its key."""
    issuing = x509.Certificate.load(issuer_der)
    holder = make_signer("below")
    certificate = x509.Certificate.load(issuer_der)
    certificate["tbs_certificate"]["issuer"] = issuing.subject
    certificate["tbs_certificate"]["serial_number"] = issuing.serial_number - 1
    return _signed(certificate.dump(force=True), holder, issuer), holder


def _signed(der: bytes, holder: SoftwareSigner, issuer: Signer) -> bytes:
    certificate = x509.Certificate.load(der)
    tbs = certificate["tbs_certificate"]
    tbs["subject_public_key_info"] = keys.PublicKeyInfo.load(holder.public_key_spki)
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})
    tbs["signature"] = algorithm
    certificate["signature_algorithm"] = algorithm
    certificate["signature_value"] = issuer.sign(tbs.dump(force=True))
    return bytes(certificate.dump(force=True))
