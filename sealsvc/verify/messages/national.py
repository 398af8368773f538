"""Codes of the national formats: OFD packages, electronic seals and seal signatures.

The readers say these codes; what a common code already says of the same fault (digest, signature
value, signer's certificate) is said by that one. Source: seal-formats.md sections 9 to 11 and
ofd.md section 5, for the weights too ("from codes to words").
"""

from sealsvc.verify.indications import Block, SubIndication
from sealsvc.verify.messages.entry import Axis, Entry, Weight

_FORMAT = SubIndication.FORMAT_FAILURE
_CONSTRAINTS = SubIndication.SIG_CONSTRAINTS_FAILURE
_OFD = "GB/T 33190; GM/T 0099"
_SES = "GB/T 38540"


def _bytes(weight: Weight, sub: SubIndication | None, clause: str, zh: str, en: str) -> Entry:
    return Entry(weight, Block.FC, Axis.INTEGRITY, sub, clause, zh, en)


def _digest(weight: Weight, sub: SubIndication | None, clause: str, zh: str, en: str) -> Entry:
    return Entry(weight, Block.CV, Axis.INTEGRITY, sub, clause, zh, en)


def _seal(weight: Weight, zh: str, en: str, clause: str = _SES) -> Entry:
    return Entry(weight, Block.SEAL, Axis.SEAL_AUTHORITY, None, clause, zh, en)


_PACKAGE = {
    "OFD_NOT_SIGNED": _bytes(
        Weight.INFO,
        None,
        _OFD,
        "OFD 中没有任何签章；全面数字化电子发票请到税务平台按号码查验",
        "The OFD holds no seal; look a fully digital invoice up by its number at the tax platform",
    ),
    "OFD_SIGNATURE_LIST_MISSING": _bytes(
        Weight.NOTICE,
        None,
        _OFD,
        "OFD.xml 指向的签名列表文件不存在",
        "The list of signatures that OFD.xml names is not in the package",
    ),
    "OFD_PACKAGE_EXTRA_BYTES": _bytes(
        Weight.NOTICE,
        None,
        _OFD,
        "OFD 压缩包前后有多余的字节",
        "There are bytes before or behind the OFD archive",
    ),
    "OFD_NAME_CASE_DIFFERS": _bytes(
        Weight.NOTICE,
        None,
        _OFD,
        "文件路径的大小写与包内名称不一致（{where}）",
        "A path differs from the name in the package by letter case ({where})",
    ),
    "OFD_PATH_ESCAPE": _bytes(
        Weight.DOUBT,
        _CONSTRAINTS,
        _OFD,
        "文件路径指向包外（{where}）",
        "A location leads out of the package ({where})",
    ),
    "OFD_XML_INVALID": _bytes(
        Weight.FAILS,
        _FORMAT,
        _OFD,
        "签名相关的 XML 无法解析（{where}）",
        "XML that the signature needs cannot be parsed ({where})",
    ),
    "OFD_SIGNATURE_FILE_MISSING": _bytes(
        Weight.FAILS,
        _FORMAT,
        _OFD,
        "签名列表所列的签名描述文件不存在（{where}）",
        "A signature in the list has no description file ({where})",
    ),
    "OFD_SIGNED_VALUE_MISSING": _bytes(
        Weight.FAILS,
        _FORMAT,
        _OFD,
        "签名值文件不存在（{where}）",
        "The signature's value is not in the package ({where})",
    ),
    "OFD_PROPERTY_INFO_MISMATCH": _bytes(
        Weight.FAILS,
        _FORMAT,
        _OFD,
        "签章数据指向另一个签名描述文件",
        "The seal signature names another signature's description",
    ),
    "OFD_PROPERTY_INFO_UNUSUAL": _bytes(
        Weight.NOTICE,
        None,
        _OFD,
        "签章数据的原文属性写法不规范",
        "The seal signature names its original in an irregular way",
    ),
    "OFD_SEAL_FILE_ABSENT": _bytes(
        Weight.NOTICE,
        None,
        _OFD,
        "签名描述所指的印章文件不存在，以签章数据内的印章为准",
        "The seal file named beside the signature is absent; the embedded seal was used",
    ),
    "OFD_SEAL_FILE_MISMATCH": _seal(
        Weight.FAILS,
        "旁置的印章文件与签章数据内的印章不一致",
        "The seal file beside the signature is not the embedded seal",
        _OFD,
    ),
    "OFD_STAMP_INVALID": _bytes(
        Weight.NOTICE,
        None,
        _OFD,
        "印章外观的位置不在页面内（{where}）",
        "The seal's appearance lies outside its page ({where})",
    ),
}

_COVERAGE = {
    "OFD_CHECK_METHOD_UNSUPPORTED": _digest(
        Weight.DOUBT,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        _OFD,
        "引用摘要算法 {where} 不受支持，未能核对",
        "The digest method {where} of the references is not supported; they were not compared",
    ),
    "OFD_CHECK_METHOD_WEAK": _digest(
        Weight.DOUBT,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        _OFD,
        "引用使用了不安全的摘要算法 {where}",
        "The references use the unsafe digest method {where}",
    ),
    "OFD_REFERENCE_MISSING": _digest(
        Weight.FAILS,
        SubIndication.HASH_FAILURE,
        _OFD,
        "受保护的文件 {where} 不在包内",
        "The protected file {where} is not in the package",
    ),
    "OFD_REFERENCE_DIGEST_MISMATCH": _digest(
        Weight.FAILS,
        SubIndication.HASH_FAILURE,
        _OFD,
        "受保护的文件 {where} 签章后被改动",
        "The protected file {where} was changed after sealing",
    ),
    "OFD_REFERENCE_DUPLICATE": _digest(
        Weight.DOUBT,
        _CONSTRAINTS,
        _OFD,
        "同一文件 {where} 被引用多次",
        "The file {where} is referenced more than once",
    ),
    "OFD_UNPROTECTED_CONTENT": _digest(
        Weight.DOUBT,
        _CONSTRAINTS,
        _OFD,
        "显示内容中有未受任何签章保护的文件：{where}",
        "A file that is shown is protected by no signature: {where}",
    ),
    "OFD_UNPROTECTED_EXTRA": _digest(
        Weight.NOTICE,
        None,
        _OFD,
        "附件或标引等文件未受签章保护：{where}",
        "An attachment, tag or entry file is protected by no signature: {where}",
    ),
    "OFD_SIGNATURE_UNLISTED": _digest(
        Weight.DOUBT,
        _CONSTRAINTS,
        _OFD,
        "包内有签名列表未列出的签名（{where}），签名可能被移除",
        "The package holds signatures that its list does not name ({where}); some may be removed",
    ),
    "OFD_RELATIVE_INVALID": _digest(
        Weight.DOUBT,
        _CONSTRAINTS,
        _OFD,
        "本签名所依据的签名不成立（{where}）",
        "The signature that this one builds on does not hold ({where})",
    ),
}

_VALUES = {
    "SIG_FORMAT_INVALID": _bytes(
        Weight.FAILS,
        _FORMAT,
        _SES,
        "签章数据格式错误（{where}）",
        "The seal signature is malformed ({where})",
    ),
    "SIG_VERSION_UNSUPPORTED": _bytes(
        Weight.FAILS,
        _FORMAT,
        _SES,
        "签章数据版本不受支持",
        "The seal signature's version is not supported",
    ),
    "SIG_ALGORITHM_UNSUPPORTED": _digest(
        Weight.DOUBT,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        _SES,
        "签章算法不受支持或与密钥不符，未能核对",
        "The signature's algorithm is not supported or does not fit its key; it was not checked",
    ),
    "SIG_ORIGINAL_NOT_FOUND": _digest(
        Weight.DOUBT,
        SubIndication.SIGNED_DATA_NOT_FOUND,
        _SES,
        "找不到签章所保护的原文",
        "The original that was signed cannot be found",
    ),
    "SIG_TIMESTAMP_INVALID": _digest(
        Weight.DOUBT,
        _CONSTRAINTS,
        "GB/T 20520",
        "签章内的时间戳无效",
        "The time-stamp inside the seal signature is not valid",
    ),
    "SIG_TIMESTAMP_IMPRINT_MISMATCH": _digest(
        Weight.FAILS,
        SubIndication.HASH_FAILURE,
        "GB/T 20520",
        "签章内的时间戳不是对该签名值加盖的",
        "The time-stamp inside the seal signature is over other bytes",
    ),
    "SIG_SIGNER_NOT_IN_SEAL": _seal(
        Weight.FAILS,
        "签章人证书不在印章的证书列表中",
        "The signer's certificate is not in the seal's list",
    ),
    "SIG_TIME_OUTSIDE_SEAL_VALIDITY": _seal(
        Weight.FAILS,
        "签章时间不在印章有效期内",
        "The signing time lies outside the seal's validity",
    ),
    "SIG_READ_LENIENTLY": _bytes(
        Weight.NOTICE,
        None,
        _SES,
        "签章数据写法不规范（{where}），已按实际含义读取",
        "The seal signature deviates from the standard ({where}); it was read as meant",
    ),
}

_SEALS = {
    "SEAL_FORMAT_INVALID": _seal(
        Weight.FAILS, "电子印章格式错误（{where}）", "The electronic seal is malformed ({where})"
    ),
    "SEAL_VERSION_UNSUPPORTED": _seal(
        Weight.FAILS, "电子印章版本不受支持", "The electronic seal's version is not supported"
    ),
    "SEAL_ALGORITHM_UNSUPPORTED": _seal(
        Weight.DOUBT,
        "制章签名算法不受支持，未能核对",
        "The seal-maker's algorithm is not supported; its signature was not checked",
    ),
    "SEAL_SIGNATURE_INVALID": _seal(
        Weight.FAILS,
        "电子印章的制章人签名不成立，印章系伪造或被改动",
        "The seal-maker's signature does not hold: the seal is forged or altered",
    ),
    "SEAL_SIGNATURE_NOT_CHECKED": _seal(
        Weight.DOUBT,
        "制章人签名未能核对",
        "The seal-maker's signature could not be checked",
    ),
    "SEAL_TIMESTAMP_IMPRINT_MISMATCH": _seal(
        Weight.FAILS,
        "电子印章上的时间戳不是对该印章加盖的",
        "The time-stamp on the electronic seal is over other bytes",
        "GM/T 0031-2025",
    ),
    "SEAL_MAKER_CERT_UNTRUSTED": _seal(
        Weight.DOUBT,
        "制章人证书不是由已知机构签发",
        "The seal-maker's certificate is from no issuer known here",
    ),
    "SEAL_MAKER_NAME_IMITATED": _seal(
        Weight.DOUBT,
        "制章人证书借用了受信机构的名称，却不是由其签发",
        "The seal-maker's certificate bears a trusted issuer's name without its signature",
    ),
    "SEAL_MAKER_CERT_INVALID": _seal(
        Weight.FAILS,
        "制章人证书路径不成立（{where}）",
        "The path of the seal-maker's certificate breaks a rule ({where})",
    ),
    "SEAL_MAKER_CERT_EXPIRED": _seal(
        Weight.FAILS,
        "签章时制章人证书已过期",
        "The seal-maker's certificate had expired when the seal was used",
    ),
    "SEAL_MAKER_CERT_NOT_YET_VALID": _seal(
        Weight.FAILS,
        "签章时制章人证书尚未生效",
        "The seal-maker's certificate was not yet valid when the seal was used",
    ),
    "SEAL_MAKER_CERT_REVOKED": _seal(
        Weight.FAILS,
        "签章时制章人证书已被吊销",
        "The seal-maker's certificate was revoked when the seal was used",
    ),
    "SEAL_MAKER_CERT_STATUS_UNKNOWN": _seal(
        Weight.DOUBT,
        "制章人证书的吊销状态未知",
        "The revocation status of the seal-maker's certificate is unknown",
    ),
    "SEAL_MAKER_CERT_KEY_USAGE": _seal(
        Weight.FAILS,
        "制章人证书的用途不允许签名",
        "The seal-maker's certificate may not be used for signatures",
    ),
    "SEAL_EXPIRED": _seal(
        Weight.FAILS, "签章时电子印章已过期", "The electronic seal had expired when it was used"
    ),
    "SEAL_NOT_YET_VALID": _seal(
        Weight.FAILS, "签章时电子印章尚未生效", "The electronic seal was not yet valid when used"
    ),
    "SEAL_TIMESTAMP_INVALID": _seal(
        Weight.DOUBT,
        "电子印章上的时间戳无效",
        "The time-stamp on the electronic seal is not valid",
        "GM/T 0031-2025",
    ),
    "SEAL_READ_LENIENTLY": _seal(
        Weight.NOTICE,
        "电子印章写法不规范（{where}），已按实际含义读取",
        "The electronic seal deviates from the standard ({where}); it was read as meant",
    ),
    "ESEAL_NOT_AS_REGISTERED": _seal(
        Weight.FAILS,
        "签章所用的电子印章不是登记系统为该印章制发的",
        "The electronic seal in the signature is not one that the registry made for this seal",
        "CONTRACT 1",
    ),
}

NATIONAL: dict[str, Entry] = {**_PACKAGE, **_COVERAGE, **_VALUES, **_SEALS}
