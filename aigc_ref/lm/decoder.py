"""A model and its cache: prompts in, the logits of the next token out, one step after another.

Sampling and beam search are written once, for our `GPT` and for the causal language models of transformers. Prompts
of unequal length are padded on the *left* (`aigc_ref.text.collate.left_padded_inputs`), so that all of them go on at
the same place; padding is seen by nobody and counts for no position.
"""

from collections.abc import Collection

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from aigc_ref.lm.gpt import GPT

EndTokens = int | Collection[int] | None
"""The token or tokens that end a text, as configurations of transformers hold them; None where nothing does."""


def end_tokens(given: EndTokens) -> frozenset[int]:
    """The ids as a set, whichever way they were given.

    Examples:
        >>> end_tokens(5), end_tokens([5]), end_tokens(None)
        (frozenset({5}), frozenset({5}), frozenset())
    """
    if given is None:
        return frozenset()
    return frozenset([given] if isinstance(given, int) else map(int, given))


class Decoder:
    """Continues a batch of prompts.

    Args:
        model: it is put into evaluation mode.
        input_ids: the prompts, shape (batch, length).
        attention_mask: 0 for padding, which is on the left; None where there is none.
        max_new_tokens: how many tokens it must have room for.

    Raises:
        ValueError: prompts and new tokens exceed the model's context; the padding is not on the left.
    """

    def __init__(
        self,
        model: GPT | PreTrainedModel,
        input_ids: Int[Tensor, "batch length"],
        attention_mask: Int[Tensor, "..."] | None,
        max_new_tokens: int,
    ) -> None:
        rows, length = input_ids.shape
        total = length + max_new_tokens
        context = model.config.block_size if isinstance(model, GPT) else _context(model)
        if max_new_tokens < 1 or not length:
            raise ValueError("there must be a prompt, of one token or more, and room for a new one")
        if context is not None and total > context:
            raise ValueError(
                f"a prompt of {length} and {max_new_tokens} new tokens exceed the model's context of {context}; "
                "shorten the prompt or lower max_new_tokens"
            )
        self._model = model.eval()
        self._prompts = input_ids
        self._length = 0
        self._mask: Tensor | None = None
        self._positions: Tensor | None = None
        if attention_mask is not None and not attention_mask.all():
            if attention_mask.shape != input_ids.shape or not attention_mask[:, -1].all() or _holes(attention_mask):
                raise ValueError("pad prompts on the left, with an attention mask of their shape: 0 0 1 1 1")
            ones = attention_mask.new_ones(rows, max_new_tokens)
            self._mask = torch.cat([attention_mask, ones], dim=1)
            self._positions = (self._mask.cumsum(-1) - 1).clamp(min=0)
        self._cache = model.new_cache(rows, total) if isinstance(model, GPT) else DynamicCache(config=model.config)

    def start(self) -> Float[Tensor, "batch vocabulary"]:
        """The logits of the first new token, shape (batch, vocabulary), in float32."""
        return self._logits(self._prompts)

    def step(self, chosen: Int[Tensor, " batch"]) -> Float[Tensor, "batch vocabulary"]:
        """The logits of the token after the chosen ones, which have shape (batch,)."""
        return self._logits(chosen.unsqueeze(-1))

    def reorder(self, rows: Int[Tensor, " new_batch"]) -> None:
        """Row i goes on from where row rows[i] is."""
        self._cache.reorder_cache(rows)  # type: ignore[arg-type]  # transformers wants a LongTensor; rows are one
        if self._mask is not None and self._positions is not None:
            self._mask, self._positions = self._mask[rows], self._positions[rows]

    def _logits(self, input_ids: Int[Tensor, "batch length"]) -> Float[Tensor, "batch vocabulary"]:
        start, self._length = self._length, self._length + input_ids.shape[1]
        output = self._model(
            input_ids=input_ids,
            attention_mask=None if self._mask is None else self._mask[:, : self._length],
            position_ids=None if self._positions is None else self._positions[:, start : self._length],
            past_key_values=self._cache,
        )
        logits: Tensor = output.logits[:, -1].float()  # whatever the model computes in, as in transformers
        return logits


def _context(model: PreTrainedModel) -> int | None:
    context: int | None = getattr(model.config, "max_position_embeddings", None)
    return context


def _holes(attention_mask: Int[Tensor, "batch length"]) -> bool:
    return bool((attention_mask[:, 1:] < attention_mask[:, :-1]).any())
