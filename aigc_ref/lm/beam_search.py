"""Beam search: the most probable continuation, looked for along several paths at once.

    score(y) = log p(y | prompt) / |y|^α        |y| counts the end token; α = length penalty, 0 for none

Each step tries every token behind each of k running beams and looks at the best 2k of all: those that end are
finished, if they are among the best k, and the best k of the others run on. Two k, because at most k of them end;
with e end tokens (1 + e) k.
A prompt is done when it has k finished texts and its best running beam, were it to end now, would not be better than
the worst of them. That is a guess for α > 0, where a longer text may score higher yet; it is transformers' guess.

The most probable text is not the best one: beam search suits translation; what it writes freely is dull and repeats
itself (paper-nucleus-sampling, section 3). Sampling is in `aigc_ref.lm.generate`.
"""

from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor
from transformers import PreTrainedModel

from aigc_ref.lm.decoder import Decoder, EndTokens, end_tokens
from aigc_ref.lm.gpt import GPT


class Beam(NamedTuple):
    """A continuation: of a running one the score is log p, of a finished one it is divided by the length."""

    score: float
    ids: list[int]
    """Without the end token."""


@torch.no_grad()
def beam_search(
    model: GPT | PreTrainedModel,
    input_ids: Int[Tensor, "batch length"],
    *,
    beams: int,
    max_new_tokens: int,
    eos_token_id: EndTokens,
    attention_mask: Int[Tensor, "..."] | None = None,
    length_penalty: float = 1.0,
) -> list[list[Beam]]:
    """The best continuations of each prompt, as `generate(num_beams=…)` of transformers finds them.

    Args:
        model: our GPT or a causal language model of transformers; it is put into evaluation mode.
        input_ids: prompts, shape (batch, length); without their end token.
        beams: how many paths, k; one is greedy decoding.
        max_new_tokens: at most this many for each; what has not ended by then ends there.
        eos_token_id: ends a text; there may be several. None goes on to the limit.
        attention_mask: for prompts of unequal length, padded on the left: 0 where there is padding.
        length_penalty: α; above 0 long texts gain, below 0 short ones.

    Returns:
        For each prompt its finished texts, the best first; `beams` of them at most.

    Raises:
        ValueError: there are fewer than 2k tokens, or (1 + e) k, to choose from; see also `Decoder`.

    Examples:
        >>> from aigc_ref.lm.gpt import GPTConfig
        >>> model = GPT(GPTConfig(vocab_size=50, block_size=16, n_layer=1, n_head=1, n_embd=8))
        >>> (found,) = beam_search(model, torch.tensor([[5, 6]]), beams=3, max_new_tokens=4, eos_token_id=None)
        >>> [len(beam.ids) for beam in found], found[0].score >= found[1].score
        ([4, 4, 4], True)
    """
    size = len(input_ids)
    rows = torch.arange(size, device=input_ids.device)
    decoder = Decoder(model, input_ids, attention_mask, max_new_tokens)
    log_probabilities = decoder.start().log_softmax(dim=-1)
    vocabulary = log_probabilities.shape[-1]
    ends = end_tokens(eos_token_id)
    tries = max(2, 1 + len(ends))  # for each beam
    if not 1 <= beams <= vocabulary // tries:
        raise ValueError(
            f"{beams} beams of {vocabulary} tokens: there must be at least one, and {tries} tokens for each"
        )
    running = [[Beam(0.0, [])] for _ in range(size)]
    finished: list[list[Beam]] = [[] for _ in range(size)]
    done = [False] * size

    for length in range(1, max_new_tokens + 1):
        scores = torch.tensor([[beam.score for beam in row] for row in running], device=input_ids.device)
        totals = scores.unsqueeze(-1) + log_probabilities.view(size, -1, vocabulary)
        best = totals.flatten(1).topk(tries * beams, dim=-1)
        parents: list[int] = []
        for prompt, (values, places) in enumerate(zip(best.values.tolist(), best.indices.tolist(), strict=True)):
            ended, going_on = [], []
            for rank, (value, place) in enumerate(zip(values, places, strict=True)):
                parent, token = divmod(place, vocabulary)
                before = running[prompt][parent].ids
                if token not in ends and length < max_new_tokens:
                    going_on.append((parent, Beam(value, [*before, token])))
                elif rank < beams:
                    ids = before if token in ends else [*before, token]
                    ended.append(Beam(value / length**length_penalty, ids))
            if not done[prompt]:
                finished[prompt] = sorted(finished[prompt] + ended, key=lambda beam: -beam.score)[:beams]
            parents += [prompt * len(running[prompt]) + parent for parent, _ in going_on[:beams]]
            running[prompt] = [beam for _, beam in going_on[:beams]]
            if len(finished[prompt]) == beams and going_on:
                best_now = running[prompt][0].score / length**length_penalty
                done[prompt] |= best_now <= finished[prompt][-1].score
        if length == max_new_tokens or all(done):
            break
        decoder.reorder(rows.new_tensor(parents))
        chosen = rows.new_tensor([beam.ids[-1] for row in running for beam in row])
        log_probabilities = decoder.step(chosen).log_softmax(dim=-1)
    return finished
