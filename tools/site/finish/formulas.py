r"""Formulas typeset while the site is built: a reader's browser need not, and shows them with scripts off.

KaTeX's own vendored script does it, in V8 (mini-racer), so that a build asks for no Node. A formula that KaTeX cannot
read stops the build instead of reddening a page.
"""

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from py_mini_racer import JSEvalException, mini_racer

KATEX = Path(__file__).parents[3] / "docs/assets/vendor/katex/katex.min.js"
FORMULA = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">(?P<source>\\[(\[].*?\\[)\]])</(?P=tag)>'
    r"(?P<marks>[,.;:!?)\]，。；：！？、）》」』”’…]*)",
    re.DOTALL,
)
"""As Markdown leaves one, with the punctuation behind it."""


class FormulaError(Exception):
    """KaTeX cannot read a formula; the message names its page."""


def sources(page: str) -> Iterator[str]:
    r"""The formulas of a page's HTML.

    >>> list(sources(r'<p><span class="arithmatex">\(a &lt; b\)</span>, <div class="arithmatex">\[c\]</div>'))
    ['\\(a < b\\)', '\\[c\\]']
    """
    return (html.unescape(found["source"]) for found in FORMULA.finditer(page))


def typeset(formulas: Mapping[str, str]) -> dict[str, str]:
    r"""The HTML and MathML of each formula; the mapping tells the page of each.

    >>> "<annotation" in typeset({r"\(x^2\)": "index.md"})[r"\(x^2\)"]
    True
    >>> typeset({r"\(x^\)": "index.md"})
    Traceback (most recent call last):
    tools.site.finish.formulas.FormulaError: index.md: \(x^\): Expected group after '^' at position 2: x^̲

    Raises:
        FormulaError: Where KaTeX cannot read one.
    """
    if not formulas:
        return {}
    made = {}
    with mini_racer() as engine:  # left open it would keep Python from ending
        engine.eval(KATEX.read_text(encoding="utf-8"))
        for formula, page in formulas.items():
            # Chinese between \text braces is meant, and V8 alone has no console to warn on.
            options = {"displayMode": formula.startswith(r"\["), "strict": "ignore"}
            try:
                made[formula] = str(engine.call("katex.renderToString", formula[2:-2], options))
            except JSEvalException as error:
                why = str(error).partition("KaTeX parse error: ")[2].partition("\n")[0]
                raise FormulaError(f"{page}: {formula}: {why or error}") from None
    return made


def fill_formulas(page: str, made: Mapping[str, str]) -> str:
    r"""The page with its formulas typeset, each that cannot be broken on one line with the punctuation behind it.

    Browsers break a line beside an inline block whatever follows, and no Chinese line may begin with a comma.

    >>> page = r'设 <span class="arithmatex">\(x\)</span>，<div class="arithmatex">\[y\]</div>'
    >>> fill_formulas(page, {r"\(x\)": "<b>x</b>", r"\[y\]": "<b>y</b>"})[2:85]
    '<span class="unbroken"><span class="arithmatex"><b>x</b></span>，</span><div class="'
    """

    def fill(found: re.Match[str]) -> str:
        math = made[html.unescape(found["source"])]
        element = f'<{found["tag"]} class="arithmatex">{math}</{found["tag"]}>'
        whole = found["tag"] == "span" and math.count('class="katex-base"') < 2
        if found["marks"] and whole:
            return f'<span class="unbroken">{element}{found["marks"]}</span>'
        return element + found["marks"]

    return FORMULA.sub(fill, page)
