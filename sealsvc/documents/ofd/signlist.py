"""The signature list (Signatures.xml): what it holds, what may be added, and how it is written.

The list is the one part that continued signing leaves out of the protected range.
Source: ofd.md sections 3, 5 and 9.
"""

import re
from dataclasses import dataclass
from typing import Any, cast

from lxml import etree

from sealsvc.documents.ofd import xml
from sealsvc.documents.ofd.errors import SIGNATURE_FILE_MISSING, XML_INVALID, package_invalid
from sealsvc.documents.ofd.limits import MAX_SIGNATURES
from sealsvc.documents.ofd.package import Package
from sealsvc.documents.ofd.paths import PathEscapeError, directory_of, resolve
from sealsvc.documents.ofd.references import Description, read_description
from sealsvc.documents.ofd.stamping import sign_id
from sealsvc.documents.ofd.xml import Element, XmlInvalidError
from sealsvc.documents.ofd.xmlwrite import element, part
from sealsvc.documents.pdf.errors import ExistingSignatureBroken
from sealsvc.errors import Conflict

_LAST_DIGITS = re.compile(r"([0-9]{1,9})\Z")
_SIGN_DIRECTORY = re.compile(r"sign_([0-9]{1,9})\Z")
SIGNATURE_FILE = "Signature.xml"
VALUE_FILE = "SignedValue.dat"
SEAL_FILE = "Seal.esl"


class LockedBySignature(Conflict):
    """An earlier signature protects the signature list, so nothing may be added (ofd.md 5)."""

    code = "OFD_LOCKED_BY_SIGNATURE"


@dataclass(frozen=True)
class SignatureList:
    """The list of one document. name: its entry, there or to be; named: whether OFD.xml names it;
    root: as read, None where the file is absent; last_id: the highest number in use.
    """

    name: str
    named: bool
    root: Element | None
    last_id: int
    signatures: tuple[str, ...]


@dataclass(frozen=True)
class NewSignature:
    """What one more signature adds. kind: `Seal` or `Sign`; directory: of its files, ASCII."""

    kind: str
    number: int
    last_id: int
    directory: str

    def file(self, name: str) -> str:
        """The entry of one of its files."""
        return f"{self.directory}/{name}"


def read_list(package: Package, document: str, location: str | None) -> SignatureList:
    """The list of a document. document: its Document.xml; location: as OFD.xml has it.

    Raises: LockedBySignature, ExistingSignatureBroken, DocumentUnreadable.
    """
    base = directory_of(document)
    if location is None:
        name = f"{base}/Signs/Signatures.xml" if base and base.isascii() else "Signs/Signatures.xml"
        return SignatureList(name, False, None, 0, ())
    found = package.part(location)
    if found is None:
        return SignatureList(_wanted(location), True, None, 0, ())
    try:
        return _read(package, found)
    except XmlInvalidError as error:
        raise package_invalid("signature list", XML_INVALID) from error


def _wanted(location: str) -> str:
    """Where the absent list is to be. Source: ofd.md section 9 item 5."""
    try:
        name = resolve(location, "")
    except PathEscapeError:
        name = ""
    if not name:
        raise package_invalid("signature list", XML_INVALID)
    return name


def _read(package: Package, name: str) -> SignatureList:
    root = package.xml(name)
    if xml.local_name(root) != "Signatures" or not xml.is_ofd(root):
        raise XmlInvalidError("Signatures")
    listed = list(xml.children(root, "Signature"))
    if len(listed) >= MAX_SIGNATURES:
        raise package_invalid("signatures", XML_INVALID)
    # Met in the field: two MaxSignId in one list.
    ids = [xml.text_of(one) for one in xml.children(root, "MaxSignId")]
    ids += [one.get("ID", "") for one in listed]
    signatures = []
    for one in listed:
        described = _described(package, package.part(one.get("BaseLoc", ""), directory_of(name)))
        if any(other.name == name for other in described.references):
            raise LockedBySignature()
        ids += [mark.id for mark in described.stamps]
        signatures.append(described.name)
    return SignatureList(name, True, root, max(map(_number, ids), default=0), tuple(signatures))


def _described(package: Package, name: str | None) -> Description:
    """A listed Signature.xml. Raises: ExistingSignatureBroken, DocumentUnreadable (limit)."""
    if name is None:
        raise ExistingSignatureBroken(reason=SIGNATURE_FILE_MISSING)
    try:
        return read_description(package, name)
    except XmlInvalidError as error:
        raise ExistingSignatureBroken(reason=XML_INVALID) from error


def _number(written: str) -> int:
    """The digits an ID ends with; 0 where there are none. Met: `2`, `001`, `s006`."""
    found = _LAST_DIGITS.search(written.strip()[-64:])
    return int(found.group(1)) if found else 0


def plan(package: Package, listed: SignatureList, kind: str, stamps: int) -> NewSignature:
    """The numbers and the directory of one more signature with so many stamps."""
    base = directory_of(listed.name)
    if not base.isascii():
        base = "Signs"  # propertyInfo, an IA5String, must hold the path
    elif base.rpartition("/")[2].lower() != "signs":
        base = f"{base}/Signs".lstrip("/")
    used = [
        int(found.group(1))
        for name in package.names
        if name.casefold().startswith(f"{base}/".casefold())
        and (found := _SIGN_DIRECTORY.match(name.casefold().split("/")[base.count("/") + 1]))
    ]
    directory = f"{base}/Sign_{max(used, default=-1) + 1}"
    number = listed.last_id + 1
    return NewSignature(kind, number, number + stamps, directory)


def with_entry(listed: SignatureList, new: NewSignature) -> bytes:
    """The list with one more entry, in its own prefix and namespace."""
    attributes = {
        "ID": sign_id(new.number),
        "Type": new.kind,
        "BaseLoc": f"/{new.file(SIGNATURE_FILE)}",
    }
    highest = sign_id(new.last_id)
    if listed.root is None:
        content = (element("MaxSignId", content=highest), element("Signature", attributes))
        return part("Signatures", content=content)
    root = cast(Any, listed.root)  # lxml ships no types
    namespace = str(root.tag).rpartition("}")[0]
    prefix = namespace + "}" if namespace else ""
    if not list(xml.children(root, "MaxSignId")):
        root.insert(0, etree.Element(f"{prefix}MaxSignId"))
    for one in xml.children(root, "MaxSignId"):
        one.text = highest
    etree.SubElement(root, f"{prefix}Signature", attributes)
    return cast(bytes, etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
