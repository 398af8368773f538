"""One run of the public documents through a live service, which the tests then look at."""

import os
from collections.abc import Iterator

import pytest

from tests.corpus.documents import MANIFEST, load_documents, sample
from tests.corpus.outcome import Outcome, verify_all
from tests.live.fixtures import live

__all__ = ["live", "outcomes"]

SAMPLE = 120
WHOLE = "SEALSVC_FULL_CORPUS"


@pytest.fixture(scope="session")
def outcomes(request: pytest.FixtureRequest) -> Iterator[list[Outcome]]:
    """About 120 documents chosen by hash; all of them where SEALSVC_FULL_CORPUS=1."""
    if not MANIFEST.exists():
        pytest.skip(f"{MANIFEST.parent.name} is not beside the checkout")
    documents = load_documents()
    if os.environ.get(WHOLE) != "1":
        documents = sample(documents, SAMPLE)
    service = request.getfixturevalue("live")
    yield verify_all(service.base, documents)
    assert service.http.get("/readyz").status_code == 200
