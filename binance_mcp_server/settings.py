"""Environment and command-line flags → one frozen record. The only reader of ``os.environ``."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from binance_mcp_server import venues
from binance_mcp_server.access.secrets import KeySettings, Secret, check_place, read_keys
from binance_mcp_server.errors import SettingsError
from binance_mcp_server.venues import Hosts, Market, VenueName

SIGNED_TOOLSETS: tuple[str, ...] = ("account", "trading")
"""Groups of tools that need an account at the venue; the second one needs the owner's leave to trade too."""
TOOLSETS: tuple[str, ...] = (
    "market_data",
    "market_info",
    "websocket_streams",
    *SIGNED_TOOLSETS,
)
"""Groups of tools that can be chosen, named as the modules of ``commands``."""
TRADING_VENUES: tuple[VenueName, ...] = ("sim", "testnet", "demo", "live")
"""Where trading can be enabled."""
ORDER_WAYS: tuple[str, ...] = ("rest", "websocket")
"""How orders travel."""


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Where to serve streamable HTTP, and who may come in."""

    host: str
    port: int
    token: Secret | None = None

    @property
    def is_loopback(self) -> bool:
        return self.host in {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the owner decided, checked."""

    venue: VenueName = "live"
    hosts: Mapping[str, Hosts] = field(default_factory=dict)
    """Addresses by product; ``sim`` gets them when its exchange is up."""
    keys: KeySettings = field(default_factory=KeySettings)
    """Where the owner's key is."""
    state_dir: Path | None = None
    http: HttpSettings | None = None
    toolsets: tuple[str, ...] = TOOLSETS
    read_only: bool = False
    trading: bool = False
    """Whether the owner lets tools trade on this venue (``--enable-trading``)."""
    order_way: str = "rest"
    """How orders travel: one of ``ORDER_WAYS``."""
    limits_file: Path | None = None
    """The owner's limits for trading, where they are not in their usual place."""
    proxy: bool = False
    """Whether HTTPS_PROXY is set."""

    @property
    def has_account(self) -> bool:
        """Whether there is an account to read: a key, or play money that the embedded exchange gives to a trader."""
        return self.keys.is_complete or (self.venue == "sim" and self.trading)

    @property
    def served_toolsets(self) -> tuple[str, ...]:
        """The chosen toolsets that this configuration allows. Whoever comes over HTTP without a token may be anybody:
        no account is shown there, and nothing traded."""
        known = self.http is None or bool(self.http.token)
        account = known and self.has_account
        allowed = {"account": account, "trading": account and self.trading}
        return tuple(name for name in self.toolsets if allowed.get(name, True))

    @property
    def label(self) -> str:
        """The venue as replies name it: an address on this machine is never passed off as the real venue."""
        return self.label_of("spot")

    def label_of(self, market: Market) -> str:
        """The same for *market*, which may be somewhere else."""
        hosts = self.hosts.get(market)
        if self.venue == "sim" or hosts is None or not venues.is_loopback(hosts.rest):
            return self.venue
        return f"{self.venue} at {urlsplit(hosts.rest).netloc}"

    @property
    def spot(self) -> Hosts:
        """Addresses of the spot product.

        Raises ``SettingsError`` when the venue has none (yet).
        """
        return self.at("spot")

    def at(self, market: Market) -> Hosts:
        """Addresses of *market*.

        Raises ``SettingsError`` when the venue has none (yet).
        """
        if market in self.hosts:
            return self.hosts[market]
        if self.venue == "sim" and "spot" in self.hosts:
            return venues.beside(self.hosts["spot"], market)
        raise SettingsError(
            f"venue {self.venue!r} has no address",
            advice="With sim, set BINANCE_MCP_REST_URL to a running exchange"
            " (mcp-server-binance exchange prints it), or let serve start one.",
        )

    @property
    def markets(self) -> tuple[Market, ...]:
        """Products that the venue trades and this release serves."""
        built = (market for market in venues.MARKETS if market in venues.BUILT_MARKETS)
        return tuple(market for market in built if self.venue == "sim" or market in self.hosts)


_ADDRESSES: tuple[tuple[Market, str], ...] = (
    ("spot", "BINANCE_MCP_"),
    ("usdm", "BINANCE_MCP_USDM_"),
    ("coinm", "BINANCE_MCP_COINM_"),
)
_SCHEMES = {
    "REST_URL": ("http", "https"),
    "STREAM_URL": ("ws", "wss"),
    "WS_API_URL": ("ws", "wss"),
}
_EXAMPLES = {
    "REST_URL": "http://127.0.0.1:PORT",
    "STREAM_URL": "ws://127.0.0.1:PORT",
    "WS_API_URL": "ws://127.0.0.1:PORT/ws-api/v3",
}


def load_settings(
    flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Read flags (they win) and environment.

    *flags*: ``venue``, ``http`` (``HOST:PORT``), ``toolsets`` (comma-separated), ``read_only``, ``key`` (of the
    keyring), ``enable_trading`` (a venue), ``orders_over`` (one of ``ORDER_WAYS``).
    Raises ``SettingsError`` with what to change.
    """
    env = os.environ if environ is None else environ
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    venue = _venue(given.get("venue") or env.get("BINANCE_MCP_VENUE") or "live")
    hosts = _hosts(venue, env)
    keys = read_keys(env, given.get("key"))
    _check_sim(venue, hosts)
    if keys.api_key:
        check_place(keys.api_key.reveal(), venue, addresses(hosts), what="BINANCE_API_KEY")
    return Settings(
        venue=venue,
        hosts=hosts,
        keys=keys,
        state_dir=_state_dir(env),
        http=_http(given.get("http"), env),
        toolsets=_toolsets(given.get("toolsets")),
        read_only=bool(given.get("read_only")),
        trading=_trading(given, venue),
        limits_file=_limits_file(env),
        order_way=given.get("orders_over") or "rest",
        proxy=bool(env.get("HTTPS_PROXY") or env.get("https_proxy")),
    )


def child_environment(environ: Mapping[str, str] | None = None, **changes: str) -> dict[str, str]:
    """The environment for a child that we start, with *changes*; the owner's keys, tokens and addresses stay out."""
    env = os.environ if environ is None else environ
    kept = {
        name: value
        for name, value in env.items()
        if name == "BINANCE_MCP_STATE_DIR" or not name.startswith("BINANCE_")
    }
    return {**kept, **changes}


def _venue(text: str) -> VenueName:
    name = text.strip().lower()
    if name not in venues.VENUES:
        raise SettingsError(
            f"unknown venue {text!r}",
            advice=f"Use one of {', '.join(venues.VENUES)} (--venue or BINANCE_MCP_VENUE).",
        )
    return name


def _hosts(venue: VenueName, env: Mapping[str, str]) -> dict[str, Hosts]:
    found: dict[str, Hosts] = {}
    for market, prefix in _ADDRESSES:
        table = venues.hosts(venue, market)
        rest = _address(env, f"{prefix}REST_URL")
        stream = _address(env, f"{prefix}STREAM_URL")
        ws_api = _address(env, f"{prefix}WS_API_URL")
        if venue == "sim" and "spot" in found:  # one exchange serves all products
            rest, stream = rest or found["spot"].rest, stream or found["spot"].stream
        if rest:
            found[market] = venues.at(rest, stream, ws_api, market)
        elif table:
            found[market] = _with(table, stream, ws_api, market)
    return found


def _with(table: Hosts, stream: str, ws_api: str, market: Market) -> Hosts:
    """The venue's own addresses, but for those that the owner chose."""
    changed = venues.at(table.rest, stream, ws_api, market)
    return replace(
        table,
        stream=stream or table.stream,
        ws_api=ws_api or table.ws_api,
        stream_path=changed.stream_path if stream else table.stream_path,
        stream_mirror="" if stream else table.stream_mirror,
    )


def _address(env: Mapping[str, str], name: str) -> str:
    """The address in variable *name*; empty where there is none. Raises ``SettingsError``, never showing the value:
    it may hold a password."""
    url = env.get(name, "").strip().rstrip("/")
    if not url:
        return ""
    kind = name.rpartition("BINANCE_MCP_")[2].removeprefix("USDM_").removeprefix("COINM_")
    if not venues.is_plain_address(url, _SCHEMES[kind], with_path=kind == "WS_API_URL"):
        raise SettingsError(
            f"{name} is not a plain address",
            advice=f"Write {_EXAMPLES[kind]}: no user, query or fragment"
            f"{'' if kind == 'WS_API_URL' else ', and no path'}.",
        )
    if not (venues.is_loopback(url) or venues.is_binance(url)):
        raise SettingsError(
            f"{name} is neither on this machine nor one of Binance's hosts over TLS",
            advice="A key must never reach a stranger's server: use a loopback address"
            " (http://127.0.0.1:PORT) or https://…binance.com / .us / .vision.",
        )
    return url


def addresses(hosts: Mapping[str, Hosts]) -> list[str]:
    """Every address in *hosts*."""
    return [url for each in hosts.values() for url in (each.rest, each.stream, each.ws_api) if url]


def _check_sim(venue: VenueName, hosts: Mapping[str, Hosts]) -> None:
    """What is called simulated is simulated: its numbers would be taken for real ones, or the other way about."""
    if venue == "sim" and not all(map(venues.is_loopback, addresses(hosts))):
        raise SettingsError(
            "venue 'sim' is on this machine, but an address in the environment is Binance's",
            advice="Unset BINANCE_MCP_REST_URL and its like, or choose the venue that they belong to.",
        )


def _trading(given: Mapping[str, Any], venue: VenueName) -> bool:
    """Whether trading is enabled on *venue*, by name: a flag left over from another venue must not open this one."""
    wanted = given.get("enable_trading")
    if wanted is None:
        return False
    if wanted not in TRADING_VENUES:
        raise SettingsError(
            f"trading cannot be enabled on {wanted!r}",
            advice=f"--enable-trading takes one of {', '.join(TRADING_VENUES)}.",
        )
    if wanted != venue:
        raise SettingsError(
            f"--enable-trading {wanted}, but the venue is {venue!r}",
            advice=f"Use --venue {wanted} with it, or leave it out.",
        )
    if given.get("read_only"):
        raise SettingsError(
            "--read-only and --enable-trading contradict each other", advice="Use one of them."
        )
    return True


def _limits_file(env: Mapping[str, str]) -> Path | None:
    given = env.get("BINANCE_MCP_LIMITS", "").strip()
    return Path(given).expanduser() if given else None


def _state_dir(env: Mapping[str, str]) -> Path:
    if given := env.get("BINANCE_MCP_STATE_DIR", "").strip():
        return Path(given).expanduser()
    from platformdirs import user_state_path

    return user_state_path("mcp-server-binance")


def _http(where: str | None, env: Mapping[str, str]) -> HttpSettings | None:
    if where is None:
        return None
    host, _, port = str(where).rpartition(":")
    host = (host or "127.0.0.1").strip("[]")
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise SettingsError(
            f"--http {where!r} has no port", advice="Write it as HOST:PORT, e.g. 127.0.0.1:8000."
        )
    http = HttpSettings(host, int(port), _http_token(env))
    if not http.is_loopback and not http.token:
        raise SettingsError(
            f"refusing to serve on {host} without a token: anybody could use it",
            advice="Set BINANCE_MCP_HTTP_TOKEN or BINANCE_MCP_HTTP_TOKEN_FILE, or bind to 127.0.0.1.",
        )
    return http


def _http_token(env: Mapping[str, str]) -> Secret | None:
    if token := env.get("BINANCE_MCP_HTTP_TOKEN", "").strip():
        return Secret(token)
    path = env.get("BINANCE_MCP_HTTP_TOKEN_FILE", "").strip()
    if not path:
        return None
    try:
        token = Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsError(
            f"cannot read BINANCE_MCP_HTTP_TOKEN_FILE: {reason}",
            advice="Point it at a readable file that holds the token alone.",
        ) from None
    if not token:
        raise SettingsError(
            "BINANCE_MCP_HTTP_TOKEN_FILE is empty", advice="Write the token into it."
        )
    return Secret(token)


def _toolsets(given: str | Sequence[str] | None) -> tuple[str, ...]:
    if not given:
        return TOOLSETS
    names = given.split(",") if isinstance(given, str) else list(given)
    chosen = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    unknown = [name for name in chosen if name not in TOOLSETS]
    if unknown or not chosen:
        raise SettingsError(
            f"unknown toolset {', '.join(map(repr, unknown)) or repr(given)}",
            advice=f"Choose from {', '.join(TOOLSETS)}.",
        )
    return chosen
