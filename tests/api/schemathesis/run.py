"""`make schemathesis`: requests invented from openapi.yaml against a live service with data in it.

Once without a key and once for each of several clients: no 5xx, no status, content type or body
that openapi.yaml does not name, no broken request let through.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.live.papers import MERCHANTS, Sealed, make_seal, seal, seal_everything
from tests.live.service import LiveService

OPENAPI = Path(__file__).parents[3] / "openapi.yaml"
NOBODY = "nobody"
CLIENTS = (NOBODY, "merchant-a", "operator", "approver", "regulator")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
)
PHASES = "examples,coverage,fuzzing"
EXAMPLES = 20
_PASSED, _FAILED = 0, 1
_CHANCE = 0.7  # of a parameter that names something there is


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 nothing found, or schemathesis is not installed; 1 something found."""
    parser = argparse.ArgumentParser(prog="python -m tests.api.schemathesis.run")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="per operation and client")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schema", type=Path, default=OPENAPI)
    parser.add_argument("--checks", default=",".join(CHECKS))
    parser.add_argument("--client", action="append", choices=CLIENTS, help="all, if not given")
    options = parser.parse_args(arguments)
    tool = find_tool()
    if tool is None:
        print("skipped: schemathesis is not installed (pip install schemathesis, or SCHEMATHESIS=)")
        return _PASSED
    failed = []
    for client in options.client or CLIENTS:
        print(f"== as {client}", flush=True)
        if not _clean(tool, client, options):
            failed.append(client)
    print(f"schemathesis: faults found as {', '.join(failed)}" if failed else "schemathesis: clean")
    return _FAILED if failed else _PASSED


def _clean(tool: str, client: str, options: argparse.Namespace) -> bool:
    """Whether nothing is found as this client, on a service of its own: it may void every seal."""
    with TemporaryDirectory(prefix="sealsvc-schemathesis-") as folder:
        service = LiveService(Path(folder) / "data")
        try:
            service.start()
            config = _write_config(Path(folder), seal_everything(service))
            command = [tool, "--config-file", str(config), "run", str(options.schema.resolve())]
            command += [*_options(service, client), "--checks", options.checks]
            command += ["--max-examples", str(options.examples), "--seed", str(options.seed)]
            return subprocess.run(command, cwd=folder, check=False).returncode == 0
        finally:
            service.clean_up()


def find_tool() -> str | None:
    """The program: $SCHEMATHESIS, else beside this interpreter, else on the path."""
    named = os.environ.get("SCHEMATHESIS")
    beside = str(Path(sys.executable).parent)
    return named or shutil.which("schemathesis", path=beside) or shutil.which("schemathesis")


def _options(service: LiveService, client: str) -> list[str]:
    options = ["--url", service.base, "--phases", PHASES, "--continue-on-failure", "--no-shrink"]
    options += ["--max-response-time", "30", "--generation-database", ":memory:"]
    if client != NOBODY:
        options += ["--header", f"Authorization:Bearer {service.keys()[client]}"]
    return options


def _write_config(folder: Path, sealed: Sealed) -> Path:
    """A configuration that lets parameters name what is in the service, more often than not."""
    names = _names(sealed)
    lines = ["[parameters]"]
    for name in names:
        lines.append(f'{name} = {{ dictionary = "{name}", probability = {_CHANCE} }}')
    lines.append("[dictionaries]")
    lines += [f"{name} = {{ values = {json.dumps(values)} }}" for name, values in names.items()]
    config = folder / "schemathesis.toml"
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return config


def _names(sealed: Sealed) -> dict[str, list[str]]:
    """Parameter → values that name something the service holds."""
    service = sealed.service
    waiting = make_seal(service, "a", "FINANCE", "财务专用章", upto="apply")
    report = service.verify(sealed.invoice)
    done = seal(service, sealed.plain, sealed.a_contract, by="merchant-a")
    return {
        "id": [sealed.a_invoice, sealed.a_contract, sealed.b_contract, waiting],
        "seal": [sealed.a_invoice, sealed.a_contract],
        "sealId": [sealed.a_invoice, sealed.b_contract],
        "uscc": [one.uscc for one in MERCHANTS.values()],
        "factId": [sealed.fact_id],
        "verificationId": [report["id"]],
        "sealingId": [done.headers["Sealing-Id"]],
        "digest": [report["subject"]["digest"]["hex"]],
        "path": ["0/000", "entries/000", "0/000.p/1", "entries/000.p/1"],
    }


if __name__ == "__main__":
    sys.exit(main())
