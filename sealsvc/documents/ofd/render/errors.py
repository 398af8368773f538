"""What a caller of the renderer is told when there is no picture at all."""

from sealsvc.errors import BadInput


class OfdPageUnrenderable(BadInput):
    """A page cannot be shown. fields: reason (`package`, `document`, `page`, `content`)."""

    code = "OFD_PAGE_UNRENDERABLE"


class SealPictureUnrenderable(BadInput):
    """A seal's picture cannot be shown. fields: reason (`type`, `content`, `size`)."""

    code = "SEAL_PICTURE_UNRENDERABLE"
