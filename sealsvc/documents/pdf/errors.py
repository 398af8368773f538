"""Why a PDF cannot be read or sealed."""

from sealsvc.errors import BadInput, Conflict, Internal


class DocumentEncrypted(BadInput):
    """The file has an /Encrypt dictionary, whatever the password (pdf.md section 2 rule 8)."""

    code = "DOCUMENT_ENCRYPTED"


class DocumentUnreadable(BadInput):
    """Not even the lenient parser finds a catalog, pages and a form in the file."""

    code = "DOCUMENT_UNREADABLE"


class PageNotFound(BadInput):
    """The placement names a page that the document does not have."""

    code = "PAGE_NOT_FOUND"


class PlacementOutOfPage(BadInput):
    """The seal would not lie wholly on the page as shown."""

    code = "PLACEMENT_OUT_OF_PAGE"


class ImprintUnreadable(BadInput):
    """The picture to show is no PNG of at most 4000 x 4000 pixels."""

    code = "IMPRINT_UNREADABLE"


class DocmdpForbidsSeal(Conflict):
    """An earlier signature's DocMDP, FieldMDP or lock does not permit a further seal."""

    code = "DOCMDP_FORBIDS_SEAL"


class ExistingSignatureBroken(Conflict):
    """A signature already in the file is not intact, so a further seal would cover up."""

    code = "EXISTING_SIGNATURE_BROKEN"


class CertificateAlreadyInDocument(Conflict):
    """The leaf certificate already stands in the document (pdf.md section 2 rule 10)."""

    code = "CERTIFICATE_ALREADY_IN_DOCUMENT"


class FieldNameTaken(Conflict):
    """The form already has a field of that name, or the name holds a full stop."""

    code = "FIELD_NAME_TAKEN"


class SignatureTooLarge(Internal):
    """The signature is longer than the room reserved for it; the file is not written."""

    code = "SIGNATURE_TOO_LARGE"
