"""`/v1/entities/imports`, `/v1/seals/imports`: many rows at once, from CSV or JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header

from api.auth import Principal_
from api.auth import principal as principal_of
from api.deps import Services_
from api.idempotency import require_idempotency_key
from api.schemas.imports import ImportOut
from api.texts import language_of
from api.uploads import Upload_
from sealsvc.areas.entities.importing.register import import_entities
from sealsvc.areas.seals.importing import import_seals

router = APIRouter()

AcceptLanguage_ = Annotated[str | None, Header(include_in_schema=False)]

# In this order: who is asking comes before how.
_KEYED = [Depends(principal_of), Depends(require_idempotency_key)]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "What became of the rows; some may have failed while others did not."},
}
_TEXT = {"schema": {"type": "string", "format": "binary"}}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": _TEXT,
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
            "application/x-ndjson": _TEXT,
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": _TEXT["schema"]},
                    "required": ["file"],
                }
            },
        },
    }
}


@router.post(
    "/v1/entities/imports",
    tags=["entities"],
    summary="批量导入主体 · Import entities",
    dependencies=_KEYED,
    responses=_ANSWERS,
    openapi_extra=_BODY,
)
def create_entity_import(
    services: Services_,
    principal: Principal_,
    upload: Upload_,
    accept_language: AcceptLanguage_ = None,
) -> ImportOut:
    """Scope `entity.write`. CSV (UTF-8 or GBK, Chinese or English header), JSON array or NDJSON.

    Every row stands by itself; the same file sent again changes nothing more.
    Problems: IMPORT_HEADER_INVALID, IMPORT_ENCODING_UNKNOWN, IMPORT_FILE_INVALID, IMPORT_TOO_LONG.
    """
    report = import_entities(services.deps, principal, upload.data)
    return ImportOut.of(report, language_of(accept_language))


@router.post(
    "/v1/seals/imports",
    tags=["seals"],
    summary="批量导入印章 · Import seals",
    dependencies=_KEYED,
    responses=_ANSWERS,
    openapi_extra=_BODY,
)
def create_seal_import(
    services: Services_,
    principal: Principal_,
    upload: Upload_,
    accept_language: AcceptLanguage_ = None,
) -> ImportOut:
    """Scope `seal.apply`: applications, which another person still approves and issues.

    Problems: as for entities.
    """
    report = import_seals(services.deps, principal, upload.data)
    return ImportOut.of(report, language_of(accept_language))
