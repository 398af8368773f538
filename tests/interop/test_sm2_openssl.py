"""SM2 keys, signatures, certificates and CRLs: OpenSSL's and ours before one another."""

import shutil
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import pem, x509

from ca import sm2
from ca.algorithms import SM2_SM3, suite_of_key
from ca.crl import CrlEntry, RevocationReason, parse_crl
from ca.errors import IssuerUnusable, PublicKeyInvalid, SignatureDoesNotMatch, UnknownSuite
from ca.names import IssuerInfo
from ca.signing import SignedEnvelope, open_envelope
from tests.builders.x509 import AT, DemoChain, make_chain, make_serial

pytestmark = pytest.mark.interop

ID = "distid:1234567812345678"
OTHER_ID = "distid:1234567812345679"


@dataclass(frozen=True)
class OpenSsl:
    """The program in one directory."""

    program: str
    directory: Path

    def __call__(self, *arguments: str) -> str:
        """What it says, after it has succeeded."""
        said, code = self.try_(*arguments)
        assert code == 0, said
        return said

    def try_(self, *arguments: str) -> tuple[str, int]:
        done = subprocess.run(
            [self.program, *arguments],
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout + done.stderr, done.returncode

    def write(self, name: str, content: bytes, kind: str = "") -> str:
        (self.directory / name).write_bytes(pem.armor(kind, content) if kind else content)
        return name

    def read(self, name: str) -> bytes:
        content = (self.directory / name).read_bytes()
        return pem.unarmor(content)[2] if pem.detect(content) else content


@pytest.fixture
def openssl(tmp_path: Path) -> OpenSsl:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed")
    return OpenSsl(program, tmp_path)


@pytest.fixture(scope="module")
def chain() -> DemoChain:
    return make_chain(SM2_SM3, label="sm2", leaf_suite=SM2_SM3)


def test_openssl_reads_our_keys_and_verifies_our_signatures(openssl: OpenSsl) -> None:
    pkcs8 = sm2.generate()
    key = sm2.load(pkcs8)
    openssl.write("key.pem", pkcs8, "PRIVATE KEY")
    openssl.write("pub.pem", key.public_key_spki, "PUBLIC KEY")
    openssl.write("data", b"data")
    openssl.write("sig", key.sign(b"data"))
    openssl("pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "pub.der")
    assert openssl.read("pub.der") == key.public_key_spki
    verify = ("dgst", "-sm3", "-verify", "pub.pem", "-signature", "sig", "data")
    assert "Verified OK" in openssl(*verify[:4], "-sigopt", ID, *verify[4:])
    assert openssl.try_(*verify[:4], "-sigopt", OTHER_ID, *verify[4:])[1] != 0
    pkeyutl = ("pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-rawin", "-digest", "sm3")
    openssl(*pkeyutl, "-in", "data", "-sigfile", "sig", "-pkeyopt", ID)


@pytest.mark.parametrize("user_id", ["1234567812345678", "another"])
def test_we_read_openssl_s_keys_and_verify_its_signatures(openssl: OpenSsl, user_id: str) -> None:
    openssl("genpkey", "-algorithm", "SM2", "-out", "key.pem")
    key = sm2.load(openssl.read("key.pem"))
    openssl.write("data", b"data")
    option = f"distid:{user_id}"
    openssl("dgst", "-sm3", "-sign", "key.pem", "-sigopt", option, "-out", "sig", "data")
    signature = openssl.read("sig")
    sm2.check(key.public_key_spki, signature, b"data", user_id.encode())
    for data, other in ((b"date", user_id), (b"data", "a third")):
        with pytest.raises(SignatureDoesNotMatch):
            sm2.check(key.public_key_spki, signature, data, other.encode())


def test_keys_on_other_curves_are_refused_both_ways(openssl: OpenSsl) -> None:
    curve = "ec_paramgen_curve:P-256"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", curve, "-out", "key.pem")
    with pytest.raises(UnknownSuite):
        sm2.load(openssl.read("key.pem"))
    openssl("pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "pub.der")
    spki = openssl.read("pub.der")
    with pytest.raises(PublicKeyInvalid):
        sm2.check(spki, sm2.load(sm2.generate()).sign(b""), b"")
    forged = sm2.load(sm2.generate()).public_key_spki[:27] + spki[-64:]  # a P-256 point as SM2
    with pytest.raises(PublicKeyInvalid):
        sm2.check(forged, sm2.load(sm2.generate()).sign(b""), b"")
    openssl.write("forged.der", forged)
    assert openssl.try_("pkey", "-pubin", "-inform", "DER", "-in", "forged.der", "-check")[1] != 0


def verify(openssl: OpenSsl, chain: DemoChain, user_id: str = ID) -> str:
    """What `openssl verify` says of each link, and of the root's own signature.

    Link by link, as it gives the user id to the last certificate of a path only.
    """
    openssl.write("root.pem", chain.root_der, "CERTIFICATE")
    openssl.write("ca.pem", chain.issuing_der, "CERTIFICATE")
    openssl.write("leaf.pem", chain.leaf_der, "CERTIFICATE")
    moment = str(int((AT + timedelta(hours=3)).timestamp()))
    checks = ("verify", "-x509_strict", "-attime", moment, "-vfyopt", user_id)
    said = openssl.try_(*checks, "-CAfile", "root.pem", "ca.pem")[0]
    said += openssl.try_(*checks, "-partial_chain", "-trusted", "ca.pem", "leaf.pem")[0]
    holds = verify_envelope(openssl, chain.root_der, chain.root_signer.public_key_spki, user_id)
    return said + ("root.pem: OK\n" if holds else "root.pem: signature failure\n")


ALL_OK = "ca.pem: OK\nleaf.pem: OK\nroot.pem: OK\n"


def verify_envelope(openssl: OpenSsl, signed_der: bytes, spki_der: bytes, user_id: str) -> bool:
    """Whether OpenSSL's arithmetic accepts the signature of a certificate or list.

    For lists not `openssl crl -verify`: up to 3.0 at least it cannot be told the user id, takes
    the empty one and so refuses its own lists too (`test_openssl_cannot_check_any_standard_list`).
    """
    envelope = SignedEnvelope.load(signed_der)
    openssl.write("tbs", envelope["tbs"].dump())
    openssl.write("sig", envelope["signature"].native)
    openssl.write("issuer.pem", spki_der, "PUBLIC KEY")
    options = ("-verify", "issuer.pem", "-sigopt", user_id, "-signature", "sig")
    return openssl.try_("dgst", "-sm3", *options, "tbs")[1] == 0


def test_openssl_accepts_our_chain(openssl: OpenSsl, chain: DemoChain) -> None:
    assert verify(openssl, chain) == ALL_OK
    text = openssl("x509", "-in", "leaf.pem", "-noout", "-text")
    assert text.count("Signature Algorithm: SM2-with-SM3") == 2
    assert "ASN1 OID: SM2" in text


def test_openssl_refuses_another_id_or_a_changed_chain(openssl: OpenSsl, chain: DemoChain) -> None:
    said = verify(openssl, chain, OTHER_ID)
    assert (said.count("signature failure"), said.count("OK")) == (3, 0)
    for name in ("root_der", "issuing_der", "leaf_der"):
        broken = DemoChain(**{**vars(chain), name: changed(getattr(chain, name))})
        said = verify(openssl, broken)
        assert (said.count("signature failure"), said.count("OK")) == (1, 2)


def test_openssl_accepts_our_lists(openssl: OpenSsl, chain: DemoChain) -> None:
    issuing, root = chain.issuing_signer.public_key_spki, chain.root_signer.public_key_spki
    crl = revoked(chain)
    assert verify_envelope(openssl, crl, issuing, ID)
    assert verify_envelope(openssl, chain.crl(by_root=True), root, ID)
    assert not verify_envelope(openssl, crl, issuing, OTHER_ID)
    assert not verify_envelope(openssl, crl, root, ID)
    assert not verify_envelope(openssl, changed(crl), issuing, ID)
    openssl.write("crl.pem", crl, "X509 CRL")
    text = openssl("crl", "-in", "crl.pem", "-noout", "-text")
    for part in ("Signature Algorithm: SM2-with-SM3", "Key Compromise", "Version 2"):
        assert part in text


def test_openssl_cannot_check_any_standard_list(openssl: OpenSsl) -> None:
    openssl_root(openssl)
    openssl_crl(openssl)
    said = openssl.try_("crl", "-in", "crl.pem", "-noout", "-verify", "-CAfile", "root.pem")[0]
    if "verify OK" in said:
        pytest.skip("this OpenSSL knows the user id of lists: check ours with it, too")
    assert "verify failure" in said


def changed(signed_der: bytes) -> bytes:
    """The object with the last bit of its signature flipped."""
    return signed_der[:-1] + bytes([signed_der[-1] ^ 1])


def revoked(chain: DemoChain) -> bytes:
    serial = x509.Certificate.load(chain.leaf_der).serial_number
    entry = CrlEntry(serial, AT + timedelta(hours=1), RevocationReason.KEY_COMPROMISE)
    return chain.crl(entry, number=2, at=AT + timedelta(hours=2))


CONFIG = """
[ca]
database = index.txt
crlnumber = number
default_md = sm3
default_crl_days = 3
"""
EXTENSIONS = """
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""


def openssl_root(openssl: OpenSsl, user_id: str = ID) -> bytes:
    openssl("genpkey", "-algorithm", "SM2", "-out", "root.key")
    openssl.write("ext.cnf", b"[req]\ndistinguished_name = dn\n[dn]\n[x]" + EXTENSIONS.encode())
    request = ("req", "-x509", "-new", "-key", "root.key", "-sm3", "-sigopt", user_id)
    options = ("-config", "ext.cnf", "-extensions", "x", "-subj", "/C=CN/O=o/CN=root")
    openssl(*request, *options, "-days", "30", "-out", "root.pem")
    return openssl.read("root.pem")


def openssl_crl(openssl: OpenSsl, user_id: str = ID) -> bytes:
    openssl.write("ca.cnf", CONFIG.encode())
    openssl.write("index.txt", b"")
    openssl.write("number", b"01\n")
    files = ("-config", "ca.cnf", "-keyfile", "root.key", "-cert", "root.pem")
    openssl("ca", "-name", "ca", "-gencrl", *files, "-sigopt", user_id, "-out", "crl.pem")
    return openssl.read("crl.pem")


def test_we_accept_openssl_s_root_and_list(openssl: OpenSsl) -> None:
    root = openssl_root(openssl)
    issuer = IssuerInfo.from_certificate(root)
    assert issuer.suite.name == SM2_SM3
    open_envelope(root, issuer.spki_der)
    assert parse_crl(openssl_crl(openssl), issuer.spki_der).number == 1


def test_we_refuse_another_id_in_certificates_and_lists(openssl: OpenSsl) -> None:
    root = openssl_root(openssl, OTHER_ID)
    spki = IssuerInfo.from_certificate(root).spki_der
    with pytest.raises(SignatureDoesNotMatch):
        open_envelope(root, spki)
    with pytest.raises(SignatureDoesNotMatch):
        parse_crl(openssl_crl(openssl, OTHER_ID), spki)


def test_we_refuse_another_curve_or_a_changed_signature(chain: DemoChain) -> None:
    spki = chain.issuing_signer.public_key_spki
    for der in (changed(chain.leaf_der), changed(chain.crl())):
        with pytest.raises(SignatureDoesNotMatch):
            open_envelope(der, spki)
    p256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107") + spki[23:]
    odd = bytes.fromhex("305a301406072a8648ce3d020106092a811ccf5501822d01") + spki[23:]
    for other in (p256, odd):
        with pytest.raises(PublicKeyInvalid):
            suite_of_key(other)
        with pytest.raises(PublicKeyInvalid):
            open_envelope(chain.leaf_der, other)
    with pytest.raises(IssuerUnusable):
        IssuerInfo.from_certificate(chain.leaf_der)


@pytest.mark.parametrize(
    ("profile", "usage", "purposes"),
    [
        ("seal-maker", "Digital Signature, Non Repudiation", None),
        ("sm2-sign", "Digital Signature, Non Repudiation", None),
        ("sm2-encrypt", "Key Encipherment, Data Encipherment, Key Agreement", None),
        ("tsa", "Digital Signature", "X509v3 Extended Key Usage: critical"),
        ("seal", "Digital Signature, Non Repudiation", "X509v3 Extended Key Usage: \n"),
    ],
)
def test_openssl_reads_every_profile(
    openssl: OpenSsl, chain: DemoChain, profile: str, usage: str, purposes: str | None
) -> None:
    der, _signer = chain.leaf(label=f"sm2-{profile}", suite=SM2_SM3, profile=profile)
    one = DemoChain(**{**vars(chain), "leaf_der": der})
    assert verify(openssl, one) == ALL_OK
    text = openssl("x509", "-in", "leaf.pem", "-noout", "-text")
    assert f"{usage}\n" in text
    assert (purposes or "") in text
    assert ("Extended Key Usage" in text) == (purposes is not None)


def test_serial_numbers_are_ours(chain: DemoChain) -> None:
    assert x509.Certificate.load(chain.root_der).serial_number == make_serial("sm2/root")
