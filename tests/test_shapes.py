"""That a tensor of another shape than its annotation says does not go unnoticed in the tests."""

import pytest
import torch
from jaxtyping import TypeCheckError

from aigc_ref.lm.gpt import GPT, GPTConfig
from aigc_ref.peft.lora import low_rank_update


def test_axes_of_one_name_must_agree() -> None:
    low_rank_update(torch.zeros(2, 3), a=torch.zeros(1, 3), b=torch.zeros(4, 1), scale=1.0)
    with pytest.raises(TypeCheckError, match="low_rank_update"):
        low_rank_update(torch.zeros(2, 3), a=torch.zeros(1, 5), b=torch.zeros(4, 1), scale=1.0)


def test_a_missing_axis_and_another_type_are_found_in_methods() -> None:
    model = GPT(GPTConfig(vocab_size=9, block_size=4, n_layer=1, n_head=1, n_embd=8))
    model(torch.zeros(1, 3, dtype=torch.long))
    for wrong in (torch.zeros(3, dtype=torch.long), torch.zeros(1, 3)):
        with pytest.raises(TypeCheckError, match="forward"):
            model(wrong)
