"""Which invoice it is, told without telling: a keyed digest that all companies share.

An invoice number is guessable, so a plain digest of it would let anyone who sees the database ask
whose invoice it is. Source: china-domain.md section 4.7 (duplicate keys, strongest first).
"""

import hmac
import json

from sealsvc.documents.invoices.model import Invoice, InvoiceFamily
from sealsvc.documents.invoices.numbers import Generation, check_number

_LABEL = b"sealsvc invoice identity v1\x00"


def canonical_identity(invoice: Invoice) -> tuple[str, ...] | None:
    """What names the invoice among all, None where it does not say enough.

    A digital number is unique by itself: an invoice code beside it, which it must not have, makes
    no second invoice of it. A foreign number is its seller's own and starts again each year.
    """
    if not invoice.number:
        return None
    if invoice.family is InvoiceFamily.EN16931:
        return _foreign(invoice)
    numbering = check_number(invoice)
    if numbering is None or numbering.generation is Generation.UNKNOWN:
        return None
    if numbering.generation is Generation.DIGITAL:
        return ("CN", invoice.number)
    return ("CN", invoice.code or "", invoice.number)


def identity_mac(invoice: Invoice, key: bytes) -> str | None:
    """Hex HMAC-SHA-256 of the identity, None without one. key: of this installation, 32 bytes."""
    identity = canonical_identity(invoice)
    if identity is None:
        return None
    text = json.dumps(identity, ensure_ascii=False, separators=(",", ":")).encode()
    return hmac.digest(key, _LABEL + text, "sha256").hex()


def _foreign(invoice: Invoice) -> tuple[str, ...] | None:
    seller, number = invoice.seller.tax_id, invoice.number
    if not seller or not number or invoice.issued_on is None:
        return None
    folded = "".join(number.split()).upper()
    return ("EN16931", seller.upper(), str(invoice.issued_on.year), folded)
