"""What messengers show beside a link to a page, as tags of its head; read from what the page says of itself."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from tools.catalogue.models import Resource
from tools.language import ForEach, Language
from tools.site.finish.social_cards import HEIGHT, WIDTH, SocialCard
from tools.site.words import WORDS

LOCALES = ForEach(zh="zh_CN", en="en_GB")
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)"')
CANONICAL = re.compile(r'<link rel="canonical" href="([^"]*)"')
ROOM = re.compile(r'<li class="md-tabs__item md-tabs__item--active">\s*<a [^>]*>(.*?)</a>', re.DOTALL)
ENTRY = re.compile(r"catalogue/([^/]+)/index\.html")
HEAD = "</head>"


@dataclass(frozen=True, slots=True)
class Head:
    title: str
    description: str
    address: str
    room: str
    """The part of the site that the page belongs to."""


def read_head(page: str, language: Language) -> Head | None:
    """What a page says of itself; None without an address, for nobody can link to it."""
    head = page.partition(HEAD)[0]
    canonical = CANONICAL.search(head)
    if not canonical:
        return None
    title, description, room = TITLE.search(head), DESCRIPTION.search(head), ROOM.search(page)
    said = [html.unescape(found[1]).strip() if found else "" for found in (title, description, canonical, room)]
    return Head(said[0].removesuffix(f" - {WORDS[language].site.name}"), *said[1:])


def card_of(head: Head, path: str, language: Language, resources: Mapping[str, Resource]) -> SocialCard:
    """The card that shows what a page is; entries of the catalogue bear that of their kind."""
    words, entry = WORDS[language], ENTRY.fullmatch(path)
    if entry and (resource := resources.get(entry[1])):
        title, line = words.names.kinds[resource.kind], words.names.kinds_about[resource.kind]
        return SocialCard(language, words.catalogue.title, title, line)
    room = "" if head.room == head.title or path == "index.html" else head.room
    return SocialCard(language, room, head.title, head.description.replace("`", ""))


def add_social_tags(page: str, path: str, language: Language, card: SocialCard | None) -> str:
    """The page with tags that say what it is, and where its picture is."""
    head = read_head(page, language)
    if not head or 'property="og:title"' in page.partition(HEAD)[0]:
        return page
    kind = "website" if path == "index.html" else "article"
    said = tags(language, kind, head.title, head.description, head.address)
    if card:
        root = re.sub(rf"(?:[^/]+/){{{path.count('/')}}}$", "", head.address)
        said += "\n" + picture_tags(card, f"{root}assets/cards/{card.name}")
    return page.replace(HEAD, f"{said}\n{HEAD}", 1)


def tags(language: Language, kind: str, title: str, description: str, address: str) -> str:
    """What a page is, for those who show a link to it."""
    site = WORDS[language].site.name
    said = {"type": kind, "site_name": site, "title": title, "description": description, "url": address}
    return _metas({f"og:{name}": text for name, text in said.items()} | {"og:locale": LOCALES[language]})


def picture_tags(card: SocialCard, address: str) -> str:
    """Where its picture is, and what that shows."""
    about = " · ".join(dict.fromkeys([card.title, WORDS[card.language].site.name]))
    said = {"": address, ":width": str(WIDTH), ":height": str(HEIGHT), ":alt": about}
    return _metas({f"og:image{name}": text for name, text in said.items()} | {"twitter:card": "summary_large_image"})


def _metas(said: dict[str, str]) -> str:
    names = {name: "name" if name.startswith("twitter") else "property" for name in said}
    return "\n".join(f'<meta {names[name]}="{name}" content="{html.escape(text)}">' for name, text in said.items())
