"""GPT-2's weights in our `GPT`, and ours in GPT-2: `load_gpt2` reads, `to_gpt2` gives back what everyone can read.

The two differ in names, and in one thing that a shape does not always show: GPT-2 keeps a layer's weight as (in, out)
and computes x W, `nn.Linear` as (out, in) and computes x Wᵀ. The four matrices of a block are transposed, as views:
in memory they stay as they were. That order is the faster one to read for a single token (23 M parameters: a tenth).
What asks for contiguous tensors, such as `safetensors.torch.save_file`, has to be given `weight.contiguous()`.

Paper: paper-gpt2.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel

from aigc_ref.lm.gpt import GPT, GPTConfig

NAMES = {
    "wte": "token_embedding",
    "wpe": "position_embedding",
    "ln_1": "attention_norm",
    "attn.c_attn": "attention.query_key_value",
    "attn.c_proj": "attention.projection",
    "ln_2": "feed_forward_norm",
    "mlp.c_fc": "up",
    "mlp.c_proj": "down",
    "ln_f": "final_norm",
}
TRANSPOSED = ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
KEY = re.compile(r"(?:transformer\.)?(?:h\.(?P<layer>\d+)\.)?(?P<module>[\w.]+?)\.(?P<kind>weight|bias)")
OUR_KEY = re.compile(r"(?:blocks\.(?P<layer>\d+)\.)?(?P<module>[\w.]+)\.(?P<kind>weight|bias)")
NOT_WEIGHTS = re.compile(r"lm_head\.weight|.*\.attn\.(bias|masked_bias)")  # the embedding again; masks as buffers


def load_gpt2(source: GPT2LMHeadModel | str | Path, dropout: float = 0.0) -> GPT:
    """A GPT with the weights, and the logits, of a GPT-2.

    Args:
        source: a model of transformers, or a folder that holds config.json and model.safetensors, in the form that
            `save_pretrained` writes or the one in which GPT-2 was published.
        dropout: of our model, for further training.

    Returns:
        The model in evaluation mode, with weights of the source's type.

    Raises:
        FileNotFoundError: the folder lacks one of the files.
        ValueError: the checkpoint is no GPT-2, or one with options that our model has not.

    Examples:
        >>> from transformers import GPT2Config, GPT2LMHeadModel
        >>> theirs = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_positions=16, n_layer=2, n_head=2, n_embd=8))
        >>> ours = load_gpt2(theirs)
        >>> sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
        True
    """
    if isinstance(source, GPT2LMHeadModel):
        config, weights = source.config, source.state_dict()
    else:
        for name in ("config.json", "model.safetensors"):
            if not (Path(source) / name).is_file():
                raise FileNotFoundError(f"{Path(source) / name}: no such file; a checkpoint needs it")
        config, weights = GPT2Config.from_pretrained(source), load_file(Path(source) / "model.safetensors")
    _check(config)
    shape = GPTConfig(
        vocab_size=config.vocab_size,
        block_size=config.n_positions,
        n_layer=config.n_layer,
        n_head=config.n_head,
        n_embd=config.n_embd,
        dropout=dropout,
        epsilon=config.layer_norm_epsilon,
    )
    with torch.device("meta"):  # weights that are replaced need no memory
        model = GPT(shape)
    renamed = _renamed(weights)
    if strange := model.state_dict().keys() ^ renamed.keys():
        raise ValueError(f"the weights are not those of a GPT-2 of {config.n_layer} layers: {min(strange)}")
    model.load_state_dict(renamed, assign=True)
    return model.eval()


def to_gpt2(
    model: GPT, *, bos_token_id: int | None = None, eos_token_id: int | None = None, pad_token_id: int | None = None
) -> GPT2LMHeadModel:
    """A GPT-2 of transformers with the weights, and the logits, of our GPT: the inverse of `load_gpt2`.

    Its `save_pretrained` writes a folder that `from_pretrained` reads wherever transformers is installed, and
    `load_gpt2` here.

    Args:
        model: its weights are copied.
        bos_token_id: what a text begins with, for the configuration. GPT-2's own, 50256, would be beyond a small
            vocabulary, so that without an id there is none.
        eos_token_id: what a text ends with; `generate` of transformers stops at it.
        pad_token_id: what fills up a row.

    Returns:
        The model in evaluation mode, with weights of our model's type.

    Examples:
        >>> ours = GPT(GPTConfig(vocab_size=50, block_size=16, n_layer=2, n_head=2, n_embd=8)).eval()
        >>> theirs = to_gpt2(ours, eos_token_id=3)
        >>> ids = torch.tensor([[3, 1, 4]])
        >>> torch.allclose(theirs(ids).logits, ours(ids).logits, atol=1e-6)
        True
    """
    shape = model.config
    config = GPT2Config(
        vocab_size=shape.vocab_size,
        n_positions=shape.block_size,
        n_layer=shape.n_layer,
        n_head=shape.n_head,
        n_embd=shape.n_embd,
        layer_norm_epsilon=shape.epsilon,
        embd_pdrop=shape.dropout,
        attn_pdrop=shape.dropout,
        resid_pdrop=shape.dropout,
        bos_token_id=bos_token_id,
        eos_token_id=eos_token_id,
        pad_token_id=pad_token_id,
    )
    theirs = GPT2LMHeadModel(config)
    nn.Module.to(theirs, model.token_embedding.weight.dtype)
    names = {ours: name for name, ours in NAMES.items()}
    weights = {}
    for key, tensor in model.state_dict().items():
        found = OUR_KEY.fullmatch(key)
        assert found, key
        name = names[found["module"]]
        place = f"h.{found['layer']}." if found["layer"] else ""
        turned = name in TRANSPOSED and found["kind"] == "weight"
        weights[f"transformer.{place}{name}.{found['kind']}"] = tensor.t() if turned else tensor
    weights["lm_head.weight"] = model.token_embedding.weight.detach()
    theirs.load_state_dict(weights)
    theirs.eval()
    return theirs


def _renamed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    renamed = {}
    for key, tensor in weights.items():
        if NOT_WEIGHTS.fullmatch(key):
            continue
        found = KEY.fullmatch(key)
        if not found or found["module"] not in NAMES:
            raise ValueError(f"the weights are not those of a GPT-2: {key}")
        place = f"blocks.{found['layer']}." if found["layer"] else ""
        turned = found["module"] in TRANSPOSED and found["kind"] == "weight"
        copy = tensor.clone()
        renamed[f"{place}{NAMES[found['module']]}.{found['kind']}"] = copy.t() if turned else copy
    return renamed


def _check(config: GPT2Config) -> None:
    ours = {
        "model_type": ("gpt2",),
        "activation_function": ("gelu_new", "gelu_pytorch_tanh"),
        "n_inner": (None, 4 * config.n_embd),
        "tie_word_embeddings": (True,),
        "scale_attn_weights": (True,),
        "scale_attn_by_inverse_layer_idx": (False,),
        "add_cross_attention": (False,),
    }
    for name, values in ours.items():
        if (value := getattr(config, name)) not in values:
            raise ValueError(f"the checkpoint has {name} = {value!r}; our model has {values[0]!r}")
