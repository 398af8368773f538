"""One live service for the whole folder, its demo seals issued."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from api.demo import papers, seals
from api.demo.command import CLIENTS_FILE, own_service, read_clients
from api.demo.service import Service
from api.demo.steps import Folder
from api.demo.story import Story, new_stamp


@dataclass(frozen=True)
class Live:
    """A running demo service. clients: name -> key; seal_id: of merchant A's contract seal."""

    url: str
    clients: dict[str, str]
    data: Path
    seal_id: str
    contract: Path


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("live")
    data = folder / "data"
    with own_service(data) as url:
        clients = dict(read_clients(data / CLIENTS_FILE))
        service = Service(url, clients)
        at = service.now()
        story = Story(service, Folder(folder / "made"), at, new_stamp(at))
        for step in (papers.draw, seals.apply, seals.approve, seals.issue):
            step(story)
        service.close()
        contract = folder / "made" / "contract.pdf"
        yield Live(url, clients, data, story.seal_id("a-contract"), contract)


@pytest.fixture
def printer() -> Console:
    return Console(file=io.StringIO(), width=200)
