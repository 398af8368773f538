"""Two merchants with contract seals, and the verbs of contracts in few words."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sealsvc.areas.contracts import service as contracts
from sealsvc.areas.contracts.model.contract import ContractView, PartyRole, SealingOrder
from sealsvc.areas.contracts.model.lifecycle import ContractAction
from sealsvc.areas.contracts.model.template import Clause, Placeholder, TemplateDraft, ValueKind
from sealsvc.areas.contracts.model.terms import ContractTerms, PartyDraft
from sealsvc.areas.contracts.service import Draft, PartySeal
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.areas.seals.model.views import SealView
from sealsvc.values import Principal, Scope, SealType
from tests.areas.sealing.story import A, B, Story, merchant, pdf

STRANGER = "12420000000000027K"
AUDITOR = Principal("cli_au", "auditor", frozenset({Scope.AUDIT_READ}))

TEMPLATE = TemplateDraft(
    title="买卖合同范本",
    clauses=(
        Clause("第一条 标的", "甲方向乙方出售{goods}，数量{count}件。"),
        Clause("第二条 价款", "总价人民币{price}元，于{day}前付清。"),
    ),
    placeholders=(
        Placeholder("goods", "货物"),
        Placeholder("count", "数量", ValueKind.INTEGER),
        Placeholder("price", "价款", ValueKind.MONEY),
        Placeholder("day", "付款日", ValueKind.DATE, default="2026-12-31"),
    ),
)
DATA = {"goods": "示例茶叶", "count": 10, "price": "1234.50"}


@dataclass
class Deal:
    """A story with a contract seal for A and for B."""

    story: Story
    seals: dict[str, SealView] = field(default_factory=dict)

    def open(self) -> "Deal":
        for uscc in (A, B):
            self.seals[uscc] = self.story.seal(uscc, SealType.CONTRACT)
        return self

    @property
    def deps(self):
        return self.story.deps

    def terms(self, **changed: object) -> ContractTerms:
        now = self.story.clock.now()
        parties = (PartyDraft(A, PartyRole.SELLER), PartyDraft(B, PartyRole.BUYER))
        terms = ContractTerms("买卖合同", "HT-2026-1", parties, now + timedelta(days=7))
        return replace(terms, **changed)  # type: ignore[arg-type]

    def create(self, source: object = None, who: str = A, **changed: object) -> ContractView:
        draft = Draft(self.terms(**changed), pdf("Contract") if source is None else source)  # type: ignore[arg-type]
        return contracts.create(self.deps, merchant(who), draft)

    def ready(self, source: object = None, **changed: object) -> ContractView:
        made = self.create(source, **changed)
        return self.act(made, ContractAction.OPEN, A)

    def act(
        self, contract: ContractView, action: ContractAction, who: str, reason: str = "because"
    ) -> ContractView:
        return contracts.change(
            self.deps, merchant(who), contract.contract_id, action, reason=reason
        )

    def seal(self, contract: ContractView, who: str, **options: object) -> ContractView:
        place = PlaceWish(1, 30 if who == A else 110, 200)
        request = PartySeal(self.seals[who].seal_id, place=place)
        request = replace(request, **options)  # type: ignore[arg-type]
        made = contracts.seal(self.deps, merchant(who), contract.contract_id, request)
        self.story.clock.forward(minutes=1)
        return made

    def concluded(self, **changed: object) -> ContractView:
        contract = self.ready(**changed)
        self.seal(contract, A)
        return self.seal(contract, B)

    def get(self, contract: ContractView) -> ContractView:
        return contracts.get(self.deps, merchant(A), contract.contract_id)


def in_turn() -> dict[str, object]:
    return {"order": SealingOrder.IN_TURN}


Maker = Callable[[], Deal]
