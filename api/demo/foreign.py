"""A PDF signed by somebody unknown to us: a throw-away CA and pyHanko as the other software."""

from datetime import datetime, timedelta
from importlib import import_module  # pyHanko is heavy, and needed for this one file only
from io import BytesIO

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def sign_foreign(pdf: bytes, at: datetime) -> bytes:
    """The file with an approval signature by another platform's certificate.

    at: aware; the certificates are valid from a day before to a year after it. The keys are
    forgotten when this returns.
    """
    writing = import_module("pyhanko.pdf_utils.incremental_writer")
    signers = import_module("pyhanko.sign.signers")
    stores = import_module("pyhanko_certvalidator.registry")
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name, name = _name("其他平台示例根证书"), _name("其他平台示例用户")
    ca = _certificate(ca_name, ca_name, ca_key, ca_key, at)
    leaf = _certificate(name, ca_name, key, ca_key, at)
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    registry = stores.SimpleCertificateStore()
    registry.register(asn1_x509.Certificate.load(ca.public_bytes(Encoding.DER)))
    signer = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(leaf.public_bytes(Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(pkcs8),
        cert_registry=registry,
    )
    out = BytesIO()
    signers.sign_pdf(
        writing.IncrementalPdfFileWriter(BytesIO(pdf)),
        signers.PdfSignatureMetadata(field_name="ForeignSignature", md_algorithm="sha256"),
        signer=signer,
        output=out,
    )
    return out.getvalue()


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "其他平台（示例）"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    at: datetime,
) -> x509.Certificate:
    authority = subject == issuer
    usage = x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
    path_length = 0 if authority else None
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=365))
        .add_extension(x509.BasicConstraints(authority, path_length), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .sign(issuer_key, SHA256())
    )
