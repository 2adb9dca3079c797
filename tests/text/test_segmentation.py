"""How texts are cut."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigc_ref.text.segmentation import tokenize, words


@given(st.text())
def test_tokens_lose_nothing_but_white_space(text: str) -> None:
    assert "".join(tokenize(text)) == "".join(unicodedata.normalize("NFC", text).split())


def test_words_are_the_tokens_that_letters_or_digits_begin() -> None:
    codes = [*range(0x3401), 0x4DC0, 0x4E00, 0x9FFF, 0xAC00, 0xF900, 0xFF01, 0xFF21, 0x1F600, 0x20000, 0x323AF, 0x323B0]
    text = "".join(f"a{chr(code)} {chr(code)}1 " for code in codes)
    assert words(text) == [token for token in tokenize(text.lower()) if token[0].isalnum()]


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert tokenize("cafe\u0301") == tokenize("café") == ["café"]


@pytest.mark.parametrize(
    "text",
    [
        "हिन्दी में कि और की",
        "שָׁלוֹם עוֹלָם",
        "مُحَمَّد می\u200cخواهم",
        "ที่นี่",
        "x̄ y̌",
    ],
    ids=["Hindi", "Hebrew", "Arabic and Persian", "Thai", "no composed form"],
)
def test_a_word_goes_on_over_its_marks(text: str) -> None:
    assert tokenize(text) == words(text) == unicodedata.normalize("NFC", text).split()


def test_no_mark_breaks_a_word() -> None:
    for code in range(0x110000):
        mark = chr(code)
        if unicodedata.category(mark).startswith("M"):
            assert len(tokenize(f"q{mark}q")) == 1, hex(code)


def test_a_letter_whose_lower_case_has_a_mark_stays_in_its_word() -> None:
    assert words("İstanbul") == ["i̇stanbul"]
