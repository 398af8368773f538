"""Words of the page `/transactions/{id}` in Chinese and English, by key."""

from api.pages.texts import word
from api.texts import Language

WORDS: dict[str, tuple[str, str]] = {
    "txn.title": ("交易核验", "Transaction verdict"),
    "txn.parts": ("交易各部分", "Parts of the deal"),
    "txn.findings": ("发现", "Findings"),
    "txn.none": ("没有发现问题。", "Nothing speaks against it."),
    "txn.unchecked": ("未核验", "Not checked"),
    "txn.checks": ("全部核验项", "All checks"),
    "txn.made": ("核验时间", "Verified at"),
    "txn.expires": ("链接有效至", "Link valid until"),
    "txn.policy": ("核验策略", "Policy"),
    "txn.data": ("机器可读报告", "Machine-readable report"),
    "txn.evidence": ("核验依据", "Evidence"),
    "txn.receipt": ("凭据", "receipt"),
    "txn.number": ("号码", "Number"),
    "txn.amount": ("金额", "Amount"),
    "txn.operator": ("出具方", "Operator"),
    "txn.expired": ("链接已过期", "The link has expired"),
    "txn.unknown": ("没有这份报告", "There is no such report"),
    "txn.gone": (
        "请向提供链接的人索取新的链接。",
        "Ask whoever gave you the link for a new one.",
    ),
    "ERROR": ("错误", "error"),
    "WARNING": ("注意", "warning"),
    "INFO": ("说明", "note"),
}


def transaction_word(key: str, language: Language) -> str:
    """The word for a key of this page, or of all pages."""
    found = WORDS.get(key)
    if found is None:
        return word(key, language)
    return found[0] if language == "zh" else found[1]
