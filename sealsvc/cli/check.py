"""Check what others hand over: documents, receipts, logs. Nothing here needs an account."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from sealsvc.adapters.log_http import HttpLog, audit_url
from sealsvc.adapters.sandbox import InlineSandbox
from sealsvc.adapters.system import SystemClock
from sealsvc.app import build
from sealsvc.areas.verification import inspecting, keeping, offline
from sealsvc.areas.verification import service as verification
from sealsvc.areas.verification.certificates import load_crl, load_trust
from sealsvc.areas.verification.model import VerificationRequest
from sealsvc.cli import deals
from sealsvc.cli.admin import settings_for
from sealsvc.errors import BadInput
from sealsvc.tlog.policy import Policy, parse_policy, policy_of_key
from sealsvc.tlog.proof import verify_receipt
from sealsvc.values import JsonObject
from sealsvc.verify.report import sentence, to_dict

GOOD = frozenset({"TRUSTED", "INTACT"})
_COLOURS = {"TRUSTED": "green", "INTACT": "yellow", "INDETERMINATE": "yellow", "UNSIGNED": "yellow"}

receipt = typer.Typer(help="透明日志回执 · Receipts", no_args_is_help=True)
log = typer.Typer(help="透明日志 · The transparency log", no_args_is_help=True)

Key = Annotated[str | None, typer.Option("--key", help="Verifier key of the log (/log/key).")]
PolicyFile = Annotated[Path | None, typer.Option("--policy", help="A C2SP tlog-policy file.")]


class FileUnreadable(BadInput):
    """A file named on the command line cannot be read."""

    code = "FILE_UNREADABLE"


class OptionsConflict(BadInput):
    """Options of a command exclude or demand one another; `options` names them."""

    code = "OPTIONS_CONFLICT"


def verify(
    files: Annotated[list[Path], typer.Argument(help="Documents.")],
    data: Annotated[Path | None, typer.Option(help="Ask this local registry.")] = None,
    trust: Annotated[Path | None, typer.Option(help="Roots to trust, PEM.")] = None,
    crl: Annotated[list[Path] | None, typer.Option(help="Revocation lists.")] = None,
    receipts: Annotated[list[Path] | None, typer.Option("--receipt", help="Receipts.")] = None,
    key: Key = None,
    policy: PolicyFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print whole reports.")] = False,
) -> None:
    """验证文件、证明 · Verify documents, attestations; exit status 1 unless TRUSTED or INTACT."""
    if data is not None and (trust or crl or receipts):
        raise OptionsConflict(options="--data, --trust/--crl/--receipt")
    if data is not None:
        reports = _against_registry(data, files)
    else:
        material = _material(trust, crl or [], receipts or [], _log_policy(key, policy))
        reports = [_offline(file, material) for file in files]
    if as_json:
        typer.echo(json.dumps(reports, ensure_ascii=False, indent=2))
    else:
        for file, report in zip(files, reports, strict=True):
            _print_verdict(file, report)
    if not all(report["summary"] in GOOD for report in reports):
        raise typer.Exit(1)


def inspect(file: Path) -> None:
    """查看文件内部，不下结论 · Show what is inside a document, certificate, list or receipt."""
    found = inspecting.inspect(_read(file))
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))


def replay(
    report: Annotated[str, typer.Argument(help="A report: its file, or its id with --data.")],
    evidence: Annotated[
        Path | None, typer.Option(help="Its evidence record (?format=evidence).")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Take both from this data folder.")] = None,
) -> None:
    """重放报告 · Judge again what a report on a document or a deal stands on; 1 unless the same."""
    if (evidence is None) == (data is None):
        raise OptionsConflict(options="--evidence or --data is needed")
    if evidence is not None:
        body, record = _read(Path(report)), _read(evidence)
    elif report.startswith(deals.ID_PREFIX):
        body, record = deals.kept_deal(data or Path(), report)
    else:
        parts = build(settings_for(data or Path()), isolated=False)
        view = verification.get(parts.deps, report)
        body, record = view.body, keeping.evidence_of(parts.deps, view)
    same, differing = _replayed(body, record)
    if not same:
        names = ", ".join(differing) or "order of members"
        typer.secho(f"不同 · Differs: {names}", fg=typer.colors.RED)
        raise typer.Exit(1)
    typer.secho("逐字节相同 · The same report, byte for byte", fg=typer.colors.GREEN)


@receipt.command("verify")
def receipt_verify(
    file: Path,
    document: Annotated[Path | None, typer.Option(help="The sealed file it speaks of.")] = None,
    key: Key = None,
    policy: PolicyFile = None,
) -> None:
    """离线核验回执 · Verify a receipt; needs no network."""
    from hashlib import sha256

    rules = _log_policy(key, policy)
    if rules is None:
        raise OptionsConflict(options="--key or --policy is needed")
    digest = None if document is None else sha256(_read(document)).hexdigest()
    found = verify_receipt(_read(file), rules, document_sha256=digest)
    typer.secho(f"{found.stage}: {found.leaf.type}", fg=typer.colors.GREEN)
    typer.echo(
        f"log {found.origin}, entry {found.index} of {found.tree_size}, {found.leaf.at:%FT%TZ}"
    )
    typer.echo(json.dumps(found.payload or found.leaf.public, ensure_ascii=False, indent=2))
    if not found.opened:
        typer.echo("回执未打开内容承诺 · The receipt does not open the entry's commitment")
    if digest is None:
        typer.echo("未与文件核对 · Not held against a document (--document)")


@log.command("audit")
def log_audit(
    url: Annotated[str, typer.Option(help="Prefix of the log, e.g. http://127.0.0.1:8000/log")],
    key: Key = None,
    state: Annotated[
        Path | None, typer.Option(help="Keeps the last checkpoint, to detect forks.")
    ] = None,
) -> None:
    """审计日志 · Read only public tiles and recompute everything."""
    with HttpLog(url) as fetch:
        vkey = key or fetch.vkey()
        kept = state.read_bytes() if state is not None and state.exists() else None
        audited = audit_url(fetch, vkey, kept)
    if state is not None:
        state.write_bytes(audited.note)
    typer.secho("日志完好 · The log is sound", fg=typer.colors.GREEN)
    typer.echo(audited.note.decode().split("\n\n")[0])
    if key is None:
        typer.echo(f"密钥取自日志自身 · The key is what the log itself says: {vkey}")


def _replayed(body: bytes, record: bytes) -> tuple[bool, tuple[str, ...]]:
    """Whether the judgement made again is the report's; which members differ."""
    if deals.is_deal_report(body):
        return deals.replay_deal(_report(body), record)
    outcome = keeping.replay(InlineSandbox(), _report(body), record)
    return outcome.same, outcome.differing


def _report(body: bytes) -> JsonObject:
    try:
        shape = json.loads(body)
        if isinstance(shape, dict):
            return shape
    except ValueError:
        pass
    raise FileUnreadable(reason="no report in JSON")


def _against_registry(data: Path, files: Sequence[Path]) -> list[dict[str, Any]]:
    requests = [VerificationRequest(_read(file), filename=file.name) for file in files]
    if any(deals.attestation_in(request.data) is not None for request in requests):
        raise OptionsConflict(options="--data, an attestation (it is verified with --trust)")
    parts = build(settings_for(data), isolated=False)
    views = [verification.verify(parts.deps, None, request) for request in requests]
    return [json.loads(view.body) for view in views]


def _offline(file: Path, material: offline.OfflineMaterial) -> dict[str, Any]:
    data = _read(file)
    attestation = deals.attestation_in(data)
    if attestation is not None:
        return dict(deals.attestation_report(attestation, material.anchors_der))
    report = offline.verify_offline(
        data, material, sandbox=InlineSandbox(), clock=SystemClock(), filename=file.name
    )
    return {**to_dict(report), "sentenceEn": sentence(report, "en")}


def _material(
    trust: Path | None, crls: list[Path], receipts: list[Path], log_policy: Policy | None
) -> offline.OfflineMaterial:
    anchors, issuers = ((), ()) if trust is None else load_trust(_read(trust))
    return offline.OfflineMaterial(
        anchors_der=anchors,
        issuers_der=issuers,
        crls_der=tuple(load_crl(_read(path)) for path in crls),
        receipts=tuple(_read(path) for path in receipts),
        log_policy=log_policy,
    )


def _log_policy(key: str | None, policy: Path | None) -> Policy | None:
    if key is not None and policy is not None:
        raise OptionsConflict(options="--key, --policy")
    if policy is not None:
        return parse_policy(_read(policy))
    return None if key is None else policy_of_key(key)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(file=str(path), reason=error.strerror) from error


def _print_verdict(file: Path, report: dict[str, Any]) -> None:
    console = Console(highlight=False)
    colour = _COLOURS.get(report["summary"], "red")
    console.print(f"[bold {colour}]{report['summary']}[/]  {file}")
    console.print(f"  {report['sentence']}\n  {report['sentenceEn']}")
    table = Table(show_header=False, box=None, padding=(0, 2))
    for axis, result in report["axes"].items():
        table.add_row(axis, result)
    console.print(table)
    for finding in report["findings"]:
        console.print(f"  {finding['severity']:7} {finding['code']}: {finding['message']}")
    for item in report["notChecked"]:
        console.print(f"  [dim]not checked: {item['message']}[/]")
