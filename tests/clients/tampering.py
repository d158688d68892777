"""A request of a client once more, with one byte of it changed on the way."""

import re
from typing import Any, NamedTuple

_SIGNED = re.compile(r"timestamp=\d+")


class Refusal(NamedTuple):
    status: int
    code: int


def spied(session: Any) -> list[Any]:
    """The requests that the client's ``requests`` session sends from now on, as they left."""
    sent: list[Any] = []
    send = session.send

    def remember(request: Any, **more: Any) -> Any:
        sent.append(request.copy())
        return send(request, **more)

    session.send = remember
    return sent


def resend(request: Any, *, changed: bool = True) -> Refusal:
    """What the exchange says to *request*, the last digit of its time *changed*, signature and all else as it was."""
    import requests

    again = request.copy()
    if changed:
        again.url = _change(again.url)
        if again.body:
            body = again.body.decode() if isinstance(again.body, bytes) else again.body
            again.body = _change(body)
    with requests.Session() as session:
        answer = session.send(again, timeout=10)
    told = answer.json()
    return Refusal(answer.status_code, told.get("code", 0))


def _change(text: str) -> str:
    def other(found: re.Match[str]) -> str:
        digits = found[0]
        return digits[:-1] + str((int(digits[-1]) + 1) % 10)

    return _SIGNED.sub(other, text)
