"""What is put beside a model's layers: the right ones, once, and out again."""

import pytest
import torch
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel

from aigc_ref.peft.adapter import add_adapters
from aigc_ref.peft.layers import Budget, parameter_budget, remove, wrapped_layers
from aigc_ref.peft.lora import add_lora, merge


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 4))
        self.classifier = nn.Linear(4, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self.body(inputs))
        return logits


def learning(model: nn.Module) -> set[str]:
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def test_the_pattern_must_fit_the_whole_name() -> None:
    assert add_lora(Small(), r"body\.\d") == ["body.0", "body.2"]
    assert add_lora(Small(), r".*\.2") == ["body.2"]
    with pytest.raises(
        ValueError, match=r"'body' fits the whole name of no layer; .* are body\.0, body\.2, classifier"
    ):
        add_lora(Small(), "body")


def test_all_is_frozen_but_what_was_added_and_the_head() -> None:
    model = Small()
    add_lora(model, r"body\.0", head="classifier")
    assert learning(model) == {"body.0.A", "body.0.B", "classifier.weight", "classifier.bias"}


def test_the_budget_counts_what_learns() -> None:
    model = Small()
    add_lora(model, r"body\.\d", rank=2)
    assert parameter_budget(model).trained == 2 * (4 + 6) + 2 * (6 + 4)
    assert parameter_budget(model).share == pytest.approx(40 / (40 + 30 + 28 + 10))


def test_a_parameter_that_is_used_twice_counts_once() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    assert parameter_budget(model) == Budget(trained=9 + 3 + 3, total=9 + 3 + 3)


def test_a_head_that_is_not_there_is_an_error_and_leaves_the_model_alone() -> None:
    model = Small()
    with pytest.raises(ValueError, match="the head 'score' fits the whole name of no layer"):
        add_lora(model, r"body\.0", head="score")
    assert not wrapped_layers(model)
    assert learning(model) == learning(Small())


def test_what_learns_as_a_whole_gets_nothing_added() -> None:
    with pytest.raises(ValueError, match=r"body\.0 is of the head, which learns as a whole"):
        add_lora(Small(), r"body\.\d|classifier", head="body")


def test_nothing_is_added_twice() -> None:
    model = Small()
    add_lora(model, r"body\.0")
    with pytest.raises(ValueError, match="take it out with `remove` first"):
        add_lora(model, r"body\.2")


def test_a_tied_layer_is_refused_for_merging_would_change_the_embeddings_too() -> None:
    model = GPT2LMHeadModel(GPT2Config(vocab_size=9, n_embd=8, n_layer=1, n_head=2, bos_token_id=1, eos_token_id=1))
    with pytest.raises(ValueError, match=r"lm_head shares its weight with transformer\.wte\.weight"):
        add_lora(model, "lm_head")


def test_a_layer_that_is_used_twice_is_refused() -> None:
    model = Small()
    model.body[2] = model.body[0]
    with pytest.raises(ValueError, match=r"body\.0 shares its weight with body\.2\.weight"):
        add_lora(model, r"body\.0")


@pytest.mark.parametrize(
    ("pattern", "owner"), [(r".*\.out_proj", "MultiheadAttention"), (r".*linear1", "TransformerEncoderLayer")]
)
def test_a_layer_that_its_module_does_not_call_is_refused(pattern: str, owner: str) -> None:
    model = nn.Sequential(nn.TransformerEncoderLayer(8, 2, 8))
    with pytest.raises(ValueError, match=f"torch's {owner} does what 0.* does without calling it.* leave it out"):
        add_lora(model, pattern)
    assert not wrapped_layers(model)
    add_lora(nn.Sequential(nn.TransformerDecoderLayer(8, 2, 8)), ".*linear1")  # calls it


def test_removing_gives_the_model_back_without_or_with_what_was_merged() -> None:
    inputs = torch.randn(3, 4)
    for merged in (False, True):
        model = Small()
        plain = model(inputs)
        add_lora(model, r"body\.\d")
        for layer in wrapped_layers(model).values():
            nn.init.normal_(layer.get_parameter("B"))
        adapted = model(inputs)
        if merged:
            merge(model)
        remove(model)
        assert model.state_dict().keys() == Small().state_dict().keys()
        torch.testing.assert_close(model(inputs), adapted if merged else plain)


def test_layers_in_a_list_are_replaced_in_it() -> None:
    model = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
    add_lora(model, "1")
    assert list(wrapped_layers(model)) == ["1"]


@pytest.mark.parametrize(("rank", "alpha"), [(0, 1.0), (-1, 1.0), (1, 0.0)])
def test_a_rank_or_alpha_that_changes_nothing_is_an_error(rank: int, alpha: float) -> None:
    with pytest.raises(ValueError, match=r"it must be (1 or more|more than 0)"):
        add_lora(Small(), "classifier", rank=rank, alpha=alpha)


def test_a_model_whose_sublayers_end_otherwise_is_an_error() -> None:
    model = GPT2LMHeadModel(GPT2Config(vocab_size=9, n_embd=8, n_layer=1, n_head=2, bos_token_id=1, eos_token_id=1))
    with pytest.raises(ValueError, match=r"may fit are transformer\.drop, .*mlp\.dropout"):
        add_adapters(model, pattern=r".*\.output\.dropout")
