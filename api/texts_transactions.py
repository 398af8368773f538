"""Words for the codes of attestations and transactions; see `api.texts`."""

from api.wording import ABSENT, FIX, OPERATOR, RIGHTS, STATE, Text

TRANSACTION_TEXTS: dict[str, Text] = {
    "ATTESTATION_KIND_UNKNOWN": Text("未知的证明种类", "Unknown kind of attestation", FIX),
    "ATTESTATION_NOT_FOUND": Text("未找到证明", "Attestation not found", ABSENT),
    "ATTESTATION_SUBJECT_INVALID": Text("证明内容不合规", "Attestation content invalid", FIX),
    "ATTESTATION_UNREADABLE": Text("证明无法读取", "Attestation unreadable", FIX),
    "ATTESTATION_OPERATOR_NOT_ENTITLED": Text(
        "出具方没有所需许可", "The operator holds no fitting permit", RIGHTS
    ),
    "ATTESTATION_SEAL_NOT_FIT": Text("印章类型不能出具此证明", "Seal type not fit", STATE),
    "ATTESTATION_NOT_ISSUED": Text("证明未出具或已撤回", "Attestation not in force", STATE),
    "ATTESTATION_NOT_YOURS": Text("不是本机构出具的证明", "Not your attestation", RIGHTS),
    "ATTESTATION_NUMBER_TAKEN": Text("该号码已出具证明", "Number attested already", STATE),
    "ATTESTATION_REASON_INVALID": Text("撤回理由不合规", "Reason invalid", FIX),
    "TRANSACTION_POLICY_UNKNOWN": Text("未知的交易核验策略", "Unknown policy", FIX),
    "TRANSACTION_NOT_FOUND": Text("未找到交易核验报告", "Report not found", ABSENT),
    "TRANSACTION_EXPIRED": Text("交易核验链接已过期", "The link has expired", ABSENT),
    "TRANSACTION_EVIDENCE_NOT_KEPT": Text(
        "无法重现此报告", "This report cannot be judged again", ABSENT
    ),
    "TRANSACTION_REQUEST_INVALID": Text("交易核验请求不合规", "Request invalid", FIX),
    "TRANSACTION_KEY_REQUIRED": Text(
        "引用登记的合同或发票须使用密钥", "Records on file need a key", RIGHTS
    ),
    "DEAL_RECORD_INVALID": Text("交易证据记录无效", "Deal record invalid", OPERATOR),
}
