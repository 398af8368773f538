"""A check and its outcome, and the verdict that checks make together."""

from dataclasses import dataclass

from sealsvc.areas.transactions.model.catalogue import CATALOGUE, Entry, Weight
from sealsvc.areas.transactions.model.kinds import KindTable
from sealsvc.verify.indications import AxisResult, Severity, Summary

# The worst first; a verdict is the worst of its checks.
WORDS_WORST_FIRST = (
    Summary.MODIFIED,
    Summary.INVALID,
    Summary.UNSIGNED,
    Summary.INDETERMINATE,
    Summary.INTACT,
    Summary.TRUSTED,
)
_RESULTS = {
    Weight.FAILS: AxisResult.FAILED,
    Weight.DOUBT: AxisResult.INDETERMINATE,
    Weight.NOTICE: AxisResult.PASSED,
    Weight.OMITTED: AxisResult.NOT_CHECKED,
}
_SEVERITIES = {
    Weight.FAILS: Severity.ERROR,
    Weight.DOUBT: Severity.WARNING,
    Weight.NOTICE: Severity.WARNING,
    Weight.OMITTED: Severity.INFO,
}
_NAMES = {
    "seller": ("卖方", "seller"),
    "buyer": ("买方", "buyer"),
    "order": ("订单", "order"),
    "contract": ("合同", "contract"),
    "invoice": ("发票", "invoice"),
}
_RESULTS_WORST_FIRST = (
    AxisResult.FAILED,
    AxisResult.INDETERMINATE,
    AxisResult.NOT_CHECKED,
    AxisResult.PASSED,
)


@dataclass(frozen=True)
class Check:
    """One question to one node, or to two that must agree, and its outcome.

    name: unique in a report, as `invoice:1.seller`. code: of the finding, None where all is well.
    evidence: digests, fact ids and other ids of what proves it.
    """

    name: str
    nodes: tuple[str, ...]
    code: str | None = None
    params: tuple[tuple[str, str], ...] = ()
    evidence: tuple[str, ...] = ()

    @property
    def entry(self) -> Entry | None:
        """The catalogue's row of its finding."""
        return None if self.code is None else CATALOGUE[self.code]

    @property
    def result(self) -> AxisResult:
        """How it went."""
        return AxisResult.PASSED if self.entry is None else _RESULTS[self.entry.weight]

    @property
    def severity(self) -> Severity | None:
        """Weight of its finding, None where there is none."""
        return None if self.entry is None else _SEVERITIES[self.entry.weight]

    @property
    def word(self) -> Summary:
        """What a verdict is at best while this stands."""
        found = None if self.entry is None else self.entry.word
        return found or Summary.TRUSTED

    def message(self, table: KindTable, lang: str) -> str:
        """The finding's sentence. lang: `zh` or `en`."""
        if self.entry is None:
            return ""
        names = [node_name(table, node, lang) for node in self.nodes]
        gaps = {"left": "", "right": "", "member": "", **dict(self.params)}
        gaps |= {"part": names[0], "pair": " ↔ ".join(dict.fromkeys(names))}
        gaps["member"] = _member_name(table, self.nodes[0], gaps["member"], lang)
        text = self.entry.zh if lang == "zh" else self.entry.en
        return text.format(**gaps)


@dataclass(frozen=True)
class Verdict:
    """The outcome over a deal, the checks in order."""

    checks: tuple[Check, ...]

    @property
    def summary(self) -> Summary:
        """The worst word of all checks."""
        words = {check.word for check in self.checks}
        return next(word for word in WORDS_WORST_FIRST if word in words or word == "TRUSTED")

    @property
    def deciding(self) -> Check | None:
        """The first check that made the verdict what it is; None where it is TRUSTED."""
        summary = self.summary
        if summary is Summary.TRUSTED:
            return None
        return next(check for check in self.checks if check.word is summary)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of all findings, in order, without repetition."""
        return tuple(dict.fromkeys(check.code for check in self.checks if check.code))

    def node_result(self, node: str) -> AxisResult:
        """The worst over the checks that concern a node alone or together with another."""
        results = {check.result for check in self.checks if node in check.nodes}
        if AxisResult.PASSED in results:
            results.discard(AxisResult.NOT_CHECKED)  # a detail left out is not a part left out
        return next((one for one in _RESULTS_WORST_FIRST if one in results), AxisResult.NOT_CHECKED)


def passed(name: str, *nodes: str, evidence: tuple[str, ...] = ()) -> Check:
    """A check that went well."""
    return Check(name, nodes, evidence=evidence)


def found(
    code: str, name: str, *nodes: str, evidence: tuple[str, ...] = (), **params: object
) -> Check:
    """A check with a finding. params: `left`, `right`, `member`."""
    shown = tuple((key, str(value)) for key, value in sorted(params.items()) if value is not None)
    return Check(name, nodes, code, shown, evidence)


def node_name(table: KindTable, node: str, lang: str) -> str:
    """What people call a node; its number stands behind it where there may be several."""
    word, _, number = node.partition(":")
    kind = table.find(word)
    if kind is not None:
        name = kind.word(lang)
    else:
        zh, en = _NAMES.get(word, (word, word))
        name = zh if lang == "zh" else en
    if number in ("", "1"):
        return name
    return f"{name}{number}" if lang == "zh" else f"{name} {number}"


def _member_name(table: KindTable, node: str, member: str, lang: str) -> str:
    """What people call a member of an attestation's subject."""
    kind = table.find(node.partition(":")[0])
    known = None if kind is None else kind.members.get(member)
    return known.zh if known is not None and lang == "zh" and known.zh else member
