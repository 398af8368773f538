"""Objects out of a JSON array or of NDJSON, one at a time.

An object is given as its list of (name, value), so that a member that stands there twice is seen.
"""

import io
import json
import re
from collections.abc import Iterator
from typing import NoReturn

from sealsvc.areas.entities.importing.faults import (
    FileFault,
    ImportFileInvalid,
    ImportRowUnreadable,
    RowFault,
    RowProblem,
)

MAX_LINE_CHARS = 256 * 1024
_UNREADABLE = ImportRowUnreadable.code
_BLANKS = " \t\r\n"
_SKIPPED = re.compile(r"[ \t\r\n]*+")


class _NotJson(ValueError):
    """A constant that JSON does not have."""


class _Members(list[tuple[str, object]]):
    """The members of an object; a JSON array is a plain list."""


def _refuse(name: str) -> NoReturn:
    raise _NotJson(name)


_DECODER = json.JSONDecoder(object_pairs_hook=_Members, parse_constant=_refuse)


def json_array(text: str) -> Iterator[tuple[int, object]]:
    """Line and members of each element of an array; a RowProblem for what is no object.

    The whole array is gone through before the first element is given, so that a file that is cut
    off imports nothing. Raises: ImportFileInvalid.
    """
    for _ in _elements(text):
        pass
    return _numbered(text)


def json_lines(data: bytes, encoding: str) -> Iterator[tuple[int, object]]:
    """Line and members of each line of NDJSON; a RowProblem for a line that is no object."""
    reader = io.TextIOWrapper(io.BytesIO(data), encoding, newline="\n")
    number = 0
    while line := reader.readline(MAX_LINE_CHARS):
        number += 1
        whole = line.endswith("\n") or len(line) < MAX_LINE_CHARS
        rest = line
        while not whole and rest and not rest.endswith("\n"):
            rest = reader.readline(MAX_LINE_CHARS)
        if not whole:
            yield number, RowProblem(number, _UNREADABLE, reason=str(RowFault.TOO_LARGE))
        elif text := line.strip(_BLANKS):
            yield number, _line(number, text)


def _line(number: int, text: str) -> object:
    try:
        return _members(number, _DECODER.decode(text))
    except (ValueError, RecursionError):
        return RowProblem(number, _UNREADABLE, reason=str(RowFault.JSON))


def _numbered(text: str) -> Iterator[tuple[int, object]]:
    line, counted = 1, 0
    for start, value in _elements(text):
        line += text.count("\n", counted, start)
        counted = start
        yield line, _members(line, value)


def _members(line: int, value: object) -> object:
    if isinstance(value, _Members):
        return list(value)
    return RowProblem(line, _UNREADABLE, reason=str(RowFault.NO_OBJECT))


def _elements(text: str) -> Iterator[tuple[int, object]]:
    """Offset and value of each element. Raises: ImportFileInvalid."""
    at = _skip(text, _skip(text, 0) + 1)
    if text[at : at + 1] == "]":
        _require_end(text, at + 1)
        return
    while True:
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise _broken(text, at) from error
        yield at, value
        at = _skip(text, end)
        if text[at : at + 1] == "]":
            _require_end(text, at + 1)
            return
        if text[at : at + 1] != ",":
            raise _broken(text, at)
        at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _SKIPPED.match(text, at)
    return at if found is None else found.end()


def _require_end(text: str, at: int) -> None:
    if _skip(text, at) != len(text):
        raise _broken(text, at)


def _broken(text: str, at: int) -> ImportFileInvalid:
    return ImportFileInvalid(reason=str(FileFault.JSON), line=text.count("\n", 0, at) + 1)
