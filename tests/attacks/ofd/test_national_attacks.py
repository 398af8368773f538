"""No forged, altered or re-dressed OFD is ever called valid, and each attack has its name."""

from time import process_time

import pytest

from tests.attacks.ofd.kinds import KINDS
from tests.attacks.ofd.kinds.kind import Kind
from tests.attacks.ofd.kinds.values import with_idle_token
from tests.attacks.ofd.kinds.zipped import HARMLESS
from tests.attacks.ofd.nation import ACCEPTED, OFDS, ONE, PDF, TWO, Nation

CONTROLS = {**HARMLESS, "idle time-stamp": with_idle_token}
# Of two parties, the second one covers the first one's value, and so its time-stamp.
CALM = [(name, base) for base in (ONE, TWO) for name in (CONTROLS if base == ONE else HARMLESS)]
CASES = [(kind, base) for kind in KINDS for base in kind.bases]
MAX_SECONDS = 5  # far above what any of these costs; hostile bytes must not run long


@pytest.mark.parametrize("base", [*OFDS, PDF, "gm"])
def test_untouched_control_is_trusted_and_nothing_frightens(nation: Nation, base: str) -> None:
    found = nation.verdict(nation.base(base))
    assert found.word == "TRUSTED"
    weights = {item["code"]: item.get("severity") for item in found.report["findings"]}
    quiet = {"DOCUMENT_FIELDS_NOT_READ"} | ({"LOG_RECEIPT_MISSING"} if base == "gm" else set())
    assert {code for code, one in weights.items() if one == "WARNING"} <= quiet, weights


@pytest.mark.parametrize(("kind", "base"), CASES, ids=[f"{k.id}-{b}" for k, b in CASES])
def test_attack_is_not_accepted(nation: Nation, kind: Kind, base: str) -> None:
    honest = nation.base(base)
    data = kind.make(nation, honest)
    assert data != honest

    start = process_time()
    found = nation.verdict(data)

    assert found.word not in ACCEPTED, sorted(found.codes)
    assert not kind.codes or kind.codes & found.codes, (found.word, sorted(found.codes))
    assert process_time() - start < MAX_SECONDS


def test_the_kinds_are_many_and_each_is_one() -> None:
    names = [kind.id for kind in KINDS]
    assert len(names) == len(set(names)) >= 60


@pytest.mark.parametrize(("name", "base"), CALM)
def test_another_package_of_the_same_parts_is_the_same(
    nation: Nation, name: str, base: str
) -> None:
    """Nothing that was signed changes, so nothing may be gained or lost."""
    honest = nation.verdict(nation.base(base))
    found = nation.verdict(CONTROLS[name](nation, nation.base(base)))
    assert found.word == "TRUSTED", sorted(found.codes)
    same = ("id", "bestSignatureTime", "scopes", "seal", "indication")
    for mine, theirs in zip(found.report["signatures"], honest.report["signatures"], strict=True):
        assert [mine.get(one) for one in same] == [theirs.get(one) for one in same]
