"""Service errors: six families, each concrete error a subclass with a stable code.

An error means that the service could not answer. What is wrong with a *document* is never an
error but a finding in a report (ARCHITECTURE section 8). No HTTP status and no user prose here.
"""

from typing import Any, ClassVar

FieldValue = str | int | bool | None


class ServiceError(Exception):
    """Base of every error that crosses the domain's border.

    fields: named facts a client may show or log; never a secret, never file content.
    """

    code: ClassVar[str] = "INTERNAL"

    def __init__(self, **fields: FieldValue) -> None:
        super().__init__(self.code, fields)
        self.fields: dict[str, FieldValue] = fields

    def __str__(self) -> str:
        named = ", ".join(f"{key}={value}" for key, value in self.fields.items())
        return f"{self.code}({named})"

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with `args`, which a keyword-only __init__ refuses: an error
        # raised in a sandbox worker would not survive the way home.
        return _revive, (type(self), self.args, self.__dict__)


def _revive(kind: type[ServiceError], args: tuple[Any, ...], state: dict[str, Any]) -> ServiceError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class NotFound(ServiceError):
    """The thing addressed does not exist, or the caller may not know that it does."""

    code: ClassVar[str] = "NOT_FOUND"


class Conflict(ServiceError):
    """The request is well formed but the present state does not permit it."""

    code: ClassVar[str] = "STATE_CONFLICT"


class NotAllowed(ServiceError):
    """The principal is known but lacks the right."""

    code: ClassVar[str] = "NOT_ALLOWED"


class BadInput(ServiceError):
    """The input cannot be accepted, whatever the state."""

    code: ClassVar[str] = "VALIDATION_FAILED"


class Unavailable(ServiceError):
    """A resource needed to answer is missing for now; the same request may succeed later."""

    code: ClassVar[str] = "UPSTREAM_UNAVAILABLE"


class Internal(ServiceError):
    """A promise of our own code is broken; nothing the caller can mend."""

    code: ClassVar[str] = "INTERNAL"
