"""What people read about each code: title and what to do, in Chinese and English.

One row a code. `api/problems.py` decides the status, this table only speaks. A test fails on an
error class whose code has no row here. Codes of the `Internal` families have none: clients see
them as INTERNAL.
"""

from typing import Literal, NamedTuple

Language = Literal["zh", "en"]


class Advice(NamedTuple):
    """What to do about it, in both languages."""

    zh: str
    en: str


class Text(NamedTuple):
    """A code's words: its titles and the advice that goes with it."""

    zh: str
    en: str
    advice: Advice

    def title(self, language: Language) -> str:
        """The short name of the problem."""
        return self.zh if language == "zh" else self.en

    def detail(self, language: Language) -> str:
        """What the caller can do about it."""
        return self.advice.zh if language == "zh" else self.advice.en


FIX = Advice(
    "请按错误中给出的字段修正请求后重试。",
    "Correct the request as the named members say, then send it again.",
)
STATE = Advice(
    "请先查询当前状态；该状态不允许此操作。",
    "Look at the present state first: it does not permit this action.",
)
RETRY = Advice(
    "请稍后按 Retry-After 重试；请求没有生效。",
    "Try again after Retry-After; nothing has changed.",
)
RIGHTS = Advice(
    "当前密钥没有所需权限，请使用有权限的密钥或联系运营方。",
    "This key lacks the right; use one that has it or ask the operator.",
)
ABSENT = Advice(
    "请核对编号；对象不存在，或当前密钥不可查看。",
    "Check the identifier: there is no such thing, or this key may not see it.",
)
DOCUMENT = Advice(
    "请检查所提交的文件是否完整、未加密且格式受支持。",
    "Check that the file is complete, not encrypted and of a supported format.",
)
OPERATOR = Advice(
    "请联系运营方并提供 requestId。",
    "Tell the operator, and give the requestId.",
)
LOGIN = Advice(
    "请在 Authorization 头中以 Bearer 方式提供有效密钥。",
    "Give a valid key in the Authorization header, as Bearer.",
)
SMALLER = Advice(
    "请减小内容；上限见 limitBytes。",
    "Send less; limitBytes tells how much is accepted.",
)
NEW_KEY = Advice(
    "同一个 Idempotency-Key 只能重发同一请求；新请求请换新键。",
    "One Idempotency-Key repeats one request; a new request needs a new key.",
)
LOOK_UP = Advice(
    "上次请求可能已生效但答复丢失，请按 factIds 查询结果，不要直接重发。",
    "The earlier request took effect but its answer was lost; look its facts up by factIds.",
)
REREAD = Advice(
    "资源已被他人修改；请重新读取后再试。",
    "The resource has changed since; read it again, then retry.",
)
ALLOWED = Advice("允许的方法见 Allow 头。", "The Allow header names the methods that exist.")

TEXTS: dict[str, Text] = {
    # HTTP edge
    "MALFORMED_REQUEST": Text("请求无法解析", "The request cannot be parsed", FIX),
    "VALIDATION_FAILED": Text("请求内容不合规", "The request is not acceptable", FIX),
    "NOT_FOUND": Text("未找到", "Not found", ABSENT),
    "METHOD_NOT_ALLOWED": Text("不支持该方法", "Method not allowed", ALLOWED),
    "NOT_ACCEPTABLE": Text("无法提供所要求的格式", "None of the accepted formats exists", FIX),
    "TOO_LARGE": Text("内容过大", "Content too large", SMALLER),
    "UNSUPPORTED_FORMAT": Text("不支持的文件格式", "Unsupported document format", DOCUMENT),
    "UNSUPPORTED_MEDIA_TYPE": Text("不支持的内容类型", "Unsupported media type", FIX),
    "UNAUTHENTICATED": Text("未通过身份认证", "Not authenticated", LOGIN),
    "CREDENTIALS_REJECTED": Text("密钥无效", "The key is not valid", LOGIN),
    "NOT_ALLOWED": Text("没有权限", "Not allowed", RIGHTS),
    "STATE_CONFLICT": Text("当前状态不允许", "The present state does not permit it", STATE),
    "PRECONDITION_FAILED": Text("前置条件不满足", "Precondition failed", REREAD),
    "QUOTA_EXCEEDED": Text("请求过于频繁", "Too many requests", RETRY),
    "UPSTREAM_UNAVAILABLE": Text("服务暂不可用", "Unavailable for now", RETRY),
    "INTERNAL": Text("服务内部错误", "Internal error", OPERATOR),
    "IDEMPOTENCY_KEY_MISSING": Text("缺少幂等键", "Idempotency-Key missing", NEW_KEY),
    "IDEMPOTENCY_KEY_REUSED": Text("幂等键已用于其他请求", "Idempotency-Key reused", NEW_KEY),
    "REQUEST_IN_PROGRESS": Text("同一请求正在处理", "The same request is running", RETRY),
    "REQUEST_INTERRUPTED": Text("上次请求中断", "The earlier request was interrupted", LOOK_UP),
    # Ports
    "BLOB_NOT_FOUND": Text("内容不存在", "Content not found", ABSENT),
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
