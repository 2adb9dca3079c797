"""Generation: from a prompt's continuation probabilities to text, one token at a time.

    temperature   p_i ∝ exp(z_i / T):  T → 0 is greedy, T = 1 the model's own distribution, above it flatter
    top-k         only the k most probable tokens stay
    top-p         only the smallest set of most probable tokens whose mass reaches p stays (nucleus)

The filters are pure functions on logits: what they remove becomes -inf. The loop keeps the model's cache of keys and
values, so that a step costs one token and not the whole text again.
"""

import torch
from torch import Tensor
from transformers import PreTrainedModel


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Removes all but the k largest logits of each row; ties at the border stay.

    Examples:
        >>> keep_top_k(torch.tensor([[1.0, 3.0, 2.0]]), k=2)
        tensor([[-inf, 3., 2.]])
    """
    border = logits.topk(min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < border, -torch.inf)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """Removes the tail: a token stays while those more probable than it have a mass below p. The first always stays.

    Examples:
        >>> keep_top_p(torch.tensor([[0.5, 0.3, 0.2]]).log(), p=0.7).isinf().tolist()
        [[False, False, True]]
    """
    ordered, order = logits.sort(dim=-1, descending=True)
    probabilities = ordered.softmax(dim=-1)
    before = probabilities.cumsum(dim=-1) - probabilities
    removed = (before >= p).index_fill(-1, torch.tensor([0], device=logits.device), False)
    return logits.masked_fill(torch.zeros_like(removed).scatter(-1, order, removed), -torch.inf)


def choose(
    logits: Tensor,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """The next token of each row.

    Args:
        logits: shape (batch, vocabulary).
        temperature: 0 for the most probable token.
        top_k: tokens to keep.
        top_p: mass to keep, applied after top_k, as transformers does.
        generator: the source of chance.

    Returns:
        Token ids, shape (batch,).
    """
    if temperature == 0:
        return logits.argmax(dim=-1)
    logits = logits / temperature
    if top_k is not None:
        logits = keep_top_k(logits, top_k)
    if top_p is not None:
        logits = keep_top_p(logits, top_p)
    return torch.multinomial(logits.softmax(dim=-1), 1, generator=generator).squeeze(-1)


@torch.no_grad()
def generate(
    model: PreTrainedModel,
    input_ids: Tensor,
    *,
    max_new_tokens: int,
    eos_token_id: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
) -> list[list[int]]:
    """Continues each prompt until its end token or the limit.

    Args:
        model: a causal language model of transformers; it is put into evaluation mode.
        input_ids: prompts of equal length, shape (batch, length); without their end token.
        max_new_tokens: at most this many for each.
        eos_token_id: ends a text; it is not part of what is returned.
        temperature: see `choose`.
        top_k: see `choose`.
        top_p: see `choose`.
        seed: of the chance; the same seed and model give the same texts.

    Returns:
        For each prompt the ids of its continuation.
    """
    model.eval()
    chance = torch.Generator(device=input_ids.device).manual_seed(seed)
    texts: list[list[int]] = [[] for _ in input_ids]
    running = torch.ones(len(input_ids), dtype=torch.bool, device=input_ids.device)
    cache = None
    for _ in range(max_new_tokens):
        output = model(input_ids=input_ids, past_key_values=cache, use_cache=True)
        cache = output.past_key_values
        chosen = choose(output.logits[:, -1], temperature=temperature, top_k=top_k, top_p=top_p, generator=chance)
        running &= chosen != eos_token_id
        if not running.any():
            break
        for text, token, goes_on in zip(texts, chosen.tolist(), running.tolist(), strict=True):
            if goes_on:
                text.append(token)
        input_ids = chosen.unsqueeze(-1)
    return texts
