"""Names every module with tables, so that the one schema is complete (alembic and tests)."""

from importlib import import_module

from sqlalchemy import MetaData

from sealsvc.storage.db import metadata

MODULES = (
    "sealsvc.storage.tables",
    "sealsvc.areas.access.tables",
    "sealsvc.areas.entities.tables",
    "sealsvc.areas.certs.tables",
    "sealsvc.areas.seals.tables",
    "sealsvc.areas.sealing.tables",
    "sealsvc.areas.verification.tables",
    "sealsvc.areas.transactions.tables",
    "sealsvc.areas.invoices.tables",
    "sealsvc.areas.contracts.tables",
)


def complete_metadata() -> MetaData:
    """The metadata with every table registered."""
    for name in MODULES:
        import_module(name)
    return metadata()
