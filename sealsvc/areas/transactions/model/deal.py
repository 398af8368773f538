"""The facts of a deal as they were gathered: frozen values, the judgement's only input.

Everything here can be unknown (None): what was not asked, not answered, or not presented.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sealsvc.areas.transactions.model.attestation import AttestationRecord

DEFAULT_CURRENCY = "CNY"


class Part(StrEnum):
    """What a deal consists of beside the merchants; attestations go by their kind's name."""

    CONTRACT = "contract"
    INVOICE = "invoice"


@dataclass(frozen=True)
class Expected:
    """What the caller holds to be so. amount with its currency; days in China, both included."""

    seller: str | None = None
    buyer: str | None = None
    amount: Decimal | None = None
    currency: str = DEFAULT_CURRENCY
    order_number: str | None = None
    contract_number: str | None = None
    invoice_number: str | None = None
    not_before: date | None = None
    not_after: date | None = None


@dataclass(frozen=True)
class MerchantFact:
    """What the register knows of a credit code. valid: the code is well-formed.

    registered: None where the register was not asked.
    """

    uscc: str
    valid: bool = True
    registered: bool | None = None
    name: str | None = None
    cancelled_at: datetime | None = None
    fact_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class SealUse:
    """One seal in a document. passed: its signature is TOTAL_PASSED; owner None = unknown."""

    owner_uscc: str | None
    passed: bool
    seal_id: str | None = None
    seal_type: str | None = None
    status_then: str | None = None
    status_now: str | None = None
    signed_at: datetime | None = None
    fact_id: str | None = None


@dataclass(frozen=True)
class DocumentFact:
    """The verdict over one file. summary: one of the six words; codes: what weighed on it."""

    sha256: str
    summary: str
    verification_id: str | None = None
    seals: tuple[SealUse, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PartyFact:
    """A party of a contract as its record says. signs: the contract waits for its seal."""

    uscc: str
    role: str
    signs: bool = True


@dataclass(frozen=True)
class ContractFact:
    """A contract. parties: None where no record and no declaration names them.

    status: of its record, None where there is none; concluded_at: when the last party sealed.
    same_file: the file given is the record's newest, None where only one of both is there.
    """

    document: DocumentFact | None = None
    contract_id: str | None = None
    number: str | None = None
    status: str | None = None
    same_file: bool | None = None
    parties: tuple[PartyFact, ...] | None = None
    amount: Decimal | None = None
    currency: str | None = None
    concluded_at: datetime | None = None
    fact_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class InvoiceFact:
    """An invoice as read, and what the register knows of it.

    arithmetic: None where nothing could be checked; agree: whether its carriers say the same.
    red: it is itself a red-letter invoice; red_total: what red-letter invoices took back of it;
    reversed: all of it was taken back; claimed_by: who claimed or booked it, `*` for another than
    the buyer whose name is not told; None each = not known.
    problems: codes of the reading.
    """

    document: DocumentFact | None = None
    invoice_id: str | None = None
    number: str | None = None
    code: str | None = None
    seller: str | None = None
    buyer: str | None = None
    gross: Decimal | None = None
    currency: str | None = None
    issued_on: date | None = None
    arithmetic: bool | None = None
    agree: bool | None = None
    red: bool | None = None
    reversed: bool | None = None
    red_total: Decimal | None = None
    claimed_by: tuple[str, ...] | None = None
    problems: tuple[str, ...] = ()
    fact_ids: tuple[str, ...] = ()

    @property
    def key(self) -> str | None:
        """What no two invoices share. Source: china-domain section 4.7."""
        return None if self.number is None else f"{self.code or ''}{self.number}"


@dataclass(frozen=True)
class SignatureFact:
    """What was found out about an attestation's signature; None = could not be found out.

    holds: the value is the certificate's key's over exactly this record. ours: we issued the
    certificate, or its chain ends at our root. owner_uscc: whose seal the certificate is of.
    seal_then: the seal's state when the attestation was issued; revoked_at: of the certificate.
    """

    holds: bool | None = None
    ours: bool | None = None
    owner_uscc: str | None = None
    seal_id: str | None = None
    seal_then: str | None = None
    seal_now: str | None = None
    valid_then: bool | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class AttestationFact:
    """An attestation, and what the register knows of it and of its operator.

    subject_problem: `field:REASON` of the first member that is wrong. registered: the register
    holds it; same: and it is this very record. operator_permits: kinds of the permits that were
    valid when it was issued, None = not asked.
    """

    record: AttestationRecord
    signature: SignatureFact = field(default_factory=SignatureFact)
    subject_problem: str | None = None
    registered: bool | None = None
    same: bool | None = None
    withdrawn_at: datetime | None = None
    operator: MerchantFact | None = None
    operator_permits: tuple[str, ...] | None = None
    fact_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deal:
    """All that is known of one transaction at a time. merchants: every code that plays a part."""

    asked_at: datetime
    expected: Expected = field(default_factory=Expected)
    merchants: tuple[MerchantFact, ...] = ()
    contract: ContractFact | None = None
    invoices: tuple[InvoiceFact, ...] = ()
    attestations: tuple[AttestationFact, ...] = ()

    @property
    def seller(self) -> str | None:
        """Who sells: as the caller says, else the invoice, else the contract."""
        return self.expected.seller or self._named("seller", "SELLER")

    @property
    def buyer(self) -> str | None:
        """Who buys: as the caller says, else the invoice, else the contract."""
        return self.expected.buyer or self._named("buyer", "BUYER")

    def merchant(self, uscc: str) -> MerchantFact | None:
        """What is known of a credit code."""
        return next((one for one in self.merchants if one.uscc == uscc), None)

    def _named(self, side: str, role: str) -> str | None:
        for invoice in self.invoices:
            found: str | None = getattr(invoice, side)
            if found is not None:
                return found
        parties = (self.contract.parties if self.contract else None) or ()
        return next((one.uscc for one in parties if one.role == role), None)
