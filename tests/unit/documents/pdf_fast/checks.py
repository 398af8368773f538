"""Sealing by the fast writer and everything that independent programs then say of the file."""

import shutil
import subprocess
import tempfile
from dataclasses import replace
from io import BytesIO

import pikepdf
import pypdfium2
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from sealsvc.documents.pdf.fast.writer import finish, prepare
from sealsvc.documents.pdf.reader import read
from sealsvc.documents.values import Coverage, DigestOutcome, SignatureOutcome
from sealsvc.values import DocumentRole, Placement
from tests.builders.pdf import SIGNED_AT, chain_named, make_spec
from tests.builders.x509 import DemoChain

PLACE = Placement(page=1, x_mm=5, y_mm=5, width_mm=20)
PDFSIG = shutil.which("pdfsig")


def fast_sealed(
    data: bytes,
    chain: DemoChain | None = None,
    *,
    role: DocumentRole = DocumentRole.CONTRACT,
    placement: Placement | None = None,
    name: str | None = None,
) -> bytes:
    """One more seal by the chain's leaf. Raises: NotUnderstood and the writer's errors."""
    chain = chain or chain_named()
    spec = make_spec(chain, role=role, placement=placement, name=name)
    prepared = prepare(data, spec)
    return finish(prepared, chain.leaf_signer.sign(prepared.tbs))


def complaints(base: bytes, sealed: bytes, *, visible: bool) -> list[str]:
    """What any judge has against the sealed file that it had not against the base."""
    found = [] if sealed.startswith(base) else ["not incremental"]
    found += _own_reader(sealed)
    found += _pdfsig(base, sealed)
    found += _qpdf(base, sealed)
    if not visible:
        found += _pixels(base, sealed)
    return found


def pyhanko_complaints(sealed: bytes, chain: DemoChain | None = None) -> list[str]:
    """Strict parsing, the newest signature valid over the whole file, differences analysed."""
    chain = chain or chain_named()
    root = x509.Certificate.load(chain.root_der)
    context = ValidationContext(trust_roots=[root], moment=SIGNED_AT, revocation_mode="soft-fail")
    try:
        reader = PdfFileReader(BytesIO(sealed), strict=True)
        signature = reader.embedded_signatures[-1]
        status = validate_pdf_signature(signature, context)
    except Exception as error:
        return [f"pyHanko raises {type(error).__name__}: {error}"[:120]]
    found = []
    if not (status.intact and status.valid and status.trusted):
        found.append("pyHanko: not intact, valid and trusted")
    if status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        found.append(f"pyHanko: coverage {status.coverage}")
    if not status.bottom_line:
        found.append("pyHanko: bottom line")
    return found


def pyhanko_reads(data: bytes) -> bool:
    """Whether pyHanko's strict reader takes the file and its pages at all."""
    try:
        reader = PdfFileReader(BytesIO(data), strict=True)
        list(reader.embedded_signatures)
        return reader.root["/Pages"] is not None
    except Exception:
        return False


def _own_reader(sealed: bytes) -> list[str]:
    reading = read(sealed)
    if not reading.signatures:
        return ["reader: no signature"]
    one = reading.signatures[-1]
    outcome = (one.digest, one.signature, one.coverage)
    wanted = (DigestOutcome.MATCHES, SignatureOutcome.VERIFIES, Coverage.FILE)
    found = [] if outcome == wanted else [f"reader: {outcome}"]
    return found + [f"reader: {problem.code}" for problem in one.problems]


def _pdfsig(base: bytes, sealed: bytes) -> list[str]:
    """One more valid signature than before, and one that covers the whole document."""
    if PDFSIG is None:
        return []
    valid = [_pdfsig_says(one).count("Signature is Valid") for one in (base, sealed)]
    found = [] if valid[1] == valid[0] + 1 else ["pdfsig: not valid"]
    if _pdfsig_says(sealed).count("Total document signed") != 1:
        found.append("pdfsig: not the whole document")
    return found


def _pdfsig_says(data: bytes) -> str:
    if b"/ByteRange" not in data and b"/ObjStm" not in data:
        return ""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(data)
        file.flush()
        run = subprocess.run(
            [PDFSIG or "pdfsig", "-nocert", file.name], capture_output=True, timeout=60, check=False
        )
    return run.stdout.decode("utf-8", "replace")


def _qpdf_says(data: bytes) -> tuple[int, bool]:
    """Number of complaints, and whether the file opens at all."""
    try:
        with pikepdf.open(BytesIO(data)) as pdf:
            return len(pdf.check_pdf_syntax()) + len(pdf.get_warnings()), True
    except Exception:
        return 0, False


def _qpdf(base: bytes, sealed: bytes) -> list[str]:
    before, after = _qpdf_says(base), _qpdf_says(sealed)
    worse = (before[1] and not after[1]) or (before[1] and after[0] > before[0])
    return [f"qpdf: {before} then {after}"] if worse else []


def render(data: bytes) -> bytes | None:
    """The first page's pixels, forms drawn; None where pdfium cannot."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        return None
    try:
        if not len(document):
            return None
        document.init_forms()
        page = document[0]
        width, height = page.get_size()
        bitmap = page.render(scale=min(1.0, 600 / max(width, height, 1)))
        return bytes(bitmap.to_pil().tobytes())
    except pypdfium2.PdfiumError:
        return None
    finally:
        document.close()


def _pixels(base: bytes, sealed: bytes) -> list[str]:
    return [] if render(base) == render(sealed) else ["page 1 looks different"]


def other_chain(chain: DemoChain, label: str) -> DemoChain:
    """A further leaf below the same issuer."""
    leaf_der, signer = chain.leaf(label=label)
    return replace(chain, leaf_der=leaf_der, leaf_signer=signer)
