"""Opening hostile bytes as a PDF: strictly if possible, leniently if not, else a named error."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeVar

from sealsvc.documents.pdf.errors import DocumentEncrypted, DocumentUnreadable
from sealsvc.documents.pdf.limits import find_excess
from sealsvc.documents.pdf.pyhanko_api import PdfFileReader, generic
from sealsvc.documents.values import ReadingProblem

Result = TypeVar("Result")


class _Reader(PdfFileReader):
    """pyHanko's reader, but a reference to no object is null in strict mode too.

    Source: ISO 32000-2, 7.3.10: such a reference is not an error.
    """

    def _read_object(self, ref: Any, marker: Any, *rest: Any, **options: Any) -> Any:
        if marker is None:
            null = generic.NullObject()
            null.container_ref = ref
            return null
        return super()._read_object(ref, marker, *rest, **options)


@dataclass(frozen=True)
class OpenedDocument:
    """A parsed file. reader: pyHanko's; problems: what had to be tolerated."""

    data: bytes
    reader: Any
    problems: tuple[ReadingProblem, ...]


def open_document(data: bytes) -> OpenedDocument:
    """Parse the file's cross-references and catalog.

    Raises: DocumentEncrypted, DocumentUnreadable.
    """
    excess = find_excess(data)
    if excess is not None:
        raise DocumentUnreadable(reason=excess)
    try:
        return OpenedDocument(data, _open(data, strict=True), ())
    except DocumentEncrypted:
        raise
    except MemoryError:
        raise
    except Exception as error:
        problem = ReadingProblem("STRUCTURE_LENIENT", type(error).__name__)
    try:
        reader = _open(data, strict=False)
    except (DocumentEncrypted, MemoryError):
        raise
    except Exception as error:
        raise DocumentUnreadable(reason=type(error).__name__) from error
    problems = [problem]
    if reader.xrefs.hybrid_xrefs_present:
        problems.append(ReadingProblem("HYBRID_XREF"))
    return OpenedDocument(data, reader, tuple(problems))


def _open(data: bytes, *, strict: bool) -> Any:
    reader: Any = _Reader(BytesIO(data), strict=strict)
    if "/Encrypt" in reader.trailer:
        raise DocumentEncrypted()
    root = reader.root
    if not isinstance(root, generic.DictionaryObject):
        raise DocumentUnreadable(reason="catalog")
    if not isinstance(root["/Pages"], generic.DictionaryObject):
        raise DocumentUnreadable(reason="pages")
    if strict and reader.xrefs.hybrid_xrefs_present:
        raise DocumentUnreadable(reason="hybrid")
    return reader


def attempt(
    problems: list[ReadingProblem], code: str, default: Result, action: Callable[[], Result]
) -> Result:
    """The result of `action`, or `default` with a problem noted when any library gives up.

    Hostile files make parsers raise anything; the sandbox handles memory and time.
    """
    try:
        return action()
    except MemoryError:
        raise
    except Exception as error:
        problems.append(ReadingProblem(code, type(error).__name__))
        return default


def as_dictionary(value: Any) -> Any:
    """The dictionary (or stream) behind a value or reference, else None."""
    if isinstance(value, generic.IndirectObject):
        value = value.get_object()
    return value if isinstance(value, generic.DictionaryObject) else None


def as_array(value: Any) -> Any:
    """The array behind a value or reference, else None."""
    if isinstance(value, generic.IndirectObject):
        value = value.get_object()
    return value if isinstance(value, generic.ArrayObject) else None


def raw(dictionary: Any, key: str) -> Any:
    """The entry as it stands, references not followed; None where absent."""
    try:
        return dictionary.raw_get(key)
    except KeyError:
        return None


def entry(dictionary: Any, key: str) -> Any:
    """The entry with references followed; None where absent or null.

    pyHanko's own `.get` is the plain dictionary's and does not follow references.
    """
    value = raw(dictionary, key)
    if isinstance(value, generic.IndirectObject):
        value = value.get_object()
    return None if isinstance(value, generic.NullObject) else value


def reference_of(value: Any) -> Any:
    """The pyHanko Reference of an indirect value, else None."""
    return value.reference if isinstance(value, generic.IndirectObject) else None
