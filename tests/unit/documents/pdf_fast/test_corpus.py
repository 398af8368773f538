"""A sample of the long proof in `corpus_run`: public files and generated ones."""

from hashlib import sha256
from pathlib import Path

import pytest

from tests.unit.documents.pdf_fast.corpus_run import MANIFEST, run_one, samples
from tests.unit.documents.pdf_fast.generator import generated

GENERATED = 40


def _chosen() -> list[Path]:
    """About 25, the same in every run."""
    return [path for path in samples() if sha256(path.name.encode()).digest()[0] < 12]


@pytest.mark.shared
@pytest.mark.skipif(not MANIFEST.exists(), reason="the public samples are not beside the checkout")
@pytest.mark.parametrize("path", _chosen(), ids=lambda one: one.name)
def test_sample_is_sealed_well_or_not_at_all(path: Path) -> None:
    assert run_one(path.name, path.read_bytes()).wrong == []


@pytest.mark.parametrize("seed", range(GENERATED))
def test_generated_document(seed: int) -> None:
    outcome = run_one(str(seed), generated(seed), visible=bool(seed % 2))

    assert (outcome.understood, outcome.reason, outcome.wrong) == (True, "", [])
