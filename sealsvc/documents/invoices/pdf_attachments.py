"""Files embedded in a PDF, unpacked within bounds.

Source: ISO 32000-2, 7.11.4 (embedded files) and 14.13 (associated files); Factur-X 1.0, section 6.
"""

import zlib
from collections.abc import Iterator
from io import BytesIO

import pikepdf

from sealsvc.documents.invoices.scalars import ProblemLog
from sealsvc.documents.invoices.xmlsafe import MAX_XML
from sealsvc.documents.pdf.limits import find_excess

MAX_ATTACHMENTS = 20
MAX_TREE = 200
MAX_DEPTH = 8


def attached_xml(data: bytes, log: ProblemLog) -> list[bytes]:
    """The contents of embedded files that begin like XML, associated files first; never raises."""
    excess = find_excess(data)
    if excess is not None:
        log.add("DOCUMENT_UNREADABLE", excess)
        return []
    try:
        with pikepdf.open(BytesIO(data)) as document:
            return [one for one in _contents(document, log) if _looks_like_xml(one)]
    except MemoryError:
        raise
    except pikepdf.PasswordError:
        log.add("DOCUMENT_ENCRYPTED")
    except Exception as error:  # qpdf raises many kinds on damaged files
        log.add("DOCUMENT_UNREADABLE", type(error).__name__)
    return []


def _looks_like_xml(content: bytes) -> bool:
    start = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"<") or content[:2] in (b"\xff\xfe", b"\xfe\xff")


def _contents(document: pikepdf.Pdf, log: ProblemLog) -> Iterator[bytes]:
    seen: set[tuple[int, int]] = set()
    for specification in _specifications(document):
        try:
            stream = _stream(specification)
        except Exception as error:  # a damaged specification must not hide the others
            log.add("INVOICE_ATTACHMENT_UNREADABLE", type(error).__name__)
            continue
        if stream is None or stream.objgen in seen:
            continue
        seen.add(stream.objgen)
        if len(seen) > MAX_ATTACHMENTS:
            log.add("INVOICE_TOO_MANY_ATTACHMENTS")
            return
        content = _unpacked(stream, log)
        if content is not None:
            yield content


def _specifications(document: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    associated = document.Root.get("/AF")
    if isinstance(associated, pikepdf.Array):
        yield from list(associated)[:MAX_TREE]
    elif isinstance(associated, pikepdf.Dictionary):
        yield associated
    names = document.Root.get("/Names")
    if isinstance(names, pikepdf.Dictionary):
        yield from _name_tree(names.get("/EmbeddedFiles"))


def _name_tree(root: pikepdf.Object | None) -> Iterator[pikepdf.Object]:
    """The values of a name tree, bounded in depth and nodes so that a cycle ends."""
    nodes = [(root, 0)]
    visited = 0
    while nodes and visited < MAX_TREE:
        node, depth = nodes.pop()
        visited += 1
        if not isinstance(node, pikepdf.Dictionary):
            continue
        leaves = node.get("/Names")
        if isinstance(leaves, pikepdf.Array):
            yield from list(leaves)[1 : 2 * MAX_TREE : 2]
        kids = node.get("/Kids")
        if isinstance(kids, pikepdf.Array) and depth < MAX_DEPTH:
            nodes += [(kid, depth + 1) for kid in reversed(list(kids)[:MAX_TREE])]


def _stream(specification: pikepdf.Object) -> pikepdf.Stream | None:
    if not isinstance(specification, pikepdf.Dictionary):
        return None
    embedded = specification.get("/EF")
    if not isinstance(embedded, pikepdf.Dictionary):
        return None
    stream = embedded.get("/UF") or embedded.get("/F")
    return stream if isinstance(stream, pikepdf.Stream) else None


def _unpacked(stream: pikepdf.Stream, log: ProblemLog) -> bytes | None:
    """The content, at most one byte more than the XML limit; other filters than Flate refused."""
    filters = stream.get("/Filter")
    names = [str(one) for one in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
    raw = stream.read_raw_bytes()
    if filters is None or not names:
        return raw[: MAX_XML + 1]
    if names not in (["/FlateDecode"], ["/Fl"]) or stream.get("/DecodeParms") is not None:
        log.add("INVOICE_ATTACHMENT_UNREADABLE", "filter")
        return None
    try:
        return zlib.decompressobj().decompress(raw, MAX_XML + 1)
    except zlib.error:
        log.add("INVOICE_ATTACHMENT_UNREADABLE", "deflate")
        return None
