"""Amounts in Chinese capitals (大写), written and read.

Writing follows the rules for bills; reading is strict about the order of the units, so that no
text has two values. Source: china-domain.md section 4.4 (words equal figures); the People's Bank
rules for filling in bills, of which only the common form is used here.
"""

from decimal import Decimal

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = ("", "拾", "佰", "仟")
_SECTIONS = ("", "万", "亿", "万亿")
MAX_WORDS = 80
MAX_AMOUNT = Decimal("1e16")
_CENT = Decimal("0.01")
_VARIANTS = str.maketrans("圆圓园〇弍貳貮参參叄陸萬億", "元元元零贰贰贰叁叁叁陆万亿")
_NEGATIVE = ("（负数）", "(负数)", "负数", "负")
_CURRENCY = ("人民币", "¥", "￥")
_VALUES = {digit: at for at, digit in enumerate(_DIGITS)}
_UNIT_VALUES = {"仟": 1000, "佰": 100, "拾": 10}


class WordsUnreadable(ValueError):
    """The text is no amount in capitals, or has no single reading."""


def render_words(amount: Decimal) -> str:
    """The amount in capitals, ended with 整 where there are no cents.

    Raises: ValueError for a fraction of a cent or 10^16 and more.
    """
    if not amount.is_finite() or abs(amount) >= MAX_AMOUNT or amount != amount.quantize(_CENT):
        raise ValueError("amount cannot be said in capitals")
    cents = int(abs(amount).scaleb(2))
    whole, part = divmod(cents, 100)
    spoken = _integer(whole) + "圆" if whole else ""
    spoken += _cents(part, bool(whole)) if part else ("整" if whole else "零圆整")
    return ("（负数）" if amount < 0 else "") + spoken


def _integer(whole: int) -> str:
    sections = []
    while whole:
        whole, section = divmod(whole, 10_000)
        sections.append(section)
    spoken = ""
    for at in range(len(sections) - 1, -1, -1):
        section = sections[at]
        if section:
            gap = bool(spoken) and (section < 1000 or spoken.endswith("\0"))
            name = _section_name(at, sections)
            spoken = spoken.rstrip("\0") + ("零" if gap else "") + _section(section) + name
        elif spoken and not spoken.endswith("\0"):
            spoken += "\0"
    return spoken.rstrip("\0")


def _section_name(at: int, sections: list[int]) -> str:
    """万亿 is 万 before a spoken 亿 section, so that 亿 is said once."""
    if at == 3 and sections[2]:
        return "万"
    return _SECTIONS[at]


def _section(section: int) -> str:
    spoken, gap = "", False
    for at in range(3, -1, -1):
        digit = section // 10**at % 10
        if digit:
            spoken += ("零" if gap and spoken else "") + _DIGITS[digit] + _UNITS[at]
            gap = False
        else:
            gap = True
    return spoken


def _cents(part: int, after_whole: bool) -> str:
    jiao, fen = divmod(part, 10)
    if not jiao:
        return ("零" if after_whole else "") + _DIGITS[fen] + "分"
    return _DIGITS[jiao] + "角" + (_DIGITS[fen] + "分" if fen else "整")


def parse_words(text: str) -> Decimal:
    """The exact amount that the capitals say.

    Raises: WordsUnreadable.
    """
    body = "".join(text.split())
    if not body or len(body) > MAX_WORDS:
        raise WordsUnreadable("length")
    body, negative = _without_marks(body)
    body = body.translate(_VARIANTS)
    whole, found, rest = body.partition("元")
    if not found:
        whole, rest = "", body
    if not whole and found:
        raise WordsUnreadable("no amount before the unit")
    value = Decimal(_read_integer(whole) if whole else 0)
    value += _read_cents(rest, bool(found))
    if negative and not value:
        raise WordsUnreadable("negative zero")
    return -value if negative else value


def _without_marks(body: str) -> tuple[str, bool]:
    for mark in _CURRENCY:
        body = body.removeprefix(mark)
    for mark in _NEGATIVE:
        if body.startswith(mark):
            body = body.removeprefix(mark)
            for currency in _CURRENCY:
                body = body.removeprefix(currency)
            return body, True
    return body, False


def _read_integer(text: str) -> int:
    """Sections in falling order: 亿 (itself up to 万 of them), 万, the rest."""
    high, found, low = text.rpartition("亿")
    total = 0
    if found:
        if not high:
            raise WordsUnreadable("nothing before 亿")
        total = _read_below_yi(high, leading=True) * 10**8
        if not low:
            return total
        if _only_zero(low):
            raise WordsUnreadable("dangling zero")
    return total + _read_below_yi(low, leading=not found)


def _read_below_yi(text: str, *, leading: bool) -> int:
    high, found, low = text.rpartition("万")
    total = 0
    if found:
        total = _read_section(high, leading=leading) * 10_000
        if not low:
            return total
    return total + _read_section(low, leading=leading and not found)


def _only_zero(text: str) -> bool:
    return set(text) == {"零"}


def _read_section(text: str, *, leading: bool) -> int:
    """Digits with falling units below ten thousand; a zero may stand between, once."""
    if text == "零" and leading:
        return 0
    total, limit, at = 0, 10_000, 0
    zero = leading
    if not leading and text.startswith("零"):
        zero, at = True, 1
    while at < len(text):
        digit, unit, at = _read_digit(text, at, first=at == 0 and leading)
        # Without its zero, 壹仟壹 is 1001 to one reader and 1100 to another.
        if unit >= limit or (unit == 1 and limit > 10 and not zero):
            raise WordsUnreadable("units out of order")
        total, limit = total + digit * unit, unit
        zero = text[at : at + 1] == "零"
        at += zero
        if zero and at == len(text):
            raise WordsUnreadable("dangling zero")
    if not total:
        raise WordsUnreadable("empty section")
    return total


def _read_digit(text: str, at: int, *, first: bool) -> tuple[int, int, int]:
    """One digit and its unit; 拾 alone at the very start means one of it."""
    if first and text[at] == "拾":
        return 1, 10, at + 1
    digit = _VALUES.get(text[at], 0)
    if not digit:
        raise WordsUnreadable("no digit")
    unit = _UNIT_VALUES.get(text[at + 1 : at + 2], 1)
    return digit, unit, at + (2 if unit > 1 else 1)


def _read_cents(text: str, after_whole: bool) -> Decimal:
    ended = text.endswith(("整", "正"))
    body = text[:-1] if ended else text
    if not body:
        if not after_whole:
            raise WordsUnreadable("no amount")
        return Decimal(0)
    if body.startswith("零") and len(body) > 1:
        body = body[1:]
    total = Decimal(0)
    for unit, worth in (("角", Decimal("0.1")), ("分", _CENT)):
        if body[1:2] == unit:
            digit = _VALUES.get(body[0])
            if digit is None:
                raise WordsUnreadable("no digit")
            total, body = total + digit * worth, body[2:]
            if unit == "角" and body.startswith("零"):
                body = body[1:] if len(body) > 1 else body
    if body:
        raise WordsUnreadable("rest")
    return total
