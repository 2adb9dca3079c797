"""Finish a site that any generator has built: `python -m tools.site.finish DIR`, English below DIR/en.

Formulas are typeset, papers cited, cards drawn where their fonts are, every page gets its policy, each language its
sitemap. What is finished already stays as it is.
"""

import argparse
import gzip
import sys
from pathlib import Path

from tools.catalogue.load import load
from tools.catalogue.problems import CatalogueError
from tools.language import LANGUAGES, MAIN, Language, root
from tools.site.finish import Facts, finish, picture
from tools.site.finish.formulas import FormulaError, sources, typeset
from tools.site.finish.sitemap import sitemap
from tools.site.finish.social_cards import drawable, drawn
from tools.site.finish.social_tags import read_head

ROOT = Path(__file__).resolve().parents[3]


def finish_site(site: Path, cache: Path = ROOT / ".cache/cards") -> int:
    """Finish every page below `site`; how many files that changed.

    Raises:
        CatalogueError: An entry of resources/ is not valid.
        FormulaError: KaTeX cannot read a formula of a page.
    """
    resources = {resource.id: resource for resource in load(ROOT / "resources").resources}
    pages = {language: _pages(site, language) for language in LANGUAGES}
    where = {formula: path for found in pages.values() for path, page in found.items() for formula in sources(page)}
    formulas, pictures = typeset(where), drawable()
    changed = 0
    for language, found in pages.items():
        folder, facts = site / root(language), Facts(language, resources, formulas, pictures)
        for path, page in found.items():
            changed += _write(folder / path, finish(page, path, facts).encode())
            if card := picture(page, path, facts):
                _write(folder / "assets/cards" / card.name, drawn(card, cache).read_bytes())
        home = read_head(found.get("index.html", ""), language)
        addresses = [path.removesuffix("index.html") for path in found if path.endswith("index.html")]
        listed = sitemap(addresses, language, home.address.removesuffix(root(language)) if home else "").encode()
        if _write(folder / "sitemap.xml", listed):
            changed += 1
            (folder / "sitemap.xml.gz").write_bytes(gzip.compress(listed, mtime=0))
    return changed


def _write(path: Path, content: bytes) -> bool:
    """Whether it was something else before."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True


def _pages(site: Path, language: Language) -> dict[str, str]:
    """Path below the language's root → HTML."""
    folder = site / root(language)
    others = {site / root(other) for other in LANGUAGES if other not in {language, MAIN}}
    paths = (path for path in sorted(folder.rglob("*.html")) if others.isdisjoint(path.parents))
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.site.finish", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", metavar="DIR", type=Path, help="where the built site is")
    folder = parser.parse_args(arguments).folder
    if not (folder / "index.html").is_file():
        print(f"{folder} holds no built site: it has no index.html", file=sys.stderr)
        return 1
    try:
        changed = finish_site(folder)
    except (CatalogueError, FormulaError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{changed} files finished in {folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
