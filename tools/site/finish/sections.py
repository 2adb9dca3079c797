"""Long lessons in boxes that a browser lays out only when a reader is near."""

import re

ARTICLE, END = '<article class="md-content__inner md-typeset">', "</article>"
HEADING = re.compile(r"(?=<h2 )")
BOX = '<div class="part">'


def wrap_sections(html: str, path: str) -> str:
    r"""A lesson with what follows each heading in a box of its own.

    Headings stay outside, since the theme asks all of them for their place at once.

    >>> wrap_sections(f'{ARTICLE}<p>a</p><h2 id="b">B</h2><p>c</p>\n</article>', "tutorials/gan/index.html")[46:]
    '<p>a</p><h2 id="b">B</h2><div class="part"><p>c</p></div>\n</article>'
    """
    if not path.startswith("tutorials/") or BOX in html:
        return html
    before, start, rest = html.partition(ARTICLE)
    content, end, after = rest.partition(END)
    first, *others = HEADING.split(content.rstrip())
    space = content[len(content.rstrip()) :]
    boxed = "".join(
        f"{heading}</h2>{BOX}{text}</div>" for heading, _, text in (other.partition("</h2>") for other in others)
    )
    return f"{before}{start}{first}{boxed}{space}{end}{after}"
