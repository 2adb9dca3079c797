from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from aigc_ref.text.datasets import TextDataset
from aigc_ref.text.tokenizers import byte_pair_tokenizer, character_tokenizer

ALPHABET = "春眠不觉晓，。\n a𠀀"
TOKENIZER = character_tokenizer([ALPHABET])
BYTE_PAIRS = byte_pair_tokenizer(["春眠不觉晓，处处闻啼鸟。", "the lower, the slower"] * 5, vocab_size=285)


@given(st.text(alphabet=ALPHABET))
def test_what_is_in_the_vocabulary_comes_back_as_it_was(text: str) -> None:
    ids = TOKENIZER(text)["input_ids"]
    assert len(ids) == len(text) + 2
    assert TOKENIZER.decode(ids, skip_special_tokens=True) == text


@given(st.text())
def test_byte_pairs_give_any_text_back_as_it_was(text: str) -> None:
    ids = BYTE_PAIRS(text)["input_ids"]
    assert BYTE_PAIRS.decode(ids, skip_special_tokens=True) == text
    assert (ids[0], ids[-1]) == (BYTE_PAIRS.bos_token_id, BYTE_PAIRS.eos_token_id)


@pytest.mark.parametrize(
    "text", ["👩\u200d👩\u200d👧 ，🇨🇳", "𠀀𪚥 床前明月光", " leading, trailing \r\n", "\x00\ufeff", "it 's ,"]
)
def test_neither_emoji_nor_rare_characters_nor_spaces_are_lost(text: str) -> None:
    assert BYTE_PAIRS.decode(BYTE_PAIRS(text)["input_ids"], skip_special_tokens=True) == text


def test_a_text_about_the_end_token_does_not_end() -> None:
    for tokenizer in (BYTE_PAIRS, character_tokenizer(["<eos> <pad>"])):
        ids = tokenizer("<eos> <pad>")["input_ids"]
        assert tokenizer.eos_token_id not in ids[:-1]
        assert tokenizer.pad_token_id not in ids
        assert tokenizer.decode(ids, skip_special_tokens=True) == "<eos> <pad>"


def test_pairs_are_made_until_the_vocabulary_is_full_and_shorten_the_text() -> None:
    text = "the slower, the lower 处处闻啼鸟"
    assert len(BYTE_PAIRS) == 285
    assert len(BYTE_PAIRS(text)["input_ids"]) < 2 + len(text.encode()) / 2
    assert BYTE_PAIRS.convert_tokens_to_ids(["<pad>", "<bos>", "<eos>"]) == [0, 1, 2]
    assert len(byte_pair_tokenizer([], vocab_size=300)) == 259  # no corpus, no pairs
    with pytest.raises(ValueError, match="does not hold 256 bytes"):
        byte_pair_tokenizer(["low"], vocab_size=258)


def test_ids_do_not_depend_on_the_order_of_the_corpus() -> None:
    texts = ["春眠", "不觉晓", "处处"]
    assert character_tokenizer(texts).get_vocab() == character_tokenizer(reversed(texts)).get_vocab()
    words = ["low lower", "new newer", "slow"]
    assert byte_pair_tokenizer(words, 275).get_vocab() == byte_pair_tokenizer(reversed(words), 275).get_vocab()


def test_rare_characters_become_unknown() -> None:
    tokenizer = character_tokenizer(["春春夏"], least_count=2)
    assert tokenizer.convert_ids_to_tokens(tokenizer("春夏")["input_ids"]) == ["<bos>", "春", "<unk>", "<eos>"]


@pytest.mark.parametrize("tokenizer", [TOKENIZER, BYTE_PAIRS], ids=["characters", "byte pairs"])
def test_it_is_read_back_from_a_folder(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    tokenizer.save_pretrained(tmp_path)
    again = PreTrainedTokenizerFast.from_pretrained(tmp_path)
    for text in ("春眠", "春 <eos>"):
        assert again(text)["input_ids"] == tokenizer(text)["input_ids"]
    assert again.eos_token == "<eos>"


def test_a_dataset_cuts_but_never_pads() -> None:
    data = TextDataset(["春", "春眠不觉晓"], TOKENIZER, max_length=4)
    assert [len(data[index]) for index in range(len(data))] == data.lengths == [3, 4]
    with pytest.raises(IndexError):
        data[2]


def test_a_dataset_leaves_room_for_a_token_beside_the_special_ones() -> None:
    for max_length in (1, 2):
        with pytest.raises(ValueError, match=f"max_length must be at least 3 for this tokenizer, not {max_length}"):
            TextDataset(["春眠不觉晓"], TOKENIZER, max_length)
    assert TextDataset(["春眠不觉晓"], TOKENIZER, max_length=3).lengths == [3]


def test_a_dataset_may_be_empty() -> None:
    assert TextDataset([], TOKENIZER).lengths == []
