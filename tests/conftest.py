"""What all tests share: a PostgreSQL server when one can be had, sockets only where allowed."""

import os

import pytest

from tests.postgres import ThrowAwayServer, why_no_server

_server: ThrowAwayServer | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Start one server for the run, a database per xdist worker.

    The areas' conftest reads SEALSVC_TEST_POSTGRES when it is collected, so this comes first.
    """
    global _server
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is not None:
        _own_database(worker)
        return
    if os.environ.get("SEALSVC_TEST_POSTGRES"):
        return
    reason = why_no_server()
    if reason is not None:
        os.environ["SEALSVC_NO_POSTGRES"] = reason
        return
    _server = ThrowAwayServer()
    os.environ["SEALSVC_TEST_POSTGRES"] = _server.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _server is not None:
        _server.stop()
        os.environ.pop("SEALSVC_TEST_POSTGRES", None)


def pytest_report_header(config: pytest.Config) -> str:
    url = os.environ.get("SEALSVC_TEST_POSTGRES")
    return f"postgresql: {'at hand' if url else os.environ.get('SEALSVC_NO_POSTGRES', 'none')}"


def _own_database(worker: str) -> None:
    """Workers run at the same time and each drops and makes the schema, so each has a database."""
    base = os.environ.get("SEALSVC_TEST_POSTGRES")
    if not base:
        return
    import psycopg

    name = f"test_{worker}"
    plain = base.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    os.environ["SEALSVC_TEST_POSTGRES"] = base.rsplit("/", 1)[0] + f"/{name}"
