"""What each finding on a deal means: its weight, its rule, and its sentence in both languages.

`{left}` and `{right}` are the two sides of an agreement, `{part}` the first node's name, `{pair}`
the names of all.
"""

from enum import StrEnum
from typing import NamedTuple

from sealsvc.verify.indications import Summary


class Weight(StrEnum):
    """FAILS and DOUBT weigh on the verdict; NOTICE is told; OMITTED: a detail was not checked."""

    FAILS = "FAILS"
    DOUBT = "DOUBT"
    NOTICE = "NOTICE"
    OMITTED = "OMITTED"


class Entry(NamedTuple):
    """One code. word: what the verdict is at best while it stands, None = no effect."""

    weight: Weight
    rule: str
    zh: str
    en: str
    word: Summary | None


def _fails(rule: str, zh: str, en: str, word: Summary = Summary.INVALID) -> Entry:
    return Entry(Weight.FAILS, rule, zh, en, word)


def _doubt(rule: str, zh: str, en: str, word: Summary = Summary.INDETERMINATE) -> Entry:
    return Entry(Weight.DOUBT, rule, zh, en, word)


def _notice(rule: str, zh: str, en: str) -> Entry:
    return Entry(Weight.NOTICE, rule, zh, en, None)


def _omitted(rule: str, zh: str, en: str) -> Entry:
    return Entry(Weight.OMITTED, rule, zh, en, None)


_DEAL = "transactions 2"
_R02, _R05, _R09, _R10 = (
    "china-domain R02",
    "china-domain R05",
    "china-domain R09",
    "china-domain R10",
)

MERCHANTS: dict[str, Entry] = {
    "TXN_MERCHANT_UNKNOWN": _doubt(_DEAL, "不知道{part}是谁", "Nothing says who the {part} is"),
    "TXN_MERCHANT_CODE_INVALID": _fails(
        "china-domain 1",
        "{part}的统一社会信用代码 {left} 不符合编码规则",
        "The {part}'s credit code {left} is malformed",
    ),
    "TXN_MERCHANT_NOT_ASKED": _doubt(
        _DEAL, "未查询{part} {left} 的登记", "The register was not asked about the {part} {left}"
    ),
    "TXN_MERCHANT_NOT_REGISTERED": _doubt(
        _DEAL, "{part} {left} 未在登记库登记", "The {part} {left} is not in the register"
    ),
    "TXN_MERCHANT_CANCELLED": _fails(
        _R02,
        "{part} {left} 在交易时已注销（{right}）",
        "The {part} {left} had been cancelled at the time of the deal ({right})",
    ),
    "TXN_MERCHANT_CANCELLED_LATER": _notice(
        _R02,
        "{part} {left} 在交易之后注销（{right}）",
        "The {part} {left} was cancelled after the deal ({right})",
    ),
    "TXN_SELF_DEAL": _fails(
        _DEAL, "买方与卖方是同一主体 {left}", "Buyer and seller are the same entity {left}"
    ),
}

_WORDS: dict[Summary, tuple[Weight, str, str]] = {
    Summary.MODIFIED: (
        Weight.FAILS,
        "{part}在盖章后被改动",
        "The {part} was changed after it was sealed",
    ),
    Summary.INVALID: (
        Weight.FAILS,
        "{part}的印章无效（{left}）",
        "The {part}'s seal is invalid ({left})",
    ),
    Summary.UNSIGNED: (Weight.DOUBT, "{part}没有任何签章", "The {part} carries no seal"),
    Summary.INTACT: (
        Weight.DOUBT,
        "{part}未被改动，但签章者未能核实（{left}）",
        "The {part} is unchanged, but who sealed it could not be confirmed ({left})",
    ),
    Summary.INDETERMINATE: (
        Weight.DOUBT,
        "{part}的印章无法下结论（{left}）",
        "No conclusion about the {part}'s seal ({left})",
    ),
}
DOCUMENTS: dict[str, Entry] = {
    f"TXN_{part}_{word}": Entry(weight, "CONTRACT 1", zh, en, word)
    for part in ("CONTRACT", "INVOICE")
    for word, (weight, zh, en) in _WORDS.items()
} | {
    f"TXN_{part}_NOT_JUDGED": _doubt(
        _DEAL, "{part}的文件没有核验", "The {part}'s file was not verified"
    )
    for part in ("CONTRACT", "INVOICE")
}

CONTRACTS: dict[str, Entry] = {
    "TXN_CONTRACT_NOT_CONCLUDED": _fails(
        "Civil Code 490",
        "合同尚未由各方盖章完成（{left}）",
        "The contract has not been sealed by all its parties ({left})",
    ),
    "TXN_CONTRACT_ENDED": _fails(
        "GB/T 36319", "合同已终止或作废（{left}）", "The contract has ended ({left})"
    ),
    "TXN_CONTRACT_DISPUTED": _doubt(
        "GB/T 36319",
        "合同处于争议或已被替代（{left}）",
        "The contract is disputed or was replaced ({left})",
    ),
    "TXN_CONTRACT_FILE_DIFFERS": _fails(
        _DEAL,
        "所提交的合同文件不是登记的最新文件",
        "The contract's file is not the newest one on record",
    ),
    "TXN_CONTRACT_STATE_UNKNOWN": _omitted(
        _DEAL,
        "合同不在登记库，状态未核验",
        "The contract is in no register; its state is unchecked",
    ),
    "TXN_CONTRACT_PARTY_MISMATCH": _fails(
        _R05,
        "{part} {left} 不是合同当事方（{right}）",
        "The {part} {left} is no party to the contract ({right})",
    ),
    "TXN_CONTRACT_ROLE_MISMATCH": _fails(
        _R05,
        "合同中的{part}是 {right}，不是 {left}",
        "The contract's {part} is {right}, not {left}",
    ),
    "TXN_CONTRACT_SEAL_MISSING": _fails(
        "Civil Code 490",
        "{part} {left} 没有在合同上盖章",
        "The {part} {left} has not sealed the contract",
    ),
    "TXN_CONTRACT_SEALED_BY_STRANGER": _fails(
        _R05,
        "合同上有非当事方 {left} 的印章",
        "The contract bears the seal of {left}, who is no party",
    ),
    "TXN_SEAL_NOT_ACTIVE": _fails(
        "china-domain R03",
        "{part}：{left} 的印章在使用时状态为 {right}",
        "{part}: the seal of {left} was {right} when it was used",
    ),
    "TXN_SEAL_CHANGED_LATER": _notice(
        _R02,
        "{part}：{left} 的印章现在状态为 {right}，使用时有效",
        "{part}: the seal of {left} is {right} now; it was active when used",
    ),
}

INVOICES: dict[str, Entry] = {
    "TXN_INVOICE_FIELD_MISSING": _doubt(
        "china-domain 4", "{part}中读不到 {left}", "The {part} does not tell its {left}"
    ),
    "TXN_INVOICE_SELLER_MISMATCH": _fails(
        _R05,
        "{part}的销售方是 {left}，卖方是 {right}",
        "The {part}'s seller is {left}, the deal's is {right}",
    ),
    "TXN_INVOICE_BUYER_MISMATCH": _fails(
        _R05,
        "{part}的购买方是 {left}，买方是 {right}",
        "The {part}'s buyer is {left}, the deal's is {right}",
    ),
    "TXN_INVOICE_SEALED_BY_OTHER": _fails(
        _R05,
        "{part}由 {left} 盖章，不是卖方 {right}",
        "The {part} was sealed by {left}, not by the seller {right}",
    ),
    "TXN_INVOICE_ARITHMETIC_WRONG": _fails(
        "china-domain 4.4", "{part}的金额互相不符", "The {part}'s amounts do not add up"
    ),
    "TXN_INVOICE_ARITHMETIC_NOT_CHECKED": _omitted(
        "china-domain 4.4", "{part}的金额关系未核验", "The {part}'s amounts were not added up"
    ),
    "TXN_INVOICE_CARRIERS_DISAGREE": _doubt(
        "china-domain 4.4",
        "{part}的票面与所附数据不一致",
        "The {part}'s page and its attached data disagree",
    ),
    "TXN_INVOICE_IS_RED": _fails(
        _R09, "{part}本身是红字发票", "The {part} is itself a red-letter invoice"
    ),
    "TXN_INVOICE_RED_LETTERED": _fails(
        _R09, "{part}已被红字全额冲销", "The {part} was taken back in full by red letter"
    ),
    "TXN_INVOICE_PARTLY_RED": _notice(
        _R09,
        "{part}已被红字冲减 {left}",
        "{left} of the {part} was taken back by red letter",
    ),
    "TXN_INVOICE_RED_BEYOND": _fails(
        _R09,
        "{part}的红字合计 {left} 超过发票金额 {right}",
        "Red letters of {left} exceed the {part}'s amount {right}",
    ),
    "TXN_INVOICE_RED_NOT_CHECKED": _omitted(
        _R09, "{part}是否被红冲未核验", "Whether the {part} was red-lettered was not checked"
    ),
    "TXN_INVOICE_CLAIMED_BY_OTHER": _fails(
        _R10,
        "{part}已被买方 {right} 以外的主体报销入账",
        "The {part} was claimed by someone other than the buyer {right}",
    ),
    "TXN_INVOICE_CLAIM_NOT_CHECKED": _omitted(
        _R10, "{part}的入账状态未核验", "Whether the {part} was claimed was not checked"
    ),
}

ATTESTATIONS: dict[str, Entry] = {
    "TXN_ATTESTATION_KIND_UNKNOWN": _doubt(
        _DEAL, "不认识的证明种类 {left}", "An attestation of an unknown kind {left}"
    ),
    "TXN_ATTESTATION_FORGED": _fails(
        _DEAL, "{part}的签名不成立", "The {part}'s signature does not hold"
    ),
    "TXN_ATTESTATION_DIFFERS": _fails(
        _DEAL,
        "{part}与登记的内容不一致",
        "The {part} is not what the register holds under its id",
    ),
    "TXN_ATTESTATION_SIGNER_MISMATCH": _fails(
        _R05,
        "{part}由 {left} 签名，不是出具方 {right}",
        "The {part} was signed by {left}, not by its operator {right}",
    ),
    "TXN_ATTESTATION_NOT_VERIFIED": _doubt(
        _DEAL, "{part}的签名或证书未能核实", "The {part}'s signature or certificate is unproven"
    ),
    "TXN_ATTESTATION_CERTIFICATE_ENDED": _fails(
        "RFC 5280",
        "{part}的证书在出具时已失效",
        "The {part}'s certificate had ended when it was issued",
    ),
    "TXN_ATTESTATION_NOT_REGISTERED": _doubt(
        _DEAL, "{part}不在登记库", "The {part} is in no register"
    ),
    "TXN_ATTESTATION_WITHDRAWN": _fails(
        _DEAL, "{part}已被撤回（{left}）", "The {part} was withdrawn ({left})"
    ),
    "TXN_ATTESTATION_SUBJECT_INVALID": _fails(
        _DEAL, "{part}的内容不合规（{left}）", "The {part}'s content is malformed ({left})"
    ),
    "TXN_OPERATOR_UNKNOWN": _doubt(
        _DEAL, "{part}的出具方 {left} 未登记", "The {part}'s operator {left} is not registered"
    ),
    "TXN_OPERATOR_CANCELLED": _fails(
        _R02,
        "{part}的出具方 {left} 在出具时已注销",
        "The {part}'s operator {left} had been cancelled when it attested",
    ),
    "TXN_OPERATOR_NOT_ENTITLED": _fails(
        _DEAL,
        "{part}的出具方 {left} 没有所需许可（{right}）",
        "The {part}'s operator {left} holds none of the permits it takes ({right})",
    ),
    "TXN_OPERATOR_NOT_ASKED": _doubt(
        _DEAL,
        "{part}出具方的许可未核验",
        "The permits of the {part}'s operator were not checked",
    ),
    "TXN_ATTESTED_PARTY_MISMATCH": _fails(
        _R05,
        "{part}的 {member} 是 {left}，应为 {right}",
        "The {part}'s {member} is {left}; it should be {right}",
    ),
    "TXN_ATTESTATION_UNBOUND": _doubt(
        _DEAL,
        "{part}没有订单、合同或发票号码可与本交易对应",
        "No order, contract or invoice number ties the {part} to this deal",
    ),
    "TXN_REFERENCE_MISMATCH": _fails(
        _DEAL,
        "{part}的 {member} 是 {left}，本交易是 {right}",
        "The {part}'s {member} is {left}; the deal's is {right}",
    ),
    "TXN_DUPLICATE_REFERENCE": _fails(
        _R10, "{part}被重复引用（{left}）", "The {part} was given twice ({left})"
    ),
}

AMOUNTS: dict[str, Entry] = {
    "TXN_AMOUNT_MISMATCH": _fails(
        _DEAL,
        "{pair}金额不一致：{left} 与 {right}",
        "The amounts of {pair} differ: {left} and {right}",
    ),
    "TXN_CURRENCY_MISMATCH": _fails(
        _DEAL,
        "{pair}币种不一致：{left} 与 {right}",
        "The currencies of {pair} differ: {left} and {right}",
    ),
    "TXN_AMOUNT_OUT_OF_RANGE": _fails(
        _DEAL, "{part}的金额超出可核验范围", "The {part}'s amount is beyond what can be checked"
    ),
    "TXN_AMOUNT_NOT_CHECKED": _omitted(
        _DEAL,
        "{pair}金额未核对：一方未载明",
        "The amounts of {pair} were not compared: one is unknown",
    ),
    "TXN_AMOUNT_UNKNOWN": _doubt(
        _DEAL, "{part}无金额可供核对", "There is no price to hold the {part} against"
    ),
    "TXN_PAYMENT_TOO_SMALL": _fails(
        _DEAL,
        "付款合计 {left}，少于应付 {right}",
        "The payments come to {left}, less than the price {right}",
    ),
    "TXN_PAYMENT_TOO_LARGE": _fails(
        _DEAL,
        "付款合计 {left}，多于应付 {right}",
        "The payments come to {left}, more than the price {right}",
    ),
    "TXN_DATE_IN_FUTURE": _fails(
        _DEAL, "{part}的时间 {left} 尚未到来", "The {part}'s time {left} has not come yet"
    ),
    "TXN_DATES_IMPOSSIBLE": _fails(
        _DEAL,
        "{part}的时间次序不可能：{left} 早于 {right}",
        "The {part}'s times cannot be: {left} is before {right}",
    ),
    "TXN_BEFORE_CONTRACT": _doubt(
        _DEAL,
        "{part}（{left}）早于合同成立（{right}）",
        "The {part} ({left}) is earlier than the contract ({right})",
    ),
    "TXN_DATE_OUT_OF_RANGE": _fails(
        _DEAL,
        "{part}的日期 {left} 不在预期期间 {right}",
        "The {part}'s date {left} is outside the expected {right}",
    ),
    "TXN_NUMBER_MISMATCH": _fails(
        _DEAL,
        "{part}号码是 {left}，预期 {right}",
        "The {part}'s number is {left}, expected {right}",
    ),
    "TXN_PART_MISSING": _doubt(
        _DEAL, "缺少必需的{part}", "The {part}, which this policy needs, is missing"
    ),
    "TXN_PART_NOT_GIVEN": _omitted(
        _DEAL, "未提供{part}，未核验", "No {part} was given; it is unchecked"
    ),
}

CATALOGUE: dict[str, Entry] = {
    **MERCHANTS,
    **DOCUMENTS,
    **CONTRACTS,
    **INVOICES,
    **ATTESTATIONS,
    **AMOUNTS,
}
