"""Write the site's sources as files, for a generator that runs no hooks: `python tools/stage_site.py DIR`.

MkDocs gets the generated pages from tools/site/generator/hook.py. Zensical, to which the site can move, reads files:

    DIR/mkdocs.yml  mkdocs.en.yml   what each language adds, with the menu; both inherit mkdocs.base.yml
    DIR/zh/  en/                    every page and download, and the assets
    DIR/overrides/                  the templates

Then `zensical build -f DIR/mkdocs.yml` and `zensical build -f DIR/mkdocs.en.yml` write DIR/site/ and DIR/site/en/, and
`python -m tools.site.finish DIR/site` typesets formulas and gives pages all else that the hook gives to MkDocs'.
SITE_URL and REPOSITORY count here as they do for MkDocs. DIR must not hold anything yet, or hold what this wrote.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that it runs from any folder, installed or not

from tools.catalogue.lock import LockError
from tools.catalogue.problems import CatalogueError
from tools.language import LANGUAGES, Language, configuration, root, translations
from tools.site.pages.catalogue_entries import entry_pages
from tools.site.pages.registry import navigation, site_pages
from tools.site.pages.templates import BLOCK
from tools.site.project.prose import ProseError
from tools.site.project.reading import Project, read_project
from tools.site.words import WORDS
from tools.tutorials.source import TutorialError


def stage(source: Path, folder: Path, repository: str | None = None, site_url: str | None = None) -> None:
    """Write every language below `folder`; what was staged there before is replaced.

    Raises:
        FileExistsError: `folder` holds something else.
        CatalogueError, LockError, TutorialError, ProseError: One of the project's files is not valid.
    """
    project = read_project(source, repository, site_url)
    ours = {*LANGUAGES, *map(configuration, LANGUAGES), "mkdocs.base.yml", "overrides", "site", ".cache"}
    if folder.is_dir() and (others := {path.name for path in folder.iterdir()} - ours):
        raise FileExistsError(f"{folder} holds {min(others)!r}, which is not of a staged site; name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "mkdocs.base.yml", folder / "mkdocs.base.yml")
    _copy_tree(source / "docs/overrides", folder / "overrides")
    for language in LANGUAGES:
        _copy_tree(source / "docs" / language, folder / language)
        _copy_tree(source / "docs/assets", folder / language / "assets")
        entries = {path: entry.markdown for path, entry in entry_pages(project, language).items()}
        for path, content in {**site_pages(project, language), **entries}.items():
            target = folder / language / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_in_place(content) if isinstance(content, str) else content)
        text = yaml.safe_dump(_configuration(source, project, language), allow_unicode=True, sort_keys=False)
        (folder / configuration(language)).write_text(text, encoding="utf-8")


def _in_place(content: str) -> bytes:
    """A page with its blocks in place: HTML without blank lines, which Markdown passes on as it is."""
    return BLOCK.sub(lambda found: found[1], content).encode()


def _configuration(source: Path, project: Project, language: Language) -> dict[str, object]:
    own = yaml.safe_load((source / configuration(language)).read_text(encoding="utf-8"))
    return {
        **own,
        "site_name": WORDS[language].site.name,
        "site_description": WORDS[language].site.description,
        "docs_dir": language,
        "site_url": project.site_url + root(language) if project.site_url else "",
        "extra": {**own.get("extra", {}), "translations": translations(language)},
        "theme": {**own["theme"], "custom_dir": "overrides"},
        "hooks": [],
        "plugins": {"mkdocstrings": {"handlers": {"python": {"paths": [str(source)]}}}},
        "nav": navigation(project, language),
    }


def _copy_tree(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", metavar="DIR", type=Path, help="where to write; Zensical wants it to be the project")
    folder = parser.parse_args(arguments).folder
    try:
        stage(ROOT, folder.resolve(), os.environ.get("REPOSITORY"), os.environ.get("SITE_URL"))
    except (CatalogueError, LockError, TutorialError, ProseError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    steps = [f"zensical build -f {folder / name}" for name in map(configuration, LANGUAGES)]
    print(f"staged in {folder}; now: " + " && ".join([*steps, f"python -m tools.site.finish {folder / 'site'}"]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
