"""One bad row in 100,000, in bounded memory; runs with SEALSVC_NIGHTLY=1 (about a minute)."""

import os
import resource

import pytest

from sealsvc.areas.deps import Deps
from sealsvc.areas.entities.importing.register import import_entities
from tests.areas.entities.test_importing import HEAD, brought, facts, table
from tests.areas.entities.test_register import WRITER

ROWS = 100_000
MEMORY_MB = 150

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("SEALSVC_NIGHTLY"), reason="SEALSVC_NIGHTLY is not set"),
]


def test_one_bad_row_in_a_hundred_thousand(deps: Deps) -> None:
    lines = table(ROWS)
    lines[77_777] = '"bad,row\n'
    data = (HEAD + "".join(lines)).encode("gbk")
    del lines
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = import_entities(deps, WRITER, data)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert brought(report) == (ROWS, ROWS - 1, 0, 1)
    assert [(one.line, one.reason) for one in report.problems] == [(77_779, "QUOTES")]
    assert facts(deps) == ROWS - 1
    assert grown_mb < MEMORY_MB
    assert brought(import_entities(deps, WRITER, data)) == (ROWS, 0, ROWS - 1, 1)
