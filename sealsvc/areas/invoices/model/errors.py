"""What can be refused about invoices, claims, bookings and red letters."""

from sealsvc.errors import BadInput, Conflict, NotAllowed, NotFound


class InvoiceNotFound(NotFound):
    """No invoice has this id, or it is on another entity's file."""

    code = "INVOICE_NOT_FOUND"


class InvoiceOriginalNotKept(NotFound):
    """The file was taken without `keep`; only its digest is on file."""

    code = "INVOICE_ORIGINAL_NOT_KEPT"


class InvoiceNotRead(BadInput):
    """No invoice was found in the file."""

    code = "INVOICE_NOT_READ"


class InvoiceNotYours(NotAllowed):
    """The invoice names its seller and its buyer, and the client's entity is neither."""

    code = "INVOICE_NOT_YOURS"


class InvoiceNotForSeller(NotAllowed):
    """A seller does not claim its own invoice."""

    code = "INVOICE_NOT_FOR_SELLER"


class InvoiceNotVerified(Conflict):
    """Only a verified invoice can be claimed, booked or reversed."""

    code = "INVOICE_NOT_VERIFIED"


class InvoiceNotIdentified(Conflict):
    """The file does not say enough (code and number) to tell the invoice from others."""

    code = "INVOICE_NOT_IDENTIFIED"


class InvoiceNotSound(Conflict):
    """The file's own number or amounts are wrong, so no query can make it a verified one."""

    code = "INVOICE_NOT_SOUND"


class InvoiceReversed(Conflict):
    """Red letters take the whole invoice back."""

    code = "INVOICE_REVERSED"


class InvoiceFieldInvalid(BadInput):
    """A member of a request on an invoice is empty, too long or of the wrong kind; see `field`."""

    code = "INVOICE_FIELD_INVALID"


class ClaimTaken(Conflict):
    """The invoice is claimed by somebody else; nothing more is told."""

    code = "CLAIM_TAKEN"


class ClaimExists(Conflict):
    """The entity itself holds a claim of this purpose. Fields: claim_id."""

    code = "CLAIM_EXISTS"


class ClaimNotFound(NotFound):
    """No claim of this entity on this invoice has this id."""

    code = "CLAIM_NOT_FOUND"


class InvoiceAlreadyBooked(Conflict):
    """The entity has booked this invoice before, perhaps from another file. Fields: booking_id.

    Source: rule R10; the accounting rules of 2024, article 25.
    """

    code = "INVOICE_ALREADY_BOOKED"


class OriginalRequired(BadInput):
    """A booking by a paper printout must name the digest of the electronic original.

    Source: rule R11; the accounting rules of 2024, article 27.
    """

    code = "INVOICE_ORIGINAL_REQUIRED"


class OriginalMismatch(Conflict):
    """The digest named for a printout is not that of the file that was taken and verified."""

    code = "INVOICE_ORIGINAL_MISMATCH"


class RedLetterNotFound(NotFound):
    """No red-letter form has this id, or the client's entity is neither seller nor buyer."""

    code = "RED_LETTER_NOT_FOUND"


class RedLetterPartiesUnknown(Conflict):
    """The invoice does not name seller and buyer by credit code, so nobody could confirm."""

    code = "RED_LETTER_PARTIES_UNKNOWN"


class InvoiceNotBlue(Conflict):
    """A red invoice cannot be reversed again, nor one whose total is not known."""

    code = "INVOICE_NOT_BLUE"


class RedLetterAmountInvalid(BadInput):
    """The amount is not a decimal above zero with at most two places."""

    code = "RED_LETTER_AMOUNT_INVALID"


class RedLetterExceedsRemaining(Conflict):
    """More than what is left of the blue invoice. Fields: remaining."""

    code = "RED_LETTER_EXCEEDS_REMAINING"


class RedLetterLapsed(Conflict):
    """The form was not confirmed within 72 hours and is void. Fields: lapsed_at."""

    code = "RED_LETTER_LAPSED"


class RedLetterNotCounterparty(NotAllowed):
    """Only the other side confirms or refuses, and only who entered the form withdraws it."""

    code = "RED_LETTER_NOT_YOUR_TURN"


class RedLetterLimit(Conflict):
    """As many red-letter forms stand against this invoice as one may have."""

    code = "RED_LETTER_LIMIT_REACHED"
