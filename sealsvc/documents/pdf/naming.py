"""Which fields, annotations and pages one revision changed, by name: for persons, no verdict.

Two states are compared as a reader walks them, so a change that nothing shown leads to is not
named. Everything is bounded; what is left out is said to be (MORE).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from sealsvc.documents.pdf.fields import FormField, read_form, widgets_of
from sealsvc.documents.pdf.geometry import Page, pages_of
from sealsvc.documents.pdf.opening import as_array, as_dictionary, entry, raw, reference_of
from sealsvc.documents.pdf.pyhanko_api import generic
from sealsvc.documents.pdf.revision import Revision, differing_keys, same
from sealsvc.documents.values import ChangeClass, ChangedKind, ChangedObject

MAX_OBJECTS = 20
"""Most things named for one revision."""
MAX_STEPS = 20
"""Most revisions of one file whose changes are named."""
MAX_NODES = 60_000
"""Most values looked at in one file."""
MAX_PAGES = 2_000
MAX_ANNOTATIONS = 500
MAX_NAME = 80
MAX_PARENTS = 32

# Ways back to the document, which would make every object part of every other.
_BACK = frozenset({"/Parent", "/P", "/Popup", "/IRT", "/Dest", "/A", "/AA", "/StructParent"})
# Not shown, or compared on its own (/Annots).
_NOT_OF_PAGE = frozenset(
    {"/Annots", "/Parent", "/Metadata", "/LastModified", "/PieceInfo", "/StructParents", "/Tabs"}
)
_UNNAMED = frozenset({ChangeClass.NONE, ChangeClass.LONG_TERM_UPDATE})
_MORE = ChangedObject(ChangedKind.MORE)
Key = tuple[object, ...]


class _Spent(Exception):
    """The file's budget is used up."""


class Namer:
    """Names changes within one file's budget."""

    def __init__(self) -> None:
        self.nodes = MAX_NODES
        self.steps = MAX_STEPS

    def objects(self, step: Revision, change_class: ChangeClass) -> tuple[ChangedObject, ...]:
        """What the revision changed, by name. Never raises but for lack of memory."""
        if change_class in _UNNAMED:
            return ()
        self.steps -= 1
        if self.steps < 0:
            return (_MORE,)
        found: list[ChangedObject] = []
        try:
            named = _Step(self, step).named(change_class)
            found.extend(islice(named, MAX_OBJECTS + 1))
        except MemoryError:
            raise
        except Exception:  # broken structures: what was found so far stands
            return (*found[:MAX_OBJECTS], _MORE)
        return tuple(found) if len(found) <= MAX_OBJECTS else (*found[:MAX_OBJECTS], _MORE)

    def spend(self) -> None:
        """One value looked at. Raises: _Spent."""
        self.nodes -= 1
        if self.nodes < 0:
            raise _Spent


def shown_name(name: object) -> str | None:
    """A hostile name as it may be shown: printable, one line, at most 80 characters."""
    text = str(name)[: 4 * MAX_NAME]
    printable = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(printable.split())[:MAX_NAME] or None


class _Step:
    """One revision against the one before."""

    def __init__(self, namer: Namer, step: Revision) -> None:
        self.namer = namer
        self.step = step
        self.touched = {_number(ref): ref for ref in step.touched}
        self.altered: dict[Key, bool] = {}
        self.clean: set[Key] = set()

    def named(self, change_class: ChangeClass) -> Iterator[ChangedObject]:
        """Fields first, then annotations, then pages."""
        old_pages, new_pages = (
            pages_of(state)[:MAX_PAGES] for state in (self.step.old, self.step.new)
        )
        places = (_places(old_pages), _places(new_pages))
        old_fields, new_fields = (read_form(one).fields for one in (self.step.old, self.step.new))
        for found in self._fields(_by_name(old_fields), _by_name(new_fields), places):
            if change_class is not ChangeClass.FURTHER_SEAL or _is_seal(found):
                yield found
        if change_class in (ChangeClass.FURTHER_SEAL, ChangeClass.FORM_FILLING):
            return
        widgets = {key for one in (*old_fields, *new_fields) for key in _widget_keys(one)}
        yield from self._annotations(old_pages, new_pages, widgets)
        yield from self._pages(old_pages, new_pages)

    def _fields(
        self,
        before: dict[Key, FormField],
        after: dict[Key, FormField],
        places: tuple[dict[Key, int], dict[Key, int]],
    ) -> Iterator[ChangedObject]:
        for key, field in after.items():
            self.namer.spend()
            kind = self._field_kind(before.get(key), field)
            if kind is not None:
                yield ChangedObject(kind, _place(field, places[1]), shown_name(field.name))
        for key, field in before.items():
            if key not in after:
                kind = _either(field, ChangedKind.SIGNATURE_REMOVED, ChangedKind.FIELD_REMOVED)
                yield ChangedObject(kind, _place(field, places[0]), shown_name(field.name))

    def _field_kind(self, old: FormField | None, new: FormField) -> ChangedKind | None:
        if old is None:
            return _either(new, ChangedKind.SIGNATURE_ADDED, ChangedKind.FIELD_ADDED)
        if new.is_signed and not old.is_signed:
            return ChangedKind.SIGNATURE_ADDED
        if old.is_signed and not new.is_signed:
            return ChangedKind.SIGNATURE_REMOVED
        if not same(old.value, new.value) or self._reaches(new.value):
            return ChangedKind.FIELD_VALUE_CHANGED
        keys = differing_keys(old.dictionary, new.dictionary)
        looks = (raw(one, "/AP") for one in widgets_of(new))
        if keys - _BACK or any(self._reaches(one) for one in looks):
            return ChangedKind.FIELD_CHANGED
        return None

    def _annotations(
        self, old: list[Page], new: list[Page], widgets: set[Key]
    ) -> Iterator[ChangedObject]:
        """Of pages in both states; a new or removed page is named as a whole."""
        before = dict(_keyed(old))
        for number, (key, page) in enumerate(_keyed(new), 1):
            if key not in before:
                continue
            was = _annotations_of(before[key].dictionary, widgets)
            now = _annotations_of(page.dictionary, widgets)
            for one, annotation in now.items():
                self.namer.spend()
                if one not in was:
                    kind = ChangedKind.ANNOTATION_ADDED
                elif self._differs(was[one], annotation, _BACK):
                    kind = ChangedKind.ANNOTATION_CHANGED
                else:
                    continue
                yield ChangedObject(kind, number, _annotation_name(annotation))
            for one in was.keys() - now.keys():
                name = _annotation_name(was[one])
                yield ChangedObject(ChangedKind.ANNOTATION_REMOVED, number, name)

    def _pages(self, old: list[Page], new: list[Page]) -> Iterator[ChangedObject]:
        before, after = dict(_keyed(old)), dict(_keyed(new))
        for number, key in enumerate(after, 1):
            if key not in before:
                yield ChangedObject(ChangedKind.PAGE_ADDED, number)
            elif self._page_differs(before[key], after[key]):
                yield ChangedObject(ChangedKind.PAGE_CHANGED, number)
        for number, key in enumerate(before, 1):
            if key not in after:
                yield ChangedObject(ChangedKind.PAGE_REMOVED, number)
        kept = [key for key in before if key in after]
        if kept != [key for key in after if key in before]:
            yield ChangedObject(ChangedKind.PAGES_MOVED)

    def _page_differs(self, old: Page, new: Page) -> bool:
        if [key for key, _ in old.inherited] != [key for key, _ in new.inherited]:
            return True
        pairs = zip(old.inherited, new.inherited, strict=True)
        if not all(same(one, other) for (_, one), (_, other) in pairs):
            return True
        if self._differs(old.dictionary, new.dictionary, _NOT_OF_PAGE):
            return True
        return self._reaches(_resources_above(new.dictionary))

    def _differs(self, old: Any, new: Any, apart_from: frozenset[str]) -> bool:
        if differing_keys(old, new) - apart_from:
            return True
        shown = [new.raw_get(key) for key in new if str(key) not in apart_from | _BACK]
        return any(self._reaches(one) for one in shown)

    def _reaches(self, value: Any) -> bool:
        """Whether anything that a value leads to was altered in this revision."""
        todo, seen = [value], set()
        while todo:
            self.namer.spend()
            one = todo.pop()
            if isinstance(one, generic.IndirectObject):
                key = _number(one.reference)
                if key in self.clean or key in seen:
                    continue
                if self._is_altered(key):
                    return True
                seen.add(key)
                one = one.get_object()
            if isinstance(one, generic.DictionaryObject):
                todo += [one.raw_get(key) for key in one if str(key) not in _BACK]
            elif isinstance(one, generic.ArrayObject):
                todo += [one.raw_get(index) for index in range(len(one))]
        self.clean |= seen  # nothing altered can be reached from any of these
        return False

    def _is_altered(self, key: Key) -> bool:
        """Written in this revision, and not just once more the same."""
        ref = self.touched.get(key)
        if ref is None:
            return False
        if key not in self.altered:
            # What is fresh cannot be read in the older state.
            known = not self.step.is_fresh(ref)
            self.altered[key] = not (
                known and same(self.step.old.get_object(ref), self.step.new.get_object(ref))
            )
        return self.altered[key]


def _is_seal(found: ChangedObject) -> bool:
    return found.kind is ChangedKind.SIGNATURE_ADDED


def _either(field: FormField, signed: ChangedKind, other: ChangedKind) -> ChangedKind:
    return signed if field.is_signed else other


def _number(ref: Any) -> Key:
    return (ref.idnum, ref.generation)


def _by_name(fields: list[FormField]) -> dict[Key, FormField]:
    """By full name; of several of one name each by its turn."""
    turns: Counter[str] = Counter()
    named: dict[Key, FormField] = {}
    for one in fields:
        named[(one.name, turns[one.name])] = one
        turns[one.name] += 1
    return named


def _keyed(pages: Iterable[Page]) -> Iterator[tuple[Key, Page]]:
    for index, page in enumerate(pages):
        yield (("direct", index) if page.ref is None else _number(page.ref)), page


def _places(pages: list[Page]) -> dict[Key, int]:
    """Page number by the number of an annotation's object."""
    found: dict[Key, int] = {}
    for index, page in enumerate(pages, 1):
        for annotation in _raw_annotations(page.dictionary):
            ref = reference_of(annotation)
            if ref is not None:
                found.setdefault(_number(ref), index)
    return found


def _place(field: FormField, places: dict[Key, int]) -> int | None:
    numbers = (places.get(key) for key in _widget_keys(field))
    return next((number for number in numbers if number is not None), None)


def _widget_keys(field: FormField) -> list[Key]:
    kids = as_array(raw(field.dictionary, "/Kids"))
    refs = [field.ref] if kids is None else [reference_of(one) for one in _items(kids, 16)]
    return [_number(ref) for ref in refs if ref is not None]


def _raw_annotations(page: Any) -> list[Any]:
    array = as_array(raw(page, "/Annots"))
    return [] if array is None else _items(array, MAX_ANNOTATIONS)


def _items(array: Any, most: int) -> list[Any]:
    return [array.raw_get(index) for index in range(min(len(array), most))]


def _annotations_of(page: Any, widgets: set[Key]) -> dict[Key, Any]:
    """By /NM, else by number, else by subtype and place; fields' widgets are named as fields."""
    found: dict[Key, Any] = {}
    for one in _raw_annotations(page):
        ref, dictionary = reference_of(one), as_dictionary(one)
        if dictionary is None or (ref is not None and _number(ref) in widgets):
            continue
        name = entry(dictionary, "/NM")
        key: Key
        if name is not None:
            key = ("name", str(name)[: 4 * MAX_NAME])
        elif ref is not None:
            key = _number(ref)
        else:
            key = ("at", str(entry(dictionary, "/Subtype")), str(entry(dictionary, "/Rect"))[:200])
        turn = 0
        while (*key, turn) in found:
            turn += 1
        found[(*key, turn)] = dictionary
    return found


def _annotation_name(dictionary: Any) -> str | None:
    subtype = str(entry(dictionary, "/Subtype") or "").removeprefix("/")
    name = entry(dictionary, "/NM")
    return shown_name(subtype if name is None else f"{subtype} {name}")


def _resources_above(page: Any) -> Any:
    """Resources that a page inherits, as they stand; None where it has its own or none."""
    node = page
    for _ in range(MAX_PARENTS):
        if node is None or "/Resources" in node:
            break
        node = as_dictionary(raw(node, "/Parent"))
    return None if node is None or node is page else raw(node, "/Resources")
