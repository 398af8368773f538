"""What a later revision did, in words for a person."""

from sealsvc.documents.values import ChangeClass, ChangedKind, ChangedObject

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


# (zh, en); {name} stands for the quoted name, or for nothing.
_KINDS: dict[ChangedKind, tuple[str, str]] = {
    ChangedKind.FIELD_ADDED: ("增加了表单字段{name}", "form field{name} was added"),
    ChangedKind.FIELD_VALUE_CHANGED: (
        "表单字段{name}的内容被填写或修改",
        "the value of form field{name} was filled in or changed",
    ),
    ChangedKind.FIELD_CHANGED: (
        "表单字段{name}的外观或属性被修改",
        "the looks or settings of form field{name} were changed",
    ),
    ChangedKind.FIELD_REMOVED: ("删除了表单字段{name}", "form field{name} was removed"),
    ChangedKind.SIGNATURE_ADDED: ("签名域{name}加盖了签章", "a seal was added in field{name}"),
    ChangedKind.SIGNATURE_REMOVED: (
        "签名域{name}的签章被删除",
        "the seal in field{name} was removed",
    ),
    ChangedKind.ANNOTATION_ADDED: ("增加了批注{name}", "annotation{name} was added"),
    ChangedKind.ANNOTATION_CHANGED: ("修改了批注{name}", "annotation{name} was changed"),
    ChangedKind.ANNOTATION_REMOVED: ("删除了批注{name}", "annotation{name} was removed"),
    ChangedKind.PAGE_ADDED: ("此页为盖章后增加", "this page was added"),
    ChangedKind.PAGE_CHANGED: ("页面内容被修改", "the content of this page was changed"),
    ChangedKind.PAGE_REMOVED: ("盖章时的此页已被删除", "this page of the signed file was removed"),
    ChangedKind.PAGES_MOVED: ("页面顺序被调整", "pages were put in another order"),
    ChangedKind.MORE: ("另有改动未一一列出", "there are further changes, not listed here"),
}


def object_words(one: ChangedObject, lang: str = "zh") -> str:
    """Words for one changed thing, its page first. lang: `zh` or `en`."""
    zh, en = _KINDS[one.kind]
    text, quoted = (zh, f"「{one.name}」") if lang == "zh" else (en, f" “{one.name}”")
    text = text.replace("{name}", quoted if one.name else "")
    if one.page is None:
        return text
    return f"第 {one.page} 页：{text}" if lang == "zh" else f"page {one.page}: {text}"
