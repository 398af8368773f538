"""No forged, altered or re-dressed document is ever called valid; the honest one is."""

import pytest

from tests.areas.sealing.story import A, B, codes
from tests.attacks.kinds import KINDS
from tests.attacks.kinds.harmless import HARMLESS, mirrored
from tests.attacks.kinds.kind import ALL, Kind
from tests.attacks.world import ACCEPTED, World

CASES = [(kind, base) for kind in KINDS for base in kind.bases]


@pytest.mark.parametrize("base", ALL)
def test_untouched_control_is_trusted(world: World, base: str) -> None:
    assert world.verdict(world.base(base))[0] == "TRUSTED"


@pytest.mark.parametrize(("kind", "base"), CASES, ids=[f"{k.id}-{b}" for k, b in CASES])
def test_attack_is_not_accepted(world: World, kind: Kind, base: str) -> None:
    honest = world.base(base)
    forged = kind.make(world, honest)
    assert forged != honest

    summary, report = world.verdict(forged)

    assert summary not in ACCEPTED, kind.description
    assert summary in kind.expected, [item["code"] for item in report.get("findings", ())]


def test_there_are_forty_kinds_and_none_may_be_accepted() -> None:
    names = [kind.id for kind in KINDS]
    assert len(names) == len(set(names)) >= 40
    assert not any(kind.expected & ACCEPTED for kind in KINDS)


def test_rollback_to_the_first_seal_is_what_the_first_party_sealed(world: World) -> None:
    """Cut back to an earlier revision, a file is an honest older one; who expects both parties
    says so and is not satisfied.
    """
    rolled_back = world.two_party[: len(world.contract)]
    assert rolled_back == world.contract

    summary, report = world.verdict(rolled_back, party_usccs=(A, B))

    assert summary not in ACCEPTED
    assert "CONTRACT_PARTY_MISSING" in codes(report)


@pytest.mark.parametrize("name", HARMLESS)
def test_new_encoding_of_unsigned_bytes_is_the_same_signature(world: World, name: str) -> None:
    """Nothing that was signed changes, so nothing may be gained: same signer, time and content.

    The hash of a file is not the identity of its signature (pdf.md section 3).
    """
    honest = world.invoice
    summary, report = world.verdict(HARMLESS[name](honest))
    _, control = world.verdict(honest)

    assert summary == "TRUSTED"
    same = ("id", "certificateChain", "bestSignatureTime", "scopes", "seal", "indication")
    mine, theirs = report["signatures"][0], control["signatures"][0]
    assert [mine.get(name) for name in same] == [theirs.get(name) for name in same]


def test_another_value_of_the_same_key_is_not_the_logged_signature(world: World) -> None:
    """(r, n - s) verifies as well as (r, s), but the log knows nothing of it."""
    _, report = world.verdict(mirrored(world, world.invoice))

    assert "SIGNING_TIME_PROVEN" not in codes(report)
    assert "LOG_RECEIPT_MISSING" in codes(report)
