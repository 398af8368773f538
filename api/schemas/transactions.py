"""HTTP shapes of attestations and of verdicts over transactions."""

from datetime import date
from typing import Annotated, cast

from pydantic import ConfigDict, Field, StringConstraints

from api.schemas.common import JsonMap, RequestModel, ResponseModel, UtcTime
from api.schemas.permits import Day
from api.uploads import Upload
from sealsvc.areas.transactions.model.attestation import AttestationView, Envelope
from sealsvc.areas.transactions.model.deal import DEFAULT_CURRENCY, Expected
from sealsvc.areas.transactions.model.kinds import AttestationKind
from sealsvc.areas.transactions.model.money import parse_amount
from sealsvc.areas.transactions.model.verification import (
    LONGEST_LIFETIME_DAYS,
    MAX_ATTESTATIONS,
    MAX_INVOICES,
    TransactionRequest,
    TransactionRequestInvalid,
    UploadedFile,
)
from sealsvc.areas.transactions.service import AttestRequest
from sealsvc.values import JsonObject, SealId

Id = Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z]{2,8}_[a-z2-7]{26}$")]
Number = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class AttestationIn(RequestModel):
    """出具证明 · What an operator attests; `subject` as the kind says."""

    kind: str = Field(max_length=40, examples=["payment", "waybill", "customsRelease"])
    subject: JsonMap = Field(max_length=40)
    replaces: Id | None = Field(None, description="更正 · Id of one that this corrects.")

    def request(self, seal: str) -> AttestRequest:
        """What the domain is asked."""
        subject = cast(JsonObject, self.subject)
        return AttestRequest(SealId(seal), self.kind, subject, self.replaces)


class AttestationWithdrawal(RequestModel):
    """撤回证明 · Why an attestation counts no more."""

    reason: str = Field(max_length=1200)


class AttestationOut(ResponseModel):
    """证明 · `record` is what was said, `signature` the operator's seal over it.

    Signed is the line `sealsvc-attestation-v1`, a line feed, and the record as RFC 8785 JSON.
    """

    id: str
    object: str = "attestation"
    status: str = Field(description="ISSUED or WITHDRAWN.")
    record: JsonMap
    signature: JsonMap
    digest: str = Field(description="SHA-256 of the record, hex.")
    seal_id: str
    certificate_serial: str
    withdrawn_at: UtcTime | None
    receipt: str | None = Field(description="Path of the receipt of `attestation.issued`.")
    verification: JsonMap | None = Field(
        None, description="What can be said of it now: `summary` and `findings`."
    )

    @classmethod
    def of(cls, view: AttestationView, verification: JsonObject | None = None) -> "AttestationOut":
        """From the domain's value."""
        assert view.envelope is not None
        shape = view.envelope.to_json()
        return cls(
            id=view.attestation_id,
            status=str(view.status),
            record=cast(JsonMap, shape["record"]),
            signature=cast(JsonMap, shape["signature"]),
            digest=view.record.digest(),
            seal_id=view.seal_id,
            certificate_serial=view.cert_serial,
            withdrawn_at=view.withdrawn_at,
            receipt=None if view.issued_fact_id is None else f"/v1/receipts/{view.issued_fact_id}",
            verification=verification,
        )


class AttestationKindOut(ResponseModel):
    """证明种类 · One kind: who may attest it, and what its subject says."""

    kind: str
    name: str
    name_en: str
    permits: list[str] = Field(description="The operator needs a valid permit of one of these.")
    seal_types: list[str]
    members: dict[str, JsonMap]

    @classmethod
    def of(cls, kind: AttestationKind) -> "AttestationKindOut":
        """From the domain's value."""
        members: dict[str, JsonMap] = {
            name: {"type": str(one.type), "required": one.required, "limit": one.limit}
            for name, one in kind.members.items()
        }
        return cls(
            kind=kind.name,
            name=kind.zh,
            name_en=kind.en,
            permits=list(kind.permits),
            seal_types=[str(one) for one in kind.seal_types],
            members=members,
        )


class AttestationKindsOut(ResponseModel):
    """证明种类表 · The table of kinds in force."""

    version: str
    digest: str
    data: list[AttestationKindOut]


class TransactionExpectIn(RequestModel):
    """预期 · What the caller holds to be so; what is left out is not expected."""

    seller_uscc: str | None = Field(None, max_length=64)
    buyer_uscc: str | None = Field(None, max_length=64)
    amount: str | None = Field(
        None, max_length=64, description="Tax included, plain decimals.", examples=["11300.00"]
    )
    currency: str = Field(DEFAULT_CURRENCY, max_length=3, min_length=3)
    order_number: Number | None = None
    contract_number: Number | None = None
    invoice_number: Number | None = None
    not_before: Day | None = Field(None, description="First day in China, included.")
    not_after: Day | None = Field(None, description="Last day in China, included.")

    def expected(self) -> Expected:
        """As the domain knows it. Raises: TransactionRequestInvalid."""
        amount = None
        if self.amount is not None:
            amount = parse_amount(self.amount)
            if amount is None:
                raise TransactionRequestInvalid(field="expect.amount", reason="MALFORMED")
        first: date | None = self.not_before
        return Expected(
            seller=self.seller_uscc,
            buyer=self.buyer_uscc,
            amount=amount,
            currency=self.currency,
            order_number=self.order_number,
            contract_number=self.contract_number,
            invoice_number=self.invoice_number,
            not_before=first,
            not_after=self.not_after,
        )


class TransactionIn(RequestModel):
    """核验整笔交易 · One deal by references; files stand beside it in a multipart request."""

    contract_id: Id | None = None
    invoice_ids: list[Id] = Field(default_factory=list, max_length=MAX_INVOICES)
    attestation_ids: list[Id] = Field(default_factory=list, max_length=MAX_ATTESTATIONS)
    attestations: list[JsonMap] = Field(
        default_factory=list, max_length=MAX_ATTESTATIONS, description="As `AttestationOut`."
    )
    expect: TransactionExpectIn = Field(default_factory=TransactionExpectIn)
    policy: str | None = Field(
        None, max_length=40, description="default, paid, delivered, import or retail."
    )
    expires_in_days: int | None = Field(
        None, ge=1, le=LONGEST_LIFETIME_DAYS, description="How long the link holds; 90 by default."
    )
    evidence: bool = Field(False, description="Record the verification; needs a key.")

    def request(
        self,
        contract: Upload | None,
        invoices: tuple[Upload, ...],
        envelopes: tuple[Envelope, ...],
    ) -> TransactionRequest:
        """What the domain is asked. Raises: TransactionRequestInvalid."""
        return TransactionRequest(
            expected=self.expect.expected(),
            contract_id=self.contract_id,
            invoice_ids=tuple(self.invoice_ids),
            attestation_ids=tuple(self.attestation_ids),
            contract_file=None
            if contract is None
            else UploadedFile(contract.data, contract.filename),
            invoice_files=tuple(UploadedFile(one.data, one.filename) for one in invoices),
            envelopes=envelopes,
            policy=self.policy,
            lifetime_days=self.expires_in_days,
            record=self.evidence,
        )


class TransactionReportOut(ResponseModel):
    """交易核验报告 · The verdict over a deal: one word, one sentence, the graph of checks."""

    model_config = ConfigDict(extra="allow")

    id: str
    object: str
    schema_: str = Field(alias="schema")
    summary: str = Field(description="TRUSTED, MODIFIED, INVALID, UNSIGNED, INDETERMINATE, INTACT.")
    sentence: str
    sentence_en: str
    validation_time: str
    expires_at: str
    policy: JsonMap
    engine: JsonMap
    expected: JsonMap
    nodes: list[JsonMap] = Field(description="Merchants, order, contract, invoices, attestations.")
    checks: list[JsonMap] = Field(description="One node alone, or two or more that must agree.")
    findings: list[JsonMap]
    not_checked: list[JsonMap]
    inputs: JsonMap
    receipt: JsonMap | None
    links: JsonMap
