"""A GPT: the decoder of the Transformer, with layer norms first, as in GPT-2.

    x_0      = token_embedding[input_ids] + position_embedding[0, 1, 2, …]
    a_l      = x_l + attention(norm(x_l))                  each position sees itself and those before it
    x_{l+1}  = a_l + W_down · gelu(W_up · norm(a_l))       four times as wide inside, gelu by its tanh approximation
    logits   = norm(x_L) · token_embeddingᵀ                the embedding is the output layer as well (tied)

While it generates, a model would compute the keys and values of all the text again for each token. `KeyValueCache`
keeps them, in memory that is taken once: a step writes one column and moves nothing.

Papers: paper-attention-is-all-you-need, paper-gpt2.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class GPTConfig:
    """The shape of a GPT."""

    vocab_size: int
    block_size: int
    """The most tokens that it sees at once."""
    n_layer: int
    n_head: int
    n_embd: int
    """The width of the hidden states; a multiple of the number of heads."""
    dropout: float = 0.0
    """Of embeddings, attention weights and sublayers' outputs, while training."""
    epsilon: float = 1e-5
    """Added to the variance in layer norms."""


class KeyValueCache:
    """Keys and values of the tokens that were seen, layer by layer, each of shape (batch, heads, capacity, size)."""

    def __init__(self, n_layer: int, batch: int, n_head: int, capacity: int, size: int, like: Tensor) -> None:
        self.capacity = capacity
        self.length = 0
        self.keys = [like.new_zeros(batch, n_head, capacity, size) for _ in range(n_layer)]
        self.values = [like.new_zeros(batch, n_head, capacity, size) for _ in range(n_layer)]
        self.output: Tensor | None = None
        """The output layer's weights, (width, vocabulary), for a single text: see `_logits`."""

    def append(
        self, layer: int, keys: Float[Tensor, "batch heads new size"], values: Float[Tensor, "batch heads new size"]
    ) -> tuple[Float[Tensor, "batch heads all size"], Float[Tensor, "batch heads all size"]]:
        """Writes behind what is there and gives back all; the model moves `length` on after the last layer."""
        end = self.length + keys.shape[2]
        self.keys[layer][:, :, self.length : end] = keys
        self.values[layer][:, :, self.length : end] = values
        return self.keys[layer][:, :, :end], self.values[layer][:, :, :end]

    def reorder_cache(self, rows: Int[Tensor, " new_batch"]) -> None:
        """Row i becomes what row rows[i] was, and there may be more rows than before: a beam search branches."""
        self.keys = [keys[rows] for keys in self.keys]
        self.values = [values[rows] for values in self.values]


class GPTOutput(NamedTuple):
    """What a model gives, under the names that transformers' models give it."""

    logits: Float[Tensor, "batch length vocab_size"]
    past_key_values: KeyValueCache | None


class Attention(nn.Module):
    """softmax(q kᵀ / √size) v, for several heads at once, each of its own slice of the hidden states."""

    def __init__(self, config: GPTConfig, layer: int) -> None:
        super().__init__()
        self.layer, self.n_head, self.dropout = layer, config.n_head, config.dropout
        self.query_key_value = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.projection = nn.Linear(config.n_embd, config.n_embd)

    def forward(
        self,
        x: Float[Tensor, "batch length n_embd"],
        visible: Bool[Tensor, "#batch 1 length keys"] | None,
        cache: KeyValueCache | None,
    ) -> Float[Tensor, "batch length n_embd"]:
        batch, length, width = x.shape
        split = self.query_key_value(x).view(batch, length, 3, self.n_head, width // self.n_head)
        queries, keys, values = split.permute(2, 0, 3, 1, 4)  # each (batch, heads, length, size)
        if cache is not None:
            keys, values = cache.append(self.layer, keys, values)
        mixed = F.scaled_dot_product_attention(
            queries,
            keys,
            values,
            attn_mask=visible,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=visible is None and length > 1,
        )
        out: Tensor = self.projection(mixed.transpose(1, 2).reshape(batch, length, width))
        return out


class Block(nn.Module):
    """Attention, then a feed-forward network, each added to what comes in."""

    def __init__(self, config: GPTConfig, layer: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(config.n_embd, config.epsilon)
        self.attention = Attention(config, layer)
        self.feed_forward_norm = nn.LayerNorm(config.n_embd, config.epsilon)
        self.up = nn.Linear(config.n_embd, 4 * config.n_embd)
        self.down = nn.Linear(4 * config.n_embd, config.n_embd)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self,
        x: Float[Tensor, "batch length n_embd"],
        visible: Bool[Tensor, "#batch 1 length keys"] | None,
        cache: KeyValueCache | None,
    ) -> Float[Tensor, "batch length n_embd"]:
        x = x + self.dropout(self.attention(self.attention_norm(x), visible, cache))
        wide = F.gelu(self.up(self.feed_forward_norm(x)), approximate="tanh")
        out: Tensor = x + self.dropout(self.down(wide))
        return out


class GPT(nn.Module):
    """The model; it stands wherever a causal language model of transformers does.

    Examples:
        >>> model = GPT(GPTConfig(vocab_size=50, block_size=16, n_layer=2, n_head=2, n_embd=8))
        >>> model(torch.tensor([[3, 1, 4]])).logits.shape
        torch.Size([1, 3, 50])
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        if config.n_embd % config.n_head:
            raise ValueError(f"a width of {config.n_embd} does not divide into {config.n_head} heads")
        self.config = config
        self.token_embedding = nn.Embedding(config.vocab_size, config.n_embd)
        self.position_embedding = nn.Embedding(config.block_size, config.n_embd)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config.n_layer))
        self.final_norm = nn.LayerNorm(config.n_embd, config.epsilon)
        self._initialise()

    def _initialise(self) -> None:
        """GPT-2's: deviations of 0.02, smaller where 2 · n_layer outputs add up; biases 0."""
        for name, parameter in self.named_parameters():
            if name.endswith(("projection.weight", "down.weight")):
                nn.init.normal_(parameter, std=0.02 / (2 * self.config.n_layer) ** 0.5)
            elif parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def new_cache(self, batch: int, capacity: int) -> KeyValueCache:
        """An empty cache for so many texts of at most so many tokens."""
        config = self.config
        size = config.n_embd // config.n_head
        embedding = self.token_embedding.weight
        cache = KeyValueCache(config.n_layer, batch, config.n_head, capacity, size, like=embedding)
        if batch == 1:
            cache.output = embedding.detach().t().contiguous()
        return cache

    def forward(
        self,
        input_ids: Int[Tensor, "batch length"],
        attention_mask: Int[Tensor, "batch all"] | None = None,
        position_ids: Int[Tensor, "#batch length"] | None = None,
        past_key_values: KeyValueCache | None = None,
        use_cache: bool = False,
    ) -> GPTOutput:
        """The logits of the next token at every position.

        Args:
            input_ids: shape (batch, length); with a cache only those that it does not hold.
            attention_mask: 1 for text, 0 for padding on either side; shape (batch, length with the cache's).
            position_ids: shape (batch, length); counted along the text where none are given. Where they restart at 0
                a document begins that does not see those before it (see `aigc_ref.text.packing`). A cache does not
                keep where that was: what a later call adds to it sees every document, and begins none.
            past_key_values: a cache of `new_cache`, which this call fills up.
            use_cache: whether to make a cache, for the whole context, where none is given.

        Returns:
            logits, shape (batch, length, vocab_size), and the cache, if there is one.

        Raises:
            ValueError: there are more tokens than the context, or than the cache, holds.
        """
        if use_cache and past_key_values is None:
            past_key_values = self.new_cache(len(input_ids), self.config.block_size)
        start, length, room = 0, input_ids.shape[1], self.config.block_size
        if past_key_values is not None:
            start, room = past_key_values.length, min(room, past_key_values.capacity)
        if start + length > room:
            raise ValueError(
                f"{start + length} tokens, and room for {room}: the context is {self.config.block_size} long, "
                "a cache as long as it was made"
            )
        visible = _visible(start, length, attention_mask, position_ids, input_ids.device)
        if position_ids is None:
            if attention_mask is None:
                position_ids = torch.arange(start, start + length, device=input_ids.device)
            else:
                position_ids = (attention_mask.cumsum(-1) - 1).clamp(min=0)[:, start:]
        x = self.dropout(self.token_embedding(input_ids) + self.position_embedding(position_ids))
        for block in self.blocks:
            x = block(x, visible, past_key_values)
        if past_key_values is not None:
            past_key_values.length += length
        return GPTOutput(_logits(self.final_norm(x), self.token_embedding.weight, past_key_values), past_key_values)


def _logits(
    x: Float[Tensor, "batch length n_embd"], embedding: Float[Tensor, "vocab_size n_embd"], cache: KeyValueCache | None
) -> Float[Tensor, "batch length vocab_size"]:
    """The output layer, whose weights are the embedding: x · embeddingᵀ.

    While it generates it is two fifths of the work, and what it costs is reading the weights. With a vocabulary of
    8192 and a width of 256 (MKL 2024, weights not in the processor's cache), F.linear takes 1.0 ms for one text and
    1.9 ms for eight; a copy that lies the other way round 0.4 ms for one, (embedding · xᵀ)ᵀ 1.0 ms for eight.
    """
    if x.shape[1] > 1:
        return F.linear(x, embedding)
    if len(x) == 1 and cache is not None and cache.output is not None:
        return x @ cache.output
    return (embedding @ x[:, 0].t()).t().unsqueeze(1)


def _visible(
    start: int,
    length: int,
    attention_mask: Int[Tensor, "batch all"] | None,
    position_ids: Int[Tensor, "#batch length"] | None,
    device: torch.device,
) -> Bool[Tensor, "_ 1 length all"] | None:
    """Which key each query sees, shape (batch or 1, 1, queries, keys); None for every key up to its own place."""
    if attention_mask is None and (position_ids is None or start) and (start == 0 or length == 1):
        return None
    visible = torch.ones(1, length, start + length, dtype=torch.bool, device=device).tril(start)
    if position_ids is not None and start == 0:
        documents = (position_ids == 0).cumsum(-1)
        visible = visible & (documents[:, :, None] == documents[:, None, :])
    if attention_mask is not None:
        visible = visible & attention_mask.bool()[:, None, :]  # padding on the left sees nothing: torch gives it 0
    return visible.unsqueeze(1)
