"""The body of a refusal."""

import msgspec


class ErrorBody(msgspec.Struct, frozen=True):
    """``{"code": -1121, "msg": "Invalid symbol."}`` (rest-api.md, read 2026-11-22)."""

    code: int
    msg: str
