"""LoRA against peft: outputs, gradients, merged weights, training with dropout, and the folders of both."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import BertConfig, BertForSequenceClassification, GPT2Config, GPT2LMHeadModel, PreTrainedModel

from aigc_ref.peft.layers import parameter_budget, wrapped_layers
from aigc_ref.peft.lora import LoRALinear, add_lora, merge
from aigc_ref.peft.peft_format import from_peft, to_peft

IDS = torch.tensor([[3, 14, 15, 9, 2, 6], [5, 3, 5, 8, 9, 7]])


def gpt2() -> PreTrainedModel:
    torch.manual_seed(0)
    shape = GPT2Config(
        vocab_size=31, n_positions=16, n_embd=16, n_layer=2, n_head=2, bos_token_id=1, eos_token_id=1, attn_pdrop=0.0
    )
    return GPT2LMHeadModel(shape).double()


def bert() -> PreTrainedModel:
    torch.manual_seed(0)
    shape = BertConfig(vocab_size=31, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24)
    shape.num_labels = 3
    return BertForSequenceClassification(shape).double()


@dataclass(frozen=True)
class Case:
    """Where LoRA is put in a tiny model, and what else learns."""

    make: Callable[[], PreTrainedModel]
    targets: list[str]
    head: str | None

    def paired(self, dropout: float = 0.0, dtype: torch.dtype = torch.float64) -> tuple[nn.Module, Any]:
        """The model with our LoRA, and with peft's: the same weights, B away from 0."""
        ours: Any = self.make()
        ours.to(dtype)
        configuration = peft.LoraConfig(
            r=3,
            lora_alpha=6,
            lora_dropout=dropout,
            target_modules=self.targets,
            modules_to_save=[self.head] if self.head else None,
            fan_in_fan_out=self is GPT2,
        )
        theirs: Any = peft.get_peft_model(deepcopy(ours), configuration)
        add_lora(ours, rf".*\.({'|'.join(self.targets)})", rank=3, alpha=6, dropout=dropout, head=self.head)
        for name, layer in lora(ours).items():
            other = theirs.base_model.model.get_submodule(name)
            nn.init.normal_(other.lora_B["default"].weight)
            layer.A.data.copy_(other.lora_A["default"].weight)
            layer.B.data.copy_(other.lora_B["default"].weight)
        return ours.eval(), theirs.eval()


GPT2 = Case(gpt2, ["c_attn", "c_fc"], None)
BERT = Case(bert, ["query", "value"], "classifier")
both = pytest.mark.parametrize("case", [pytest.param(GPT2, id="gpt2"), pytest.param(BERT, id="bert")])


def lora(model: nn.Module) -> dict[str, LoRALinear]:
    return {name: layer for name, layer in wrapped_layers(model).items() if isinstance(layer, LoRALinear)}


@pytest.mark.compares("peft", technique="aigc_ref.peft.lora", atol=1e-15)
@both
def test_logits_and_gradients_are_those_of_peft(case: Case) -> None:
    ours, theirs = case.paired()
    logits, expected = ours(IDS).logits, theirs(IDS).logits
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-15)
    for output in (logits, expected):
        output.square().sum().backward()
    for name, layer in lora(ours).items():
        other = theirs.base_model.model.get_submodule(name)
        torch.testing.assert_close(layer.A.grad, other.lora_A["default"].weight.grad, rtol=0, atol=1e-15)
        torch.testing.assert_close(layer.B.grad, other.lora_B["default"].weight.grad, rtol=0, atol=1e-15)


@pytest.mark.compares("peft", technique="aigc_ref.peft.layers.parameter_budget")
@both
def test_the_same_parameters_learn(case: Case) -> None:
    ours, theirs = case.paired()
    assert parameter_budget(ours).trained == theirs.get_nb_trainable_parameters()[0]


@pytest.mark.compares("peft", technique="aigc_ref.peft.lora.merge")
@both
def test_merged_weights_are_those_of_peft(case: Case) -> None:
    ours, theirs = case.paired()
    merge(ours)
    theirs.merge_adapter()
    for name, layer in lora(ours).items():
        assert torch.equal(layer.base.weight, theirs.base_model.model.get_submodule(name).base_layer.weight)


@pytest.mark.compares("peft", technique="aigc_ref.peft.lora", atol=1e-14)
def test_ten_steps_with_dropout_are_those_of_peft() -> None:
    losses: list[list[float]] = []
    for model in GPT2.paired(dropout=0.3):
        model.train()
        torch.manual_seed(1)
        optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
        losses.append([])
        for _ in range(10):
            loss = model(input_ids=IDS, labels=IDS).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses[-1].append(loss.item())
    assert losses[0] == pytest.approx(losses[1], rel=0, abs=1e-14)
    assert len(set(losses[0])) == 10


@pytest.mark.compares("peft", technique="aigc_ref.peft.lora")
def test_beside_a_half_precision_base_outputs_are_those_of_peft() -> None:
    ours, theirs = GPT2.paired(dtype=torch.bfloat16)
    assert {parameter.dtype for layer in lora(ours).values() for parameter in (layer.A, layer.B)} == {torch.float32}
    assert torch.equal(ours(IDS).logits, theirs(IDS).logits)


@pytest.mark.compares("torch", technique="aigc_ref.peft.lora.LoRALinear")
def test_a_starts_as_the_weight_of_a_linear_layer() -> None:
    torch.manual_seed(0)
    ours = LoRALinear(nn.Linear(40, 20), rank=4, alpha=1.0).A
    torch.manual_seed(0)
    nn.Linear(40, 20)
    assert torch.equal(ours, nn.Linear(40, 4, bias=False).weight)


def test_the_scale_is_alpha_over_rank_not_alpha() -> None:
    ours, theirs = GPT2.paired()
    for layer in lora(ours).values():
        layer.scale = layer.alpha  # the usual mistake
    assert (ours(IDS).logits - theirs(IDS).logits).abs().max() > 1e-3


# ---- folders ---------------------------------------------------------------------------------------------------------


@pytest.mark.compares("peft", technique="aigc_ref.peft.peft_format", atol=1e-15)
@both
def test_peft_reads_our_folder(case: Case, tmp_path: Path) -> None:
    ours, _ = case.paired()
    train_head(ours)
    to_peft(ours, tmp_path)
    theirs = peft.PeftModel.from_pretrained(case.make(), tmp_path).eval()
    torch.testing.assert_close(theirs(IDS).logits, ours(IDS).logits, rtol=0, atol=1e-15)


@pytest.mark.compares("peft", technique="aigc_ref.peft.peft_format", atol=1e-15)
@both
def test_we_read_pefts_folder(case: Case, tmp_path: Path) -> None:
    _, theirs = case.paired()
    train_head(theirs)
    theirs.save_pretrained(str(tmp_path))
    model = case.make().eval()
    from_peft(model, tmp_path)
    torch.testing.assert_close(model(IDS).logits, theirs(IDS).logits, rtol=0, atol=1e-15)
    assert parameter_budget(model).trained == parameter_budget(theirs).trained


def train_head(model: nn.Module) -> None:
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "classifier" in name and parameter.requires_grad:
                parameter.add_(1.0)


@pytest.mark.compares("peft", technique="aigc_ref.peft.peft_format", atol=1e-15)
def test_layers_of_different_rank_go_both_ways(tmp_path: Path) -> None:
    configuration = peft.LoraConfig(
        r=3, target_modules=["c_attn", "c_fc"], rank_pattern={"h.1.mlp.c_fc": 5}, fan_in_fan_out=True
    )
    theirs = peft.get_peft_model(gpt2(), configuration).eval()
    for name, parameter in theirs.named_parameters():
        if "lora_B" in name:
            nn.init.normal_(parameter)
    theirs.save_pretrained(str(tmp_path / "theirs"))
    ours = gpt2().eval()
    from_peft(ours, tmp_path / "theirs")
    assert [layer.rank for layer in lora(ours).values()] == [3, 3, 3, 5]
    to_peft(ours, tmp_path / "ours")
    again = peft.PeftModel.from_pretrained(gpt2(), tmp_path / "ours").eval()
    for model in (ours, again):
        torch.testing.assert_close(model(IDS).logits, theirs(IDS).logits, rtol=0, atol=1e-15)


@pytest.mark.parametrize("option", [{"use_rslora": True}, {"use_dora": True}, {"alpha_pattern": {"c_fc": 2}}])
def test_what_computes_something_else_is_refused_and_the_model_stays_as_it_was(
    option: dict[str, Any], tmp_path: Path
) -> None:
    configuration = peft.LoraConfig(r=2, target_modules=["c_attn", "c_fc"], fan_in_fan_out=True, **option)
    peft.get_peft_model(gpt2(), configuration).save_pretrained(str(tmp_path))
    model = gpt2()
    with pytest.raises(ValueError, match=f"uses {next(iter(option))}, which this package does not compute"):
        from_peft(model, tmp_path)
    assert not wrapped_layers(model)
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_a_start_that_changes_the_base_is_refused(tmp_path: Path) -> None:
    peft.get_peft_model(bert(), peft.LoraConfig(r=2, target_modules=["query"])).save_pretrained(str(tmp_path))
    file = tmp_path / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"init_lora_weights": "pissa"}))
    with pytest.raises(ValueError, match="pissa, which changes the base's weights"):
        from_peft(bert(), tmp_path)


def test_a_folder_for_another_model_is_refused(tmp_path: Path) -> None:
    ours, _ = GPT2.paired()
    to_peft(ours, tmp_path)
    with pytest.raises(ValueError, match=r"no linear layer transformer\.h\.0\.attn\.c_attn"):
        from_peft(bert(), tmp_path)
    wider = GPT2LMHeadModel(GPT2Config(vocab_size=31, n_embd=32, n_layer=2, n_head=2, bos_token_id=1, eos_token_id=1))
    with pytest.raises(ValueError, match=r"c_attn\.lora_A is \(3, 16\), but the model needs \(3, 32\)"):
        from_peft(wider, tmp_path)
    assert not wrapped_layers(wider)


def test_a_folder_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    ours, _ = GPT2.paired()
    to_peft(ours, tmp_path)
    file = tmp_path / "adapter_model.safetensors"
    stored = load_file(file)
    first = next(name for name in stored if "lora_A" in name)
    save_file({name: tensor for name, tensor in stored.items() if name != first}, file)
    with pytest.raises(ValueError, match=r"c_attn\.lora_A is missing, but the model needs \(1, 16\)"):
        from_peft(gpt2(), tmp_path)
    save_file(stored | {"base_model.model.transformer.wte.lora_embedding_A": torch.zeros(3, 31)}, file)
    with pytest.raises(ValueError, match=r"transformer\.wte\.lora_embedding_A, \(3, 31\), .* has no place"):
        from_peft(gpt2(), tmp_path)
    save_file({}, file)
    with pytest.raises(ValueError, match="adds nothing to any layer"):
        from_peft(gpt2(), tmp_path)


def test_a_folder_is_not_read_twice(tmp_path: Path) -> None:
    ours, _ = GPT2.paired()
    to_peft(ours, tmp_path)
    with pytest.raises(ValueError, match="take it out with `remove` first"):
        from_peft(ours, tmp_path)


def test_layers_that_differ_in_more_than_rank_do_not_fit_a_folder(tmp_path: Path) -> None:
    ours, _ = GPT2.paired()
    next(iter(lora(ours).values())).alpha = 1.0
    with pytest.raises(ValueError, match="one kind of layer with one alpha and dropout to a folder, not 2"):
        to_peft(ours, tmp_path)
    with pytest.raises(ValueError, match="not 0"):
        to_peft(gpt2(), tmp_path)


def test_another_technique_of_peft_is_refused(tmp_path: Path) -> None:
    configuration = peft.IA3Config(target_modules=["key"], feedforward_modules=[])
    peft.get_peft_model(bert(), configuration).save_pretrained(str(tmp_path))
    with pytest.raises(ValueError, match="holds IA3; LORA and ADALORA can be read"):
        from_peft(bert(), tmp_path)
