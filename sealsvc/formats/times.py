"""The forms of time met in seals, and what zone each is in. No regular expressions.

Source: seal-formats.md section 4 (V1 forms and their traps), section 8; X.680 clauses 46 and 47.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
ZONE_DOUBT_S = 8 * 3600
MAX_TEXT = 40
_SECONDS_DIGITS = range(9, 11)  # Unix seconds of 1973 to 2286
_MILLIS_DIGITS = 13


@dataclass(frozen=True, slots=True)
class ReadTime:
    """A time as read. at: None when unreadable. doubt_s: how far its zone may be off.

    zone_assumed: the text named no zone and was taken as Beijing time.
    """

    text: str
    at: datetime | None
    doubt_s: int = 0
    zone_assumed: bool = False


def der_time(content: bytes, *, short_year: bool) -> ReadTime:
    """Content of a UTCTime (short_year) or GeneralizedTime."""
    text = _shown(content)
    at, assumed = _compact(text, short_year=short_year)
    return ReadTime(text, at, zone_assumed=assumed)


def text_time(content: bytes) -> ReadTime:
    """A time that a V1 vendor wrote as text: compact, ISO 8601 or Unix seconds.

    A written Z may be false, a missing zone may not mean Beijing: doubt_s says so.
    """
    text = _shown(content).strip("\0 \r\n\t")
    if text.isdigit() and len(text) in _SECONDS_DIGITS:
        return ReadTime(text, datetime.fromtimestamp(int(text), UTC))
    if text.isdigit() and len(text) == _MILLIS_DIGITS:
        return ReadTime(text, datetime.fromtimestamp(int(text[:10]), UTC))
    at, assumed = _iso(text) if "-" in text[:5] else _compact(text, short_year=_is_short(text))
    return ReadTime(text, at, ZONE_DOUBT_S if at else 0, assumed)


def _shown(content: bytes) -> str:
    return content[:MAX_TEXT].decode("ascii", "backslashreplace")


def _is_short(text: str) -> bool:
    """Twelve digits before the zone: a UTCTime, whose year has two digits."""
    return _digits(text) == 12


def _digits(text: str) -> int:
    return next((at for at, one in enumerate(text) if not "0" <= one <= "9"), len(text))


def _compact(text: str, *, short_year: bool) -> tuple[datetime | None, bool]:
    """YYYYMMDDHHMMSS or YYMMDDHHMM[SS], then an optional fraction and zone."""
    count = _digits(text)
    digits, rest = text[:count], text[count:]
    if short_year and count in (10, 12):
        digits = ("20" if digits < "5" else "19") + digits  # RFC 5280 section 4.1.2.5.1
        count += 2
    if count not in (12, 14) or (count == 12 and not short_year):
        return None, False
    return _assembled(digits.ljust(14, "0"), rest)


def _iso(text: str) -> tuple[datetime | None, bool]:
    """2018-09-28 10:33:33 and 2020-01-25T07:31:56.377Z."""
    if len(text) < 19 or text[10] not in " T":
        return None, False
    if (text[4], text[7], text[13], text[16]) != ("-", "-", ":", ":"):
        return None, False
    digits = text[:19].translate(_SEPARATORS)
    return _assembled(digits, text[19:]) if _digits(digits) == 14 else (None, False)


_SEPARATORS = str.maketrans("", "", "-: T")


def _assembled(digits: str, rest: str) -> tuple[datetime | None, bool]:
    if rest[:1] in (".", ","):
        count = _digits(rest[1:])
        if not 1 <= count <= 9:
            return None, False
        rest = rest[1 + count :]  # no rule here needs parts of a second
    try:
        zone = BEIJING if rest == "" else _zone(rest)
        if zone is None:
            return None, False
        month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(4, 14, 2))
        found = datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=zone)
        return found.astimezone(UTC), rest == ""
    except (ValueError, OverflowError):
        return None, False


def _zone(text: str) -> timezone | None:
    if text in ("Z", "z"):
        return UTC
    digits = text[1:].replace(":", "", 1)
    if text[0] not in "+-" or len(digits) != 4 or _digits(digits) != 4:
        return None
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:
        return None
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(ahead if text[0] == "+" else -ahead)
