"""The documents are true to the code: links resolve, the tool table is current, names and examples exist and run."""

import asyncio
import importlib.util
import re
import shlex
import subprocess
import sys
from argparse import Action, ArgumentParser, _SubParsersAction
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest

from binance_mcp_server.cli.parser import PROGRAM, build_parser
from binance_mcp_server.settings import load_settings
from tests.clients.process import ExchangeProcess

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
IDS = [str(page.relative_to(ROOT)) for page in PAGES]
TEXT = {page: page.read_text(encoding="utf-8") for page in PAGES}
ALL = "\n".join(TEXT.values())

# Read by the tests alone, to find recordings.
NOT_SETTINGS = {"BINANCE_MCP_DATA"}
VARIABLE = re.compile(r"\b(?:BINANCE_[A-Z_]*[A-Z]|HTTPS_PROXY)(?:_…)?")
# Written in pieces, so that a search for such paths does not find this file.
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:root|work|home|Users|tmp|opt)/" r"\S")
RUN_SECONDS = 60


def load(path: Path) -> ModuleType:
    """A script as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of *language*."""
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT[page], flags=re.MULTILINE | re.DOTALL)


def without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", without_blocks(text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def commands() -> Mapping[str, ArgumentParser]:
    """The parser of each command."""
    (chosen,) = (act for act in build_parser()._actions if isinstance(act, _SubParsersAction))
    return dict(chosen.choices)


def flags(actions: list[Action]) -> set[str]:
    """Those of *actions*, and of the commands below them."""
    found = {flag for action in actions for flag in action.option_strings}
    below = [each for each in actions if isinstance(each, _SubParsersAction)]
    return found.union(*(flags(each._actions) for act in below for each in act.choices.values()))


ALL_FLAGS = flags(
    [*build_parser()._actions, *(a for each in commands().values() for a in each._actions)]
)


class Asked(Mapping[str, str]):
    """An empty environment that remembers what was looked up."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def settings_variables() -> set[str]:
    """Every environment variable that the settings look at."""
    environment = Asked()
    load_settings({"http": "127.0.0.1:8000"}, environment)
    return {name for name in environment.names if name.isupper()}


def covers(documented: str, name: str) -> bool:
    """Whether *documented*, which may end in ``…``, means *name*."""
    return name == documented or (documented.endswith("…") and name.startswith(documented[:-1]))


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_relative_links_resolve(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_blocks(TEXT[page])):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        there = (page.parent / path).resolve() if path else page
        is_found = there.exists() and there.is_relative_to(ROOT)
        if not is_found or (anchor and anchor not in anchors(TEXT.get(there, ""))):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_pages_name_no_path_of_a_machine(page: Path) -> None:
    assert MACHINE_PATH.findall(TEXT[page]) == []


def test_the_tool_table_is_what_the_server_lists() -> None:
    script = load(ROOT / "scripts" / "tool_table.py")
    written = (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
    assert written == script.page(asyncio.run(script.listed())), "run python scripts/tool_table.py"


def test_the_readme_names_every_tool_and_no_other() -> None:
    tools = asyncio.run(load(ROOT / "scripts" / "tool_table.py").listed())
    named = re.findall(r"^\| `([a-z_]+)` \|", TEXT[ROOT / "README.md"], flags=re.MULTILINE)
    assert sorted(named) == sorted(tool["name"] for tool in tools)


def test_documented_variables_are_read() -> None:
    known = settings_variables() | NOT_SETTINGS
    documented = set(VARIABLE.findall(ALL))
    unread = [doc for doc in documented if not any(covers(doc, name) for name in known)]
    assert unread == []


def test_variables_that_are_read_are_documented() -> None:
    documented = set(VARIABLE.findall(TEXT[ROOT / "README.md"]))
    missing = [
        name
        for name in sorted(settings_variables())
        if not any(covers(each, name) for each in documented)
    ]
    assert missing == []


def test_command_lines_in_the_documents_parse() -> None:
    """Every line that shows our command with flags names a command and flags that exist."""
    unknown = []
    for line in re.findall(rf"(?:^\$ |`){PROGRAM}((?: [^`\n]+)?)", ALL, flags=re.MULTILINE):
        command, *rest = shlex.split(line) or ["serve"]
        known = flags(commands()[command]._actions) if command in commands() else ALL_FLAGS
        named = {word.partition("=")[0] for word in rest if word.startswith("--")}
        if command not in commands() or named - known:
            unknown.append(line)
    assert unknown == []


def test_flags_in_tables_exist() -> None:
    for page in (ROOT / "README.md", ROOT / "docs" / "exchange.md"):
        rows = "\n".join(re.findall(r"^\| (.*?) \|", TEXT[page], flags=re.MULTILINE))
        assert set(re.findall(r"--[a-z][a-z-]*", rows)) <= ALL_FLAGS


def test_every_flag_of_the_exchange_is_documented() -> None:
    text = TEXT[ROOT / "docs" / "exchange.md"]
    shown = {a for a in commands()["exchange"]._actions if a.help != "==SUPPRESS=="}
    assert [f for f in flags(list(shown)) if f.startswith("--") and f not in text] == ["--help"]


def test_targets_of_make_in_the_documents_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    assert set(re.findall(r"(?:`|\$ )make ([a-z]+)", ALL)) <= targets


def test_help_of_every_command_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    for command in commands():
        with pytest.raises(SystemExit, match="0"):
            build_parser().parse_args([command, "--help"])
        assert command in capsys.readouterr().out


@pytest.fixture(scope="module")
def rest() -> Iterator[str]:
    with ExchangeProcess() as process:
        yield process.rest


@pytest.mark.parametrize("block", blocks(ROOT / "docs" / "exchange.md", "python"))
def test_examples_for_other_clients_run(rest: str, block: str) -> None:
    module = re.findall(r"^(?:from|import) (\w+)", block, flags=re.MULTILINE)[0]
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    code, count = re.subn(r"http://127\.0\.0\.1:8080", rest, block)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True, text=True, timeout=RUN_SECONDS, check=False,
    )  # fmt: skip
    assert count == 1
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
