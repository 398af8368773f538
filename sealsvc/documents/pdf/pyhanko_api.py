"""The one door to pyHanko for this package.

pyHanko is annotated in part only, so its names pass through here as `Any`; what the functions
of this package return is typed again. Its logger is muted: it writes tracebacks of hostile files.
"""

import logging
from typing import Any

from pyhanko.pdf_utils import generic as _generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader, process_data_at_eof
from pyhanko.pdf_utils.xref import read_object_header
from pyhanko.sign import diff_analysis
from pyhanko.sign import fields as _sign_fields
from pyhanko.sign.general import check_ess_certid as _check_ess_certid
from pyhanko.sign.signers.cms_embedder import SigMDPSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko.sign.validation import generic_cms as _generic_cms

logging.getLogger("pyhanko").addHandler(logging.NullHandler())
logging.getLogger("pyhanko").propagate = False

generic: Any = _generic
sign_fields: Any = _sign_fields
generic_cms: Any = _generic_cms
check_ess_certid: Any = _check_ess_certid
signature_object: Any = SignatureObject
mdp_setup: Any = SigMDPSetup
process_eof: Any = process_data_at_eof
object_header: Any = read_object_header
SuspiciousModification: Any = diff_analysis.SuspiciousModification
ModificationLevel: Any = diff_analysis.ModificationLevel

_default: Any = diff_analysis.DEFAULT_DIFF_POLICY
_policy: Any = diff_analysis.StandardDiffPolicy
DEFAULT_DIFF_POLICY: Any = diff_analysis.DEFAULT_DIFF_POLICY
STRICT_DIFF_POLICY: Any = _policy(
    global_rules=_default.global_rules,
    form_rule=_default.form_rule,
    ignore_orphaned_objects=False,
)
"""pyHanko's standard rules, but an object that nothing refers to is a change like any other."""

__all__ = [
    "DEFAULT_DIFF_POLICY",
    "STRICT_DIFF_POLICY",
    "IncrementalPdfFileWriter",
    "ModificationLevel",
    "PdfFileReader",
    "SuspiciousModification",
    "check_ess_certid",
    "generic",
    "generic_cms",
    "mdp_setup",
    "object_header",
    "process_eof",
    "sign_fields",
    "signature_object",
]
