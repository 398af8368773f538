"""The steps in the order told, and the telling."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from rich.console import Console

from api.demo import deal, deal_broken, edges, national, papers, seals
from api.demo.service import Service
from api.demo.steps import DemoResult, Folder, run_steps
from api.demo.story import Story, new_stamp

RESULT_FILE = "demo.json"

# In the order told; each takes the story, returns a line and raises when it goes otherwise.
STEPS: tuple[tuple[str, Callable[[Story], str]], ...] = (
    ("ready", edges.ready),
    ("merchants", edges.merchants),
    ("wrong-uscc", edges.wrong_uscc),
    ("papers", papers.draw),
    ("unsigned", papers.unsigned),
    ("second-person", seals.second_person),
    ("apply", seals.apply),
    ("approve", seals.approve),
    ("issue", seals.issue),
    ("status", seals.status),
    ("invoice", papers.seal_invoice),
    ("invoice-receipt", papers.invoice_receipt),
    ("byte-changed", papers.byte_changed),
    ("bytes-appended", papers.bytes_appended),
    ("overpainted", papers.overpainted),
    ("foreign", papers.foreign),
    ("wrong-seller", papers.wrong_seller),
    ("contract", papers.seal_contract),
    ("contract-receipt", papers.contract_receipt),
    ("invoice-ofd", national.invoice),
    ("ofd-page-changed", national.page_changed),
    ("contract-ofd", national.contract),
    ("invoice-sm2", national.pdf_sm2),
    ("comparison", edges.comparison),
    ("suspend", seals.suspended_refused),
    ("sealed-before", seals.sealed_before),
    ("resume", seals.resume),
    ("trace", papers.trace),
    ("not-a-pdf", edges.not_a_pdf),
    ("idempotency", edges.key_reused),
    ("physical-seal", seals.physical),
    ("void-needs-two", seals.void_needs_two),
    ("transaction.order", deal.order),
    ("transaction.contract", deal.contract),
    ("transaction.contract-ofd", deal.contract_ofd),
    ("transaction.invoice", deal.invoice),
    ("transaction.payment", deal.payment),
    ("transaction.waybill", deal.waybill),
    ("transaction.customs", deal.customs),
    ("transaction.trusted", deal.trusted),
    ("transaction.trusted-ofd", deal.trusted_ofd),
    ("transaction.trusted-import", deal.trusted_import),
    *((f"transaction.broken.{name}", act) for name, act in deal_broken.BROKEN),
    ("log-audit", edges.log_holds),
)


def run(
    base_url: str,
    clients: Mapping[str, str],
    out: Path,
    printer: Console,
) -> DemoResult:
    """Tell the whole story; write papers, reports, receipts and `demo.json` into `out`.

    clients: name -> key. Can be run again on the same data.
    Raises: httpx.HTTPError when nothing answers at `base_url`.
    """
    service = Service(base_url, clients)
    try:
        at = service.now()
        story = Story(service, Folder(out), at, new_stamp(at))
        results = run_steps([(name, partial(act, story)) for name, act in STEPS], printer)
    finally:
        service.close()
    story.folder.names.append(RESULT_FILE)
    result = DemoResult(results, tuple(story.folder.names))
    story.folder.write(RESULT_FILE, result.to_json())
    done = sum(step.ok for step in results)
    colour = "green" if result.ok else "red"
    printer.print(f"[{colour}]{done}/{len(results)}[/] → {out}")
    return result
