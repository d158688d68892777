"""Where clients open connections, and what they get there."""

import pytest

from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.ws.paths import Opening, PathError, read_target

LOCAL = "127.0.0.1"


def opened(target: str, host: str = LOCAL) -> Opening:
    return read_target(target.encode(), host)


@pytest.mark.parametrize(
    ("target", "combined", "names"),
    [
        ("/ws", False, ()),
        ("/ws/", False, ()),
        ("/ws/btcusdt@trade", False, ("btcusdt@trade",)),
        ("/ws/a@trade/b@trade", False, ("a@trade", "b@trade")),
        ("//ws/a@trade", False, ("a@trade",)),
        ("/ws/0", False, ()),
        ("/ws/17", False, ()),
        ("/stream", True, ()),
        ("/stream?", True, ()),
        ("/stream?streams=", True, ()),
        ("/stream?streams=a@trade/b@kline_1d@+08:00", True, ("a@trade", "b@kline_1d@+08:00")),
        ("/stream?streams=a@trade/a@trade", True, ("a@trade",)),
        ("/ws/btcusdt%40trade", False, ("btcusdt@trade",)),
        ("/ws/%E5%B8%81usdt@trade", False, ("币usdt@trade",)),
    ],
)
def test_paths_of_spot(target: str, combined: bool, names: tuple[str, ...]) -> None:
    assert opened(target) == Opening("spot", None, combined, names, 1)


@pytest.mark.parametrize("unit", ["MICROSECOND", "microsecond"])
def test_microseconds(unit: str) -> None:
    for target in (f"/ws/a@trade?timeUnit={unit}", f"/stream?streams=a@trade&timeUnit={unit}"):
        assert opened(target).scale == 1000
        assert opened(target).names == ("a@trade",)
    assert opened("/ws?timeUnit=MILLISECOND").scale == 1
    assert opened(f"/market/ws?timeUnit={unit}").scale == 1  # futures have milliseconds only


@pytest.mark.parametrize(
    ("target", "host", "product", "route"),
    [
        ("/public/ws", LOCAL, "usdm", "public"),
        ("/market/stream", LOCAL, "usdm", "market"),
        ("/private/ws", LOCAL, "usdm", "private"),
        ("/usdm/ws", LOCAL, "usdm", "public"),
        ("/usdm/market/ws", LOCAL, "usdm", "market"),
        ("/coinm/ws", LOCAL, "coinm", None),
        ("/coinm/stream", LOCAL, "coinm", None),
        ("/ws", "fstream.binance.com", "usdm", "public"),
        ("/market/ws", "fstream.binance.com", "usdm", "market"),
        ("/ws", "dstream.binance.com", "coinm", None),
        ("/ws", "stream.binance.com", "spot", None),
        ("/ws", "data-stream.binance.vision", "spot", None),
    ],
)
def test_products(target: str, host: str, product: Product, route: str | None) -> None:
    found = opened(target, host)
    assert (found.product, found.route) == (product, route)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", 404),
        ("", 404),
        ("/wss", 404),
        ("/stream/a@trade", 404),
        ("/coinm/public/ws", 404),
        ("/public", 404),
        ("/api/v3/time", 404),
        ("/ws?timeUnit=NANOSECOND", 400),
        ("/ws/%FF", 400),
    ],
)
def test_what_cannot_be_opened(target: str, status: int) -> None:
    with pytest.raises(PathError) as caught:
        opened(target)
    assert caught.value.status == status
