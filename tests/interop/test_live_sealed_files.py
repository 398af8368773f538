"""What a live service sealed, before poppler's pdfsig and pyHanko's command line.

The service runs on, so that pyHanko fetches its CRLs from where the certificates say.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.papers import Sealed
from tests.live.service import LiveService, run_tool

pytestmark = pytest.mark.interop

PYHANKO = Path(sys.executable).parent / "pyhanko"


@pytest.fixture
def root_pem(live: LiveService, tmp_path: Path) -> Path:
    path = tmp_path / "root.pem"
    path.write_text(live.http.get("/pki/root.pem").text)
    return path


def pdfsig(path: Path, root_pem: Path) -> str:
    """The words of pdfsig with an NSS database that trusts our root alone."""
    program, certutil = shutil.which("pdfsig"), shutil.which("certutil")
    if program is None or certutil is None:
        pytest.skip("pdfsig or certutil is not installed (poppler-utils, libnss3-tools)")
    store = path.parent / "nss"
    store.mkdir()
    for arguments in (
        ["-N", "--empty-password"],
        ["-A", "-n", "root", "-t", "CT,CT,CT", "-a", "-i", str(root_pem)],
    ):
        subprocess.run([certutil, "-d", f"sql:{store}", *arguments], check=True, timeout=60)
    done = subprocess.run(
        [program, "-no-ocsp", "-nssdir", str(store), str(path)],
        check=False,
        capture_output=True,
        timeout=60,
    )
    return done.stdout.decode("utf-8", "replace")


def pyhanko(path: Path, root_pem: Path) -> "subprocess.CompletedProcess[str]":
    """`pyhanko sign validate`, certificates checked against the CRLs it fetches itself."""
    if not PYHANKO.exists():
        pytest.skip("pyhanko-cli is not installed")
    options = ["--trust", str(root_pem), "--force-revinfo", "--pretty-print"]
    return subprocess.run(
        [str(PYHANKO), "--verbose", "sign", "validate", *options, str(path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=path.parent,
    )


def file_of(sealed: Sealed, name: str, folder: Path) -> Path:
    path = folder / f"{name}-sealed.pdf"
    path.write_bytes(sealed.invoice if name == "invoice" else sealed.contract)
    return path


@pytest.mark.parametrize(("name", "seals"), [("invoice", 1), ("contract", 2)])
def test_poppler_trusts_every_seal(
    sealed: Sealed, root_pem: Path, tmp_path: Path, name: str, seals: int
) -> None:
    words = pdfsig(file_of(sealed, name, tmp_path), root_pem)

    assert words.count("Signature is Valid.") == seals
    assert words.count("Certificate is Trusted.") == seals
    assert words.count("- Total document signed") == 1


@pytest.mark.parametrize(("name", "seals"), [("invoice", 1), ("contract", 2)])
def test_pyhanko_trusts_every_seal_with_its_crl(
    sealed: Sealed, root_pem: Path, tmp_path: Path, name: str, seals: int
) -> None:
    done = pyhanko(file_of(sealed, name, tmp_path), root_pem)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("The signature is judged VALID.") == seals
    assert "INVALID" not in done.stdout
    assert "/pki/issuing.crl" in sealed.service.log_tail(20_000)


@pytest.mark.parametrize("name", ["invoice", "contract"])
def test_pyhanko_rejects_a_changed_file(
    sealed: Sealed, root_pem: Path, tmp_path: Path, name: str
) -> None:
    path = file_of(sealed, name, tmp_path)
    data = bytearray(path.read_bytes())
    at = data.find(b"/Producer (") + len(b"/Producer (")
    data[at] ^= 1
    path.write_bytes(data)

    done = pyhanko(path, root_pem)

    assert done.returncode != 0
    assert "INVALID" in done.stdout


@pytest.mark.parametrize("name", ["invoice", "contract"])
def test_our_own_command_agrees_without_the_service(
    sealed: Sealed, root_pem: Path, tmp_path: Path, name: str
) -> None:
    crls = []
    for label in ("root", "issuing"):
        crls.append(tmp_path / f"{label}.crl")
        crls[-1].write_bytes(sealed.service.http.get(f"/pki/{label}.crl").content)
    options = [f"--crl={crl}" for crl in crls]
    path = file_of(sealed, name, tmp_path)

    done = run_tool("verify", str(path), "--trust", str(root_pem), *options)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("INTACT")  # no registry was asked
