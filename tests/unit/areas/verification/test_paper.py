"""The page for a court: rendered and read back."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pypdfium2
import pytest

from sealsvc.areas.verification.model import report_digest
from sealsvc.areas.verification.reports.paper import SEAL_PLACE, SealPictures, report_pdf
from sealsvc.areas.verification.reports.sheet import Sheet
from sealsvc.documents.values import DigestOutcome
from tests.builders.evidence import EvidenceBuilder, sound
from tests.builders.pdf import imprint

Kept = Callable[[EvidenceBuilder], dict[str, Any]]
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
MM = 72 / 25.4


def page_text(data: bytes) -> str:
    """The text of the one page; `…` stands for what was cut."""
    document = pypdfium2.PdfDocument(data)
    assert len(document) == 1
    text = document[0].get_textpage().get_text_bounded()
    document.close()
    return str(text).replace("\r\n", "\n")


def in_seal_place(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    left, top = SEAL_PLACE.x_mm * MM, (297 - SEAL_PLACE.y_mm) * MM
    side = SEAL_PLACE.width_mm * MM
    text = document[0].get_textpage().get_text_bounded(left, top - side, left + side, top)
    document.close()
    return str(text).strip()


def many(count: int, builder: EvidenceBuilder) -> EvidenceBuilder:
    for number in range(count - 1):
        builder = builder.and_then(id=f"S-{number:016x}")
    return builder


def test_a_trusted_file(kept: Kept) -> None:
    report = kept(sound())
    pictures = {report["signatures"][0]["id"]: SealPictures(imprint(), imprint(80))}
    data = report_pdf(report, pictures, at=AT)
    assert data == report_pdf(copy.deepcopy(report), dict(pictures), at=AT)
    assert data != report_pdf(report, pictures, at=AT.replace(hour=10))
    text = page_text(data)
    for wanted in (
        "电子签章验证报告",
        "Electronic Seal Verification Report",
        "可信",
        "TRUSTED",
        report["sentence"],
        report["sentenceEn"],
        "contract-sealed.pdf",
        report["subject"]["digest"]["hex"],
        report["id"],
        report_digest(report),
        report["policy"]["digest"],
        "91110000MA00000152",
        "北京示例商贸有限公司",
        "示例商贸合同专用章",
        "ECDSA-SHA256",
        "2026-11-21 16:10:01+08:00",
        f"GET /v1/verifications/{report['id']}",
        f"sealsvc replay {report['id']}",
        "SIGNING_TIME_PROVEN",
        "SEMANTICS_NOT_ASKED",
    ):
        assert wanted in text, wanted
    assert in_seal_place(data) == ""


def test_a_file_name_is_the_submitters_word(kept: Kept) -> None:
    report = kept(sound())
    for name in ("contract.pdf", None, "名" * 5000, "本机构证明属实"):
        report["subject"]["filename"] = name
        text = page_text(report_pdf(report, at=AT))
        assert "文件名由提交者提供" in text
        assert "as given by the submitter" in text


def test_proofs_and_the_snapshot_are_named(stamped: dict[str, Any]) -> None:
    stamped["trust"], stamped["inputs"] = {"digest": "7" * 64}, {"evidence": "e" * 64}
    stamped["engine"] = {"version": "9.9.9+abc"}
    text = page_text(report_pdf(stamped, at=AT))
    for wanted in ("时间戳 time-stamp、透明日志 log", "7" * 64, "e" * 64, "sealsvc 9.9.9+abc"):
        assert wanted in text
    for member in ("trust", "inputs", "engine", "sentenceEn", "links"):
        del stamped[member]
    assert "sealsvc —" in page_text(report_pdf(stamped, at=AT))


def test_a_modified_file(kept: Kept) -> None:
    text = page_text(report_pdf(kept(sound().reading(digest=DigestOutcome.DIFFERS)), at=AT))
    assert "MODIFIED" in text
    assert "CONTENT_DIGEST_DIFFERS" in text
    assert "TOTAL_FAILED（HASH_FAILURE）" in text


def test_many_signatures_fit_on_one_page_and_the_rest_is_counted(kept: Kept) -> None:
    report = kept(many(20, sound().foreign()))
    report["signatures"][-1]["indication"] = "TOTAL_FAILED"
    data = report_pdf(report, at=AT)
    text = page_text(data)
    shown = sum(f"\n{number}. S-" in f"\n{text}" for number in range(1, 21))
    assert 10 <= shown < 20
    assert f"另有 {20 - shown} 个签名" in text
    assert "\n20. S-" in text  # the one that failed comes first
    assert "more" in text.split("发现 Findings")[1]
    assert in_seal_place(data) == ""


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 15])
def test_nothing_is_written_into_the_foot(kept: Kept, count: int) -> None:
    builder = many(count, sound()) if count else sound().none()
    report = kept(builder)
    report["findings"] = [*report["findings"] * 40]
    data = report_pdf(report, at=AT)
    assert in_seal_place(data) == ""
    text = page_text(data)
    assert text.rstrip().endswith("Seal of the issuing service") or "issuing service" in text


def test_hostile_names_neither_break_nor_reorder_the_page(kept: Kept) -> None:
    report = kept(sound())
    report["subject"]["filename"] = "a\u202efdp.exe\x00\x07😀𠮷 \n%%EOF endobj ("
    report["signatures"][0]["seal"]["ownerName"] = "\u200b公司\U0010ffff" + "很长" * 5000
    report["findings"][0]["message"] = "x" * 100_000
    text = page_text(report_pdf(report, at=AT)).replace("\n", "")
    for shown in ("[U+202E]", "[U+0000]", "[U+0007]", "[U+1F600]", "[U+000A]"):
        assert shown in text
    assert "[U+200B]公司[U+10FFFF]很长" in text


@pytest.mark.parametrize("png", [b"", b"junk", b"\x89PNG\r\n\x1a\n" + b"\xff" * 40, imprint()[:60]])
def test_an_unreadable_picture_is_said_to_be_so(kept: Kept, png: bytes) -> None:
    report = kept(sound())
    pictures = {report["signatures"][0]["id"]: SealPictures(png, None)}
    text = page_text(report_pdf(report, pictures, at=AT))
    assert "unreadable" in text
    assert "none" in text


def test_words_stay_whole_and_punctuation_never_leads() -> None:
    sheet = Sheet(AT, "t")
    text = "文件内容，" * 30 + " the quick brown fox jumps over it " * 6
    sheet.set_font_size(8)
    lines = list(sheet._wrapped(text, 50))
    sheet.finished()  # closes the font's file
    assert "".join(lines) == text
    assert not [line for line in lines if line.startswith("，")]
    words = {word for line in lines for word in line.split() if word.isascii()}
    assert words == {"the", "quick", "brown", "fox", "jumps", "over", "it"}
