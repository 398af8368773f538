"""Our certificates and CRLs before independent readers: OpenSSL, NSS, pkilint, certvalidator."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import x509
from cryptography import x509 as reader
from pkilint.bin import (  # type: ignore[import-untyped]
    lint_crl,
    lint_pkix_cert,
    lint_pkix_signer_signee_cert_chain,
)
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathValidationError, RevokedError

from ca.crl import CrlEntry, RevocationReason
from tests.builders.x509 import AT, MERCHANT, DemoChain, make_chain

pytestmark = pytest.mark.interop

P256 = "ecdsa-p256-sha256"
HOUR = timedelta(hours=1)
# RFC 7093 identifiers instead of SHA-1, and no leaf policy without a registered arc: both meant.
MEANT = {
    "pkix.subject_key_identifier_rfc7093_method_1_identified",
    "pkix.certificate_has_no_certificate_policies_extension",
}


def need(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def serial_of(certificate_der: bytes) -> int:
    return reader.load_der_x509_certificate(certificate_der).serial_number


def revoked_crl(chain: DemoChain) -> bytes:
    entry = CrlEntry(
        serial_of(chain.leaf_der), AT + HOUR, RevocationReason.KEY_COMPROMISE, AT + HOUR / 2
    )
    return chain.crl(entry, number=2, at=AT + 2 * HOUR)


def write_pem(path: Path, kind: str, *ders: bytes) -> Path:
    command = {"CERTIFICATE": "x509", "X509 CRL": "crl"}[kind]
    texts = []
    for der in ders:
        done = subprocess.run(
            [need("openssl"), command, "-inform", "DER"],
            input=der,
            capture_output=True,
            timeout=60,
            check=True,
        )
        texts.append(done.stdout)
    path.write_bytes(b"".join(texts))
    return path


@pytest.fixture(scope="module", params=[P256, "rsa2048-sha256", "rsa3072-sha256"])
def chain(request: pytest.FixtureRequest) -> DemoChain:
    return make_chain(request.param)


def openssl_verify(chain: DemoChain, directory: Path, *crls: bytes, seconds: float) -> str:
    """What `openssl verify` says with these CRLs, `seconds` after the leaf was made."""
    done = run(
        need("openssl"),
        "verify",
        "-x509_strict",
        "-crl_check_all",
        "-attime",
        str(int(AT.timestamp() + seconds)),
        "-CAfile",
        write_pem(directory / "root.pem", "CERTIFICATE", chain.root_der),
        "-untrusted",
        write_pem(directory / "ca.pem", "CERTIFICATE", chain.issuing_der),
        "-CRLfile",
        write_pem(directory / "crls.pem", "X509 CRL", *crls),
        write_pem(directory / "leaf.pem", "CERTIFICATE", chain.leaf_der),
    )
    return done.stdout + done.stderr


def test_openssl_accepts_the_chain(chain: DemoChain, tmp_path: Path) -> None:
    said = openssl_verify(chain, tmp_path, chain.crl(), chain.crl(by_root=True), seconds=60)
    assert said.endswith("leaf.pem: OK\n")


def test_openssl_sees_the_revocation(chain: DemoChain, tmp_path: Path) -> None:
    crls = (revoked_crl(chain), chain.crl(by_root=True))
    said = openssl_verify(chain, tmp_path, *crls, seconds=3 * 3600)
    assert "certificate revoked" in said


def test_openssl_misses_an_absent_or_old_crl(tmp_path: Path) -> None:
    chain = make_chain()
    said = openssl_verify(chain, tmp_path, chain.crl(by_root=True), seconds=60)
    assert "unable to get certificate CRL" in said
    both = (chain.crl(), chain.crl(by_root=True))
    assert "CRL has expired" in openssl_verify(chain, tmp_path, *both, seconds=2 * 86400)


def test_openssl_turns_down_another_ca_s_leaf(tmp_path: Path) -> None:
    chain, other = make_chain(), make_chain(label="other")
    mixed = DemoChain(**{**vars(chain), "leaf_der": other.leaf_der})
    said = openssl_verify(mixed, tmp_path, chain.crl(), chain.crl(by_root=True), seconds=60)
    assert "unable to get local issuer certificate" in said


def test_openssl_reads_subject_and_extensions(tmp_path: Path) -> None:
    chain = make_chain()
    pem = write_pem(tmp_path / "leaf.pem", "CERTIFICATE", chain.leaf_der)
    text = run(need("openssl"), "x509", "-in", pem, "-noout", "-text", "-nameopt", "utf8").stdout
    for part in (
        f"organizationIdentifier=NTRCN-{MERCHANT.uscc}",
        f"serialNumber={MERCHANT.uscc}",
        MERCHANT.organization,
        "Digital Signature, Non Repudiation",
        "1.3.6.1.5.5.7.3.36, E-mail Protection",
        "CA:FALSE",
        "URI:http://pki.example.test/pki/issuing.crl",
        "CA Issuers - URI:http://pki.example.test/pki/issuing.cer",
    ):
        assert part in text


def test_openssl_reads_the_crl(tmp_path: Path) -> None:
    chain = make_chain()
    pem = write_pem(tmp_path / "crl.pem", "X509 CRL", revoked_crl(chain))
    ca_pem = write_pem(tmp_path / "ca.pem", "CERTIFICATE", chain.issuing_der)
    done = run(need("openssl"), "crl", "-in", pem, "-noout", "-text", "-CAfile", ca_pem)
    assert "verify OK" in done.stderr
    for part in ("Version 2", "X509v3 CRL Number", "Key Compromise", "Invalidity Date"):
        assert part in done.stdout


Linter = Callable[[list[str]], int]


def findings_of(linter: Linter, capsys: pytest.CaptureFixture[str], *arguments: str) -> set[str]:
    """Codes of pkilint's findings of any severity."""
    linter(["lint", "-s", "INFO", "-f", "JSON", *arguments])
    results = json.loads(capsys.readouterr().out)["results"]
    return {
        description["code"] for result in results for description in result["finding_descriptions"]
    }


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # pkilint leaves its files open
@pytest.mark.parametrize("suite", [P256, "rsa3072-sha256"])
def test_pkilint_finds_nothing(
    suite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chain = make_chain(suite)
    paths = {}
    for name in ("root", "issuing", "leaf"):
        paths[name] = str(tmp_path / f"{name}.der")
        Path(paths[name]).write_bytes(getattr(chain, f"{name}_der"))
    for path in paths.values():
        assert findings_of(lint_pkix_cert.main, capsys, path) <= MEANT
    for issuer, subject in (("root", "issuing"), ("issuing", "leaf")):
        both = (paths[issuer], paths[subject])
        assert findings_of(lint_pkix_signer_signee_cert_chain.main, capsys, *both) <= MEANT


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("kind", ["CRL", "ARL"])
def test_pkilint_finds_nothing_in_crls(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chain = make_chain()
    ders = [chain.crl(by_root=True)] if kind == "ARL" else [chain.crl(), revoked_crl(chain)]
    for der in ders:
        (tmp_path / "list.crl").write_bytes(der)
        arguments = ("-t", kind, "-p", "PKIX", str(tmp_path / "list.crl"))
        assert findings_of(lint_crl.main, capsys, *arguments) == set()


def nss_database(chain: DemoChain, directory: Path) -> str:
    """An NSS database that trusts the root."""
    need("certutil")
    directory.mkdir()
    database = f"sql:{directory}"
    assert run("certutil", "-N", "-d", database, "--empty-password").returncode == 0
    for name, trust, der in (
        ("root", "CT,C,C", chain.root_der),
        ("issuing", ",,", chain.issuing_der),
        ("leaf", ",,", chain.leaf_der),
    ):
        path = directory / f"{name}.der"
        path.write_bytes(der)
        done = run("certutil", "-A", "-d", database, "-n", name, "-t", trust, "-i", path)
        assert done.returncode == 0, done.stderr
    return database


def nss_check(database: str, usage: str) -> str:
    at = f"{AT + HOUR:%y%m%d%H%M%SZ}"
    done = run("certutil", "-V", "-d", database, "-n", "leaf", "-u", usage, "-b", at, "-e")
    return done.stdout + done.stderr


def test_nss_accepts_the_leaf_as_a_document_signer(chain: DemoChain, tmp_path: Path) -> None:
    """poppler's pdfsig asks NSS for the usage "email signer" (S)."""
    assert "certificate is valid" in nss_check(nss_database(chain, tmp_path / "nss"), "S")


@pytest.mark.parametrize("usage", ["C", "V", "L", "J"])
def test_nss_accepts_the_leaf_for_nothing_else(usage: str, tmp_path: Path) -> None:
    said = nss_check(nss_database(make_chain(), tmp_path / "nss"), usage)
    assert "certificate is invalid" in said


def validate(chain: DemoChain, crl_der: bytes) -> None:
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(chain.root_der)],
        crls=[crl_der, chain.crl(by_root=True, at=AT + 2 * HOUR)],
        moment=AT + 3 * HOUR,
        revocation_mode="hard-fail",
        allow_fetching=False,
    )
    validator = CertificateValidator(
        x509.Certificate.load(chain.leaf_der),
        intermediate_certs=[x509.Certificate.load(chain.issuing_der)],
        validation_context=context,
    )
    usages, purposes = {"digital_signature", "non_repudiation"}, {"1.3.6.1.5.5.7.3.36"}
    asyncio.run(validator.async_validate_usage(usages, purposes))  # type: ignore[no-untyped-call]


def test_certvalidator_accepts_the_chain(chain: DemoChain) -> None:
    validate(chain, chain.crl(at=AT + 2 * HOUR))


def test_certvalidator_sees_the_revocation(chain: DemoChain) -> None:
    with pytest.raises(RevokedError):
        validate(chain, revoked_crl(chain))


def test_certvalidator_refuses_another_ca_s_crl(chain: DemoChain) -> None:
    with pytest.raises(PathValidationError):
        validate(chain, make_chain(label="other").crl(at=AT + 2 * HOUR))


def test_cryptography_reads_what_we_write(chain: DemoChain) -> None:
    root, issuing, leaf = (
        reader.load_der_x509_certificate(der)
        for der in (chain.root_der, chain.issuing_der, chain.leaf_der)
    )
    root.verify_directly_issued_by(root)
    issuing.verify_directly_issued_by(root)
    leaf.verify_directly_issued_by(issuing)
    kinds = [extension.oid.dotted_string for extension in leaf.extensions]
    assert len(kinds) == len(set(kinds)) == 7
    crl = reader.load_der_x509_crl(revoked_crl(chain))
    assert crl.is_signature_valid(issuing.public_key())  # type: ignore[arg-type]
    assert crl.get_revoked_certificate_by_serial_number(leaf.serial_number) is not None
