"""`/log/…`: the transparency log as tiled-log clients read it (C2SP tlog-tiles)."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.deps import Services_
from sealsvc.areas.transparency import service

router = APIRouter(tags=["log"], prefix="/log")

_TEXT = "text/plain; charset=utf-8"
_FRESH = {"Cache-Control": "public, max-age=2", "Access-Control-Allow-Origin": "*"}
_FOREVER = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Access-Control-Allow-Origin": "*",
}
_TEXT_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}}
}
_BYTES_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string"}}}},
    404: {"description": "TILE_NOT_FOUND"},
}


@router.get(
    "/checkpoint", response_class=Response, responses=_TEXT_ANSWER, summary="检查点 · Checkpoint"
)
def get_log_checkpoint(services: Services_) -> Response:
    """The newest released checkpoint, a signed note (C2SP tlog-checkpoint)."""
    return Response(service.checkpoint(services.logbook), headers=_FRESH, media_type=_TEXT)


@router.get(
    "/key", response_class=Response, responses=_TEXT_ANSWER, summary="日志公钥 · Verifier key"
)
def get_log_key(services: Services_) -> Response:
    """The log's verifier key string (C2SP signed-note)."""
    return Response(service.key(services.logbook) + "\n", headers=_FRESH, media_type=_TEXT)


@router.get(
    "/tile/{path:path}",
    response_class=Response,
    responses=_BYTES_ANSWER,
    summary="哈希瓦片与条目包 · Hash tiles and entry bundles",
)
def get_log_tile(
    services: Services_, path: Annotated[str, Path(max_length=80, examples=["0/000.p/1"])]
) -> Response:
    """`<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`, as far as the released tree reaches."""
    data = service.tile(services.deps, services.logbook, f"tile/{path}")
    return Response(data, headers=_FOREVER, media_type="application/octet-stream")
