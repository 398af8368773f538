"""A batch of mixed formats and suites: what the fast writer does not take goes the ordinary way."""

import pytest

from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing.service import SealingRequest, batch
from sealsvc.areas.sealing.service.batch import recording
from sealsvc.documents.values import Straddle
from sealsvc.values import SealType
from tests.areas.conftest import SettableClock
from tests.areas.sealing.story import A, Story, merchant, pdf
from tests.areas.sealing.test_national import plain_ofd


@pytest.fixture
def story(deps: Deps, clock: SettableClock) -> Story:
    return Story(deps, clock).open(national=True)


def test_mixed_formats_in_one_chunk_take_two_commits(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = story.seal(A, SealType.CONTRACT)
    commits: list[str] = []
    for name in ("authorise_many", "complete_many", "abandon_many"):
        call = getattr(recording, name)

        def counting(*args: object, _call=call, _name=name) -> object:  # type: ignore[no-untyped-def]
            commits.append(_name)
            return _call(*args)

        monkeypatch.setattr(recording, name, counting)
    requests = [
        SealingRequest(seal.seal_id, pdf("P-256")),
        SealingRequest(seal.seal_id, plain_ofd()),
        SealingRequest(seal.seal_id, pdf("SM2"), suite="sm2-sm3"),
        SealingRequest(seal.seal_id, plain_ofd(3), straddle=Straddle()),
        SealingRequest(seal.seal_id, pdf("no edge"), straddle=Straddle()),
        SealingRequest(seal.seal_id, plain_ofd(), suite="ecdsa-p256-sha256"),
    ]
    order = batch.BatchOrder(seal.seal_id, "mixed", "0" * 64)
    opened = batch.open_batch(story.deps, merchant(A), order)
    items = [batch.BatchItem(f"{number}.x", one) for number, one in enumerate(requests)]
    results = list(batch.run(story.deps, merchant(A), order, opened, items))
    assert [None if one.error is None else one.error.code for one in results] == [
        None,
        None,
        None,
        None,
        "STRADDLE_NOT_SUPPORTED",
        "SEALING_SUITE_INVALID",
    ]
    assert commits == ["authorise_many", "complete_many"]
    for one in results[:4]:
        assert one.view is not None
        assert one.sealed is not None
        assert story.verify(one.sealed)["summary"] == "TRUSTED"
    assert results[1].view is not None
    assert results[1].view.media_type == "application/ofd"
