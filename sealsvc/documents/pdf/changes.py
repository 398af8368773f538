"""What later revisions did to a signed document, classified.

Two independent judges must both find a revision harmless: pyHanko's difference analysis, and our
own rules over bytes and objects (`revision`, `sealrules`), which are narrower. What either
refuses is OTHER; what either cannot read is UNREADABLE. Source: CONTRACT section 1; pdf.md
section 4; ISO 32000-2, 12.8.2.2 (DocMDP), 12.8.2.4 (FieldMDP).
"""

from dataclasses import dataclass, field, replace
from typing import Any

from sealsvc.documents.pdf.addition import only_adds_seal
from sealsvc.documents.pdf.fields import FormField, read_form
from sealsvc.documents.pdf.naming import Namer, shown_name
from sealsvc.documents.pdf.opening import open_document, raw
from sealsvc.documents.pdf.pyhanko_api import (
    DEFAULT_DIFF_POLICY,
    STRICT_DIFF_POLICY,
    ModificationLevel,
    SuspiciousModification,
)
from sealsvc.documents.pdf.revision import Revision, revision_end
from sealsvc.documents.pdf.sealrules import semantic_violations
from sealsvc.documents.values import Change, ChangeClass, Coverage

MAX_COMPARISONS = 400
ORDER = tuple(ChangeClass)
EOL = (b"\n", b"\r\n", b"\r")


@dataclass(frozen=True)
class SignedState:
    """What the change analysis needs to know of one signature.

    revision: 0-based, None when unknown. intact: digest and value hold. docmdp: 1..3 as DocMDP or
    the field's lock says; permissions, locked: pyHanko's MDPPerm and FieldMDPSpec for the same.
    """

    field: FormField
    revision: int | None
    coverage: Coverage
    covered_end: int
    intact: bool
    is_timestamp: bool
    docmdp: int | None = None
    permissions: Any = None
    locked: Any = None


@dataclass(frozen=True)
class ChangeReport:
    """Changes after one signature in order; kept: None when it restricts nothing."""

    changes: tuple[Change, ...]
    kept: bool | None

    @property
    def worst(self) -> ChangeClass:
        """The worst class, NONE without changes; a proven change outranks an unreadable one."""
        classes = [change.change_class for change in self.changes]
        if ChangeClass.OTHER in classes:
            return ChangeClass.OTHER
        return max(classes, key=ORDER.index, default=ChangeClass.NONE)


@dataclass
class _Analysis:
    data: bytes
    reader: Any
    states: list[SignedState]
    found: dict[int, Change] = field(default_factory=dict)
    broken: dict[int, set[int]] = field(default_factory=dict)
    namer: Namer = field(default_factory=Namer)

    @property
    def last(self) -> int:
        return int(self.reader.xrefs.total_revisions) - 1


def classify(data: bytes, reader: Any, states: list[SignedState]) -> list[ChangeReport]:
    """The changes after each signature, in the order of `states`. Never raises on bad files."""
    analysis = _Analysis(data, reader, states)
    signed = [one.revision for one in states if one.coverage is Coverage.REVISION]
    starts = [one for one in signed if one is not None]
    comparisons = sum(analysis.last - one for one in starts)
    if comparisons > MAX_COMPARISONS:
        too_many = Change(ChangeClass.UNREADABLE, None, "too many revisions")
        return [ChangeReport((too_many,), _kept(one, True)) for one in states]
    for number in range(min(starts, default=analysis.last) + 1, analysis.last + 1):
        change = _classify_revision(analysis, number)
        step = Revision(data, reader, number)
        objects = analysis.namer.objects(step, change.change_class)
        analysis.found[number] = replace(change, objects=objects)
    for index, state in enumerate(states):
        if state.coverage is Coverage.REVISION and state.revision is not None:
            analysis.broken[index] = _forbidden_revisions(analysis, state)
    return [_report(analysis, index) for index in range(len(states))]


def harm_of_seal(data: bytes) -> str | None:
    """Why the newest revision would not pass for a mere further seal; None when it would.

    For a file whose newest signature has no value yet; says nothing of permissions. What our own
    writer adds is known by its structure; pyHanko is asked about the rest.
    """
    return None if only_adds_seal(data) else harm_in_full(data)


def harm_in_full(data: bytes) -> str | None:
    """The same for every file, by pyHanko and by rules that look at each object."""
    try:
        reader = open_document(data).reader
        step = Revision(data, reader, reader.xrefs.total_revisions - 1)
        added = _newly_signed(step)
        if not reader.strict or len(added) != 1:
            return "lenient structure or not one signature"
        STRICT_DIFF_POLICY.apply(step.old, step.new)
        return next(step.byte_violations(), None) or next(semantic_violations(step, added[0]), None)
    except MemoryError:
        raise
    except Exception as error:
        return type(error).__name__


def _classify_revision(analysis: _Analysis, number: int) -> Change:
    """What one revision did to the one before, no permissions asked."""
    try:
        change = _compare(analysis, Revision(analysis.data, analysis.reader, number))
    except SuspiciousModification as error:
        return Change(ChangeClass.OTHER, number + 1, _words(error))
    except MemoryError:
        raise
    except Exception as error:
        return Change(ChangeClass.UNREADABLE, number + 1, type(error).__name__)
    if analysis.reader.strict or change.change_class is ChangeClass.OTHER:
        return change
    # A lenient parser puts null where it cannot read; nothing it saw proves a change harmless.
    return Change(ChangeClass.UNREADABLE, number + 1, "structure is read leniently")


def _compare(analysis: _Analysis, step: Revision) -> Change:
    revision = step.number + 1
    wrong = next(step.byte_violations(), None)
    if wrong is not None:
        return Change(ChangeClass.OTHER, revision, wrong)
    result = STRICT_DIFF_POLICY.apply(step.old, step.new)
    signed = _newly_signed(step)
    if not signed and result.changed_form_fields:
        return Change(ChangeClass.FORM_FILLING, revision, "form fields")
    if len(signed) > 1:
        return Change(ChangeClass.OTHER, revision, "several signatures in one revision")
    added = signed[0] if signed else None
    wrong = next(semantic_violations(step, added), None)
    if wrong is not None:
        return Change(ChangeClass.OTHER, revision, wrong)
    if added is None:
        return _without_signature(step, result, revision)
    return _with_signature(analysis, step, added, result)


def _newly_signed(step: Revision) -> list[FormField]:
    before = {one.name: one.value_ref for one in read_form(step.old).signed()}
    return [
        one
        for one in read_form(step.new).signed()
        if one.name not in before or before[one.name] != one.value_ref
    ]


def _without_signature(step: Revision, result: Any, revision: int) -> Change:
    if result.modification_level > ModificationLevel.LTA_UPDATES:
        return Change(ChangeClass.OTHER, revision, "form")
    if not any(ref in step.touched for ref in _store_references(step)):
        return Change(ChangeClass.OTHER, revision, "no reason for the revision")
    return Change(ChangeClass.LONG_TERM_UPDATE, revision, "security store")


def _store_references(step: Revision) -> set[Any]:
    store = raw(step.new.root, "/DSS")
    return set() if store is None else step.new.collect_dependencies(store) | {step.new.root_ref}


def _with_signature(analysis: _Analysis, step: Revision, added: FormField, result: Any) -> Change:
    revision = step.number + 1
    if result.changed_form_fields - {added.name}:
        return Change(ChangeClass.OTHER, revision, "further form fields")
    state = next((one for one in analysis.states if one.field.name == added.name), None)
    if state is None or state.field.value_ref != added.value_ref:
        return Change(ChangeClass.OTHER, revision, "signature that is gone today")
    whole = state.coverage in (Coverage.FILE, Coverage.REVISION)
    if not state.intact or not whole or state.revision != step.number:
        return Change(ChangeClass.OTHER, revision, "further signature is not intact")
    if state.covered_end not in _possible_ends(step):
        return Change(ChangeClass.OTHER, revision, "further signature covers less")
    if state.is_timestamp:
        return Change(ChangeClass.LONG_TERM_UPDATE, revision, "document time-stamp")
    return Change(
        ChangeClass.FURTHER_SEAL, revision, f"signature in field {shown_name(added.name) or '?'}"
    )


def _possible_ends(step: Revision) -> set[int]:
    """The revision's end with and without the line end after its end-of-file mark."""
    ends = {step.end}
    for eol in EOL:
        if step.data[: step.end].endswith(b"%%EOF" + eol):
            ends.add(step.end - len(eol))
    return ends


def _forbidden_revisions(analysis: _Analysis, state: SignedState) -> set[int]:
    """Revisions that this signature does not allow, by pyHanko's analysis or by our rules."""
    base = analysis.reader.get_historical_resolver(state.revision)
    forbidden = set()
    for number in range((state.revision or 0) + 1, analysis.last + 1):
        change = analysis.found[number]
        if change.change_class is ChangeClass.UNREADABLE:
            continue
        if not _permitted_class(analysis, state, change, number) or not _accepted(
            analysis, state, base, number
        ):
            forbidden.add(number)
    return forbidden


def _permitted_class(analysis: _Analysis, state: SignedState, change: Change, number: int) -> bool:
    """pdf.md section 4 rule (i): P=1 only long-term material, P=2 and 3 no new seal field."""
    if state.docmdp is None:
        return True
    if change.change_class is ChangeClass.LONG_TERM_UPDATE:
        return True
    if change.change_class is ChangeClass.FURTHER_SEAL:
        return state.docmdp > 1 and _fills_old_field(analysis, state, number)
    return state.docmdp > 1 and change.change_class is ChangeClass.FORM_FILLING


def _fills_old_field(analysis: _Analysis, state: SignedState, number: int) -> bool:
    signed = analysis.reader.get_historical_resolver(state.revision)
    older = {one.name for one in read_form(signed).fields}
    filled = [one.field.name for one in analysis.states if one.revision == number]
    return bool(filled) and set(filled) <= older


def _accepted(analysis: _Analysis, state: SignedState, base: Any, number: int) -> bool:
    """Whether pyHanko finds the revision compatible with the signature's own.

    Its search for orphans fails on dangling references, so the policy without it is asked first;
    that one accepts less.
    """
    for policy in (STRICT_DIFF_POLICY, DEFAULT_DIFF_POLICY):
        try:
            result = policy.apply(
                base,
                analysis.reader.get_historical_resolver(number),
                field_mdp_spec=state.locked,
                doc_mdp=state.permissions,
            )
        except MemoryError:
            raise
        except Exception:  # noqa: S112 - whatever it stumbles over, it has not accepted
            continue
        allowed = ModificationLevel.FORM_FILLING.value
        if state.permissions is not None:
            allowed = state.permissions.value
        return bool(result.modification_level.value <= allowed)
    return False


def _report(analysis: _Analysis, index: int) -> ChangeReport:
    state = analysis.states[index]
    if state.coverage is Coverage.FILE:
        return ChangeReport((), _kept(state, False))
    if state.coverage is not Coverage.REVISION or state.revision is None:
        known = state.coverage is Coverage.PARTIAL
        change_class = ChangeClass.OTHER if known else ChangeClass.UNREADABLE
        change = Change(change_class, None, "the signature does not cover its revision")
        return ChangeReport((change,), _kept(state, True))
    changes = []
    for number in range(state.revision + 1, analysis.last + 1):
        change = analysis.found[number]
        forbidden = any(number in broken for broken in analysis.broken.values())
        changes.append(_as_forbidden(change) if forbidden else change)
    changes += _tail(analysis, state)
    unharmed = not analysis.broken.get(index) and all(
        change.change_class not in (ChangeClass.OTHER, ChangeClass.UNREADABLE) for change in changes
    )
    return ChangeReport(tuple(changes), _kept(state, not unharmed))


def _as_forbidden(change: Change) -> Change:
    if ORDER.index(change.change_class) >= ORDER.index(ChangeClass.OTHER):
        return change
    detail = f"{change.change_class} that an earlier signature forbids"
    return replace(change, change_class=ChangeClass.OTHER, detail=detail)


def _kept(state: SignedState, broken: bool) -> bool | None:
    return None if state.docmdp is None and state.locked is None else not broken


def _tail(analysis: _Analysis, state: SignedState) -> list[Change]:
    """Bytes behind the newest revision belong to none."""
    try:
        end = revision_end(analysis.data, analysis.reader, analysis.last)
    except ValueError:
        return [Change(ChangeClass.UNREADABLE, None, "end of the newest revision")]
    rest = analysis.data[max(end, state.covered_end) :]
    if rest:
        return [Change(ChangeClass.OTHER, None, "data behind the newest revision")]
    return []


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
