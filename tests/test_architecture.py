"""The walls between the rooms: which module may import what, what stays pure, how large things grow.

Every rule is a function from the package to its breaches. Each one is held over the source tree, and is shown a
small made-up package that breaks it, so that no rule can pass by looking away.
"""

import ast
import graphlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.import_graph import PACKAGE, Import, Module, Package

ROOT = Path(__file__).resolve().parents[1]

STREAM_CORE = tuple(
    f"binance_ws_api.{name}"
    for name in (
        *("protocol", "control", "dialling", "facts", "fleet", "link", "pacing", "renewal"),
        *("rules", "signals", "wishes"),
        *("kinds", "headers", "decode", "sequence", "sequences", "id_sequence"),
        *("update_sequence", "candle_sequence", "state_sequence"),
        *("ring", "losses", "stream", "dispatch", "watch", "carried"),
        *("api_core", "api_line", "api_messages", "api_methods"),
    )
)
"""The pure half of the stream wing: what to ask for, how one event follows another, what is kept."""

TRADING_RULES = tuple(
    f"trading.{name}"
    for name in (
        *("intents", "parsing", "exposure", "guard", "policy", "reasons"),
        *("tokens", "pricing", "market_rules", "limits_text"),
        *("journal", "totals", "fate", "requests", "outcome"),
        *("scope", "previews", "lines", "differences"),
    )
)
"""The pure half of trading: what is meant, whether it may be, what it would cost."""

LAYERS: tuple[tuple[str, ...], ...] = (
    ("", "errors", "clock"),
    ("models", "venues"),
    (
        "market",
        "settings",
        "access",
        *("binance_api!", "binance_api.endpoints", "binance_api.endpoints_futures"),
        *("binance_api.endpoints_account", "binance_api.endpoints_trading"),
        *("binance_api.decode", "binance_api.params", "binance_api.products"),
        *("binance_ws_api!", *STREAM_CORE),
        *("trading!", *TRADING_RULES),
    ),
    ("binance_api", "binance_ws_api"),
    ("binance_ws_api.hub",),
    ("queries", "feeds", "trading"),
    ("services", "account_services", "desk_services"),
    ("mcp_support", "commands"),
    ("server",),
    ("cli", "__main__"),
)
"""Rooms from the bottom up; a room imports from its own layer and from those before it. The longest name that
fits a module decides; one that ends in ``!`` is the package's ``__init__`` alone."""

PURE = (
    *("errors", "models", "venues", "market", *TRADING_RULES),
    *("binance_api.endpoints", "binance_api.endpoints_futures", "binance_api.decode"),
    *("binance_api.endpoints_account", "binance_api.endpoints_trading"),
    *("binance_api.params", "binance_api.products"),
    *STREAM_CORE,
    *("exchange.engine", "exchange.market", "exchange.wire", "exchange.numbers"),
    "exchange.accounts",
    *("exchange.ws.names", "exchange.ws.paths", "exchange.ws.control", "exchange.ws.rules"),
    *("exchange.ws.events", "exchange.ws.board", "exchange.ws.mishaps", "exchange.faults"),
    *("exchange.wsapi.requests", "exchange.wsapi.replies", "exchange.wsapi.methods"),
    *("exchange.wsapi.openings", "exchange.wsapi.subscriptions", "exchange.wsapi.session"),
    *("exchange.wsapi.answering", "exchange.wsapi.feed"),
)
IO = frozenset(
    {
        *(
            "aiohttp",
            "http",
            "httpx",
            "picows",
            "starlette",
            "urllib.request",
            "uvicorn",
            "websockets",
        ),
        *("asyncio", "select", "selectors", "socket", "ssl", "subprocess", "threading"),
        *("fcntl", "io", "mmap", "os", "pathlib", "shutil", "sqlite3", "tempfile"),
    }
)
NOW = re.compile(
    r"time\.(time|monotonic|perf_counter|process_time)(_ns)?|time\.(sleep|localtime|ctime)"
    r"|(datetime\.)?(datetime|date)\.(now|utcnow|today)"
)
"""What asks a clock; ``time.gmtime`` of a given second, for one, does not."""
NEVER = frozenset({"httpx", "matplotlib", "pandas", "requests"})
LAZY = frozenset({"aiohttp", "cryptography", "duckdb", "keyring", "numpy", "PIL", "talib"})
HTTP_ROOM = ("binance_api.client", "binance_api.transport")
MCP_ROOMS = ("mcp_support", "commands", "server", "cli")
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60


def short(name: str) -> str:
    """*name* without the package's."""
    return name.removeprefix(PACKAGE).removeprefix(".")


def within(name: str, *rooms: str) -> bool:
    """Whether the module *name* is one of *rooms* or lies in one."""
    return any(short(name) == room or short(name).startswith(f"{room}.") for room in rooms)


def is_one_of(imported: Import, roots: frozenset[str]) -> bool:
    return any(imported.target == root or imported.target.startswith(f"{root}.") for root in roots)


def calls(module: Module) -> Iterator[tuple[str, int]]:
    """What *module* calls, as written, and where."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def layer(module: str) -> int | None:
    """Height of *module*; ``None`` for a room that the design does not know."""
    name = short(module)
    fits = {
        (len(room), height)
        for height, rooms in enumerate(LAYERS)
        for room in rooms
        if name in {room, room.removesuffix("!")} or (room and name.startswith(f"{room}."))
    }
    return max(fits)[1] if fits else None


def modules_outside_exchange(package: Package) -> Iterator[Module]:
    return (each for each in package.modules.values() if not within(each.name, "exchange"))


def every_room_is_known(package: Package) -> Iterator[str]:
    """A new room gets its place among the layers before it gets a module."""
    for module in modules_outside_exchange(package):
        if layer(module.name) is None:
            yield f"{module.name} is in no layer"


def arrows_run_one_way(package: Package) -> Iterator[str]:
    """No module imports from a layer above its own."""
    for module in modules_outside_exchange(package):
        own = layer(module.name)
        for target, place in package.arrows(module).items():
            height = layer(target)
            if own is not None and height is not None and height > own:
                yield f"{module.name}:{place.line} imports {target}, which stands above it"


def no_cycles(package: Package) -> Iterator[str]:
    """Imports inside functions count too."""
    graph = {name: package.arrows(module).keys() for name, module in package.modules.items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        yield " <- ".join(error.args[1])


def the_exchange_stands_alone(package: Package) -> Iterator[str]:
    """It shares no code with the rooms that are proved against it."""
    for module in package.modules.values():
        for target, place in package.arrows(module).items():
            if within(module.name, "exchange") and not within(target, "exchange"):
                yield f"{module.name}:{place.line} imports {target}"


def only_the_command_line_knows_the_exchange(package: Package) -> Iterator[str]:
    for module in modules_outside_exchange(package):
        for target, place in package.arrows(module).items():
            if within(target, "exchange") and not within(module.name, "cli", "__main__"):
                yield f"{module.name}:{place.line} imports {target}"


def only_settings_reads_the_environment(package: Package) -> Iterator[str]:
    words = re.compile(r"\bos\.(environb?|getenvb?)\b")
    for module in package.modules.values():
        names = {ast.unparse(n) for n in ast.walk(module.tree) if isinstance(n, ast.Attribute)}
        names |= {each.target for each in module.imports}
        if any(map(words.search, names)) and not within(module.name, "settings"):
            yield f"{module.name} reads the environment"


def only_the_client_speaks_http(package: Package) -> Iterator[str]:
    for module in package.modules.values():
        for place in module.imports:
            if is_one_of(place, frozenset({"aiohttp"})) and not within(module.name, *HTTP_ROOM):
                yield f"{module.name}:{place.line} imports {place.target}"


def only_the_mcp_rooms_know_mcp(package: Package) -> Iterator[str]:
    for module in package.modules.values():
        for place in module.imports:
            known = is_one_of(place, frozenset({"fastmcp", "mcp", "mcp_types"}))
            if known and not within(module.name, *MCP_ROOMS):
                yield f"{module.name}:{place.line} imports {place.target}"


def mcp_support_knows_no_binance(package: Package) -> Iterator[str]:
    allowed = ("errors", "clock", "mcp_support")
    for module in package.modules.values():
        for target, place in package.arrows(module).items():
            if within(module.name, "mcp_support") and not within(target, *allowed):
                yield f"{module.name}:{place.line} imports {target}"


def commands_build_no_clients(package: Package) -> Iterator[str]:
    wings = (*HTTP_ROOM, "binance_ws_api.connection", "binance_ws_api.hub")
    for module in package.modules.values():
        for target, place in package.arrows(module).items():
            if within(module.name, "commands") and within(target, *wings):
                yield f"{module.name}:{place.line} imports {target}"


def pure_modules_reach_no_io(package: Package) -> Iterator[str]:
    """Neither themselves nor through anything of ours that they import."""
    for name in package.modules:
        for path in package.reach(name) if within(name, *PURE) else ():
            module = package.modules.get(path[-1])
            for place in module.imports if module else ():
                if is_one_of(place, IO):
                    yield f"{' -> '.join(path)}:{place.line} imports {place.target}"


def pure_modules_open_no_files(package: Package) -> Iterator[str]:
    for module in package.modules.values():
        for name, line in calls(module) if within(module.name, *PURE) else ():
            if name in {"open", "print", "input"}:
                yield f"{module.name}:{line} calls {name}"


def pure_modules_ask_no_clock(package: Package) -> Iterator[str]:
    """Time is an argument."""
    for module in package.modules.values():
        if within(module.name, *PURE):
            asked = [*calls(module), *((each.target, each.line) for each in module.imports)]
            yield from (
                f"{module.name}:{n} uses {name}" for name, n in asked if NOW.fullmatch(name)
            )


def heavy_things_are_imported_when_used(package: Package) -> Iterator[str]:
    """Start-up is a feature: some libraries wait for their first use, some are never welcome."""
    for module in package.modules.values():
        for place in module.imports:
            if is_one_of(place, NEVER) or (is_one_of(place, LAZY) and not place.lazy):
                yield f"{module.name}:{place.line} imports {place.target}"


def modules_fit_in_the_head(package: Package) -> Iterator[str]:
    for module in package.modules.values():
        if module.lines > MAX_MODULE_LINES:
            yield f"{module.name} has {module.lines} lines"


def functions_fit_on_a_screen(package: Package) -> Iterator[str]:
    for module in package.modules.values():
        for node in module.functions():
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                yield f"{module.name}:{node.lineno} {node.name} has {length} lines"


Rule = Callable[[Package], Iterator[str]]

BREACHES: list[tuple[Rule, dict[str, str]]] = [
    (every_room_is_known, {"misc": ""}),
    (every_room_is_known, {"apiary.bees": ""}),
    (arrows_run_one_way, {"errors": f"import {PACKAGE}.models.info", "models.info": ""}),
    (
        arrows_run_one_way,
        {
            "binance_api.decode": "def f():\n    from .client import BinanceApi",
            "binance_api.client": "",
        },
    ),
    (arrows_run_one_way, {"binance_api": "from .client import x", "binance_api.client": ""}),
    (arrows_run_one_way, {"commands.a": f"from {PACKAGE} import server", "server": ""}),
    (
        no_cycles,
        {"market.a": "from .b import x", "market.b": "def f():\n    from . import a"},
    ),
    (the_exchange_stands_alone, {"exchange.app": f"from {PACKAGE}.clock import x", "clock": ""}),
    (
        only_the_command_line_knows_the_exchange,
        {"server": f"x = import_module('{PACKAGE}.exchange.app')", "exchange.app": ""},
    ),
    (only_settings_reads_the_environment, {"cli": "import os\nx = os.environ['HOME']"}),
    (only_settings_reads_the_environment, {"access.a": "from os import getenv"}),
    (only_the_client_speaks_http, {"queries.a": "def f():\n    import aiohttp.web"}),
    (only_the_mcp_rooms_know_mcp, {"services": "from fastmcp import Context"}),
    (mcp_support_knows_no_binance, {"mcp_support.a": "from ..venues import x", "venues": ""}),
    (
        commands_build_no_clients,
        {"commands.a": f"import {PACKAGE}.binance_api.client", "binance_api.client": ""},
    ),
    (pure_modules_reach_no_io, {"models.a": "from pathlib import Path"}),
    (pure_modules_reach_no_io, {"market.a": f"import {PACKAGE}.clock", "clock": "import asyncio"}),
    (pure_modules_open_no_files, {"exchange.wire.a": "x = open('a')"}),
    (pure_modules_ask_no_clock, {"market.a": "import time\nx = time.monotonic_ns()"}),
    (pure_modules_ask_no_clock, {"models.a": "from time import time"}),
    (heavy_things_are_imported_when_used, {"binance_api.client": "import aiohttp"}),
    (heavy_things_are_imported_when_used, {"queries.a": "def f():\n    import pandas as pd"}),
    (modules_fit_in_the_head, {"server": "\n" * 401}),
    (functions_fit_on_a_screen, {"server": "def f():\n" + "    x = 1\n" * 60}),
]
RULES = list(dict.fromkeys(rule for rule, _ in BREACHES))


def title(value: object) -> str:
    return getattr(value, "__name__", "package")


@pytest.fixture(scope="module")
def package() -> Package:
    return Package.read(ROOT)


@pytest.mark.parametrize("rule", RULES, ids=title)
def test_the_source_keeps(rule: Rule, package: Package) -> None:
    assert package.modules
    assert list(rule(package)) == []


@pytest.mark.parametrize(
    ("rule", "sources"),
    BREACHES,
    ids=[f"{title(rule)}-{n}" for n, (rule, _) in enumerate(BREACHES)],
)
def test_a_breach_is_seen_of(rule: Rule, sources: dict[str, str]) -> None:
    assert list(rule(Package.of(sources))) != []


def test_what_only_types_need_is_no_arrow() -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import aiohttp"
    assert list(only_the_client_speaks_http(Package.of({"server": source}))) == []


def test_a_deferred_import_is_lazy_and_the_rest_is_not() -> None:
    module = Module("m", "import a\nclass C:\n    import b\n    def f(self):\n        import c")
    assert [(each.target, each.lazy) for each in module.imports] == [
        ("a", False),
        ("b", False),
        ("c", True),
    ]


def test_relative_imports_resolve_from_modules_and_packages() -> None:
    module = Module("p.q.m", "from . import a\nfrom ..b import c")
    init = Module("p.q", "from . import a\nfrom ..b import c", is_package=True)
    for each in (module, init):
        assert [imported.target for imported in each.imports] == ["p.q.a", "p.b.c"]
