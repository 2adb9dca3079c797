"""What Material's pages lack, mended in their HTML: pure functions on a finished page.

Small attributes that a validator or a screen reader misses, where an override would copy a whole template; and the
page's Content-Security-Policy. The theme's own inline scripts are named by their hashes, so that no other runs.
"""

import base64
import hashlib
import re

MENDS = (
    # The kind of Chinese decides which glyphs a font shows.
    ('<html lang="zh"', '<html lang="zh-CN"'),
    # A box that is ticked is nothing to complete.
    (' type="checkbox" id="__drawer" autocomplete="off"', ' type="checkbox" id="__drawer"'),
    (' type="checkbox" id="__search" autocomplete="off"', ' type="checkbox" id="__search"'),
    # No number stands for "not in the order of the keyboard".
    (' tabindex=""', ""),
)
SEARCH_DIALOG = re.compile(
    r'(<div class="md-search" data-md-component="search" role="dialog")(>.*?aria-label="([^"]*)")', re.DOTALL
)
EMPTY_HEADING = re.compile(r"<th([^>]*)>\s*</th>")  # the corner of a table heads nothing
HEADING = re.compile(r"(?=<h2 )")
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'"
)
"""KaTeX and matplotlib's drawings style elements by attributes, Material's icons are data:, Pagefind is WebAssembly."""


def mended(html: str) -> str:
    """The page with what a validator and a screen reader miss.

    >>> mended('<html lang="zh" class="no-js"><label tabindex="">')
    '<html lang="zh-CN" class="no-js"><label>'
    """
    for old, new in MENDS:
        html = html.replace(old, new)
    if 'id="__toc"' not in html:  # a page without contents has nothing that their title could open
        html = html.replace(' for="__toc"', "")
    html = EMPTY_HEADING.sub(r"<td\1></td>", html)
    return SEARCH_DIALOG.sub(r'\1 aria-label="\3"\2', html)


def parted(html: str) -> str:
    """A long page's content with what follows each heading in a box of its own, laid out only when a reader is near.

    Headings stay outside, since the theme asks all of them for their place at once.

    >>> parted('<p>a</p><h2 id="b">B</h2><p>c</p>')
    '<p>a</p><h2 id="b">B</h2><div class="part"><p>c</p></div>'
    """
    first, *others = HEADING.split(html)
    return first + "".join(
        f'{heading}</h2><div class="part">{rest}</div>'
        for heading, _, rest in (other.partition("</h2>") for other in others)
    )


def secured(html: str) -> str:
    """The page with a policy that lets nothing in from elsewhere and runs no script that is not ours or the theme's.

    It stands in the page because GitHub Pages sends no headers of ours; where a server can, docs/*/publishing.md says
    which to add.
    """
    scripts = dict.fromkeys(SCRIPT.findall(html))
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{POLICY.format(hashes=hashes)}">'
    return re.sub(r'<meta charset="utf-8">', lambda found: found[0] + meta, html, count=1)
