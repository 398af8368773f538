"""The summary of an evidence package as pages to read, put under the operator's seal."""

from datetime import datetime

from sealsvc.areas.contracts.model.contract import ContractView, SealingStep
from sealsvc.areas.verification.reports.sheet import BLACK, GREY, Sheet, height_of
from sealsvc.values import Placement

SEAL_PLACE = Placement(page=-1, x_mm=150.0, y_mm=235.0, width_mm=42.0)
_LEFT, _RIGHT, _WIDTH, _BOTTOM = 20.0, 190.0, 170.0, 225.0
_LABEL_MM = 36.0

_NOTE = (
    "本摘要由可信交易服务出具，说明本证据包所含文件。除本摘要与清单外的全部文件由下列摘要值确定；"
    "离线核验：sealsvc evidence verify 文件.zip --trust 根证书.pem --key 日志公钥。"
)
_NOTE_EN = (
    "Issued by the trust service. The digest below fixes every part of the package but this "
    "summary and the manifest. Roots inside the package are no reason to trust it: obtain them "
    "elsewhere."
)


def summary_pdf(contract: ContractView, digest: str, as_of: datetime) -> bytes:
    """The pages; the same contract, digest and time give the same bytes.

    digest: over all parts but manifest and summary. `SEAL_PLACE` is left free on the last page.
    """
    sheet = Sheet(as_of, f"电子合同证据摘要 {contract.contract_id}")
    sheet.ink(BLACK)
    sheet.centred(105, 20, "电子合同证据摘要", 17)
    sheet.centred(105, 26, "Summary of Contract Evidence", 9)
    y = 36.0
    for label, value in _rows(contract, digest, as_of):
        y = _row(sheet, y, label, value)
    y = sheet.paragraph((_LEFT, y + 2), _NOTE, 8, _WIDTH, 4)
    y = sheet.paragraph((_LEFT, y), _NOTE_EN, 8, _WIDTH, 4) + 3
    for step in contract.steps:
        for label, value in _step_rows(step):
            y = _row(sheet, y, label, value)
        y += 2
    if y > _BOTTOM:  # the seal keeps clear of the text
        sheet.add_page()
    sheet.ink(GREY)
    sheet.line_at((_LEFT, 285), "可信交易服务 · Trust service", 7, _WIDTH)
    return sheet.finished()


def _row(sheet: Sheet, y: float, label: str, value: str) -> float:
    if y > 275:
        sheet.add_page()
        y = 20.0
    sheet.ink(GREY)
    sheet.line_at((_LEFT, y), label, 7.5, _LABEL_MM)
    sheet.ink(BLACK)
    sheet.line_at((_LEFT + _LABEL_MM, y), value, 8.5, _WIDTH - _LABEL_MM)
    return y + height_of(9)


def _rows(contract: ContractView, digest: str, as_of: datetime) -> list[tuple[str, str]]:
    rows = [
        ("合同 Contract", contract.contract_id),
        ("名称 Title", contract.title),
        ("编号 Number", contract.number),
        ("状态 Status", str(contract.status)),
        ("制作时间 As of", _time(as_of)),
        ("最终文件 SHA-256", contract.current_sha256),
        ("证据摘要值 SHA-256", digest),
    ]
    rows += [
        (f"当事人 {party.role}", f"{party.name}（{party.uscc}）") for party in contract.parties
    ]
    return rows


def _step_rows(step: SealingStep) -> list[tuple[str, str]]:
    return [
        (f"第{step.step}次用章 Seal {step.step}", f"{step.name}（{step.uscc}）{step.seal_name}"),
        ("意愿 / 用章 Intent / seal", f"{_time(step.intended_at)} / {_time(step.sealed_at)}"),
        ("印章 Seal", f"{step.seal_id} {step.seal_status}"),
        ("证书 Certificate", step.cert_serial),
        ("用章后 SHA-256", step.digest_after),
    ]


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
