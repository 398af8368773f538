"""Which of several conditions a database looks rows up by, where it would choose badly itself."""

from typing import Any

from sqlalchemy import ColumnElement, func


def beside(column: Any) -> ColumnElement[str]:
    """A text column that filters or orders only what another condition has found.

    SQLite keeps no statistics here: of an owner's few rows and the many of one status it may take
    the many. No index is over this expression, so neither database looks rows up by it.
    """
    return func.coalesce(column, "")
