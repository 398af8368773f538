"""The evidence package: a zip whose every part has its digest in MANIFEST.json.

The manifest carries a digest of itself, so that a change in it is told from a change in a part.
That nobody remade the whole package is for the summary to say: it stands under the operator's
seal and names the digest over all other parts.
"""

import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO

from sealsvc.errors import BadInput, Conflict
from sealsvc.values import Json, JsonObject

FORMAT = "contract-evidence/1"
MANIFEST = "MANIFEST.json"
SUMMARY = "summary.pdf"
PACKAGE_LIMIT = 256 * 1024 * 1024
PARTS_LIMIT = 2000

_EPOCH = (1980, 1, 1, 0, 0, 0)
_PATH = re.compile(r"[A-Za-z0-9_.-]{1,80}(/[A-Za-z0-9_.-]{1,80}){0,2}", re.ASCII)
_REGULAR = 0o644 << 16


class EvidencePackageUnreadable(BadInput):
    """The bytes are no evidence package of ours, or one beyond its limits."""

    code = "EVIDENCE_PACKAGE_UNREADABLE"


class ContractEvidenceTooLarge(Conflict):
    """The contract's files together are larger than a package may be."""

    code = "CONTRACT_EVIDENCE_TOO_LARGE"


@dataclass(frozen=True)
class PartFinding:
    """Something wrong with one part. path: in the package; code: stable."""

    path: str
    code: str
    detail: str = ""


@dataclass(frozen=True)
class Package:
    """A package taken apart. findings: parts that are not as the manifest says, by path."""

    parts: Mapping[str, bytes]
    contract_id: str
    as_of: str
    parts_digest: str
    findings: tuple[PartFinding, ...]


def parts_digest(parts: Mapping[str, bytes]) -> str:
    """Hex SHA-256 over all parts but manifest and summary, as sha256sum would list them."""
    lines = (f"{sha256(parts[path]).hexdigest()}  {path}\n" for path in sorted(_covered(parts)))
    return sha256("".join(lines).encode()).hexdigest()


def write_package(parts: Mapping[str, bytes], contract_id: str, as_of: datetime) -> bytes:
    """The zip; the same parts give the same bytes. parts: all but the manifest.

    Raises: ContractEvidenceTooLarge.
    """
    if sum(map(len, parts.values())) > PACKAGE_LIMIT or len(parts) >= PARTS_LIMIT:
        raise ContractEvidenceTooLarge(limitBytes=PACKAGE_LIMIT)
    listed: JsonObject = {
        path: {"bytes": len(data), "sha256": sha256(data).hexdigest()}
        for path, data in sorted(parts.items())
    }
    manifest: JsonObject = {
        "format": FORMAT,
        "contractId": contract_id,
        "asOf": as_of.isoformat(),
        "partsDigest": parts_digest(parts),
        "parts": listed,
    }
    whole = {**parts, MANIFEST: _manifest_bytes(manifest)}
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(whole):
            info = zipfile.ZipInfo(path, _EPOCH)
            info.external_attr = _REGULAR
            info.create_system = 3
            archive.writestr(info, whole[path])
    return out.getvalue()


def read_package(data: bytes) -> Package:
    """Take a package apart and hold every part against the manifest.

    Raises: EvidencePackageUnreadable where it is no package at all.
    """
    parts, broken = _unpacked(data)
    if MANIFEST in broken or MANIFEST not in parts:
        code = "MANIFEST_CHANGED" if MANIFEST in broken else "PART_MISSING"
        return Package(parts, "", "", "", (PartFinding(MANIFEST, code), *_changed(broken)))
    manifest = _manifest(parts[MANIFEST])
    if manifest is None:
        findings = (PartFinding(MANIFEST, "MANIFEST_CHANGED"), *_changed(broken))
        return Package(parts, "", "", "", findings)
    listed = manifest["parts"]
    assert isinstance(listed, dict)  # `_manifest` has looked
    return Package(
        parts=parts,
        contract_id=str(manifest["contractId"]),
        as_of=str(manifest["asOf"]),
        parts_digest=str(manifest["partsDigest"]),
        findings=tuple(_compared(parts, broken, listed)),
    )


def _covered(parts: Iterable[str]) -> list[str]:
    return [path for path in parts if path not in (MANIFEST, SUMMARY)]


def _manifest_bytes(manifest: JsonObject) -> bytes:
    body = _canonical(manifest)
    whole = {**manifest, "manifestDigest": sha256(body).hexdigest()}
    return json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=True).encode() + b"\n"


def _canonical(shape: JsonObject) -> bytes:
    return json.dumps(shape, sort_keys=True, separators=(",", ":")).encode()


def _manifest(data: bytes) -> JsonObject | None:
    """The manifest without its own digest, None where a single byte of it is not as written."""
    try:
        shape = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(shape, dict) or shape.pop("manifestDigest", None) is None:
        return None
    if _manifest_bytes(shape) != data or shape.get("format") != FORMAT:
        return None
    texts = all(isinstance(shape.get(one), str) for one in ("contractId", "asOf", "partsDigest"))
    return shape if texts and isinstance(shape.get("parts"), dict) else None


def _unpacked(data: bytes) -> tuple[dict[str, bytes], list[str]]:
    """Parts by path, and the paths whose bytes do not fit their checksum."""
    parts: dict[str, bytes] = {}
    broken: list[str] = []
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            infos = archive.infolist()
            _require_bounded(infos)
            for info in infos:
                try:
                    parts[info.filename] = archive.read(info)
                except (zipfile.BadZipFile, zlib.error, EOFError, ValueError):
                    broken.append(info.filename)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, RuntimeError) as error:
        raise EvidencePackageUnreadable(reason=type(error).__name__) from error
    return parts, broken


def _require_bounded(infos: list[zipfile.ZipInfo]) -> None:
    names = [info.filename for info in infos]
    if len(set(names)) != len(names) or len(names) > PARTS_LIMIT:
        raise EvidencePackageUnreadable(reason="ENTRIES")
    if sum(info.file_size for info in infos) > PACKAGE_LIMIT + 1024 * 1024:
        raise EvidencePackageUnreadable(reason="SIZE")
    for info in infos:
        plain = info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1
        if not plain or _PATH.fullmatch(info.filename) is None:
            raise EvidencePackageUnreadable(reason="ENTRY")


def _changed(paths: Iterable[str]) -> Iterator[PartFinding]:
    return (PartFinding(path, "PART_CHANGED") for path in paths if path != MANIFEST)


def _compared(
    parts: Mapping[str, bytes], broken: list[str], listed: Mapping[str, Json]
) -> Iterator[PartFinding]:
    yield from _changed(broken)
    for path in sorted(set(listed) - set(parts) - set(broken)):
        yield PartFinding(path[:240], "PART_MISSING")
    for path in sorted(set(parts) - {MANIFEST}):
        entry = listed.get(path)
        if not isinstance(entry, dict):
            yield PartFinding(path, "PART_UNEXPECTED")
        elif entry.get("sha256") != sha256(parts[path]).hexdigest():
            yield PartFinding(path, "PART_CHANGED")
