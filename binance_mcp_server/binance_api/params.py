"""Arguments → parameters as the venue writes them. Pure."""

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
