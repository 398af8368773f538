"""Words of the pages in Chinese and English, by key; times and names as people read them."""

import re

from api.texts import Language

_COMMON_NAME = re.compile(r"Common Name: (.*?)(?:, [A-Z][A-Za-z ]+: |$)")

WORDS: dict[str, tuple[str, str]] = {
    "brand": ("电子印章与可信交易", "Electronic seals and trusted transactions"),
    "title": ("电子印章验证", "Verify an electronic seal"),
    "lead": (
        "拖入一份盖章的 PDF 或 OFD，立即读取结论。无需账号；文件不会被保存。",
        "Drop a sealed PDF or OFD and read the verdict. No account needed; the file is not kept.",
    ),
    "too.large": (
        "文件超过 {mb} MB，没有上传。请减小后重试。",
        "The file is larger than {mb} MB and was not sent. Make it smaller and try again.",
    ),
    "no.file": ("没有选择文件，或文件是空的。", "No file was chosen, or it is empty."),
    "unreachable": (
        "没有收到答复：连接中断或文件过大。请稍后重试。",
        "No answer came: the connection broke or the file is too large. Please try again.",
    ),
    "choose": ("选择文件或拖到这里", "Choose a file or drop it here"),
    "limit": ("PDF 或 OFD，不超过 {mb} MB", "PDF or OFD, up to {mb} MB"),
    "verify": ("验证", "Verify"),
    "working": ("正在核验……", "Checking…"),
    "more": ("补充期望（可选）", "What do you expect? (optional)"),
    "role": ("文件用途", "Kind of document"),
    "role.none": ("按文件自身声明", "as the document declares"),
    "role.invoice": ("发票", "invoice"),
    "role.contract": ("合同", "contract"),
    "seller": ("销售方统一社会信用代码", "Credit code of the seller"),
    "axes": ("四项检查", "Four checks"),
    "axis.integrity": ("完整性", "Integrity"),
    "axis.trust": ("证书与信任", "Certificate and trust"),
    "axis.sealAuthority": ("印章效力", "Seal authority"),
    "axis.semantics": ("业务含义", "Business meaning"),
    "PASSED": ("通过", "passed"),
    "FAILED": ("不通过", "failed"),
    "INDETERMINATE": ("无法确定", "undetermined"),
    "NOT_CHECKED": ("未检查", "not checked"),
    "summary.TRUSTED": ("可信", "Trusted"),
    "summary.INTACT": ("完整", "Intact"),
    "summary.MODIFIED": ("已被改动", "Modified"),
    "summary.INVALID": ("无效", "Invalid"),
    "summary.UNSIGNED": ("未签章", "Unsigned"),
    "summary.INDETERMINATE": ("无法确定", "Undetermined"),
    "verdict": ("结论", "Verdict"),
    "file": ("文件", "File"),
    "seals": ("印章", "Seals"),
    "TOTAL_PASSED": ("全部通过", "passed"),
    "TOTAL_FAILED": ("不通过", "failed"),
    "since": ("自", "since"),
    "in.file": ("文件中的印章", "Seal in the file"),
    "in.registry": ("登记的印章", "Registered seal"),
    "no.picture": ("不可见签章", "invisible"),
    "not.registered": ("未在本登记处登记", "not in this registry"),
    "same.picture": ("与登记的印模一致", "agrees with the registered imprint"),
    "other.picture": ("与登记的印模不同", "differs from the registered imprint"),
    "uscc": ("统一社会信用代码", "Credit code"),
    "type": ("类型", "Type"),
    "status.then": ("盖章时状态", "Status at signing"),
    "status.now": ("当前状态", "Status now"),
    "signed.at": ("盖章时间", "Signed at"),
    "proven": ("已由透明日志证明", "proven by the transparency log"),
    "claimed": ("文件自称，未经证明", "claimed by the file, not proven"),
    "algorithm": ("签名算法", "Algorithm"),
    "issuer": ("签发机构", "Issuer"),
    "changes": ("盖章后的改动", "What was done after sealing"),
    "changes.after": ("在此印章之后", "After this seal"),
    "changes.show": ("查看页面对比", "Show the pages side by side"),
    "changes.revision": ("修订版本", "revision"),
    "changes.page": ("第 {page} 页", "Page {page}"),
    "changes.signed": ("盖章时", "As signed"),
    "changes.now": ("现在", "Now"),
    "changes.regions": (
        "有 {count} 处外观不同，已用红框标出",
        "differing places, framed in red: {count}",
    ),
    "changes.whole": ("整页不同", "the whole page differs"),
    "changes.added": ("盖章后增加的页", "added after sealing"),
    "changes.removed": ("盖章后删除的页", "removed after sealing"),
    "changes.absent": ("没有此页", "no such page"),
    "changes.limit": (
        "仅供查看；最多显示 4 页，比较前 30 页。结论以上文为准。",
        "To look at only: at most 4 pages, of the first 30. The verdict above is what counts.",
    ),
    "changes.alike": (
        "没有可以显示的页面差异：外观相同、无法绘制，或已在前一枚印章下显示。",
        "No pages to show: they look the same, cannot be drawn, or stand under an earlier seal.",
    ),
    "changes.lost": (
        "盖章时的文件已无法完整还原，因此不显示页面对比。",
        "The file as signed cannot be restored intact, so no pages are compared.",
    ),
    "preview": ("页面预览", "Preview of the pages"),
    "preview.limit": (
        "共 {count} 页，此处显示其中 {shown} 页；红框及编号是印章所在位置。"
        "预览仅供查看，结论以上文为准。",
        "{shown} of {count} pages; seals are framed in red and numbered. "
        "To look at only: the verdict above is what counts.",
    ),
    "preview.page": ("第 {page} 页", "Page {page}"),
    "preview.zoom": ("点击放大或缩小", "click to enlarge or reduce"),
    "preview.seals": ("印章", "seal"),
    "preview.none": ("此页无法绘制", "This page cannot be drawn"),
    "preview.notes": (
        "预览未能按原样绘制的内容",
        "What the preview does not draw as the document says",
    ),
    "preview.exact": (
        "所示各页没有未能绘制的内容；文件未内嵌的字体以宋体显示。",
        "Nothing on these pages is left out; fonts that the file does not hold appear as Song.",
    ),
    "timeline": ("时间线", "Timeline"),
    "event.verified": ("本次验证", "This verification"),
    "event.signed": ("盖章", "Sealed"),
    "findings": ("发现", "Findings"),
    "no.findings": ("没有需要提示的事项。", "Nothing to point out."),
    "not.checked": ("未检查的事项", "What was not checked"),
    "receipt": ("透明日志回执", "Receipt of the transparency log"),
    "receipt.how": (
        "回执可离线核验：",
        "A receipt verifies without a network:",
    ),
    "receipt.short": ("回执", "receipt"),
    "download": ("下载回执", "Download receipt"),
    "no.receipt": ("透明日志中没有此文件的盖章记录。", "The log holds no sealing of this file."),
    "digest": ("文件 SHA-256", "SHA-256 of the file"),
    "trace": ("公开记录", "Public record"),
    "trace.open": ("透明日志中关于此文件的事实", "What the log tells of this document"),
    "report": ("完整报告 (JSON)", "Full report (JSON)"),
    "error": ("无法给出结论", "No verdict could be formed"),
    "ERROR": ("错误", "Error"),
    "WARNING": ("注意", "Warning"),
    "INFO": ("说明", "Note"),
    "ACTIVE": ("有效", "active"),
    "SUSPENDED": ("已冻结", "suspended"),
    "LOST": ("已挂失", "reported lost"),
    "REVOKED": ("已注销", "revoked"),
    "EXPIRED": ("已到期", "expired"),
    "REPLACED": ("已重新制作", "replaced"),
    "VOID": ("无效（被监管机构宣告）", "void"),
    "APPLIED": ("已申请", "applied for"),
    "APPROVED": ("已批准", "approved"),
    "REJECTED": ("已驳回", "rejected"),
    "OFFICIAL": ("公章", "official seal"),
    "FINANCE": ("财务专用章", "finance seal"),
    "INVOICE": ("发票专用章", "invoice seal"),
    "CONTRACT": ("合同专用章", "contract seal"),
    "LEGAL_REPRESENTATIVE": ("法定代表人名章", "name seal"),
    "CUSTOMS": ("报关专用章", "customs seal"),
    "PERSONNEL": ("人事章", "personnel seal"),
    "DEPARTMENT": ("部门章", "department seal"),
    "BRANCH": ("分支机构章", "branch seal"),
    "POSITION": ("职务章", "position seal"),
    "OTHER": ("其他印章", "other seal"),
    "seal.applied": ("申请印章", "Seal applied for"),
    "seal.approved": ("批准", "Approved"),
    "seal.activated": ("启用", "Activated"),
    "seal.reissued": ("换发证书", "Certificates reissued"),
    "seal.suspended": ("冻结", "Suspended"),
    "seal.resumed": ("解冻", "Resumed"),
    "seal.lost": ("挂失", "Reported lost"),
    "seal.revoked": ("注销", "Revoked"),
    "seal.expired": ("到期", "Expired"),
    "seal.replaced": ("重新制作", "Replaced"),
    "seal.imprint_filed": ("印模备案", "Imprint filed"),
    "seal.review_flagged": ("列入复核", "Put under review"),
    "seal.void_proposed": ("提议宣告无效", "Voiding proposed"),
    "seal.voided": ("宣告无效", "Voided"),
    "other.language": ("English", "中文"),
}


def word(key: str, language: Language) -> str:
    """The words for a key; a key without words stands for itself (a code, an id)."""
    zh, en = WORDS.get(key, (key, key))
    return zh if language == "zh" else en


def shown_instant(at: str) -> str:
    """An RFC 3339 instant in UTC as a page writes it: `2026-11-21 20:31:45 UTC`."""
    return f"{at[:10]} {at[11:19]} UTC"


def common_name(name: str) -> str:
    """The common name out of a certificate name's long form; the whole form without one."""
    found = _COMMON_NAME.search(name)
    return found[1] if found else name
