"""Codes about what a document itself says of the invoice it is."""

from sealsvc.verify.indications import Block
from sealsvc.verify.messages.entry import Axis, Entry, Weight

INVOICE: dict[str, Entry] = {
    "DOCUMENT_FIELDS_READ": Entry(
        Weight.INFO,
        Block.SEMANTICS,
        Axis.SEMANTICS,
        None,
        "CONTRACT 1",
        "已读取文件自身的发票字段（来源 {source}），业务核验以此为准",
        "The document's own invoice fields were read from {source}; the comparison rests on them",
    ),
    "FIELDS_DIFFER_FROM_EXPECTATION": Entry(
        Weight.DOUBT,
        Block.SEMANTICS,
        Axis.SEMANTICS,
        None,
        "CONTRACT 1",
        "文件自身写明的销售方 {read} 与期望的 {expected} 不一致",
        "The document itself names the seller {read}, expected was {expected}",
    ),
    "FIELDS_DIFFER_FROM_DECLARATION": Entry(
        Weight.NOTICE,
        Block.SEMANTICS,
        Axis.SEMANTICS,
        None,
        "CONTRACT 1",
        "盖章时的申报与文件自身内容不一致：{fields}",
        "What was declared at sealing is not what the document says: {fields}",
    ),
    "SELLER_NOT_COMPARED": Entry(
        Weight.SKIPPED,
        Block.SEMANTICS,
        Axis.SEMANTICS,
        None,
        "china-domain R05",
        "此章不是已登记商户的印章（可能为税务监制章），未与销售方比对",
        "No registered merchant's seal, perhaps a tax bureau's; not compared with the seller",
    ),
    "INVOICE_CARRIERS_DISAGREE": Entry(
        Weight.NOTICE,
        Block.SEMANTICS,
        Axis.SEMANTICS,
        None,
        "china-domain 4.4",
        "文件内各处记载的发票字段不一致：{fields}",
        "Places in the document disagree about fields of the invoice: {fields}",
    ),
    "INVOICE_ARITHMETIC_WRONG": Entry(
        Weight.NOTICE,
        Block.SEMANTICS,
        Axis.SEMANTICS,
        None,
        "china-domain 4.4",
        "发票金额勾稽不符：{codes}",
        "The invoice's amounts do not add up: {codes}",
    ),
    "INVOICE_NUMBER_WRONG": Entry(
        Weight.NOTICE,
        Block.SEMANTICS,
        Axis.SEMANTICS,
        None,
        "china-domain 4.2",
        "发票号码或代码不合编码规则：{codes}",
        "The invoice's number or code breaks the rules of numbering: {codes}",
    ),
    "TAX_SIGNATURE_UNVERIFIED": Entry(
        Weight.OMITTED,
        Block.SEMANTICS,
        Axis.SEMANTICS,
        None,
        "china-domain R08",
        "数电票含税务机关签名，目前无法在外部核验（present_unverified）",
        "The tax bureau's own signature is present but unverified: nobody outside can verify it",
    ),
}
