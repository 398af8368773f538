"""Trust policy of a verifier: which logs, which witnesses, and how many of them.

Source: C2SP tlog-policy; transparency-log section 7.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sealsvc.tlog import TlogError
from sealsvc.tlog.encoding import parse_decimal
from sealsvc.tlog.keys import COSIGNATURE_TYPES, KeyInvalid, KeyType, VerifierKey, parse_vkey

MAX_POLICY_BYTES: Final = 1_000_000

_LOG_TYPES: Final = frozenset(KeyType) - {KeyType.COSIGNATURE_ED25519}
_NO_QUORUM: Final = "none"
_FORBIDDEN: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


class PolicyInvalid(TlogError):
    """A policy file breaks the syntax, names something unknown, or repeats a name or key.

    field `line`: 1-based; 0 for the file as a whole.
    """

    code = "POLICY_INVALID"


class QuorumNotMet(TlogError):
    """Fewer witnesses cosigned than the policy demands."""

    code = "QUORUM_NOT_MET"


@dataclass(frozen=True)
class PolicyLog:
    """A log whose checkpoints are accepted; its origin is the key's name."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True)
class Witness:
    """A cosigner. name: local to the policy file; the key's own name stands in the notes."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True)
class Group:
    """Witnesses (or groups) of which `threshold` must have cosigned."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """Logs, witnesses, groups in the order of definition, and the name of the quorum.

    quorum: a witness or group; None accepts a checkpoint on the log's word alone.
    """

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str | None = None

    def log_keys(self, origin: str) -> tuple[VerifierKey, ...]:
        """The keys accepted for a log; none means that the log is unknown."""
        return tuple(log.key for log in self.logs if log.key.name == origin)

    def require_quorum(self, cosigners: Collection[VerifierKey]) -> None:
        """Check that the witnesses behind these verified keys make the quorum.

        Raises: QuorumNotMet. Source: C2SP tlog-policy, "Defining the quorum".
        """
        if self.quorum is None:
            return
        satisfied = {one.name for one in self.witnesses if one.key in cosigners}
        for group in self.groups:  # members are defined before the group, so one pass settles all
            if sum(member in satisfied for member in group.members) >= group.threshold:
                satisfied.add(group.name)
        if self.quorum not in satisfied:
            raise QuorumNotMet(quorum=self.quorum, cosigners=len(cosigners))


def policy_of_key(vkey: str) -> Policy:
    """The policy that trusts one log key and demands no witness.

    Raises: KeyInvalid, also for a key of a type that no log signs with.
    """
    key = parse_vkey(vkey)
    if key.type not in _LOG_TYPES:
        raise KeyInvalid(reason="not a log key")
    return Policy((PolicyLog(key),))


def parse_policy(data: bytes) -> Policy:
    """Read a tlog-policy file. Names are opaque: no Unicode normalisation is applied.

    Raises: PolicyInvalid. Source: C2SP tlog-policy, "Policy file syntax and structure".
    """
    if len(data) > MAX_POLICY_BYTES or _FORBIDDEN.search(data):
        raise PolicyInvalid(line=0, reason="too long, or a control character")
    reader = _Reader()
    for number, line in enumerate(data.decode(errors="surrogateescape").split("\n"), 1):
        words = [word for word in line.replace("\t", " ").split(" ") if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            reader.take(words)
        except (ValueError, KeyInvalid) as error:
            raise PolicyInvalid(line=number, reason=str(error)) from error
    return reader.finish()


class _Reader:
    """Collects directives; a broken one raises ValueError, which becomes PolicyInvalid."""

    def __init__(self) -> None:
        self.logs: list[PolicyLog] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.quorums: list[str] = []
        self.names: set[str] = set()
        self.members: set[str] = set()
        self.public_keys: set[bytes] = set()

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self.logs.append(PolicyLog(self._key(vkey, witness=False), *url))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._define(name)
                self.witnesses.append(Witness(name, self._key(vkey, witness=True), *url))
            case ["group", name, threshold, *members] if members:
                self._group(name, threshold, tuple(members))
            case ["quorum", name] if not self.quorums and name in {_NO_QUORUM, *self.names}:
                self.quorums.append(name)
            case _:
                raise ValueError("not a directive, or a quorum repeated or of an unknown name")

    def finish(self) -> Policy:
        if not self.quorums:
            raise PolicyInvalid(line=0, reason="no quorum line")
        quorum = None if self.quorums == [_NO_QUORUM] else self.quorums[0]
        return Policy(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), quorum)

    def _define(self, name: str) -> None:
        if name == _NO_QUORUM or name in self.names:
            raise ValueError("name reserved or already defined")
        self.names.add(name)

    def _key(self, vkey: str, *, witness: bool) -> VerifierKey:
        key = parse_vkey(vkey)
        if witness:
            key = key.as_cosigner()
        if key.type not in (COSIGNATURE_TYPES if witness else _LOG_TYPES):
            raise ValueError("key of a type that cannot play this part")
        # One key as two witnesses, or as log and witness, would count one voice twice.
        if key.public_key in self.public_keys:
            raise ValueError("public key used before")
        self.public_keys.add(key.public_key)
        return key

    def _group(self, name: str, threshold: str, members: tuple[str, ...]) -> None:
        for member in members:
            if member not in self.names or member in self.members:
                raise ValueError("member unknown or already in a group")
            self.members.add(member)
        needed = {"any": 1, "all": len(members)}.get(threshold)
        needed = parse_decimal(threshold) if needed is None else needed
        if not 1 <= needed <= len(members):
            raise ValueError("threshold out of range")
        self._define(name)
        self.groups.append(Group(name, needed, members))
