"""What can be wrong with a file to import, and with one row of it."""

from dataclasses import dataclass
from enum import StrEnum

from sealsvc.errors import BadInput, Conflict, ServiceError


class FileFault(StrEnum):
    """Why a whole file cannot be read."""

    EMPTY = "EMPTY"
    JSON = "JSON"


class HeaderFault(StrEnum):
    """Why the first line of a table cannot be its header."""

    UNREADABLE = "UNREADABLE"
    UNKNOWN = "UNKNOWN"
    REPEATED = "REPEATED"
    MISSING = "MISSING"
    TOO_MANY = "TOO_MANY"


class RowFault(StrEnum):
    """Why a row cannot be taken apart."""

    CELLS = "CELLS"
    QUOTES = "QUOTES"
    TOO_LARGE = "TOO_LARGE"
    JSON = "JSON"
    NO_OBJECT = "NO_OBJECT"
    MEMBER_UNKNOWN = "MEMBER_UNKNOWN"
    MEMBER_REPEATED = "MEMBER_REPEATED"
    TYPE = "TYPE"


class ImportEncodingUnknown(BadInput):
    """The file is neither UTF-8 nor GB 18030 (GBK)."""

    code = "IMPORT_ENCODING_UNKNOWN"


class ImportFileInvalid(BadInput):
    """The file is empty, or no JSON although it begins like an array; nothing was imported."""

    code = "IMPORT_FILE_INVALID"


class ImportHeaderInvalid(BadInput):
    """A column is unknown, repeated or missing; nothing was imported."""

    code = "IMPORT_HEADER_INVALID"


class ImportTooLong(BadInput):
    """The file has more lines than one import takes; nothing was imported."""

    code = "IMPORT_TOO_LONG"


class ImportRowUnreadable(BadInput):
    """A row of an import cannot be taken apart; `reason` says why."""

    code = "IMPORT_ROW_UNREADABLE"


class ImportRowInvalid(BadInput):
    """A cell of an import is missing or no value of its column."""

    code = "IMPORT_ROW_INVALID"


class ImportRowDiffers(Conflict):
    """What the row describes is registered already with other particulars; it was left alone."""

    code = "IMPORT_ROW_DIFFERS"


class ImportRowRepeated(Conflict):
    """An earlier row of the same file describes the same thing otherwise."""

    code = "IMPORT_ROW_REPEATED"


@dataclass(frozen=True)
class RowProblem:
    """Why one row came to nothing. line: 1-based; code: stable; field: wire name."""

    line: int
    code: str
    field: str | None = None
    reason: str | None = None


def problem_of(line: int, error: ServiceError, field: str | None = None) -> RowProblem:
    """An area's error as what became of a row; field: where the error names none."""
    named, reason = error.fields.get("field"), error.fields.get("reason")
    if reason is None:
        reason = error.fields.get("issues")
    return RowProblem(
        line,
        error.code,
        str(named) if named is not None else field,
        None if reason is None else str(reason),
    )
