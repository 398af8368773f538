"""What people read about each code: title and what to do, in Chinese and English.

One row a code. `api/problems.py` decides the status, this table only speaks. A test fails on an
error class whose code has no row here. Codes of the `Internal` families have none: clients see
them as INTERNAL.
"""

from api.texts_contracts import CONTRACT_TEXTS
from api.texts_transactions import TRANSACTION_TEXTS
from api.wording import (
    ABSENT as ABSENT,
)
from api.wording import (
    ALLOWED as ALLOWED,
)
from api.wording import (
    DOCUMENT as DOCUMENT,
)
from api.wording import (
    FIX as FIX,
)
from api.wording import (
    LOGIN as LOGIN,
)
from api.wording import (
    LOOK_UP as LOOK_UP,
)
from api.wording import (
    MIGRATE as MIGRATE,
)
from api.wording import (
    NEW_KEY as NEW_KEY,
)
from api.wording import (
    OPERATOR as OPERATOR,
)
from api.wording import (
    OTHER_FORMAT as OTHER_FORMAT,
)
from api.wording import (
    PICTURE as PICTURE,
)
from api.wording import (
    REREAD as REREAD,
)
from api.wording import (
    RETRY as RETRY,
)
from api.wording import (
    RIGHTS as RIGHTS,
)
from api.wording import (
    SMALLER as SMALLER,
)
from api.wording import (
    STATE as STATE,
)
from api.wording import (
    Advice as Advice,
)
from api.wording import (
    Language as Language,
)
from api.wording import (
    Text as Text,
)

TEXTS: dict[str, Text] = {
    **CONTRACT_TEXTS,
    **TRANSACTION_TEXTS,
    # HTTP edge
    "MALFORMED_REQUEST": Text("请求无法解析", "The request cannot be parsed", FIX),
    "VALIDATION_FAILED": Text("请求内容不合规", "The request is not acceptable", FIX),
    "NOT_FOUND": Text("未找到", "Not found", ABSENT),
    "METHOD_NOT_ALLOWED": Text("不支持该方法", "Method not allowed", ALLOWED),
    "NOT_ACCEPTABLE": Text("无法提供所要求的格式", "None of the accepted formats exists", FIX),
    "TOO_LARGE": Text("内容过大", "Content too large", SMALLER),
    "UNSUPPORTED_FORMAT": Text("不支持的文件格式", "Unsupported document format", OTHER_FORMAT),
    "UNSUPPORTED_MEDIA_TYPE": Text("不支持的内容类型", "Unsupported media type", FIX),
    "UNAUTHENTICATED": Text("未通过身份认证", "Not authenticated", LOGIN),
    "CREDENTIALS_REJECTED": Text("密钥无效", "The key is not valid", LOGIN),
    "NOT_ALLOWED": Text("没有权限", "Not allowed", RIGHTS),
    "STATE_CONFLICT": Text("当前状态不允许", "The present state does not permit it", STATE),
    "PRECONDITION_FAILED": Text("前置条件不满足", "Precondition failed", REREAD),
    "QUOTA_EXCEEDED": Text("请求过于频繁", "Too many requests", RETRY),
    "UPLOADS_BUSY": Text("上传过多，暂不能接收", "Too many uploads just now", RETRY),
    "TOO_MANY_UPLOADS": Text("同一地址同时上传过多", "Too much uploaded at once", RETRY),
    "TOO_MANY_RUNNING": Text("同一地址处理中的文件过多", "Too many documents in work", RETRY),
    "UPSTREAM_UNAVAILABLE": Text("服务暂不可用", "Unavailable for now", RETRY),
    "INTERNAL": Text("服务内部错误", "Internal error", OPERATOR),
    "IDEMPOTENCY_KEY_MISSING": Text("缺少幂等键", "Idempotency-Key missing", NEW_KEY),
    "IDEMPOTENCY_KEY_REUSED": Text("幂等键已用于其他请求", "Idempotency-Key reused", NEW_KEY),
    "REQUEST_IN_PROGRESS": Text("同一请求正在处理", "The same request is running", RETRY),
    "REQUEST_INTERRUPTED": Text("上次请求中断", "The earlier request was interrupted", LOOK_UP),
    "REQUEST_OVERTAKEN": Text("请求已被后来者取代", "A later request took over", LOOK_UP),
    # Ports
    "BLOB_NOT_FOUND": Text("内容不存在", "Content not found", ABSENT),
    "DATABASE_BUSY": Text("数据库繁忙", "Database busy", RETRY),
    "DATABASE_LOST": Text("数据库连接中断", "Database connection lost", RETRY),
    "STORAGE_FULL": Text("存储空间不足", "Storage is full", RETRY),
    "RESOURCE_LIMIT": Text("文件处理超出资源上限", "The document needs too much", DOCUMENT),
    "WORKERS_BUSY": Text("处理繁忙", "All workers are busy", RETRY),
    # Certificate engine
    "CA_BAD_INPUT": Text("证书请求不合规", "Certificate request not acceptable", FIX),
    "CA_CONFLICT": Text("证书状态不允许", "Certificate state does not permit it", STATE),
    "CA_UNAVAILABLE": Text("密钥暂不可用", "Keys are unavailable for now", RETRY),
    "UNKNOWN_SUITE": Text("未知的签名算法", "Unknown signature suite", FIX),
    "PUBLIC_KEY_INVALID": Text("公钥无效", "Public key invalid", FIX),
    "SIGNATURE_DOES_NOT_MATCH": Text("签名值不符", "Signature does not match", FIX),
    "UNKNOWN_PROFILE": Text("未知的证书模板", "Unknown certificate profile", FIX),
    "ISSUER_UNUSABLE": Text("颁发者证书不可用", "Issuer certificate unusable", OPERATOR),
    "SERIAL_INVALID": Text("序列号无效", "Serial number invalid", OPERATOR),
    "TIME_NOT_AWARE": Text("时间缺少时区", "Time without zone", FIX),
    "SIGNED_OBJECT_INVALID": Text("证书或吊销列表无效", "Certificate or CRL invalid", FIX),
    "CRL_UNSUPPORTED": Text("不支持的吊销列表", "CRL unsupported", FIX),
    "LINT_FAILED": Text("证书未通过合规检查", "The certificate breaks its profile", FIX),
    "PREPARED_ALREADY_SIGNED": Text("该签发请求已使用", "Already signed once", STATE),
    "SIGNER_MISMATCH": Text("签名密钥不匹配", "Signer does not match", OPERATOR),
    "KEY_NOT_FOUND": Text("密钥不存在", "Key not found", OPERATOR),
    "KEK_MISSING": Text("缺少密钥加密密钥", "Key-encryption key missing", OPERATOR),
    "KEK_UNSAFE": Text("密钥加密密钥文件不安全", "Key-encryption key file unsafe", OPERATOR),
    "KEK_INVALID": Text("密钥加密密钥无效", "Key-encryption key invalid", OPERATOR),
    "KEK_EXISTS": Text("密钥加密密钥已存在", "Key-encryption key exists", OPERATOR),
    "KEY_STORE_UNSAFE": Text("密钥目录不安全", "Key store unsafe", OPERATOR),
    # Values
    "PLACEMENT_INVALID": Text("印章位置无效", "Seal placement invalid", FIX),
    # Access
    "SCOPE_MISSING": Text("缺少权限范围", "Scope missing", RIGHTS),
    "ENTITY_NOT_YOURS": Text("不是该主体的客户端", "Not bound to this entity", RIGHTS),
    "UNBOUND_CLIENT_REQUIRED": Text("需要未绑定主体的密钥", "Unbound client required", RIGHTS),
    "SCOPE_UNKNOWN": Text("未知的权限范围", "Unknown scope", FIX),
    "CLIENT_INVALID": Text("客户端信息无效", "Client invalid", FIX),
    "SIGN_NEEDS_ENTITY": Text("签章权限须绑定主体", "seal.sign needs an entity", FIX),
    "SCOPE_NEEDS_UNBOUND": Text("该权限不得绑定主体", "Scope needs an unbound client", FIX),
    # Founding
    "DATABASE_MISSING": Text("数据库不存在", "Database missing", OPERATOR),
    "DOMAIN_EXISTS": Text("信任域已存在", "Trust domain exists", STATE),
    "DOMAIN_MISSING": Text("信任域尚未建立", "Trust domain missing", OPERATOR),
    # Certificates
    "CERTIFICATE_NOT_FOUND": Text("证书不存在", "Certificate not found", ABSENT),
    "PKI_OBJECT_NOT_FOUND": Text("证书或吊销列表不存在", "No such certificate or CRL", ABSENT),
    "ISSUER_MISSING": Text("签发机构尚未建立", "Issuing CA missing", OPERATOR),
    "HIERARCHY_EXISTS": Text("证书体系已存在", "CA hierarchy exists", STATE),
    "CERTIFICATE_INTENT_LOST": Text("证书签发已被关闭", "Certificate intent closed", STATE),
    "NAME_INVALID": Text("证书主体名称无效", "Subject name invalid", FIX),
    # Seals
    "SEAL_NOT_FOUND": Text("印章不存在", "Seal not found", ABSENT),
    "SEAL_NOT_YOURS": Text("不是该印章的权利人", "Not your seal", RIGHTS),
    "SEAL_ILLEGAL_TRANSITION": Text("印章状态不允许此操作", "Seal state does not permit it", STATE),
    "DUAL_CONTROL_REQUIRED": Text("须由另一人审批", "A second person must decide", RIGHTS),
    "SUSPENDED_BY_REGULATOR": Text("印章由监管部门冻结", "Suspended by the regulator", RIGHTS),
    "SEAL_ACTION_AUTOMATIC": Text("该变更由系统自动进行", "Only time makes this change", RIGHTS),
    "REASON_REQUIRED": Text("须说明原因", "Reason required", FIX),
    "EFFECTIVE_FROM_INVALID": Text("生效时间无效", "Effective time invalid", FIX),
    "SEAL_CODE_INVALID": Text("印章编码无效", "Seal code invalid", FIX),
    "SEAL_CODE_TAKEN": Text("印章编码已被使用", "Seal code taken", STATE),
    "SEAL_LIMIT_REACHED": Text("印章数量已达上限", "Seal limit reached", STATE),
    "SEAL_APPLICATION_INVALID": Text("印章申请无效", "Seal application invalid", FIX),
    "SEAL_IMPRINT_MISSING": Text("缺少印模备案", "Imprint not filed", STATE),
    "IMPRINT_NOT_DRAWN": Text(
        "印模只有图片，没有矢量", "The imprint is a picture, without outlines", PICTURE
    ),
    "SEAL_OWNER_CHANGED": Text("主体名称已变更，须重新申请", "Owner's name has changed", STATE),
    "SEAL_HAS_NO_KEY": Text("实体印章没有密钥", "A physical seal has no key", STATE),
    "SEAL_SUITE_MISSING": Text(
        "印章没有该算法的证书，请先换发", "No certificate of this suite; reissue the seal", STATE
    ),
    "SEALING_SUITE_INVALID": Text("签章算法不适用", "Suite does not fit the document", FIX),
    "OFD_PAGE_UNRENDERABLE": Text("无法显示该 OFD 页面", "This OFD page cannot be shown", DOCUMENT),
    "SEAL_PICTURE_UNRENDERABLE": Text(
        "无法显示印章图像", "The seal's picture cannot be shown", DOCUMENT
    ),
    "OFD_INVOICE_INVALID": Text("OFD 发票数据无效", "OFD invoice data invalid", FIX),
    "OFD_LOCKED_BY_SIGNATURE": Text(
        "已有签章锁定了签名列表，不能再盖章", "An earlier signature locks the list", STATE
    ),
    "OFD_SEVERAL_DOCUMENTS": Text(
        "包内有多个文档，不能盖章", "The package holds several documents", DOCUMENT
    ),
    "ESEAL_REQUIRED": Text("OFD 签章需要国标电子印章", "An OFD seal needs a national seal", STATE),
    "ESEAL_REFUSED": Text("电子印章不可用于本次签章", "The electronic seal may not be used", STATE),
    "STRADDLE_NEEDS_TWO_PAGES": Text("骑缝章至少需要两页", "A straddle seal needs two pages", FIX),
    "OFD_TEXT_INVALID": Text("文字含有不可用的字符", "Text holds an unusable character", FIX),
    "STRADDLE_NOT_SUPPORTED": Text("该格式不支持骑缝章", "No straddle seal in this format", FIX),
    "SEAL_COUNTERPART_INVALID": Text("对应印章无效", "Counterpart seal invalid", FIX),
    # Sealing
    "BATCH_ITEM_INVALID": Text("批次中的文件项无效", "Item of the batch is invalid", FIX),
    "BATCH_ITEM_CHANGED": Text(
        "同一批次中同名文件已用章", "Another file of that name was sealed in this batch", NEW_KEY
    ),
    "BATCH_STOPPED": Text("批次在此项之前中止", "The batch stopped before this item", RETRY),
    "BATCH_LIMIT_EXCEEDED": Text("批次超出上限", "The batch is too large", SMALLER),
    "BATCH_ARCHIVE_INVALID": Text("压缩包或清单无法读取", "Archive or manifest unreadable", FIX),
    "SEALING_NOT_FOUND": Text("用章记录不存在", "Sealing not found", ABSENT),
    "SEALING_NOT_COMPLETED": Text("用章未完成", "Sealing not completed", STATE),
    "SEALING_INTENT_CLOSED": Text("用章超时，已作废", "Sealing took too long", STATE),
    "SEAL_NOT_ACTIVE": Text("印章不可用", "Seal not active", STATE),
    "SEAL_IS_PHYSICAL": Text("实物印章不能用于电子签章", "Seal is physical", STATE),
    "SEAL_TYPE_NOT_ALLOWED": Text("印章类型不适用于该文件", "Seal type does not fit", STATE),
    "SEAL_OUT_OF_VALIDITY": Text("印章不在有效期内", "Seal out of validity", STATE),
    "DECLARATION_INVALID": Text("文件声明无效", "Declaration invalid", FIX),
    # Verification and transparency
    "OPERATOR_SEAL_MISSING": Text("服务方尚无用于报告的印章", "The service has no seal", OPERATOR),
    "EVIDENCE_NOT_KEPT": Text("该报告的证据未保存", "Evidence of the report is not kept", ABSENT),
    "EVIDENCE_RECORD_INVALID": Text("证据记录无效", "Evidence record invalid", FIX),
    "VERIFICATION_NOT_FOUND": Text("验证报告不存在", "Verification not found", ABSENT),
    "VERIFICATION_EXPIRED": Text(
        "验证报告已过保存期或不存在",
        "The verification report has expired, or never existed",
        Advice(
            "未存证的报告只保存一段时间；请用原文件重新验证，需要长期保存时请用 evidence=true。",
            "Reports that are no fact of the log are kept for a while only: verify the file again, "
            "with evidence=true where the report must last.",
        ),
    ),
    "VALIDATION_TIME_IN_FUTURE": Text("验证时间不能晚于现在", "Validation time in the future", FIX),
    "EXPECTATION_INVALID": Text("预期条件无效", "Expectation invalid", FIX),
    "POLICY_UNKNOWN": Text("未知的验证策略", "Unknown policy", FIX),
    # Documents
    "DOCUMENT_ENCRYPTED": Text("文件已加密", "Document encrypted", DOCUMENT),
    "DOCUMENT_UNREADABLE": Text("文件无法读取", "Document unreadable", DOCUMENT),
    "PAGE_NOT_FOUND": Text("页码不存在", "Page not found", FIX),
    "PLACEMENT_OUT_OF_PAGE": Text("印章位置超出页面", "Seal outside the page", FIX),
    "IMPRINT_UNREADABLE": Text("印模图片无法读取", "Imprint unreadable", DOCUMENT),
    "DOCMDP_FORBIDS_SEAL": Text("已有签章禁止再次签章", "An earlier seal forbids more", STATE),
    "EXISTING_SIGNATURE_BROKEN": Text(
        "文件中已有签名不完整", "An earlier signature is broken", DOCUMENT
    ),
    "CERTIFICATE_ALREADY_IN_DOCUMENT": Text(
        "该证书已在文件中", "Certificate already used there", STATE
    ),
    "FIELD_NAME_TAKEN": Text("签名域名称已存在", "Field name taken", FIX),
    "PICTURE_UNREADABLE": Text("图片无法读取", "Picture unreadable", DOCUMENT),
    # Imprints
    "GLYPH_MISSING": Text("字库中没有该字", "Character not in the fonts", FIX),
    "IMPRINT_TEXT_TOO_LONG": Text("印文过长", "Imprint text too long", FIX),
    "IMPRINT_PICTURE_UNREADABLE": Text("印模图片无法读取", "Imprint picture unreadable", DOCUMENT),
    "IMPRINT_DPI_UNSUPPORTED": Text("不支持的分辨率", "Resolution unsupported", FIX),
    "IMPRINT_SPEC_INVALID": Text("印模规格无效", "Imprint specification invalid", FIX),
    # Demonstration
    "AMOUNT_INVALID": Text("金额无效", "Amount invalid", FIX),
    "DEMO_NOTHING_TO_ALTER": Text("不是演示文件", "Not a demo file", FIX),
    "CLIENT_NOT_FOUND": Text("客户端不存在", "Client not found", ABSENT),
    "CLIENT_ALREADY_REVOKED": Text("客户端已吊销", "Client already revoked", STATE),
    # Entities
    "USCC_INVALID": Text("统一社会信用代码无效", "Credit code invalid", FIX),
    "USCC_IMMUTABLE": Text("信用代码不可变更", "The credit code is for life", FIX),
    "ENTITY_FIELD_INVALID": Text("主体信息不合规", "Entity field invalid", FIX),
    "ENTITY_NOT_FOUND": Text("主体不存在", "Entity not found", ABSENT),
    "ENTITY_EXISTS": Text("主体已登记", "Entity already registered", STATE),
    "ENTITY_UNCHANGED": Text("没有任何变更", "Nothing would change", STATE),
    "ENTITY_ALREADY_CANCELLED": Text("主体已注销", "Entity already cancelled", STATE),
    "PERMIT_NOT_FOUND": Text("许可不存在", "Permit not found", ABSENT),
    "PERMIT_FIELD_INVALID": Text("许可信息不合规", "Permit field invalid", FIX),
    "PERMIT_EXISTS": Text("该许可已登记", "Permit already registered", STATE),
    "PERMIT_UNCHANGED": Text("没有任何更正", "Nothing would be corrected", STATE),
    "PERMIT_ALREADY_WITHDRAWN": Text("许可已撤回", "Permit already withdrawn", STATE),
    "PERMIT_LIMIT_REACHED": Text("许可数量已达上限", "Permit limit reached", STATE),
    # Imports
    "IMPORT_ENCODING_UNKNOWN": Text(
        "文件编码须为 UTF-8 或 GBK", "The file is neither UTF-8 nor GBK", FIX
    ),
    "IMPORT_FILE_INVALID": Text("导入文件无效", "Import file invalid", FIX),
    "IMPORT_HEADER_INVALID": Text("导入表头无效", "Import header invalid", FIX),
    "IMPORT_TOO_LONG": Text("导入文件行数过多", "Too many lines for one import", SMALLER),
    "IMPORT_ROW_UNREADABLE": Text("该行无法解析", "The row cannot be read", FIX),
    "IMPORT_ROW_INVALID": Text("该行内容无效", "The row has an invalid cell", FIX),
    "IMPORT_ROW_DIFFERS": Text(
        "已有登记与该行不同", "Registered already, with other particulars", STATE
    ),
    "IMPORT_ROW_REPEATED": Text(
        "文件中前面的行与该行矛盾", "An earlier row contradicts this one", FIX
    ),
    # Invoices
    "INVOICE_NOT_FOUND": Text("发票不存在", "Invoice not found", ABSENT),
    "INVOICE_ORIGINAL_NOT_KEPT": Text("未保存发票原件", "The original was not kept", ABSENT),
    "INVOICE_NOT_READ": Text("文件中没有发票", "No invoice in the file", DOCUMENT),
    "INVOICE_NOT_YOURS": Text("不是该发票的购销方", "Neither seller nor buyer", RIGHTS),
    "INVOICE_NOT_FOR_SELLER": Text("销售方不能占用发票", "Not for the seller", RIGHTS),
    "INVOICE_NOT_VERIFIED": Text("发票尚未查验通过", "Invoice not verified", STATE),
    "INVOICE_NOT_IDENTIFIED": Text("发票代码或号码不全", "Invoice not identified", STATE),
    "INVOICE_NOT_SOUND": Text("发票号码或金额有误", "Number or amounts are wrong", STATE),
    "INVOICE_REVERSED": Text("发票已全部红冲", "Invoice fully reversed", STATE),
    "INVOICE_FIELD_INVALID": Text("发票请求字段无效", "Invoice field invalid", FIX),
    "INVOICE_ILLEGAL_TRANSITION": Text("发票状态不允许", "Not in this invoice state", STATE),
    "INVOICE_ALREADY_BOOKED": Text("发票已入账", "Invoice already booked", STATE),
    "INVOICE_ORIGINAL_REQUIRED": Text("须提供电子原件摘要", "Name the original file", FIX),
    "INVOICE_ORIGINAL_MISMATCH": Text("电子原件摘要不符", "Not the verified original", STATE),
    "INVOICE_NOT_BLUE": Text("不是可红冲的蓝字发票", "Not a blue invoice", STATE),
    "CLAIM_TAKEN": Text("发票已被占用", "The invoice is claimed already", STATE),
    "CLAIM_EXISTS": Text("本主体已占用该发票", "You hold this claim already", STATE),
    "CLAIM_NOT_FOUND": Text("占用记录不存在", "Claim not found", ABSENT),
    "CLAIM_ILLEGAL_TRANSITION": Text("占用状态不允许", "Not in this claim state", STATE),
    "RED_LETTER_NOT_FOUND": Text("红字确认单不存在", "Red-letter form not found", ABSENT),
    "RED_LETTER_PARTIES_UNKNOWN": Text("发票未写明购销双方", "Parties not named", STATE),
    "RED_LETTER_AMOUNT_INVALID": Text("红字金额无效", "Red-letter amount invalid", FIX),
    "RED_LETTER_EXCEEDS_REMAINING": Text("超出蓝字发票余额", "More than is left", STATE),
    "RED_LETTER_LAPSED": Text("红字确认单已逾期", "Red-letter form lapsed", STATE),
    "RED_LETTER_NOT_YOUR_TURN": Text("不应由本方操作", "For the other side to decide", RIGHTS),
    "RED_LETTER_LIMIT_REACHED": Text("红字确认单过多", "Too many red-letter forms", STATE),
    "RED_LETTER_ILLEGAL_TRANSITION": Text("确认单状态不允许", "Not in this form state", STATE),
    # Transparency
    "FACT_NOT_FOUND": Text("事实不存在", "Fact not found", ABSENT),
    "TRACE_QUERY_INVALID": Text("追溯条件不合规", "Exactly one thing can be traced", FIX),
    "DIGEST_INVALID": Text("摘要格式无效", "Not a lower-case SHA-256", FIX),
    "TILE_NOT_FOUND": Text("日志瓦片不存在", "The log has no such tile yet", ABSENT),
    "SCHEMA_MISMATCH": Text("数据库结构与程序版本不符", "Schema of another version", MIGRATE),
    "LOG_MISSING": Text("日志不存在", "There is no log", OPERATOR),
    "LOG_EXISTS": Text("日志已存在", "The log exists", STATE),
    "LOG_HEAD_MOVED": Text("日志已被推进", "The log has moved on", RETRY),
    "LOG_CLOCK_BEHIND": Text("服务时钟落后", "The clock is behind the log", RETRY),
    "LOG_UNREACHABLE": Text("日志无法访问", "The log cannot be reached", RETRY),
    "LOG_AUDIT_FAILED": Text("日志审计未通过", "The log fails its audit", OPERATOR),
    "TLOG_INVALID": Text("日志数据无效", "Log data invalid", FIX),
    "CHECKPOINT_INVALID": Text("检查点无效", "Checkpoint invalid", FIX),
    "VKEY_INVALID": Text("验证公钥无效", "Verifier key invalid", FIX),
    "NOTE_INVALID": Text("签名文本无效", "Signed note invalid", FIX),
    "NOTE_SIGNATURE_INVALID": Text("签名值无效", "Note signature invalid", FIX),
    "LEAF_MALFORMED": Text("事实无法入日志", "The fact cannot be a leaf", FIX),
    "LEAF_TOO_LARGE": Text("事实内容过大", "The fact is too large", SMALLER),
    "COMMITMENT_MISMATCH": Text("承诺值不符", "Commitment does not open", FIX),
    "POLICY_INVALID": Text("信任策略无效", "Policy invalid", FIX),
    "QUORUM_NOT_MET": Text("见证数量不足", "Too few witnesses", FIX),
    "TLOG_PROOF_MALFORMED": Text("收据格式无效", "Not a tlog-proof", FIX),
    "RECEIPT_NOT_OF_SEALING": Text("收据与文件不符", "Receipt of another document", FIX),
    "RECEIPT_INVALID": Text("收据无效", "Receipt invalid", FIX),
    "TILE_MALFORMED": Text("瓦片数据无效", "Tile malformed", FIX),
    "TILE_PATH_INVALID": Text("瓦片路径无效", "Tile path invalid", FIX),
    "BUNDLE_MALFORMED": Text("条目包无效", "Entry bundle malformed", FIX),
    "ENTRY_TOO_LONG": Text("条目过长", "Entry too long", SMALLER),
    "INDEX_OUT_OF_TREE": Text("序号超出日志", "Index outside the tree", FIX),
    "PROOF_INVALID": Text("证明无效", "Proof invalid", FIX),
    # Files handed to the command line
    "CERTIFICATE_FILE_UNREADABLE": Text("证书文件无法读取", "Certificate file unreadable", FIX),
    "NOTHING_TO_INSPECT": Text("没有可以查看的内容", "Nothing that can be shown", DOCUMENT),
    "FILE_UNREADABLE": Text("文件无法读取", "File unreadable", FIX),
    "OPTIONS_CONFLICT": Text("选项相互矛盾", "Options conflict", FIX),
    "REPORT_NOT_DOCUMENT": Text(
        "这是报告，不是文件；请用 sealsvc replay",
        "A report, not a document: use sealsvc replay",
        FIX,
    ),
}

UNKNOWN = Text("请求未能完成", "The request could not be answered", OPERATOR)


def text_of(code: str) -> Text:
    """The words for a code; general ones for a code without a row."""
    return TEXTS.get(code, UNKNOWN)


def language_of(accept_language: str | None) -> Language:
    """The language a client prefers among `zh` and `en`; `zh` when it names neither.

    Source: RFC 9110 section 12.5.4; equal weights count in the order written.
    """
    best: tuple[float, Language] = (0.0, "zh")
    for item in (accept_language or "").split(",")[:16]:
        tag, _, weight = item.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        quality = _quality(weight)
        if primary == "zh" and quality > best[0]:
            best = (quality, "zh")
        elif primary == "en" and quality > best[0]:
            best = (quality, "en")
    return best[1]


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
