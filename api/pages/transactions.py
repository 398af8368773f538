"""The page `/transactions/{id}`: the verdict over a deal, for whoever was given its link."""

import json
from functools import partial
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.deps import Services_
from api.pages.texts import shown_instant
from api.pages.transaction_texts import transaction_word
from api.pages.views import Language_
from api.texts import Language
from sealsvc.areas.transactions import service
from sealsvc.areas.transactions.model.verification import (
    TransactionExpired,
    TransactionNotFound,
)

router = APIRouter(tags=["pages"], include_in_schema=False)

_TEMPLATES = Environment(
    loader=FileSystemLoader(FilePath(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
_TEMPLATES.filters |= {"instant": shown_instant}


@router.get("/transactions/{id}")
def transaction_page(
    services: Services_,
    language: Language_,
    transaction_id: Annotated[str, Path(alias="id", max_length=200)],
) -> HTMLResponse:
    """The kept report as a page; the id opens it, until it expires."""
    path = f"/transactions/{transaction_id}"
    try:
        view = service.get(services.deps, transaction_id)
    except TransactionExpired:
        return _page(language, path, 404, missing="txn.expired")
    except TransactionNotFound:
        return _page(language, path, 404, missing="txn.unknown")
    return _page(language, path, 200, report=json.loads(view.body))


def _page(language: Language, path: str, status: int, **values: Any) -> HTMLResponse:
    body = _TEMPLATES.get_template("transaction.html").render(
        t=partial(transaction_word, language=language),
        lang=language,
        other="en" if language == "zh" else "zh",
        path=path,
        **{"report": None, "missing": None, **values},
    )
    headers = {
        "Vary": "Accept-Language",
        "Content-Language": language,
        "Cache-Control": "no-store",
        # The address opens the report: it shall not travel in a Referer, nor into an index.
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
    }
    return HTMLResponse(body, status, headers)
