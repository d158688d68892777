"""The page at ``/__sim/`` in a real browser: it shows what is there, and what a person switches happens."""

import hmac
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.clients.process import ExchangeProcess
from tests.exchange.page.browser import PROGRAM, Browser

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="no Chromium here: install Debian's package chromium"
)


@pytest.fixture(scope="module")
def exchange() -> Iterator[ExchangeProcess]:
    with ExchangeProcess() as process:
        yield process


@pytest.fixture(scope="module")
def page(exchange: ExchangeProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("chromium")) as browser:
        browser.open(f"{exchange.ready['admin']}/")
        browser.wait("document.body.dataset.ready && document.querySelector('#bids div')")
        yield browser


def ask(exchange: ExchangeProcess, path: str) -> Any:
    with urllib.request.urlopen(f"{exchange.ready['admin']}/{path}", timeout=10) as answer:
        return json.load(answer)


def click(page: Browser, label: str) -> None:
    """Move the switch with that label."""
    find = (
        f"[...document.querySelectorAll('.fault')].find((it) => it.textContent.includes({label!r}))"
    )
    page.wait(find)
    page.run(f"{find}.querySelector('input').click()")


def test_it_shows_the_market_as_the_exchange_has_it(
    exchange: ExchangeProcess, page: Browser
) -> None:
    names = [each["symbol"] for each in ask(exchange, "market")["symbols"]]
    shown = page.run(
        "[...document.querySelectorAll('#symbols td:first-child')].map((it) => it.textContent)"
    )
    assert shown == names
    assert page.run("document.querySelectorAll('#bids div').length") == 12
    assert page.run("document.querySelectorAll('#asks div').length") == 12
    assert page.run("document.querySelectorAll('#chart rect').length") > 60
    assert page.run("document.querySelectorAll('#trades div').length") > 3


def test_another_symbol_is_shown_when_it_is_chosen(page: Browser) -> None:
    page.run("[...document.querySelectorAll('#symbols tr')][1].click()")
    page.wait("document.getElementById('symbol-title').textContent === 'ETH / USDT'")


def wait_for_armed(page: Browser, number: int) -> None:
    """Until the page has heard of so many from the exchange."""
    page.wait(f"document.querySelectorAll('.fault b').length === {number}")


def kinds(exchange: ExchangeProcess) -> list[str]:
    return [each["kind"] for each in ask(exchange, "faults")["faults"]]


def test_faults_are_armed_and_cleared(exchange: ExchangeProcess, page: Browser) -> None:
    click(page, "Placed, and no answer comes")
    click(page, "Two frames in a hundred")  # at once: the first must not be lost
    wait_for_armed(page, 2)
    armed = ask(exchange, "faults")["faults"]
    assert [(each["kind"], each.get("then"), each.get("share")) for each in armed] == [
        ("order", "hang", None),
        ("drop", None, 0.02),
    ]
    click(page, "Placed, and no answer comes")
    wait_for_armed(page, 1)
    assert kinds(exchange) == ["drop"]
    page.run("document.getElementById('clear').click()")
    wait_for_armed(page, 0)
    assert kinds(exchange) == []


def test_a_fault_of_ones_own_is_armed_and_a_mistake_in_it_is_told(
    exchange: ExchangeProcess, page: Browser
) -> None:
    def arm(text: str) -> None:
        page.run(
            f"document.querySelector('#custom textarea').value = {text!r};"
            "document.querySelector('#custom button').click()"
        )

    arm('{"kind": "cut_rest", "paths": ["/api/v3/depth"]}')
    wait_for_armed(page, 1)
    arm('{"kind": "nonsense"}')
    page.wait("document.getElementById('problem').textContent.includes('kind is one of')")
    wait_for_armed(page, 1)
    assert kinds(exchange) == ["cut_rest"]
    page.run("document.getElementById('clear').click()")
    wait_for_armed(page, 0)


def test_the_markets_pace_can_be_changed(exchange: ExchangeProcess, page: Browser) -> None:
    page.run("document.querySelector('[data-speed=\"60\"]').click()")
    page.wait('document.querySelector(\'[data-speed="60"][aria-pressed="true"]\')')
    assert ask(exchange, "clock")["speed"] == 60
    page.run("document.querySelector('[data-speed=\"1\"]').click()")
    page.wait('document.querySelector(\'[data-speed="1"][aria-pressed="true"]\')')


def test_an_account_is_opened_filled_and_listed(exchange: ExchangeProcess, page: Browser) -> None:
    page.run(
        "document.querySelector('#open [name=name]').value = 'alice <b>';"
        "document.querySelector('#open [name=balances]').value = '2500 USDT, 0.5 BTC';"
        "document.querySelector('#open button').click()"
    )
    page.wait("document.getElementById('secret').textContent.length > 20")
    assert page.run("document.getElementById('api-key').textContent").startswith("SIM")
    page.wait("document.querySelector('.account b').textContent === 'alice <b>'")
    page.run("document.getElementById('forget').click()")
    page.run(
        "document.querySelector('.account form input').value = '99.5 usdt';"
        "document.querySelector('.account form button').click()"
    )
    page.wait("document.querySelector('.account table').textContent.includes('2,599.5')")
    accounts = ask(exchange, "accounts")["accounts"]
    assert accounts[0]["balances"]["USDT"] == {"free": "2599.50000000", "locked": "0.00000000"}
    assert page.run("document.getElementById('secret').textContent") == ""


def test_orders_are_listed_as_they_stand(exchange: ExchangeProcess, page: Browser) -> None:
    issued = exchange.open_account("bob", balances={"USDT": "1000"})
    said = urlencode(
        {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
        | {"quantity": "0.01", "price": "50000", "newClientOrderId": "mine"}
        | {"timestamp": ask(exchange, "clock")["enforced_ms"]}
    )
    signature = hmac.digest(issued["api_secret"].encode(), said.encode(), "sha256").hex()
    request = urllib.request.Request(
        f"{exchange.rest}/api/v3/order?{said}&signature={signature}",
        method="POST",
        headers={"X-MBX-APIKEY": issued["api_key"]},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.load(answer)["status"] == "NEW"
    page.wait("document.querySelector('#order-rows tr')")
    row = page.run(
        "[...document.querySelectorAll('#order-rows td')].map((it) => it.textContent).slice(1)"
    )
    assert row == [
        *("bob", "BTCUSDT", "BUY", "LIMIT GTC", "50,000", "–", "0.01", "0", "0", "NEW", "mine")
    ]


def test_a_symbol_is_halted_and_trades_again(exchange: ExchangeProcess, page: Browser) -> None:
    def status(wanted: str) -> None:
        page.run(
            "(() => { const it = document.querySelector('[aria-label=\"Status of ETHUSDT\"]');"
            f"it.value = '{wanted}'; it.dispatchEvent(new Event('change')); }})()"
        )
        shown = "" if wanted == "TRADING" else "halted"
        page.wait(
            f"document.querySelector('[aria-label=\"Status of ETHUSDT\"]').className === '{shown}'"
        )
        lines = {each["symbol"]: each["status"] for each in ask(exchange, "market")["symbols"]}
        assert lines["ETHUSDT"] == wanted

    status("HALT")
    status("TRADING")


def test_it_asks_nobody_but_the_exchange_and_complains_of_nothing(
    exchange: ExchangeProcess, page: Browser, tmp_path: Path
) -> None:
    own = (f"{exchange.ready['admin']}/", "data:image/svg+xml,")
    assert [each for each in page.asked if not each.startswith(own)] == []
    refused = [each for each in page.complaints if "400 (Bad Request)" not in each]
    assert refused == []
