"""Verify an evidence package with nothing but the package: no network, no database.

Digests first, then what the parts say: each sealed file is judged, each receipt is held against
the log's key, and the steps must form one chain from the text to the final file.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sealsvc.areas.contracts.model.package import (
    MANIFEST,
    SUMMARY,
    PartFinding,
    parts_digest,
    read_package,
)
from sealsvc.areas.verification.certificates import load_certificates, load_crl
from sealsvc.areas.verification.offline import OfflineMaterial, verify_offline
from sealsvc.documents.keywords import find_keyword
from sealsvc.errors import ServiceError
from sealsvc.ports import Clock, Sandbox
from sealsvc.tlog import TlogError
from sealsvc.tlog.policy import Policy as LogPolicy
from sealsvc.tlog.policy import policy_of_key
from sealsvc.tlog.proof import verify_receipt
from sealsvc.values import JsonObject

_HOLDING = frozenset({"TRUSTED", "INTACT"})


@dataclass(frozen=True)
class PackageReport:
    """What can be said. documents: path and verdict of each sealed file. trusted: roots were given.

    key_given: the log's key came from outside, not from the package. as_of: when it was made.
    """

    contract_id: str
    as_of: str
    parts: int
    findings: tuple[PartFinding, ...]
    documents: tuple[tuple[str, str], ...]
    trusted: bool
    key_given: bool

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


@dataclass(frozen=True)
class Checker:
    """What the verifier brings along. anchors_der: roots it trusts; vkey: the log's key."""

    sandbox: Sandbox
    clock: Clock
    anchors_der: tuple[bytes, ...] = ()
    vkey: str | None = None

    def check(self, data: bytes) -> PackageReport:
        """Judge a package. Raises: EvidencePackageUnreadable."""
        package = read_package(data)
        findings = list(package.findings)
        documents: list[tuple[str, str]] = []
        if not findings:
            try:
                findings += self._content(package.parts, package.as_of, documents)
            except (ServiceError, TlogError, KeyError, ValueError, TypeError) as error:
                code = getattr(error, "code", type(error).__name__)
                findings.append(PartFinding(MANIFEST, "PACKAGE_INCOMPLETE", str(code)))
        return PackageReport(
            contract_id=package.contract_id,
            as_of=package.as_of,
            parts=len(package.parts),
            findings=tuple(findings),
            documents=tuple(documents),
            trusted=bool(self.anchors_der),
            key_given=self.vkey is not None,
        )

    def _content(
        self, parts: Mapping[str, bytes], as_of: str, documents: list[tuple[str, str]]
    ) -> Iterator[PartFinding]:
        policy = policy_of_key(self.vkey or parts["log.vkey"].decode("ascii").strip())
        yield from _receipts(parts, policy)
        steps = _steps(parts)
        files = _files(parts)
        yield from _chain(parts, policy, files, steps)
        for number, path in enumerate(files[1:], 1):
            receipts = tuple(
                parts[f"receipts/sealing-{one:02}.tlog-proof"] for one in range(1, number + 1)
            )
            yield from self._document(parts, path, (receipts, policy, as_of), documents)
        yield from self._document(parts, SUMMARY, ((), policy, as_of), documents)
        yield from self._summary(parts)

    def _document(
        self,
        parts: Mapping[str, bytes],
        path: str,
        given: tuple[tuple[bytes, ...], LogPolicy, str],
        documents: list[tuple[str, str]],
    ) -> Iterator[PartFinding]:
        receipts, policy, as_of = given
        material = OfflineMaterial(
            anchors_der=self.anchors_der,
            issuers_der=load_certificates(parts["certificates/issuers.pem"]),
            crls_der=tuple(
                load_crl(data) for name, data in sorted(parts.items()) if name.startswith("crls/")
            ),
            receipts=receipts,
            log_policy=policy,
        )
        try:
            report = verify_offline(
                parts[path],
                material,
                sandbox=self.sandbox,
                clock=self.clock,
                validation_time=datetime.fromisoformat(as_of),
            )
        except ServiceError as error:
            yield PartFinding(path, "DOCUMENT_UNREADABLE", error.code)
            return
        word = str(report.summary)
        documents.append((path, word))
        good = _HOLDING if self.anchors_der else _HOLDING | {"INDETERMINATE"}
        if word not in good:
            yield PartFinding(path, "DOCUMENT_NOT_SOUND", word)

    def _summary(self, parts: Mapping[str, bytes]) -> Iterator[PartFinding]:
        """The sealed summary must name the digest of the parts that are here."""
        digest = parts_digest(parts)
        try:
            self.sandbox.run(find_keyword, parts[SUMMARY], digest)
        except ServiceError:
            yield PartFinding(SUMMARY, "SUMMARY_OF_OTHER_PARTS")


def _receipts(parts: Mapping[str, bytes], policy: LogPolicy) -> Iterator[PartFinding]:
    for path in sorted(parts):
        if not path.startswith("receipts/"):
            continue
        try:
            verify_receipt(parts[path], policy)
        except TlogError as error:
            yield PartFinding(path, "RECEIPT_INVALID", str(error.fields.get("reason", "")))


def _steps(parts: Mapping[str, bytes]) -> list[JsonObject]:
    found = [json.loads(parts[path]) for path in sorted(parts) if path.startswith("evidence/")]
    if not found or not all(isinstance(one, dict) for one in found):
        raise KeyError("evidence")
    return found


def _files(parts: Mapping[str, bytes]) -> list[str]:
    """The text, each sealed file, the final one: `00-`, `01-` … sort before `final`."""
    return [path for path in sorted(parts) if path.startswith("documents/")]


def _chain(
    parts: Mapping[str, bytes], policy: LogPolicy, files: list[str], steps: list[JsonObject]
) -> Iterator[PartFinding]:
    if len(files) != len(steps) + 1:
        yield PartFinding(MANIFEST, "CHAIN_INCOMPLETE")
        return
    digests = [sha256(parts[path]).hexdigest() for path in files]
    for number, step in enumerate(steps, 1):
        document = step["document"]
        path = f"evidence/{number:02}.json"
        if not isinstance(document, dict) or step.get("step") != number:
            yield PartFinding(path, "EVIDENCE_MALFORMED")
            continue
        wanted = {"digestBefore": digests[number - 1], "digestAfter": digests[number]}
        if document != wanted:
            yield PartFinding(path, "CHAIN_BROKEN")
        yield from _logged(parts, policy, step, digests[number])


def _logged(
    parts: Mapping[str, bytes], policy: LogPolicy, step: JsonObject, digest: str
) -> Iterator[PartFinding]:
    """What the log has of a step must be what the evidence says."""
    number = f"{step['step']:02}"  # it was held against its place
    path = f"receipts/sealing-{number}.tlog-proof"
    try:
        payload = verify_receipt(parts[path], policy, document_sha256=digest).payload
    except TlogError:
        yield PartFinding(path, "RECEIPT_OF_OTHER_FILE")
        return
    signature = step["signature"]
    seal = step["seal"]
    assert isinstance(signature, dict)
    assert isinstance(seal, dict)
    said = (signature.get("sha256"), signature.get("certificateSerial"), seal.get("id"))
    logged = (payload.get("signatureDigest"), payload.get("certSerial"), payload.get("sealId"))
    if said != logged:
        yield PartFinding(f"evidence/{number}.json", "EVIDENCE_CONTRADICTS_LOG")
