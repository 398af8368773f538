"""Operator commands. `api.cli` adds serve, demo and openapi and prints errors as texts."""

import typer

from sealsvc.cli import admin, check, evidence, imports, sealing

app = typer.Typer(
    name="sealsvc",
    help="电子印章与可信交易服务 · Electronic seals and trusted transactions",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("init")(admin.init)
app.command("migrate")(admin.migrate)
app.add_typer(admin.clients, name="clients")
app.add_typer(imports.entities, name="entities")
app.add_typer(imports.seals, name="seals")
app.command("verify")(check.verify)
app.command("inspect")(check.inspect)
app.command("replay")(check.replay)
app.add_typer(check.receipt, name="receipt")
app.add_typer(check.log, name="log")
app.command("seal-batch")(sealing.seal_batch)
app.add_typer(evidence.evidence, name="evidence")
