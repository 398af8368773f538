"""Who attests in the demo's deal: operators in the register, with their permits and seals."""

from api.demo.service import Answer
from api.demo.steps import expect
from api.demo.story import Story
from sealsvc.areas.entities.model.demo import demo_operators
from sealsvc.areas.entities.model.record import EntityDraft
from sealsvc.values import SealMedium, SealStatus, SealType

SEAL_NAME = "电子业务专用章"
PERMITS = {"payment": "支付业务许可证", "carrier": "道路运输经营许可证"}
BROKER, BROKER_PERMIT = "carrier", "报关单位备案证明"
"""The carrier is registered as a customs broker too."""


def ready_operator(story: Story, name: str) -> str:
    """The operator in the register, with its permit and an active seal; made where missing."""
    draft = demo_operators()[name]
    service = story.service
    found = service.get("/v1/entities", by="operator", uscc=draft.uscc)["data"]
    if not found:
        service.post("/v1/entities", _registration(draft), by="operator", expect=201)
    held_permit(story, name, PERMITS[name])
    story.seals[f"operator {name}"] = _active_seal(story, name, draft)
    return draft.legal_name


def held_permit(story: Story, name: str, kind: str) -> None:
    """A valid permit of this kind on the operator's file; registered where missing."""
    uscc = demo_operators()[name].uscc
    path = f"/v1/entities/{uscc}/permits"
    held = {one["kind"] for one in story.service.get(path, status="VALID")["data"]}
    if kind not in held:
        permit = {
            "number": f"DEMO-{uscc[-6:]}",
            "kind": kind,
            "issuer": "示例发证机关",
            "validFrom": "2020-01-01",
        }
        story.service.post(path, permit, by="operator", expect=201)


def _registration(draft: EntityDraft) -> Answer:
    return {
        "uscc": draft.uscc,
        "legalName": draft.legal_name,
        "legalRepresentative": draft.legal_representative,
        "registeredAddress": draft.registered_address,
        "organizationType": None
        if draft.organization_type is None
        else str(draft.organization_type),
    }


def _active_seal(story: Story, name: str, draft: EntityDraft) -> str:
    service = story.service
    page = service.get("/v1/seals", by=name, uscc=draft.uscc, type=str(SealType.OTHER))
    states = (SealStatus.ACTIVE, SealStatus.APPROVED, SealStatus.APPLIED)
    rows = [row for row in page["data"] if row["status"] in states]
    row = rows[0] if rows else _applied(story, name, draft)
    for state, verb in ((SealStatus.APPLIED, "approve"), (SealStatus.APPROVED, "issue")):
        if row["status"] == state:
            row = service.post(f"/v1/seals/{row['id']}/{verb}", by="approver")
    expect(row["status"], "ACTIVE", f"status of the seal of {name}")
    return str(row["id"])


def _applied(story: Story, name: str, draft: EntityDraft) -> Answer:
    application: Answer = {
        "uscc": draft.uscc,
        "type": str(SealType.OTHER),
        "medium": str(SealMedium.ELECTRONIC),
        "name": SEAL_NAME,
    }
    return story.service.post("/v1/seals", application, by=name, expect=201)
