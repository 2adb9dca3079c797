from pathlib import Path

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from aigc_ref.finetune.causal_lm import evaluate, train_epoch
from aigc_ref.lm.generate import generate
from aigc_ref.text.datasets import TextDataset
from aigc_ref.text.tokenizers import character_tokenizer

POEMS = ["白日依山尽，黄河入海流。", "欲穷千里目，更上一层楼。", "床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"]


def test_a_few_poems_are_learnt_by_heart_and_read_back_from_disk(tmp_path: Path) -> None:
    tokenizer = character_tokenizer(POEMS)
    torch.manual_seed(0)
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(tokenizer),
            n_positions=32,
            n_layer=2,
            n_head=2,
            n_embd=64,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )
    data = TextDataset(POEMS, tokenizer)
    before = evaluate(model, data, tokenizer).perplexity
    for epoch in range(40):
        train_epoch(model, data, tokenizer, learning_rate=5e-3, batch_size=4, seed=epoch, progress=False)
    assert evaluate(model, data, tokenizer).perplexity < 1.5 < before

    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    again, same_tokenizer = GPT2LMHeadModel.from_pretrained(tmp_path), type(tokenizer).from_pretrained(tmp_path)
    prompt = torch.tensor([same_tokenizer("白日")["input_ids"][:-1]])
    (text,) = generate(again, prompt, max_new_tokens=20, eos_token_id=same_tokenizer.eos_token_id, temperature=0)
    assert "白日" + same_tokenizer.decode(text) == POEMS[0]


def test_a_tokenizer_without_padding_is_told_how_to_get_it() -> None:
    tokenizer = character_tokenizer(POEMS)
    tokenizer.pad_token = None
    with pytest.raises(ValueError, match="the tokenizer has no padding token"):
        evaluate(GPT2LMHeadModel(GPT2Config(n_layer=1, n_head=1, n_embd=8)), TextDataset(POEMS, tokenizer), tokenizer)
