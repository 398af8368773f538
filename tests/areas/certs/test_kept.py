"""What a process remembers is bounded, and never one database's for another."""

import gc

import pytest

from sealsvc.areas.certs.service.kept import Kept


class Owner:
    """A database, as far as `Kept` cares."""


def never() -> str:
    raise AssertionError("made again")


def test_made_once_for_each_owner() -> None:
    kept, one, other = Kept[str](2), Owner(), Owner()
    assert kept.get(one, "key", lambda: "one") == "one"
    assert kept.get(one, "key", never) == "one"
    assert kept.get(other, "key", lambda: "other") == "other"


def test_what_was_not_used_longest_goes_first() -> None:
    kept, owner = Kept[str](2), Owner()
    for key in ("a", "b"):
        kept.get(owner, key, lambda: "first")
    kept.get(owner, "a", never)
    kept.get(owner, "c", lambda: "first")
    assert kept.get(owner, "a", never) == "first"
    assert kept.get(owner, "b", lambda: "again") == "again"


def test_a_failure_is_not_remembered() -> None:
    kept, owner = Kept[str](2), Owner()
    with pytest.raises(AssertionError):
        kept.get(owner, "key", never)
    assert kept.get(owner, "key", lambda: "made") == "made"


def test_forgotten_with_its_owner() -> None:
    kept, owner = Kept[str](2), Owner()
    kept.get(owner, "key", lambda: "made")
    del owner
    gc.collect()
    assert not kept._values
