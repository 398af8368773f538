"""The page `/verify`: drop a file, read the verdict. Server-rendered; works without scripts."""

from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.deps import Services, Services_
from api.pages.shortcomings import shortcomings
from api.pages.texts import common_name, shown_instant, word
from api.problems import status_of
from api.texts import Language, language_of, text_of
from api.uploads import Received, form_or_problem
from sealsvc.areas.verification.model import VerificationRequest
from sealsvc.areas.verification.showing import ShownVerdict, verify_and_show
from sealsvc.errors import NotFound, ServiceError
from sealsvc.values import DocumentRole
from sealsvc.verify.evidence import Expectation

router = APIRouter(tags=["pages"], include_in_schema=False)

HERE = Path(__file__).parent
CONTENT_TYPES = {
    "page.css": "text/css; charset=utf-8",
    "trace.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "htmx.min.js": "text/javascript; charset=utf-8",
}
_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
_TEMPLATES.filters |= {"instant": shown_instant, "common_name": common_name}


@router.get("/")
def home() -> Response:
    """The front door leads to the page."""
    return RedirectResponse("/verify", HTTPStatus.TEMPORARY_REDIRECT)


async def page_language(
    lang: Annotated[str | None, Query(max_length=8)] = None,
    accept_language: Annotated[str | None, Header()] = None,
) -> Language:
    """Dependency: the language asked for, else the browser's, else Chinese."""
    if lang in ("zh", "en"):
        return "en" if lang == "en" else "zh"
    return language_of(accept_language)


Language_ = Annotated[Language, Depends(page_language)]


@router.get("/verify")
def verify_page(services: Services_, language: Language_) -> HTMLResponse:
    """The empty form."""
    return _page("verify.html", services, language)


@router.post("/verify")
def verify_form(
    services: Services_,
    language: Language_,
    form: Annotated[Received | ServiceError, Depends(form_or_problem)],
    hx_request: Annotated[str | None, Header()] = None,
) -> HTMLResponse:
    """The verdict: a fragment for htmx, the whole page without scripts."""
    shown = _judged(services, form)
    fragment = hx_request is not None
    if isinstance(shown, ServiceError):
        template = "_problem.html" if fragment else "verify.html"
        problem = _problem(shown, language)
        return _page(template, services, language, status=status_of(shown), problem=problem)
    template = "_verdict.html" if fragment else "verify.html"
    return _page(template, services, language, verdict=shown)


@router.get("/static/{name}")
def static_file(name: str) -> Response:
    """Style, script, htmx: three known files, never a path."""
    content_type = CONTENT_TYPES.get(name)
    if content_type is None:
        raise NotFound()
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(_static(name), media_type=content_type, headers=headers)


@cache
def _static(name: str) -> bytes:
    return (HERE / "static" / name).read_bytes()


def _judged(services: Services, form: Received | ServiceError) -> ShownVerdict | ServiceError:
    if isinstance(form, ServiceError):
        return form
    try:
        upload = form.uploads[0]
        request = VerificationRequest(
            data=upload.data, filename=upload.filename, expectation=_expectation(form)
        )
        return verify_and_show(services.deps, request)
    except ServiceError as error:
        return error


def _expectation(form: Received) -> Expectation:
    role = form.fields.get("role") or None
    known = {str(one): one for one in DocumentRole}
    seller = form.fields.get("sellerUscc", "").strip() or None
    return Expectation(role=known.get(role or ""), seller_uscc=seller)


def _problem(error: ServiceError, language: Language) -> dict[str, str]:
    text = text_of(error.code)
    rows = getattr(error, "rows", ())
    no_file = any(row.pointer == "/file" for row in rows)
    return {
        "code": error.code,
        "type": f"/problems/{error.code}",
        "title": word("no.file", language) if no_file else text.title(language),
        "detail": "" if no_file else text.detail(language),
    }


def _page(
    template: str, services: Services, language: Language, *, status: int = 200, **values: Any
) -> HTMLResponse:
    values = {"verdict": None, "problem": None, **values}
    body = _TEMPLATES.get_template(template).render(
        t=partial(word, language=language),
        shortcomings=partial(shortcomings, language=language),
        lang=language,
        other="en" if language == "zh" else "zh",
        limit_mb=services.deps.config.max_document_bytes // (1024 * 1024),
        **values,
    )
    headers = {"Vary": "Accept-Language, HX-Request", "Content-Language": language}
    return HTMLResponse(body, status, headers)
