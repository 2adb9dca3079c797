"""The one door from data to HTML: Jinja templates with autoescape, their result kept out of Markdown's hands.

Everything that a person or a service wrote is text here; no template says `safe` of it. A rendered block stands in a
page's Markdown between two comments. The MkDocs hook lifts it out before Markdown sees it and puts it back after, so
neither `[x](javascript:…)` nor `{: onclick=… }` nor `--8<--` in a title can come alive. Staged for another generator
the block stays in place: it is one HTML element without blank lines, which Markdown passes on.

Where such a text has to stand in Markdown itself, as in a heading, it goes through `plain`; a page's head and the menu
are pasted into HTML by the theme as they are, and go through `html.escape`.
"""

import html
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
BEGIN, END = "<!-- block -->", "<!-- /block -->"
BLOCK = re.compile(f"{BEGIN}\n(.*?)\n{END}", re.DOTALL)


def html_block(template: str, **context: object) -> str:
    """The template's HTML as a block of a page's Markdown."""
    return f"{BEGIN}\n{fragment(template, **context)}\n{END}"


def fragment(template: str, **context: object) -> Markup:
    """The template's HTML, which another template takes as it is: it came through this door."""
    html_ = _ENVIRONMENT.get_template(template).render(**context)
    return Markup(re.sub(r"\n\s*(?=\n)", "", html_).strip())  # noqa: S704  # autoescaped above


def plain(text: str) -> str:
    """The text as Markdown that shows it and does nothing else: all its punctuation as numeric entities.

    A backslash is not enough: Markdown knows none before `<` (and attr_list reads `{: onclick=…}` wherever it can).

    >>> plain("C3: **new** 模型")
    'C3&#58; &#42;&#42;new&#42;&#42; 模型'
    """
    return re.sub(r"[!-/:-@\[-`{-~]", lambda found: f"&#{ord(found[0])};", text)


def front_matter(
    title: str, description: str, *, hide: tuple[str, ...] = (), searched: bool = True, boost: int = 1
) -> str:
    """A page's head: what browsers and search engines show of it, and which columns it does without."""
    lines = [f"title: {_yaml(title)}", f"description: {_yaml(description)}"]
    if hide:
        lines.append(f"hide: [{', '.join(hide)}]")
    if not searched:
        lines += ["search:", "  exclude: true"]
    elif boost != 1:  # how much more a page counts in search than others that hold the same words
        lines += ["search:", f"  boost: {boost}"]
    return "---\n" + "\n".join(lines) + "\n---\n"


def _yaml(text: str) -> str:
    # One line: YAML would take U+2028 for a line's end. Escaped, quotes are entities, so the scalar cannot end early.
    return "'" + html.escape(" ".join(text.split())) + "'"
