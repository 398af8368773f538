"""Build the committed samples: `python -m samples.build` from the project's root.

A trust domain of their own is founded in a passing folder, a service runs over it, the papers of
the demonstration are sealed through it, and then its keys are thrown away. What is left here
verifies for ever with the root certificate, the revocation lists and the log's key beside it.
"""

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from api.demo import national, papers, seals
from api.demo.command import CLIENTS_FILE, own_service, read_clients
from api.demo.service import Service, Unexpected
from api.demo.steps import Folder, run_steps
from api.demo.story import Story, new_stamp
from sealsvc.adapters.sandbox import InlineSandbox
from sealsvc.areas.entities.model.demo import demo_merchants
from sealsvc.areas.verification.certificates import load_crl, load_trust
from sealsvc.areas.verification.offline import OfflineMaterial, verify_offline
from sealsvc.tlog.policy import policy_of_key
from sealsvc.verify.evidence import Expectation
from sealsvc.verify.report import Report

HERE = Path(__file__).parent
BASE_URL = "http://samples.seal.example"
ROOT, LOG_KEY, EXPECTED, TABLE = "chain.pem", "log.vkey", "expected.json", "README.md"
CRLS = ("root.crl", "issuing.crl", "sm2-root.crl", "sm2-issuing.crl")
MAX_BYTES = 300_000
LATER = timedelta(days=100)  # the revocation lists are 90 days long, and fresh for 7

STEPS = (
    ("papers", papers.draw),
    ("apply", seals.apply),
    ("approve", seals.approve),
    ("issue", seals.issue),
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
)


@dataclass(frozen=True)
class Sample:
    """One committed file.

    made: how, for the table. bare: verdict without any help; trusted: with the root, the lists
    and the receipts; later: the same once the lists have grown old, None where it stays the
    same. seller: `expect.sellerUscc` is that of merchant A.
    """

    file: str
    made: str
    bare: str
    trusted: str
    receipts: tuple[str, ...] = ()
    seller: bool = False
    finding: str | None = None
    later: str | None = None

    def verdicts(self, at: datetime) -> tuple[tuple[str, bool, datetime, str], ...]:
        """The table's columns: name, with root and lists or bare, judged as of, verdict."""
        return (
            ("bare", False, at, self.bare),
            ("trusted", True, at, self.trusted),
            ("later", True, at + LATER, self.later or self.trusted),
        )


SAMPLES = (
    Sample("invoice.pdf", "甲方开给乙方的发票，未盖章", "UNSIGNED", "UNSIGNED"),
    Sample("contract.pdf", "甲乙双方的买卖合同，未盖章", "UNSIGNED", "UNSIGNED"),
    Sample(
        "invoice-sealed.pdf",
        "甲方电子发票专用章，认证签名，不允许任何改动（DocMDP P=1）",
        "INTACT",
        "INTACT",
        ("invoice.tlog-proof",),
        later="INDETERMINATE",
    ),
    Sample(
        "contract-by-seller-sealed.pdf",
        "合同，仅甲方盖章",
        "INTACT",
        "INTACT",
        ("contract-seller.tlog-proof",),
        later="INDETERMINATE",
    ),
    Sample(
        "contract-sealed.pdf",
        "合同，甲乙双方先后盖章",
        "INTACT",
        "INTACT",
        ("contract-seller.tlog-proof", "contract-buyer.tlog-proof"),
        later="INDETERMINATE",
    ),
    Sample(
        "invoice-byte-changed.pdf",
        "已盖章发票改动一个字节（文档信息中的一个字母）",
        "MODIFIED",
        "MODIFIED",
        finding="CONTENT_DIGEST_DIFFERS",
    ),
    Sample(
        "invoice-appended.pdf",
        "已盖章发票文件末尾追加一行注释",
        "MODIFIED",
        "MODIFIED",
    ),
    Sample(
        "invoice-overpainted.pdf",
        "已盖章发票追加一个修订，把价税合计涂改为另一数额",
        "MODIFIED",
        "MODIFIED",
    ),
    Sample(
        "contract-foreign.pdf",
        "合同由未知平台的证书签名（临时 CA，pyHanko）",
        "INTACT",
        "INTACT",
    ),
    Sample(
        "invoice-wrong-seller.pdf",
        "甲方的发票盖了丙方的发票专用章",
        "INVALID",
        "INVALID",
        seller=True,
        finding="SELLER_SEAL_MISMATCH",
    ),
    Sample("invoice.ofd", "同一张发票的 OFD 版式，未盖章", "UNSIGNED", "UNSIGNED"),
    Sample(
        "invoice-sealed.ofd",
        "OFD 发票，甲方电子发票专用章（GB/T 38540 V4，SM2）",
        "INTACT",
        "INTACT",
        ("invoice-ofd.tlog-proof",),
        later="INDETERMINATE",
    ),
    Sample(
        "invoice-page-changed.ofd",
        "已盖章 OFD 发票改动页面上的一个数字",
        "MODIFIED",
        "MODIFIED",
        finding="OFD_REFERENCE_DIGEST_MISMATCH",
    ),
    Sample(
        "contract-sealed.ofd",
        "六页 OFD 合同，甲方骑缝章与签署页印章，乙方继续盖章",
        "INTACT",
        "INTACT",
        ("contract-ofd-seller.tlog-proof", "contract-ofd-buyer.tlog-proof"),
        later="INDETERMINATE",
    ),
    Sample(
        "invoice-sm2-sealed.pdf",
        "PDF 发票以 SM2/SM3 签名（PAdES 形式）",
        "INTACT",
        "INTACT",
        ("invoice-sm2.tlog-proof",),
        later="INDETERMINATE",
    ),
)


def judge(sample: Sample, folder: Path, at: datetime, *, trusted: bool) -> Report:
    """The verdict on a sample as of `at`, with nothing but the files of the folder."""
    seller = demo_merchants()["a"].uscc if sample.seller else None
    expectation = Expectation(seller_uscc=seller)
    material = OfflineMaterial(expectation=expectation)
    if trusted:
        anchors, issuers = load_trust((folder / ROOT).read_bytes())
        material = OfflineMaterial(
            anchors_der=anchors,
            issuers_der=issuers,
            crls_der=tuple(load_crl((folder / name).read_bytes()) for name in CRLS),
            receipts=tuple((folder / name).read_bytes() for name in sample.receipts),
            log_policy=policy_of_key((folder / LOG_KEY).read_text().strip()),
            expectation=expectation,
        )
    return verify_offline(
        (folder / sample.file).read_bytes(),
        material,
        sandbox=InlineSandbox(),
        clock=FixedClock(at),
        filename=sample.file,
    )


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands still."""

    at: datetime

    def now(self) -> datetime:
        """Always the same instant."""
        return self.at


def build(folder: Path) -> None:
    """Make every sample anew in the folder. Raises: Unexpected when a verdict is another one."""
    printer = Console()
    with TemporaryDirectory(prefix="sealsvc-samples-") as passing:
        data, made = Path(passing) / "data", Path(passing) / "made"
        with own_service(data, SEALSVC_BASE_URL=BASE_URL, SEALSVC_CRL_DAYS="90") as url:
            service = Service(url, read_clients(data / CLIENTS_FILE))
            at = service.now()
            story = Story(service, Folder(made), at, new_stamp(at))
            steps = [(name, partial(act, story)) for name, act in STEPS]
            results = run_steps([*steps, ("trust", partial(fetch_trust, story))], printer)
            judged_at = service.now()
            service.close()
        if not all(result.ok for result in results):
            raise Unexpected("the samples were not all made")
        check(made, judged_at)
        for name in sorted(file_names()):
            shutil.copyfile(made / name, folder / name)
    write_table(folder, judged_at)


def fetch_trust(story: Story) -> str:
    """Take the root certificate and the revocation lists out of the service."""
    for name in (ROOT, *CRLS):
        story.folder.write(name, story.service.call("GET", f"/pki/{name}").content)
    return ", ".join((ROOT, *CRLS))


def check(folder: Path, at: datetime) -> None:
    """Hold each file to its verdicts and its size. Raises: Unexpected."""
    for sample in SAMPLES:
        for how, trusted, as_of, wanted in sample.verdicts(at):
            report = judge(sample, folder, as_of, trusted=trusted)
            codes = [finding.code for finding in report.findings]
            if report.summary != wanted or (sample.finding and sample.finding not in codes):
                raise Unexpected(f"{sample.file} ({how}) is {report.summary}: {codes}")
        if (folder / sample.file).stat().st_size > MAX_BYTES:
            raise Unexpected(f"{sample.file} is too large to be committed")


def file_names() -> set[str]:
    """Every file that belongs to the samples, table and expectations left out."""
    receipts = {name for sample in SAMPLES for name in sample.receipts}
    return {sample.file for sample in SAMPLES} | receipts | {ROOT, LOG_KEY, *CRLS}


def write_table(folder: Path, at: datetime) -> None:
    """Write the expectations for machines, and the table for persons."""
    rows = [
        {
            "file": sample.file,
            "bare": sample.bare,
            "trusted": sample.trusted,
            "later": sample.later or sample.trusted,
            "receipts": list(sample.receipts),
            "sellerUscc": demo_merchants()["a"].uscc if sample.seller else None,
            "finding": sample.finding,
        }
        for sample in SAMPLES
    ]
    instant = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    shape = {"judgedAt": instant, "samples": rows}
    text = json.dumps(shape, ensure_ascii=False, indent=2) + "\n"
    (folder / EXPECTED).write_text(text, encoding="utf-8")
    table = "\n".join(_row(sample) for sample in SAMPLES)
    page = (folder / TABLE).read_text(encoding="utf-8") if (folder / TABLE).exists() else ""
    head, _, rest = page.partition(_BEGIN)
    tail = rest.partition(_END)[2]
    block = f"{_BEGIN}\n{_HEAD}\n"
    (folder / TABLE).write_text(f"{head}{block}{table}\n{_END}{tail}", encoding="utf-8")


_HEAD = """| 文件 | 怎样做成 | 只凭文件 | 凭根证书、吊销列表与回执 | 同左，吊销列表陈旧后 |
|---|---|---|---|---|"""
_BEGIN, _END = "<!-- table begins, written by build.py -->", "<!-- table ends -->"


def _row(sample: Sample) -> str:
    asked = "（要求销售方为甲方）" if sample.seller else ""
    verdicts = (sample.bare, sample.trusted, sample.later or sample.trusted)
    cells = (f"[`{sample.file}`]({sample.file})", sample.made + asked, *verdicts)
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str]) -> int:
    """Build into the folder given, else beside this file; the exit status."""
    try:
        build(Path(arguments[0]) if arguments else HERE)
    except Unexpected as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
