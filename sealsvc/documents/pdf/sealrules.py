"""What a revision that adds one signature, or long-term material, may touch.

Stricter than pyHanko's difference analysis, which runs besides; both must agree before a change
is called harmless. Source: pdf.md section 4 rules (d)-(g); ISO 32000-2, 12.8.2.2, 12.8.4.3.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from asn1crypto import crl, ocsp, x509
from lxml import etree

from sealsvc.documents.pdf.fields import FormField, read_form
from sealsvc.documents.pdf.geometry import pages_of
from sealsvc.documents.pdf.opening import as_array, as_dictionary, entry, raw, reference_of
from sealsvc.documents.pdf.pyhanko_api import generic
from sealsvc.documents.pdf.revision import Revision, differing_keys, same

CATALOG_KEYS = frozenset({"/AcroForm", "/DSS", "/Extensions", "/Version", "/Metadata"})
FORM_KEYS = frozenset({"/Fields", "/SigFlags", "/NeedAppearances"})
FORM_DEFAULTS = frozenset({"/DA", "/DR"})
INFO_KEYS = frozenset({"/ModDate", "/Producer"})
FILLED_KEYS = frozenset({"/V", "/AP"})
# Neither /A nor /AA: an action would run whenever the seal is touched or its page shown.
# fmt: off
FIELD_KEYS = frozenset({
    "/Type", "/Subtype", "/FT", "/T", "/TU", "/TM", "/V", "/AP", "/F", "/Ff", "/Rect", "/P",
    "/Parent", "/Kids", "/MK", "/BS", "/Border", "/DA", "/DR", "/Lock", "/SV", "/NM", "/M", "/H",
    "/Q",
})
SIGNATURE_KEYS = frozenset({
    "/Type", "/Filter", "/SubFilter", "/Contents", "/ByteRange", "/Cert", "/Reference",
    "/Changes", "/Name", "/M", "/Location", "/Reason", "/ContactInfo", "/R", "/V", "/Prop_Build",
    "/Prop_AuthTime", "/Prop_AuthType",
})
# fmt: on
DSS_KINDS: dict[str, Any] = {
    "/Certs": x509.Certificate,
    "/Cert": x509.Certificate,
    "/CRLs": crl.CertificateList,
    "/CRL": crl.CertificateList,
    "/OCSPs": ocsp.OCSPResponse,
    "/OCSP": ocsp.OCSPResponse,
}
STREAM_KEYS = frozenset({"/Length", "/Filter", "/DecodeParms", "/Type"})
XMP_NOISE = frozenset({"ModifyDate", "MetadataDate", "Producer"})
MAX_CLOSURE = 5000
MAX_DECODED = 4096
_decoded: dict[tuple[str, bytes], bool] = {}
"""Whether the material of that kind and SHA-256 decodes."""


def semantic_violations(step: Revision, field: FormField | None) -> Iterator[str]:
    """What the revision changes beyond one signature and long-term material, in words.

    field: the signed field the revision brings, as the new revision shows it; None for none.
    """
    explained = _Explained(step)
    yield from _catalog(step, explained, field)
    yield from _information(step, explained)
    yield from _security_store(step, explained)
    if field is not None:
        yield from _field(step, explained, field)
        yield from _pages(step, explained, field)
    if any(not _rewritten(step, ref) for ref in step.touched - explained.refs):
        yield "objects without a reason"
    # An object that signed content already names would appear in it, whatever brings it.
    step.old._load_reverse_xref_cache()
    if any(step.is_fresh(ref) and step.old._get_usages_of_ref(ref) for ref in step.touched):
        yield "object that signed content waits for"


def _rewritten(step: Revision, ref: Any) -> bool:
    """Whether an object was only written again, token by token the same."""
    if step.is_fresh(ref):
        return False
    return same(step.old(ref), step.new(ref))


class _Explained:
    """References of the revision that have a reason."""

    def __init__(self, step: Revision) -> None:
        self.step = step
        self.refs: set[Any] = set()

    def add(self, ref: Any) -> None:
        if ref is not None:
            self.refs.add(ref)

    def add_entry(self, old: Any, new: Any, key: str) -> None:
        """Explain the object an entry refers to: the same as before, or a new one."""
        ref = reference_of(raw(new, key))
        before = reference_of(raw(old, key)) if old is not None else None
        if ref is not None and (ref == before or self.step.is_fresh(ref)):
            self.refs.add(ref)

    def add_fresh(self, value: Any, allowed_old: frozenset[Any] = frozenset()) -> bool:
        """Explain every new object below `value`; False when it reaches a foreign old one."""
        pending, clean = [value], True
        seen: set[Any] = set()
        while pending:
            one = pending.pop()
            ref = reference_of(one)
            if ref is not None:
                if ref in seen or ref in allowed_old:
                    continue
                seen.add(ref)
                if len(seen) > MAX_CLOSURE:
                    return False
                if not self.step.is_fresh(ref):
                    clean = False
                    continue
                self.refs.add(ref)
                one = self.step.new(ref)
            if isinstance(one, generic.DictionaryObject):
                pending += [one.raw_get(key) for key in one]
            elif isinstance(one, generic.ArrayObject):
                pending += [one.raw_get(index) for index in range(len(one))]
        return clean


def _catalog(step: Revision, explained: _Explained, field: FormField | None) -> Iterator[str]:
    old, new = step.old.root, step.new.root
    explained.add(step.new.root_ref)
    if differing_keys(old, new) - CATALOG_KEYS:
        yield "catalog entry"
    if raw(new, "/Extensions") is not None and not same(
        raw(old, "/Extensions"), raw(new, "/Extensions")
    ):
        explained.add_fresh(raw(new, "/Extensions"))
    yield from _metadata(step, explained)
    old_form, new_form = (as_dictionary(raw(one, "/AcroForm")) for one in (old, new))
    if new_form is None:
        if old_form is not None:
            yield "form removed"
        return
    explained.add_entry(old, new, "/AcroForm")
    explained.add_entry(old_form, new_form, "/Fields")
    changed = differing_keys(old_form if old_form is not None else {}, new_form)
    if changed - FORM_KEYS - _new_defaults(step, explained, old_form, new_form):
        yield "form entry"
    if "/NeedAppearances" in changed and "/NeedAppearances" in new_form:
        yield "form entry"
    yield from _field_list(old_form, new_form, field)


def _new_defaults(
    step: Revision, explained: _Explained, old_form: Any, new_form: Any
) -> frozenset[str]:
    """The form's /DA and /DR, where they are new and no older field could take them.

    Many writers add both beside a seal or time-stamp. They say how text that is typed later
    looks, and a signature has none. Source: ISO 32000-2, 12.7.3, 12.7.4.3.
    """
    if old_form is not None and (FORM_DEFAULTS & old_form.keys() or not _only_seals(step.old)):
        return frozenset()
    resources = raw(new_form, "/DR")
    if resources is not None and not explained.add_fresh(resources) and old_form is not None:
        return frozenset()
    return FORM_DEFAULTS


def _only_seals(document: Any) -> bool:
    """Whether all fields, and all widgets on pages, are for signatures."""
    if any(one.field_type != "/Sig" for one in read_form(document).fields):
        return False
    for page in pages_of(document):
        for annotation in map(as_dictionary, as_array(raw(page.dictionary, "/Annots")) or ()):
            if annotation is not None and entry(annotation, "/Subtype") == "/Widget":
                parent = as_dictionary(raw(annotation, "/Parent"))
                holder = annotation if "/FT" in annotation or parent is None else parent
                if entry(holder, "/FT") != "/Sig":
                    return False
    return True


def _field_list(old_form: Any, new_form: Any, field: FormField | None) -> Iterator[str]:
    before = _references(old_form, "/Fields") if old_form is not None else []
    after = _references(new_form, "/Fields")
    added = after[len(before) :]
    if after[: len(before)] != before or len(added) > 1:
        yield "form fields"
    elif added and (field is None or added[0] is None or added[0] != field.ref):
        yield "form field that is not signed"


def _references(dictionary: Any, key: str) -> list[Any]:
    array = as_array(raw(dictionary, key))
    return [] if array is None else [reference_of(array.raw_get(i)) for i in range(len(array))]


def _field(step: Revision, explained: _Explained, field: FormField) -> Iterator[str]:
    dictionary, ref = field.dictionary, field.ref
    if ref is None or field.value_ref is None or not step.is_fresh(field.value_ref):
        yield "signature is no new object"
        return
    if field.value.keys() - SIGNATURE_KEYS:
        yield "signature entry"
    explained.add(ref)
    root = step.new.root_ref
    if not explained.add_fresh(raw(dictionary, "/V"), frozenset({root})):
        yield "signature refers to older objects"
    if not explained.add_fresh(raw(dictionary, "/AP")):
        yield "appearance refers to older objects"
    if step.is_fresh(ref):
        yield from _new_field(step, explained, field)
        return
    old = as_dictionary(generic.IndirectObject(ref.idnum, ref.generation, step.old))
    if old is None or differing_keys(old, dictionary) - FILLED_KEYS:
        yield "field entry"
    elif "/V" in old or "/Lock" in old or "/SV" in old:
        yield "field was not empty and free"


def _new_field(step: Revision, explained: _Explained, field: FormField) -> Iterator[str]:
    dictionary = field.dictionary
    kids = _references(dictionary, "/Kids")
    widgets = [as_dictionary(kid) for kid in as_array(raw(dictionary, "/Kids")) or ()]
    if len(kids) > 1 or None in widgets:
        yield "several widgets"
    for one in (dictionary, *(widget for widget in widgets if widget is not None)):
        if one.keys() - FIELD_KEYS:
            yield "field entry"
    page = reference_of(raw(dictionary, "/P"))
    above = frozenset(
        {page, field.ref, *(reference_of(raw(one, "/P")) for one in widgets if one is not None)}
    )
    for key in ("/Kids", "/MK", "/BS", "/Border", "/DR", "/Lock", "/SV"):
        value = raw(dictionary, key)
        if value is not None and not explained.add_fresh(value, above):
            yield "field refers to older objects"


def _pages(step: Revision, explained: _Explained, field: FormField) -> Iterator[str]:
    """At most one page may gain the widget, at the end of its /Annots, and nothing else."""
    widgets = set(_references(field.dictionary, "/Kids")) or {field.ref}
    changed = 0
    for ref in _changed_pages(step):
        changed += 1
        old = as_dictionary(generic.IndirectObject(ref.idnum, ref.generation, step.old))
        new = step.new(ref)
        explained.add(ref)
        if differing_keys(old, new) - {"/Annots"}:
            yield "page entry"
        before, after = _references(old, "/Annots"), _references(new, "/Annots")
        added = after[len(before) :]
        if after[: len(before)] != before or len(added) > 1 or not set(added) <= widgets:
            yield "annotations of the page"
        if set(before) & set(added):
            yield "annotation twice"
        explained.add_entry(old, new, "/Annots")
    if changed > 1:
        yield "several pages"


def _changed_pages(step: Revision) -> list[Any]:
    """Pages rewritten, or whose indirect /Annots array was."""
    found = []
    for ref in sorted(step.touched, key=lambda one: int(one.idnum)):
        if step.is_fresh(ref):
            continue
        value = step.new(ref)
        if isinstance(value, generic.DictionaryObject) and entry(value, "/Type") == "/Page":
            found.append(ref)
        elif isinstance(value, generic.ArrayObject):
            found += [page for page in _pages_with_annotations(step, ref) if page not in found]
    return list(dict.fromkeys(found))


def _pages_with_annotations(step: Revision, array_ref: Any) -> list[Any]:
    return [
        page.ref
        for page in pages_of(step.new)
        if reference_of(raw(page.dictionary, "/Annots")) == array_ref
    ]


def _information(step: Revision, explained: _Explained) -> Iterator[str]:
    """Only the date and the producer may change (pyHanko lets the title change too)."""
    old, new = (raw(one.trailer_view, "/Info") for one in (step.old, step.new))
    if reference_of(new) is None and not same(old, new):
        yield "document information"
        return
    if new is None or reference_of(new) not in step.touched:
        return
    explained.add_entry(step.old.trailer_view, step.new.trailer_view, "/Info")
    # A resolver's trailer still holds references that lead into the newest revision.
    before, after = _at(step.old, old), _at(step.new, new)
    if after is None or differing_keys(before if before is not None else {}, after) - INFO_KEYS:
        yield "document information"


def _at(resolver: Any, value: Any) -> Any:
    ref = reference_of(value)
    return as_dictionary(value if ref is None else resolver(ref))


def _metadata(step: Revision, explained: _Explained) -> Iterator[str]:
    old, new = (raw(one.root, "/Metadata") for one in (step.old, step.new))
    ref = reference_of(new)
    if new is None or (ref not in step.touched and same(old, new)):
        if new is None and old is not None:
            yield "metadata removed"
        return
    before, after = as_dictionary(old), as_dictionary(new)
    if before is None or after is None or _xmp(before.data) != _xmp(after.data):
        yield "metadata"
    explained.add_entry(step.old.root, step.new.root, "/Metadata")


def _xmp(data: bytes) -> bytes:
    """Canonical XMP without the entries every writer renews."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(bytes(data).strip(b"\0 \t\r\n\xef\xbb\xbf"), parser)
    for element in list(root.iter()):
        if not isinstance(element.tag, str):
            continue
        for name in list(element.attrib):
            if etree.QName(name).localname in XMP_NOISE:
                del element.attrib[name]
        if etree.QName(element).localname in XMP_NOISE and element.getparent() is not None:
            element.getparent().remove(element)
    return b"".join(etree.tostring(root, method="c14n").split())


def _security_store(step: Revision, explained: _Explained) -> Iterator[str]:
    """Every object of the store must be what its key says: a certificate, a CRL, an answer."""
    old, new = (raw(one.root, "/DSS") for one in (step.old, step.new))
    if new is None:
        if old is not None:
            yield "security store removed"
        return
    store = as_dictionary(new)
    if store is None:
        yield "security store"
        return
    holders = [(store, new)]
    verifications = raw(store, "/VRI")
    if as_dictionary(verifications) is not None:
        explained.add(reference_of(verifications))
        table = as_dictionary(verifications)
        holders += [(as_dictionary(raw(table, key)), raw(table, key)) for key in table]
    for holder, value in holders:
        explained.add(reference_of(value))
        if holder is None or not _holds_material(step, explained, holder):
            yield "security store"


def _holds_material(step: Revision, explained: _Explained, holder: Any) -> bool:
    for key, kind in DSS_KINDS.items():
        value = raw(holder, key)
        array = as_array(value)
        if array is None:
            if value is not None:
                return False
            continue
        explained.add(reference_of(value))
        for item in (array.raw_get(index) for index in range(len(array))):
            ref = reference_of(item)
            if ref is None:
                return False
            if ref in step.touched:
                if not step.is_fresh(ref) or not _is_material(step.new(ref), kind):
                    return False
                explained.add(ref)
                explained.add_fresh(raw(step.new(ref), "/Length"))
    stamp = reference_of(raw(holder, "/TS"))
    if stamp is not None and stamp in step.touched:
        explained.add(stamp)
    return True


def _is_material(stream: Any, kind: Any) -> bool:
    if not isinstance(stream, generic.StreamObject) or stream.keys() - STREAM_KEYS:
        return False
    try:
        data = bytes(stream.data)
    except (ValueError, TypeError, KeyError, OverflowError):
        return False
    # The same bytes decode for ever, and a CRL takes 50 ms: stores repeat theirs in every file.
    known = (kind.__name__, sha256(data).digest())
    found = _decoded.get(known)
    if found is None:
        if len(_decoded) >= MAX_DECODED:
            _decoded.clear()
        found = _decoded[known] = _decodes(data, kind)
    return found


def _decodes(data: bytes, kind: Any) -> bool:
    try:
        return kind.load(data, strict=True).native is not None
    except (ValueError, TypeError, KeyError, OverflowError):
        return False
