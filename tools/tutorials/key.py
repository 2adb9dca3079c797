"""The part of a tutorial's key that is code: a hash of its cells and of the definitions in the package that they reach.

From the names that cells use, every definition is followed through functions, classes, constants and imports, by
reading alone: nothing is imported. Whoever mends one function makes stale the tutorials that can call it, and no other.

- A definition counts whole, a class with its methods, bases and decorators; `normalise` says what of it is only words.
- A module that is passed on as an object (`run(module)`) or named in a string (`python -m aigc_ref.metrics`) counts
  with all that it defines.
- A module that is imported, reached by name or not, counts with what it does then: statements that are no definitions,
  and definitions that call something (`LINE = re.compile(...)`) or are decorated by the package's own code.
- Files of the package that are not Python always count.
- Where code looks at code (LOOKS_AT_CODE), gives one name two meanings by imports, or cells show an error that they
  caught, nothing can be left out: every file of the package counts as it is.

A definition is known by its content and by what its names lead to, not by where it stands: one that moves stays the
same if it is still called the same, and is not one of those that count because their module is imported.

Taken on trust: importing other libraries, inheriting from their classes and their decorators change nothing by
themselves, nor does the order in which modules are imported; and nothing depends on the words of an error that the
package caught, or on the `__name__` of the module that it is in.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tools.tutorials.names import IMPORT, WHOLE, Found, Module, Node, Package
from tools.tutorials.normalise import normalised, written

# In `Module.text`. The first as bare names alone, since every model has a method `eval`; import * hides names.
LOOKS_AT_CODE = re.compile(
    r"""
    id='(eval|exec|globals)' | id='sys'\),attr='modules' | \('\*',
    | '(metaclass|__(annotations|dict|doc|getattribute|import|init_subclass|set_name|wrapped)__)'
    | '(get_annotations|get_type_hints|getdoc|getmembers|getsource|script|signature|singledispatch)'
    | '(import_module|run_module|run_path)'
    """,
    re.VERBOSE,
)
LOOKS_AT_ERRORS = re.compile(r"\),name='|'(exc_info|format_exc|format_exception|print_exc|raises)'")

CELLS = Node("", WHOLE)


def code_key(cells: Sequence[str], root: Path) -> str:
    """Hash of the cells and of all that they reach.

    Args:
        cells: the sources of the code cells, in order.
        root: the folder that holds the package.
    """
    package = Package(root)
    trees = [normalised(cell, cell=True) for cell in cells]
    body = [statement for tree in trees for statement in tree.body]
    package.modules[CELLS.module] = Module(CELLS.module, body)
    # A last expression that no semicolon silences is shown.
    text = "\n".join(f"{written(tree)}{cell.rstrip()[-1:] == ';'}" for tree, cell in zip(trees, cells, strict=True))
    reached = {CELLS: (text, package.refers(package.modules[CELLS.module], body))}
    waiting = [*reached[CELLS][1], Node(CELLS.module, IMPORT)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Node) and node not in reached:
            statements, refers = package.read(node)
            reached[node] = (written(statements), refers)
            waiting += [*refers, Node(node.module, IMPORT)]
            if node.name == IMPORT:
                waiting += package.imported_with(package.modules[node.module])
    modules = [package.modules[node.module] for node in reached if node.name == IMPORT]
    opaque = any(module.is_ambiguous or LOOKS_AT_CODE.search(module.text) for module in modules)
    if opaque or LOOKS_AT_ERRORS.search(text):
        return _sha([*cells, *(file.read_bytes().hex() for file in package.files)])
    return _sha([_digest(reached), *(file.read_bytes().hex() for file in package.files if file.suffix != ".py")])


def _digest(reached: dict[Node, tuple[str, Found]]) -> str:
    """One hash of all texts and of how they refer to each other, whatever their modules are called.

    Each text starts with the hash of itself. Then it is hashed anew with the hashes of those it refers to, until that
    tells no more of them apart: cycles, as of functions that call each other, need nothing special.
    """
    colours = {node: _sha([text]) for node, (text, _) in reached.items()}
    different = 0
    while different < (different := len(set(colours.values()))):
        colours = {
            node: _sha([colours[node], *(colours[n] if isinstance(n, Node) else n for n in refers)])
            for node, (_, refers) in reached.items()
        }
    imports = {colours[node] for node, content in reached.items() if node.name == IMPORT and content != ("[]", [])}
    return _sha([colours[CELLS], *sorted(imports), "", *sorted(colours[n] for n in reached if n.name != IMPORT)])


def _sha(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
