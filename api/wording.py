"""The shape of a code's words, and advice that many codes share."""

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
OTHER_FORMAT = Advice(
    "请提交完整、未加密的 PDF 或 OFD 文件。单独的印章（.esl）或签章值（.dat）没有所签的文件，"
    "无法验证，可用命令 sealsvc inspect 查看其内容。",
    "Send a complete PDF or OFD that is not encrypted. A bare seal (.esl) or signature value "
    "(.dat) comes without its document and cannot be verified: see it with sealsvc inspect.",
)
OPERATOR = Advice(
    "请联系运营方并提供 requestId。",
    "Tell the operator, and give the requestId.",
)
MIGRATE = Advice(
    "请备份后用最新版程序运行 `sealsvc migrate`，再启动服务。",
    "Make a backup, run `sealsvc migrate` of the newest program, then start the service.",
)
PICTURE = Advice(
    "请改取 PNG 图片；主体信息变更后可换发印章，新印模即有矢量。",
    "Take the PNG; a seal replaced after its owner's record changed has outlines again.",
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
