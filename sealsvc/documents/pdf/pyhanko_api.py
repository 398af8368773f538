"""The one door to pyHanko for this package.

pyHanko is annotated in part only, so its names pass through here as `Any`; what the functions
of this package return is typed again. Its logger is muted: it writes tracebacks of hostile files.
"""

import logging
from binascii import unhexlify
from typing import Any, BinaryIO

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

published_read_hex_string: Any = _generic.read_hex_string_from_stream
_HEX_DIGITS = b"0123456789abcdefABCDEF"
_FIRST_READ, _NEXT_READ = 128, 1 << 14


def read_hex_string(stream: BinaryIO) -> Any:
    """A hexadecimal string at the stream's position, with the outcome of pyHanko's own function.

    That one calls two functions a digit: 20 ms for the value of a signature, and a reading comes by
    it a dozen times. Only pairs of digits up to the bracket are taken here; it has all the rest.
    """
    begin = stream.tell()
    stream.read(1)
    digits, size = b"", _FIRST_READ
    while True:
        part = stream.read(size)
        end = part.find(b">")
        digits += part if end < 0 else part[:end]
        if end >= 0 and len(digits) % 2 == 0 and not digits.translate(None, _HEX_DIGITS):
            break
        # What it would not have read either is not gathered: the work stays linear.
        if end >= 0 or len(part) < size or part.translate(None, _HEX_DIGITS):
            stream.seek(begin)
            return published_read_hex_string(stream)
        size = _NEXT_READ
    stream.seek(begin + 2 + len(digits))
    return _generic.pdf_string(unhexlify(digits))


_generic.read_hex_string_from_stream = read_hex_string

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
    "published_read_hex_string",
    "read_hex_string",
    "sign_fields",
    "signature_object",
]
