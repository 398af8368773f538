"""Fixtures of the live tests; a conftest takes them by import."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.papers import Sealed, seal_everything
from tests.live.service import LiveService

NewService = Callable[..., LiveService]


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """A demo service that the session's tests share: they add to it and break nothing."""
    service = LiveService(tmp_path_factory.mktemp("live") / "data")
    try:
        yield service.start()
    finally:
        service.clean_up()


@pytest.fixture(scope="session")
def sealed(live: LiveService) -> Sealed:
    """Seals of merchants A and B on the shared service, an invoice and a contract."""
    return seal_everything(live)


@pytest.fixture
def new_service(tmp_path: Path) -> Iterator[NewService]:
    """Makes services of the test's own, not started yet; the test may kill them."""
    made: list[LiveService] = []

    def make(name: str = "data", **options: object) -> LiveService:
        service = LiveService(tmp_path / name, **options)  # type: ignore[arg-type]
        made.append(service)
        return service

    try:
        yield make
    finally:
        for service in made:
            service.clean_up()
