"""The page `/trace/{id}`: the public life of a seal or a document, for a phone held over a code.

The id is a seal's, or the SHA-256 of a document. Whoever has that digest has the document, so it
opens the document's facts; to all others the page shows what stands in clear in the log.
Source: CONTRACT sections 4 and 5.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path as FilePath
from typing import Annotated

import segno
from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.deps import Services, Services_
from api.pages.texts import shown_instant
from api.pages.trace_texts import trace_word
from api.pages.views import Language_
from api.schemas.common import rfc3339
from api.texts import Language
from sealsvc.areas.deps import Deps
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model.views import PublicSeal
from sealsvc.areas.transparency import service as transparency
from sealsvc.areas.transparency.model import TraceEvent, TraceQuery
from sealsvc.areas.transparency.proving import Proven, prove
from sealsvc.errors import NotFound
from sealsvc.values import DocumentRole, SealId, SealStatus

router = APIRouter(tags=["pages"], include_in_schema=False)

PAGE_FACTS = 30
_SEAL_ID = re.compile(r"seal_[a-z2-7]{26}", re.ASCII)
_SHA256_HEX = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_LARGEST_INDEX = 2**53
_TEMPLATES = Environment(
    loader=FileSystemLoader(FilePath(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
_TEMPLATES.filters |= {"instant": lambda at: shown_instant(rfc3339(at)), "rfc3339": rfc3339}


class TraceSubjectUnknown(NotFound):
    """What stands behind `/trace/` is neither a seal's id nor a SHA-256."""

    code = "NOT_FOUND"


@dataclass(frozen=True)
class ShownSeal:
    """The public members of a seal and its state when the page was made."""

    seal: PublicSeal
    status: SealStatus


@dataclass(frozen=True)
class ShownFact:
    """One fact. receipt: path; role: what the sealer declared, where the document is held."""

    event: TraceEvent
    proof: Proven
    receipt: str
    seal: ShownSeal | None
    role: str | None


@router.get("/trace/{id}")
def trace_page(
    services: Services_,
    language: Language_,
    subject: Annotated[str, Path(alias="id", max_length=200)],
    after: Annotated[int, Query(ge=-1, le=_LARGEST_INDEX)] = -1,
) -> HTMLResponse:
    """The facts about a seal or a document, a page at a time; after: log index of the last seen."""
    deps = services.deps
    now = deps.clock.now()
    if _SEAL_ID.fullmatch(subject):
        seal = _seal(deps, subject, now)
        query = TraceQuery(seal_id=subject, after_index=after, limit=PAGE_FACTS + 1)
        facts, more = _facts(services, query, {subject: seal})
        return _page(services, language, subject, now, seal=seal, facts=facts, more=more)
    if _SHA256_HEX.fullmatch(subject):
        digest = subject.lower()
        query = TraceQuery(digest=digest, after_index=after, limit=PAGE_FACTS + 1)
        facts, more = _facts(services, query, {})
        return _page(services, language, digest, now, seal=None, facts=facts, more=more)
    raise TraceSubjectUnknown()


def _facts(
    services: Services, query: TraceQuery, known: dict[str, ShownSeal]
) -> tuple[list[ShownFact], int | None]:
    """Facts in order of time, and the index behind which there are more."""
    found = transparency.trace(services.deps, None, query)
    events = found[:PAGE_FACTS]
    more = events[-1].index if len(found) > PAGE_FACTS else None
    proofs = prove(services.deps, services.logbook, events, query.digest)
    now = services.deps.clock.now()
    shown = []
    for event in sorted(events, key=lambda one: one.at):
        payload = event.payload or {}
        seal_id, declared = payload.get("sealId"), payload.get("declaration")
        if isinstance(seal_id, str) and seal_id not in known:
            known[seal_id] = _seal(services.deps, seal_id, now)
        shown.append(
            ShownFact(
                event=event,
                proof=proofs[event.fact_id],
                receipt=_receipt(event, query.digest),
                seal=known.get(seal_id) if isinstance(seal_id, str) else None,
                role=_role(declared.get("role")) if isinstance(declared, dict) else None,
            )
        )
    return shown, more


def _seal(deps: Deps, seal_id: str, now: datetime) -> ShownSeal:
    """Raises: SealNotFound."""
    answer = seals.status(deps, SealId(seal_id), now, None)
    return ShownSeal(answer.seal.public(), answer.status_now)


def _role(declared: object) -> str | None:
    return str(declared) if declared in set(DocumentRole) else None


def _receipt(event: TraceEvent, digest: str | None) -> str:
    path = f"/v1/receipts/{event.fact_id}"
    return path if digest is None else f"{path}?digest={digest}"


def _qr(url: str) -> Markup:
    """The address as inline SVG without a size, black on white."""
    drawn = segno.make(url, error="m").svg_inline(
        omitsize=True, border=2, light="#fff", svgclass=None, lineclass=None
    )
    return Markup(drawn)  # noqa: S704 - segno's own markup: paths alone, no text of ours


def _page(
    services: Services,
    language: Language,
    subject: str,
    now: datetime,
    *,
    seal: ShownSeal | None,
    facts: list[ShownFact],
    more: int | None,
) -> HTMLResponse:
    on_it = {one.seal.seal.seal_id: one.seal for one in facts if one.seal is not None}
    path = f"/trace/{subject}"
    body = _TEMPLATES.get_template("trace.html").render(
        t=partial(trace_word, language=language),
        lang=language,
        other="en" if language == "zh" else "zh",
        path=path,
        subject=subject,
        seal=seal,
        on_document=list(on_it.values()),
        facts=facts,
        more=more,
        now=now,
        qr=_qr(services.deps.config.base_url + path),
    )
    headers = {
        "Vary": "Accept-Language",
        "Content-Language": language,
        "Cache-Control": "no-cache",
        # A digest in an address opens a document's facts; no search engine shall keep it.
        "X-Robots-Tag": "noindex" if seal is None else "all",
    }
    return HTMLResponse(body, 200 if facts or seal is not None else 404, headers)
