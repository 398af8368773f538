"""Our seals before poppler's pdfsig with an NSS database that trusts our root."""

import base64
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sealsvc.values import DocumentRole
from tests.builders import pdf
from tests.builders.x509 import DemoChain

pytestmark = pytest.mark.interop

Check = Callable[[bytes], str]


@pytest.fixture(scope="module")
def chain() -> DemoChain:
    return pdf.chain_named()


@pytest.fixture
def pdfsig(tmp_path: Path, chain: DemoChain) -> Check:
    """Runs pdfsig on a file and gives its words."""
    program, certutil = shutil.which("pdfsig"), shutil.which("certutil")
    if program is None or certutil is None:
        pytest.skip("pdfsig or certutil is not installed")
    store = tmp_path / "nss"
    store.mkdir()
    root = tmp_path / "root.pem"
    text = base64.encodebytes(chain.root_der).decode("ascii")
    root.write_text(f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n")
    for arguments in (
        ["-N", "--empty-password"],
        ["-A", "-n", "root", "-t", "CT,CT,CT", "-a", "-i", str(root)],
    ):
        subprocess.run([certutil, "-d", f"sql:{store}", *arguments], check=True, timeout=60)

    def check(data: bytes) -> str:
        path = tmp_path / "sealed.pdf"
        path.write_bytes(data)
        done = subprocess.run(
            [program, "-no-ocsp", "-nssdir", str(store), str(path)],
            check=False,
            capture_output=True,
            timeout=60,
        )
        return done.stdout.decode("utf-8", "replace")

    return check


@pytest.mark.parametrize("role", list(DocumentRole))
@pytest.mark.parametrize("base", [pdf.plain(2), pdf.xref_stream(2)], ids=["table", "stream"])
def test_one_seal_is_valid_and_trusted(pdfsig: Check, base: bytes, role: DocumentRole) -> None:
    words = pdfsig(pdf.sealed(base, role=role))

    assert "Signature is Valid." in words
    assert "Certificate is Trusted." in words
    assert "Total document signed" in words


@pytest.mark.parametrize("suite", ["rsa2048-sha256", "rsa3072-sha256"])
def test_rsa_seal_is_valid(pdfsig: Check, suite: str) -> None:
    words = pdfsig(pdf.sealed(chain=pdf.chain_named("suite", suite)))

    assert "Signature is Valid." in words
    assert "Total document signed" in words


def test_two_seals_are_valid_and_trusted(pdfsig: Check, chain: DemoChain) -> None:
    second = pdf.same_chain_leaf("interop-second", chain)

    words = pdfsig(pdf.sealed(pdf.sealed(chain=chain), second, placement=None))

    assert words.count("Signature is Valid.") == 2
    assert words.count("Certificate is Trusted.") == 2
    assert words.count("Total document signed") == 1
    assert words.count("Not total document signed") == 1


def test_changed_text_is_invalid(pdfsig: Check) -> None:
    words = pdfsig(pdf.sealed().replace(b"1000.00", b"9000.00"))

    assert "Digest Mismatch." in words
