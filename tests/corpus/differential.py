"""What we let pass, asked of two others: pyHanko's and poppler's verdicts on the same bytes.

They are asked twice: what they said when the manifest was made, and what they say today, where
they are installed. Both may be more permissive than we are, never less: an error or a refusal of
theirs counts against us too, unless the document stands in the list with a reason.
"""

import logging
import shutil
import subprocess
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

from tests.corpus.outcome import ACCEPTED, Outcome

PDFSIG = shutil.which("pdfsig")
_PDFSIG_S = 60
# Poppler verifies no document time-stamps and knows fewer algorithms: then it gives no verdict.
PDFSIG_WRONG = ("Digest Mismatch", "Signature is Invalid", "corrupted data")
MANIFEST_WRONG = {
    "pyHanko": frozenset({"invalid", "modified", "sig_error", "read_error", "unsigned"}),
    "pdfsig": frozenset({"invalid", "read_error", "unsigned"}),
}


def passed(outcomes: list[Outcome]) -> list[Outcome]:
    """What we call TRUSTED or INTACT, or whose bytes we found whole whatever the rest is."""
    return [one for one in outcomes if one.word in ACCEPTED or one.integrity == "PASSED"]


def disagreements(outcomes: list[Outcome], known: Mapping[str, str]) -> list[str]:
    """One sentence for each that another program calls invalid and that is not known."""
    found = []
    for one in passed(outcomes):
        objections = objections_to(one)
        path = one.document.path
        if path not in known:
            found += [f"{path}: {one.word}, but {objection}" for objection in objections]
        elif not objections and PDFSIG is not None:
            found.append(f"{path}: listed as a disagreement, but all agree")
    return found


def objections_to(one: Outcome) -> list[str]:
    """What the others hold against it, as the manifest says and as they say now."""
    document, found = one.document, []
    said = {"pyHanko": document.pyhanko, "pdfsig": document.pdfsig}
    for name, word in said.items():
        if word in MANIFEST_WRONG[name]:
            found.append(f"{name} said {word}")
    data = document.read()
    found += [f"pyHanko says {word}" for word in ask_pyhanko(data)]
    found += [f"pdfsig says {word}" for word in ask_pdfsig(data)]
    return found


def ask_pyhanko(data: bytes) -> list[str]:
    """What pyHanko finds wrong, trust in the signer apart."""
    logging.disable(logging.CRITICAL)  # it logs names of the documents' signers
    try:
        reader = PdfFileReader(BytesIO(data), strict=False)
        found = [_objection(one) for one in reader.embedded_signatures]
    except Exception as error:  # its refusals come as any exception
        return [type(error).__name__]
    finally:
        logging.disable(logging.NOTSET)
    return [word for word in found if word is not None] if found else ["unsigned"]


def _objection(embedded: Any) -> str | None:
    nobody = ValidationContext(trust_roots=[], allow_fetching=False)
    status: Any
    if embedded.sig_object_type == "/DocTimeStamp":
        status = validate_pdf_timestamp(embedded, validation_context=nobody)
    else:
        status = validate_pdf_signature(embedded, signer_validation_context=nobody)
    if not status.intact or not status.valid:
        return "invalid"
    level = status.modification_level
    if level is not None and level > ModificationLevel.FORM_FILLING:
        return f"modified ({level.name})"
    return "modified (DocMDP)" if getattr(status, "docmdp_ok", True) is False else None


def ask_pdfsig(data: bytes) -> list[str]:
    """What poppler finds wrong; nothing where it is not installed."""
    if PDFSIG is None:
        return []
    with NamedTemporaryFile(suffix=".pdf") as file:
        Path(file.name).write_bytes(data)
        answer = subprocess.run(
            [PDFSIG, "-nocert", file.name],
            capture_output=True,
            timeout=_PDFSIG_S,
            check=False,
        )
    told = answer.stdout.decode("utf-8", "replace")
    return [words for words in PDFSIG_WRONG if words in told]
