"""The body of a refusal."""

import msgspec


class ErrorBody(msgspec.Struct, frozen=True):
    """``{"code": -1121, "msg": "Invalid symbol."}`` (rest-api.md, read 2026-11-22)."""

    code: int
    msg: str
    data: msgspec.Raw = msgspec.Raw()
    """Only of a cancel-replace that failed: what became of either half (read 2026-11-24)."""
