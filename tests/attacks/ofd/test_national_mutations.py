"""Whatever is done to the bytes of a sealed OFD, nothing that was signed changes unseen.

300 examples in the ordinary run; `SEALSVC_NIGHTLY=1` makes 5,000.
"""

import os

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from sealsvc.documents.ofd.archive import open_archive
from tests.attacks.ofd.craft import SIGNATURES, packed, parts_of
from tests.attacks.ofd.nation import ACCEPTED, Nation

EXAMPLES = 5_000 if os.environ.get("SEALSVC_NIGHTLY") == "1" else 300
COMMON = settings(
    max_examples=EXAMPLES // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
STEP = st.tuples(
    st.sampled_from(["flip", "insert", "cut"]), st.floats(0, 1), st.binary(min_size=1, max_size=4)
)


def changed(data: bytes, kind: str, at: int, content: bytes) -> bytes:
    """One flip, insertion or cut at an offset."""
    if kind == "insert":
        return data[:at] + content + data[at:]
    if kind == "cut":
        return data[:at] + data[at + len(content) :]
    flipped = bytes(a ^ b for a, b in zip(data[at : at + len(content)], content, strict=False))
    return data[:at] + flipped + data[at + len(flipped) :]


def said(data: bytes) -> dict[str, bytes]:
    """Every part but the list, which no signature covers; the value is bound by itself."""
    archive = open_archive(data)
    entries = (one for one in archive.entries if one.name != SIGNATURES)
    return {one.name: archive.read(one) for one in entries if not one.is_directory}


@pytest.fixture(scope="module")
def honest(nation: Nation) -> bytes:
    return nation.one


@COMMON
@given(STEP)
def test_no_mutation_of_the_file_is_accepted(
    nation: Nation, honest: bytes, step: tuple[str, float, bytes]
) -> None:
    kind, place, content = step
    at = int(place * (len(honest) - 1))
    data = changed(honest, kind, at, content)
    word = nation.verdict(data).word
    event(word)
    if word in ACCEPTED:
        # Only what no signature covers may have changed: a date in a header, say.
        assert said(data) == said(honest)
        archive = open_archive(honest)
        covered = [one for one in archive.entries if one.name != SIGNATURES]
        assert (
            data == honest
            or kind == "insert"
            or not any(one.start <= at < one.end for one in covered)
        )


@COMMON
@given(st.floats(0, 1), STEP)
def test_no_mutation_of_a_part_is_accepted(
    nation: Nation, honest: bytes, which: float, step: tuple[str, float, bytes]
) -> None:
    parts = parts_of(honest)
    name = list(parts)[int(which * (len(parts) - 1))]
    kind, place, content = step
    parts[name] = changed(parts[name], kind, int(place * (len(parts[name]) - 1)), content)
    data = packed(parts)
    if parts == parts_of(honest):
        return
    found = nation.verdict(data)
    event(f"{name.rpartition('/')[2]}: {found.word}")
    if name == SIGNATURES:
        # The seal is still seen, or the doubt is named.
        assert found.word not in ACCEPTED or len(found.report["signatures"]) == 1
    else:
        assert found.word not in ACCEPTED, (name, step)
