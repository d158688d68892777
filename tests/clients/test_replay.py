"""A recording through the process and its sockets, from hold to its end."""

import urllib.request
from pathlib import Path
from typing import Any

import msgspec

from tests.clients.process import ExchangeProcess

LAST_UPDATE_ID = 50093696318
"""``u`` of the last depth event of the second day."""


def call(url: str, *, post: bool = False) -> Any:
    request = urllib.request.Request(url, data=b"" if post else None)
    with urllib.request.urlopen(request, timeout=10) as response:
        return msgspec.json.decode(response.read())


def ended(state_url: str) -> dict[str, Any]:
    """The state at the end; the replay is asked for it until it is there."""
    for _ in range(20_000):
        state: dict[str, Any] = call(state_url)
        assert state["failure"] is None
        if state["ended"]:
            return state
    raise AssertionError("the replay does not end")


def test_held_then_played_to_the_last_update(data_dir: Path) -> None:
    files = [data_dir / "captures" / f"spot_btcusdt_202408{day}.gz" for day in ("08", "09")]
    with ExchangeProcess(*files, speed="max", hold=True) as process:
        rest, admin = process.rest, process.ready["admin"]
        state = call(f"{admin}/state")
        assert (state["held"], state["ended"]) == (True, False)
        assert call(f"{rest}/api/v3/time")["serverTime"] == state["start_ms"]
        call(f"{admin}/play", post=True)
        state = ended(f"{admin}/state")
        assert state["market"]["gaps"] == 0
        assert call(f"{rest}/api/v3/depth?symbol=BTCUSDT")["lastUpdateId"] == LAST_UPDATE_ID
        assert call(f"{rest}/api/v3/ticker/24hr?symbol=BTCUSDT")["count"] == 19_904
        assert call(f"{rest}/api/v3/time")["serverTime"] == state["end_ms"]
