"""Words on the command line → the command's options. Commands are imported when they are chosen."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from binance_mcp_server import __version__
from binance_mcp_server.errors import BinanceMcpError
from binance_mcp_server.settings import ORDER_WAYS, TRADING_VENUES
from binance_mcp_server.venues import VENUES

PROGRAM = "mcp-server-binance"
USAGE_ERROR = 2


def run(argv: Sequence[str]) -> int:
    """Run the command that *argv* names; returns the exit code.

    Without a command: serve over stdio when a program is at the other end of stdin, help when a person is.
    """
    parser = build_parser()
    if not argv and sys.stdin is not None and sys.stdin.isatty():
        parser.print_help()
        return 0
    options = parser.parse_args(argv or ["serve"])
    if options.command is None:
        parser.print_help()
        return USAGE_ERROR
    try:
        return _command(options)
    except BinanceMcpError as error:
        sys.stderr.write(f"{PROGRAM}: {error.message}\n")
        if error.advice:
            sys.stderr.write(f"{PROGRAM}: {error.advice}\n")
        return USAGE_ERROR
    except KeyboardInterrupt:
        return 130


def _command(options: argparse.Namespace) -> int:
    # One import a command: `serve` must not pay for the others.
    match options.command:
        case "serve":
            from binance_mcp_server.cli.serve import serve

            return serve(options)
        case "exchange":
            from binance_mcp_server.cli.exchange import exchange

            return exchange(options)
        case "demo":
            from binance_mcp_server.cli.demo import demo

            return demo(options)
        case "audit":
            from binance_mcp_server.cli.audit import audit

            return audit(options)
        case "approve":
            from binance_mcp_server.cli.approve import approve

            return approve(options)
        case "kill":
            from binance_mcp_server.cli.kill import kill

            return kill(options)
        case "keys":
            from binance_mcp_server.cli.keys import keys

            return keys(options)
        case _:
            from binance_mcp_server.cli.doctor import doctor

            return doctor(options)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Binance for AI agents: an MCP server, and an embedded exchange to try it on offline.",
        epilog="Without a command and with a program on stdin, it serves MCP over stdio.",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _serve(commands.add_parser("serve", help="serve MCP over stdio, or over HTTP with --http"))
    _exchange(commands.add_parser("exchange", help="run the embedded exchange on loopback"))
    _demo(commands.add_parser("demo", help="show the main job, offline"))
    _doctor(commands.add_parser("doctor", help="say what works from here"))
    _audit(commands.add_parser("audit", help="show the journal of orders, and verify it"))
    _approve(commands.add_parser("approve", help="say yes or no to an order that waits for it"))
    _kill(commands.add_parser("kill", help="stop all orders, or see whether they are stopped"))
    _keys(commands.add_parser("keys", help="keep API keys in the system's keyring"))
    return parser


def _serve(parser: argparse.ArgumentParser) -> None:
    _venue(parser)
    parser.add_argument(
        "--http", metavar="HOST:PORT", help="serve streamable HTTP at /mcp instead of stdio"
    )
    parser.add_argument(
        "--toolsets", metavar="NAMES", help="only these groups of tools, comma-separated"
    )
    parser.add_argument(
        "--read-only", action="store_true", help="never list a tool that changes anything"
    )
    _key(parser)
    parser.add_argument(
        "--enable-trading",
        choices=TRADING_VENUES,
        help="list tools that place orders on this venue, which must be the one served",
    )
    parser.add_argument(
        "--orders-over",
        choices=ORDER_WAYS,
        help="send orders over REST (default) or over the WebSocket API",
    )
    _mirror(parser)


def _exchange(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=_port, default=0, help="REST and WebSocket API (default: any free port)"
    )
    parser.add_argument(
        "--stream-port", type=_port, default=0, help="streams (default: any free port)"
    )
    _replay(parser)
    parser.add_argument("--speed", default="1", metavar="X|max", help="replay speed (default 1)")
    parser.add_argument(
        "--hold", action="store_true", help="wait for POST /__sim/play before replaying"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="seed of the simulated market (default 1)"
    )
    parser.add_argument(
        "--latency", type=_milliseconds, default=0, metavar="MS", help="delay of every answer"
    )
    parser.add_argument(
        "--tls-proxy",
        action="store_true",
        help="also a proxy for clients that know Binance's own names only; prints their environment",
    )
    _mirror(parser)
    parser.add_argument(
        "--queue-model",
        choices=("risk_averse", "prob"),
        default="risk_averse",
        help="who left a recorded or mirrored queue when nobody traded: those behind an order, or by chance",
    )
    parser.add_argument("--exit-with-parent", action="store_true", help=argparse.SUPPRESS)


def _demo(parser: argparse.ArgumentParser) -> None:
    _replay(parser)


def _doctor(parser: argparse.ArgumentParser) -> None:
    _venue(parser)
    _key(parser)


def _audit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--last", type=_count, default=50, metavar="N", help="show so many lines (default 50)"
    )
    parser.add_argument("--verify", action="store_true", help="only say whether it is whole")
    parser.add_argument("--json", action="store_true", help="show the lines as they are kept")
    parser.add_argument(
        "--set-aside",
        action="store_true",
        help="keep the journal under another name and begin a new one; needs a terminal",
    )


def _approve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", help="which one, where several wait")
    parser.add_argument("--list", action="store_true", help="only show what waits")


def _kill(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("status", help="whether it is engaged, by whom and why")
    engage = actions.add_parser(
        "engage", help="refuse every new order in all processes, and cancel the open ones"
    )
    engage.add_argument("--reason", default="", help="why, for the journal")
    release = actions.add_parser("release", help="allow orders again; needs a terminal")
    for each in (engage, release):
        each.add_argument("--venue", choices=VENUES, help="only this one (default: all)")


def _keys(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser(
        "add", help="ask for a key and its secret, and keep them; or read both from stdin"
    )
    add.add_argument("name", help="a name of your choice")
    _venue(add)
    add.add_argument(
        "--private-key",
        type=Path,
        metavar="FILE",
        help="what signs is this private key (PEM, Ed25519 or RSA) instead of a secret",
    )
    actions.add_parser("list", help="names, venues and kinds of the keys that were added")
    remove = actions.add_parser("remove", help="forget a key")
    remove.add_argument("name")
    check = actions.add_parser("check", help="ask the venue what a key may do")
    check.add_argument("name", nargs="?", help="default: the key of the environment")
    _venue(check)


def _key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--key", metavar="NAME", help="use this key of the keyring (see: keys add)")


def _venue(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--venue",
        choices=VENUES,
        help="where the market is (default: BINANCE_MCP_VENUE, then live)",
    )


def _replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--replay",
        action="extend",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="play recordings instead of simulating; kline files are taken as history",
    )


def _mirror(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--mirror",
        metavar="live|URL",
        help="let the embedded exchange show another venue's market as it is now: a venue's name,"
        " or the REST address of an exchange on this machine",
    )
    parser.add_argument(
        "--mirror-symbols",
        type=_symbols,
        default=(),
        metavar="NAMES",
        help="which symbols of it, comma-separated (default: some that are traded much)",
    )


def _symbols(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip().upper() for name in text.split(",") if name.strip()))
    if not names:
        raise argparse.ArgumentTypeError(f"{text!r} names no symbol (BTCUSDT,ETHUSDT or the like)")
    return names


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535; 0: any free one)")
    return int(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of lines")
    return int(text)


def _milliseconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 60_000):
        raise argparse.ArgumentTypeError(f"{text!r} is not a delay in ms (0 to 60000)")
    return int(text)
