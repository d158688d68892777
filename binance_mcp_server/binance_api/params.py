"""Arguments → parameters as the venue writes them. Pure."""

from urllib.parse import quote

import msgspec


def params_of(**values: object) -> tuple[tuple[str, str], ...]:
    """Leave out what was not given; lists become the venue's JSON arrays, without blanks."""
    return tuple((name, _text(value)) for name, value in values.items() if value is not None)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return msgspec.json.encode(value).decode()
    return str(value)


def encoded(value: str) -> str:
    """Percent-encoded (UTF-8); most values are plain words and numbers, which stay as they are."""
    return value if value.isascii() and value.isalnum() else quote(value, safe="")
