"""Markup that Material's templates get wrong: small attributes, for each of which an override would copy a template."""

import re

from tools.language import BCP47, LANGUAGES

PATCHES = (
    *((f'<html lang="{language}"', f'<html lang="{BCP47[language]}"') for language in LANGUAGES),
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


def patch_markup(html: str) -> str:
    """The page with what a validator and a screen reader miss.

    >>> patch_markup('<html lang="zh" class="no-js"><label tabindex="">')
    '<html lang="zh-CN" class="no-js"><label>'
    """
    for old, new in PATCHES:
        html = html.replace(old, new)
    if 'id="__toc"' not in html:  # a page without contents has nothing that their title could open
        html = html.replace(' for="__toc"', "")
    html = EMPTY_HEADING.sub(r"<td\1></td>", html)
    return SEARCH_DIALOG.sub(r'\1 aria-label="\3"\2', html)
