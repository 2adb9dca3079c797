"""What names in the package stand for: its modules, read, and what leads from one definition to the next.

A name that might stand for several things stands for all of them: whether an argument hides a function is not asked.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tools.tutorials.normalise import DOES_SOMETHING, PACKAGE, normalised, written

Function = ast.FunctionDef | ast.AsyncFunctionDef
DEFINES = Function | ast.ClassDef | ast.Assign | ast.AnnAssign
IMPORT = "<import>"  # what a module does when it is imported
WHOLE = "<whole>"  # all that it defines


class Node(NamedTuple):
    """What can be reached: a name that a module defines, or one of the two above."""

    module: str
    name: str


Found = list[Node | str]  # nodes of the package, and full names of other libraries


class Module:
    """A module, read: which statements define a name, and what it imports."""

    def __init__(self, name: str, body: list[ast.stmt], *, is_package: bool = False) -> None:
        self.name = name
        self._folder = name.split(".") if is_package else name.split(".")[:-1]
        self.statements = [part for part in body if not isinstance(part, ast.Import | ast.ImportFrom)]
        self.defined: dict[str, list[ast.stmt]] = {}
        for statement in self.statements:
            for bound in _bound(statement):
                self.defined.setdefault(bound, []).append(statement)
        self.imports = list(self._imports(body))
        self.text = f"{written(body)}{self.imports}"
        names = [name for name, _ in {*self.imports}]
        # One name for two things: which of them a use means depends on where it stands.
        self.is_ambiguous = len({*names}) < len(names) or not self.defined.keys().isdisjoint(names)

    def _imports(self, body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
        """The names that are imported, anywhere in the module, and what they stand for in full."""
        for node in (node for statement in body for node in ast.walk(statement)):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield alias.asname or alias.name, alias.name
                    if "." in alias.name and not alias.asname:  # binds the first part alone
                        yield alias.name.split(".")[0], alias.name.split(".")[0]
            elif isinstance(node, ast.ImportFrom):
                above = self._folder[: 1 - node.level or None] if node.level else []
                for alias in node.names:
                    yield alias.asname or alias.name, ".".join([*above, *filter(None, [node.module]), alias.name])


@cache
def _module(name: str, source: str, *, is_package: bool) -> Module:
    return Module(name, normalised(source).body, is_package=is_package)


class Package:
    """All modules of the package."""

    def __init__(self, root: Path) -> None:
        self.files = sorted(file for file in (root / PACKAGE).rglob("*") if file.is_file() and file.suffix != ".pyc")
        self.modules: dict[str, Module] = {}
        for file in (file for file in self.files if file.suffix == ".py"):
            name = ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            source = file.read_text(encoding="utf-8")
            self.modules[name] = _module(name, source, is_package=file.name == "__init__.py")

    def read(self, node: Node) -> tuple[list[ast.stmt], Found]:
        """The statements of a node, and what they refer to."""
        module = self.modules[node.module]
        if node.name == WHOLE:
            names = sorted({*module.defined, *(name for name, _ in module.imports)})
            below = [Node(name, WHOLE) for name in sorted(self.modules) if name.startswith(f"{node.module}.")]
            return [], [found for name in names for found in self._find(module, [name])] + below
        acting = [part for part in module.statements if node.name == IMPORT and self._acts(module, part)]
        statements = module.defined.get(node.name, acting)
        return statements, self.refers(module, statements)

    def imported_with(self, module: Module) -> list[Node]:
        """The modules that an import of this one runs: those above it, and those that it imports, with those above."""
        paths = [path.split(".") for path in (module.name, *(path for _, path in module.imports))]
        names = {".".join(path[:length]) for path in paths for length in range(1, len(path) + 1)}
        return [Node(name, IMPORT) for name in names & self.modules.keys()]

    def _acts(self, module: Module, node: ast.AST) -> bool:
        """Whether Python does more where it comes by than to define names; the body of a function waits for a call."""
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            return True
        if isinstance(node, DOES_SOMETHING) or (isinstance(node, ast.stmt) and not isinstance(node, DEFINES)):
            return True
        decorators = getattr(node, "decorator_list", [])
        if any(isinstance(found, Node) for found in self.refers(module, decorators)):
            return True
        waits = node.body if isinstance(node, Function) else [node.body] if isinstance(node, ast.Lambda) else []
        now = [child for child in ast.iter_child_nodes(node) if child not in decorators and child not in waits]
        return any(self._acts(module, child) for child in now)

    def refers(self, module: Module, statements: Iterable[ast.AST]) -> Found:
        """What names, and strings with names of modules, stand for, in order."""
        refers: Found = []
        for statement in statements:
            seen: set[ast.AST] = set()  # as a part of a longer name
            for node in ast.walk(statement):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    refers += self._named_in(node.value)
                elif node not in seen and (name := _dotted(node)):
                    seen |= {*ast.walk(node)}
                    refers += self._find(module, name)
        return refers

    def _find(self, module: Module, name: list[str], seen: frozenset[tuple[str, str]] = frozenset()) -> Found:
        """What a dotted name in a module stands for, through every import."""
        if not name or (module.name, name[0]) in seen:
            return []
        found: Found = [Node(module.name, own) for own in (name[0], "__getattr__") if own in module.defined]
        for bound, path in module.imports:
            if bound == name[0]:
                found += self._at(path, name[1:], seen | {(module.name, name[0])})
        return found

    def _at(self, path: str, attributes: list[str], seen: frozenset[tuple[str, str]] = frozenset()) -> Found:
        """What a full name stands for; a module itself, or what is not found in it, for the whole module."""
        parts = [*path.split("."), *attributes]
        if parts[0] != PACKAGE:
            return [".".join(parts)]
        found: Found = []
        last = PACKAGE
        for length in range(1, len(parts) + 1):
            if (name := ".".join(parts[:length])) in self.modules:
                found += self._find(self.modules[last := name], parts[length:], seen)
        return found if found and last != ".".join(parts) else [*found, Node(last, WHOLE)]

    def _named_in(self, text: str) -> Found:
        """What a string names may be run by it; one that ends in a dot may become the name of any module below."""
        refers: Found = []
        for path in re.findall(rf"\b{PACKAGE}[./][\w./]*", text):
            name = path.removesuffix(".py").replace("/", ".").rstrip(".")
            if ".".join(name.split(".")[:2]) in self.modules:
                refers += self._at(name, ["__main__"] if f"{name}.__main__" in self.modules else [])
        return refers


def _bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, Function | ast.ClassDef):
        return {statement.name}
    nodes = list(ast.walk(statement))
    given = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    return given | {node.name for node in nodes if isinstance(node, Function | ast.ClassDef)}


def _dotted(node: ast.AST) -> list[str]:
    """`a.b.c` in parts; nothing where it is no name."""
    match node:
        case ast.Name(id=name):
            return [name]
        case ast.Attribute(value=value, attr=name) if above := _dotted(value):
            return [*above, name]
    return []
