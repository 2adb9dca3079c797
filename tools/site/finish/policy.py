"""A page's Content-Security-Policy. The theme's own inline scripts are named by their hashes, so that no other runs."""

import base64
import hashlib
import re

SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'"
)
"""KaTeX and matplotlib's drawings style elements by attributes, Material's icons are data:, Pagefind is WebAssembly."""
CHARSET = re.compile(r'(<meta charset="utf-8">)(?:<meta http-equiv="Content-Security-Policy" [^>]*>)?')


def add_csp(html: str) -> str:
    """The page with a policy that lets nothing in from elsewhere and runs no script that is not ours or the theme's.

    It stands in the page because GitHub Pages sends no headers of ours; where a server can, docs/*/publishing.md says
    which to add.
    """
    scripts = dict.fromkeys(SCRIPT.findall(html))
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{POLICY.format(hashes=hashes)}">'
    return CHARSET.sub(lambda found: found[1] + meta, html, count=1)
