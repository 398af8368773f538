"""Found the trust domain, bring its schema up to date, make and revoke API clients."""

from pathlib import Path
from typing import Annotated

import typer

from sealsvc.app import Parts, build, open_database
from sealsvc.areas.access import service as access
from sealsvc.areas.access.model import ClientDraft, parse_scopes
from sealsvc.areas.entities import service as entities
from sealsvc.initialise import initialise
from sealsvc.initialise import migrate as migrate_schema
from sealsvc.settings import Settings
from sealsvc.values import Principal, Scope

Data = Annotated[Path, typer.Option("--data", help="Folder of keys, blobs and database.")]
DEFAULT_DATA = Path("data")

clients = typer.Typer(help="API 客户端 · API clients and their keys", no_args_is_help=True)


def settings_for(data: Path, **chosen: object) -> Settings:
    """Settings of the environment, with what the command line names."""
    return Settings(data=data, **{key: value for key, value in chosen.items() if value is not None})  # type: ignore[arg-type]


def init(
    data: Data = DEFAULT_DATA,
    demo: Annotated[bool, typer.Option(help="Also three merchants and API clients.")] = False,
    base_url: Annotated[
        str | None, typer.Option(help="Public address, fixed in certificates.")
    ] = None,
) -> None:
    """建立信任域 · Found a trust domain: keys, schema, log, root and issuing CA."""
    initialise(settings_for(data, base_url=base_url), demo=demo)
    typer.echo(f"信任域已建立 · Trust domain founded in {data}/")


def migrate(data: Data = DEFAULT_DATA) -> None:
    """升级数据库结构 · Bring the database schema up to date."""
    engine = open_database(settings_for(data))
    migrate_schema(engine)
    typer.echo("数据库结构已是最新 · Schema is up to date")


@clients.command("create")
def create(
    name: Annotated[str, typer.Option(help="Name shown in lists.")],
    scopes: Annotated[str, typer.Option(help="Comma-separated, e.g. seal.sign,verify")],
    entity: Annotated[str | None, typer.Option(help="USCC the client is bound to.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """新建客户端，密钥只显示一次 · Make a client; its key is shown this once."""
    parts = build(settings_for(data), isolated=False)
    uscc = None if entity is None else _existing(parts, entity)
    draft = ClientDraft(name, parse_scopes(part.strip() for part in scopes.split(",")), uscc)
    client, key = access.create_client(parts.deps, None, draft)
    parts.logbook.sequence()
    typer.echo(f"{client.client_id}\n{key}")


@clients.command("list")
def show(data: Data = DEFAULT_DATA) -> None:
    """列出客户端 · List clients, the oldest first."""
    parts = build(settings_for(data), isolated=False)
    for client in access.list_clients(parts.deps, None):
        state = "revoked" if client.revoked_at else "active"
        scopes = ",".join(sorted(client.scopes))
        typer.echo(
            f"{client.client_id}  {state:8} {client.entity_uscc or '-':18}  {client.name}  {scopes}"
        )


@clients.command("revoke")
def revoke(
    client_id: str,
    reason: Annotated[str | None, typer.Option(help="Kept in the log's payload.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """吊销客户端 · Make a client's key worthless at once."""
    parts = build(settings_for(data), isolated=False)
    access.revoke_client(parts.deps, None, client_id, reason=reason)
    parts.logbook.sequence()
    typer.echo(f"{client_id} revoked")


def _existing(parts: Parts, uscc: str) -> str:
    """The canonical code of a registered entity. Raises: EntityNotFound."""
    viewer = Principal("system", "command line", frozenset({Scope.ENTITY_READ}))
    return entities.get(parts.deps, viewer, uscc).uscc
