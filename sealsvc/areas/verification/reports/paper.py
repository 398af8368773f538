"""The report on one page, for a file in court: what was found, and how to find it again.

Needs the pictures' bytes decoded, so run it in the sandbox. The page restates the report; the
report's own bytes decide. Source: api-conventions section 2.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sealsvc.areas.verification.model import report_digest
from sealsvc.areas.verification.reports import words
from sealsvc.areas.verification.reports.sheet import BLACK, GREY, Rgb, Sheet, height_of
from sealsvc.values import JsonObject, Placement
from sealsvc.verify.indications import Summary

SEAL_PLACE = Placement(page=1, x_mm=152.0, y_mm=239.0, width_mm=42.0)
"""Where the service's own seal goes on the page: a square kept free for it."""

_LEFT, _RIGHT = 15.0, 195.0
_WIDTH = _RIGHT - _LEFT
_FOOT_Y = 236.0
_CARD_MM, _ROW_MM = 39.0, 7.4
_CARDS = 3
_FINDINGS_MM = 34.0
_NAME_IS_A_CLAIM = (
    "文件名由提交者提供，本机构不作证明 · "
    "The file name is as given by the submitter, not asserted by us"
)
_BEIJING = timezone(timedelta(hours=8))
_GREEN: Rgb = (22, 120, 60)
_RED: Rgb = (176, 32, 36)
_AMBER: Rgb = (168, 100, 0)
_COLOURS = {
    "TRUSTED": _GREEN,
    "PASSED": _GREEN,
    "TOTAL_PASSED": _GREEN,
    "MODIFIED": _RED,
    "INVALID": _RED,
    "FAILED": _RED,
    "TOTAL_FAILED": _RED,
    "ERROR": _RED,
    "NOT_CHECKED": GREY,
    "UNSIGNED": GREY,
    "INFO": GREY,
}
_WORST_FIRST = ("ERROR", "WARNING", "INFO", "NOT_CHECKED")

Shape = Mapping[str, Any]


@dataclass(frozen=True)
class SealPictures:
    """PNG of one signature's seal: as the document shows it, and as it is registered."""

    embedded: bytes | None = None
    registered: bytes | None = None


def report_pdf(
    report: JsonObject, pictures: Mapping[str, SealPictures] | None = None, *, at: datetime
) -> bytes:
    """One A4 page; the same report, pictures and time give the same bytes.

    report: JSON of GET /v1/verifications/{id}. pictures: by signature id. at: when the page is
    made. `SEAL_PLACE` is left free on it.
    """
    shape: Shape = report
    sheet = Sheet(at, f"电子签章验证报告 {shape['id']}")
    _heading(sheet, at)
    y = _document(sheet, shape, 34.0)
    y = _verdict(sheet, shape, y + 2)
    y = _axes(sheet, shape, y + 3)
    y = _signatures(sheet, shape, pictures or {}, y + 7)
    _findings(sheet, shape, y + 6)
    _foot(sheet, shape)
    return sheet.finished()


def _heading(sheet: Sheet, at: datetime) -> None:
    sheet.ink(BLACK)
    sheet.centred(105, 20, "电子签章验证报告", 17)
    sheet.centred(105, 26, "Electronic Seal Verification Report", 9)
    sheet.ink(GREY)
    sheet.line_at((_LEFT, 26), f"制作 Made {_time(at.isoformat())}", 6.5, 60)
    sheet.set_line_width(0.3)
    sheet.line(_LEFT, 28.5, _RIGHT, 28.5)


def _document(sheet: Sheet, report: Shape, y: float) -> float:
    subject = report["subject"]
    rows = (
        ("文件 SHA-256", subject["digest"]["hex"]),
        # Anybody may name a file as they like; under our seal it must not look like our word.
        ("文件名 File name", f"{subject.get('filename') or '（未提供 unnamed）'}"),
        ("", _NAME_IS_A_CLAIM),
        (
            "判断时点 As of",
            f"{_time(report['validationTime'])}；取证 gathered {_time(report['gatheredAt'])}",
        ),
    )
    for label, value in rows:
        y = _row(sheet, (_LEFT, y), (label, value), (32, _WIDTH - 32), 9)
    return y


def _row(
    sheet: Sheet,
    at: tuple[float, float],
    pair: tuple[str, str],
    widths: tuple[float, float],
    size: float,
) -> float:
    """A grey label and a black value on one line; the next baseline."""
    sheet.ink(GREY)
    sheet.line_at(at, pair[0], size * 0.85, widths[0])
    sheet.ink(BLACK)
    sheet.line_at((at[0] + widths[0], at[1]), pair[1], size, widths[1])
    return at[1] + height_of(size)


def _verdict(sheet: Sheet, report: Shape, y: float) -> float:
    summary = report["summary"]
    colour = _COLOURS.get(summary, _AMBER)
    sheet.ink(colour)
    sheet.rect(_LEFT, y, 2, 21, style="F")
    end = sheet.line_at((_LEFT + 6, y + 7.5), words.SUMMARIES[Summary(summary)], 17, 90)
    sheet.line_at((end + 4, y + 7.5), summary, 11, 60)
    sheet.ink(BLACK)
    sheet.line_at((_LEFT + 6, y + 14), report["sentence"], 10.5, _WIDTH - 6)
    english = report.get("sentenceEn") or ""
    sheet.line_at((_LEFT + 6, y + 19), english, 8.5, _WIDTH - 6)
    return y + 21


def _axes(sheet: Sheet, report: Shape, y: float) -> float:
    step = _WIDTH / len(words.AXES)
    for number, (axis, (zh, en)) in enumerate(words.AXES.items()):
        x, result = _LEFT + number * step, report["axes"][axis]
        sheet.set_draw_color(200, 200, 200)
        sheet.set_line_width(0.2)
        sheet.rect(x, y, step - 2, 14)
        sheet.ink(GREY)
        sheet.line_at((x + 2, y + 5), f"{zh} {en}", 7, step - 6)
        sheet.ink(_COLOURS.get(result, _AMBER))
        sheet.line_at((x + 2, y + 11), f"{words.RESULTS.get(result, '')} {result}", 8, step - 5)
    return y + 14


def _signatures(
    sheet: Sheet, report: Shape, pictures: Mapping[str, SealPictures], y: float
) -> float:
    """Cards with pictures for a few signatures, rows for many, worst first; the rest counted."""
    signatures = report["signatures"]
    sheet.ink(BLACK)
    passed = report["validSignaturesCount"]
    title = f"签名与印章 Signatures and seals：{len(signatures)}（通过 passed {passed}）"
    sheet.line_at((_LEFT, y), title, 10, _WIDTH)
    y += 2.5
    if len(signatures) <= _CARDS:
        for one in signatures:
            _card(sheet, one, pictures.get(one["id"], SealPictures()), y)
            y += _CARD_MM
        return y
    fitting = int((_FOOT_Y - _FINDINGS_MM - y) / _ROW_MM)
    numbered = sorted(enumerate(signatures, 1), key=lambda pair: _rank(pair[1]))
    for number, one in numbered[:fitting]:
        _compact(sheet, one, number, y)
        y += _ROW_MM
    hidden = len(signatures) - fitting
    if hidden > 0:
        sheet.ink(_RED)
        text = f"另有 {hidden} 个签名未能列出，见完整报告 · {hidden} more, see the full report"
        sheet.line_at((_LEFT, y + 3), text, 7.5, _WIDTH)
        y += 4
    return y


def _rank(one: Shape) -> int:
    return ("TOTAL_FAILED", "INDETERMINATE", "TOTAL_PASSED").index(one["indication"])


def _card(sheet: Sheet, one: Shape, shown: SealPictures, y: float) -> None:
    sheet.set_draw_color(200, 200, 200)
    sheet.rect(_LEFT, y, _WIDTH, _CARD_MM - 2)
    sheet.ink(_COLOURS.get(one["indication"], _AMBER))
    sheet.line_at((_LEFT + 2, y + 5), _headline(one), 8, 120)
    at = y + 9.6
    for pair in _facts(one):
        at = _row(sheet, (_LEFT + 2, at), pair, (21, 97), 7)
    _picture(sheet, shown.embedded, (139.0, y + 1.5), "文件中 embedded")
    _picture(sheet, shown.registered, (167.0, y + 1.5), "备案 registered")


def _picture(sheet: Sheet, png: bytes | None, at: tuple[float, float], label: str) -> None:
    drawn = png is not None and sheet.picture(png, at, 24)
    sheet.ink(GREY)
    if not drawn:
        sheet.set_draw_color(220, 220, 220)
        sheet.rect(at[0], at[1], 24, 24)
        sheet.centred(
            at[0] + 12, at[1] + 13, "无 none" if png is None else "无法显示 unreadable", 6
        )
    sheet.centred(at[0] + 12, at[1] + 27.5, label, 6)


def _headline(one: Shape) -> str:
    subs = "、".join(one["subIndications"])
    stamp = "时间戳 " if one.get("isTimestamp") else ""
    result = f"{words.INDICATIONS.get(one['indication'], '')} {one['indication']}"
    return f"{stamp}{one['id']}：{result}{f'（{subs}）' if subs else ''}"


def _facts(one: Shape) -> list[tuple[str, str]]:
    then, now = _status(one)
    return [
        ("印章 Seal", _seal(one)),
        ("所有者 Owner", _owner(one)),
        ("自称时间 Claimed", _time(one["claimedSigningTime"])),
        ("存在证明 Proof", _proof(one)),
        ("签章时 Then", then),
        ("现在 Now", now),
        ("算法 Algorithm", _algorithm(one)),
        ("证书 Certificate", _certificate(one)),
    ]


def _seal(one: Shape) -> str:
    seal = one["seal"]
    if seal is None:
        return "登记中无此印章 not in the register"
    return f"{seal['name']}（{seal['type']}）{seal['sealId']}"


def _owner(one: Shape) -> str:
    seal = one["seal"]
    return "—" if seal is None else f"{seal['ownerName']}  {seal['ownerUscc']}"


def _proof(one: Shape) -> str:
    best = one["bestSignatureTime"]
    if not best:
        return "无 none"
    sources = "、".join(words.SOURCES.get(item, item) for item in one["poeSources"])
    return f"{_time(best)} 之前 before；来源 by {sources}"


def _status(one: Shape) -> tuple[str, str]:
    """The seal's status when it signed, as known now and as known then; and its status now."""
    seal = one["seal"]
    if seal is None:
        return "—", "—"
    then, known = _word(seal["statusAtSigning"]), _word(seal.get("statusThenKnown"))
    now = f"{_word(seal['statusNow'])}；自 since {_time(seal['statusNowSince'])}"
    return (then if known == then else f"{then}；当时所知 as known then {known}"), now


def _algorithm(one: Shape) -> str:
    used = one["signatureAlgorithm"]
    covered = "、".join(scope["coverage"] for scope in one.get("scopes", ()))
    text = f"{used['name'] or used['oid'] or '—'}  {used['digest'] or ''}"
    return f"{text}；{one['format']}；覆盖 coverage {covered or '—'}"


def _certificate(one: Shape) -> str:
    chain = one["certificateChain"]
    if not chain:
        return "—"
    return f"{chain[0]['serial']}  {chain[0]['status']}；签发 issued by {chain[0]['issuer']}"


def _compact(sheet: Sheet, one: Shape, number: int, y: float) -> None:
    seal = one["seal"]
    sheet.ink(_COLOURS.get(one["indication"], _AMBER))
    sheet.line_at((_LEFT, y + 2.6), f"{number}. {_headline(one)}", 7.5, 102)
    sheet.ink(BLACK)
    owner = "登记中无此印章 not in the register"
    if seal is not None:
        owner = f"{seal['ownerName']} {seal['ownerUscc']} {seal['name']}"
    sheet.line_at((_LEFT + 104, y + 2.6), owner, 7, _WIDTH - 104)
    sheet.ink(GREY)
    used = one["signatureAlgorithm"]
    claimed, (then, now) = _time(one["claimedSigningTime"]), _status(one)
    rest = f"自称 {claimed}；证明 {_proof(one)}；签章时 {then}；现在 {now}；{used['name'] or '—'}"
    sheet.line_at((_LEFT + 4, y + 5.8), rest, 6.5, _WIDTH - 4)


def _findings(sheet: Sheet, report: Shape, y: float) -> None:
    """As many findings as fit above the foot, the worst first; the rest counted."""
    skipped = [{**item, "severity": "NOT_CHECKED"} for item in report["notChecked"]]
    rows = [*report["findings"], *skipped]
    rows.sort(key=lambda item: _WORST_FIRST.index(item["severity"]))
    sheet.ink(BLACK)
    sheet.line_at((_LEFT, y), f"发现 Findings：{len(rows)}", 10, _WIDTH)
    y += 4.6
    for number, item in enumerate(rows):
        text = _finding(item)
        last = number == len(rows) - 1
        needed = min(2, sheet.lines_of(text, 7, _WIDTH)) * height_of(7)
        # Room for the count of what is left must stay below every finding but the last.
        if y + needed + (0 if last else height_of(7)) > _FOOT_Y:
            rest = len(rows) - number
            sheet.ink(_RED)
            sheet.line_at((_LEFT, y), f"另有 {rest} 项，见完整报告 · {rest} more", 7, _WIDTH)
            return
        sheet.ink(_COLOURS.get(item["severity"], _AMBER))
        y = sheet.paragraph((_LEFT, y), text, 7, _WIDTH, 2)


def _finding(item: Shape) -> str:
    severity = words.SEVERITIES.get(item["severity"], item["severity"])
    about = "" if item["subject"] == "document" else f" [{item['subject']}]"
    return f"{severity} {item['code']}{about} {item['message']} · {item['messageEn']}"


def _foot(sheet: Sheet, report: Shape) -> None:
    sheet.ink(GREY)
    sheet.set_line_width(0.3)
    sheet.line(_LEFT, _FOOT_Y, _RIGHT, _FOOT_Y)
    policy = report["policy"]
    link = (report.get("links") or {}).get("self") or f"/v1/verifications/{report['id']}"
    rows = [
        ("报告编号 Report", report["id"]),
        ("报告摘要 Digest", report_digest(dict(report))),
        ("引擎与策略 Engine", f"{_engine(report)}；{policy['id']} {policy['version']}"),
        ("策略摘要 Policy", policy["digest"]),
        ("信任快照 Trust", _member(report, "trust", "digest")),
        ("证据摘要 Evidence", _member(report, "inputs", "evidence")),
        ("再次查看 Read again", f"GET {link}"),
        ("重新判断 Judge again", f"sealsvc replay {report['id']}"),
    ]
    y = _FOOT_Y + 5
    for pair in rows:
        y = _row(sheet, (_LEFT, y), pair, (29, 106), 7.5)
    note = (
        "本页如实转述上述编号的验证报告，以报告原文为准；摘要为 RFC 8785 规范 JSON（不含 receipt、"
        "links）的 SHA-256。This page restates the report named above; the report itself decides."
    )
    sheet.ink(GREY)
    sheet.paragraph((_LEFT, y + 2), note, 6.5, 134, 3)
    _seal_place(sheet)


def _seal_place(sheet: Sheet) -> None:
    side = SEAL_PLACE.width_mm
    sheet.set_draw_color(215, 215, 215)
    sheet.set_line_width(0.2)
    sheet.set_dash_pattern(dash=1, gap=1)
    sheet.rect(SEAL_PLACE.x_mm, SEAL_PLACE.y_mm, side, side)
    sheet.set_dash_pattern()
    middle, below = SEAL_PLACE.x_mm + side / 2, SEAL_PLACE.y_mm + side + 3.5
    sheet.centred(middle, below, "出具机构印章 Seal of the issuing service", 6)


def _engine(report: Shape) -> str:
    return f"sealsvc {_member(report, 'engine', 'version')}"


def _member(report: Shape, outer: str, name: str) -> str:
    """A member that reports of earlier versions do not have."""
    return str((report.get(outer) or {}).get(name) or "—")


def _word(status: str | None) -> str:
    return "不详 unknown" if status is None else f"{words.SEAL_STATUSES.get(status, '')} {status}"


def _time(at: str | None) -> str:
    """Beijing time with its offset; a dash where there is none."""
    if not at:
        return "—"
    local = datetime.fromisoformat(at).astimezone(_BEIJING)
    return f"{local:%Y-%m-%d %H:%M:%S}+08:00"
