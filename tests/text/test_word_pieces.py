"""From words to tokens: every word keeps its label, whatever the tokenizer makes of it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace
from tokenizers.processors import TemplateProcessing
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from aigc_ref.text.tokenizers import byte_pair_tokenizer, character_tokenizer
from aigc_ref.text.word_pieces import WordPieces, windows
from aigc_ref.train.loss import IGNORE_INDEX
from tests.finetune.tiny import bert_folder


@pytest.fixture(scope="module")
def wordpiece(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
        bert_folder(tmp_path_factory.mktemp("bert"), ["Anna moved to Lund"])
    )
    return tokenizer


@pytest.fixture(scope="module")
def unigram() -> PreTrainedTokenizerBase:
    """Marks the beginning of a word as SentencePiece does, like that of multilingual-e5-small."""
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", "京", "北京", "▁京", "▁a", "a", "b", "▁Lund"]
    backend = Tokenizer(Unigram([(piece, -float(index)) for index, piece in enumerate(pieces)], unk_id=3))
    backend.pre_tokenizer = Metaspace()
    backend.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )


def _tokens(tokenizer: PreTrainedTokenizerBase, word: str) -> list[str]:
    return list(tokenizer.convert_ids_to_tokens(WordPieces(tokenizer, [word])[word]))


def test_a_chinese_character_is_its_own_piece_and_not_a_mark_and_a_piece(unigram: PreTrainedTokenizerBase) -> None:
    assert unigram.tokenize("北") == ["▁", "北"]
    assert _tokens(unigram, "京") == ["京"]  # and not ▁京, which only begins a text
    assert _tokens(unigram, "北京") == ["北京"]
    assert _tokens(unigram, "Lund") == ["▁Lund"]
    assert _tokens(unigram, "a") == ["▁a"]


def test_a_word_of_nothing_becomes_the_unknown_token_and_keeps_its_label(wordpiece: PreTrainedTokenizerBase) -> None:
    odd = "\u200b"  # a space of no width: the normaliser removes it
    assert wordpiece.tokenize(odd) == []
    pieces = WordPieces(wordpiece, ["Anna", odd])
    (window,) = windows(0, ["Anna", odd, "Anna"], [1, 2, 1], pieces, max_length=64)
    assert [window.labels[place] for place in window.starts] == [1, 2, 1]
    assert window.ids[window.starts[1]] == wordpiece.unk_token_id


def test_words_of_byte_pairs_begin_as_they_do_within_a_text() -> None:
    tokenizer = byte_pair_tokenizer(["the owl sees the low tree"] * 9, vocab_size=300)
    whole = tokenizer("the owl", add_special_tokens=False)["input_ids"]
    pieces = WordPieces(tokenizer, ["the", "owl"])
    assert whole[-len(pieces["owl"]) :] == pieces["owl"]


def test_special_tokens_stand_around_each_window_as_the_tokenizer_puts_them(wordpiece: PreTrainedTokenizerBase) -> None:
    words = ["Anna", "moved", "to", "Lund"]
    (window,) = windows(0, words, [1, 0, 0, 2], WordPieces(wordpiece, words), max_length=64)
    assert window.ids == wordpiece(" ".join(words))["input_ids"]


def test_only_the_first_piece_of_a_word_has_a_label() -> None:
    tokenizer = character_tokenizer(["Lund"])
    (window,) = windows(0, ["Lund", "nu"], [5, 6], WordPieces(tokenizer, ["Lund", "nu"]), max_length=64)
    assert window.labels == [IGNORE_INDEX, 5, IGNORE_INDEX, IGNORE_INDEX, IGNORE_INDEX, 6, IGNORE_INDEX, IGNORE_INDEX]


@settings(max_examples=60, deadline=None)
@given(words=st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=20), max_length=st.integers(3, 12))
def test_cutting_into_windows_loses_no_word_and_exceeds_no_length(words: list[str], max_length: int) -> None:
    tokenizer = character_tokenizer(["abc"])
    pieces = WordPieces(tokenizer, words)
    cut = list(windows(7, words, range(len(words)), pieces, max_length))
    assert all(len(window.ids) == len(window.labels) <= max_length for window in cut)
    assert {window.sentence for window in cut} == {7}
    labels = [label for window in cut for label in window.labels if label != IGNORE_INDEX]
    assert labels == list(range(len(words)))
    starts = [window.ids[place] for window in cut for place in window.starts]
    assert starts == [pieces[word][0] for word in words]


def test_a_length_that_holds_no_word_is_an_error(wordpiece: PreTrainedTokenizerBase) -> None:
    with pytest.raises(ValueError, match="max_length must be at least 3"):
        list(windows(0, ["Anna"], [1], WordPieces(wordpiece, ["Anna"]), max_length=2))


def test_a_tokenizer_that_knows_no_unknown_token_says_which_word_it_cannot_read(
    tmp_path: Path, wordpiece: PreTrainedTokenizerBase
) -> None:
    wordpiece.save_pretrained(tmp_path)
    mute: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(tmp_path)
    mute.unk_token = None
    with pytest.raises(ValueError, match="makes nothing of the word"):
        WordPieces(mute, ["\u200b"])
