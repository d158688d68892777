"""What the owner says decides; what cannot be right is refused in words that hold no secret."""

from pathlib import Path

import pytest

from binance_mcp_server.access.secrets import Secret
from binance_mcp_server.errors import SettingsError
from binance_mcp_server.settings import (
    TOOLSETS,
    HttpSettings,
    Settings,
    child_environment,
    load_settings,
)
from binance_mcp_server.venues import MARKETS, Hosts

SIM = {"BINANCE_MCP_VENUE": "sim", "BINANCE_MCP_REST_URL": "http://127.0.0.1:8001"}
REAL_KEY, SIM_KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aPE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A", "SIMabc"


def load(environ: dict[str, str] | None = None, **flags: object) -> Settings:
    return load_settings(flags, environ or {})


def refusal(environ: dict[str, str] | None = None, **flags: object) -> str:
    """The refusal with its advice; everything that a user would see."""
    with pytest.raises(SettingsError) as caught:
        load(environ, **flags)
    assert caught.value.advice
    return f"{caught.value} {caught.value.advice} {caught.value!r}"


def test_without_anything_it_is_market_data_of_the_live_venue() -> None:
    settings = load()
    assert settings.venue == "live"
    assert settings.spot.rest == "https://api.binance.com"
    assert settings.spot.mirror == "https://data-api.binance.vision"
    assert settings.toolsets == TOOLSETS
    assert (settings.keys.is_given, settings.http, settings.read_only) == (False, None, False)
    assert settings.state_dir is not None


@pytest.mark.parametrize("venue", ["live", "us", "testnet", "demo", "sim", " LIVE "])
def test_a_venue_is_named_by_the_variable_or_by_the_flag(venue: str) -> None:
    name = venue.strip().lower()
    assert load({"BINANCE_MCP_VENUE": venue}).venue == name
    assert load({"BINANCE_MCP_VENUE": "us"}, venue=venue).venue == name


def test_an_unknown_venue_is_refused_with_those_that_exist() -> None:
    assert "live, us, testnet, demo, sim" in refusal({"BINANCE_MCP_VENUE": "moon"})


@pytest.mark.parametrize(
    ("name", "url", "field"),
    [
        ("BINANCE_MCP_REST_URL", "http://127.0.0.1:8001/", "rest"),
        ("BINANCE_MCP_REST_URL", "http://[::1]:8001", "rest"),
        ("BINANCE_MCP_REST_URL", "https://api1.binance.com", "rest"),
        ("BINANCE_MCP_STREAM_URL", "wss://stream.binance.com:443", "stream"),
        ("BINANCE_MCP_WS_API_URL", "ws://localhost:9/ws-api/v3", "ws_api"),
    ],
)
def test_an_address_is_taken_over_the_venue_s(name: str, url: str, field: str) -> None:
    spot = load({name: url}).spot
    assert getattr(spot, field) == url.rstrip("/")


def test_a_simulated_venue_named_in_code_knows_its_futures_by_its_spot_address() -> None:
    settings = Settings(venue="sim", hosts={"spot": Hosts("http://127.0.0.1:1", "", "")})
    assert settings.at("coinm").rest == "http://127.0.0.1:1"


def test_the_mirror_as_an_address_of_one_s_own_is_known_for_what_it_lacks() -> None:
    spot = load({"BINANCE_MCP_REST_URL": "https://data-api.binance.vision/"}).spot
    assert "/api/v3/executionRules" in spot.lacks


def test_addresses_of_other_products_stand_apart() -> None:
    settings = load({"BINANCE_MCP_USDM_REST_URL": "https://fapi.binance.com"})
    assert settings.hosts["usdm"].rest == "https://fapi.binance.com"
    assert settings.spot.rest == "https://api.binance.com"


def test_one_simulated_exchange_serves_all_products_unless_told_otherwise() -> None:
    settings = load({**SIM, "BINANCE_MCP_STREAM_URL": "ws://127.0.0.1:8002"})
    assert settings.markets == ("spot", "usdm", "coinm")
    for market in MARKETS:
        hosts = settings.at(market)
        assert (hosts.rest, hosts.stream) == ("http://127.0.0.1:8001", "ws://127.0.0.1:8002")
        assert hosts.stream_path == ("/coinm" if market == "coinm" else "")
    apart = load({**SIM, "BINANCE_MCP_USDM_REST_URL": "http://127.0.0.1:9"})
    assert [apart.at(market).rest.removeprefix("http://127.0.0.")[-4:] for market in MARKETS] == [
        "8001",
        "1:9",
        "8001",
    ]


def test_a_venue_serves_the_products_that_it_has_addresses_for() -> None:
    assert load().markets == ("spot", "usdm", "coinm")
    assert load(venue="us").markets == ("spot",)
    assert load(venue="sim").markets == ("spot", "usdm", "coinm")
    with pytest.raises(SettingsError, match="no address"):
        load(venue="us").at("usdm")


def test_another_stream_address_leaves_the_rest_of_a_product_as_it_is() -> None:
    hosts = load({"BINANCE_MCP_COINM_STREAM_URL": "ws://127.0.0.1:8002"}).at("coinm")
    assert (hosts.rest, hosts.stream) == ("https://dapi.binance.com", "ws://127.0.0.1:8002")
    assert (hosts.stream_path, hosts.by_status) == ("/coinm", False)


def test_a_stream_address_of_one_s_own_has_no_mirror() -> None:
    assert load().spot.stream_mirror
    assert not load({"BINANCE_MCP_STREAM_URL": "ws://127.0.0.1:8002"}).spot.stream_mirror


@pytest.mark.parametrize(
    "url",
    [
        "http://api.binance.com",
        "https://evil.example",
        "https://api.binance.com.evil.example",
        "https://notbinance.com",
        "https://user:hunter2@api.binance.com",
        "https://evil.example\\@api.binance.com",
        "https://api.binance.com#@evil.example",
        "https://api.binance.com/api/v3",
        "https://api.binance.com?x=1",
        "http://127.0.0.1:8001/proxy",
        "http://hunter2@127.0.0.1:8001",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://127.0.0.1:port",
        "http://[::1",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "wss://api.binance.com",
        "127.0.0.1:8001",
        "https://bınance.com",
    ],
)
def test_an_address_that_could_be_a_stranger_s_is_refused_unseen(url: str) -> None:
    text = refusal({"BINANCE_MCP_REST_URL": url})
    assert "BINANCE_MCP_REST_URL" in text
    assert "hunter2" not in text


def test_stream_addresses_are_websocket_addresses() -> None:
    assert "ws://" in refusal({"BINANCE_MCP_STREAM_URL": "http://127.0.0.1:8001"})
    assert "no path" in refusal({"BINANCE_MCP_STREAM_URL": "ws://127.0.0.1:8001/stream"})


def test_what_is_called_simulated_is_on_this_machine() -> None:
    binance = {"BINANCE_MCP_VENUE": "sim", "BINANCE_MCP_REST_URL": "https://api.binance.com"}
    assert "sim" in refusal(binance)
    assert load(SIM).spot.rest == "http://127.0.0.1:8001"


def test_a_simulated_venue_without_an_address_says_so_when_it_is_asked_for() -> None:
    with pytest.raises(SettingsError, match="no address"):
        _ = load(venue="sim").spot


@pytest.mark.parametrize(
    "environ",
    [
        {"BINANCE_API_KEY": SIM_KEY},
        {"BINANCE_API_KEY": SIM_KEY, "BINANCE_MCP_VENUE": "us"},
        {"BINANCE_API_KEY": SIM_KEY, **SIM, "BINANCE_MCP_USDM_REST_URL": "https://fapi.binance.com",
         "BINANCE_MCP_VENUE": "live"},
        {"BINANCE_API_KEY": REAL_KEY, "BINANCE_MCP_VENUE": "sim"},
        {"BINANCE_API_KEY": REAL_KEY, **SIM},
        {"BINANCE_API_KEY": REAL_KEY, "BINANCE_MCP_REST_URL": "http://127.0.0.1:8001"},
        {"BINANCE_API_KEY": REAL_KEY, "BINANCE_MCP_WS_API_URL": "ws://127.0.0.1:8001"},
        {"BINANCE_API_KEY": REAL_KEY, "BINANCE_MCP_COINM_REST_URL": "http://127.0.0.1:8001"},
    ],
)  # fmt: skip
def test_a_key_goes_nowhere_but_to_the_venue_that_issued_it(environ: dict[str, str]) -> None:
    text = refusal(environ)
    assert "BINANCE_API_KEY" in text
    assert environ["BINANCE_API_KEY"] not in text


@pytest.mark.parametrize(
    "environ",
    [
        {"BINANCE_API_KEY": REAL_KEY},
        {"BINANCE_API_KEY": REAL_KEY, "BINANCE_MCP_REST_URL": "https://api2.binance.com"},
        {"BINANCE_API_KEY": SIM_KEY, **SIM},
        {"BINANCE_API_KEY": SIM_KEY, "BINANCE_MCP_VENUE": "sim"},
    ],
)
def test_a_key_of_the_venue_is_taken_and_never_shown(environ: dict[str, str]) -> None:
    settings = load({**environ, "BINANCE_API_SECRET": "hunter2"})
    assert settings.keys.api_key is not None
    assert settings.keys.api_key.reveal() == environ["BINANCE_API_KEY"]
    assert settings.keys.is_complete
    key = settings.keys.api_key
    for shown in (repr(settings), str(settings), f"{key}", f"{key!r}"):
        assert environ["BINANCE_API_KEY"] not in shown
        assert "hunter2" not in shown


def test_an_empty_secret_is_none() -> None:
    assert not Secret("")
    assert repr(Secret("x")) == str(Secret("x")) == "Secret(***)"
    assert load({"BINANCE_API_KEY": "  "}).keys.api_key is None


@pytest.mark.parametrize(
    ("where", "host", "port"),
    [
        ("127.0.0.1:8000", "127.0.0.1", 8000),
        (":8000", "127.0.0.1", 8000),
        ("localhost:0", "localhost", 0),
        ("[::1]:8000", "::1", 8000),
    ],
)
def test_http_on_this_machine_needs_no_token(where: str, host: str, port: int) -> None:
    http = load(http=where).http
    assert http == HttpSettings(host, port, None)
    assert http.is_loopback


@pytest.mark.parametrize(
    "where", ["", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "h:65536", "h:٣", "h:-1"]
)
def test_http_without_a_port_is_refused(where: str) -> None:
    assert "HOST:PORT" in refusal(http=where)


@pytest.mark.parametrize("where", ["0.0.0.0:8000", "[::]:8000", "192.168.1.5:8000", "127.0.0.2:80"])
def test_http_for_others_needs_a_token(where: str) -> None:
    assert "without a token" in refusal(http=where)
    settings = load({"BINANCE_MCP_HTTP_TOKEN": "hunter2"}, http=where)
    assert settings.http is not None
    assert settings.http.token is not None
    assert settings.http.token.reveal() == "hunter2"
    assert "hunter2" not in repr(settings)


def test_a_token_is_read_from_a_file_unless_the_variable_has_one(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(" from-file \n")
    named = {"BINANCE_MCP_HTTP_TOKEN_FILE": str(file)}
    for environ, token in ((named, "from-file"), ({**named, "BINANCE_MCP_HTTP_TOKEN": "t"}, "t")):
        http = load(environ, http=":1").http
        assert http is not None
        assert http.token is not None
        assert http.token.reveal() == token


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe\x00"])
def test_a_token_file_that_holds_none_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    assert "TOKEN_FILE" in refusal({"BINANCE_MCP_HTTP_TOKEN_FILE": str(file)}, http=":1")
    file.unlink()
    assert "No such file" in refusal({"BINANCE_MCP_HTTP_TOKEN_FILE": str(file)}, http=":1")


def test_toolsets_are_chosen_by_name() -> None:
    assert load(toolsets="market_info").toolsets == ("market_info",)
    assert load(toolsets=" market_info, market_data,market_info").toolsets == (
        "market_info",
        "market_data",
    )
    for bad in ("moon", "market_data,moon", ",", " "):
        assert "market_data, market_info" in refusal(toolsets=bad)


def test_the_other_variables_are_read(tmp_path: Path) -> None:
    settings = load(
        {"BINANCE_MCP_STATE_DIR": str(tmp_path), "HTTPS_PROXY": "http://p:1"}, read_only=True
    )
    assert (settings.state_dir, settings.proxy, settings.read_only) == (tmp_path, True, True)
    assert load({"BINANCE_PRIVATE_KEY_PATH": "/k"}).keys.private_key_path
    assert load({"BINANCE_MCP_STATE_DIR": "~/x"}).state_dir == Path("~/x").expanduser()


def test_a_child_gets_the_environment_without_what_is_the_owner_s_alone() -> None:
    owner = {
        "PATH": "/bin",
        "BINANCE_API_KEY": REAL_KEY,
        "BINANCE_MCP_HTTP_TOKEN": "t",
        "BINANCE_MCP_STATE_DIR": "/state",
    }
    child = child_environment(owner, BINANCE_MCP_VENUE="sim")
    assert child == {
        "PATH": "/bin",
        "BINANCE_MCP_STATE_DIR": "/state",
        "BINANCE_MCP_VENUE": "sim",
    }


def test_an_address_on_this_machine_is_not_passed_off_as_the_live_venue() -> None:
    local = {"BINANCE_MCP_REST_URL": "http://127.0.0.1:8001"}
    assert load(local).label == "live at 127.0.0.1:8001"
    assert load(SIM).label == "sim"
    assert load().label == "live"


TOKEN = {"BINANCE_MCP_HTTP_TOKEN": "made-up"}
SIGNS = {"BINANCE_API_KEY": SIM_KEY, "BINANCE_API_SECRET": "s"}
PUBLIC = ("market_data", "market_info", "websocket_streams")


def test_account_tools_need_a_key_and_trading_tools_the_owners_leave() -> None:
    assert load(SIM).served_toolsets == PUBLIC
    assert (
        load({**SIM, "BINANCE_API_KEY": SIM_KEY}).served_toolsets == PUBLIC
    )  # nothing to sign with
    assert load({**SIM, **SIGNS}).served_toolsets == (*PUBLIC, "account")
    both = (*PUBLIC, "account", "trading")
    assert load({**SIM, **SIGNS}, enable_trading="sim").served_toolsets == both


def test_play_money_needs_no_key() -> None:
    assert load(venue="sim", enable_trading="sim").served_toolsets[-2:] == ("account", "trading")
    assert load(venue="testnet", enable_trading="testnet").served_toolsets == PUBLIC


def test_over_http_without_a_token_no_account_is_shown() -> None:
    env = {**SIM, **SIGNS}
    http = "127.0.0.1:8000"
    assert load(env, http=http, enable_trading="sim").served_toolsets == PUBLIC
    served = load({**env, **TOKEN}, http=http, enable_trading="sim").served_toolsets
    assert served[-2:] == ("account", "trading")


def test_trading_is_enabled_by_the_name_of_the_venue_that_is_served() -> None:
    assert "but the venue is 'live'" in refusal(enable_trading="sim")
    assert "cannot be enabled" in refusal({"BINANCE_MCP_VENUE": "us"}, enable_trading="us")
    assert "contradict" in refusal(venue="sim", enable_trading="sim", read_only=True)
    assert not load(venue="sim").trading


def test_a_toolset_that_was_not_chosen_is_not_served() -> None:
    assert load(SIM, enable_trading="sim", toolsets="account").served_toolsets == ("account",)
