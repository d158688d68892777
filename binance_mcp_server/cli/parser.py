"""Words on the command line → the command's options. Commands are imported when they are chosen."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from binance_mcp_server import __version__
from binance_mcp_server.errors import BinanceMcpError
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


def _milliseconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 60_000):
        raise argparse.ArgumentTypeError(f"{text!r} is not a delay in ms (0 to 60000)")
    return int(text)
