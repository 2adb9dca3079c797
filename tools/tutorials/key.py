"""The part of a tutorial's key that is code: a hash of its cells and of the definitions in the package that they reach.

From the names that cells use, every definition is followed through functions, classes, constants and imports, by
reading alone: nothing is imported. Whoever mends one function makes stale the tutorials that can call it, and no other.

What counts:

- each definition that is reached, whole: a class with all its methods, bases, decorators and fields, a function with
  its defaults, a constant with its value. A module that is passed on as an object (`run(module)`) or named in a string
  (`python -m aigc_ref.metrics`) counts with all that it defines.
- what a module does when it is imported: calls, `if`, monkey patches, decorators that might register something, values
  that are computed by more than the pure functions in QUIET. It counts for every module that gets imported, reached by
  name or not.

What does not:

- comments, layout, docstrings; help texts of argparse; the words of an exception, where its class is Python's own or
  has no methods (which exception it is, and when it is raised, counts);
- annotations of functions and variables, which Python does not look at. Those in the body of a class stay: a dataclass
  is made of them;
- where a definition stands. It is known by its content and by what its own names mean, so that one that is moved, or
  imported by another way, stays the same.

If the code that is reached looks at docstrings or annotations after all, or cells show an exception that they caught,
then these count, too. Taken on trust: importing other libraries and inheriting from their classes changes nothing by
itself, nor does the order in which modules are imported; nothing depends on `__name__` and `__file__` of the module
that it is in; and no result shows the words of an exception that the package itself has caught.

Definitions are written out from Python's syntax tree by `_Writer`, not by `ast.dump` or `ast.unparse`, whose output
changes from one version of Python to the next: here fields that are empty are left out, so that fields which only newer
versions have do not show, and strings are escaped to ASCII.
"""

import ast
import builtins
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

PACKAGE = "aigc_ref"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Functions that have no effect but their result, so that a constant made by them counts only where it is reached.
QUIET = _words(
    """
    abs all any bool bytes chr complex dict divmod enumerate filter float format frozenset int isinstance issubclass len
    list map max min ord pow property range repr reversed round set slice sorted str sum tuple type zip
    classmethod staticmethod
    collections.Counter collections.OrderedDict collections.defaultdict collections.namedtuple
    contextlib.asynccontextmanager contextlib.contextmanager
    dataclasses.dataclass dataclasses.field enum.auto
    functools.cache functools.cached_property functools.lru_cache functools.partial functools.wraps
    itertools.chain itertools.product
    math.exp math.log math.log2 math.sqrt
    operator.attrgetter operator.itemgetter
    pathlib.Path re.compile re.escape struct.Struct
    torch.enable_grad torch.inference_mode torch.no_grad
    types.MappingProxyType
    typing.NewType typing.ParamSpec typing.TypeVar typing.TypeVarTuple typing.final typing.get_args typing.overload
    typing.override typing.runtime_checkable
    unicodedata.category unicodedata.normalize
    """
)
QUIET_METHODS = _words("format join lower partition removeprefix removesuffix rpartition split splitlines strip upper")
# Of these, only what they are given to make is new: they do not look at annotations.
BLIND_DECORATORS = _words(
    """
    classmethod property staticmethod
    contextlib.asynccontextmanager contextlib.contextmanager
    functools.cache functools.cached_property functools.lru_cache
    torch.enable_grad torch.inference_mode torch.no_grad
    typing.final typing.overload typing.override
    """
)
ARGPARSE = _words(
    "ArgumentParser add_argument add_argument_group add_mutually_exclusive_group add_parser add_subparsers"
)
HELP = _words("description epilog help metavar usage")
READS_ANNOTATIONS = _words("__annotations__ get_annotations get_type_hints script signature singledispatch")
READS_DOCSTRINGS = _words("__doc__ getdoc")
READS_MESSAGES = _words("exc_info format_exc format_exception print_exc raises")
READS_DATA = _words("__file__ get_data resources")
OWN_NAMESPACE = _words("eval exec globals vars")
IMPORTERS = _words("__import__ import_module run_module run_path")

# Kinds of node beside the definitions of a name.
IMPORT = "<import>"  # what a module does when it is imported
MODULE = "<module>"  # a module as an object: all that it defines
MAIN = "<main>"  # a module as a command
DATA = "<data>"  # the files beside a module that are not Python


class Node(NamedTuple):
    """Something that can be reached: a name of a module, or one of the kinds above."""

    module: str
    name: str


class Origin(NamedTuple):
    """Where an imported name comes from; without a name it is the module itself."""

    module: str
    name: str | None


Function = ast.FunctionDef | ast.AsyncFunctionDef
CELLS = Node("", "<cells>")


@dataclass(frozen=True)
class _Counted:
    """What of the words in the code counts."""

    docstrings: bool = False
    annotations: bool = False
    messages: bool = False


def code_key(cells: Sequence[str], root: Path) -> str:
    """Hash of the cells and of all that they reach.

    Args:
        cells: the sources of the code cells, in order.
        root: the folder that holds the package.
    """
    trees = [_parsed(cell) for cell in cells]
    package = _Package(root)
    catches = any(isinstance(node, ast.ExceptHandler) and node.name for tree in trees for node in ast.walk(tree))
    reached = _reach(trees, cells, package, counted := _Counted(messages=catches))
    identifiers = set().union(*(text.identifiers for text in reached.values()))
    looks = _Counted(
        docstrings=bool(identifiers & READS_DOCSTRINGS),
        annotations=bool(identifiers & READS_ANNOTATIONS),
        messages=catches or bool(reached[CELLS].identifiers & READS_MESSAGES),
    )
    if looks != counted:
        reached = _reach(trees, cells, package, looks)
    return _digest(reached)


def _digest(reached: dict[Node, "_Text"]) -> str:
    """One hash of all texts and of how they refer to each other, whatever their modules are called.

    Each text starts with the hash of itself. Then it is hashed anew with the hashes of those it refers to, until that
    tells no more of them apart: cycles, as of functions that call each other, need nothing special.
    """
    colours = {node: _sha(text.text) for node, text in reached.items()}
    different = 0
    while different < (different := len(set(colours.values()))):
        colours = {
            node: _sha("\n".join([colours[node], *(colours[other] for other in text.refers)]))
            for node, text in reached.items()
        }
    imports = {colour for node, colour in colours.items() if node.name == IMPORT and reached[node].text}
    others = sorted(colour for node, colour in colours.items() if node.name != IMPORT)
    return _sha("\n".join([colours[CELLS], "imports", *sorted(imports), "definitions", *others]))


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _reach(
    trees: Sequence[ast.Module], sources: Sequence[str], package: "_Package", counted: _Counted
) -> dict[Node, "_Text"]:
    scope = _Module(CELLS.module, is_package=False, folder=None, tree=None)
    for tree in trees:
        scope.add_imports(ast.walk(tree))
    writer = _Writer(package, scope, counted, _bound([node for tree in trees for node in tree.body]))
    for tree, source in zip(trees, sources, strict=True):
        writer.cell(tree, quiet=source.rstrip().endswith(";"))
    reached = {CELLS: writer.text()}
    waiting = [*reached[CELLS].refers, *reached[CELLS].imports]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached[node] = package.text(node, counted)
            waiting += [*reached[node].refers, *reached[node].imports]
    return reached


@cache
def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:
        # Commands of IPython: a line that begins so is taken as the text that it is.
        lines = source.splitlines()
        return ast.parse("\n".join(re.sub(r"^(\s*)([!%].*)", lambda m: m[1] + repr(m[2]), line) for line in lines))


class _Module:
    """A module, read: which statements define a name, what it imports, and what it does beside."""

    def __init__(self, name: str, *, is_package: bool, folder: Path | None, tree: ast.Module | None) -> None:
        self.name = name
        self.is_package = is_package
        self.folder = folder
        self.statements: dict[str, list[ast.stmt]] = {}
        self.imports: dict[str, list[Origin]] = {}
        self.stars: list[str] = []
        self.imported: list[Origin] = []
        self.effects: list[ast.stmt] = []
        self.main: list[ast.stmt] = []
        for statement in tree.body if tree else []:
            self._add(statement)

    def _add(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Expr(ast.Constant()) | ast.Pass():
                return
            case ast.Import() | ast.ImportFrom():
                self.add_imports([statement])
                return
            case ast.If(test=ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                self.add_imports(ast.walk(statement), executed=False)  # names for annotations
                for other in statement.orelse:
                    self._add(other)
                return
            case ast.If(test=ast.Compare(left=ast.Name("__name__"))):
                self.main.append(statement)
                for other in statement.orelse:
                    self._add(other)
                return
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names = {statement.name}
            case _:
                names = _bound([statement])
                if not _is_definition(statement):
                    self.effects.append(statement)
                    self.add_imports(ast.walk(statement))
        for name in names:
            self.statements.setdefault(name, []).append(statement)

    def add_imports(self, nodes: Iterable[ast.AST], *, executed: bool = True) -> None:
        for name, origin in self.origins(nodes):
            if executed:
                self.imported.append(origin)
            if name == "*":
                self.stars.append(origin.module)
            elif name:
                self.imports.setdefault(name, []).append(origin)

    def origins(self, nodes: Iterable[ast.AST]) -> Iterator[tuple[str | None, Origin]]:
        """What the import statements among the nodes bind, and what else they import."""
        for node in nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.asname:
                        yield alias.asname, Origin(alias.name, None)
                    else:
                        yield alias.name.partition(".")[0], Origin(alias.name.partition(".")[0], None)
                        yield None, Origin(alias.name, None)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    parents = self.name.split(".")
                    parents = parents[: len(parents) - node.level + self.is_package]
                    base = ".".join([*parents, *([node.module] if node.module else [])])
                for alias in node.names:
                    yield alias.asname or alias.name, Origin(base, None if alias.name == "*" else alias.name)


def _is_definition(statement: ast.stmt) -> bool:
    """Whether the statement does nothing but give values to names (which may still be the values of effects)."""
    match statement:
        case ast.Assign(targets=targets):
            return all(isinstance(part, ast.Name | ast.Tuple | ast.List | ast.Store | ast.Starred)
                       for target in targets for part in ast.walk(target))  # fmt: skip
        case ast.AnnAssign(target=ast.Name()):
            return True
        case _:
            return type(statement).__name__ == "TypeAlias"


def _bound(nodes: Sequence[ast.AST]) -> set[str]:
    """Names that are bound anywhere within the nodes, except by imports."""
    names: set[str] = set()
    for top in nodes:
        for node in ast.walk(top):
            match node:
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                    names.add(name)
                case ast.arg(arg=name):
                    names.add(name)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    names.add(name)
                case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                    names.add(name)
                case ast.MatchMapping(rest=str(name)):
                    names.add(name)
    return names


class _Package:
    """The package's modules, read as they are needed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._modules: dict[str, _Module | None] = {}

    def module(self, name: str) -> _Module | None:
        if name not in self._modules:
            self._modules[name] = self._read(name)
        return self._modules[name]

    def _read(self, name: str) -> _Module | None:
        if name.split(".")[0] != PACKAGE:
            return None
        path = self.root.joinpath(*name.split("."))
        for file, is_package in ((path / "__init__.py", True), (path.with_suffix(".py"), False)):
            if file.is_file():
                tree = _parsed(file.read_text(encoding="utf-8"))
                return _Module(name, is_package=is_package, folder=file.parent, tree=tree)
        if path.is_dir():  # a package without a face
            return _Module(name, is_package=True, folder=path, tree=None)
        return None

    def every_module(self) -> list[str]:
        files = sorted((self.root / PACKAGE).rglob("*.py"))
        parts = [file.relative_to(self.root).with_suffix("").parts for file in files]
        return [".".join(part[:-1] if part[-1] == "__init__" else part) for part in parts]

    def _below(self, module: _Module) -> list[str]:
        """The modules directly in a package."""
        depth = module.name.count(".") + 1
        return [n for n in self.every_module() if n.startswith(f"{module.name}.") and n.count(".") == depth]

    def find(self, origin: Origin, seen: frozenset[Origin] = frozenset()) -> list[Node]:
        """The definitions in the package that a name of a module stands for, through every re-export."""
        module = self.module(origin.module)
        if module is None or origin in seen:
            return []
        if origin.name is None:
            return [Node(origin.module, MODULE)]
        seen |= {origin}
        found = [Node(origin.module, origin.name)] if origin.name in module.statements else []
        for other in module.imports.get(origin.name, ()):
            found += self.find(other, seen)
        if not found:
            for star in module.stars:
                found += self.find(Origin(star, origin.name), seen)
        if module.is_package and self.module(below := f"{origin.module}.{origin.name}"):
            found.append(Node(below, MODULE))
        if not found and "__getattr__" in module.statements and origin.name not in module.imports:
            found.append(Node(origin.module, "__getattr__"))
        return list(dict.fromkeys(found))

    def importing(self, origin: Origin) -> list[Node]:
        """The modules that an import runs: the one it names, and the packages above it."""
        parts = origin.module.split(".")
        names = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
        if origin.name:
            names.append(f"{origin.module}.{origin.name}")
        return [Node(name, IMPORT) for name in names if self.module(name)]

    def text(self, node: Node, counted: _Counted) -> "_Text":
        module = self.module(node.module)
        assert module is not None, node
        writer = _Writer(self, module, counted)
        writer.imports(Origin(node.module, None))
        match node.name:
            case "<import>":
                for origin in module.imported:
                    writer.imports(origin)
                for statement in self._effects(module, writer):
                    writer.statement(statement)
            case "<module>":
                for name in sorted({*module.statements, *module.imports}):
                    if found := self.find(Origin(node.module, name)):
                        writer.part(name)
                        writer.refer(found)
                for star in module.stars:
                    writer.refer(self.find(Origin(star, None)))
                if module.is_package:
                    writer.refer(Node(name, MODULE) for name in self._below(module))
            case "<main>":
                if module.is_package:
                    writer.refer([Node(f"{node.module}.__main__", MODULE), Node(f"{node.module}.__main__", MAIN)])
                else:
                    for statement in module.main:
                        writer.statement(statement)
            case "<data>":
                files = sorted(module.folder.rglob("*")) if module.folder else []
                for file in files:
                    if file.is_file() and file.suffix not in {".py", ".pyc", ".typed"}:
                        writer.part(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}")
            case name:
                for statement in module.statements[name]:
                    writer.statement(statement)
        return writer.text()

    def _effects(self, module: _Module, writer: "_Writer") -> list[ast.stmt]:
        """Of the module's statements, in order, those that may do more when it is imported than define their names."""
        every = {id(statement): statement for statements in module.statements.values() for statement in statements}
        every |= {id(statement): statement for statement in module.effects}
        does = {id(statement) for statement in module.effects}
        found = [s for s in every.values() if id(s) in does or not writer.is_quiet_definition(s)]
        return sorted(found, key=lambda statement: (statement.lineno, statement.col_offset))


@dataclass(frozen=True)
class _Text:
    """A node written out, with the nodes that its placeholders stand for and the modules that it imports."""

    text: str
    refers: tuple[Node, ...]
    imports: tuple[Node, ...]
    identifiers: frozenset[str]


@dataclass
class _Writer:
    """Writes statements of one module so that equal texts compute the same, whatever the version of Python."""

    _package: _Package
    _module: _Module
    _counted: _Counted
    _local: set[str] = field(default_factory=set)  # bound within the statement: what they mean depends on the place
    _parts: list[str] = field(default_factory=list)
    _refers: list[Node] = field(default_factory=list)
    _imports: list[Node] = field(default_factory=list)
    _identifiers: set[str] = field(default_factory=set)
    _scope: dict[str, list[Origin]] = field(default_factory=dict)  # imports within the statement
    _in_class: bool = False
    _annotated: bool = False

    def text(self) -> _Text:
        return _Text(
            "\n".join(self._parts),
            tuple(self._refers),
            tuple(dict.fromkeys(self._imports)),
            frozenset(self._identifiers),
        )

    def part(self, text: str) -> None:
        self._parts.append(text)

    def refer(self, nodes: Iterable[Node]) -> None:
        """A placeholder for definitions: how many, and by what they are told to be, not what they are called."""
        nodes = [node for node in nodes if self._package.module(node.module)]
        self._refers += nodes
        self.part(f"§{len(nodes)}")

    def imports(self, origin: Origin) -> None:
        self._imports += self._package.importing(origin)

    def statement(self, statement: ast.stmt) -> None:
        """Writes a statement of the module."""
        parts: list[ast.AST] = [statement]
        if isinstance(statement, Function | ast.ClassDef) or _is_definition(statement):
            parts = list(ast.iter_child_nodes(statement))  # the names that it defines are the module's
            parts = [part for part in parts if not isinstance(getattr(part, "ctx", None), ast.Store)]
        self._local = _bound(parts)
        self._scope = {}
        for name, origin in self._module.origins(ast.walk(statement)):
            self.imports(origin)
            if name and name != "*":
                self._scope.setdefault(name, []).append(origin)
        for name in self._scope:
            if len(set(self._origins(name))) > 1 or name in self._module.statements:
                self._local.add(name)
        self._write(statement)

    def cell(self, tree: ast.Module, *, quiet: bool) -> None:
        """Writes a cell; a last expression that no semicolon silences is shown."""
        self.part("cell;" if quiet else "cell")
        for origin in self._module.imported:
            self.imports(origin)
        for statement in tree.body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                self._write(statement.value)
            else:
                self._write(statement)

    # ---- what names mean -----------------------------------------------------------------------------------------

    def _origins(self, name: str) -> list[Origin]:
        return [*self._scope.get(name, ()), *self._module.imports.get(name, ())]

    def _find(self, name: str) -> list[Node]:
        """The definitions of the package that a name may stand for."""
        found = [node for origin in self._origins(name) for node in self._package.find(origin)]
        if self._module.name != CELLS.module:
            found += self._package.find(Origin(self._module.name, name))
        return list(dict.fromkeys(found))

    def _outside(self, name: str) -> list[str]:
        """The full names of what a name may stand for in other libraries."""
        origins = self._origins(name)
        if not origins and name not in self._module.statements and name not in vars(builtins):
            origins = [Origin(star, name) for star in self._module.stars]
        found = [f"{o.module}.{o.name}" if o.name else o.module for o in origins if o.module.split(".")[0] != PACKAGE]
        return list(dict.fromkeys(found))

    def _full_name(self, expression: ast.expr) -> str | None:
        """`re.compile` for `compile` after `from re import compile`; None for what is not surely from outside."""
        if isinstance(expression, ast.Attribute):
            base = self._full_name(expression.value)
            return f"{base}.{expression.attr}" if base else None
        if not isinstance(expression, ast.Name) or expression.id in self._local or self._find(expression.id):
            return None
        found = self._outside(expression.id)
        if not found and expression.id in vars(builtins):
            return expression.id
        return found[0] if len(found) == 1 else None

    # ---- what may have an effect when a module is imported ---------------------------------------------------------

    def is_quiet_definition(self, statement: ast.stmt) -> bool:
        """Whether importing the module may skip the statement where nothing reaches its name."""
        match statement:
            case ast.Pass() | ast.Expr(ast.Constant()):
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                defaults = [*statement.args.defaults, *filter(None, statement.args.kw_defaults)]
                return all(map(self._is_quiet_decorator, statement.decorator_list)) and all(
                    map(self._is_quiet, defaults)
                )
            case ast.ClassDef():
                return (
                    not any(word.arg in {None, "metaclass"} for word in statement.keywords)
                    and all(map(self._is_quiet_decorator, statement.decorator_list))
                    and all(map(self._is_quiet_base, statement.bases))
                    and all(map(self.is_quiet_definition, statement.body))
                )
            case ast.Assign(value=value) | ast.AnnAssign(value=value) if _is_definition(statement):
                return value is None or self._is_quiet(value)
            case _:
                return _is_definition(statement)  # a type alias, which is not evaluated

    def _is_quiet(self, expression: ast.expr) -> bool:
        """Whether evaluating the expression does nothing but give its value."""
        waiting: list[ast.AST] = [expression]
        while waiting:
            match node := waiting.pop():
                case ast.Await() | ast.Yield() | ast.YieldFrom() | ast.NamedExpr():
                    return False
                case ast.Lambda():
                    waiting += [*node.args.defaults, *filter(None, node.args.kw_defaults)]
                    continue
                case ast.Call(func=func):
                    method = isinstance(func, ast.Attribute) and func.attr in QUIET_METHODS
                    if not (method or self._full_name(func) in QUIET or self._makes_record(func)):
                        return False
            waiting += ast.iter_child_nodes(node)
        return True

    def _is_quiet_decorator(self, decorator: ast.expr) -> bool:
        if isinstance(decorator, ast.Attribute) and decorator.attr in {"setter", "getter", "deleter"}:
            return True
        arguments = [*decorator.args, *(k.value for k in decorator.keywords)] if isinstance(decorator, ast.Call) else []
        return self._decorator(decorator) in QUIET and all(map(self._is_quiet, arguments))

    def _decorator(self, decorator: ast.expr) -> str | None:
        return self._full_name(decorator.func if isinstance(decorator, ast.Call) else decorator)

    def _is_quiet_base(self, base: ast.expr) -> bool:
        """Whether inheriting from the class does nothing; of other libraries' classes that is assumed."""
        if not self._is_quiet(base):
            return False
        if isinstance(base, ast.Subscript):
            return self._is_quiet_base(base.value)
        if self._full_name(base):
            return True
        classes = list(self._classes(base))
        return bool(classes) and all(
            not kind.keywords
            and not any(isinstance(part, Function) and part.name == "__init_subclass__" for part in kind.body)
            and all(map(writer._is_quiet_base, kind.bases))
            for writer, kind in classes
        )

    def _makes_record(self, func: ast.expr) -> bool:
        """Whether a call makes an object of a dataclass or named tuple of the package that only keeps its fields."""
        classes = list(self._classes(func))
        return bool(classes) and all(writer._is_record(kind) for writer, kind in classes)

    def _is_record(self, kind: ast.ClassDef) -> bool:
        named = [self._full_name(base) == "typing.NamedTuple" for base in kind.bases]
        data = [self._decorator(decorator) == "dataclasses.dataclass" for decorator in kind.decorator_list]
        own = {part.name for part in kind.body if isinstance(part, Function)}
        return (
            (named == [True] or (not named and any(data)))
            and all(data)
            and not own
            & {
                "__init__",
                "__new__",
                "__post_init__",
            }
        )

    def _classes(self, expression: ast.expr) -> Iterator[tuple["_Writer", ast.ClassDef]]:
        """The classes of the package that an expression names; nothing where it names anything else as well."""
        found = []
        for node in self._named(expression)[0]:
            module = self._package.module(node.module)
            for statement in module.statements.get(node.name, [None]) if module else [None]:
                if module is None or not isinstance(statement, ast.ClassDef):
                    return
                found.append((_Writer(self._package, module, self._counted), statement))
        yield from found

    # ---- writing ---------------------------------------------------------------------------------------------------

    def _write(self, node: object) -> None:
        match node:
            case None:
                self.part("-")
            case str():
                self.part(ascii(node))
            case list():
                self._list(node)
            case ast.Name():
                self._name(node)
            case ast.Attribute():
                self._attribute(node)
            case ast.Constant(value=value):
                self.part(f"{type(value).__name__} {value!a}")
                if isinstance(value, str):
                    self._mentions(value)
            case ast.JoinedStr():
                self._joined(node)
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.Global(names=names):
                self.part(f"global {' '.join(names)}")
                for name in names:
                    self.refer(self._find(name))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                blind = all(self._decorator(decorator) in BLIND_DECORATORS for decorator in node.decorator_list)
                self._inside(node, in_class=False, annotated=not blind)
            case ast.ClassDef():
                self._inside(node, in_class=True, annotated=True)
            case ast.arg() if not (self._annotated or self._counted.annotations):
                self.part(f"arg {node.arg}")
            case ast.AnnAssign(target=target, value=value) if not (self._in_class or self._counted.annotations):
                self._fields("Assign", {"targets": [target], "value": value})
            case ast.Raise(exc=ast.Call() as call) if not self._counted.messages and self._is_wordy(call.func):
                self._raise(node, call)
            case ast.Call():
                self._call(node)
            case ast.AST():
                self._fields(type(node).__name__, dict(ast.iter_fields(node)))
            case _:
                self.part(repr(node))

    def _fields(self, kind: str, fields: dict[str, object]) -> None:
        self.part(f"{kind}(")
        for name, value in sorted(fields.items()):
            if name not in {"ctx", "kind", "type_comment"} and value is not None and value != []:
                self.part(f"{name}=")
                self._write(value)
        self.part(")")

    def _list(self, nodes: list[object]) -> None:
        self.part("[")
        for node in nodes:
            if isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                if self._counted.docstrings:
                    self._fields("Said", {"value": getattr(node, "value", None)})
            else:
                self._write(node)
        self.part("]")

    def _inside(self, node: Function | ast.ClassDef, *, in_class: bool, annotated: bool) -> None:
        fields = dict(ast.iter_fields(node))
        if not (annotated or self._counted.annotations):
            fields |= {"returns": None, "type_params": None}
        before = self._in_class, self._annotated
        self._in_class, self._annotated = in_class, annotated
        self._fields(type(node).__name__, fields)
        self._in_class, self._annotated = before

    def _name(self, node: ast.Name) -> None:
        self._identifiers.add(node.id)
        if not isinstance(node.ctx, ast.Load):
            self.part(f"name {node.id}")
            return
        found, outside = self._find(node.id), self._outside(node.id)
        if node.id in self._local or not (found or outside):
            self.part(f"name {node.id}")
        if found:
            self.refer(found)
        for full in outside:
            self.part(f"from outside {full}")
            self._identifiers.update(full.split("."))
        if self._module.name != CELLS.module and not found:
            if node.id in OWN_NAMESPACE:
                self.refer([Node(self._module.name, MODULE)])
            if node.id in READS_DATA:
                self.refer([Node(self._module.name, DATA)])

    def _attribute(self, node: ast.Attribute) -> None:
        self._identifiers.add(node.attr)
        if node.attr in READS_DATA and self._module.name != CELLS.module:
            self.refer([Node(self._module.name, DATA)])
        nodes, rest = self._named(node)
        if nodes:
            self.refer(nodes)
            for name in rest:
                self.part(f".{name}")
        elif full := self._full_name(node):
            self.part(f"from outside {full}")
            self._identifiers.update(full.split("."))
            if full == "sys.modules":
                self._everything()
        else:
            self._write(node.value)
            self.part(f".{node.attr}")

    def _named(self, expression: ast.expr) -> tuple[list[Node], list[str]]:
        """What a name stands for, or an attribute of a module; and the attributes beyond that."""
        attributes: list[str] = []
        base = expression
        while isinstance(base, ast.Attribute):
            attributes.insert(0, base.attr)
            base = base.value
        if not isinstance(base, ast.Name) or base.id in self._local:
            return [], []
        nodes = self._find(base.id)
        while attributes and nodes and all(node.name == MODULE for node in nodes):
            below = [found for node in nodes for found in self._package.find(Origin(node.module, attributes[0]))]
            if not below:
                break
            nodes = below
            attributes.pop(0)
        return nodes, attributes

    def _joined(self, node: ast.JoinedStr) -> None:
        """An f-string; how many pieces its text is in depends on the version of Python."""
        words = ""
        self.part("f(")
        for value in [*node.values, None]:
            if isinstance(value, ast.Constant):
                words += str(value.value)
                continue
            if words:
                self.part(ascii(words))
                self._mentions(words)
                words = ""
            if value is not None:
                self._write(value)
        self.part(")")

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name, origin in self._module.origins([node]):
            if origin.module.split(".")[0] != PACKAGE:
                self.part(f"import {name} {origin.module} {origin.name}")

    def _mentions(self, text: str) -> None:
        """A module that a string names may be run or imported by it."""
        if re.search(rf"\b{PACKAGE}([./]\w+)*[./]$", text):
            self._everything()  # the rest of the name is put behind
        for found in re.findall(rf"\b{PACKAGE}(?:[./]\w+)+", text):
            names = found.removesuffix(".py").replace("/", ".").split(".")
            for length in range(len(names), 1, -1):
                module = ".".join(names[:length])
                if self._package.module(module):
                    if length < len(names) and (nodes := self._package.find(Origin(module, names[length]))):
                        self.refer(nodes)
                    elif self._package.module(f"{module}.__main__"):
                        self.refer([Node(module, MAIN)])
                    else:
                        self.refer([Node(module, MODULE), Node(module, MAIN)])
                    self.imports(Origin(module, None))
                    break

    def _everything(self) -> None:
        self.refer(Node(name, MODULE) for name in self._package.every_module())

    def _call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        words = [k for k in node.keywords if not (name in ARGPARSE and k.arg in HELP and self._is_quiet(k.value))]
        self._fields("Call", {"func": node.func, "args": node.args, "keywords": words})
        last = (self._full_name(node.func) or "").rpartition(".")[2]
        if {name, last} & IMPORTERS and not (node.args and isinstance(node.args[0], ast.Constant)):
            self._everything()

    def _raise(self, node: ast.Raise, call: ast.Call) -> None:
        self.part("Raise(")
        self._write(call.func)
        for argument in call.args:
            self._wordless(argument)
        for keyword in call.keywords:
            self.part(f"{keyword.arg}=")
            self._write(keyword.value)
        self._write(node.cause)
        self.part(")")

    def _wordless(self, message: ast.expr) -> None:
        """Writes of an argument only what may do something beside saying what went wrong."""
        match message:
            case ast.Constant(value=str()):
                self.part("words")
            case ast.JoinedStr(values=values):
                self.part("words")
                for value in values:
                    if not self._is_quiet(value):
                        self._write(value)
            case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right) if self._is_quiet(message):
                text = [isinstance(part, ast.JoinedStr | ast.Constant | ast.BinOp) for part in (left, right)]
                if any(text):
                    self.part("words")
                else:
                    self._write(message)
            case ast.IfExp():
                self._write(message.test)
                self._wordless(message.body)
                self._wordless(message.orelse)
            case _:
                self._write(message)

    def _is_wordy(self, func: ast.expr) -> bool:
        """Whether an exception does nothing with what it is given but say it."""
        if name := self._full_name(func):
            kind = vars(builtins).get(name)
            return (
                isinstance(kind, type)
                and issubclass(kind, Exception)
                and not issubclass(kind, StopIteration | StopAsyncIteration)
            )
        classes = list(self._classes(func))
        return bool(classes) and all(
            not any(isinstance(part, Function | ast.AnnAssign) for part in kind.body)
            and not kind.decorator_list
            and all(map(writer._is_wordy, kind.bases))
            for writer, kind in classes
        )
