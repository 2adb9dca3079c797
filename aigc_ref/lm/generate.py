"""Generation: from a prompt's continuation probabilities to text, one token at a time.

    repetition penalty   z_i / r where z_i > 0, else z_i · r, for the tokens i that the text holds already
    temperature          p_i ∝ exp(z_i / T):  T → 0 is greedy, T = 1 the model's own distribution, above it flatter
    top-k                only the k most probable tokens stay
    top-p                only the smallest set of most probable tokens whose mass reaches p stays (nucleus)

They are pure functions on logits, applied in this order, which is transformers'; what a filter removes becomes -inf.
The loop keeps the keys and values of what was seen (`aigc_ref.lm.decoder`), so that a step costs one token and not
the whole text again, and `stream` gives out each token as it is made. For the most probable text instead of a random
one see `aigc_ref.lm.beam_search`.

Papers: paper-ctrl (repetition penalty), paper-nucleus-sampling (top-p).
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import PreTrainedModel

from aigc_ref.lm.decoder import Decoder, EndTokens, end_tokens
from aigc_ref.lm.gpt import GPT


def penalise_repetition(
    logits: Float[Tensor, "batch vocabulary"], seen: Bool[Tensor, "batch vocabulary"], penalty: float
) -> Float[Tensor, "batch vocabulary"]:
    """Makes the tokens that were seen less probable.

    Args:
        logits: shape (batch, vocabulary).
        seen: whether a token occurs in the text; booleans of the logits' shape.
        penalty: 1 for none, above it more.

    Raises:
        ValueError: the penalty is not above 0.

    Examples:
        >>> seen = torch.tensor([[True, True, False]])
        >>> penalise_repetition(torch.tensor([[2.0, -2.0, 2.0]]), seen, penalty=2.0)
        tensor([[ 1., -4.,  2.]])
    """
    if penalty <= 0:
        raise ValueError(f"a repetition penalty is above 0, and 1 for none; not {penalty}")
    return torch.where(seen, torch.where(logits > 0, logits / penalty, logits * penalty), logits)


def keep_top_k(logits: Float[Tensor, "*batch vocabulary"], k: int) -> Float[Tensor, "*batch vocabulary"]:
    """Removes all but the k largest logits of each row; ties at the border stay.

    Raises:
        ValueError: nothing is kept.

    Examples:
        >>> keep_top_k(torch.tensor([[1.0, 3.0, 2.0]]), k=2)
        tensor([[-inf, 3., 2.]])
    """
    if k < 1:
        raise ValueError(f"top-k keeps at least 1 token, not {k}")
    border = logits.topk(min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < border, -torch.inf)


def keep_top_p(logits: Float[Tensor, "*batch vocabulary"], p: float) -> Float[Tensor, "*batch vocabulary"]:
    """Removes the tail: a token stays while those more probable than it have a mass below p. The first always stays.

    Raises:
        ValueError: p is no share.

    Examples:
        >>> keep_top_p(torch.tensor([[0.5, 0.3, 0.2]]).log(), p=0.7).isinf().tolist()
        [[False, False, True]]
    """
    if not 0 <= p <= 1:
        raise ValueError(f"top-p keeps a share of the mass, from 0 to 1, not {p}")
    if p == 1:
        return logits  # a sum of what lies before would round to 1 and cost the last tokens
    ordered, order = logits.sort(dim=-1, descending=True)
    probabilities = ordered.softmax(dim=-1)
    before = probabilities.cumsum(dim=-1) - probabilities
    removed = (before >= p).index_fill(-1, torch.tensor([0], device=logits.device), False)
    return logits.masked_fill(torch.zeros_like(removed).scatter(-1, order, removed), -torch.inf)


def choose(
    logits: Float[Tensor, "batch vocabulary"],
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> Int[Tensor, " batch"]:
    """The next token of each row.

    Args:
        logits: shape (batch, vocabulary).
        temperature: 0 for the most probable token.
        top_k: tokens to keep.
        top_p: mass to keep, applied after top_k, as transformers does.
        generator: the source of randomness.

    Returns:
        Token ids, shape (batch,).

    Raises:
        ValueError: the temperature is negative; see also the filters.
    """
    if temperature < 0:
        raise ValueError(f"a temperature is at least 0, where it is greedy; not {temperature}")
    if temperature == 0:
        return logits.argmax(dim=-1)
    logits = logits / temperature
    if top_k is not None:
        logits = keep_top_k(logits, top_k)
    if top_p is not None:
        logits = keep_top_p(logits, top_p)
    return torch.multinomial(logits.softmax(dim=-1), 1, generator=generator).squeeze(-1)


class NewTokens(NamedTuple):
    """One more token for every text of a batch."""

    tokens: Int[Tensor, " texts"]
    """Ids, shape (texts,). What stands there for a text that has ended means nothing."""
    running: Bool[Tensor, " texts"]
    """Whether the token belongs to its text, which neither ends with it nor has ended before; booleans, (texts,)."""


def stream(
    model: GPT | PreTrainedModel,
    input_ids: Int[Tensor, "batch length"],
    *,
    max_new_tokens: int,
    eos_token_id: EndTokens,
    attention_mask: Int[Tensor, "..."] | None = None,
    samples: int = 1,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    repetition_penalty: float = 1.0,
    seed: int = 0,
) -> Iterator[NewTokens]:
    """Continues each prompt, and gives out the new tokens as they are made.

    A token is computed when it is asked for: whoever stops asking stops the work.

    Args:
        model: our GPT or a causal language model of transformers; it is put into evaluation mode.
        input_ids: prompts, shape (batch, length); without their end token.
        max_new_tokens: at most this many for each.
        eos_token_id: ends a text; there may be several. None goes on to the limit.
        attention_mask: for prompts of unequal length, padded on the left: 0 where there is padding.
        samples: texts to a prompt, one behind the other; the prompt is read once for all of them.
        temperature: see `choose`.
        top_k: see `choose`.
        top_p: see `choose`.
        repetition_penalty: see `penalise_repetition`; the prompt counts as text, its padding does not.
        seed: of what is drawn; the same seed and model give the same texts.

    Returns:
        Until all texts have ended, for each step the new tokens of batch · samples texts.

    Raises:
        ValueError: prompts and new tokens exceed the model's context; the padding is not on the left; an option is
            outside its range.

    Examples:
        >>> from aigc_ref.lm.gpt import GPTConfig
        >>> model = GPT(GPTConfig(vocab_size=50, block_size=16, n_layer=1, n_head=1, n_embd=8))
        >>> for new in stream(model, torch.tensor([[5, 6]]), max_new_tokens=2, eos_token_id=None, samples=3):
        ...     print(new.tokens.shape, new.running.tolist())
        torch.Size([3]) [True, True, True]
        torch.Size([3]) [True, True, True]
    """
    if samples < 1:
        raise ValueError(f"there must be at least 1 sample of each prompt, not {samples}")
    decoder = Decoder(model, input_ids, attention_mask, max_new_tokens)  # here and not in the loop: it refuses at once
    generator = torch.Generator(device=input_ids.device).manual_seed(seed)
    end_ids = torch.tensor(sorted(end_tokens(eos_token_id)), dtype=torch.long, device=input_ids.device)

    @torch.no_grad()
    def steps() -> Iterator[NewTokens]:
        logits = decoder.start()
        seen = None if repetition_penalty == 1 else _seen(logits, input_ids, attention_mask)
        if samples > 1:
            rows = torch.arange(len(input_ids), device=input_ids.device).repeat_interleave(samples)
            decoder.reorder(rows)
            logits, seen = logits[rows], None if seen is None else seen[rows]
        running = torch.ones(len(logits), dtype=torch.bool, device=input_ids.device)
        for number in range(1, max_new_tokens + 1):
            if seen is not None:
                logits = penalise_repetition(logits, seen, repetition_penalty)
            chosen = choose(logits, temperature=temperature, top_k=top_k, top_p=top_p, generator=generator)
            running = running & ~torch.isin(chosen, end_ids)
            yield NewTokens(chosen, running)
            if number == max_new_tokens or not running.any():
                return
            if seen is not None:
                seen.scatter_(1, chosen.unsqueeze(1), True)
            logits = decoder.step(chosen)

    return steps()


def generate(
    model: GPT | PreTrainedModel,
    input_ids: Int[Tensor, "batch length"],
    *,
    max_new_tokens: int,
    eos_token_id: EndTokens,
    attention_mask: Int[Tensor, "..."] | None = None,
    samples: int = 1,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    repetition_penalty: float = 1.0,
    seed: int = 0,
) -> list[list[int]]:
    """Continues each prompt until its end token or the limit; the arguments are those of `stream`.

    Returns:
        For each prompt the ids of its continuations, without the token that ended them.

    Raises:
        ValueError: as `stream`.

    Examples:
        >>> from aigc_ref.lm.gpt import GPTConfig
        >>> model = GPT(GPTConfig(vocab_size=50, block_size=16, n_layer=1, n_head=1, n_embd=8))
        >>> texts = generate(model, torch.tensor([[5, 6], [7, 8]]), max_new_tokens=4, eos_token_id=None)
        >>> [len(text) for text in texts]
        [4, 4]
    """
    new = stream(
        model,
        input_ids,
        max_new_tokens=max_new_tokens,
        eos_token_id=eos_token_id,
        attention_mask=attention_mask,
        samples=samples,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        repetition_penalty=repetition_penalty,
        seed=seed,
    )
    tokens, running = (torch.stack(columns, dim=1) for columns in zip(*new, strict=True))
    return [text[:length] for text, length in zip(tokens.tolist(), running.sum(dim=1).tolist(), strict=True)]


def _seen(
    logits: Float[Tensor, "batch vocabulary"],
    input_ids: Int[Tensor, "batch length"],
    attention_mask: Int[Tensor, "batch length"] | None,
) -> Bool[Tensor, "batch vocabulary"]:
    """Which tokens a prompt holds, padding apart: booleans of the logits' shape."""
    seen = torch.zeros_like(logits, dtype=torch.bool)
    for row, ids in enumerate(input_ids):
        seen[row, ids if attention_mask is None else ids[attention_mask[row].bool()]] = True
    return seen
