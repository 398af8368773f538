"""Words for the codes of contracts and of keywords; see `api.texts`."""

from api.wording import ABSENT, DOCUMENT, FIX, REREAD, RETRY, RIGHTS, SMALLER, STATE, Text

CONTRACT_TEXTS: dict[str, Text] = {
    "CONTRACT_NOT_FOUND": Text("未找到合同", "Contract not found", ABSENT),
    "CONTRACT_ACTOR_REFUSED": Text("该当事人不能执行此操作", "Not for this party to do", RIGHTS),
    "CONTRACT_ILLEGAL_TRANSITION": Text("合同状态不允许", "Contract state forbids it", STATE),
    "CONTRACT_DEADLINE_PASSED": Text("签署期限已过", "The deadline has passed", STATE),
    "CONTRACT_ALREADY_SEALED": Text("该当事人已签署", "The party has sealed already", STATE),
    "CONTRACT_NOT_YOUR_TURN": Text("尚未轮到该当事人签署", "Another party comes first", STATE),
    "CONTRACT_SEALING_IN_PROGRESS": Text("另一方正在签署", "A party is sealing just now", STATE),
    "CONTRACT_CONSENT_PENDING": Text("须由另一签署方同意", "Another signer must agree", STATE),
    "CONTRACT_REASON_REQUIRED": Text("须说明理由", "A reason is required", FIX),
    "CONTRACT_CHANGED": Text("合同已被更改", "The contract has changed", REREAD),
    "CONTRACT_BASE_CHANGED": Text("原合同已不可变更", "The base cannot be replaced", STATE),
    "CONTRACT_SLOT_LOST": Text("签署超时，未生效", "Sealing took too long", STATE),
    "CONTRACT_INVALID": Text("合同要素有误", "Contract terms invalid", FIX),
    "CONTRACT_PARTY_UNKNOWN": Text("当事人未登记或已注销", "Party not registered", FIX),
    "CONTRACT_DOCUMENT_TOO_LARGE": Text("合同文件过大", "Contract file too large", SMALLER),
    "CONTRACT_TEMPLATE_NOT_FOUND": Text("未找到合同范本", "Template not found", ABSENT),
    "CONTRACT_TEMPLATE_INVALID": Text("合同范本有误", "Template invalid", FIX),
    "CONTRACT_CLAUSE_DATA_INVALID": Text("条款数据有误", "Clause data invalid", FIX),
    "CONTRACT_NOT_SEALED": Text("合同尚无签署", "Nobody has sealed it yet", STATE),
    "CONTRACT_EVIDENCE_PENDING": Text("存证尚未入日志", "Facts not in the log yet", RETRY),
    "CONTRACT_EVIDENCE_TOO_LARGE": Text("证据包过大", "Evidence package too large", SMALLER),
    "EVIDENCE_PACKAGE_UNREADABLE": Text("不是有效的证据包", "No evidence package", DOCUMENT),
    "KEYWORD_INVALID": Text("关键字有误", "Keyword invalid", FIX),
    "KEYWORD_NOT_FOUND": Text("文件中没有该关键字", "Keyword not in the document", FIX),
}
