"""Every file of the site in one language, and the menu. Pure: reads and writes nothing."""

from html import escape
from typing import TypeAlias

from tools.catalogue.models import MODELS
from tools.site.cards import page_of
from tools.site.catalogue import catalogue_pages
from tools.site.downloads import llms_txt
from tools.site.faults import faults_page
from tools.site.home import home_page
from tools.site.news import news_page
from tools.site.oracles import oracles_page
from tools.site.paths import paths_page
from tools.site.project import Project
from tools.site.prose import errata_page, glossary_page, reference_pages, tutorials_page
from tools.site.speed import speed_page
from tools.site.timeline import timeline_page
from tools.site.tutorials import Reference, tutorial_pages
from tools.site.words import WORDS
from tools.tutorials.source import Language

Navigation: TypeAlias = "list[str | dict[str, str | Navigation]]"


def site_pages(project: Project, language: Language) -> dict[str, str | bytes]:
    """Path below the language's root → content.

    Not among them: prose that people write as pages (contributing), and the pages of single entries (`entry_pages`).
    """
    references = {
        resource.id: Reference(resource.title, page_of(resource), resource.url)
        for resource in project.catalogue.resources
    }
    pages = {
        **home_page(project, language),
        **timeline_page(project, language),
        **news_page(project, language),
        **paths_page(project, language),
        **tutorials_page(project, language),
        **catalogue_pages(project, language),
        **reference_pages(project, language),
        **errata_page(project, language),
        **glossary_page(project, language),
        **faults_page(project, language),
        **oracles_page(project, language),
        **speed_page(project, language),
        "llms.txt": llms_txt(project, language),
    }
    titles = {tutorial.name: tutorial.header.title[language] for tutorial, _ in project.tutorials}
    for tutorial, executed in project.tutorials:
        pages |= tutorial_pages(tutorial, executed, references, titles, language, project.repository)
    return pages


def navigation(project: Project, language: Language) -> Navigation:
    """The menu: made from the same data as the pages, so that none is forgotten. Its titles are HTML."""
    words = WORDS[language]
    tutorials: Navigation = [{escape(t.header.title[language]): f"tutorials/{t.name}.md"} for t, _ in project.tutorials]
    folders = sorted({module.page for module in project.modules})
    reference: Navigation = [{page.removeprefix("reference/").removesuffix(".md"): page} for page in folders]
    return [
        {words.home: "index.md"},
        {words.paths: "paths.md"},
        {words.tutorials: ["tutorials/index.md", *tutorials]},
        {
            words.catalogue: [
                "catalogue/index.md",
                {words.timeline: "catalogue/timeline.md"},
                {words.news: "catalogue/news.md"},
                {words.by_kind: [{words.kinds[m.kind]: f"catalogue/{stem}.md"} for stem, m in MODELS.items()]},
                {
                    words.by_topic: [
                        {escape(getattr(topic.title, language)): f"catalogue/topics/{topic.id}.md"}
                        for topic in project.catalogue.topics
                    ]
                },
            ]
        },
        {words.reference: ["reference/index.md", *reference]},
        {words.errata: "errata.md"},
        {
            words.contributing: [
                {words.contribute: "contributing.md"},
                {words.upkeep: "upkeep.md"},
                {words.publishing: "publishing.md"},
                {words.faults: "faults.md"},
                {words.oracles: "oracles.md"},
                {words.speed: "speed.md"},
                {words.glossary: "glossary.md"},
            ]
        },
    ]
