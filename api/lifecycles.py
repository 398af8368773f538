"""Every lifecycle of the service, drawn from its table into `docs/lifecycles.md`.

`python -m api.lifecycles` writes the page; a test fails where it lags behind the code.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from api.texts_lifecycles import STATE_NAMES
from sealsvc.areas.access.model import CLIENT_TRANSITIONS, ClientStatus
from sealsvc.areas.certs.model import CERTIFICATE_TRANSITIONS, CertificateStatus
from sealsvc.areas.contracts.model.lifecycle import TRANSITIONS as CONTRACT_ROWS
from sealsvc.areas.contracts.model.lifecycle import ContractStatus
from sealsvc.areas.entities.model.lifecycle import ENTITY_TRANSITIONS, PERMIT_TRANSITIONS
from sealsvc.areas.entities.model.permits import PermitStatus
from sealsvc.areas.entities.model.record import EntityStatus
from sealsvc.areas.invoices.model.lifecycle import (
    CLAIM_TRANSITIONS,
    INVOICE_TRANSITIONS,
    RED_LETTER_TRANSITIONS,
    ClaimState,
    InvoiceState,
    RedLetterState,
    mermaid,
)
from sealsvc.areas.sealing.model import SEALING_TRANSITIONS, SealingStatus
from sealsvc.areas.seals.model.endings import seal_transitions
from sealsvc.areas.transactions.model.attestation import AttestationStatus
from sealsvc.areas.transactions.model.lifecycle import ATTESTATION_TRANSITIONS
from sealsvc.values import SealStatus, Transition

PAGE = Path(__file__).resolve().parents[1] / "docs" / "lifecycles.md"
_INTRODUCTION = """# 状态机 · Lifecycles

本页由 `python -m api.lifecycles` 从代码中的转移表写出；与代码不符时测试失败，不要手工修改。
Written from the tables in the code; a test fails when this page lags behind. Do not edit it.

每一步都在同一事务里改变状态并记录一条事实（没有事实的一步只是时间流逝）。每个状态都能从起点到达；
每一步、每一次拒绝、以及任意次序，由 `tests/areas/lifecycles/` 对真实的服务函数检验。
"""


@dataclass(frozen=True)
class Lifecycle:
    """One table with its titles. source: the module that holds it; drawn_in: a page, else here."""

    title: str
    title_en: str
    states: type[StrEnum]
    table: tuple[Transition[Any, Any], ...]
    source: str
    note: str = ""
    drawn_in: str | None = None


def contract_transitions() -> tuple[Transition[Any, Any], ...]:
    """The contracts' table with a row for each state that an action starts from."""
    rows: list[Transition[Any, Any]] = []
    for row in CONTRACT_ROWS:
        starts: list[ContractStatus | None] = [s for s in ContractStatus if s in row.sources]
        rows += [Transition(row.action, one, row.target, row.fact_type) for one in starts or [None]]
    return tuple(rows)


LIFECYCLES: tuple[Lifecycle, ...] = (
    Lifecycle(
        "印章",
        "Seals",
        SealStatus,
        seal_transitions(),
        "seals/model/lifecycle.py",
        "APPROVED → REJECTED 只在所有者被注销时由系统作出（`model/endings.py`）；"
        "EXPIRE 由时钟作出；VOID 须一人提议、另一人确认。",
    ),
    Lifecycle("主体", "Entities", EntityStatus, ENTITY_TRANSITIONS, "entities/model/lifecycle.py"),
    Lifecycle(
        "许可",
        "Permits",
        PermitStatus,
        PERMIT_TRANSITIONS,
        "entities/model/lifecycle.py",
        "状态由日期算出，不存储；BEGIN 与 END 由时钟作出，没有事实。",
    ),
    Lifecycle("接口密钥", "API clients", ClientStatus, CLIENT_TRANSITIONS, "access/model.py"),
    Lifecycle(
        "证书",
        "Certificates",
        CertificateStatus,
        CERTIFICATE_TRANSITIONS,
        "certs/model.py",
        "先记意图再签名；换发是一张新证书，旧证书不变。",
    ),
    Lifecycle(
        "盖章",
        "Sealings",
        SealingStatus,
        SEALING_TRANSITIONS,
        "sealing/model.py",
        "批次没有自己的状态：每一份文件是一次盖章。",
    ),
    Lifecycle(
        "合同",
        "Contracts",
        ContractStatus,
        contract_transitions(),
        "contracts/model/lifecycle.py",
        drawn_in="contracts.md",
    ),
    Lifecycle(
        "在册发票",
        "Invoices on file",
        InvoiceState,
        INVOICE_TRANSITIONS,
        "invoices/model/lifecycle.py",
        drawn_in="invoices.md",
    ),
    Lifecycle(
        "发票占用",
        "Claims",
        ClaimState,
        CLAIM_TRANSITIONS,
        "invoices/model/lifecycle.py",
        drawn_in="invoices.md",
    ),
    Lifecycle(
        "红字信息确认单",
        "Red-letter forms",
        RedLetterState,
        RED_LETTER_TRANSITIONS,
        "invoices/model/lifecycle.py",
        drawn_in="invoices.md",
    ),
    Lifecycle(
        "第三方证明",
        "Attestations",
        AttestationStatus,
        ATTESTATION_TRANSITIONS,
        "transactions/model/lifecycle.py",
    ),
)


def page() -> str:
    """The whole of `docs/lifecycles.md`."""
    parts = [_INTRODUCTION]
    for one in LIFECYCLES:
        parts.append("\n".join(_section(one)))
    return "\n".join(parts)


def _section(one: Lifecycle) -> Iterator[str]:
    yield f"## {one.title} · {one.title_en}\n"
    size = f"{len(one.states)} 个状态，{len(one.table)} 步"
    yield f"`sealsvc/areas/{one.source}`：{size}。{one.note}\n"
    if one.drawn_in is None:
        yield f"```mermaid\n{mermaid(one.table)}\n```\n"
    else:
        yield f"图 · Drawn in [`{one.drawn_in}`]({one.drawn_in}).\n"
    yield "| state | 名称 | name |\n|---|---|---|"
    names = STATE_NAMES[one.states]
    for state in one.states:
        yield f"| {state} | {names[state][0]} | {names[state][1]} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
