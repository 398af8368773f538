"""What a contract is made of when it begins: title, number, parties, order, deadline."""

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sealsvc.areas.contracts.model.contract import PartyRole, SealingOrder
from sealsvc.areas.entities.model import UsccStatus, check_uscc
from sealsvc.documents.keywords import require_keyword
from sealsvc.errors import BadInput
from sealsvc.values import Placement

TITLE_LIMIT = 120
NUMBER_LIMIT = 100
PARTIES_LIMIT = 20
LEAST_SIGNERS = 2
LONGEST_WAIT = timedelta(days=3 * 366)


class ContractInvalid(BadInput):
    """The contract's terms are malformed; `field` and `reason` say where."""

    code = "CONTRACT_INVALID"


@dataclass(frozen=True)
class PartyDraft:
    """A party as the initiator names it. place, keyword: where its seal goes; not both."""

    uscc: str
    role: PartyRole
    place: Placement | None = None
    keyword: str | None = None


@dataclass(frozen=True)
class ContractTerms:
    """Everything but the text. parties: in the order of sealing. deadline: aware."""

    title: str
    number: str
    parties: tuple[PartyDraft, ...]
    deadline: datetime
    order: SealingOrder = SealingOrder.PARALLEL


def validated(terms: ContractTerms, initiator_uscc: str, now: datetime) -> ContractTerms:
    """The terms in canonical form: codes checked, texts in NFC.

    Raises: ContractInvalid, KeywordInvalid.
    """
    parties = tuple(_party(one) for one in terms.parties[: PARTIES_LIMIT + 1])
    if len(parties) > PARTIES_LIMIT:
        raise ContractInvalid(field="parties", reason="TOO_MANY")
    codes = [one.uscc for one in parties]
    if len(set(codes)) != len(codes):
        raise ContractInvalid(field="parties", reason="REPEATED")
    if initiator_uscc not in codes:
        raise ContractInvalid(field="parties", reason="INITIATOR_MISSING")
    if sum(one.role is not PartyRole.COPY for one in parties) < LEAST_SIGNERS:
        raise ContractInvalid(field="parties", reason="TOO_FEW_SIGNERS")
    if not now < terms.deadline <= now + LONGEST_WAIT:
        raise ContractInvalid(field="deadline", reason="RANGE")
    title = plain_text("title", terms.title, TITLE_LIMIT)
    number = plain_text("number", terms.number, NUMBER_LIMIT)
    return replace(terms, title=title, number=number, parties=parties)


def plain_text(name: str, text: str, limit: int) -> str:
    """One line of printable text in NFC without outer blanks. Raises: ContractInvalid."""
    found = unicodedata.normalize("NFC", text[: 4 * limit]).strip()
    if not found or len(found) > limit:
        raise ContractInvalid(field=name, reason="LENGTH")
    if not found.isprintable():
        raise ContractInvalid(field=name, reason="UNPRINTABLE")
    return found


def _party(draft: PartyDraft) -> PartyDraft:
    result = check_uscc(draft.uscc)
    if result.status is UsccStatus.INVALID:
        raise ContractInvalid(field="parties", reason="USCC_INVALID")
    if draft.keyword is not None:
        require_keyword(draft.keyword)
        if draft.place is not None:
            raise ContractInvalid(field="parties", reason="PLACE_AND_KEYWORD")
    return replace(draft, uscc=result.code)
