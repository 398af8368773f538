"""A trust domain with merchants and seals, ready to be used: real keys, real certificates."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ParamSpec, TypeVar

from fpdf import FPDF
from sqlmodel import select

from ca.names import SubjectName
from sealsvc.adapters.sandbox import InlineSandbox
from sealsvc.areas.certs import service as certs
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.model import EntityDraft
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.sealing.service import SealingRequest, SealingResult
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.pictures import drawn_picture
from sealsvc.areas.seals.model.views import ChangeRequest, SealApplication, SealView
from sealsvc.areas.transparency.model import StoredFact
from sealsvc.areas.transparency.repo import FactFilter, queued
from sealsvc.areas.verification import service as verification
from sealsvc.areas.verification.model import VerificationRequest
from sealsvc.storage.tables import FactRow
from sealsvc.values import (
    DocumentRole,
    Principal,
    Scope,
    SealMedium,
    SealType,
    Subject,
    SubjectKind,
)
from sealsvc.verify.evidence import Expectation
from tests.areas.conftest import SettableClock

P = ParamSpec("P")
T = TypeVar("T")

A = "91110000MA00000152"
B = "31310000MD0000016Y"
NAMES = {A: "北京示例商贸有限公司", B: "上海样本律师事务所"}
OPERATOR = Principal("cli_op", "operator", frozenset({Scope.ENTITY_WRITE, Scope.ENTITY_READ}))
APPROVER = Principal("cli_ap", "approver", frozenset({Scope.SEAL_APPROVE}))
REGULATOR = Principal(
    "cli_re", "regulator", frozenset({Scope.SEAL_MANAGE, Scope.AUDIT_READ, Scope.SEAL_APPROVE})
)
SHOP = Principal("cli_sh", "shop", frozenset({Scope.VERIFY}))
_MERCHANT = frozenset({Scope.SEAL_APPLY, Scope.SEAL_SIGN, Scope.SEAL_MANAGE, Scope.VERIFY})


def merchant(uscc: str) -> Principal:
    return Principal(f"cli_{uscc[:6].lower()}", NAMES[uscc], _MERCHANT, uscc)


@cache
def pdf(text: str = "Invoice 0001", pages: int = 1) -> bytes:
    document = FPDF(format="A4")
    for number in range(1, pages + 1):
        document.add_page()
        document.set_font("helvetica", size=14)
        document.cell(text=f"{text}, page {number}")
    return bytes(document.output())


_drawn: dict[object, object] = {}


class Remembering(InlineSandbox):
    """Draws each imprint once a run: the same pixels every time, and a third of a second."""

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if function.__name__ != drawn_picture.__name__:
            return super().run(function, *args, **kwargs)
        if args not in _drawn:
            _drawn[args] = super().run(function, *args, **kwargs)
        return _drawn[args]  # type: ignore[return-value]


MAKER = "12420000000000027K"


@dataclass
class Story:
    """deps over a fresh database, and the verbs in few words."""

    deps: Deps
    clock: SettableClock

    def open(self, *, national: bool = False) -> "Story":
        self.deps = replace(self.deps, sandbox=Remembering())
        certs.create_hierarchy(self.deps, domain_name="Demo Seals")
        if national:
            maker = SubjectName(
                common_name="示例制章系统", organization="示例印章制作中心", uscc=MAKER
            )
            certs.create_national(self.deps, domain_name="Demo Seals", maker=maker)
        for uscc, name in NAMES.items():
            draft = EntityDraft(uscc=uscc, legal_name=name, legal_representative="王小明")
            entities.register(self.deps, OPERATOR, draft)
        return self

    def seal(self, uscc: str = A, kind: SealType = SealType.INVOICE) -> SealView:
        who = merchant(uscc)
        name = {SealType.INVOICE: "发票专用章", SealType.CONTRACT: "合同专用章"}[kind]
        application = SealApplication(uscc, kind, SealMedium.ELECTRONIC, name)
        applied = seals.apply(self.deps, who, application)
        approve = ChangeRequest(SealAction.APPROVE)
        seals.change(self.deps, APPROVER, applied.seal_id, approve)
        issued = seals.issue(self.deps, APPROVER, applied.seal_id)
        self.clock.forward(minutes=1)
        return issued

    def change(self, seal: SealView, action: SealAction, who: Principal = REGULATOR) -> SealView:
        request = ChangeRequest(action, reason="because")
        return seals.change(self.deps, who, seal.seal_id, request)

    def use(self, seal: SealView, data: bytes | None = None, **options: object) -> SealingResult:
        who = options.pop("who", merchant(seal.owner_uscc))
        assert isinstance(who, Principal)
        request = SealingRequest(seal.seal_id, pdf() if data is None else data)
        result = sealing.seal(self.deps, who, replace(request, **options))  # type: ignore[arg-type]
        self.clock.forward(minutes=1)
        return result

    def invoice(self, seal: SealView, data: bytes | None = None) -> SealingResult:
        return self.use(seal, data, role=DocumentRole.INVOICE, seller_uscc=seal.owner_uscc)

    def verify(self, data: bytes, **expected: object) -> dict[str, Any]:
        expectation = Expectation(**expected)  # type: ignore[arg-type]
        request = VerificationRequest(data, "file.pdf", expectation=expectation)
        shape: dict[str, Any] = json.loads(verification.verify(self.deps, None, request).body)
        return shape

    def facts(self, kind: SubjectKind, subject_id: str) -> list[StoredFact]:
        """Facts about a subject, in the order they were recorded; none was sequenced yet."""
        with self.deps.read() as session:
            wanted = FactFilter((Subject(kind, subject_id),))
            order = dict(session.exec(select(FactRow.fact_id, FactRow.seq)).all())
            found = queued(session, wanted, limit=50)
        return sorted(found, key=lambda fact: order[fact.fact_id])


def codes(report: dict[str, Any]) -> set[str]:
    return {str(item["code"]) for item in report["findings"]}
