"""`/compat/siva/…`: validation as open-eid/SiVa offers it, so that its clients work here.

What SiVa would refuse with 400 is refused as it does; limits, load and faults of our own stay
problem+json. Source: api-conventions section 2.1.
"""

import re
from base64 import b64decode
from binascii import Error as BinasciiError
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from api.deps import Services_
from api.problems import MEDIA_TYPE, InvalidRequest, status_of
from api.schemas.compat import (
    SIVA_POLICIES,
    SivaAnswerOut,
    SivaDatafileIn,
    SivaErrorsOut,
    SivaHashcodeIn,
    SivaOptions,
    SivaSignatureFileIn,
    SivaValidateIn,
)
from api.texts import text_of
from api.uploads import Received, received_form
from sealsvc.areas.verification.compat import (
    DetachedRequest,
    examine,
    examine_detached,
)
from sealsvc.areas.verification.model import VerificationRequest
from sealsvc.areas.verification.reports.siva import siva_report
from sealsvc.documents.detached import DocumentDigest
from sealsvc.errors import ServiceError

M = TypeVar("M", bound=BaseModel)
Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_REFUSED = frozenset({400, 415, 422})
_WHITE = b" \t\r\n"
_NOT_BASE64 = "Document is not encoded in a valid base64 string"
_MALFORMED = "Document malformed or not matching documentType"
_BLANK = "Must not be blank"
_KEYS = {
    "POLICY_UNKNOWN": "signaturePolicy",
    "UNSUPPORTED_FORMAT": "document",
    "DOCUMENT_UNREADABLE": "document",
    "DOCUMENT_ENCRYPTED": "document",
    "RESOURCE_LIMIT": "document",
}
_DIGESTS = {
    "sha1": 20,
    "sha224": 28,
    "sha256": 32,
    "sha384": 48,
    "sha512": 64,
    "sha3_256": 32,
    "sha3_384": 48,
    "sha3_512": 64,
}
_HASH_NAME = re.compile(r"SHA(3-)?-?(\d{1,3})", re.ASCII | re.IGNORECASE)


class SivaRefusal(Exception):
    """A member of the request is unfit. key: its name as SiVa spells it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(key)
        self.key, self.message = key, message


class SivaRoute(APIRoute):
    """A route that refuses requests in SiVa's format."""

    def get_route_handler(self) -> Handler:
        """The usual handler, its refusals reshaped."""
        usual = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await usual(request)
            except SivaRefusal as error:
                return _refused([(error.key, error.message)])
            except ServiceError as error:
                if status_of(error) not in _REFUSED:
                    raise
                return _refused([_said(error)])

        return handler


router = APIRouter(prefix="/compat/siva", tags=["compatibility"], route_class=SivaRoute)

_RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {
        "model": SivaErrorsOut,
        "description": "Refused, in SiVa's format; as a problem where HTTP itself is at fault.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


def _body(model: type[BaseModel]) -> dict[str, Any]:
    """The request body for openapi.yaml; it is read from the spool, not by the framework."""
    schema = model.model_json_schema()
    inner = schema.pop("$defs", {})
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _inlined(schema, inner)}},
        }
    }


def _inlined(schema: Any, inner: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(item, inner) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(inner[schema["$ref"].rsplit("/", 1)[1]], inner)
    return {name: _inlined(value, inner) for name, value in schema.items()}


async def json_body(received: Annotated[Received, Depends(received_form)]) -> bytes:
    """Dependency: the body's bytes, counted against the limit for documents.

    Raises: SivaRefusal for a form.
    """
    if len(received.uploads) != 1 or received.uploads[0].filename is not None:
        raise SivaRefusal("request", "JSON expected")
    return received.uploads[0].data


JsonBody_ = Annotated[bytes, Depends(json_body)]


@router.post(
    "/validate",
    response_model=SivaAnswerOut,
    responses=_RESPONSES,
    openapi_extra=_body(SivaValidateIn),
    summary="兼容 SiVa 的验证 · Validate a document as SiVa does",
)
def siva_validate(services: Services_, body: JsonBody_) -> Response:
    """The judgement is that of `/v1/verifications`; Content-Location names its report.

    A signature that is sound by EN 319 102-1 but condemned by the register of seals or by the
    document's meaning is INDETERMINATE with SIG_CONSTRAINTS_FAILURE here. Refused with 400 in
    SiVa's format: UNSUPPORTED_FORMAT, DOCUMENT_ENCRYPTED, DOCUMENT_UNREADABLE, RESOURCE_LIMIT,
    POLICY_UNKNOWN.
    """
    wanted = _parsed(SivaValidateIn, body)
    data = _decoded("document", wanted.document)
    policy, warnings = _policy(wanted)
    request = VerificationRequest(data, wanted.filename, policy)
    examined, verification_id = examine(services.deps, request)
    headers = {
        "Cache-Control": "no-store",
        "Content-Location": f"/v1/verifications/{verification_id}",
    }
    return JSONResponse(siva_report([examined], wanted.report_type, warnings), headers=headers)


@router.post(
    "/validateHashcode",
    response_model=SivaAnswerOut,
    responses=_RESPONSES,
    openapi_extra=_body(SivaHashcodeIn),
    summary="仅凭摘要验证 · Validate detached signatures by digest",
)
def siva_validate_hashcode(services: Services_, body: JsonBody_) -> Response:
    """Detached CMS (CAdES) signatures; of their documents only the digests are sent.

    Without `datafiles` a signature is at best INDETERMINATE with SIGNED_DATA_NOT_FOUND, and
    `signatureScopes` names the digest that was signed, for the caller to compare. Unlike with
    `/validate`, no report is kept.
    """
    wanted = _parsed(SivaHashcodeIn, body)
    policy, warnings = _policy(wanted)
    requests = [
        _detached(number, item, policy) for number, item in enumerate(wanted.signature_files)
    ]
    examined = [examine_detached(services.deps, request) for request in requests]
    headers = {"Cache-Control": "no-store"}
    return JSONResponse(siva_report(examined, wanted.report_type, warnings), headers=headers)


def _parsed(model: type[M], body: bytes) -> M:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _first_of(error) from error


def _first_of(error: ValidationError) -> SivaRefusal:
    item = error.errors(include_url=False, include_context=False, include_input=False)[0]
    blank = item["type"] in ("missing", "string_too_short")
    if item["type"] == "json_invalid":
        return SivaRefusal("request", "Request is not valid JSON")
    return SivaRefusal(_key(item["loc"]), _BLANK if blank else str(item["msg"]))


def _key(location: tuple[str | int, ...]) -> str:
    """`signatureFiles[0].datafiles[0].hash`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return "".join(steps).lstrip(".") or "request"


def _policy(wanted: SivaOptions) -> tuple[str | None, list[str]]:
    named = wanted.signature_policy
    if named not in SIVA_POLICIES:
        return named, []
    return None, [f"{named} is not a policy of this service; its own default was used"]


def _decoded(key: str, text: str) -> bytes:
    try:
        compact = text.encode("ascii").translate(None, _WHITE)
        data = b64decode(compact, validate=True)
    except (BinasciiError, ValueError) as error:
        raise SivaRefusal(key, _NOT_BASE64) from error
    if not data:
        raise SivaRefusal(key, _BLANK)
    return data


def _detached(number: int, item: SivaSignatureFileIn, policy: str | None) -> DetachedRequest:
    key = f"signatureFiles[{number}]"
    signature = _decoded(f"{key}.signature", item.signature)
    if not item.datafiles:
        return DetachedRequest(signature, policy=policy)
    datafile = item.datafiles[0]
    digest = _digest(f"{key}.datafiles[0]", datafile)
    return DetachedRequest(signature, datafile.filename, digest, policy)


def _digest(key: str, datafile: SivaDatafileIn) -> DocumentDigest:
    found = _HASH_NAME.fullmatch(datafile.hash_algo)
    name = "" if found is None else f"sha3_{found[2]}" if found[1] else f"sha{found[2]}"
    if name not in _DIGESTS:
        raise SivaRefusal(f"{key}.hashAlgo", "Invalid hash algorithm")
    value = _decoded(f"{key}.hash", datafile.hash)
    if len(value) != _DIGESTS[name]:
        raise SivaRefusal(f"{key}.hash", "Invalid hash length for the algorithm")
    return DocumentDigest(name, value)


def _said(error: ServiceError) -> tuple[str, str]:
    """A refusal of ours in SiVa's words."""
    if error.code in ("UNSUPPORTED_FORMAT", "DOCUMENT_UNREADABLE"):
        return "document", _MALFORMED
    if isinstance(error, InvalidRequest):  # an empty body, an unknown query parameter
        return "request", _BLANK
    return _KEYS.get(error.code, "request"), text_of(error.code).title("en")


def _refused(rows: list[tuple[str, str]]) -> Response:
    body = {"requestErrors": [{"key": key, "message": message} for key, message in rows]}
    return JSONResponse(body, 400, headers={"Cache-Control": "no-store"})
