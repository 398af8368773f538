"""The forger's tools for packages: parts, lists, descriptions, and DER surgery on values."""

import zipfile
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from ca import sm2
from sealsvc.formats import der, encode
from tests.attacks.ofd.nation import Holder
from tests.builders import ofd, seals
from tests.builders.ofd import NS, SM3_OID, Parts, Stored

SIGNATURES = "Doc_0/Signs/Signatures.xml"
SIGN = "Doc_0/Signs/Sign_0"
DESCRIPTION = f"{SIGN}/Signature.xml"
VALUE = f"{SIGN}/SignedValue.dat"
SEAL = f"{SIGN}/Seal.esl"
PAGE = "Doc_0/Pages/Page_0/Content.xml"
DOCUMENT = "Doc_0/Document.xml"
RESOURCES = "Doc_0/PublicRes.xml"
ROUTE = "OFD.xml"


def parts_of(data: bytes) -> Parts:
    """Every file of a package, in order."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def entries_of(data: bytes) -> list[Stored]:
    """The same as entries that may lie."""
    return ofd.stored(parts_of(data))


def packed(parts: Mapping[str, bytes]) -> bytes:
    """A package of these parts."""
    return ofd.pack(parts)


def swap(parts: Parts, name: str, old: bytes, new: bytes, count: int = 1) -> None:
    """Other bytes in a part, which must hold the old ones."""
    assert old in parts[name], (name, old)
    parts[name] = parts[name].replace(old, new, count)


def before_end(parts: Parts, name: str, addition: bytes) -> None:
    """Adds before the end tag of a part's root element."""
    end = parts[name].rindex(b"</")
    parts[name] = parts[name][:end] + addition + parts[name][end:]


@dataclass(frozen=True)
class Value:
    """A seal signature in four pieces and whatever follows: DER of each."""

    tbs: bytes
    certificate: bytes
    algorithm: bytes
    value: bytes
    after: bytes = b""

    @property
    def der(self) -> bytes:
        """Put together."""
        return encode.sequence(self.tbs, self.certificate, self.algorithm, self.value, self.after)


def value_of(content: bytes) -> Value:
    """A SignedValue.dat taken apart."""
    items = [one.encoded for one in der.read_one(content).children()]
    return Value(*items[:4])


def tbs_items(value: Value) -> list[bytes]:
    """version, eseal, timeInfo, dataHash, propertyInfo."""
    return [one.encoded for one in der.read_one(value.tbs).children()]


@dataclass(frozen=True)
class Forgery:
    """One more signature with a holder's key. names: parts referenced, None for all; first: put
    at the head of the list; describe: edits Signature.xml before it is signed.
    """

    holder: Holder
    at: datetime
    number: int = 0
    names: tuple[str, ...] | None = None
    first: bool = False
    kind: str = "Seal"
    version: int = 4
    stamp: str = '<ofd:StampAnnot ID="s{id}" PageRef="2" Boundary="60 60 40 40"/>'
    describe: Callable[[bytes], bytes] = lambda text: text
    relative: str = ""


def forged(parts: Parts, how: Forgery) -> Parts:
    """The parts with the forged signature, everything else as an honest sealer would do it."""
    made = dict(parts)
    directory = f"Doc_0/Signs/Sign_{how.number}"
    made[f"{directory}/Seal.esl"] = how.holder.eseal_der
    _listed(made, how, directory)
    described = how.describe(_description(made, how, directory))
    made[f"{directory}/Signature.xml"] = described
    loose = seals.loose(
        seal_der=how.holder.eseal_der,
        certificate_der=how.holder.certificate_der,
        signed_at=encode.generalized(how.at),
        data_hash=sm2.sm3(described),
        value=how.holder.sign,
        version=how.version,
        property_info=encode.ia5(f"/{directory}/Signature.xml"),
    )
    made[f"{directory}/SignedValue.dat"] = loose.der()
    return made


def _listed(parts: Parts, how: Forgery, directory: str) -> None:
    relative = f' Relative="{how.relative}"' if how.relative else ""
    entry = (
        f'<ofd:Signature ID="s{100 + 2 * how.number}" Type="{how.kind}"{relative} '
        f'BaseLoc="/{directory}/Signature.xml"/>'
    ).encode()
    if SIGNATURES not in parts:
        parts[SIGNATURES] = ofd.xml("Signatures", "")
        listed = f"<ofd:Signatures>/{SIGNATURES}</ofd:Signatures></ofd:DocBody>".encode()
        swap(parts, ROUTE, b"</ofd:DocBody>", listed)
    if how.first:
        swap(parts, SIGNATURES, b"<ofd:Signature ", entry + b"<ofd:Signature ")
    else:
        before_end(parts, SIGNATURES, entry)


def _description(parts: Parts, how: Forgery, directory: str) -> bytes:
    names = [one for one in parts if one != SIGNATURES] if how.names is None else how.names
    references = "".join(
        f'<ofd:Reference FileRef="/{name}"><ofd:CheckValue>'
        f"{b64encode(sm2.sm3(parts[name])).decode()}</ofd:CheckValue></ofd:Reference>"
        for name in names
    )
    return ofd.xml(
        "Signature",
        '<ofd:SignedInfo><ofd:Provider ProviderName="forger"/>'
        "<ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod>"
        f'<ofd:References CheckMethod="{SM3_OID}">{references}</ofd:References>'
        + how.stamp.replace("{id}", f"{101 + 2 * how.number}")
        + f"<ofd:Seal><ofd:BaseLoc>/{directory}/Seal.esl</ofd:BaseLoc></ofd:Seal></ofd:SignedInfo>"
        f"<ofd:SignedValue>/{directory}/SignedValue.dat</ofd:SignedValue>",
    )


def drawn_page(text: str = "forged") -> bytes:
    """A page content with other words."""
    return ofd.page(text)


__all__ = ["NS", "SM3_OID", "Parts", "Stored"]
