"""Certificates and revocation lists as people hand them over: PEM or DER."""

from asn1crypto import crl, pem, x509

from sealsvc.errors import BadInput


class CertificateFileUnreadable(BadInput):
    """A file of certificates or a revocation list is neither PEM nor DER of one."""

    code = "CERTIFICATE_FILE_UNREADABLE"


def load_certificates(data: bytes) -> tuple[bytes, ...]:
    """DER of every certificate in a PEM file, or of the one in a DER file.

    Raises: CertificateFileUnreadable.
    """
    ders = _ders(data, "CERTIFICATE")
    try:
        for der in ders:
            x509.Certificate.load(der, strict=True)["tbs_certificate"].native  # noqa: B018
    except (ValueError, TypeError) as error:
        raise CertificateFileUnreadable(kind="certificate") from error
    return ders


def load_trust(data: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The trust anchors in a file, and its other certificates, which only help to build paths.

    An anchor is self-issued; a single certificate is an anchor whatever it is, as its owner says.
    An OFD seal embeds no issuing CA, so a file for offline use holds that beside the root.
    Raises: CertificateFileUnreadable.
    """
    ders = load_certificates(data)
    if len(ders) == 1:
        return ders, ()
    anchors = tuple(der for der in ders if _is_self_issued(der))
    return anchors, tuple(der for der in ders if der not in anchors)


def _is_self_issued(der: bytes) -> bool:
    certificate = x509.Certificate.load(der)
    return bool(certificate.issuer.dump() == certificate.subject.dump())


def load_crl(data: bytes) -> bytes:
    """DER of a revocation list in PEM or DER. Raises: CertificateFileUnreadable."""
    ders = _ders(data, "X509 CRL")
    try:
        crl.CertificateList.load(ders[0], strict=True)["tbs_cert_list"]["issuer"].native  # noqa: B018
    except (ValueError, TypeError) as error:
        raise CertificateFileUnreadable(kind="crl") from error
    return ders[0]


def _ders(data: bytes, label: str) -> tuple[bytes, ...]:
    if not pem.detect(data):
        return (data,)
    try:
        found = tuple(der for kind, _, der in pem.unarmor(data, multiple=True) if kind == label)
    except ValueError as error:
        raise CertificateFileUnreadable(kind=label) from error
    if not found:
        raise CertificateFileUnreadable(kind=label)
    return found
