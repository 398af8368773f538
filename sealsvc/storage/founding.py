"""The one row of founding choices: read by every start, written once by `sealsvc init`."""

from dataclasses import dataclass

from sqlmodel import Session

from sealsvc.errors import NotFound
from sealsvc.storage.tables import DomainRow
from sealsvc.storage.uow import UnitOfWork

DOMAIN_ID = 1


class DomainMissing(NotFound):
    """The database holds no trust domain; `sealsvc init` makes one."""

    code = "DOMAIN_MISSING"


@dataclass(frozen=True)
class Founding:
    """What was chosen for good.

    base_url: in every certificate; origin: in every checkpoint; operator_uscc: who runs the
    service and seals its reports, None where nobody is named.
    """

    name: str
    base_url: str
    origin: str
    log_key_ref: str
    demo: bool
    operator_uscc: str | None = None


def find_founding(session: Session) -> Founding | None:
    """The founding choices, None before `init`."""
    row = session.get(DomainRow, DOMAIN_ID)
    if row is None:
        return None
    return Founding(
        name=row.name,
        base_url=row.base_url,
        origin=row.origin,
        log_key_ref=row.log_key_ref,
        demo=row.demo,
        operator_uscc=row.operator_uscc,
    )


def get_founding(session: Session) -> Founding:
    """The founding choices. Raises: DomainMissing."""
    found = find_founding(session)
    if found is None:
        raise DomainMissing()
    return found


def add_founding(tx: UnitOfWork, founding: Founding) -> None:
    """Write the row, within the caller's unit of work."""
    tx.session.add(
        DomainRow(
            id=DOMAIN_ID,
            name=founding.name,
            base_url=founding.base_url,
            origin=founding.origin,
            log_key_ref=founding.log_key_ref,
            demo=founding.demo,
            operator_uscc=founding.operator_uscc,
            founded_at=tx.now,
        )
    )
