"""The evidence package of a contract (出证): made once a version, the same file for everybody.

Source: china-domain section 7 (evidence set, evidence report; GB/T 39321).
"""

import json
from collections.abc import Iterator

from asn1crypto import pem

from sealsvc.areas.certs import service as certs
from sealsvc.areas.contracts import repo
from sealsvc.areas.contracts.model import facts
from sealsvc.areas.contracts.model.contract import ContractView, SealingStep
from sealsvc.areas.contracts.model.package import SUMMARY, parts_digest, write_package
from sealsvc.areas.contracts.service import query
from sealsvc.areas.contracts.service._record import Word, record_event
from sealsvc.areas.contracts.summary import SEAL_PLACE, summary_pdf
from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.transparency import service as transparency
from sealsvc.areas.transparency.model import Pending, ReleasedLog
from sealsvc.errors import Conflict, Unavailable
from sealsvc.values import JsonObject, Principal

README = """电子合同证据包 · Contract evidence package

documents/  合同文件：00-original 为用章前原文，NN-sealed 为第 NN 次用章后，final 为最终文件
evidence/   每次用章的证据：身份、意愿、前后摘要、证书、印章状态、时间、日志
receipts/   透明日志回执（C2SP tlog-proof），可离线核验
certificates/  签名证书、签发机构证书；trust.pem 仅供对照，不构成信任依据
crls/       制作时的证书吊销列表
log.vkey    透明日志公钥；应另从可信渠道取得并比对
summary.pdf 摘要，加盖服务方电子印章，载明其余文件的总摘要值
MANIFEST.json  每个文件的 SHA-256

Verify offline, with no network and no account:
    sealsvc evidence verify FILE.zip --trust roots.pem --key "$(cat log.vkey)"
Take roots.pem and the log key from a source you trust, not from this package. Without --trust
and --key the files are held against each other only.
"""


class ContractNotSealed(Conflict):
    """Nobody has sealed the contract yet, so there is nothing to give evidence of."""

    code = "CONTRACT_NOT_SEALED"


class EvidencePending(Unavailable):
    """Facts of the contract are not in the log's tree yet; they will be in a moment."""

    code = "CONTRACT_EVIDENCE_PENDING"


def evidence(
    deps: Deps, logbook: ReleasedLog, principal: Principal, contract_id: str
) -> tuple[ContractView, bytes]:
    """The package of the contract's present version, for its parties and auditors.

    Raises: ContractNotFound, ContractNotSealed, EvidencePending, OperatorSealMissing,
    ContractEvidenceTooLarge, and what sealing the summary raises.
    """
    contract = query.get(deps, principal, contract_id)
    if not contract.steps:
        raise ContractNotSealed()
    query.note_audit(deps, principal)
    with deps.read() as session:
        made = repo.find_evidence(session, contract_id, contract.version)
    if made is None:
        made = _make(deps, logbook, principal, contract)
    return contract, deps.blobs.get(made)


def _make(deps: Deps, logbook: ReleasedLog, principal: Principal, contract: ContractView) -> str:
    sealing.require_report_seal(deps)
    as_of = deps.clock.now().replace(microsecond=0)
    parts = dict(_parts(deps, logbook, contract))
    digest = parts_digest(parts)
    page = deps.sandbox.run(summary_pdf, contract, digest, as_of)
    number = f"{contract.contract_id}-{contract.version}"
    parts[SUMMARY] = sealing.under_operator_seal(deps, page, SEAL_PLACE, number)
    package = write_package(parts, contract.contract_id, as_of)
    stored = deps.blobs.put(package)
    with deps.write() as tx:
        repo.get_for_update(tx.session, contract.contract_id)
        made = repo.find_evidence(tx.session, contract.contract_id, contract.version)
        if made is not None:  # another request was faster; its package is given to all
            return made
        by = principal.client_id
        fact = facts.evidence_issued(contract, by=by, package_sha256=stored, parts_sha256=digest)
        fact_id = record_event(tx, contract, fact, Word(by, principal.entity_uscc))
        repo.add_evidence(tx.session, contract, stored, tx.now, fact_id)
        tx.commit()
    return stored


def _parts(deps: Deps, logbook: ReleasedLog, contract: ContractView) -> Iterator[tuple[str, bytes]]:
    yield "README.txt", README.encode()
    yield "log.vkey", f"{transparency.key(logbook)}\n".encode()
    yield from _documents(deps, contract)
    yield from _receipts(deps, logbook, contract)
    yield from _certificates(deps, contract)
    for step in contract.steps:
        shape = _step_shape(contract, step)
        text = json.dumps(shape, indent=1, sort_keys=True, ensure_ascii=False)
        yield f"evidence/{step.step:02}.json", f"{text}\n".encode()


def _documents(deps: Deps, contract: ContractView) -> Iterator[tuple[str, bytes]]:
    extension = contract.media_type.rsplit("/", 1)[1]
    yield f"documents/00-original.{extension}", deps.blobs.get(contract.original_sha256)
    for step in contract.steps[:-1]:
        name = f"documents/{step.step:02}-sealed.{extension}"
        yield name, deps.blobs.get(step.digest_after)
    yield f"documents/final.{extension}", deps.blobs.get(contract.current_sha256)


def _receipts(
    deps: Deps, logbook: ReleasedLog, contract: ContractView
) -> Iterator[tuple[str, bytes]]:
    with deps.read() as session:
        recorded = repo.events(session, contract.contract_id)
    wanted = [
        (f"receipts/{number:03}-{one.type}.tlog-proof", one.fact_id, one.digest)
        for number, one in enumerate(recorded, 1)
        if one.type != facts.EVIDENCE_ISSUED
    ]
    wanted += [
        (f"receipts/sealing-{one.step:02}.tlog-proof", one.sealing_fact_id, one.digest_after)
        for one in contract.steps
    ]
    for path, fact_id, digest in wanted:
        # Opened by the file's digest, which stands in the payload: the package holds the file.
        found = transparency.receipt(deps, logbook, fact_id, None, digest=digest)
        if isinstance(found, Pending):
            raise EvidencePending(retryAfter=found.retry_after_s)
        yield path, found.text


def _certificates(deps: Deps, contract: ContractView) -> Iterator[tuple[str, bytes]]:
    material = certs.trust_material(deps)
    yield "certificates/trust.pem", _pem(*material.anchors_der)
    yield "certificates/issuers.pem", _pem(*material.issuers_der)
    for serial in sorted({step.cert_serial for step in contract.steps}):
        found = certs.find(deps, serial)
        if found is not None and found.der is not None:
            yield f"certificates/{serial}.pem", _pem(found.der)
    for number, der in enumerate(material.crls_der, 1):
        yield f"crls/{number:02}.crl", der


def _pem(*ders: bytes) -> bytes:
    return b"".join(pem.armor("CERTIFICATE", der) for der in ders)


def _step_shape(contract: ContractView, step: SealingStep) -> JsonObject:
    return {
        "contractId": contract.contract_id,
        "step": step.step,
        "identity": {
            "uscc": step.uscc,
            "name": step.name,
            "clientId": step.client_id,
            "clientName": step.client_name,
            "method": "API key bound to the entity",
        },
        "intent": {
            "at": step.intended_at.isoformat(),
            "factId": step.intent_fact_id,
            "statement": step.statement,
            "statementVersion": step.statement_version,
        },
        "document": {"digestBefore": step.digest_before, "digestAfter": step.digest_after},
        "signature": {
            "sha256": step.signature_sha256,
            "certificateSerial": step.cert_serial,
            "certificate": f"certificates/{step.cert_serial}.pem",
        },
        "seal": {
            "id": step.seal_id,
            "name": step.seal_name,
            "type": step.seal_type,
            "statusWhenUsed": step.seal_status,
        },
        "sealedAt": step.sealed_at.isoformat(),
        "log": {
            "contractFactId": step.fact_id,
            "sealingFactId": step.sealing_fact_id,
            "receipt": f"receipts/sealing-{step.step:02}.tlog-proof",
        },
    }
