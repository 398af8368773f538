"""Which subjects a statement changes: the detective behind `UnloggedChange`.

Walks INSERT, UPDATE and DELETE, also those inside a CTE, of tables with the mixin `Logged`. A
change whose subject cannot be read from the statement marks the subject id `*`, which no fact
can name: bulk writes of logged rows are refused. Source: ARCHITECTURE section 7.3.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, runtime_checkable
from weakref import WeakSet

from sqlalchemy import Delete, Insert, Update
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ClauseElement, ColumnElement

from sealsvc.errors import Internal
from sealsvc.storage.db import MIGRATING
from sealsvc.storage.tables import LOGGED
from sealsvc.values import Subject

UNIT = "sealsvc_unit"
"""The execution option of a connection that names its unit of work."""
UNKNOWN = "*"

_HARMLESS: WeakSet[ClauseElement] = WeakSet()
"""Statements without such writes: what is built once is walked once, for the walk takes longer than
a quick query."""


class UnloggedChange(Internal):
    """A row that matters was changed without a fact that names it."""

    code = "UNLOGGED_CHANGE"


@runtime_checkable
class _Touched(Protocol):
    """What remembers the subjects whose rows were changed: the unit of work."""

    def touch(self, subjects: set[Subject]) -> None: ...


def note_touched(options: Mapping[str, Any], subjects: set[Subject]) -> None:
    """Tell the unit of work of a connection, by the options of it, what is being changed.

    Raises: UnloggedChange where the connection has none.
    """
    unit = options.get(UNIT)
    if isinstance(unit, _Touched):
        unit.touch(subjects)
    elif not options.get(MIGRATING):
        raise UnloggedChange(kinds=",".join(sorted({subject.kind for subject in subjects})))


def subjects_touched(statement: object, rows: list[dict[str, Any]]) -> set[Subject]:
    """Subjects of all logged rows the statement writes; `rows` are its parameter sets."""
    if not isinstance(statement, ClauseElement):
        return set()
    if statement in _HARMLESS:
        return set()
    writes = [(part, getattr(part.table, "name", None)) for part in _writes(statement)]
    logged = [(part, LOGGED[name]) for part, name in writes if name in LOGGED]
    if not logged:
        _HARMLESS.add(statement)
    found: set[Subject] = set()
    for part, (kind, column) in logged:
        found |= {Subject(kind, value) for value in _values(part, column, rows)}
    return found


def _writes(statement: ClauseElement) -> Iterator[Insert | Update | Delete]:
    if isinstance(statement, Insert | Update | Delete):
        yield statement
    for element in visitors.iterate(statement):
        if isinstance(element, Insert | Update | Delete) and element is not statement:
            yield element


def _values(part: Insert | Update | Delete, column: str, rows: list[dict[str, Any]]) -> set[str]:
    if isinstance(part, Insert):
        return _inserted(part, column, rows)
    return _matched(part, column, rows)


def _inserted(part: Insert, column: str, rows: list[dict[str, Any]]) -> set[str]:
    single: dict[Any, Any] = getattr(part, "_values", None) or {}
    multi: tuple[Any, ...] = getattr(part, "_multi_values", None) or ()
    inline = [value for key, value in single.items() if _named(key, column)]
    for values in multi:
        for row in values:
            inline += [value for key, value in dict(row).items() if _named(key, column)]
    if inline:
        return {_plain(value) for value in inline}
    return {str(row[column]) if column in row else UNKNOWN for row in rows or [{}]}


def _matched(part: Update | Delete, column: str, rows: list[dict[str, Any]]) -> set[str]:
    where = part.whereclause
    if where is None:
        return {UNKNOWN}
    for element in _conjuncts(where):
        bind = _equality(element, part, column)
        if bind is None:
            continue
        return {_plain(row.get(bind.key, bind.effective_value)) for row in rows or [{}]}
    return {UNKNOWN}


def _conjuncts(where: ColumnElement[Any]) -> Iterator[ColumnElement[Any]]:
    if getattr(where, "operator", None) is operators.and_:
        for clause in where.get_children():
            yield from _conjuncts(clause)  # type: ignore[arg-type]
    else:
        yield where


def _equality(
    element: ColumnElement[Any], part: Update | Delete, column: str
) -> BindParameter[Any] | None:
    if not isinstance(element, BinaryExpression) or element.operator is not operators.eq:
        return None
    for side, other in ((element.left, element.right), (element.right, element.left)):
        same_table = getattr(side, "table", None) is part.table
        if same_table and _named(side, column) and isinstance(other, BindParameter):
            return other
    return None


def _named(key: object, column: str) -> bool:
    return (getattr(key, "key", None) or getattr(key, "name", None) or key) == column


def _plain(value: object) -> str:
    if isinstance(value, BindParameter):
        value = value.effective_value
    return UNKNOWN if value is None or isinstance(value, ClauseElement) else str(value)
