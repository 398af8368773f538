"""A trust domain with entities and persons; the verbs in few words; the log as written."""

import json
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session, select

from sealsvc.areas.certs import service as certs
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.model import EntityDraft, check_uscc
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import ChangeRequest, SealApplication, SealView
from sealsvc.areas.seals.service import Filing
from sealsvc.areas.seals.tables import SealEventRow
from sealsvc.storage.factrows import read_subjects
from sealsvc.storage.tables import FactRow, FactSubjectRow, LogQueueRow
from sealsvc.values import Principal, Scope, SealMedium, SealType, Subject, SubjectKind
from tests.areas.conftest import SettableClock

A = "91110000MA00000152"
B = "31310000MD0000016Y"
_BODY = "92110000MA0000015"
PERSON = _BODY + str(check_uscc(_BODY + "0").check_expected)
NAMES = {A: "北京示例商贸有限公司", B: "上海样本律师事务所", PERSON: "示例小店"}
CODE = "1101080012345"

OPERATOR = Principal("cli_op", "operator", frozenset({Scope.ENTITY_WRITE, Scope.ENTITY_READ}))
APPROVER = Principal("cli_ap", "approver", frozenset({Scope.SEAL_APPROVE}))
APPROVER2 = Principal("cli_ap2", "approver two", frozenset({Scope.SEAL_APPROVE}))
REGULATOR = Principal("cli_re", "regulator", frozenset({Scope.SEAL_MANAGE, Scope.AUDIT_READ}))
REGULATOR2 = replace(REGULATOR, client_id="cli_re2")
AUDITOR = Principal("cli_au", "auditor", frozenset({Scope.AUDIT_READ}))
SHOP = Principal("cli_sh", "shop", frozenset({Scope.VERIFY}))
_MERCHANT = frozenset({Scope.SEAL_APPLY, Scope.SEAL_SIGN, Scope.SEAL_MANAGE, Scope.VERIFY})
OWNER = Principal("cli_a", "merchant a", _MERCHANT, A)
STRANGER = Principal("cli_b", "merchant b", _MERCHANT, B)
SELF = Principal("cli_p", "person", _MERCHANT, PERSON)
_WHO = {A: OWNER, B: STRANGER, PERSON: SELF}


@dataclass(frozen=True)
class Logged:
    """One fact as it stands in the log. subjects: as `kind:id`."""

    id: str
    type: str
    public: dict[str, Any]
    payload: dict[str, Any]
    subjects: frozenset[str]


def facts(deps: Deps, subject: str | None = None) -> list[Logged]:
    """Facts not yet sequenced, in the order of their commits; subject: `kind:id`."""
    with deps.read() as session:
        rows = session.exec(
            select(FactRow)
            .join(LogQueueRow, FactRow.seq == LogQueueRow.seq)  # type: ignore[arg-type]
            .order_by(LogQueueRow.seq)  # type: ignore[arg-type]
        ).all()
        found = [_logged(session, row) for row in rows]
    return [fact for fact in found if subject is None or subject in fact.subjects]


def _logged(session: Session, row: FactRow) -> Logged:
    subjects = session.exec(select(FactSubjectRow).where(FactSubjectRow.seq == row.seq)).all()
    assert read_subjects(row.subjects) == {
        Subject(SubjectKind(one.kind), one.subject_id) for one in subjects
    }
    return Logged(
        id=row.fact_id,
        type=row.type,
        public=json.loads(row.entry)["public"],
        payload=json.loads(row.payload or b"{}"),
        subjects=frozenset(f"{item.kind}:{item.subject_id}" for item in subjects),
    )


def events(deps: Deps, seal: SealView) -> list[SealEventRow]:
    """The seal's event rows in the order of recording."""
    with deps.read() as session:
        query = select(SealEventRow).where(SealEventRow.seal_id == seal.seal_id)
        rows = list(session.exec(query.order_by(SealEventRow.position)))  # type: ignore[arg-type]
        session.expunge_all()
    return rows


def asked(
    kind: SealType = SealType.CONTRACT,
    uscc: str = A,
    medium: SealMedium = SealMedium.ELECTRONIC,
    **more: Any,
) -> SealApplication:
    names = {
        SealType.OFFICIAL: "公章",
        SealType.CONTRACT: "合同专用章",
        SealType.INVOICE: "发票专用章",
        SealType.FINANCE: "财务专用章",
        SealType.LEGAL_REPRESENTATIVE: "法定代表人名章",
    }
    return SealApplication(uscc, kind, medium, **{"name": names[kind], **more})


@dataclass
class World:
    """deps over a fresh database, and the verbs in few words."""

    deps: Deps
    clock: SettableClock

    def open(self) -> "World":
        certs.create_hierarchy(self.deps, domain_name="Demo Seals")
        for uscc, name in NAMES.items():
            draft = EntityDraft(uscc=uscc, legal_name=name, legal_representative="王小明")
            entities.register(self.deps, OPERATOR, draft)
        return self

    def applied(self, kind: SealType = SealType.CONTRACT, uscc: str = A, **more: Any) -> SealView:
        return seals.apply(self.deps, _WHO[uscc], asked(kind, uscc, **more))

    def approved(self, kind: SealType = SealType.CONTRACT, uscc: str = A, **more: Any) -> SealView:
        seal = self.applied(kind, uscc, **more)
        self.clock.forward(minutes=1)
        return self.change(seal, SealAction.APPROVE, APPROVER)

    def active(self, kind: SealType = SealType.CONTRACT, uscc: str = A, **more: Any) -> SealView:
        seal = self.approved(kind, uscc, **more)
        if seal.medium is SealMedium.PHYSICAL:
            filing = Filing(picture(), None if seal.code else CODE)
            seals.file_imprint(self.deps, _WHO[uscc], seal.seal_id, filing)
        self.clock.forward(minutes=1)
        issued = seals.issue(self.deps, APPROVER, seal.seal_id)
        self.clock.forward(minutes=1)
        return issued

    def change(
        self, seal: SealView, action: SealAction, who: Principal = OWNER, **more: Any
    ) -> SealView:
        request = ChangeRequest(action, **{"reason": "because", **more})
        return seals.change(self.deps, who, seal.seal_id, request)

    def get(self, seal: SealView) -> SealView:
        return seals.get(self.deps, seal.seal_id)

    def facts(self, seal: SealView, family: str = "seal.") -> list[Logged]:
        found = facts(self.deps, f"seal:{seal.seal_id}")
        return [fact for fact in found if fact.type.startswith(family)]


def picture(kind: str = "PNG", dpi: int | None = 300, color: str = "red") -> bytes:
    """A filed imprint of 120 x 120 pixels."""
    from io import BytesIO

    from PIL import Image

    buffer = BytesIO()
    options = {} if dpi is None else {"dpi": (dpi, dpi)}
    Image.new("RGB", (120, 120), color).save(buffer, kind, **options)
    return buffer.getvalue()
