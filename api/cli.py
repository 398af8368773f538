"""Entry point `sealsvc`: every operator command, and serve, demo and openapi.

Servers and HTTP clients are imported inside the commands that need them, so that
`sealsvc verify` does not pay for them.
"""

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from api.texts import TEXTS
from ca.errors import CaError
from sealsvc.app import DatabaseMissing, DomainMissing, SchemaMismatch, build
from sealsvc.cli import app
from sealsvc.errors import ServiceError
from sealsvc.initialise import DomainExists, demo_clients, initialise
from sealsvc.settings import Settings

Data = Annotated[Path, typer.Option("--data", help="Folder of keys, blobs and database.")]


@app.command()
def serve(
    data: Data = Path("data"),
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option()] = 8000,
    workers: Annotated[int, typer.Option(help="Server processes.")] = 1,
    demo: Annotated[bool, typer.Option(help="Found a demo domain in an empty folder.")] = False,
) -> None:
    """启动服务 · Serve HTTP until interrupted."""
    import uvicorn

    settings = Settings(data=data)
    if demo:
        _ensure_demo(settings, host, port)
    clients = demo_clients(data)
    build_check(settings)
    _print_welcome(host, port, data, clients)
    os.environ["SEALSVC_DATA"] = str(data)
    # The server raises the signal again once it has ended in order; that is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "api.main:app_from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        access_log=False,
        server_header=False,
        # httptools loses the body of a request with `Upgrade: h2c`, which is how Java's HttpClient
        # begins by default; h11 ignores the offer, as RFC 9110 section 7.8 allows.
        http="h11",
        timeout_graceful_shutdown=20,
        limit_concurrency=settings.limit_concurrency or None,
    )


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for files, reports and receipts.")],
    base: Annotated[str | None, typer.Option(help="A running service.")] = None,
    clients: Annotated[Path | None, typer.Option(help="Its demo-clients.json.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder of our own service.")] = None,
) -> None:
    """跑完整个故事 · Run the whole story over HTTP; fails if any verdict is unexpected."""
    from api.demo import run_command

    raise typer.Exit(run_command(out, base=base, clients=clients, data=data))


@app.command()
def openapi(
    path: Annotated[Path, typer.Argument()] = Path("openapi.yaml"),
    check: Annotated[bool, typer.Option(help="Only compare; fail on a difference.")] = False,
) -> None:
    """写出或核对 openapi.yaml · Write openapi.yaml from the code, or compare it."""
    from api import openapi as document
    from api.main import create_app

    described = create_app(None)
    if not check:
        document.write(described, path)
    elif differences := document.check(described, path):
        typer.echo("\n".join([*differences, "run `make openapi`"]), err=True)
        raise typer.Exit(1)


def main() -> None:
    """Run a command; an error of ours is printed with its code and what to do, exit status 2."""
    try:
        app()
    except (ServiceError, CaError) as error:
        for line in error_lines(error):
            typer.secho(line, fg=typer.colors.RED, err=True)
        sys.exit(2)


def error_lines(error: ServiceError | CaError) -> list[str]:
    """Code, fields and advice of an error, in both languages."""
    fields = ", ".join(f"{name}={value}" for name, value in error.fields.items())
    head = f"{error.code}" + (f" ({fields})" if fields else "")
    text = TEXTS.get(error.code)
    if text is None:
        return [head]
    return [head, f"{text.zh} {text.detail('zh')}", f"{text.en}. {text.detail('en')}"]


def build_check(settings: Settings) -> None:
    """Fail before the server starts, where the error can be read, not in a worker's log.

    Raises: DatabaseMissing, DomainMissing, SchemaMismatch, KekMissing, LogForkRefused.
    """
    parts = build(settings, isolated=False)
    parts.logbook.check()
    parts.store.engine.dispose()


def _ensure_demo(settings: Settings, host: str, port: int) -> None:
    """A demo domain where there is none; an existing one gets its schema brought up to date."""
    chosen = settings.model_copy(
        update={}
        if "base_url" in settings.model_fields_set
        else {"base_url": f"http://{host}:{port}"}
    )
    try:
        build(settings, isolated=False)
    except SchemaMismatch as error:
        typer.echo(f"升级数据库结构 … · Bringing the schema up to date … ({error})")
    except (DatabaseMissing, DomainMissing):
        typer.echo("首次启动：正在建立演示信任域 … · First start: founding a demo trust domain …")
        with contextlib.suppress(DomainExists):  # another process was faster
            initialise(chosen, demo=True)
        return
    with contextlib.suppress(DomainExists):
        initialise(chosen, demo=True)


def _print_welcome(host: str, port: int, data: Path, clients: dict[str, str]) -> None:
    base = f"http://{host}:{port}"
    typer.echo(f"\n  验证页面 Verify a file   {base}/verify")
    typer.echo(f"  接口文档 API             {base}/openapi.json")
    typer.echo(f"  透明日志 Log             {base}/log/checkpoint")
    if clients:
        typer.secho(
            "\n  演示环境：密钥由程序自建并与数据放在一起，切勿用于生产。\n"
            f"  DEMO: the key-encryption key was made here and lies beside the data ({data}/kek).\n"
            "  Never use this for real seals.",
            fg=typer.colors.YELLOW,
        )
        typer.echo(f"\n  演示密钥 Demo keys ({data}/demo-clients.json):")
        for name, key in clients.items():
            typer.echo(f"    {name:11} {key}")
    typer.echo("")


if __name__ == "__main__":
    main()
