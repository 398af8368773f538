"""A trust domain with a national side, and files it sealed honestly: OFD, PDF with SM2.

Everything honest is sealed by the service's own verbs and judged by its whole path; a thief has
the true keys, whose values no log knows.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from ca.names import SubjectName
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import NATIONAL_SUITE
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.documents.ofd.contract_pages import OfdContract, write_contract
from sealsvc.documents.values import Straddle
from sealsvc.errors import ServiceError
from sealsvc.formats.values import SealVersion
from sealsvc.values import DocumentRole, SealType
from tests.areas.sealing.story import MAKER, REGULATOR, A, B, Story, codes, merchant
from tests.builders import ofd, pdf

FIRST = PlaceWish(page=1, x_mm=20, y_mm=20)
SECOND = PlaceWish(page=1, x_mm=90, y_mm=20)
ACCEPTED = frozenset({"TRUSTED", "INTACT"})
ONE, TWO, V5, DIGESTS, RICH, PDF = "one", "two", "v5", "digests", "rich", "pdf"
OFDS = (ONE, TWO, V5, DIGESTS, RICH)


@dataclass(frozen=True)
class Holder:
    """Who can sign: certificate, key, and the electronic seal put into the signature."""

    certificate_der: bytes
    sign: Callable[[bytes], bytes]
    eseal_der: bytes


@dataclass(frozen=True)
class Ended:
    """Means of seals out of use; a file that A sealed at `at`, while they still were in use."""

    holders: dict[SealAction, Holder]
    witness: bytes
    at: datetime


@dataclass(frozen=True)
class Verdict:
    """word: the summary, or the code of the refusal; codes: of findings, reason of a refusal."""

    word: str
    codes: frozenset[str]
    report: dict[str, Any]


def plain_ofd(pages: int = 1, text: str = "第一条 标的：示例茶叶十箱，价款一千元。") -> bytes:
    """An unsigned contract."""
    return write_contract(
        OfdContract(
            document_id="0123456789abcdef0123456789abcdef",
            title="买卖合同",
            paragraphs=(text,),
            made_at=datetime(2026, 11, 21, tzinfo=UTC),
            least_pages=pages,
        )
    )


@dataclass
class Nation:
    """The domain and its sealed files; each is made once, when an attack first wants it."""

    story: Story

    def found(self) -> "Nation":
        """Gives the domain its SM2 hierarchy and seal-maker."""
        maker = SubjectName(common_name="示例制章系统", organization="示例印章制作中心", uscc=MAKER)
        certs.create_national(self.story.deps, domain_name="Demo Seals", maker=maker)
        return self

    @cached_property
    def seal_a(self) -> Any:
        return self.story.seal(A, SealType.CONTRACT)

    @cached_property
    def seal_b(self) -> Any:
        return self.story.seal(B, SealType.CONTRACT)

    @cached_property
    def one(self) -> bytes:
        """One seal on one page."""
        return self._sealed(self.seal_a, plain_ofd())

    @cached_property
    def other(self) -> bytes:
        """Another document of the same party: the donor of transplants."""
        return self._sealed(self.seal_a, plain_ofd(text="第一条 标的：借款一百万元。"))

    @cached_property
    def first_party(self) -> bytes:
        """What the second party got."""
        return self._sealed(self.seal_a, plain_ofd(4), straddle=Straddle())

    @cached_property
    def two(self) -> bytes:
        """Two parties, the first with a straddle seal."""
        return self._sealed(self.seal_b, self.first_party, place=SECOND)

    @cached_property
    def v5(self) -> bytes:
        """A seal of the newest version."""
        return self._other_form(eseal_version=SealVersion.V5)

    @cached_property
    def digests(self) -> bytes:
        """A seal that lists its signer by digest."""
        return self._other_form(eseal_list_type=2)

    @cached_property
    def rich(self) -> bytes:
        """A document with template, font, annotation and attachment."""
        return self._sealed(self.seal_a, ofd.pack(ofd.unsigned(2)))

    @cached_property
    def pdf(self) -> bytes:
        """A PDF with an SM2 signature."""
        return self.story.use(
            self.seal_a, pdf.plain(), suite=NATIONAL_SUITE, role=DocumentRole.CONTRACT, place=FIRST
        ).sealed

    @cached_property
    def gm(self) -> bytes:
        """A PDF with a seal signature under GM.sm2seal, made by hand; no log knows it."""
        from tests.attacks.ofd.kinds.pdfs import gm_sealed

        return gm_sealed(self.thief, self)

    def _other_form(self, **config: Any) -> bytes:
        story = Story(self.story.deps, self.story.clock)
        story.deps = replace(story.deps, config=replace(story.deps.config, **config))
        return self._sealed(story.seal(A, SealType.CONTRACT), plain_ofd())

    def _sealed(self, seal: Any, data: bytes, **options: Any) -> bytes:
        options.setdefault("place", FIRST)
        return self.story.use(seal, data, role=DocumentRole.CONTRACT, **options).sealed

    def base(self, name: str) -> bytes:
        """One of OFDS or PDF."""
        data: bytes = getattr(self, name)
        return data

    def holder(self, seal: Any) -> Holder:
        """The true means of a seal, as a thief would have them."""
        deps = self.story.deps
        held = next(one for one in seals.current(deps, seal) if one.suite == NATIONAL_SUITE)
        view = next(
            one for one in certs.of_seal(deps, seal.seal_id) if one.serial_hex == held.cert_serial
        )
        assert view.der is not None
        return Holder(view.der, deps.keys.signer(held.key_ref).sign, seals.eseal(deps, seal))

    @cached_property
    def thief(self) -> Holder:
        """The true means of B's seal."""
        return self.holder(self.seal_b)

    @cached_property
    def ended(self) -> "Ended":
        """Seals out of use by now, and a document that A sealed while they were in use."""
        actions = (SealAction.REVOKE, SealAction.SUSPEND, SealAction.REPORT_LOST)
        held = {action: self.story.seal(B, SealType.CONTRACT) for action in actions}
        holders = {action: self.holder(seal) for action, seal in held.items()}
        self.story.clock.forward(minutes=5)
        at = self.past(seconds=0)
        witness = self._sealed(self.seal_a, plain_ofd(2))
        self.story.clock.forward(minutes=30)
        for action, seal in held.items():
            who = merchant(B) if action is SealAction.REPORT_LOST else REGULATOR
            self.story.change(seal, action, who)
        certs.publish_revocations(self.story.deps)
        self.story.clock.forward(hours=1)
        return Ended(holders, witness, at)

    def past(self, **delta: float) -> datetime:
        """A time before now, in whole seconds."""
        now = self.story.clock.now()
        return (now - timedelta(**delta)).replace(microsecond=0)

    def verdict(self, data: bytes, **expected: Any) -> Verdict:
        """What the service says of a file."""
        try:
            report = self.story.verify(data, **expected)
        except ServiceError as error:
            said = {error.code, *(str(value) for value in error.fields.values())}
            return Verdict(error.code, frozenset(said), {})
        return Verdict(str(report["summary"]), frozenset(codes(report)), report)
