"""A file of what was trained: nothing else in it, and none read into a model that it does not fit."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import BertConfig, BertForSequenceClassification

from aigc_ref.peft.adalora import adalora_layers, add_adalora
from aigc_ref.peft.adapter import add_adapters
from aigc_ref.peft.allocation import ranks
from aigc_ref.peft.files import load_trained, save_trained
from aigc_ref.peft.lora import add_lora, merge

IDS = torch.tensor([[2, 3, 4], [5, 6, 7]])
PATTERN = r".*\.(query|value)"
TECHNIQUES: dict[str, Callable[[BertForSequenceClassification], list[str]]] = {
    "lora": lambda model: add_lora(model, PATTERN, rank=2, head="classifier"),
    "adalora": lambda model: add_adalora(model, PATTERN, rank=2, head="classifier"),
    "adapter": lambda model: add_adapters(model, size=2, head="classifier"),
}


def bert(width: int = 8) -> BertForSequenceClassification:
    torch.manual_seed(0)
    shape = BertConfig(vocab_size=9, hidden_size=width, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    model = BertForSequenceClassification(shape)
    model.eval()
    return model


def trained(add: Callable[[BertForSequenceClassification], list[str]]) -> BertForSequenceClassification:
    model = bert()
    add(model)
    for parameter in model.parameters():
        if parameter.requires_grad:
            nn.init.normal_(parameter)
    return model


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_what_learns_is_saved_and_nothing_else_and_read_back(technique: str, tmp_path: Path) -> None:
    file, model = tmp_path / "trained.safetensors", trained(TECHNIQUES[technique])
    save_trained(model, file)
    assert [path.name for path in tmp_path.iterdir()] == ["trained.safetensors"]  # no part left behind
    learning = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    masks = {name for name, _ in model.named_buffers() if name.endswith(".mask")}  # of AdaLoRA
    assert load_file(file).keys() == learning | masks
    again = bert()
    TECHNIQUES[technique](again)
    assert not torch.equal(again(IDS).logits, model(IDS).logits)
    load_trained(again, file)
    assert torch.equal(again(IDS).logits, model(IDS).logits)


def test_the_ranks_of_adalora_are_read_back_and_a_file_without_them_still_is(tmp_path: Path) -> None:
    file, model, again = tmp_path / "trained.safetensors", trained(TECHNIQUES["adalora"]), bert()
    TECHNIQUES["adalora"](again)
    for layer in adalora_layers(model).values():
        layer.mask[0] = False
    save_trained(model, file)
    load_trained(again, file)
    assert set(ranks(again).values()) == {1}
    with safe_open(file, framework="pt") as opened:
        metadata = opened.metadata()
    save_file({name: tensor for name, tensor in load_file(file).items() if ".mask" not in name}, file, metadata)
    load_trained(again, file)
    assert torch.equal(again(IDS).logits, model(IDS).logits)


OTHERWISE: dict[str, Callable[[BertForSequenceClassification], object]] = {
    # the shapes are the same in the first: no tensor would tell
    r"rank=2, alpha=16\) in .*, but .*rank=2, alpha=4\) here": partial(
        add_lora, pattern=PATTERN, rank=2, alpha=4, head="classifier"
    ),
    r"but .*rank=3, alpha=16\) here": partial(add_lora, pattern=PATTERN, rank=3, head="classifier"),
    r"value is LoRALinear.* in .*, but plain here": partial(add_lora, pattern=r".*\.query", rank=2, head="classifier"),
    r"key is plain in .*, but LoRALinear": partial(add_lora, pattern=r".*\.(query|key|value)", rank=2),
    r"classifier\.bias is \(2,\) in .*, but missing among what learns here": partial(add_lora, pattern=PATTERN, rank=2),
    r"query is LoRALinear.* but AdaLoRALinear": TECHNIQUES["adalora"],
}


@pytest.mark.parametrize("message", OTHERWISE)
def test_a_model_that_was_prepared_otherwise_is_refused_and_stays_as_it_was(message: str, tmp_path: Path) -> None:
    file, model = tmp_path / "trained.safetensors", bert()
    save_trained(trained(TECHNIQUES["lora"]), file)
    OTHERWISE[message](model)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(ValueError, match=message):
        load_trained(model, file)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_a_base_of_another_width_is_refused(tmp_path: Path) -> None:
    file, model = tmp_path / "trained.safetensors", bert(width=16)
    save_trained(trained(TECHNIQUES["lora"]), file)
    TECHNIQUES["lora"](model)
    with pytest.raises(ValueError, match=r"query is LoRALinear\(8 → 8, .*\) in .*, but LoRALinear\(16 → 16, .*\) here"):
        load_trained(model, file)


def test_nothing_is_read_into_a_merged_model(tmp_path: Path) -> None:
    file, model = tmp_path / "trained.safetensors", trained(TECHNIQUES["lora"])
    save_trained(model, file)
    merge(model)
    with pytest.raises(ValueError, match="query is merged into the model; call `unmerge` first"):
        load_trained(model, file)


def test_another_file_is_refused(tmp_path: Path) -> None:
    model = trained(TECHNIQUES["lora"])
    file = tmp_path / "other.safetensors"
    save_file({"x": torch.zeros(1)}, file)
    with pytest.raises(ValueError, match=r"was not written by save_trained; a folder of peft is read by `from_peft`"):
        load_trained(model, file)
    file.write_bytes(b"PK\x03\x04 no tensors here")
    with pytest.raises(ValueError, match="is no file of safetensors"):
        load_trained(model, file)


def test_a_frozen_model_has_nothing_to_save(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no parameter of the model learns"):
        save_trained(bert().requires_grad_(False), tmp_path / "x")
