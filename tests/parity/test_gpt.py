"""Our GPT against transformers' GPT-2, with its weights."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from aigc_ref.finetune.causal_lm import language_model_loss
from aigc_ref.lm.gpt import GPT, GPTConfig
from aigc_ref.lm.gpt2 import load_gpt2, to_gpt2
from aigc_ref.lm.loss import causal_loss
from aigc_ref.text.collate import causal_collator, left_padded_inputs

TEXTS = [[5, 6, 7, 8, 9, 10, 11], [12, 13], [14, 15, 16, 17]]


def _gpt2(activation_function: str = "gelu_new", *, scale_attn_by_inverse_layer_idx: bool = False) -> GPT2LMHeadModel:
    torch.manual_seed(0)
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=40,
            n_positions=24,
            n_layer=3,
            n_head=4,
            n_embd=32,
            initializer_range=0.2,
            bos_token_id=1,
            eos_token_id=1,
            activation_function=activation_function,
            scale_attn_by_inverse_layer_idx=scale_attn_by_inverse_layer_idx,
        )
    )
    model.eval()
    return model


@pytest.fixture(scope="module")
def theirs() -> GPT2LMHeadModel:
    return _gpt2()


@pytest.fixture(scope="module")
def input_ids() -> Tensor:
    return torch.randint(40, (3, 24), generator=torch.Generator().manual_seed(1))


@pytest.mark.compares("transformers", technique="aigc_ref.lm.gpt", atol="atol")
@pytest.mark.parametrize(("dtype", "atol"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_logits_are_those_of_transformers(input_ids: Tensor, dtype: torch.dtype, atol: float) -> None:
    theirs = _gpt2().double() if dtype == torch.float64 else _gpt2()
    ours = load_gpt2(theirs)
    torch.testing.assert_close(ours(input_ids).logits, theirs(input_ids).logits, rtol=0, atol=atol)


@pytest.mark.compares("transformers", technique="aigc_ref.lm.gpt", atol=1e-7)
def test_gradients_are_those_of_transformers(input_ids: Tensor) -> None:
    theirs = _gpt2().double()
    ours = load_gpt2(theirs)
    causal_loss(ours(input_ids).logits, input_ids).mean.backward()
    theirs(input_ids, labels=input_ids).loss.double().backward()
    block, other = ours.blocks[1], theirs.transformer.h[1]
    assert isinstance(block, torch.nn.Module)
    pairs = [
        (ours.token_embedding.weight.grad, theirs.transformer.wte.weight.grad),
        (ours.position_embedding.weight.grad, theirs.transformer.wpe.weight.grad),
        (block.attention.query_key_value.weight.grad.t(), other.attn.c_attn.weight.grad),  # type: ignore[union-attr,operator]
        (block.down.bias.grad, other.mlp.c_proj.bias.grad),  # type: ignore[union-attr]
    ]
    for one, another in pairs:
        torch.testing.assert_close(one, another, rtol=0, atol=1e-7)  # their loss is summed in float32


@pytest.mark.compares("transformers", technique="aigc_ref.lm.gpt", atol=1e-5)
def test_right_padding_changes_no_token_of_the_text(theirs: GPT2LMHeadModel) -> None:
    batch = causal_collator(0)(TEXTS)
    ours, mask = load_gpt2(theirs), batch["attention_mask"].bool()
    one = ours(batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    other = theirs(batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    torch.testing.assert_close(one[mask], other[mask], rtol=0, atol=1e-5)
    for row, text in enumerate(TEXTS):
        torch.testing.assert_close(one[row, : len(text)], ours(torch.tensor([text])).logits[0], rtol=0, atol=1e-5)


@pytest.mark.compares("transformers", technique="aigc_ref.lm.gpt", rtol=1e-6)
def test_it_trains_where_a_model_of_transformers_does(theirs: GPT2LMHeadModel) -> None:
    batch = causal_collator(0)(TEXTS)
    ours, oracle = (language_model_loss(model, batch) for model in (load_gpt2(theirs), theirs))
    torch.testing.assert_close(ours.sum, oracle.sum, rtol=1e-6, atol=0)
    assert ours.count == oracle.count


def test_left_padding_changes_no_token_of_the_text_and_no_position_need_be_given(theirs: GPT2LMHeadModel) -> None:
    batch, ours = left_padded_inputs(TEXTS, 0), load_gpt2(theirs)
    logits = ours(**batch).logits
    assert logits.isfinite().all()
    for row, text in enumerate(TEXTS):
        torch.testing.assert_close(logits[row, -len(text) :], ours(torch.tensor([text])).logits[0], rtol=0, atol=1e-5)


def test_a_checkpoint_is_read_from_its_folder(theirs: GPT2LMHeadModel, input_ids: Tensor, tmp_path: Path) -> None:
    theirs.save_pretrained(tmp_path)
    ours = load_gpt2(tmp_path)
    assert torch.equal(ours(input_ids).logits, load_gpt2(theirs)(input_ids).logits)

    # as GPT-2 was published: names without a prefix, the causal masks among the weights
    weights = load_file(tmp_path / "model.safetensors")
    published = {name.removeprefix("transformer."): tensor for name, tensor in weights.items()}
    published |= {f"h.{layer}.attn.bias": torch.ones(1, 1, 24, 24).tril() for layer in range(3)}
    save_file(published, tmp_path / "model.safetensors", {"format": "pt"})
    assert torch.equal(load_gpt2(tmp_path)(input_ids).logits, ours(input_ids).logits)


def test_what_our_model_cannot_be_is_refused(theirs: GPT2LMHeadModel, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="activation_function = 'relu'"):
        load_gpt2(_gpt2(activation_function="relu"))
    with pytest.raises(ValueError, match="scale_attn_by_inverse_layer_idx = True"):
        load_gpt2(_gpt2(scale_attn_by_inverse_layer_idx=True))
    with pytest.raises(FileNotFoundError, match=r"config\.json"):
        load_gpt2(tmp_path)

    theirs.save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["transformer.h.1.ln_2.bias"]
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"blocks\.1\.feed_forward_norm\.bias"):
        load_gpt2(tmp_path)
    save_file({"bert.pooler.weight": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"not those of a GPT-2: bert\.pooler\.weight"):
        load_gpt2(tmp_path)


def test_the_weights_are_copied_and_not_shared(theirs: GPT2LMHeadModel) -> None:
    ours: GPT = load_gpt2(theirs)
    before = theirs.transformer.wte.weight.clone()
    with torch.no_grad():
        ours.token_embedding.weight.zero_()
    assert torch.equal(theirs.transformer.wte.weight, before)


@pytest.mark.compares("transformers", technique="aigc_ref.lm.gpt2.to_gpt2", atol="atol")
@pytest.mark.parametrize(("dtype", "atol"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_a_gpt_of_ours_has_the_same_logits_in_transformers(dtype: torch.dtype, atol: float) -> None:
    torch.manual_seed(0)
    shape = GPTConfig(vocab_size=40, block_size=24, n_layer=3, n_head=4, n_embd=32, epsilon=1e-3)
    ours = GPT(shape).to(dtype).eval()
    for parameter in ours.parameters():
        torch.nn.init.normal_(parameter, std=0.3)  # biases and norms as well, which begin as 0 and 1
    theirs = to_gpt2(ours)
    ids = torch.randint(40, (3, 24), generator=torch.Generator().manual_seed(1))
    assert theirs.dtype == dtype
    torch.testing.assert_close(theirs(ids).logits, ours(ids).logits, rtol=0, atol=atol)


def test_there_and_back_nothing_changes(theirs: GPT2LMHeadModel) -> None:
    there = load_gpt2(theirs)
    back = to_gpt2(there)
    assert back.state_dict().keys() == theirs.state_dict().keys()
    for name, weight in theirs.state_dict().items():
        assert torch.equal(back.state_dict()[name], weight), name
    back.transformer.wte.weight.data.zero_()
    assert there.token_embedding.weight.abs().min() > 0  # copied and not shared


@pytest.mark.compares("transformers", technique="aigc_ref.lm.gpt2.to_gpt2", atol=1e-5)
def test_a_saved_model_of_ours_is_read_by_both(tmp_path: Path, input_ids: Tensor) -> None:
    torch.manual_seed(0)
    ours = GPT(GPTConfig(vocab_size=40, block_size=24, n_layer=2, n_head=2, n_embd=16)).eval()
    to_gpt2(ours.half(), bos_token_id=2, eos_token_id=3, pad_token_id=0).save_pretrained(tmp_path)
    read = GPT2LMHeadModel.from_pretrained(tmp_path, dtype=torch.float32)
    again = load_gpt2(tmp_path).float()
    assert (read.config.bos_token_id, read.config.eos_token_id, read.config.pad_token_id) == (2, 3, 0)
    assert read.generation_config.eos_token_id == 3
    torch.testing.assert_close(again(input_ids).logits, read(input_ids).logits, rtol=0, atol=1e-5)
    torch.testing.assert_close(again(input_ids).logits, ours.float()(input_ids).logits, rtol=0, atol=1e-6)
    assert load_file(tmp_path / "model.safetensors")["transformer.wte.weight"].dtype == torch.float16


def test_without_ids_there_are_no_ids_of_gpt2s_vocabulary() -> None:
    config = to_gpt2(GPT(GPTConfig(vocab_size=40, block_size=24, n_layer=1, n_head=1, n_embd=8))).config
    assert (config.bos_token_id, config.eos_token_id, config.pad_token_id) == (None, None, None)
