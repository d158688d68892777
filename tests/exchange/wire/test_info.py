"""exchangeInfo: the recorded shape, and which symbols are chosen."""

import json
from pathlib import Path

import msgspec
import pytest

from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.info import Catalogue, symbol_info
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.exchange.wire.params import Query, parse_query
from tests.exchange.wire.fake_market import CHINESE, FakeMarket

PARAMS = ("symbol", "symbols", "permissions", "showPermissionSets", "symbolStatus")
CATALOGUE = Catalogue(FakeMarket().rules)


def info(text: str = "") -> dict[str, list[dict[str, object]]]:
    body = CATALOGUE.body(Query(parse_query(text.encode()), PARAMS), Limits(7, 8, 9), 1)
    decoded: dict[str, list[dict[str, object]]] = msgspec.json.decode(msgspec.json.encode(body))
    return decoded


def names(text: str = "") -> list[object]:
    return [symbol["symbol"] for symbol in info(text)["symbols"]]


def test_fields_and_filters_stand_as_recorded(data_dir: Path) -> None:
    path = data_dir / "rest/2026-07/api-v3-exchangeInfo-curated-BTCETHXVG.json"
    recorded = json.loads(path.read_text())
    assert list(info()) == list(recorded)
    theirs = recorded["symbols"][0]
    ours = symbol_info(FakeMarket().rules["BTCUSDT"])
    assert list(ours) == list(theirs)
    their_filters = [list(each) for each in theirs["filters"]]
    assert [list(each) for each in msgspec.to_builtins(ours["filters"])] == their_filters
    assert [list(row) for row in info()["rateLimits"]] == [
        list(row) for row in recorded["rateLimits"]
    ]


def test_it_tells_the_limits_in_force() -> None:
    limits = {row["rateLimitType"]: row["limit"] for row in info()["rateLimits"]}
    assert (limits["REQUEST_WEIGHT"], limits["RAW_REQUESTS"]) == (7, 8)


def test_which_symbols() -> None:
    assert names() == ["BTCUSDT", "ETHBTC", CHINESE, "XMRUSDT"]
    assert names("symbol=ETHBTC") == ["ETHBTC"]
    assert names('symbols=["XMRUSDT","BTCUSDT"]') == ["XMRUSDT", "BTCUSDT"]
    assert names("symbolStatus=BREAK") == ["XMRUSDT"]
    assert names('permissions=["MARGIN","SPOT"]') == names("permissions=SPOT") == names()
    assert names("permissions=MARGIN") == []


def test_permission_sets_can_be_left_out() -> None:
    assert info("symbol=BTCUSDT")["symbols"][0]["permissionSets"] == [["SPOT"]]
    assert info("symbol=BTCUSDT&showPermissionSets=false")["symbols"][0]["permissionSets"] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('symbol=BTCUSDT&symbols=["BTCUSDT"]', -1128),
        ("symbol=BTCUSDT&permissions=SPOT", -1128),
        ("symbol=BTCUSDT&symbolStatus=TRADING", -1128),
        ("permissions=spot", -1100),
        ("showPermissionSets=yes", -1130),
        ("symbol=NOPE", -1121),
    ],
)
def test_what_does_not_go(text: str, code: int) -> None:
    with pytest.raises(VenueError) as caught:
        info(text)
    assert caught.value.code == code
