"""What a later revision did, in words for a person."""

from sealsvc.documents.values import ChangeClass

# (zh, en); each completes a sentence about what was done after the signature.
_WORDS: dict[str, tuple[str, str]] = {
    ChangeClass.NONE: ("没有改动", "nothing was changed"),
    ChangeClass.LONG_TERM_UPDATE: (
        "补充了长期核验资料，内容未变",
        "material for long-term validation was added, the content is the same",
    ),
    ChangeClass.FURTHER_SEAL: (
        "又加盖了一枚印章，内容未变",
        "a further seal was added, the content is the same",
    ),
    ChangeClass.FORM_FILLING: (
        "填写或修改了表单内容",
        "form fields were filled in or changed",
    ),
    ChangeClass.ANNOTATION: (
        "增加、修改或删除了批注",
        "annotations were added, changed or removed",
    ),
    ChangeClass.OTHER: (
        "页面内容或文件结构被改动",
        "page content or the structure of the file was changed",
    ),
    ChangeClass.UNREADABLE: (
        "后续修改无法识别，按改动处理",
        "what was done cannot be made out and counts as a change",
    ),
}


def change_words(change: str, lang: str = "zh") -> str:
    """Words for a class of changes. lang: `zh` or `en`; an unknown class stands for itself."""
    zh, en = _WORDS.get(change, (change, change))
    return zh if lang == "zh" else en
