"""Prosody against quatrains marked by hand, and against every way of reading them."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigc_ref.metrics.prosody import Book, Prosody, Reading, mean, prosody, rhyme, tones


def _book() -> Book:
    """The readings that matter in the poems below, as the rhyme book has them."""
    rhymes = {"流": "尤", "楼": "尤", "间": "删", "还": "删", "山": "删"}
    book = {c: frozenset({Reading(rhymes.get(c, "—"), level=True)}) for c in "山河穷层流楼辞云陵声舟间还眠啼来多依"}
    book |= {c: frozenset({Reading("筱", level=False)}) for c in "日尽海里目上帝住岸不觉晓处鸟雨落少"}
    both = frozenset({Reading("歌", level=True), Reading("个", level=False)})
    return book | dict.fromkeys("过重", both)


BOOK = _book()
REGULAR_FIVE = ["白日依山尽", "黄河入海流", "欲穷千里目", "更上一层楼"]
REGULAR_SEVEN = ["朝辞白帝彩云间", "千里江陵一日还", "两岸猿声啼不住", "轻舟已过万重山"]
OLD_STYLE = ["春眠不觉晓", "处处闻啼鸟", "夜来风雨声", "花落知多少"]


@pytest.mark.parametrize("lines", [REGULAR_FIVE, REGULAR_SEVEN])
def test_famous_regulated_quatrains_keep_every_rule(lines: list[str]) -> None:
    assert prosody(lines, BOOK) == Prosody(1, 1, 1, 1, 1)


def test_a_famous_quatrain_in_the_old_style_rhymes_in_an_oblique_tone_and_does_not_adhere() -> None:
    assert prosody(OLD_STYLE, BOOK) == Prosody(alternation=1, opposition=1, adhesion=0, regular=0, rhyme=0)


def test_couplets_that_change_places_adhere_no_more() -> None:
    """平起 and 仄起 lines alternate 1 2 2 1; of the second couplet, lines 4 and 3 do not."""
    first, second, third, fourth = REGULAR_FIVE
    measured = prosody([first, second, fourth, third], BOOK)
    assert (measured.alternation, measured.opposition, measured.adhesion, measured.regular) == (1, 1, 0, 0)


def test_a_character_that_the_book_lacks_fits_nowhere() -> None:
    measured = prosody(["白龘依山尽", *REGULAR_FIVE[1:]], BOOK)
    assert measured == Prosody(alternation=0.75, opposition=0.75, adhesion=1, regular=0, rhyme=1)


def test_rhyme_wants_a_level_tone_one_group_and_different_characters() -> None:
    assert rhyme("间还山", BOOK)
    assert not rhyme("流流", BOOK)
    assert not rhyme("流山", BOOK)
    assert not rhyme("鸟少", BOOK)
    assert not rhyme("流龘", BOOK)


@pytest.mark.parametrize("lines", [REGULAR_FIVE[:3], [*REGULAR_FIVE[:3], "更上一层"], ["白日依山"] * 4, []])
def test_what_is_no_quatrain_is_refused(lines: list[str]) -> None:
    with pytest.raises(ValueError, match="four lines of five or seven"):
        prosody(lines, BOOK)


def test_there_is_no_mean_of_nothing() -> None:
    with pytest.raises(ValueError, match="no quatrain"):
        mean([])


@pytest.mark.compares("definition", technique="aigc_ref.metrics.prosody")
@given(st.lists(st.text("山日过龘", min_size=5, max_size=5), min_size=4, max_size=4))
def test_regular_is_what_some_way_of_reading_the_whole_poem_makes_it(lines: list[str]) -> None:
    places = [line[place] for line in lines for place in (1, 3)]
    oracle = any(
        one != two and three != four and five != six and seven != eight  # alternation
        and one != three and five != seven and three == five  # opposition; adhesion
        for one, two, three, four, five, six, seven, eight in product(*(tones(place, BOOK) for place in places))
    )  # fmt: skip
    assert bool(prosody(lines, BOOK).regular) == oracle
