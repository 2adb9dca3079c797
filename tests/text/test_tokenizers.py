from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from aigc_ref.text.datasets import TextDataset
from aigc_ref.text.tokenizers import character_tokenizer

ALPHABET = "春眠不觉晓，。\n a𠀀"
TOKENIZER = character_tokenizer([ALPHABET])


@given(st.text(alphabet=ALPHABET))
def test_what_is_in_the_vocabulary_comes_back_as_it_was(text: str) -> None:
    ids = TOKENIZER(text)["input_ids"]
    assert len(ids) == len(text) + 2
    assert TOKENIZER.decode(ids, skip_special_tokens=True) == text


def test_ids_do_not_depend_on_the_order_of_the_corpus() -> None:
    texts = ["春眠", "不觉晓", "处处"]
    assert character_tokenizer(texts).get_vocab() == character_tokenizer(reversed(texts)).get_vocab()


def test_rare_characters_become_unknown() -> None:
    tokenizer = character_tokenizer(["春春夏"], least_count=2)
    assert tokenizer.convert_ids_to_tokens(tokenizer("春夏")["input_ids"]) == ["<bos>", "春", "<unk>", "<eos>"]


def test_it_is_read_back_from_a_folder(tmp_path: Path) -> None:
    TOKENIZER.save_pretrained(tmp_path)
    again = PreTrainedTokenizerFast.from_pretrained(tmp_path)
    assert again("春眠")["input_ids"] == TOKENIZER("春眠")["input_ids"]
    assert again.eos_token == "<eos>"


def test_a_dataset_cuts_but_never_pads() -> None:
    data = TextDataset(["春", "春眠不觉晓"], TOKENIZER, max_length=4)
    assert [len(data[index]) for index in range(len(data))] == [3, 4]
    with pytest.raises(IndexError):
        data[2]
