"""LoRA and AdaLoRA to and from the folders of Hugging Face's peft: `adapter_model.safetensors` and its configuration.

    ours                                           peft's, below `base_model.model.`
    NAME.A, NAME.B                                 NAME.lora_A.weight, NAME.lora_B.weight
    NAME.Q, NAME.singular_values (r), NAME.P       NAME.lora_A, NAME.lora_E (r, 1), NAME.lora_B
    a head's parameters                            as they are, and their layers among `modules_to_save`

peft's AdaLoRA writes only the triplets that live and says in `rank_pattern` which they were; read back they are at
their places among the first r, and the others are 0. What peft can and we cannot (DoRA, rank-stabilised scales,
embeddings, …) is refused: half of it read would be a model that computes something else.
"""

import json
import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from aigc_ref.peft.adalora import EPSILON, AdaLoRALinear
from aigc_ref.peft.layers import Wrapped, ensure_unwrapped, match_layers, wrap_layers, wrapped_layers
from aigc_ref.peft.lora import LINEAR, LoRALinear, LowRankLinear

WEIGHTS, CONFIGURATION = "adapter_model.safetensors", "adapter_config.json"
PREFIX = "base_model.model."
OTHER_FORMULAS = (
    "alora_invocation_tokens", "alpha_pattern", "arrow_config", "kasa_config", "layer_replication", "loftq_config",
    "lora_bias", "monteclora_config", "target_parameters", "trainable_token_indices", "use_bdlora", "use_dora",
    "use_qalora", "use_rslora", "velora_config",
)  # fmt: skip
"""Options of peft 0.21.2 with which a layer computes something else than W x + b + α/r · B A x."""


@torch.no_grad()
def to_peft(model: nn.Module, folder: Path, *, base_model: str | None = None, task_type: str | None = None) -> None:
    """Writes what LoRA or AdaLoRA has learnt as a folder that `peft.PeftModel.from_pretrained(model, folder)` reads.

    Args:
        model: with LoRA or AdaLoRA added, all layers alike but for LoRA's ranks.
        folder: made where it is not there.
        base_model: the name or path of the model that it belongs to, for peft's `AutoPeftModel`.
        task_type: what peft calls the task ("SEQ_CLS", "CAUSAL_LM" …); None where the model alone is meant.

    Raises:
        ValueError: the model has neither, or its layers differ in more than rank.
    """
    layers = {name: layer for name, layer in wrapped_layers(model).items() if isinstance(layer, LowRankLinear)}
    likes = {(type(layer), layer.alpha, getattr(layer.dropout, "p", 0.0)) for layer in layers.values()}
    if len(likes) != 1:
        raise ValueError(f"peft writes one kind of layer with one alpha and dropout to a folder, not {len(likes)}")
    ((kind, alpha, dropout),) = likes
    own = {f"{name}.{parameter}" for name, layer in layers.items() for parameter, _ in layer.named_parameters()}
    head = {
        name: parameter.detach()
        for name, parameter in model.named_parameters()
        if parameter.requires_grad and name not in own
    }
    configuration: dict[str, Any] = {
        "base_model_name_or_path": base_model,
        "bias": "none",
        "fan_in_fan_out": any(not isinstance(layer.base, nn.Linear) for layer in layers.values()),
        "inference_mode": True,
        "lora_alpha": alpha,
        "lora_dropout": dropout,
        "modules_to_save": sorted({name.rpartition(".")[0] for name in head}) or None,
        "target_modules": list(layers),
        "task_type": task_type,
    }
    tensors, more = _written_lora(layers) if kind is LoRALinear else _written_adalora(layers)

    folder.mkdir(parents=True, exist_ok=True)
    save_file({PREFIX + name: tensor.contiguous() for name, tensor in (tensors | head).items()}, folder / WEIGHTS)
    text = json.dumps(configuration | more, indent=2, sort_keys=True)
    (folder / CONFIGURATION).write_text(text + "\n", encoding="utf-8")


def from_peft(model: nn.Module, folder: Path) -> list[str]:
    """Adds to a plain model what peft's LoRA or AdaLoRA has learnt, ready to be used, merged or trained further.

    Returns:
        The names of the layers that something was added to.

    Raises:
        ValueError: the folder holds another technique or an option that computes something else, or it does not fit
            the model, which is unchanged then.
    """
    ensure_unwrapped(model)
    configuration = json.loads((folder / CONFIGURATION).read_text(encoding="utf-8"))
    if (technique := configuration.get("peft_type")) not in {"LORA", "ADALORA"}:
        raise ValueError(f"{folder} holds {technique}; LORA and ADALORA can be read")
    if strange := [option for option in OTHER_FORMULAS if configuration.get(option)]:
        raise ValueError(f"{folder} uses {strange[0]}, which this package does not compute; use peft")
    if configuration.get("init_lora_weights", True) not in {True, False, "gaussian"}:
        start = configuration["init_lora_weights"]
        raise ValueError(f"{folder} started from {start}, which changes the base's weights as well; use peft")

    found: dict[str, dict[str, Tensor]] = {}
    head: dict[str, Tensor] = {}
    for key, tensor in load_file(folder / WEIGHTS).items():
        if match := re.fullmatch(re.escape(PREFIX) + r"(.+)\.lora_([ABE])(\.weight)?", key):
            found.setdefault(match[1], {})[match[2]] = tensor
        else:
            head[key.removeprefix(PREFIX)] = tensor
    if not found:
        raise ValueError(f"{folder} adds nothing to any layer")
    parameters = dict(model.named_parameters())
    for name, tensor in head.items():
        if name not in parameters or parameters[name].shape != tensor.shape:
            raise ValueError(f"{name}, {tuple(tensor.shape)}, of {folder} has no place in the model")
    read = _lora if technique == "LORA" else _adalora
    layers: dict[str, Wrapped] = {
        name: read(name, _base(model, name), tensors, configuration) for name, tensors in found.items()
    }
    owners = "|".join(re.escape(name.rpartition(".")[0]) for name in head)
    names = wrap_layers(model, layers, owners or None)
    with torch.no_grad():
        for name, tensor in head.items():
            parameters[name].copy_(tensor)
    return names


def _written_lora(layers: dict[str, LowRankLinear]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    rank = max(layer.rank for layer in layers.values())
    tensors = {}
    for name, layer in layers.items():
        tensors[f"{name}.lora_A.weight"], tensors[f"{name}.lora_B.weight"] = layer.factors()
    others = {name: layer.rank for name, layer in layers.items() if layer.rank != rank}
    return tensors, {"peft_type": "LORA", "r": rank, "rank_pattern": others}


def _written_adalora(layers: dict[str, LowRankLinear]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    if len(firsts := {layer.rank for layer in layers.values()}) != 1:
        raise ValueError(f"all layers of AdaLoRA start with one rank in peft, not with {sorted(firsts)}")
    (rank,) = firsts
    tensors, pattern = {}, {}
    for name, layer in layers.items():
        assert isinstance(layer, AdaLoRALinear)
        alive = layer.mask | (layer.singular_values != 0)  # between two allocations a triplet may have come back
        values = layer.singular_values[alive, None]
        if layer.scaling != "peft":
            values = values * (layer.scale * (rank + EPSILON) / layer.alpha)  # for peft will divide by r + 1e-5
        tensors[f"{name}.lora_A"], tensors[f"{name}.lora_B"] = layer.Q[alive], layer.P[:, alive]
        tensors[f"{name}.lora_E"] = values
        pattern[f"{name}.lora_E"] = alive.tolist()
    whole = all(all(alive) for alive in pattern.values())
    schedule = {"init_r": rank, "target_r": rank, "total_step": 1}  # peft asks for one; nothing more is taken away
    return tensors, {"peft_type": "ADALORA", "rank_pattern": None if whole else pattern, **schedule}


def _base(model: nn.Module, name: str) -> nn.Linear | Conv1D:
    try:
        return match_layers(model, re.escape(name), LINEAR)[name]
    except ValueError as error:
        raise ValueError(f"the model has no linear layer {name}, to which the folder adds something") from error


@torch.no_grad()
def _lora(name: str, base: nn.Linear | Conv1D, tensors: dict[str, Tensor], configuration: dict[str, Any]) -> LoRALinear:
    rank = len(tensors["A"]) if "A" in tensors else 1
    layer = LoRALinear(base, rank, configuration["lora_alpha"], configuration["lora_dropout"])
    _check(name, tensors, {"A": (rank, layer.in_features), "B": (layer.out_features, rank)})
    layer.A.copy_(tensors["A"])
    layer.B.copy_(tensors["B"])
    return layer


@torch.no_grad()
def _adalora(
    name: str, base: nn.Linear | Conv1D, tensors: dict[str, Tensor], configuration: dict[str, Any]
) -> AdaLoRALinear:
    first = configuration["init_r"]
    layer = AdaLoRALinear(base, first, configuration["lora_alpha"], configuration["lora_dropout"], "peft")
    kept = torch.tensor((configuration.get("rank_pattern") or {}).get(f"{name}.lora_E", [True] * first))
    if len(kept) != first:
        raise ValueError(f"rank_pattern tells of {len(kept)} triplets of {name}, but init_r is {first}")
    rank = int(kept.sum())
    _check(name, tensors, {"A": (rank, layer.in_features), "B": (layer.out_features, rank), "E": (rank, 1)})
    layer.mask.copy_(kept)
    for parameter in layer.P, layer.singular_values, layer.Q:
        parameter.zero_()
    layer.P[:, kept] = tensors["B"].to(layer.P)
    layer.singular_values[kept] = tensors["E"][:, 0].to(layer.P)
    layer.Q[kept] = tensors["A"].to(layer.P)
    return layer


def _check(name: str, tensors: dict[str, Tensor], needed: dict[str, tuple[int, int]]) -> None:
    for letter, shape in needed.items():
        found = tuple(tensors[letter].shape) if letter in tensors else "missing"
        if found != shape:
            raise ValueError(f"{name}.lora_{letter} is {found}, but the model needs {shape}")
