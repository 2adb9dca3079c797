"""Houlsby's adapter: nearly the identity at first, at its place, and what learns."""

import re
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoConfig,
    GPTNeoForCausalLM,
    PreTrainedModel,
)

from aigc_ref.peft.adapter import DEVIATION, Adapted, Adapter, add_adapters
from aigc_ref.peft.layers import parameter_budget, wrapped_layers

IDS = torch.tensor([[2, 3, 4, 5], [5, 6, 7, 1]])


def bert() -> PreTrainedModel:
    torch.manual_seed(0)
    shape = BertConfig(vocab_size=9, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16)
    return BertForSequenceClassification(shape)


def gpt2() -> PreTrainedModel:
    torch.manual_seed(0)
    return GPT2LMHeadModel(GPT2Config(vocab_size=9, n_embd=16, n_layer=2, n_head=2, bos_token_id=1, eos_token_id=1))


def gpt_neo() -> PreTrainedModel:
    torch.manual_seed(0)
    shape = GPTNeoConfig(
        vocab_size=9,
        hidden_size=16,
        num_layers=2,
        num_heads=2,
        attention_types=[[["global", "local"], 1]],
        bos_token_id=1,
        eos_token_id=1,
    )
    return GPTNeoForCausalLM(shape)


@pytest.mark.parametrize(
    ("model", "places"),
    [
        (bert(), ["bert.encoder.layer.0.attention.output.dropout", "bert.encoder.layer.0.output.dropout"]),
        (gpt2(), ["transformer.h.0.attn.resid_dropout", "transformer.h.0.mlp.dropout"]),
        (gpt_neo(), ["transformer.h.0.attn.attention.resid_dropout", "transformer.h.0.mlp.dropout"]),
    ],
)
def test_two_a_block_learn_with_the_layer_normalisations_and_the_head(
    model: PreTrainedModel, places: list[str]
) -> None:
    head = "classifier" if "bert" in places[0] else None
    names = add_adapters(model, size=4, head=head)
    assert names == places + [place.replace(".0.", ".1.", 1) for place in places]
    learning = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert all(re.search(r"\.adapter\.|LayerNorm|\.ln_|classifier", name) for name in learning)
    normalisations = 5 * 2 * 16
    classifier = 2 * 16 + 2 if head else 0
    assert parameter_budget(model).trained == 4 * (2 * 4 * 16 + 16 + 4) + normalisations + classifier


@pytest.mark.parametrize("make", [bert, gpt2, gpt_neo])
def test_at_first_the_model_is_nearly_what_it_was_and_every_weight_can_learn(
    make: Callable[[], PreTrainedModel],
) -> None:
    model = make()
    model.eval()
    before = model(IDS).logits
    add_adapters(model, size=4)
    model.eval()
    after = model(IDS).logits
    assert 0 < (after - before).abs().max() < 1e-2 * before.abs().max()
    after.square().sum().backward()
    for layer in wrapped_layers(model).values():
        for name, parameter in layer.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().max() > 0, name


def test_weights_start_within_two_deviations_and_biases_at_zero() -> None:
    torch.manual_seed(0)
    adapter = Adapter(width=200, size=50)
    for layer in (adapter.down, adapter.up):
        assert layer.weight.abs().max() <= 2 * DEVIATION
        # the deviation of a normal distribution that is cut off at two is 0.8796 of the whole one's
        assert layer.weight.std().item() == pytest.approx(0.8796 * DEVIATION, rel=0.02)
        assert not layer.bias.any()


def test_gradients_are_right() -> None:
    torch.manual_seed(0)
    adapter = Adapter(width=4, size=2).double()
    for parameter in adapter.parameters():
        nn.init.normal_(parameter)
    hidden = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda hidden, *_: adapter(hidden), (hidden, *adapter.parameters()))


def test_a_frozen_base_in_half_precision_stays_so_and_the_adapter_is_in_single() -> None:
    model = bert()
    nn.Module.to(model, torch.bfloat16)
    add_adapters(model, size=4)
    assert model(IDS).logits.dtype == torch.bfloat16
    for layer in wrapped_layers(model).values():
        assert isinstance(layer, Adapted)
        assert layer.adapter.up.weight.dtype == torch.float32


def test_a_bottleneck_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="a bottleneck of 0"):
        add_adapters(bert(), size=0)
