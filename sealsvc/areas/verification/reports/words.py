"""Chinese words for a report's codes, as the printed page shows them beside the codes."""

from sealsvc.verify.indications import AxisResult, Indication, Severity, Summary
from sealsvc.verify.messages import Axis

SUMMARIES = {
    Summary.UNSIGNED: "未签章",
    Summary.MODIFIED: "已被改动",
    Summary.INVALID: "无效",
    Summary.TRUSTED: "可信",
    Summary.INTACT: "完整但未核实签章人",
    Summary.INDETERMINATE: "无法得出结论",
}
INDICATIONS = {
    Indication.TOTAL_PASSED: "通过",
    Indication.TOTAL_FAILED: "不通过",
    Indication.INDETERMINATE: "无法确定",
    Indication.NO_SIGNATURE_FOUND: "无签名",
}
RESULTS = {
    AxisResult.PASSED: "通过",
    AxisResult.FAILED: "不通过",
    AxisResult.INDETERMINATE: "无法确定",
    AxisResult.NOT_CHECKED: "未检查",
}
AXES = {
    Axis.INTEGRITY: ("完整性", "Integrity"),
    Axis.TRUST: ("证书与信任", "Certificate and trust"),
    Axis.SEAL_AUTHORITY: ("印章登记", "Seal in the register"),
    Axis.SEMANTICS: ("业务含义", "Business meaning"),
}
SEVERITIES: dict[str, str] = {
    Severity.ERROR: "错误",
    Severity.WARNING: "警告",
    Severity.INFO: "说明",
    "NOT_CHECKED": "未检查",
}
SEAL_STATUSES = {
    "APPLIED": "已申请",
    "APPROVED": "已批准",
    "REJECTED": "已驳回",
    "ACTIVE": "有效",
    "SUSPENDED": "冻结",
    "LOST": "挂失",
    "REVOKED": "注销",
    "EXPIRED": "到期",
    "REPLACED": "已更换",
    "VOID": "作废",
}
SOURCES = {"LOG": "透明日志 log", "TSA": "时间戳 time-stamp"}
