"""Signature.xml: what it says it covers, and whether that still has the digests it says.

Source: ofd.md sections 3 and 4.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass

from sealsvc.documents.ofd import errors, xml
from sealsvc.documents.ofd.limits import MAX_REFERENCES
from sealsvc.documents.ofd.package import Package, Problems
from sealsvc.documents.ofd.paths import directory_of
from sealsvc.documents.ofd.xml import Element, XmlInvalidError
from sealsvc.formats.values import DigestOutcome

METHODS = {
    "1.2.156.10197.1.401": "sm3",
    "sm3": "sm3",
    "md5": "md5",
    "1.2.840.113549.2.5": "md5",
    "sha1": "sha1",
    "sha-1": "sha1",
    "1.3.14.3.2.26": "sha1",
    "": "md5",  # absent means MD5 by the schema
}
WEAK = frozenset({"md5", "sha1"})


@dataclass(frozen=True)
class Reference:
    """One covered file. name: its entry, None when absent; shown: as written; value: the digest,
    None when it is no Base64.
    """

    name: str | None
    shown: str
    value: bytes | None


@dataclass(frozen=True)
class StampMark:
    """A StampAnnot as written: page ID, box and clip in millimetres, None when unreadable."""

    id: str
    page_ref: str
    boundary: tuple[float, float, float, float] | None
    clip: tuple[float, float, float, float] | None
    clip_written: bool


@dataclass(frozen=True)
class Description:
    """A Signature.xml read. method: a value of METHODS, None when unknown; seal: entry of the seal
    file; seal_named: whether one is named at all; value: entry of SignedValue.
    """

    name: str
    method: str | None
    references: tuple[Reference, ...]
    stamps: tuple[StampMark, ...]
    seal: str | None
    seal_named: bool
    value: str | None


@dataclass(frozen=True)
class Checked:
    """What the references come to. covered: entries whose digest is right by an allowed method;
    broken: those changed or gone, as paths.
    """

    outcome: DigestOutcome
    covered: frozenset[str]
    broken: tuple[str, ...]


def read_description(package: Package, name: str) -> Description:
    """The content of a Signature.xml. Raises: XmlInvalidError, DocumentUnreadable."""
    root = package.xml(name)
    base = directory_of(name)
    if xml.local_name(root) != "Signature" or not xml.is_ofd(root):
        raise XmlInvalidError("root")
    info = xml.only_child(root, "SignedInfo")
    listed = xml.only_child(info, "References")
    value = xml.text_of(xml.only_child(root, "SignedValue"))
    if info is None or listed is None:
        raise XmlInvalidError("SignedInfo")
    seal = xml.only_child(info, "Seal")
    location = xml.text_of(xml.only_child(seal, "BaseLoc"))
    method = listed.get("CheckMethod", "").strip().lower()
    return Description(
        name=name,
        method=METHODS.get(method),
        references=tuple(_references(package, listed, base)),
        stamps=tuple(_mark(one) for one in xml.children(info, "StampAnnot")),
        seal=package.part(location, base) if location else None,
        seal_named=bool(location),
        value=package.part(value, base) if value else None,
    )


def _references(package: Package, listed: Element, base: str) -> Iterator[Reference]:
    found = list(xml.children(listed, "Reference"))
    if not found or len(found) > MAX_REFERENCES:
        raise XmlInvalidError("References")
    package.count_references(len(found))
    for one in found:
        location = one.get("FileRef", "")
        # "Absolute" by the text of the standard, so without a slash the root is meant as well.
        candidates = package.parts(location, base)
        value = _base64(xml.text_of(xml.only_child(one, "CheckValue")))
        shown = f"/{candidates[0]}" if candidates else location
        yield Reference(candidates[0] if candidates else None, shown, value)


def _base64(text: str) -> bytes | None:
    try:
        return b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _mark(element: Element) -> StampMark:
    clip = element.get("Clip", "")
    return StampMark(
        id=element.get("ID", "").strip()[:64],
        page_ref=element.get("PageRef", "").strip()[:64],
        boundary=box(element.get("Boundary", "")),
        clip=box(clip),
        clip_written=bool(clip),
    )


def box(text: str) -> tuple[float, float, float, float] | None:
    """A ST_Box: x, y, width, height in millimetres; None when it is none or beyond 100 m."""
    parts = text[:200].split()
    if len(parts) != 4 or len(text) > 200:
        return None
    try:
        x, y, width, height = (float(one) for one in parts)
    except ValueError:
        return None
    # Written so that NaN fails as well.
    if not all(abs(one) <= 100_000 for one in (x, y, width, height)):
        return None
    return (x, y, width, height) if width > 0 and height > 0 else None


def check_references(package: Package, described: Description, problems: Problems) -> Checked:
    """Compares every digest; a weak or unknown method never comes to MATCHES."""
    if described.method is None:
        problems.note(errors.CHECK_METHOD_UNSUPPORTED)
        return Checked(DigestOutcome.NOT_CHECKED, frozenset(), ())
    covered: set[str] = set()
    broken: dict[str, None] = {}
    for one in described.references:
        if one.name is None:
            problems.note(errors.REFERENCE_MISSING, one.shown)
            broken[one.shown] = None
            continue
        if one.name in covered or one.shown in broken:
            problems.note(errors.REFERENCE_DUPLICATE, one.shown)
        digest = package.digest(one.name, described.method)
        if described.method in WEAK and digest and one.value and len(digest) != len(one.value):
            continue  # the method is only the schema's default, so nothing was compared
        if digest is None or digest != one.value:
            problems.note(errors.REFERENCE_DIGEST_MISMATCH, one.shown)
            broken[one.shown] = None
        else:
            covered.add(one.name)
    covered -= {one.removeprefix("/") for one in broken}
    if described.method in WEAK:
        problems.note(errors.CHECK_METHOD_WEAK, described.method)
        outcome = DigestOutcome.DIFFERS if broken else DigestOutcome.NOT_CHECKED
        return Checked(outcome, frozenset(), tuple(broken))
    outcome = DigestOutcome.DIFFERS if broken else DigestOutcome.MATCHES
    return Checked(outcome, frozenset(covered), tuple(broken))
