"""Times as people and programs write them ⇄ milliseconds since the epoch, UTC."""

import re
from datetime import UTC, datetime, timedelta

from binance_mcp_server.errors import InputError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MS = 100_000_000_000  # 1973-03-03; smaller numbers are somebody's seconds
_LAST_MS = 253_402_300_799_999  # the end of the year 9999
_FIRST_US = 1_000_000_000_000_000  # 2001-09-09 in µs: the venue's own border between ms and µs
_LONGEST_TEXT = 40
_UNIT_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_RELATIVE = re.compile(r"(?:-\s*([0-9]{1,9})\s*([smhdw])|([0-9]{1,9})\s*([smhdw])\s+ago)")
_MONTHS = re.compile(r"-?\s*[0-9]{1,9}\s*M(?:\s+ago)?")
_ZONE = re.compile(r"([+-]?)([0-9]{1,2})(?::([0-9]{2}))?")

FORMS = (
    "Use ISO-8601 such as 2026-11-22T08:00Z or 2026-11-22 (UTC unless an offset is given),"
    " milliseconds or microseconds since the epoch, or a time ago such as -24h or -7d."
)


def parse_time(value: str | int, *, now_ms: int | None = None) -> int:
    """*value* as ms since the epoch, UTC.

    Takes ISO dates and times, ms, µs (from 10¹⁵ on), ``0`` for "since the beginning" and, where *now_ms* is given,
    ``now``, ``-24h`` and ``7d ago``. Raises :class:`InputError` for anything else, seconds included: ten digits could
    be a slip of the hand.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InputError(f"{value!r} is not a time.", advice=FORMS)
    if isinstance(value, int):
        return _from_number(value)
    text = value.strip()
    if not text or len(text) > _LONGEST_TEXT:
        raise InputError(f"A time of {len(text)} characters cannot be read.", advice=FORMS)
    if re.fullmatch(r"-?[0-9]+", text):
        return _from_number(int(text))
    if _MONTHS.fullmatch(text):
        raise InputError(
            f"{text!r}: M is the venue's month, m a minute, and a month has no fixed length.",
            advice="Give days, such as -30d, or a date.",
        )
    relative = _relative(text.lower(), now_ms)
    return _from_iso(text) if relative is None else relative


def _from_number(number: int) -> int:
    if number == 0:
        return 0
    if _FIRST_MS <= number <= _LAST_MS:
        return number
    if _FIRST_US <= number <= _LAST_MS * 1000:
        return number // 1000
    if 0 < number < _FIRST_MS:
        raise InputError(
            f"{number} is too small for milliseconds since the epoch; are these seconds?",
            advice=f"Multiply seconds by 1000. {FORMS}",
        )
    raise InputError("That number is no time between 1970 and 9999.", advice=FORMS)


def _relative(text: str, now_ms: int | None) -> int | None:
    match = _RELATIVE.fullmatch(text)
    if now_ms is None or (match is None and text != "now"):
        return None
    if match is None:
        return now_ms
    count, unit = match[1] or match[3], match[2] or match[4]
    return max(0, now_ms - int(count) * _UNIT_MS[unit])


def _from_iso(text: str) -> int:
    plain = re.sub(r"\s*UTC$", "Z", text) if "T" in text or ":" in text else text
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        raise InputError(f"{text!r} is not a time.", advice=FORMS) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    ms = (moment - EPOCH) // timedelta(milliseconds=1)
    if ms < 0:
        raise InputError(f"{text!r} is before 1970.", advice=FORMS)
    return ms


def format_time(ms: int) -> str:
    """*ms* since the epoch as ISO-8601 UTC, no finer than needed: minutes, else seconds, else milliseconds."""
    try:
        moment = EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        return str(ms)
    fine = "milliseconds" if ms % 1000 else "seconds" if ms % 60_000 else "minutes"
    return moment.replace(tzinfo=None).isoformat(timespec=fine) + "Z"


def parse_time_zone(text: str | None) -> str | None:
    """An offset from UTC as the venue takes it, ``None`` for UTC itself.

    ``8``, ``+8``, ``08:00`` and ``UTC+8`` are one: ``08:00``. The venue takes −12:00 to +14:00 and no names of places
    (rest-api.md, klines, read 2026-11-22). Raises :class:`InputError` for others.
    """
    if text is None:
        return None
    plain = text.strip().upper().removeprefix("UTC")
    match = _ZONE.fullmatch(plain)
    if plain in {"", "Z"} or match is None:
        if plain in {"", "Z"} and text.strip():
            return None
        raise _bad_zone(text)
    sign = -1 if match[1] == "-" else 1
    hours, minutes = int(match[2]), int(match[3] or 0)
    offset = sign * (hours * 60 + minutes)
    if minutes > 59 or not -12 * 60 <= offset <= 14 * 60:
        raise _bad_zone(text)
    return f"{'-' if offset < 0 else ''}{hours:02}:{minutes:02}" if offset else None


def _bad_zone(text: str) -> InputError:
    return InputError(
        f"{text[:_LONGEST_TEXT]!r} is not a time zone that the venue takes.",
        advice="Give an offset from UTC between -12:00 and +14:00, such as 8, 05:45 or -03:00.",
    )
