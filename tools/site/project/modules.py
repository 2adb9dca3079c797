"""The package's modules, read without importing them."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the package, read without importing it."""

    name: str
    summary: str
    """The first sentence of its docstring."""
    resources: frozenset[str]
    """Catalogue ids that it names as its sources."""
    definitions: frozenset[str]
    """Functions and classes of its own."""

    @property
    def page(self) -> str:
        """The reference page: one for each of the package's folders."""
        return f"reference/{self.name.split('.')[1]}.md"


def read_modules(root: Path, known: set[str]) -> list[Module]:
    found = []
    for path in sorted((root / "aigc_ref").rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        text = path.read_text(encoding="utf-8")
        if name.count(".") < 2:
            continue
        tree = ast.parse(text)
        docstring = ast.get_docstring(tree) or ""
        definitions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        named = set(re.findall(r"[a-z]+(?:-[a-z0-9]+)+", text)) & known
        found.append(
            Module(name, docstring.split("\n\n")[0].replace("\n", " "), frozenset(named), frozenset(definitions))
        )
    return found
