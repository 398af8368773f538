"""`/problems/{CODE}`: the page behind a problem's `type`."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Path, Response
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment

from api.problems import all_service_errors, status_of
from api.schemas.common import ResponseModel
from api.texts import TEXTS, language_of
from sealsvc.errors import NotFound

router = APIRouter(tags=["operations"])

_PAGE = Environment(autoescape=True, trim_blocks=True).from_string("""<!doctype html>
<html lang="{{ languages[0] }}">
<head><meta charset="utf-8"><title>{{ code }}</title></head>
<body>
<h1><code>{{ code }}</code></h1>
<p>HTTP {{ status }} {{ phrase }}</p>
{% for language in languages %}
<section lang="{{ language }}">
<h2>{{ text.title(language) }}</h2>
<p>{{ text.detail(language) }}</p>
</section>
{% endfor %}
</body>
</html>
""")


class Explanation(ResponseModel):
    """A problem code in both languages."""

    code: str
    status: int
    title: dict[str, str]
    detail: dict[str, str]


@router.get(
    "/problems/{code}",
    response_model=Explanation,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
def explain_problem(
    code: Annotated[str, Path(max_length=80, pattern="^[A-Z0-9_]+$")],
    accept: Annotated[str, Header()] = "*/*",
    accept_language: Annotated[str | None, Header()] = None,
) -> Response:
    """What a problem code means and what to do: HTML, or JSON where that is accepted alone."""
    text = TEXTS.get(code)
    if text is None:
        raise NotFound()
    status = _status_of_code(code)
    language = language_of(accept_language)
    languages = (language, "en" if language == "zh" else "zh")
    if "json" in accept and "html" not in accept:
        shape = Explanation(
            code=code,
            status=status,
            title={one: text.title(one) for one in ("zh", "en")},
            detail={one: text.detail(one) for one in ("zh", "en")},
        )
        return JSONResponse(shape.model_dump(by_alias=True), headers={"Vary": "Accept"})
    page = _PAGE.render(
        code=code, status=status, phrase=HTTPStatus(status).phrase, text=text, languages=languages
    )
    return HTMLResponse(page, headers={"Vary": "Accept, Accept-Language"})


def _status_of_code(code: str) -> int:
    kinds = (kind for kind in all_service_errors() if kind.code == code)
    return next((status_of(kind) for kind in kinds), 500)
