"""What is asked of a transaction's verification, what is kept of it, and its fact."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, cast

import rfc8785

from sealsvc.areas.entities.model import require_uscc
from sealsvc.areas.transactions.model.attestation import Envelope
from sealsvc.areas.transactions.model.deal import Expected
from sealsvc.areas.transactions.model.money import in_bounds, is_currency
from sealsvc.errors import BadInput, NotFound
from sealsvc.values import Fact, JsonObject, Subject, SubjectKind

DEFAULT_LIFETIME = timedelta(days=90)
LONGEST_LIFETIME_DAYS = 3660
MAX_INVOICES = 20
MAX_ATTESTATIONS = 50
NUMBER_LIMIT = 100


class TransactionNotFound(NotFound):
    """No report on a transaction has this id."""

    code = "TRANSACTION_NOT_FOUND"


class TransactionExpired(NotFound):
    """The link to this report has expired."""

    code = "TRANSACTION_EXPIRED"


class TransactionEvidenceNotKept(NotFound):
    """This engine lacks the policy or the kinds of attestation that a report was made with."""

    code = "TRANSACTION_EVIDENCE_NOT_KEPT"


class TransactionRequestInvalid(BadInput):
    """What is asked contradicts itself, is too much or nothing; `field` and `reason` say where."""

    code = "TRANSACTION_REQUEST_INVALID"


@dataclass(frozen=True)
class UploadedFile:
    """A document that came with the request."""

    data: bytes
    filename: str | None = None


@dataclass(frozen=True)
class TransactionRequest:
    """One deal: by references, by files, or both.

    contract_id, invoice_ids: of our registers, for those who may see them; attestation_ids: who has
    one may use it. lifetime_days: how long the link holds. record: make the verification a fact.
    """

    expected: Expected = field(default_factory=Expected)
    contract_id: str | None = None
    invoice_ids: tuple[str, ...] = ()
    attestation_ids: tuple[str, ...] = ()
    contract_file: UploadedFile | None = None
    invoice_files: tuple[UploadedFile, ...] = ()
    envelopes: tuple[Envelope, ...] = ()
    policy: str | None = None
    lifetime_days: int | None = None
    record: bool = False


@dataclass(frozen=True)
class TransactionView:
    """A kept report. body: the exact JSON bytes; deal_sha256: blob with the facts it stands on."""

    transaction_id: str
    summary: str
    created_at: datetime
    expires_at: datetime
    body: bytes
    deal_sha256: str
    fact_id: str | None = None


@dataclass(frozen=True)
class TransactionReplay:
    """A judgement made again. same: byte for byte; differing: names of members that are not."""

    same: bool
    differing: tuple[str, ...]


def clean_request(request: TransactionRequest) -> TransactionRequest:
    """The request with credit codes in canonical spelling and its bounds checked.

    Raises: UsccInvalid, TransactionRequestInvalid.
    """
    invoices = len(request.invoice_ids) + len(request.invoice_files)
    attestations = len(request.attestation_ids) + len(request.envelopes)
    _require(invoices <= MAX_INVOICES, "invoices", "TOO_MANY")
    _require(attestations <= MAX_ATTESTATIONS, "attestations", "TOO_MANY")
    given = request.contract_id or request.contract_file or invoices or attestations
    _require(bool(given), "contractId", "NOTHING_GIVEN")
    days = request.lifetime_days
    _require(days is None or 1 <= days <= LONGEST_LIFETIME_DAYS, "expiresInDays", "RANGE")
    return replace(request, expected=_clean_expected(request.expected))


def lifetime(request: TransactionRequest) -> timedelta:
    """How long the link to the report holds."""
    days = request.lifetime_days
    return DEFAULT_LIFETIME if days is None else timedelta(days=days)


def report_digest(report: JsonObject) -> str:
    """Hex SHA-256 of a report's canonical JSON without what the keeper adds later."""
    covered = {name: one for name, one in report.items() if name not in ("receipt", "links")}
    return sha256(rfc8785.dumps(cast(Any, covered))).hexdigest()


def transaction_verified(view: TransactionView, digest: str, by: tuple[str, str | None]) -> Fact:
    """`transaction.verified`: somebody asked, and this was the answer; nothing is public.

    by: client id and the entity it is bound to. Neither the report's id, which opens it, nor who
    asked stands in the payload.
    """
    client_id, uscc = by
    subjects = [
        Subject(SubjectKind.TRANSACTION, view.transaction_id),
        Subject(SubjectKind.CLIENT, client_id),
        Subject(SubjectKind.DOCUMENT, digest),
    ]
    if uscc is not None:
        subjects.append(Subject(SubjectKind.ENTITY, uscc))
    payload: JsonObject = {"digest": digest, "summary": view.summary}
    return Fact("transaction.verified", tuple(subjects), {}, payload)


def _clean_expected(expected: Expected) -> Expected:
    amount = expected.amount
    _require(amount is None or (in_bounds(amount) and amount > 0), "expect.amount", "RANGE")
    _require(is_currency(expected.currency), "expect.currency", "MALFORMED")
    first, last = expected.not_before, expected.not_after
    _require(not (first and last and last < first), "expect.notAfter", "BEFORE_NOT_BEFORE")
    for name in ("order_number", "contract_number", "invoice_number"):
        text: str | None = getattr(expected, name)
        fits = text is None or (0 < len(text) <= NUMBER_LIMIT and text.isprintable())
        _require(fits, f"expect.{name.partition('_')[0]}Number", "MALFORMED")
    return replace(
        expected,
        seller=None if expected.seller is None else require_uscc(expected.seller).code,
        buyer=None if expected.buyer is None else require_uscc(expected.buyer).code,
    )


def _require(condition: bool, name: str, reason: str) -> None:
    if not condition:
        raise TransactionRequestInvalid(field=name, reason=reason)
