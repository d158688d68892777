"""Words on the command line: help for a person, service for a program, exit code 2 and one message for a mistake."""

import io

import pytest

from binance_mcp_server import __version__
from binance_mcp_server.__main__ import main
from binance_mcp_server.cli import parser
from binance_mcp_server.cli.parser import build_parser, run
from binance_mcp_server.venues import VENUES


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_person_without_a_command_gets_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal())
    assert main([]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert all(command in out for command in ("serve", "exchange", "demo", "doctor"))


def test_a_program_without_a_command_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[str] = []

    def remember(options: object) -> int:
        commands.append(options.command)  # type: ignore[attr-defined]
        return 7

    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr(parser, "_command", remember)
    assert run([]) == 7
    assert commands == ["serve"]


def test_the_venues_are_those_of_the_table() -> None:
    """Taken here as they stand there; others are refused below."""
    for venue in VENUES:
        for command in ("serve", "doctor"):
            options = parser.build_parser().parse_args([command, "--venue", venue])
            assert options.venue == venue


@pytest.mark.parametrize(
    "argv",
    [
        ["moon"],
        ["serve", "--venue", "moon"],
        ["serve", "--moon"],
        ["exchange", "--port", "65536"],
        ["exchange", "--port", "-1"],
        ["exchange", "--stream-port", "x"],
        ["exchange", "--latency", "60001"],
        ["exchange", "--seed", "x"],
        ["exchange", "--replay"],
        ["exchange", "--mirror"],
        ["exchange", "--mirror", "live", "--mirror-symbols", " , "],
        ["exchange", "--queue-model", "hope"],
        ["doctor", "--venue", ""],
    ],
)
def test_a_word_that_makes_no_sense_ends_with_2(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(argv)
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert "usage:" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("argv", "environ", "words"),
    [
        (["serve", "--toolsets", "moon"], {}, "unknown toolset 'moon'"),
        (["serve", "--http", "nowhere"], {}, "HOST:PORT"),
        (["serve", "--http", "0.0.0.0:0"], {}, "without a token"),
        (["serve"], {"BINANCE_MCP_VENUE": "moon"}, "unknown venue 'moon'"),
        (["serve"], {"BINANCE_API_KEY": "SIMhunter2"}, "embedded exchange"),
        (["serve", "--venue", "sim"], {"BINANCE_API_KEY": "hunter2"}, "simulator"),
        (["doctor"], {"BINANCE_MCP_REST_URL": "https://evil.example"}, "Binance's hosts"),
    ],
)
def test_settings_that_cannot_be_end_with_2_and_one_message(
    argv: list[str],
    environ: dict[str, str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("BINANCE_MCP_VENUE", "BINANCE_MCP_REST_URL", "BINANCE_MCP_HTTP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert run(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert all(line.startswith("mcp-server-binance: ") for line in err.splitlines())
    assert "hunter2" not in err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["--version"])
    assert ended.value.code == 0
    assert __version__ in capsys.readouterr().out


def test_recordings_add_up() -> None:
    options = build_parser().parse_args(
        ["exchange", "--replay", "a", "b", "--replay", "c", "--speed", "max", "--hold"]
    )
    assert [path.name for path in options.replay] == ["a", "b", "c"]
    assert (options.speed, options.hold, options.port, options.seed) == ("max", True, 0, 1)


def test_symbols_to_mirror_are_taken_as_people_write_them() -> None:
    for command in ("exchange", "serve"):
        options = build_parser().parse_args(
            [command, "--mirror", "live", "--mirror-symbols", "btcusdt, ETHUSDT,,btcusdt"]
        )
        assert (options.mirror, options.mirror_symbols) == ("live", ("BTCUSDT", "ETHUSDT"))
        assert build_parser().parse_args([command]).mirror is None
