"""Saving what was trained, and only that: megabytes beside a model of gigabytes.

A file of safetensors holds every parameter that learns, under its name in the model, and which triplets AdaLoRA left
to a layer, for λ alone does not tell: one that is kept may be 0. Its metadata tell how each layer
was added (technique, sizes, α), so that it is not read into a model that was prepared otherwise: α is no parameter, and
a wrong one would show in nothing but worse outputs.
"""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from aigc_ref.peft.adalora import AdaLoRALinear
from aigc_ref.peft.layers import Wrapped, wrapped_layers

METADATA = "aigc_ref.peft"


def save_trained(model: nn.Module, path: Path) -> None:
    """Writes what was learnt to a file, whole or not at all.

    Raises:
        ValueError: nothing learns.
    """
    learnt = _learning(model) | _allocated(model)
    tensors = {name: tensor.detach().contiguous() for name, tensor in learnt.items()}
    part = path.with_name(path.name + ".part")
    save_file(tensors, part, metadata={METADATA: json.dumps(_layers(model), ensure_ascii=False)})
    part.replace(path)


@torch.no_grad()
def load_trained(model: nn.Module, path: Path) -> None:
    """Reads a file into a model to which the same layers were added, as before training.

    Raises:
        ValueError: the file is not one of `save_trained`, or the model was prepared otherwise; then it is unchanged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
            tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path} is no file of safetensors: {error}") from error
    if METADATA not in metadata:
        raise ValueError(f"{path} was not written by save_trained; a folder of peft is read by `from_peft`")
    if merged := [name for name, layer in wrapped_layers(model).items() if layer.merged]:
        raise ValueError(f"{merged[0]} is merged into the model; call `unmerge` first")

    here, there = _layers(model), json.loads(metadata[METADATA])
    for name in here | there:
        if here.get(name) != there.get(name):
            raise ValueError(
                f"{name} is {there.get(name, 'plain')} in {path}, but {here.get(name, 'plain')} here: "
                "add the layers as they were added before training"
            )
    allocated = {name: kept for name, kept in _allocated(model).items() if name in tensors}  # older files have none
    places = _learning(model) | allocated
    for name in places | tensors:
        shapes = [tuple(side[name].shape) if name in side else "missing" for side in (tensors, places)]
        if shapes[0] != shapes[1]:
            raise ValueError(f"{name} is {shapes[0]} in {path}, but {shapes[1]} among what learns here")
    for name, place in places.items():
        place.copy_(tensors[name])


def _layers(model: nn.Module) -> dict[str, str]:
    def described(layer: Wrapped) -> str:
        return f"{type(layer).__name__}({layer.extra_repr()})"

    return {name: described(layer) for name, layer in wrapped_layers(model).items()}


def _allocated(model: nn.Module) -> dict[str, Tensor]:
    layers = wrapped_layers(model).items()
    return {f"{name}.mask": layer.mask for name, layer in layers if isinstance(layer, AdaLoRALinear)}


def _learning(model: nn.Module) -> dict[str, Tensor]:
    parameters = model.named_parameters()
    learning: dict[str, Tensor] = {name: parameter for name, parameter in parameters if parameter.requires_grad}
    if not learning:
        raise ValueError("no parameter of the model learns; did you freeze it, or not add anything yet?")
    return learning
