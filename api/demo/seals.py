"""Steps about the life of seals: two persons make one, its owner suspends and resumes it."""

from api.demo.invoice import InvoicePdf
from api.demo.papers import codes_of
from api.demo.service import Answer, SealedFile, sealing_query
from api.demo.steps import expect
from api.demo.story import SEAL_PLANS, SealPlan, Story, find_seals
from sealsvc.imprint.render import render_png, spec_for
from sealsvc.values import Declaration, DocumentRole, SealMedium, SealStatus, SealType

PHYSICAL_CODE = "1101080012345"
_USABLE = (SealStatus.ACTIVE, SealStatus.SUSPENDED)
_PENDING = (SealStatus.APPLIED, SealStatus.APPROVED)


def apply(story: Story) -> str:
    """Each merchant applies for the seals it lacks; those of an earlier run are used again."""
    reused = 0
    for plan in SEAL_PLANS:
        rows = find_seals(story, plan.owner, plan.seal_type, SealMedium.ELECTRONIC, plan.by)
        found = _first(rows, _USABLE) or _first(rows, _PENDING)
        reused += found is not None
        row = found or story.service.post(
            "/v1/seals", _application(story, plan), by=plan.by, expect=201
        )
        story.keep(f"row {plan.key}", row)
    return f"{len(SEAL_PLANS)} 枚印章，其中 {reused} 枚已在登记库"


def second_person(story: Story) -> str:
    """Who applied may not approve; the application is rejected afterwards."""
    plan = SealPlan("trial", "a", "applicant", SealType.FINANCE, "财务专用章")
    row = story.service.post("/v1/seals", _application(story, plan), by="applicant", expect=201)
    path = f"/v1/seals/{row['id']}"
    story.service.refused(403, "SCOPE_MISSING", "POST", f"{path}/approve", by="applicant", json={})
    done = story.service.post(f"{path}/reject", {"reason": "演示：申请人不得自批"}, by="approver")
    expect(done["status"], "REJECTED", "status of the trial application")
    return "申请人自批 → 403 SCOPE_MISSING；另一人驳回"


def approve(story: Story) -> str:
    """Another person approves what is still open."""
    return f"{_advance(story, SealStatus.APPLIED, 'approve')} 枚获批"


def issue(story: Story) -> str:
    """Key, certificate and imprint come into being; seals left suspended are resumed."""
    issued = _advance(story, SealStatus.APPROVED, "issue")
    for plan in SEAL_PLANS:
        row = story.kept(f"row {plan.key}", dict)
        if row["status"] == SealStatus.SUSPENDED:
            row = _change(story, row, "resume", f"merchant-{plan.owner}")
        expect(row["status"], "ACTIVE", f"status of {plan.key}")
        story.seals[plan.key] = row["id"]
    return f"{issued} 枚启用，全部 ACTIVE"


def status(story: Story) -> str:
    """Anyone may ask for a seal's status."""
    for plan in SEAL_PLANS:
        found = story.service.get(f"/v1/seals/{story.seal_id(plan.key)}/status")
        expect(found["status"], "ACTIVE", f"public status of {plan.key}")
    return "公开查询，无需密钥"


def suspended_refused(story: Story) -> str:
    """A suspended seal cannot be used."""
    seal_id = story.seal_id("a-invoice")
    _change(story, {"id": seal_id}, "suspend", "merchant-a")
    _refuse_sealing(story, seal_id, "SEAL_NOT_ACTIVE")
    return "409 SEAL_NOT_ACTIVE"


def sealed_before(story: Story) -> str:
    """What was sealed before the suspension stays TRUSTED; the present status is shown."""
    file = story.kept("sealed invoice", SealedFile)
    report = story.judged("invoice-after-suspension", file.data, ("TRUSTED",))
    seal = report["signatures"][0]["seal"]
    expect(seal["statusAtSigning"], "ACTIVE", "status at signing")
    expect(seal["statusNow"], "SUSPENDED", "status now")
    return f"TRUSTED，盖章时 ACTIVE，现在 SUSPENDED（{len(codes_of(report))} 条发现）"


def resume(story: Story) -> str:
    """The owner resumes its seal."""
    row = _change(story, {"id": story.seal_id("a-invoice")}, "resume", "merchant-a")
    expect(row["status"], "ACTIVE", "status")
    return "ACTIVE"


def physical(story: Story) -> str:
    """A physical seal is filed with its imprint; sealing with it is refused."""
    rows = find_seals(story, "a", SealType.CONTRACT, SealMedium.PHYSICAL, "applicant")
    row = _first(rows, (SealStatus.ACTIVE, *_PENDING)) or _apply_physical(story)
    if row["status"] == SealStatus.APPLIED:
        row = story.service.post(f"/v1/seals/{row['id']}/approve", by="approver")
    if row["status"] == SealStatus.APPROVED:
        row = story.service.post(f"/v1/seals/{row['id']}/issue", by="approver")
    expect(row["status"], "ACTIVE", "status of the physical seal")
    _refuse_sealing(story, row["id"], "SEAL_IS_PHYSICAL", DocumentRole.CONTRACT)
    return f"印章编码 {row['code']} 已备案；409 SEAL_IS_PHYSICAL"


def void_needs_two(story: Story) -> str:
    """One regulator can propose to void a seal, but not confirm its own proposal."""
    path = f"/v1/seals/{story.seal_id('c-invoice')}"
    if story.service.get(path, by="regulator")["voidProposal"] is None:
        row = story.service.post(f"{path}/void", {"reason": "演示：作废须两人"}, by="regulator")
        expect(row["status"], "ACTIVE", "status after one regulator's proposal")
    story.service.refused(
        403,
        "DUAL_CONTROL_REQUIRED",
        "POST",
        f"{path}/void",
        by="regulator",
        json={"reason": "演示"},
    )
    return "同一监管人确认 → 403 DUAL_CONTROL_REQUIRED"


def _application(story: Story, plan: SealPlan) -> Answer:
    return {
        "uscc": story.merchant(plan.owner).uscc,
        "type": str(plan.seal_type),
        "medium": str(SealMedium.ELECTRONIC),
        "name": plan.name,
    }


def _apply_physical(story: Story) -> Answer:
    owner = story.merchant("a")
    spec = spec_for(
        SealType.CONTRACT,
        entity_name=owner.legal_name,
        uscc=owner.uscc,
        seal_name=None,
        person_name=None,
        sequence=None,
    )
    imprint = render_png(spec, 300)
    body = {
        "uscc": owner.uscc,
        "type": str(SealType.CONTRACT),
        "medium": str(SealMedium.PHYSICAL),
        "name": "合同专用章（实物）",
        "code": PHYSICAL_CODE,
    }
    row = story.service.post("/v1/seals", body, by="applicant", expect=201)
    filed: Answer = story.service.call(
        "PUT",
        f"/v1/seals/{row['id']}/imprint",
        by="applicant",
        content=imprint,
        headers={"Content-Type": "image/png"},
    ).json()
    return filed


def _advance(story: Story, status: SealStatus, verb: str) -> int:
    """Let the approver act on each planned seal in this state; how many there were."""
    count = 0
    for plan in SEAL_PLANS:
        row = story.kept(f"row {plan.key}", dict)
        if row["status"] == status:
            row = story.service.post(f"/v1/seals/{row['id']}/{verb}", by="approver")
            story.keep(f"row {plan.key}", row)
            count += 1
    return count


def _change(story: Story, row: Answer, verb: str, by: str) -> Answer:
    return story.service.post(f"/v1/seals/{row['id']}/{verb}", {"reason": "演示"}, by=by)


def _refuse_sealing(
    story: Story, seal_id: str, code: str, role: DocumentRole = DocumentRole.INVOICE
) -> None:
    invoice = story.kept("invoice", InvoicePdf)
    story.service.refused(
        409,
        code,
        "POST",
        "/v1/sealings",
        by="merchant-a",
        params=sealing_query(seal_id, invoice.seal, Declaration(role)),
        content=invoice.data,
        headers={"Content-Type": "application/pdf"},
    )


def _first(rows: list[Answer], states: tuple[SealStatus, ...]) -> Answer | None:
    return next((row for row in rows if row["status"] in states), None)
