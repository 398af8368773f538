"""The facts of contracts: commitments, nothing public. Source: CONTRACT section 4."""

from sealsvc.areas.contracts.model.contract import ContractView, SealingStep
from sealsvc.areas.contracts.model.lifecycle import ContractAction, transition
from sealsvc.areas.contracts.model.template import TemplateView
from sealsvc.values import Fact, JsonObject, Subject, SubjectKind

SEAL_INTENDED = "contract.seal_intended"
CHANGE_PROPOSED = "contract.change_proposed"
EVIDENCE_ISSUED = "contract.evidence_issued"
TEMPLATE_PUBLISHED = "contract.template_published"
AUDIT_OPENED = "audit.opened"


def contract_fact(
    contract: ContractView, action: ContractAction, *, by: str, reason: str | None = None
) -> Fact:
    """What an action did. contract: after it. by: client id or SYSTEM.

    Whoever presents the contract's present file opens the fact, as do the parties that know of it.
    """
    return _fact(transition(action).fact_type, contract, by, {"reason": reason})


def created(contract: ContractView, *, by: str) -> Fact:
    """`contract.created` fixes the terms: parties, roles, order, deadline, template."""
    return _fact(transition(ContractAction.CREATE).fact_type, contract, by, _terms(contract))


def revised(contract: ContractView, *, by: str) -> Fact:
    """`contract.revised` fixes the terms anew."""
    return _fact(transition(ContractAction.REVISE).fact_type, contract, by, _terms(contract))


def change_proposed(contract: ContractView, *, by: str) -> Fact:
    """A signer proposed what another has to agree to."""
    pending = contract.pending
    assert pending is not None
    more: JsonObject = {
        "action": str(pending.action),
        "uscc": pending.by_uscc,
        "reason": pending.reason,
    }
    return _fact(CHANGE_PROPOSED, contract, by, more)


def seal_intended(contract: ContractView, *, by: str, uscc: str, intent: JsonObject) -> Fact:
    """A party's will to seal the present file, before anything is signed."""
    return _fact(SEAL_INTENDED, contract, by, {"uscc": uscc, "intent": intent})


def sealed_fact(contract: ContractView, step: SealingStep) -> Fact:
    """`contract.sealed`; step.fact_id is not known yet. contract: after the seal."""
    more: JsonObject = {
        "uscc": step.uscc,
        "step": step.step,
        "sealId": step.seal_id,
        "sealStatus": step.seal_status,
        "sealingId": step.sealing_id,
        "certSerial": step.cert_serial,
        "digestBefore": step.digest_before,
        "signatureDigest": step.signature_sha256,
        "intentFactId": step.intent_fact_id,
        "sealingFactId": step.sealing_fact_id,
    }
    found_by = Subject(SubjectKind.SEALING, step.sealing_id)
    return _fact(
        transition(ContractAction.SEAL).fact_type, contract, step.client_id, more, found_by
    )


def evidence_issued(
    contract: ContractView, *, by: str, package_sha256: str, parts_sha256: str
) -> Fact:
    """A package of evidence was made; who holds it finds this fact by its digest."""
    more: JsonObject = {"digest": package_sha256, "partsDigest": parts_sha256}
    package = Subject(SubjectKind.DOCUMENT, package_sha256)
    return _fact(EVIDENCE_ISSUED, contract, by, more, package)


def template_published(template: TemplateView, *, content_sha256: str) -> Fact:
    """A version of a template came into being."""
    payload: JsonObject = {
        "by": template.by,
        "templateId": template.template_id,
        "version": template.version,
        "contentDigest": content_sha256,
    }
    subjects = [Subject(SubjectKind.CONTRACT, template.template_id)]
    if template.owner_uscc is not None:
        payload["ownerUscc"] = template.owner_uscc
        subjects.append(Subject(SubjectKind.ENTITY, template.owner_uscc))
    return Fact(TEMPLATE_PUBLISHED, tuple(subjects), {}, payload)


def audited(by: str) -> Fact:
    """`audit.opened`: an auditor read a contract. Source: transparency-log section 13.8."""
    return Fact(AUDIT_OPENED, (Subject(SubjectKind.CLIENT, by),), {}, {"by": by, "count": 1})


def _fact(kind: str, contract: ContractView, by: str, more: JsonObject, *found_by: Subject) -> Fact:
    payload: JsonObject = {
        "by": by,
        "contractId": contract.contract_id,
        "number": contract.number,
        "status": str(contract.status),
        "version": contract.version,
        "digest": contract.current_sha256,
    }
    payload |= {name: value for name, value in more.items() if value is not None}
    knowing = [one.uscc for one in contract.parties] if contract.shared else []
    entities = dict.fromkeys([contract.initiator_uscc, *knowing])
    subjects = (
        Subject(SubjectKind.CONTRACT, contract.contract_id),
        Subject(SubjectKind.DOCUMENT, contract.current_sha256),
        *(Subject(SubjectKind.ENTITY, uscc) for uscc in entities),
        *found_by,
    )
    return Fact(kind, subjects, {}, payload)


def _terms(contract: ContractView) -> JsonObject:
    terms: JsonObject = {
        "title": contract.title,
        "parties": [{"uscc": one.uscc, "role": str(one.role)} for one in contract.parties],
        "order": str(contract.order),
        "deadline": contract.deadline.isoformat(),
        "mediaType": contract.media_type,
        "templateId": contract.template_id,
        "templateVersion": contract.template_version,
        "supersedes": contract.supersedes,
        "succession": None if contract.succession is None else str(contract.succession),
    }
    return terms
