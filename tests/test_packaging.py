"""What a newcomer gets: one version, a command that starts, pins that hold anywhere, a quick start."""

import importlib.metadata
import itertools
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import binance_mcp_server
from tests.import_graph import PACKAGE, Package

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.txt", "requirements-dev.txt")

# Written in pieces, so that this file does not find itself.
OF_ONE_MACHINE = re.compile(
    r"(?<![\w.~-])/(?:root|work|opt/pypi[\w-]*)/"
    r"|file:/{2,}|pypi\.org/sim" r"ple|files\.python" r"hosted\.org|--(?:extra-)?index" r"-url[= ]"
)  # fmt: skip


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pins() -> dict[str, Requirement]:
    """The runtime's exact versions, by name."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    parsed = [
        Requirement(line.removesuffix("\\")) for line in lines if re.match(r"[\w.-]+==", line)
    ]
    return {canonicalize_name(each.name): each for each in parsed}


def run_python(code: str) -> set[str]:
    """What *code* prints, as words."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_version_stands_in_one_place(project: dict[str, Any]) -> None:
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["setuptools"]["dynamic"]["version"]["attr"] == f"{PACKAGE}.__version__"


def test_the_installed_version_is_the_sources() -> None:
    try:
        installed = importlib.metadata.version("mcp-server-binance")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("run from a source tree without an installation")
    assert installed == binance_mcp_server.__version__


def test_the_command_resolves_to_a_function(project: dict[str, Any]) -> None:
    assert callable(pkgutil.resolve_name(project["project"]["scripts"]["mcp-server-binance"]))


def test_what_we_import_we_declare(project: dict[str, Any]) -> None:
    extras = project["project"]["optional-dependencies"].values()
    ranges = [*project["project"]["dependencies"], *itertools.chain(*extras)]
    declared = {canonicalize_name(Requirement(each).name) for each in ranges}
    providers = importlib.metadata.packages_distributions()
    modules = Package.read(ROOT).modules.values()
    roots = {each.target.partition(".")[0] for module in modules for each in module.imports}
    foreign = roots - sys.stdlib_module_names - {PACKAGE}
    undeclared = {
        root
        for root in foreign
        if not declared & {canonicalize_name(name) for name in (root, *providers.get(root, ()))}
    }
    assert undeclared == set()


def test_every_dependency_is_pinned_within_its_range(
    project: dict[str, Any], pins: dict[str, Requirement]
) -> None:
    for text in project["project"]["dependencies"]:
        wanted = Requirement(text)
        (pinned,) = pins[canonicalize_name(wanted.name)].specifier
        assert pinned.operator == "=="
        assert wanted.specifier.contains(pinned.version), wanted.name


@pytest.mark.parametrize("name", LOCKS)
def test_pins_name_no_place_to_fetch_from(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert re.findall(r"^\S+ @ ", text, flags=re.MULTILINE) == []
    assert re.findall(r"^-{1,2}\w+", text, flags=re.MULTILINE) == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_hashes(name: str) -> None:
    text = re.sub(r"\\\n", "", (ROOT / name).read_text(encoding="utf-8"))
    entries = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert len(entries) > 10
    assert [line[:40] for line in entries if "--hash=sha256:" not in line] == []


def test_no_tracked_file_names_a_machine_or_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    found = [
        f"{name}: {match.group()}"
        for name in listed.stdout.split("\0")
        if (path := ROOT / name).is_file()
        for match in OF_ONE_MACHINE.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "words", [("see /work", "main"), ("cd /root", "x"), ("file:", "", "", "opt")]
)
def test_the_search_for_machine_paths_finds_them(words: tuple[str, ...]) -> None:
    assert OF_ONE_MACHINE.search("/".join(words))


def test_the_server_imports_nothing_that_can_wait() -> None:
    """Beyond what FastMCP itself brings in: start-up is a feature."""
    show = "print(*sys.modules)"
    bare = run_python(f"import sys; from fastmcp import FastMCP; FastMCP('x'); {show}")
    ours = run_python(f"import sys, {PACKAGE}.server; {show}") - bare
    late = ("aiohttp", "cyclopts", "rich", f"{PACKAGE}.exchange", f"{PACKAGE}.cli", "numpy", "PIL")
    assert sorted(name for name in ours if name.startswith(late)) == []
