"""A tiny language model and random texts for it, as every test of the loop needs them."""

import torch
from torch.utils.data import Dataset
from transformers import GPT2Config, GPT2LMHeadModel

from aigc_ref.text.collate import causal_collator

COLLATE = causal_collator(pad_token_id=0)


class Ids(Dataset[list[int]]):
    """Random texts of random lengths."""

    def __init__(self, size: int) -> None:
        chance = torch.Generator().manual_seed(7)
        lengths = torch.randint(2, 12, (size,), generator=chance).tolist()
        self.texts = [torch.randint(1, 30, (length,), generator=chance).tolist() for length in lengths]

    @property
    def lengths(self) -> list[int]:
        return [len(text) for text in self.texts]

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, index: int) -> list[int]:
        return self.texts[index]


def tiny_model(dropout: float = 0.0, *, precise: bool = False) -> GPT2LMHeadModel:
    """The same weights at every call."""
    torch.manual_seed(0)
    shape = GPT2Config(
        vocab_size=30,
        n_positions=16,
        n_layer=1,
        n_head=2,
        n_embd=16,
        resid_pdrop=dropout,
        embd_pdrop=dropout,
        attn_pdrop=dropout,
        bos_token_id=1,
        eos_token_id=2,
    )
    model = GPT2LMHeadModel(shape)
    return model.double() if precise else model
