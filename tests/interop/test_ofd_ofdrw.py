"""Our sealed OFD files in ofdrw, the Java reference implementation: it opens and verifies them.

Needs a JDK and Maven, and its libraries in Maven's cache or within reach; else skipped.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from sealsvc.documents.ofd import OFD
from sealsvc.documents.ofd.archive import open_archive
from sealsvc.documents.ofd.packing import repack
from sealsvc.documents.ofd.picture_package import picture_package
from sealsvc.documents.values import DigestOutcome, SignatureOutcome, Straddle, StraddleEdge
from sealsvc.formats.values import SealVersion
from sealsvc.imprint.vectors import ofd_paths
from tests.unit.documents.ofd_writer import material

pytestmark = pytest.mark.interop

SOURCE = Path(__file__).with_name("ofdrw")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sealsvc-interop" / "ofdrw"
SECONDS = 240


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", timeout=SECONDS, check=False
    )


@cache
def checker() -> str:
    """The class path of the compiled checker, built once for each version of its sources."""
    for tool in ("java", "javac", "mvn"):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool}")
    sources = [SOURCE / "pom.xml", SOURCE / "OfdCheck.java"]
    built = CACHE / sha256(b"".join(one.read_bytes() for one in sources)).hexdigest()[:16]
    listed = built / "classpath.txt"
    if not listed.exists():
        built.mkdir(parents=True, exist_ok=True)
        build = ("-q", "-B", "-f", str(sources[0]), "dependency:build-classpath")
        target = f"-Dmdep.outputFile={built / 'maven.txt'}"
        if run("mvn", "-o", *build, target).returncode and run("mvn", *build, target).returncode:
            pytest.skip("Maven cannot get ofdrw")
        path = f"{built}{os.pathsep}{(built / 'maven.txt').read_text().strip()}"
        compiled = run("javac", "-cp", path, "-d", str(built), str(sources[1]))
        assert compiled.returncode == 0, compiled.stderr
        listed.write_text(path)
    return listed.read_text()


@dataclass(frozen=True)
class Case:
    data: bytes
    pages: int
    signatures: tuple[str, ...]


def vector_seal() -> bytes:
    spec = material.imprint()
    size = (spec.width_mm, spec.height_mm)
    picture = picture_package(ofd_paths(spec), size, spec.color, material.AT)
    one = material.party("vector", picture=picture, picture_type="ofd")
    return material.seal(material.invoice(), one)


def cases() -> dict[str, Case]:
    invoice, contract = material.invoice(), material.contract()
    seller, newer = material.party(), material.party("newer", SealVersion.V5)
    digests = material.party("digests", cert_list_type=2)
    edge = Straddle(edge=StraddleEdge.LEFT, position=0.3)
    twice = material.seal(material.sealed_by_two(), newer, placement=None)
    return {
        "one page, V4": Case(material.sealed_invoice(), 1, ("Seal",)),
        "one page, V5": Case(material.seal(invoice, newer), 1, ("Seal",)),
        "certificate digests": Case(material.seal(invoice, digests), 1, ("Seal",)),
        "vector picture": Case(vector_seal(), 1, ("Seal",)),
        "straddle": Case(
            material.seal(contract, seller, placement=None, straddle=edge), 6, ("Seal",)
        ),
        "two parties": Case(material.sealed_by_two(), 6, ("Seal", "Seal")),
        "three parties": Case(twice, 6, ("Seal", "Seal", "Seal")),
        "invisible": Case(material.seal(invoice, seller, placement=None), 1, ("Seal",)),
        "no seal": Case(
            material.seal(invoice, seller, placement=None, eseal_der=None), 1, ("Sign",)
        ),
    }


@cache
def answers() -> dict[str, tuple[Case, dict[str, object]]]:
    found = {**cases(), "changed page": Case(changed(), 1, ())}
    folder = CACHE / "files"
    path = checker()
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for index, case in enumerate(found.values()):
        files.append(folder / f"{os.getpid()}-{index}.ofd")
        files[-1].write_bytes(case.data)
    ran = run("java", "-cp", path, "OfdCheck", *map(str, files))
    for file in files:
        file.unlink()
    assert ran.returncode == 0, ran.stderr
    lines = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    return dict(zip(found, zip(found.values(), lines, strict=True), strict=True))


def changed() -> bytes:
    archive = open_archive(material.sealed_invoice())
    name = "Doc_0/Pages/Page_0/Content.xml"
    entry = archive.find(name)
    assert entry is not None
    content = archive.read(entry).replace(b"106", b"906").replace(b"212.00", b"912.00")
    return repack(archive, {name: content}, material.AT)


@pytest.mark.parametrize("name", list(cases()))
def test_ofdrw_opens_and_verifies(name: str) -> None:
    case, answer = answers()[name]
    assert answer == {"pages": case.pages, "signatures": list(case.signatures), "error": ""}


@pytest.mark.parametrize("name", list(cases()))
def test_our_reader_agrees(name: str) -> None:
    case = cases()[name]
    reading = OFD.read(case.data)
    assert (reading.page_count, len(reading.signatures)) == (case.pages, len(case.signatures))
    assert reading.problems == ()
    for signature in reading.signatures:
        assert signature.digest is DigestOutcome.MATCHES
        assert signature.signature is SignatureOutcome.VERIFIES
        assert signature.problems == ()


def test_both_see_a_changed_page() -> None:
    case, answer = answers()["changed page"]
    assert "FileIntegrityException" in str(answer["error"])
    assert OFD.read(case.data).signatures[0].digest is DigestOutcome.DIFFERS
