"""The key of a tutorial's code: what changes it, and what does not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.tutorials.key import code_key

CELLS = [
    "from aigc_ref.coin import Coin, toss\nfrom aigc_ref import figures",
    "heads = toss(Coin())\nfigures.draw(heads)",
]

MODULES = {
    "__init__.py": '"""A package."""\n',
    "coin.py": '''\
"""Coins."""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass

from aigc_ref.chance import Chance, half
from aigc_ref.ways import times as repeated

SIDES = 2


class CoinError(ValueError):
    """A coin that is none."""


@dataclass(frozen=True)
class Coin(Chance):
    """A coin.

    Examples:
        >>> Coin().sides
        2
    """

    sides: int = SIDES
    """Heads and tails."""


def toss(coin: Coin, count: int = 3) -> float:
    """Tosses it."""
    # so often
    if coin.sides < 2:
        raise CoinError(f"a coin with {coin.sides} sides")
    total: float = repeated(half, count)
    return math.sqrt(total)


def weigh(coins: Sequence[Coin]) -> int:
    return len(coins)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="Toss a coin.")
    parser.add_argument("--count", type=int, default=3, metavar="N", help="how often")
    print(toss(Coin(), parser.parse_args(arguments).count))


if __name__ == "__main__":
    main([])
''',
    "chance.py": """\
class Base:
    def bias(self) -> float:
        return 0.0


class Chance(Base):
    pass


def half() -> int:
    return whole() // 2


def whole() -> int:
    return 4 if half else 2
""",
    "ways.py": """\
from aigc_ref.chance import half


def times(work, count):
    return [work() for _ in range(count)] or half()
""",
    "figures.py": """\
import re

INK = "black"
PAPER = re.compile("white")


def draw(what, ink=INK):
    print(what, ink)


def rub(what):
    return PAPER
""",
    "other.py": "def nothing():\n    return None\n",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for name, source in MODULES.items():
        path = tmp_path / "aigc_ref" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return tmp_path


def change(package: Path, name: str, old: str, new: str) -> None:
    path = package / "aigc_ref" / name
    source = path.read_text(encoding="utf-8")
    assert old in source
    path.write_text(source.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("coin.py", "a coin with {coin.sides} sides", "no coin: {coin.sides!r}"),
        ("coin.py", '"""Tosses it."""', '"""Tosses it\n    again."""'),
        ("coin.py", '"""Heads and tails."""', '"""Tails, too."""'),
        ("coin.py", "    # so often\n", ""),
        ("coin.py", "coin: Coin, count: int = 3) -> float", "coin, count=3,"),
        ("coin.py", "total: float =", "total ="),
        ("coin.py", "return len(coins)", "return sum(1 for _ in coins)"),
        ("coin.py", "import math\n", "import math\nimport re\n"),
        ("coin.py", "SIDES = 2\n", "SIDES = (2)\nEDGES = 1\n"),
        ("figures.py", "return PAPER", "return INK"),
        ("other.py", "return None", "return 1"),
    ],
    ids=[
        "message",
        "docstring",
        "docstring of a field",
        "comment",
        "annotations of a function",
        "annotation of a variable",
        "function that is not reached",
        "import of another library",
        "constant that is not reached",
        "neighbour of what is reached through a module",
        "module that is not imported",
    ],
)
def test_keeps_the_key(package: Path, name: str, old: str, new: str) -> None:
    before = code_key(CELLS, package)
    change(package, name, old, new)
    if new.endswith("count=3,"):
        change(package, name, "count=3,:", "count=3):")
    assert code_key(CELLS, package) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("coin.py", "coin.sides < 2", "coin.sides < 3"),
        ("coin.py", "    total:", "    if count < 0:\n        raise ValueError('less than none')\n    total:"),
        ("coin.py", "raise CoinError(", "raise TypeError("),
        ("coin.py", '"""A coin that is none."""', "code = 3"),
        ("coin.py", "count: int = 3", "count: int = 4"),
        ("coin.py", "SIDES = 2", "SIDES = 3"),
        ("coin.py", "sides: int = SIDES", "sides: float = SIDES"),
        ("coin.py", "frozen=True", "frozen=False"),
        ("coin.py", "class Coin(Chance)", "class Coin"),
        ("coin.py", "math.sqrt", "math.cbrt"),
        ("coin.py", "import math", "import cmath as math"),
        ("chance.py", "return 0.0", "return 0.5"),
        ("chance.py", "4 if half else 2", "6 if half else 2"),
        ("ways.py", "or half()", "or None"),
        ("figures.py", '"black"', '"blue"'),
        ("figures.py", '"white"', '"grey"'),
        ("figures.py", "def rub", "@draw\ndef rub"),
        ("figures.py", "def rub(what)", "def rub(what=print())"),
        ("coin.py", "a coin with {coin.sides} sides", "a coin with {half()} sides"),
        ("figures.py", "INK =", "class Pen:\n    def __init_subclass__(cls):\n        print()\nINK ="),
        ("coin.py", "SIDES = 2\n", "SIDES = 2\nmath.sqrt = math.cbrt\n"),
        ("coin.py", "SIDES = 2\n", "SIDES = 2\nmath.seed(1)\n"),
        ("coin.py", "SIDES = 2\n", "SIDES = 2\nif math.pi > 3:\n    SIDES = 3\n"),
        ("__init__.py", '"""A package."""', "print()"),
        ("ways.py", "from aigc_ref.chance import half\n", "import aigc_ref.other\nfrom aigc_ref.chance import half\n"),
    ],
    ids=[
        "condition",
        "new raise",
        "which exception",
        "exception with something in it",
        "default",
        "constant",
        "type of a field",
        "argument of a decorator",
        "base class",
        "function of another library",
        "where a name of another library comes from",
        "method of the base of a base",
        "helper in a cycle",
        "helper reached by two ways",
        "constant in a default",
        "argument of a call in a module, its value not reached",
        "decorator that may register, not reached",
        "default that does something, not reached",
        "call in a message",
        "class that is told of those that inherit",
        "monkey patch",
        "call in a module",
        "condition in a module",
        "call in the package above",
        "import of a module that does something",
    ],
)
def test_changes_the_key(package: Path, name: str, old: str, new: str) -> None:
    (package / "aigc_ref" / "other.py").write_text("print('imported')\n", encoding="utf-8")
    before = code_key(CELLS, package)
    change(package, name, old, new)
    assert code_key(CELLS, package) != before


def _half_moves(package: Path) -> list[str]:
    change(package, "chance.py", MODULES["chance.py"][MODULES["chance.py"].index("def half") :], "")
    below = package / "aigc_ref" / "deep" / "down.py"
    below.parent.mkdir()
    below.write_text(MODULES["chance.py"][MODULES["chance.py"].index("def half") :], encoding="utf-8")
    change(package, "coin.py", "chance import Chance, half", "chance import Chance\nfrom .deep.down import half")
    change(package, "ways.py", "aigc_ref.chance", "aigc_ref.deep.down")
    return CELLS


def _a_module_moves(package: Path) -> list[str]:
    folder = package / "aigc_ref" / "drawing"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""Drawing."""\n', encoding="utf-8")
    (package / "aigc_ref" / "figures.py").rename(folder / "pens.py")
    return [
        CELLS[0].replace("aigc_ref import figures", "aigc_ref.drawing import pens as figures"),
        CELLS[1],
    ]


def _by_a_face(package: Path) -> list[str]:
    change(
        package, "__init__.py", '"""A package."""', "from .coin import toss\nfrom aigc_ref.coin import Coin as Money"
    )
    return [CELLS[0].replace("aigc_ref.coin import Coin, toss", "aigc_ref import Money as Coin, toss"), CELLS[1]]


@pytest.mark.parametrize("moved", [_half_moves, _a_module_moves, _by_a_face])
def test_what_stands_elsewhere_or_is_imported_otherwise_keeps_the_key(
    package: Path, moved: Callable[[Path], list[str]]
) -> None:
    before = code_key(CELLS, package)
    assert code_key(moved(package), package) == before


def test_layout_and_comments_of_cells_keep_the_key_and_a_semicolon_changes_it(package: Path) -> None:
    before = code_key(["x = [1, 2]\nx"], package)
    assert code_key(["x = [  # two\n    1,\n    2,\n]\n\nx"], package) == before
    assert code_key(["x = [1, 2]\nx;"], package) != before
    assert code_key(["x = [1, 2]", "x"], package) != before
    assert code_key(["'shown'"], package) != code_key(["'said'"], package)


@pytest.mark.parametrize(
    ("cell", "kept", "changed"),
    [
        ("from aigc_ref import coin\nrun(coin)", "how often", "return len(coins)"),
        ("import os\nos.system('python -m aigc_ref.coin --count 2')", "Toss a coin.", "main([])"),
        ("from subprocess import run\nrun(['python', '-m', 'aigc_ref.coin'])", "Toss a coin.", "main([])"),
        ("!python -m aigc_ref.coin", "how often", "default=3"),
        ("from aigc_ref.coin import main\nmain([])", "metavar", "default=3"),
        ("import aigc_ref\nrun(aigc_ref)", "how often", "return len(coins)"),
    ],
    ids=[
        "passed on",
        "command",
        "command in pieces",
        "command of IPython",
        "function",
        "package passed on",
    ],
)
def test_a_module_that_is_passed_on_or_run_counts_whole(package: Path, cell: str, kept: str, changed: str) -> None:
    before = code_key([cell], package)
    if kept == "metavar":
        change(package, "coin.py", ', metavar="N"', "")
    else:
        change(package, "coin.py", kept, f"{kept}, and more")
    assert code_key([cell], package) == before
    change(package, "coin.py", changed, "main(['--count', '1'])" if changed == "main([])" else f"{changed} + 1")
    assert code_key([cell], package) != before


@pytest.mark.parametrize(
    "cell",
    [
        "from aigc_ref.figures import draw as toss\ntoss(1)",
        "print(toss.__doc__)",
        "from typing import get_type_hints as hints\nhints(toss)",
        "from importlib import import_module\nimport_module(name).toss()",
        "eval('toss')",
        "try:\n    toss(1)\nexcept (ValueError, TypeError) as error:\n    print(error)",
    ],
)
def test_everything_counts_where_code_looks_at_code_or_cells_show_errors(package: Path, cell: str) -> None:
    cells = ["from aigc_ref.coin import toss", cell]
    keys = {code_key(cells, package)}
    for name, old, new in (("coin.py", "a coin with", "no coin with"), ("other.py", "nothing", "nothing_else")):
        change(package, name, old, new)
        keys.add(code_key(cells, package))
    assert len(keys) == 3


def test_the_order_in_which_a_module_acts_counts(package: Path) -> None:
    path = package / "aigc_ref" / "registry.py"
    head, one, two = "KNOWN = []\n", "@KNOWN.append\ndef one(): ...\n", "@KNOWN.append\ndef two(): ...\n"
    keys = set()
    for source in (head + one + two, head + two + one):
        path.write_text(source, encoding="utf-8")
        keys.add(code_key(["from aigc_ref.registry import KNOWN\nKNOWN"], package))
    assert len(keys) == 2


def test_two_names_that_change_places_change_the_key(package: Path) -> None:
    path = package / "aigc_ref" / "pair.py"
    path.write_text("def one():\n    return 1\n\n\ndef two():\n    return 2\n", encoding="utf-8")
    cell = "from aigc_ref.pair import {} as f, {} as g\nf() - g()"
    assert code_key([cell.format("one", "two")], package) != code_key([cell.format("two", "one")], package)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(half):\n    return half()", "def f(half):\n    return other()"),
        ("def f(math):\n    return math.e", "def f(math):\n    return m.e"),
        ("from math import sqrt\nsqrt = [sqrt]\nf = sqrt", "from cmath import sqrt\nsqrt = [sqrt]\nf = sqrt"),
        (
            "class f:\n    def a(self):\n        from math import e\n    def b(self):\n        return half()",
            "class f:\n    def a(self):\n        from math import half\n    def b(self):\n        return half()",
        ),
        ("from math import *\nf = [e]", "from cmath import *\nf = [e]"),
    ],
    ids=["argument", "argument called like a library", "name given again", "import in a method", "star"],
)
def test_a_name_that_means_something_else_changes_the_key(package: Path, before: str, after: str) -> None:
    keys = set()
    for source in (before, after):
        head = "import math\nimport math as m\nfrom aigc_ref.chance import half, half as other\n"
        (package / "aigc_ref" / "names.py").write_text(head + source, encoding="utf-8")
        keys.add(code_key(["from aigc_ref.names import f\nf"], package))
    assert len(keys) == 2


def test_data_in_the_package_count(package: Path) -> None:
    table = package / "aigc_ref" / "table.csv"
    table.write_text("1,2\n", encoding="utf-8")
    before = code_key(CELLS, package)
    table.write_text("1,3\n", encoding="utf-8")
    assert code_key(CELLS, package) != before


def test_every_version_of_python_gives_the_same_key(package: Path) -> None:
    """Computed with Python 3.11, 3.12 and 3.13."""
    cell = '''\
from aigc_ref.coin import toss

async def f(a, /, b: int = 1, *args, c="é\\n", **rest):
    """Nothing."""
    match a:
        case {"x": [1, *_], **other} | str(other):
            return f"{a!r:>{b}} {{}} {b=}" "tail" f"{c}" rf"\\d{1 if a else 2}"
    async with a as x, b:
        return [y async for y in x if (z := y)], {**rest}, a[1:, ::2], -1, 1e400, 2j, b"\\0", ..., lambda: None
'''
    assert code_key([cell, *CELLS], package) == "671be8f0abef81dfc838477ff493152e0efea6fe34c3456f693895ef38afd3b5"
