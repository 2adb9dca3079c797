"""The catalogue's pages: an overview with everything, a page for each kind and each topic, and the downloads."""

from collections.abc import Sequence

from tools.catalogue.models import MODELS, Resource
from tools.site.cards import STEM, card
from tools.site.downloads import bibtex, catalogue_json, feed
from tools.site.links import source
from tools.site.project import Project, Ties, ties
from tools.site.templates import front_matter, html_block, plain
from tools.site.words import WORDS
from tools.tutorials.source import Language

OVERVIEW = "catalogue/index.md"


def catalogue_pages(project: Project, language: Language) -> dict[str, str | bytes]:
    """Every file of the catalogue in one language: path below the language's root → content."""
    words, tied, resources = WORDS[language], ties(project), project.catalogue.resources
    pages: dict[str, str | bytes] = {
        "catalogue/catalogue.json": catalogue_json(project),
        "catalogue/papers.bib": bibtex(project.catalogue.by_kind("paper")),
        "catalogue/feed.xml": feed(project, language),
        OVERVIEW: _overview(project, tied, language),
    }
    for model in MODELS.values():
        chosen = project.catalogue.by_kind(model.kind)
        path = f"catalogue/{STEM[model.kind]}.md"
        title, about = words.kinds[model.kind], words.kinds_about[model.kind]
        pages[path] = _page(title, about, project, tied, language, path, chosen)
    for topic in project.catalogue.topics:
        chosen = tuple(resource for resource in resources if topic.id in resource.topics)
        path = f"catalogue/topics/{topic.id}.md"
        title, about = getattr(topic.title, language), getattr(topic.about, language)
        pages[path] = _page(title, about, project, tied, language, path, chosen)
    return pages


def _overview(project: Project, tied: Ties, language: Language) -> str:
    words, resources = WORDS[language], project.catalogue.resources
    about = words.catalogue_about.format(len(resources))
    kinds = [
        (words.kinds[kind], words.kinds_about[kind], len(project.catalogue.by_kind(kind)), source(OVERVIEW, path))
        for kind, path in ((model.kind, f"catalogue/{stem}.md") for stem, model in MODELS.items())
    ]
    topics = [
        (
            getattr(topic.title, language),
            sum(topic.id in resource.topics for resource in resources),
            source(OVERVIEW, f"catalogue/topics/{topic.id}.md"),
        )
        for topic in project.catalogue.topics
    ]
    downloads = words.downloads.format(json="catalogue.json", bib="papers.bib", feed="feed.xml")
    return "\n".join(
        [
            front_matter(words.catalogue, about, hide=("toc",), searched=False),
            f"# {words.catalogue}\n\n{about}\n{{ .lead }}\n",
            html_block("doors.html", kinds=kinds, topics=topics, words=words),
            f"\n## {words.everything} {{ #all }}\n",
            _list(project, tied, language, OVERVIEW, resources),
            f"\n{downloads}\n{{ .downloads }}\n",
        ]
    )


def _page(
    title: str,
    about: str,
    project: Project,
    tied: Ties,
    language: Language,
    path: str,
    chosen: Sequence[Resource],
) -> str:
    return "\n".join(
        [
            front_matter(title, about, hide=("toc",), searched=False),
            f"# {plain(title)}\n\n{plain(about)}\n{{ .lead }}\n",
            _list(project, tied, language, path, chosen),
            "",
        ]
    )


def _list(project: Project, tied: Ties, language: Language, path: str, chosen: Sequence[Resource]) -> str:
    """The filter and the cards. A choice is offered only where the page holds more than one of its values."""
    words = WORDS[language]
    used = [topic for topic in project.catalogue.topics if any(topic.id in r.topics for r in chosen)]
    choices: list[tuple[str, str, list[tuple[str, str]]]] = [
        ("kind", words.all_kinds, [(kind, words.kinds[kind]) for kind in words.kinds if _some(chosen, kind)]),
        ("topic", words.all_topics, [(topic.id, getattr(topic.title, language)) for topic in used]),
        ("level", words.all_levels, [(level, text) for level, text in words.levels.items() if _levels(chosen, level)]),
        (
            "language",
            words.all_languages,
            [(tag, text) for tag, text in words.languages.items() if any(tag in r.languages for r in chosen)],
        ),
    ]
    return html_block(
        "cards.html",
        cards=[card(resource, project, tied, language, path) for resource in chosen],
        choices=[choice for choice in choices if len(choice[2]) > 1],
        show_kind=len({resource.kind for resource in chosen}) > 1,
        words=words,
    )


def _some(resources: Sequence[Resource], kind: str) -> bool:
    return any(resource.kind == kind for resource in resources)


def _levels(resources: Sequence[Resource], level: str) -> bool:
    return any(resource.level == level for resource in resources)
