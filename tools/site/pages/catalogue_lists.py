"""The catalogue's lists: everything, each kind and each topic, as cards with facets to choose by."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from markupsafe import Markup

from tools.catalogue.models import MODELS, STEM, Resource
from tools.language import Language
from tools.site.links import source
from tools.site.pages.cards import Card, card
from tools.site.pages.page_kind import Menu, Pages
from tools.site.pages.templates import fragment, front_matter, html_block, plain
from tools.site.project.reading import Project
from tools.site.project.ties import ties
from tools.site.words import WORDS, Words

OVERVIEW = "catalogue/index.md"


@dataclass(frozen=True, slots=True)
class ListLink:
    """A link to one of the lists."""

    title: str
    count: int
    href: str
    here: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """What one can choose by, and what there is to choose from on a page: value, text, count."""

    name: str
    title: str
    options: tuple[tuple[str, str, int], ...]


def pages(project: Project, language: Language) -> Pages:
    """Every list of the catalogue in one language: path below the language's root → content."""
    words, resources = WORDS[language], project.catalogue.resources
    lists = _Lists(project, language)
    about = words.catalogue.about.format(len(resources))
    made: Pages = {OVERVIEW: lists.page(OVERVIEW, words.catalogue.title, about, resources)}
    for model in MODELS.values():
        title, about = words.names.kinds[model.kind], words.names.kinds_about[model.kind]
        path = f"catalogue/{STEM[model.kind]}.md"
        made[path] = lists.page(path, title, about, project.catalogue.by_kind(model.kind))
    for topic in project.catalogue.topics:
        chosen = tuple(resource for resource in resources if topic.id in resource.topics)
        path = f"catalogue/topics/{topic.id}.md"
        made[path] = lists.page(path, topic.title[language], topic.about[language], chosen)
    return made


def menu(project: Project, language: Language) -> Menu:
    words, topics = WORDS[language], project.catalogue.topics
    return [
        {
            words.catalogue.by_kind: [
                {words.names.kinds[model.kind]: f"catalogue/{stem}.md"} for stem, model in MODELS.items()
            ]
        },
        {
            words.catalogue.by_topic: [
                {escape(topic.title[language]): f"catalogue/topics/{topic.id}.md"} for topic in topics
            ]
        },
    ]


class _Lists:
    """Pages of cards. An entry stands on several; its card is made once for each folder that links start from."""

    def __init__(self, project: Project, language: Language) -> None:
        self._project, self._language = project, language
        self._ties = ties(project)
        self._cards: dict[tuple[str, bool], tuple[Card, Markup]] = {}

    def page(self, path: str, title: str, about: str, chosen: Sequence[Resource]) -> str:
        words = WORDS[self._language]
        cards = [self._card(resource, path) for resource in chosen]
        kinds, topics = self._list_links(path)
        block = html_block(
            "cards.html",
            cards=[html for _, html in cards],
            facets=self._facets([shown for shown, _ in cards]),
            sorts=_sorts([shown for shown, _ in cards], words),
            kinds=kinds,
            topics=topics,
            words=words,
        )
        links = [f"[{text}]({source(path, f'catalogue/{name}')})" for name, text in words.exports.downloads.items()]
        files = words.catalogue.downloads_before + " · ".join(links)
        head = front_matter(title, about, hide=("navigation", "toc"), searched=False)
        return f"{head}\n# {plain(title)}\n\n{plain(about)}\n{{ .lead }}\n\n{block}\n\n{files}\n{{ .downloads }}\n"

    def _card(self, resource: Resource, path: str) -> tuple[Card, Markup]:
        key = resource.id, path.startswith("catalogue/topics/")
        if key not in self._cards:
            shown = card(resource, self._project, self._ties, self._language, path)
            self._cards[key] = shown, fragment("card.html", card=shown, words=WORDS[self._language])
        return self._cards[key]

    def _list_links(self, here: str) -> tuple[list[ListLink], list[ListLink]]:
        catalogue, words = self._project.catalogue, WORDS[self._language]
        paths = {kind: f"catalogue/{stem}.md" for kind, stem in STEM.items()}
        kinds = [
            ListLink(words.names.kinds[kind], len(catalogue.by_kind(kind)), source(here, path), here == path)
            for kind, path in paths.items()
        ]
        everything = ListLink(
            words.catalogue.everything, len(catalogue.resources), source(here, OVERVIEW), here == OVERVIEW
        )
        counts = Counter(topic for resource in catalogue.resources for topic in resource.topics)
        topics = [
            ListLink(topic.title[self._language], counts[topic.id], source(here, path), here == path)
            for topic in catalogue.topics
            for path in [f"catalogue/topics/{topic.id}.md"]
        ]
        return [everything, *kinds], topics

    def _facets(self, cards: Sequence[Card]) -> list[Facet]:
        """A facet is offered where the page holds more than one of its values."""
        words = WORDS[self._language]
        titles = {topic.id: str(topic.title[self._language]) for topic in self._project.catalogue.topics}
        names: dict[str, Mapping[Any, str]] = {
            "kind": words.names.kinds,
            "topic": titles,
            "level": words.names.levels,
            "language": words.names.languages,
            "free": words.names.access,
            "state": words.filter.states,
        }
        facets = []
        for name, title in words.filter.facets.items():
            counts = Counter(value for shown in cards for value in dict(shown.data).get(name, "").split())
            texts = names.get(name) or {value: value for value in sorted(counts, reverse=True)}  # years, newest first
            options = [(value, text, counts[value]) for value, text in texts.items() if counts[value]]
            options += [(value, value, counts[value]) for value in sorted(counts.keys() - texts.keys())]
            if len(options) > 1:
                facets.append(Facet(name, title, tuple(options)))
        return facets


def _sorts(cards: Sequence[Card], words: Words) -> list[tuple[str, str]]:
    """An order is offered where there are two different values to sort by."""
    values = {name: {dict(shown.data).get(name) for shown in cards} for name in words.filter.sorts}
    return [(name, text) for name, text in words.filter.sorts.items() if name == "curated" or len(values[name]) > 1]
