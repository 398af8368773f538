"""Verify evidence packages; needs no account, no network and no database."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sealsvc.adapters.sandbox import InlineSandbox
from sealsvc.adapters.system import SystemClock
from sealsvc.areas.contracts.checking import Checker, PackageReport
from sealsvc.areas.verification.certificates import load_certificates
from sealsvc.cli.check import FileUnreadable

evidence = typer.Typer(help="合同证据包 · Evidence packages of contracts", no_args_is_help=True)


@evidence.callback()
def _group() -> None:
    """Keeps `verify` a command of its own while it is the only one."""


@evidence.command("verify")
def verify(
    file: Path,
    trust: Annotated[Path | None, typer.Option(help="Roots to trust, PEM.")] = None,
    key: Annotated[str | None, typer.Option(help="Verifier key of the log (/log/key).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole result.")] = False,
) -> None:
    """离线核验证据包 · Verify a package offline; exit status 1 unless all of it is sound."""
    anchors = () if trust is None else load_certificates(_read(trust))
    checker = Checker(InlineSandbox(), SystemClock(), anchors, key)
    report = checker.check(_read(file))
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False, indent=2))
    else:
        _print(report)
    if not report.sound:
        raise typer.Exit(1)


def _print(report: PackageReport) -> None:
    colour = typer.colors.GREEN if report.sound else typer.colors.RED
    word = "证据包完好 · The package is sound" if report.sound else "证据包有误 · Not sound"
    typer.secho(
        f"{word}: {report.parts} parts, {report.contract_id}, as of {report.as_of}", fg=colour
    )
    for finding in report.findings:
        typer.secho(f"  {finding.code}: {finding.path} {finding.detail}", fg=typer.colors.RED)
    for path, verdict in report.documents:
        typer.echo(f"  {verdict:13} {path}")
    if not report.trusted:
        typer.echo("未给出可信根 · No roots given (--trust): who signed was not judged")
    if not report.key_given:
        typer.echo("日志公钥取自包内 · The log's key is the package's own (--key)")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(file=str(path), reason=error.strerror) from error
