"""One document through the endpoint, and what is wrong with the answer."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from tests.corpus.documents import Document

SLOWEST_S = 30.0
CLIENTS = 2
MOST_EXCEPTIONS = 0.01
ATTACKED = frozenset({"attack", "modified", "broken"})
ACCEPTED = frozenset({"trusted", "intact"})
WORDS = frozenset({"trusted", "intact", "modified", "invalid", "unsigned", "indeterminate"})
_PATIENCE_S = 4 * SLOWEST_S


@dataclass(frozen=True)
class Outcome:
    """word: the summary in lower case, `rejected` for a 4xx problem, else `no answer`.

    integrity: that axis of the report, None without one; code: of the problem.
    """

    document: Document
    word: str
    status: int
    code: str
    integrity: str | None
    seconds: float

    @property
    def outside(self) -> bool:
        return self.word not in self.document.allow or self.word in self.document.forbid

    @property
    def label(self) -> str:
        return self.word if self.status == httpx.codes.OK else f"{self.status} {self.code}"


def verify_all(base: str, documents: list[Document], clients: int = CLIENTS) -> list[Outcome]:
    """Every document once, `clients` at a time, in the order of `documents`."""
    with (
        httpx.Client(base_url=base, timeout=_PATIENCE_S, trust_env=False) as http,
        ThreadPoolExecutor(clients) as pool,
    ):
        return list(pool.map(lambda one: _verify(http, one), documents))


def _verify(http: httpx.Client, document: Document) -> Outcome:
    headers = {"Content-Type": "application/octet-stream"}  # a hint only: the bytes decide
    data = document.read()
    began = time.monotonic()
    try:
        answer = http.post("/v1/verifications", content=data, headers=headers)
    except httpx.HTTPError as error:
        seconds = time.monotonic() - began
        return Outcome(document, "no answer", 0, type(error).__name__, None, seconds)
    seconds = time.monotonic() - began
    found = answer.json() if "json" in answer.headers.get("Content-Type", "") else {}
    word = "no answer"
    if answer.status_code == httpx.codes.OK:
        word = found["summary"].lower()
    elif answer.is_client_error and found.get("code"):
        word = "rejected"
    integrity = found.get("axes", {}).get("integrity")
    code = str(found.get("code", ""))
    return Outcome(document, word, answer.status_code, code, integrity, seconds)


def faults(outcomes: list[Outcome], excepted: Mapping[str, str]) -> list[str]:
    """What is wrong, one sentence each; no exception excuses 5xx, silence or a false accept."""
    found = [sentence for one in outcomes for sentence in _faults_of(one, excepted)]
    by_path = {one.document.path: one for one in outcomes}
    for path in excepted:
        one = by_path.get(path)
        if one is not None and not one.outside:
            found.append(f"{path}: an exception that is none: {one.word} is allowed")
    used = sum(path in by_path for path in excepted)
    if used > len(outcomes) * MOST_EXCEPTIONS and len(outcomes) >= 1 / MOST_EXCEPTIONS:
        found.append(f"{used} exceptions are more than {MOST_EXCEPTIONS:.0%} of {len(outcomes)}")
    return found


def _faults_of(one: Outcome, excepted: Mapping[str, str]) -> list[str]:
    document, found = one.document, []
    if one.word not in WORDS | {"rejected"}:
        found.append(f"answered {one.status} {one.code}")
    if one.seconds > SLOWEST_S:
        found.append(f"took {one.seconds:.1f} s")
    if one.word == "trusted" or (one.word in ACCEPTED and document.kind in ATTACKED):
        found.append(f"false accept: {document.kind} is called {one.word}")
    elif one.outside and not document.soft and document.path not in excepted:
        allowed = "|".join(sorted(document.allow))
        found.append(f"{document.kind} is called {one.label}, not {allowed}")
    return [f"{document.path}: {sentence}" for sentence in found]
