"""The catalogue's explorer over data of its own: facets, counts, orders, pinyin, growth."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.sites import ROOT, served
from tools.catalogue.facts import (
    LinkFacts,
    LinkRecord,
    PaperFacts,
    PaperRecord,
    RepositoryFacts,
    RepositoryRecord,
    State,
)
from tools.catalogue.history import Point
from tools.catalogue.lock import Lock
from tools.catalogue.parts import LINKS, PAPERS, REPOSITORIES
from tools.site.pages import catalogue_lists
from tools.site.pages.cards import Card, card
from tools.site.pages.templates import BLOCK
from tools.site.project.curated import access_of
from tools.site.project.reading import Project, read_project
from tools.site.project.resource_status import status_of
from tools.site.project.ties import ties

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def project() -> Project:
    """The catalogue with a lock full of answers: every repository has stars and a history, some things went wrong."""
    found, chance = read_project(ROOT), random.Random(7)
    lock = Lock()
    for number, resource in enumerate(found.catalogue.resources):
        checked = NOW - timedelta(days=number % 50)
        if resource.code:
            stars = chance.randrange(1, 90_000)
            state = State.ARCHIVED if number % 11 == 0 else State.OK
            data = RepositoryFacts(stars=stars, last_commit=date(2026, 1, 1) + timedelta(days=chance.randrange(300)))
            lock[REPOSITORIES][resource.code] = RepositoryRecord(
                state=state, since=date(2026, 11, 1), checked=checked, source="github", data=data
            )
            days = (date(2026, 9, 1), date(2026, 10, 10), date(2026, 11, 18))
            counts = [*sorted(chance.randrange(stars + 1) for _ in days[1:]), stars]
            lock.history[resource.code] = [Point(day, count) for day, count in zip(days, counts, strict=True)]
        elif arxiv := getattr(resource, "arxiv", None):
            data_of_paper = PaperFacts(latest_version=number % 3 + 1, updated=date(2025, 1, 1) + timedelta(days=number))
            state = State.WITHDRAWN if number % 29 == 0 else State.OK
            lock[PAPERS][arxiv] = PaperRecord(state=state, checked=checked, source="arxiv", data=data_of_paper)
        else:
            state = State.BLOCKED if number % 7 == 0 else State.OK
            record = LinkRecord(state=state, reason="robots.txt", checked=checked, source="links", data=LinkFacts())
            lock[LINKS][resource.url] = record
    return replace(found, lock=lock)


@pytest.fixture(scope="module")
def cards(project: Project) -> list[Card]:
    tied = ties(project)
    return [card(resource, project, tied, "zh", "catalogue/index.md") for resource in project.catalogue.resources]


@pytest.fixture(scope="module")
def explorer(project: Project, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The Chinese overview without the theme around it."""
    folder = tmp_path_factory.mktemp("explorer")
    block = BLOCK.search(str(catalogue_lists.pages(project, "zh")["catalogue/index.md"]))
    assert block
    assets = "".join(
        f"<{tag}>{(ROOT / 'docs/assets' / name).read_text(encoding='utf-8')}</{tag.split()[0]}>"
        for tag, name in (("style", "site.css"), ('script type="module"', "catalogue.js"))
    )
    html = f'<!doctype html><html lang="zh"><meta charset="utf-8"><body class="md-typeset">{block[1]}{assets}</body>'
    Path(folder / "index.html").write_text(html, encoding="utf-8")
    with served(folder) as address, browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        page.goto(address)
        yield page


@pytest.fixture
def page(explorer: Page) -> Page:
    explorer.set_viewport_size({"width": 1280, "height": 800})
    explorer.goto(explorer.url.split("?")[0].split("#")[0])
    return explorer


def _values(shown: Card, name: str) -> list[str]:
    return dict(shown.data).get(name, "").split()


def _visible(page: Page) -> list[str]:
    ids: list[str] = page.evaluate("[...document.querySelectorAll('.card:not([hidden])')].map(card => card.id)")
    return ids


def _counts(page: Page) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = page.evaluate(
        """Object.fromEntries([...document.querySelectorAll("fieldset")].map(group => [
            group.querySelector("input").name,
            Object.fromEntries([...group.querySelectorAll("label")].map(label =>
                [label.querySelector("input").value, Number(label.querySelector(".count").textContent)]))]))"""
    )
    return counts


@pytest.mark.slow
def test_facets_combine_and_their_counts_say_what_a_choice_would_bring(page: Page, cards: list[Card]) -> None:
    facets, chance = _counts(page), random.Random(3)
    assert list(facets) == ["kind", "topic", "level", "free", "language", "state", "year"]
    tried = 0
    for _ in range(25):
        chosen = {
            name: set(chance.sample(sorted(facets[name]), min(2, len(facets[name]))))
            for name in chance.sample(sorted(facets), chance.choice([1, 2, 3]))
        }
        page.evaluate(
            """chosen => {
                for (const box of document.querySelectorAll(".facets input"))
                    box.checked = (chosen[box.name] ?? []).includes(box.value);
                document.querySelector(".filter").dispatchEvent(new Event("input"));
            }""",
            {name: sorted(values) for name, values in chosen.items()},
        )

        def fits(shown: Card, but: str = "", chosen: dict[str, set[str]] = chosen) -> bool:
            return all(values & set(_values(shown, name)) for name, values in chosen.items() if name != but)

        expected = [shown.id for shown in cards if fits(shown)]
        assert _visible(page) == expected[:40]
        assert page.locator("output").inner_text() == f"{len(expected)} 条"
        for name, options in _counts(page).items():
            counted = Counter(value for shown in cards if fits(shown, name) for value in _values(shown, name))
            assert options == {value: counted[value] for value in options}, (chosen, name)
        tried += 0 < len(expected) < len(cards)
    assert tried > 15


@pytest.mark.slow
@pytest.mark.parametrize("order", ["newest", "stars", "rising", "active", "checked"])
def test_each_order_puts_the_most_first_and_what_is_not_known_last(page: Page, cards: list[Card], order: str) -> None:
    page.locator("select").select_option(order)
    key = {shown.id: int(dict(shown.data).get(order, -1)) for shown in cards}
    expected = sorted(key, key=lambda id_: -key[id_])  # stable, as the list is
    assert _visible(page) == expected[:40]
    page.locator(".more button").click()
    assert _visible(page) == expected[:80]
    page.locator("select").select_option("")
    assert _visible(page) == [shown.id for shown in cards][:40]


@pytest.mark.slow
def test_pinyin_initials_find_a_chinese_title(page: Page) -> None:
    page.locator("input[name=find]").fill("ＤＳＸＳＤＸＸ")
    assert "book-d2l" in _visible(page)
    assert len(_visible(page)) < 5
    page.locator("input[name=find]").fill("kxkj")
    assert _visible(page) == ["blog-kexue"]


@pytest.mark.slow
def test_it_works_by_keyboard_and_says_how_many_are_left(page: Page, cards: list[Card]) -> None:
    page.locator("input[name=kind][value=blog]").focus()
    page.keyboard.press("Space")
    assert len(_visible(page)) == 16
    assert page.locator("output").get_attribute("aria-live") == "polite"
    assert page.url.endswith("?kind=blog")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the next kind as well
    assert len(_visible(page)) == 24
    page.get_by_role("button", name="清除条件").press("Enter")
    expect(page.locator("output")).to_have_text(f"{len(cards)} 条")
    expect(page.locator("input[name=find]")).to_be_focused()
    assert "?" not in page.url


@pytest.mark.slow
def test_more_goes_on_where_the_reader_was(page: Page) -> None:
    page.locator(".more button").press("Enter")
    assert len(_visible(page)) == 80
    assert page.evaluate("document.activeElement.closest('.card').id") == _visible(page)[40]


@pytest.mark.slow
def test_an_entry_far_down_is_shown_where_the_address_names_it(page: Page, cards: list[Card]) -> None:
    last = cards[-1].id
    expect(page.locator(f"#{last}")).to_be_hidden()
    page.goto(f"{page.url}#{last}")
    expect(page.locator(f"#{last}")).to_be_in_viewport()


@pytest.mark.slow
def test_an_address_that_names_no_entry_changes_nothing(page: Page) -> None:
    thrown: list[object] = []
    page.on("pageerror", lambda error: thrown.append(error))
    page.goto(f"{page.url}#%E0%A4")
    page.reload()
    assert len(_visible(page)) == 40
    assert thrown == []


@pytest.mark.slow
def test_facets_fold_away_on_a_phone(page: Page) -> None:
    box = page.locator("input[name=kind][value=blog]")
    expect(box).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(box).to_be_hidden()
    page.get_by_text("筛选", exact=True).click()
    box.check()
    assert len(_visible(page)) == 16


def test_a_card_says_what_went_wrong_and_with_what(project: Project, cards: list[Card]) -> None:
    said = Counter(badge.text for shown in cards for badge in shown.badges)
    assert said["链接被屏蔽"] > 3
    assert said["已撤稿"] >= 1
    assert said["已归档"] + said["代码已归档"] > 5
    assert {badge.about for shown in cards for badge in shown.badges if badge.text == "链接被屏蔽"} == {"robots.txt"}
    states = Counter(state for shown in cards for state in _values(shown, "state"))
    assert states["blocked"] == said["链接被屏蔽"]
    assert states["archived"] == said["已归档"] + said["代码已归档"]


def test_growth_is_a_line_that_rises_with_the_stars(project: Project) -> None:
    tied = ties(project)
    resource = next(resource for resource in project.catalogue.resources if resource.code == "wandb/wandb")
    points = [Point(date(2026, 10, 1), 100), Point(date(2026, 10, 21), 150), Point(date(2026, 11, 20), 400)]

    def shown(history: list[Point]) -> Card:
        lock = replace(project.lock, history={"wandb/wandb": history})
        return card(resource, replace(project, lock=lock), tied, "en", "catalogue/index.md")

    line = shown(points).growth
    assert line
    assert line.points == "0,14 25.6,12 64,2"
    assert shown(points).growth_text == "stars: 100 on 2026-10-01, 400 on 2026-11-20"
    assert dict(shown(points).data)["rising"] == "250"
    assert shown(points[:1]).growth is None
    assert shown([]).growth is None
    assert "rising" not in dict(shown([]).data)


def test_orders_and_facets_without_a_choice_are_not_offered(project: Project) -> None:
    empty = str(catalogue_lists.pages(replace(project, lock=Lock()), "en")["catalogue/papers.md"])
    full = str(catalogue_lists.pages(project, "en")["catalogue/papers.md"])
    assert '<option value="stars">' in full
    assert '<option value="stars">' not in empty
    assert 'name="state"' in full
    assert 'name="state"' not in empty
    assert 'name="kind"' not in full


def test_price_is_told_where_it_is_known(project: Project) -> None:
    resources = {resource.id: resource for resource in project.catalogue.resources}
    assert access_of(resources["paper-gan"]) == "free"
    assert access_of(resources["conf-neurips"]) is None


def test_nobody_asked_is_not_all_well(project: Project) -> None:
    resource = project.catalogue.resources[0]
    assert status_of(resource, Lock()).states == ["unknown"]
    assert status_of(resource, project.lock).states != ["unknown"]
