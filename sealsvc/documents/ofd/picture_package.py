"""A vector picture of type `ofd`: a whole one-page OFD that draws a seal's imprint.

Usual for real seals: it stays sharp at every scale. Source: seal-formats.md section 8.
"""

from datetime import datetime

from sealsvc.documents.ofd.drawing import Color, OfdDocument, PageDrawing, Shape, write_document


def picture_package(
    paths: tuple[str, ...], size_mm: tuple[float, float], color: Color, made_at: datetime
) -> bytes:
    """The picture. paths: filled by the non-zero rule, millimetres from the top-left corner, as
    `sealsvc.imprint.vectors.ofd_paths` gives them. The same values give the same bytes.
    """
    shapes = tuple(Shape(path, color) for path in paths)
    page = PageDrawing(*size_mm, shapes)
    return write_document(OfdDocument("0" * 32, "", made_at, (page,)))
