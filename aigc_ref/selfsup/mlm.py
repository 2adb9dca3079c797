"""Masked language modelling: hide some tokens of a text and learn to tell them from the rest.

    L = - 1/|M| · Σ_{t ∈ M} log p(x_t | x̃)

M holds each token with probability 0.15, special tokens and padding never. In x̃ a token of M is, by chance,

    80 %   [MASK]
    10 %   some token of the vocabulary, all alike
    10 %   itself

since [MASK] occurs in training alone: a model that saw nothing else at M would learn that a word which is there is
right. Position t's logits are the guess at token t itself, from both sides, so that nothing is shifted as it is in a
causal model; and what is outside M has the label -100, or the model would be paid for copying.

M is drawn anew for every batch, so that a text is hidden elsewhere in each epoch ("dynamic masking").

    >>> from transformers import BertConfig, BertForMaskedLM
    >>> from aigc_ref.text.datasets import TextDataset
    >>> from aigc_ref.text.tokenizers import character_tokenizer
    >>> from aigc_ref.train.loop import Recipe, fit
    >>> texts = ["床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"]
    >>> tokenizer = character_tokenizer(texts)
    >>> _ = tokenizer.add_special_tokens({"mask_token": "<mask>"})
    >>> small = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    >>> model = BertForMaskedLM(BertConfig(vocab_size=len(tokenizer), **small))
    >>> data, recipe = TextDataset(texts, tokenizer), Recipe(epochs=5, batch_size=2, learning_rate=1e-3)
    >>> steps = fit(model, data, masked_collator(tokenizer), masked_language_model_loss, recipe)
    >>> len(list(steps)), evaluate(model, data, tokenizer).mean.item() > 0
    (5, True)

Papers: paper-bert (section 3.1), paper-roberta (dynamic masking).
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase

from aigc_ref.text.collate import padded_inputs
from aigc_ref.text.datasets import TextDataset
from aigc_ref.train import loop
from aigc_ref.train.batch import Batch
from aigc_ref.train.loss import IGNORE_INDEX, SummedLoss, summed_cross_entropy

PROBABILITY = 0.15
HIDDEN = 0.8
RANDOM = 0.5  # of those that are not hidden


def mask_tokens(
    input_ids: Tensor,
    special_tokens_mask: Tensor,
    *,
    mask_token_id: int,
    vocab_size: int,
    probability: float = PROBABILITY,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Hides tokens, and says which they were.

    Args:
        input_ids: integers of any shape; they stay as they are.
        special_tokens_mask: of the same shape; what is true or 1 is never hidden.
        mask_token_id: of [MASK].
        vocab_size: random tokens are drawn from 0 to vocab_size - 1.
        probability: that a token has to be guessed.
        generator: the source of randomness; torch's own by default. The draws are those of transformers, in its order.

    Returns:
        The input ids with tokens hidden, and the labels: the token where it has to be guessed, -100 elsewhere.

    Raises:
        ValueError: the shapes differ, the probability is not from 0 to 1, or [MASK] is not of the vocabulary.

    Examples:
        >>> ids = torch.tensor([[1, 7, 8, 9, 2]])
        >>> special = torch.tensor([[1, 0, 0, 0, 1]])
        >>> masked, labels = mask_tokens(ids, special, mask_token_id=4, vocab_size=10, probability=1.0)
        >>> labels
        tensor([[-100,    7,    8,    9, -100]])
        >>> masked[0, 0].item(), masked[0, -1].item()
        (1, 2)
    """
    if input_ids.shape != special_tokens_mask.shape:
        raise ValueError(
            f"input_ids of shape {tuple(input_ids.shape)} need a special_tokens_mask of the same shape, "
            f"not {tuple(special_tokens_mask.shape)}"
        )
    if not 0 <= probability <= 1:
        raise ValueError(f"probability must be from 0 to 1, not {probability}")
    if not 0 <= mask_token_id < vocab_size:
        raise ValueError(f"mask_token_id {mask_token_id} is not of a vocabulary of {vocab_size}; give len(tokenizer)")

    def happens(share: Tensor) -> Tensor:
        return torch.bernoulli(share, generator=generator).bool()

    shares = torch.full(input_ids.shape, probability, device=input_ids.device)
    guessed = happens(shares.masked_fill(special_tokens_mask.bool(), 0.0))
    hidden = guessed & happens(torch.full_like(shares, HIDDEN))
    replaced = guessed & ~hidden & happens(torch.full_like(shares, RANDOM))
    others = torch.randint(vocab_size, input_ids.shape, generator=generator, device=input_ids.device)
    masked = torch.where(replaced, others, input_ids.masked_fill(hidden, mask_token_id))
    return masked, input_ids.masked_fill(~guessed, IGNORE_INDEX)


def masked_collator(
    tokenizer: PreTrainedTokenizerBase, probability: float = PROBABILITY
) -> Callable[[Sequence[Sequence[int]]], Batch]:
    """A `collate_fn` for masked language models: pads on the right, hides tokens and makes the labels.

    What is hidden is drawn from torch's own generator each time that a batch is made. The special tokens, `<unk>` among
    them, and padding stay.

    Args:
        tokenizer: of transformers, with a mask token and a padding token.
        probability: that a token has to be guessed.

    Raises:
        ValueError: the tokenizer lacks one of them.
    """
    mask_token_id, pad_token_id = tokenizer.mask_token_id, tokenizer.pad_token_id
    for name, token in (("mask_token", mask_token_id), ("pad_token", pad_token_id)):
        if token is None:
            raise ValueError(
                f"the tokenizer has no {name}; add one by tokenizer.add_special_tokens({{'{name}': '<…>'}}), "
                "and make the model with len(tokenizer) tokens"
            )
    special = torch.tensor(tokenizer.all_special_ids)  # that of padding is one of them

    def collate(examples: Sequence[Sequence[int]]) -> Batch:
        batch = padded_inputs(examples, pad_token_id)
        input_ids, labels = mask_tokens(
            batch["input_ids"],
            torch.isin(batch["input_ids"], special),
            mask_token_id=mask_token_id,
            vocab_size=len(tokenizer),
            probability=probability,
        )
        return {**batch, "input_ids": input_ids, "labels": labels}

    return collate


def masked_loss(logits: Tensor, labels: Tensor) -> SummedLoss:
    """The negative log-likelihood of the labels, each under the logits of its own position.

    Args:
        logits: shape (batch, length, vocabulary).
        labels: shape (batch, length); -100 is passed over. Where there is nothing to guess the sum is 0, of 0 tokens.

    Raises:
        ValueError: the shapes do not fit.

    Examples:
        >>> loss = masked_loss(torch.zeros(1, 3, 10), torch.tensor([[-100, 4, 5]]))
        >>> loss.count.item(), round(loss.mean.item(), 4)  # log 10
        (2, 2.3026)
    """
    if logits.shape[:-1] != labels.shape:
        raise ValueError(f"logits of shape {tuple(logits.shape)} do not fit labels of shape {tuple(labels.shape)}")
    guessed = labels != IGNORE_INDEX
    return summed_cross_entropy(logits[guessed], labels[guessed])


def masked_language_model_loss(model: nn.Module, batch: Batch) -> SummedLoss:
    """The loss function of a masked language model, for the loop."""
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    return masked_loss(logits, batch["labels"])


def evaluate(
    model: nn.Module, dataset: TextDataset, tokenizer: PreTrainedTokenizerBase, batch_size: int = 64, seed: int = 0
) -> SummedLoss:
    """The loss over all texts, with the same tokens hidden whenever the seed and the batches are the same."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return loop.evaluate(model, dataset, masked_collator(tokenizer), masked_language_model_loss, batch_size)
