"""LoRA: what must hold whatever the numbers are."""

from copy import deepcopy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.autograd import gradcheck
from transformers.pytorch_utils import Conv1D

from aigc_ref.peft.lora import LoRALinear, low_rank_update, merge, unmerge


def made(conv: bool, size_in: int, size_out: int, rank: int, seed: int) -> LoRALinear:
    torch.manual_seed(seed)
    base: nn.Linear | Conv1D = Conv1D(size_out, size_in) if conv else nn.Linear(size_in, size_out)
    return LoRALinear(base.double(), rank, alpha=3.0)


layers = st.builds(
    made,
    conv=st.booleans(),
    size_in=st.integers(1, 9),
    size_out=st.integers(1, 9),
    rank=st.integers(1, 5),
    seed=st.integers(0, 2**16),
)
some = settings(max_examples=25, deadline=None)


def moved(layer: LoRALinear) -> LoRALinear:
    nn.init.normal_(layer.B)
    return layer


def inputs(layer: LoRALinear) -> Tensor:
    return torch.randn(3, layer.in_features, dtype=torch.float64)


@some
@given(layers)
def test_at_first_nothing_is_changed(layer: LoRALinear) -> None:
    x = inputs(layer)
    assert torch.equal(layer(x), layer.base(x))
    assert layer.A.abs().max() > 0


@some
@given(layers)
def test_the_outputs_are_those_of_a_changed_weight(layer: LoRALinear) -> None:
    x, change = inputs(layer), moved(layer).change()
    expected = layer.base(x) + x @ (change if isinstance(layer.base, Conv1D) else change.T)
    torch.testing.assert_close(layer(x), expected, rtol=0, atol=1e-13)
    assert torch.linalg.matrix_rank(change) <= layer.rank


@some
@given(layers)
def test_merged_outputs_are_the_unmerged_ones(layer: LoRALinear) -> None:
    x, model = inputs(layer), nn.Sequential(moved(layer))
    unmerged = model(x)
    merge(model)
    torch.testing.assert_close(model(x), unmerged, rtol=0, atol=1e-13)
    torch.testing.assert_close(layer.base(x), unmerged, rtol=0, atol=1e-13)


@some
@given(layers)
def test_unmerging_gives_the_weight_back_up_to_two_roundings(layer: LoRALinear) -> None:
    before, model = layer.base.weight.detach().clone(), nn.Sequential(moved(layer))
    bound = torch.finfo(torch.float64).eps * (before.abs() + layer.change().abs())
    merge(model)
    merge(model)  # a second time changes nothing
    assert not torch.equal(layer.base.weight, before)
    unmerge(model)
    unmerge(model)
    assert ((layer.base.weight - before).abs() <= bound).all()


@some
@given(layers, st.booleans())
def test_a_state_is_merged_in_the_model_that_reads_it_where_it_was(layer: LoRALinear, there: bool) -> None:
    x, model = inputs(layer), nn.Sequential(moved(layer))
    if there:
        merge(model)
    state = model.state_dict()
    assert len(state) == len(list(model.parameters())) + there  # nothing is said of what is not merged
    again = deepcopy(model)
    (unmerge if there else merge)(again)
    again.load_state_dict(state)
    assert again[0].merged == there
    assert torch.equal(again(x), model(x))


@some
@given(layers)
def test_gradients_are_right(layer: LoRALinear) -> None:
    x = inputs(layer).requires_grad_()
    assert gradcheck(lambda x, a, b: low_rank_update(x, a, b, layer.scale), (x, layer.A, moved(layer).B))


def test_only_b_has_a_gradient_at_first() -> None:
    layer = made(conv=False, size_in=4, size_out=3, rank=2, seed=0)
    layer(inputs(layer)).square().sum().backward()
    assert layer.A.grad is not None
    assert layer.B.grad is not None
    assert layer.A.grad.abs().max() == 0
    assert layer.B.grad.abs().max() > 0


def test_dropout_is_on_the_way_through_a_and_in_training_alone() -> None:
    layer = LoRALinear(nn.Linear(200, 3), rank=2, alpha=1.0, dropout=0.5)
    nn.init.normal_(layer.B)
    x = torch.randn(1, 200)
    assert not torch.equal(layer(x), layer(x))
    layer.eval()
    assert torch.equal(layer(x), layer(x))


def test_under_autocast_outputs_are_of_half_precision_as_the_bases_are() -> None:
    layer = LoRALinear(nn.Linear(4, 3), rank=2, alpha=1.0)
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(torch.randn(2, 4)).dtype == torch.bfloat16


def test_a_layer_says_what_it_is() -> None:
    layer = LoRALinear(Conv1D(6, 4), rank=2, alpha=16.0)
    assert "4 → 6, rank=2, alpha=16" in repr(layer)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_learns_is_in_single_precision_at_least(dtype: torch.dtype) -> None:
    assert LoRALinear(nn.Linear(4, 3).to(dtype), rank=2, alpha=1.0).A.dtype == torch.float32
