"""Public documents get the verdicts their manifest allows; other programs agree with our yes."""

import pytest

from tests.corpus.differential import ask_pdfsig, ask_pyhanko, disagreements, passed
from tests.corpus.documents import (
    DISAGREEMENTS,
    EXCEPTIONS,
    MANIFEST,
    Document,
    load_documents,
    reasons,
    sample,
)
from tests.corpus.memory import growth_fault
from tests.corpus.outcome import Outcome, faults

there = pytest.mark.skipif(
    not MANIFEST.exists(), reason=f"{MANIFEST.parent.name} is not beside the checkout"
)
ANYTHING = frozenset({"modified", "invalid", "rejected", "indeterminate", "unsigned", "intact"})


@there
@pytest.mark.shared
@pytest.mark.slow
class TestThePublicDocuments:
    def test_each_gets_a_verdict_that_its_manifest_allows(self, outcomes: list[Outcome]) -> None:
        assert faults(outcomes, reasons(EXCEPTIONS)) == []

    def test_nothing_we_pass_is_called_invalid_by_others(self, outcomes: list[Outcome]) -> None:
        assert passed(outcomes)
        assert disagreements(outcomes, reasons(DISAGREEMENTS)) == []

    def test_every_class_is_in_the_sample(self) -> None:
        documents = load_documents()
        chosen = sample(documents, 120)
        assert {one.kind for one in chosen} == {one.kind for one in documents}
        assert len(chosen) == len(set(chosen)) < 140
        assert chosen == sample(reversed(documents), 120)

    def test_exceptions_name_documents_and_are_few(self) -> None:
        paths = {one.path for one in load_documents()}
        assert reasons(EXCEPTIONS).keys() <= paths
        assert reasons(DISAGREEMENTS).keys() <= paths
        assert len(reasons(EXCEPTIONS)) <= len(paths) // 100


def _document(
    kind: str = "signed", *, soft: bool = False, allow: str = "indeterminate"
) -> Document:
    return Document(
        path="a.pdf",
        kind=kind,
        allow=ANYTHING if soft else frozenset(allow.split()),
        forbid=frozenset({"trusted"}),
        soft=soft,
        pyhanko=None,
        pdfsig=None,
    )


def _outcome(document: Document, word: str, *, status: int = 200, seconds: float = 0.1) -> Outcome:
    return Outcome(document, word, status, "", None, seconds)


def test_an_allowed_word_is_no_fault() -> None:
    assert faults([_outcome(_document(), "indeterminate")], {}) == []


@pytest.mark.parametrize(
    ("kind", "soft", "word", "excepted"),
    [
        ("signed", False, "modified", False),
        ("signed", False, "trusted", True),  # no exception excuses it
        ("suspect", True, "trusted", False),
        ("attack", False, "intact", True),
        ("attack", False, "trusted", True),
        ("modified", False, "intact", True),
        ("signed", True, "no answer", False),
    ],
)
def test_what_is_a_fault(kind: str, soft: bool, word: str, excepted: bool) -> None:
    listed = {"a.pdf": "why"} if excepted else {}
    assert len(faults([_outcome(_document(kind, soft=soft), word)], listed)) == 1


def test_an_exception_excuses_a_word_but_not_its_own_uselessness() -> None:
    assert faults([_outcome(_document(), "modified")], {"a.pdf": "why"}) == []
    assert len(faults([_outcome(_document(), "indeterminate")], {"a.pdf": "why"})) == 1


def test_a_late_answer_and_a_5xx_are_faults() -> None:
    assert len(faults([_outcome(_document(), "indeterminate", seconds=30.1)], {})) == 1
    assert len(faults([_outcome(_document(soft=True), "no answer", status=500)], {})) == 1


def test_memory_may_vary_by_a_tenth() -> None:
    assert growth_fault([100.0]) is None
    assert growth_fault([100.0, 140.0, 110.0]) is None
    assert growth_fault([100.0, 100.0, 111.0]) is not None
    assert growth_fault([100.0, 100.0, 89.0]) is not None


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"no document"])
def test_the_others_pass_nothing_that_is_no_document(data: bytes) -> None:
    assert ask_pyhanko(data)


def test_poppler_is_silent_where_there_is_nothing() -> None:
    assert ask_pdfsig(b"no document") == []
