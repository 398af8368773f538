"""An OFD package: parts found by location, read once, and the bodies that OFD.xml lists."""

from dataclasses import dataclass
from hashlib import md5, sha1
from unicodedata import normalize
from urllib.parse import unquote

from ca.sm2 import sm3
from sealsvc.documents.ofd import xml
from sealsvc.documents.ofd.archive import Archive
from sealsvc.documents.ofd.errors import (
    LIMIT,
    NAME_CASE,
    PATH_ESCAPE,
    XML_INVALID,
    DocumentUnreadable,
    package_invalid,
)
from sealsvc.documents.ofd.limits import (
    MAX_BODIES,
    MAX_PROBLEMS,
    MAX_REFERENCES_TOTAL,
    MAX_XML,
    MAX_XML_TOTAL,
)
from sealsvc.documents.ofd.paths import PathEscapeError, directory_of, resolve
from sealsvc.documents.ofd.xml import Element, XmlInvalidError
from sealsvc.formats.values import ReadingProblem

ENTRY_POINT = "OFD.xml"
_ROUTE = frozenset({"DocBody", "DocRoot", "Versions", "Version", "Signatures"})


class Problems(list[ReadingProblem]):
    """A list of problems that hostile bytes cannot make grow without end."""

    def note(self, code: str, detail: str = "") -> None:
        """Adds a problem once, up to a bound."""
        problem = ReadingProblem(code, detail[:200])
        if len(self) < MAX_PROBLEMS and problem not in self:
            self.append(problem)


@dataclass(frozen=True)
class DocumentBody:
    """One document of the package. roots: locations of every Document.xml that rendering may
    start at, the one shown first; versions: of the DocVersion files; signatures: location of the
    list, None when OFD.xml names none; cover: of the cover picture.
    """

    roots: tuple[str, ...]
    versions: tuple[str, ...]
    signatures: str | None
    cover: str | None


class Package:
    """The parts of an opened archive."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.problems = Problems(archive.problems)
        self._folded: dict[str, list[str]] = {}
        for entry in archive.entries:
            if not entry.is_directory:
                self._folded.setdefault(_folded(entry.name), []).append(entry.name)
        self._digests: dict[tuple[str, str], bytes | None] = {}
        self._parsed_bytes = 0
        self._references = 0

    @property
    def names(self) -> tuple[str, ...]:
        """All files, in the order of the central directory."""
        return tuple(one.name for one in self.archive.entries if not one.is_directory)

    def part(self, location: str, base: str = "") -> str | None:
        """The entry that a location means, None when there is none.

        A location that leaves the package is noted and means nothing. Raises: DocumentUnreadable
        when names that differ only in letter case make the answer depend on the reader.
        """
        try:
            wanted = resolve(location, base)
        except PathEscapeError:
            self.problems.note(PATH_ESCAPE)
            return None
        same = self._folded.get(_folded(wanted), [])
        if len(same) > 1:
            raise package_invalid("names that differ only in case")
        if same and same[0] != wanted:
            self.problems.note(NAME_CASE, f"/{same[0]}")
        return same[0] if same else None

    def parts(self, location: str, base: str) -> tuple[str, ...]:
        """Every entry that some reader may take a location to mean.

        From its base or, as some do, from the root; as written or with escapes of a URI undone.
        """
        found = [self.part(location, base)]
        if base:
            found.append(self.part(location))
        if "%" in location:
            found.append(self.part(unquote(location, errors="replace"), base))
        return tuple(dict.fromkeys(one for one in found if one is not None))

    def content(self, name: str) -> bytes | None:
        """The bytes of a part, None when they are damaged."""
        entry = self.archive.find(name)
        if entry is None:
            return None
        try:
            return self.archive.read(entry)
        except DocumentUnreadable:
            return None

    def digest(self, name: str, method: str) -> bytes | None:
        """The digest of a part by `sm3`, `sha1` or `md5`; None when it is damaged."""
        key = (name, method)
        if key not in self._digests:
            content = self.content(name)
            self._digests[key] = None if content is None else _digest(content, method)
        return self._digests[key]

    def count_references(self, number: int) -> None:
        """Notes that so many more are to be looked up. Raises: DocumentUnreadable (limit)."""
        self._references += number
        if self._references > MAX_REFERENCES_TOTAL:
            raise package_invalid("references", LIMIT)

    def xml(self, name: str) -> Element:
        """The root element of a part. Raises: XmlInvalidError, DocumentUnreadable (limit)."""
        content = self.content(name)
        if content is None:
            raise XmlInvalidError("damaged")
        self._parsed_bytes += len(content)
        if len(content) > MAX_XML or self._parsed_bytes > MAX_XML_TOTAL:
            raise package_invalid("XML size", LIMIT)
        return xml.parse(content)

    def try_xml(self, name: str, problems: Problems) -> Element | None:
        """The root element, None with a problem when it cannot be parsed."""
        try:
            return self.xml(name)
        except XmlInvalidError:
            problems.note(XML_INVALID, f"/{name}")
            return None

    def bodies(self) -> tuple[DocumentBody, ...]:
        """The documents that OFD.xml lists. Raises: DocumentUnreadable."""
        try:
            root = self.xml(ENTRY_POINT)
        except XmlInvalidError as error:
            raise package_invalid("OFD.xml", XML_INVALID) from error
        found = list(xml.children(root, "DocBody"))
        # Readers go by local names: what only some of them would follow makes two documents.
        foreign = any(not xml.is_ofd(one) for one in xml.descendants(root, *_ROUTE))
        if xml.local_name(root) != "OFD" or not found or foreign:
            raise package_invalid("OFD.xml", XML_INVALID)
        if len(found) > MAX_BODIES:
            raise package_invalid("bodies", LIMIT)
        try:
            return tuple(self._body(one) for one in found)
        except XmlInvalidError as error:
            raise package_invalid("OFD.xml", XML_INVALID) from error

    def _body(self, body: Element) -> DocumentBody:
        roots = [xml.text_of(xml.only_child(body, "DocRoot"))]
        versions: list[str] = []
        for version in xml.children(xml.only_child(body, "Versions"), "Version"):
            location = version.get("BaseLoc", "")
            current = version.get("Current", "").strip().lower() in ("true", "1")
            name = self.part(location) if current else None
            if name is not None:
                versions.append(name)
                roots.insert(0, self._version_root(name))
        signatures = xml.only_child(body, "Signatures")
        cover = xml.text_of(xml.only_child(xml.only_child(body, "DocInfo"), "Cover"))
        return DocumentBody(
            roots=tuple(dict.fromkeys(one for one in roots if one)),
            versions=tuple(versions),
            signatures=None if signatures is None else xml.text_of(signatures),
            cover=cover or None,
        )

    def _version_root(self, name: str) -> str:
        """The DocRoot of a version as a location from the package root."""
        root = self.try_xml(name, self.problems)
        location = "" if root is None else xml.text_of(xml.only_child(root, "DocRoot"))
        found = self.part(location, directory_of(name)) if location else None
        return f"/{found}" if found is not None else ""


def _folded(name: str) -> str:
    """File systems take names that differ in letter case or composition for the same."""
    return normalize("NFC", name).casefold()


def _digest(content: bytes, method: str) -> bytes:
    if method == "md5":
        return md5(content, usedforsecurity=False).digest()
    if method == "sha1":
        return sha1(content, usedforsecurity=False).digest()
    return sm3(content)
