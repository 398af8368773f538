"""Words of the page `/trace/{id}` in Chinese and English, by key."""

from api.pages.texts import word
from api.texts import Language

WORDS: dict[str, tuple[str, str]] = {
    "trace.title": ("公开记录", "Public record"),
    "trace.seal": ("印章的公开履历", "The public life of a seal"),
    "trace.document": ("文件的公开履历", "The public life of a document"),
    "trace.scope": (
        "本页只列出透明日志中的事实，不对文件本身下结论。要核验文件，请上传文件。",
        "This page lists facts of the transparency log and judges no file. To verify one, send it.",
    ),
    "trace.verify": ("去核验文件", "Verify a file"),
    "trace.unknown": ("透明日志中没有此文件的记录。", "The log holds nothing about this document."),
    "trace.unknown.how": (
        "请核对 SHA-256：文件改动一个字节，摘要就不同。",
        "Check the SHA-256: one byte more or less in the file makes another digest.",
    ),
    "trace.facts": ("事实（按时间）", "Facts in order of time"),
    "trace.none": ("还没有公开的事实。", "No public facts yet."),
    "trace.more": ("更多", "More"),
    "trace.proven": ("已由日志证明", "proven by the log"),
    "trace.waiting": ("等待入日志", "waiting for its place in the log"),
    "trace.unproven": ("日志证明未通过", "the log's proof does not verify"),
    "trace.entry": ("日志条目", "log entry"),
    "trace.seals": ("文件上的印章", "Seals on the document"),
    "trace.owner": ("所有者", "Owner"),
    "trace.code": ("印章编码", "Seal code"),
    "trace.medium": ("介质", "Medium"),
    "trace.validity": ("有效期", "Validity"),
    "trace.id": ("编号", "Identifier"),
    "trace.serial": ("证书序列号", "Certificate serial"),
    "trace.asked": ("查询时间", "Asked at"),
    "trace.log": ("自己核验", "Check for yourself"),
    "trace.log.how": (
        "下载回执后离线核验；日志公钥见 /log/key，最新检查点见 /log/checkpoint：",
        "Download a receipt and verify it offline; the log's key is at /log/key, its newest "
        "checkpoint at /log/checkpoint:",
    ),
    "trace.qr": ("扫码打开本页", "Scan to open this page"),
    "PHYSICAL": ("实物印章", "physical seal"),
    "ELECTRONIC": ("电子印章", "electronic seal"),
    "invoice": ("发票", "invoice"),
    "contract": ("合同", "contract"),
    "other": ("其他文件", "other document"),
    "certificate.intended": ("准备签发证书", "Certificate intended"),
    "certificate.issued": ("签发证书", "Certificate issued"),
    "certificate.revoked": ("吊销证书", "Certificate revoked"),
    "seal.eseal_intended": ("准备制作电子印章", "Electronic seal intended"),
    "seal.reissued": ("换发证书", "Reissued"),
    "sealing.authorised": ("授权用章", "Sealing authorised"),
    "sealing.completed": ("完成盖章", "Sealed"),
    "sealing.abandoned": ("用章未完成", "Sealing abandoned"),
    "verification.recorded": ("验证存证", "Verification recorded"),
}


def trace_word(key: str, language: Language) -> str:
    """The words for a key, of this page or of all pages."""
    if key not in WORDS:
        return word(key, language)
    zh, en = WORDS[key]
    return zh if language == "zh" else en
