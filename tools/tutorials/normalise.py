"""What of a piece of code counts: everything but what is only said, written alike by every version of Python.

Left out are comments, layout, docstrings, help texts of argparse, the words of errors that are raised, and annotations,
except where something may look at them: in the body of a class, of which a dataclass is made, and under a decorator.
"""

import ast
import re
from itertools import groupby

PACKAGE = "aigc_ref"
ADD_TO_PARSER = re.compile("ArgumentParser|add_(argument|argument_group|mutually_exclusive_group|parser|subparsers)")
HELP = frozenset({"description", "epilog", "help", "metavar", "usage"})
DOES_SOMETHING = ast.Call | ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom


def normalised(source: str, *, cell: bool = False) -> ast.Module:
    """The syntax tree of a module or a cell with only what counts in it.

    >>> same = normalised("def double(x: int) -> int: return x * 2")
    >>> written(same) == written(normalised("def double(x): return x*2  # twice"))
    True
    """
    if cell:  # commands of IPython are no Python: calls of what they say
        source = re.sub(r"^(\s*)([!%].*)", lambda line: f"{line[1]}IPython({line[2]!r})", source, flags=re.MULTILINE)
    tree = ast.parse(source)
    shown = tree.body[-1:] if cell else []
    counted: ast.Module = _Counted({*shown}).visit(tree)
    return counted


def written(node: object) -> str:
    """A tree as text.

    `ast.dump` and `ast.unparse` change from one version of Python to the next. Here fields that are empty are left out,
    so that those which only newer versions have do not show. Imports from the package are left out, too: what counts is
    what they lead to, and not by which way.
    """
    match node:
        case ast.Import(names=[ast.alias(name=name)]) if name.split(".")[0] == PACKAGE:
            return ""
        case ast.ImportFrom(module=name, level=level) if level or str(name).split(".")[0] == PACKAGE:
            return ""
        case ast.JoinedStr(values=values):  # the version decides how many pieces words are in, and if any is empty
            pieces = [
                ascii("".join(str(getattr(part, "value", "")) for part in parts)) if words else written([*parts])
                for words, parts in groupby(values, lambda value: isinstance(value, ast.Constant))
            ]
            return f"JoinedStr({','.join(piece for piece in pieces if piece != ascii(''))})"
        case ast.AST():
            fields = [(name, written(value)) for name, value in ast.iter_fields(node) if name not in {"ctx", "kind"}]
            counted = [f"{name}={text}" for name, text in fields if text not in {"", "[]", "None"}]
            return f"{type(node).__name__}({','.join(counted)})"
        case list():
            return f"[{','.join(filter(None, map(written, node)))}]"
        case _:
            return ascii(node)


class _Counted(ast.NodeTransformer):
    """Takes out what does not count."""

    def __init__(self, kept: set[ast.stmt]) -> None:
        self._kept = kept

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return self.generic_visit(node) if node in self._kept or not isinstance(node.value, ast.Constant) else None

    def visit_Pass(self, _: ast.Pass) -> None:
        return None

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self._kept |= {part for part in node.body if isinstance(part, ast.AnnAssign)}
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        if not node.decorator_list:
            node.returns = None
            for part in ast.walk(node.args):
                if isinstance(part, ast.arg):
                    part.annotation = None
        return self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815  ast gives the name

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node in self._kept:
            return self.generic_visit(node)
        node.annotation = ast.Constant(None)
        self.generic_visit(node)
        return ast.Assign(targets=[node.target], value=node.value) if node.value else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if ADD_TO_PARSER.fullmatch(_last_name(node.func)):
            node.keywords = [keyword for keyword in node.keywords if keyword.arg not in HELP]
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        if isinstance(node.exc, ast.Call) and _last_name(node.exc.func).endswith("Error"):
            node.exc.args = [_called(part) if _is_text(part) else part for part in node.exc.args]
        return self.generic_visit(node)


def _last_name(function: ast.expr) -> str:
    return str(getattr(function, "attr", getattr(function, "id", "")))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _called(message: ast.expr) -> ast.List:
    return ast.List([node for node in ast.walk(message) if isinstance(node, DOES_SOMETHING)], ast.Load())
