"""The package as a graph of modules, read from its source: nothing is imported to draw it."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

PACKAGE = "binance_mcp_server"

FunctionDef = ast.FunctionDef | ast.AsyncFunctionDef


class Import(NamedTuple):
    """One name that a module imports."""

    target: str
    """Absolute dotted name, of a module or of something in one."""
    line: int
    lazy: bool
    """Inside a function: paid for when called, not when imported."""


@dataclass(frozen=True)
class Module:
    """One source file."""

    name: str
    source: str
    is_package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Everything it imports, ``TYPE_CHECKING`` blocks aside."""
        return tuple(self._walk(self.tree, lazy=False))

    @property
    def lines(self) -> int:
        return len(self.source.splitlines())

    def functions(self) -> Iterator[FunctionDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, FunctionDef))

    def _walk(self, node: ast.AST, *, lazy: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            yield from self._named(child, lazy=lazy)
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                children: Iterable[ast.AST] = child.orelse
            else:
                children = (child,)
            inside = lazy or isinstance(child, FunctionDef | ast.Lambda)
            for each in children:
                yield from self._walk(each, lazy=inside)

    def _named(self, node: ast.AST, *, lazy: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, lazy) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = self._base(node)
            yield from (Import(f"{base}.{alias.name}", node.lineno, lazy) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant):
                    yield Import(str(argument.value), node.lineno, lazy)

    def _base(self, node: ast.ImportFrom) -> str:
        """What ``from`` names, relative dots resolved."""
        if not node.level:
            return node.module or ""
        up = node.level - (1 if self.is_package else 0)
        parts = self.name.split(".")[: -up or None]
        return ".".join([*parts, *([node.module] if node.module else [])])


class Package:
    """All modules of the package, and the arrows between them."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self.modules = {module.name: module for module in modules}

    @classmethod
    def read(cls, root: Path) -> "Package":
        """The package below the folder *root*."""
        return cls(_read(root / PACKAGE, root))

    @classmethod
    def of(cls, sources: Mapping[str, str]) -> "Package":
        """A made-up one, from module names (without the package's) and their sources."""
        packages = {name.rpartition(".")[0] for name in sources}
        return cls(
            Module(f"{PACKAGE}.{name}", source, is_package=name in packages)
            for name, source in sources.items()
        )

    def arrows(self, module: Module) -> dict[str, Import]:
        """Modules of ours that *module* imports, each with the first place where it does."""
        found: dict[str, Import] = {}
        for each in module.imports:
            target = self.resolve(each.target)
            if target and target != module.name:
                found.setdefault(target, each)
        return found

    def resolve(self, dotted: str) -> str | None:
        """The module of ours in which *dotted* lives; ``None`` for what others wrote."""
        parts = dotted.split(".")
        if parts[0] != PACKAGE:
            return None
        names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((name for name in names if name in self.modules), PACKAGE)

    def reach(self, start: str) -> Iterator[tuple[str, ...]]:
        """Paths from *start* to every module that importing it brings in, *start* itself first."""
        seen = {start}
        paths: list[tuple[str, ...]] = [(start,)]
        while paths:
            path = paths.pop()
            yield path
            module = self.modules.get(path[-1])
            for target in self.arrows(module) if module else ():
                if target not in seen:
                    seen.add(target)
                    paths.append((*path, target))


def _read(folder: Path, root: Path) -> Iterator[Module]:
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        yield Module(name, path.read_text(encoding="utf-8"), is_package)
