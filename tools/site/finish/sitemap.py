"""sitemap.xml of one language: every page, with its twins in the others; all languages have the same pages."""

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from tools.language import BCP47, LANGUAGES, Language, root


def sitemap(addresses: Iterable[str], language: Language, site_url: str) -> str:
    """The sitemap of the pages at these addresses below the language's root.

    Args:
        addresses: in any order.
        language: whose pages they are.
        site_url: the address of the whole site, with a slash at the end; without one the sitemap lists nothing.
    """
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">',
    ]
    for address in sorted(addresses) if site_url else ():
        lines += ["  <url>", f"    <loc>{escape(site_url + root(language) + address)}</loc>"]
        for twin in LANGUAGES:
            href = quoteattr(site_url + root(twin) + address)
            lines.append(f'    <xhtml:link rel="alternate" hreflang="{BCP47[twin]}" href={href}/>')
        lines.append("  </url>")
    return "\n".join([*lines, "</urlset>"]) + "\n"
