"""The lists of signatures, and what the package holds that no list names.

Source: ofd.md sections 3 and 5.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sealsvc.documents.ofd import errors, xml
from sealsvc.documents.ofd.limits import MAX_SIGNATURES
from sealsvc.documents.ofd.package import DocumentBody, Package, Problems
from sealsvc.documents.ofd.paths import directory_of
from sealsvc.documents.ofd.xml import Element

MAX_LOOKED_AT = 1024 * 1024
_NAMES = frozenset({"signature.xml", "signedvalue.dat"})
_XML_STARTS = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class ListedSignature:
    """An entry of Signatures.xml. body: index of its document; kind: `Seal`, `Sign` or empty;
    name: entry of its Signature.xml, None when absent; location: as written.
    """

    body: int
    id: str
    kind: str
    relative: str
    location: str
    name: str | None


@dataclass(frozen=True)
class SignatureList:
    """The list of one body. name: its entry, None when absent; max_id: digits of MaxSignId."""

    name: str | None = None
    signatures: tuple[ListedSignature, ...] = ()
    max_id: int | None = None


def read_list(package: Package, body: DocumentBody, index: int) -> SignatureList:
    """The signatures of a body; what is wrong with the list goes to the package's problems."""
    if body.signatures is None:
        return SignatureList()
    name = package.part(body.signatures)
    if name is None:
        package.problems.note(errors.SIGNATURE_LIST_MISSING)
        return SignatureList()
    root = package.try_xml(name, package.problems)
    if root is None:
        return SignatureList(name)
    if xml.local_name(root) != "Signatures" or not xml.is_ofd(root):
        package.problems.note(errors.XML_INVALID, f"/{name}")
        return SignatureList(name)
    found = tuple(_entries(package, root, directory_of(name), index))
    numbers = [number(xml.text_of(one)) for one in xml.children(root, "MaxSignId")]
    if len(found) > MAX_SIGNATURES:
        package.problems.note(errors.SIGNATURES_TOO_MANY, str(len(found)))
    kept = found[:MAX_SIGNATURES]
    return SignatureList(name, kept, max((n for n in numbers if n is not None), default=None))


def _entries(package: Package, root: Element, base: str, index: int) -> Iterator[ListedSignature]:
    seen: set[str] = set()
    for one in xml.children(root, "Signature"):
        location = one.get("BaseLoc", "")
        name = package.part(location, base) if location else None
        identity = one.get("ID", "").strip()[:64]
        if name is not None and name in seen:
            package.problems.note(errors.XML_INVALID, f"/{name} listed twice")
            continue
        seen.add(name or "")
        yield ListedSignature(
            body=index,
            id=identity,
            kind=one.get("Type", "").strip()[:16],
            relative=one.get("Relative", "").strip()[:64],
            location=location[:200],
            name=name,
        )


def number(text: str) -> int | None:
    """The digits of an ID such as `2`, `001` or `s006`."""
    digits = text.strip()[-18:].lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-")
    return int(digits) if digits.isascii() and digits.isdecimal() else None


def bases_of(listed: ListedSignature, listing: SignatureList) -> tuple[ListedSignature, ...] | None:
    """The signatures it builds on, nearest first; None when one is not in its list.

    A circle ends where it closes, with the signature itself among its bases.
    """
    by_id = {one.id: one for one in listing.signatures}
    found: list[ListedSignature] = []
    following = listed.relative
    while following:
        base = by_id.get(following)
        if base is None:
            return None
        if base in found:
            break
        found.append(base)
        following = base.relative
    return tuple(found)


def note_unlisted(
    package: Package, lists: tuple[SignatureList, ...], known: frozenset[str], used: frozenset[int]
) -> None:
    """Notes signs of a signature that was taken from the list.

    known: parts of listed signatures; used: numbers of all signature and stamp IDs. Writers
    put the next free number or the last one into MaxSignId, so one above is no sign.
    """
    for name in package.names:
        if name not in known and _is_signature_part(package, name):
            package.problems.note(errors.SIGNATURE_UNLISTED, f"/{name}")
    for directory in _gaps(package):
        package.problems.note(errors.SIGNATURE_UNLISTED, f"/{directory}")
    for one in lists:
        if one.max_id is not None and one.max_id > max(used, default=0) + 1:
            package.problems.note(errors.SIGNATURE_UNLISTED, "MaxSignId")


def _is_signature_part(package: Package, name: str) -> bool:
    if name.rpartition("/")[2].lower() in _NAMES:
        return True
    entry = package.archive.find(name)
    if entry is None or entry.size > MAX_LOOKED_AT:
        return False
    content = package.content(name)
    if content is None:
        return False
    start = content[:64].lstrip()
    if start.startswith(_XML_STARTS):
        return _is_description(package, name, content)
    return _is_seal_signature(start, content)


def _is_description(package: Package, name: str, content: bytes) -> bool:
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:8]
    if not wide and b"SignedInfo" not in content:
        return False
    root = package.try_xml(name, Problems())
    return (
        root is not None
        and xml.is_ofd(root)
        and xml.local_name(root) == "Signature"
        and next(xml.children(root, "SignedInfo"), None) is not None
    )


def _is_seal_signature(start: bytes, content: bytes) -> bool:
    if not start.startswith((b"\x30", b"MI")):
        return False
    from sealsvc.documents.ofd.signatures import is_seal_signature

    return is_seal_signature(content)


def _gaps(package: Package) -> Iterator[str]:
    """Directories `Sign_N` that are missing between others of the same parent."""
    found: dict[str, set[int]] = {}
    for name in package.names:
        parent, _, last = directory_of(name).rpartition("/")
        stem, _, digits = last.rpartition("_")
        if stem.lower() == "sign" and digits.isascii() and digits.isdecimal() and len(digits) < 6:
            found.setdefault(parent, set()).add(int(digits))
    for parent, numbers in found.items():
        first = 0 if 0 in numbers else 1
        if len(numbers) != max(numbers) - first + 1:
            yield f"{parent}/Sign_N"
