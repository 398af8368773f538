"""The file that a contract is about: uploaded, or drawn from a template."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sealsvc.areas.contracts import repo
from sealsvc.areas.contracts.model.contract import Party
from sealsvc.areas.contracts.model.template import (
    TemplateDraft,
    TemplateNotFound,
    filled,
    validated_data,
)
from sealsvc.areas.contracts.model.terms import ContractInvalid, ContractTerms
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.model import EntityStatus
from sealsvc.areas.verification.reading import read_document
from sealsvc.documents.contract_pdf import ContractPaper, write_contract_pdf
from sealsvc.documents.keywords import find_keyword
from sealsvc.documents.ofd.contract_pages import OfdContract, characters, write_contract
from sealsvc.documents.ofd.drawing import OfdFont
from sealsvc.errors import BadInput
from sealsvc.imprint.embedding import font_subset
from sealsvc.imprint.fonts import FontName, font_path
from sealsvc.imprint.glyphs import require_glyphs
from sealsvc.values import JsonObject, Placement, Principal

DOCUMENT_LIMIT = 20 * 1024 * 1024
SEAL_WIDTH_MM = 40.0
ID_DIGITS = 32
LABEL = "（盖章）"
_OFD_PAGE_MM = (210.0, 297.0)
_STEMS = "甲乙丙丁戊己庚辛壬癸"
# Blank lines of 7 mm under a party's name, so that its seal covers no other's.
_ROOM = ("\u3000",) * 6


class ContractPartyUnknown(BadInput):
    """A party is not in the register, or has ended; `uscc` names it."""

    code = "CONTRACT_PARTY_UNKNOWN"


class ContractDocumentTooLarge(BadInput):
    """The contract's file is larger than a contract may be; `limitBytes` tells how large."""

    code = "CONTRACT_DOCUMENT_TOO_LARGE"


class TextFormat(StrEnum):
    """What a template is drawn as."""

    PDF = "pdf"
    OFD = "ofd"


@dataclass(frozen=True)
class TemplateText:
    """A template with the data for its gaps. version: None = the newest."""

    template_id: str
    data: JsonObject
    version: int | None = None
    format: TextFormat = TextFormat.PDF


@dataclass(frozen=True)
class Text:
    """The text ready to be sealed. parties: with their names, and places where the file has them.

    template: id, version and the data as given; None of an uploaded file.
    """

    data: bytes
    media_type: str
    parties: tuple[Party, ...]
    template: tuple[str, int, JsonObject] | None = None


def parties_of(deps: Deps, terms: ContractTerms) -> tuple[Party, ...]:
    """The parties with their registered names. Raises: ContractPartyUnknown."""
    found = []
    with deps.read() as session:
        for draft in terms.parties:
            entity = entities.find_in(session, draft.uscc)
            if entity is None or entity.status is not EntityStatus.ACTIVE:
                raise ContractPartyUnknown(uscc=draft.uscc)
            found.append(
                Party(draft.uscc, draft.role, entity.legal_name, draft.place, draft.keyword)
            )
    return tuple(found)


def text_of(
    deps: Deps, principal: Principal, terms: ContractTerms, source: TemplateText | bytes
) -> Text:
    """Read the uploaded file, or draw the template. terms: validated.

    Raises: ContractPartyUnknown, ContractDocumentTooLarge, KeywordNotFound, UnsupportedFormat,
    DocumentEncrypted, DocumentUnreadable, TemplateNotFound, ClauseDataInvalid, GlyphMissing.
    """
    parties = parties_of(deps, terms)
    if isinstance(source, TemplateText):
        return _drawn(deps, principal, terms, parties, source)
    if len(source) > DOCUMENT_LIMIT:
        raise ContractDocumentTooLarge(limitBytes=DOCUMENT_LIMIT)
    document = read_document(deps.sandbox, source)
    for party in parties:
        if party.keyword is not None:
            deps.sandbox.run(find_keyword, source, party.keyword)
        if party.place is not None and not _has_page(party.place, document.reading.page_count):
            raise ContractInvalid(field="parties", reason="PAGE")
    return Text(source, document.media_type, parties)


def _has_page(place: Placement, count: int) -> bool:
    return 1 <= (place.page if place.page > 0 else count + 1 + place.page) <= count


def _drawn(
    deps: Deps,
    principal: Principal,
    terms: ContractTerms,
    parties: tuple[Party, ...],
    source: TemplateText,
) -> Text:
    with deps.read() as session:
        template = repo.get_template(session, source.template_id, source.version)
    if template.owner_uscc not in (None, principal.entity_uscc):
        raise TemplateNotFound()
    paper = _paper(terms, parties, template.draft, source.data, deps.clock.now())
    require_glyphs(paper.text(), FontName.SONGTI)
    if source.format is TextFormat.PDF:
        made = deps.sandbox.run(write_contract_pdf, paper, font_path(FontName.SONGTI))
        data, places, media_type = made.data, made.places, "application/pdf"
    else:
        data, places = deps.sandbox.run(draw_ofd, paper)
        media_type = "application/ofd"
    rest = iter(places)
    return Text(
        data=data,
        media_type=media_type,
        parties=tuple(_placed(one, next(rest)) if one.signs else one for one in parties),
        template=(template.template_id, template.version, source.data),
    )


def _placed(party: Party, place: Placement) -> Party:
    chosen = party.place is not None or party.keyword is not None
    return party if chosen else replace(party, place=place)


def _paper(
    terms: ContractTerms,
    parties: tuple[Party, ...],
    draft: TemplateDraft,
    data: JsonObject,
    now: datetime,
) -> ContractPaper:
    clauses = filled(draft, validated_data(draft, data))
    signers = [one for one in parties if one.signs]
    stems = {one.uscc: _stem(at) for at, one in enumerate(signers)}
    named = tuple(
        f"{stems[one.uscc]}：{one.name}（统一社会信用代码 {one.uscc}）" for one in signers
    )
    return ContractPaper(
        title=terms.title,
        number=terms.number,
        made_at=now.replace(microsecond=0),
        preamble=named,
        clauses=tuple((one.heading, one.text) for one in clauses),
        signatures=tuple((f"{stems[one.uscc]}{LABEL}：", one.name) for one in signers),
    )


def _stem(at: int) -> str:
    return f"{_STEMS[at]}方" if at < len(_STEMS) else f"第{at + 1}方"


def draw_ofd(paper: ContractPaper) -> tuple[bytes, tuple[Placement, ...]]:
    """The same paper as OFD, and the places found by the labels; runs in the sandbox.

    Raises: GlyphMissing, KeywordNotFound.
    """
    blocks = [line for label, name in paper.signatures for line in (label + name, *_ROOM)]
    body = [part for clause in paper.clauses for part in clause]
    paragraphs = (f"合同编号：{paper.number}", *paper.preamble, *body, *_ROOM[:1], *blocks)
    identity = sha256(repr(paper).encode()).hexdigest()[:ID_DIGITS]
    spec = OfdContract(identity, paper.title, paragraphs, paper.made_at)
    subset = font_subset(characters(spec))
    font = OfdFont(subset.family, subset.family, subset.data, subset.advances)
    data = write_contract(replace(spec, font=font))
    return data, tuple(_ofd_place(data, label) for label, *_ in paper.signatures)


def _ofd_place(data: bytes, label: str) -> Placement:
    found = find_keyword(data, label)
    x = min(found.x_mm + 20, _OFD_PAGE_MM[0] - SEAL_WIDTH_MM)
    y = min(found.y_mm + 2, _OFD_PAGE_MM[1] - SEAL_WIDTH_MM)
    return Placement(found.page, x, y, SEAL_WIDTH_MM)
