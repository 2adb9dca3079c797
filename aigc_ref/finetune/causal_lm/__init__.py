"""Fine-tuning a causal language model of transformers on texts.

`train_epoch` goes once through the texts, `evaluate` measures the model on others; both use the loss of
`aigc_ref.lm.loss`, which shifts and passes over padding, and the loop of `aigc_ref.train.loop`.

    >>> from transformers import GPT2Config, GPT2LMHeadModel
    >>> from aigc_ref.text.tokenizers import character_tokenizer
    >>> texts = ["床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"]
    >>> tokenizer = character_tokenizer(texts)
    >>> model = GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), n_layer=1, n_head=2, n_embd=16))
    >>> records = train_epoch(model, TextDataset(texts, tokenizer), tokenizer, learning_rate=1e-2, batch_size=2)
    >>> len(records), evaluate(model, TextDataset(texts, tokenizer), tokenizer).perplexity > 1
    (1, True)

As a command it takes files with a text a line, or whole files in blocks. Every token is predicted once, however long
its text is: windows overlap by one token, and the end of each text counts as a token too.

    python -m aigc_ref.finetune.causal_lm --train poems.txt --test others.txt --model gpt2

Paper: paper-gpt2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn
from transformers import PreTrainedTokenizerBase

from aigc_ref.lm.loss import causal_loss
from aigc_ref.metrics.perplexity import perplexity
from aigc_ref.pretrained.loading import pad_token_id
from aigc_ref.text.collate import causal_collator
from aigc_ref.text.datasets import TextDataset
from aigc_ref.train import loop
from aigc_ref.train.batch import Batch
from aigc_ref.train.loss import SummedLoss

__all__ = ["Evaluation", "TextDataset", "evaluate", "language_model_loss", "train_epoch", "windows"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a model predicts a corpus."""

    nats_per_token: float
    tokens: int

    @property
    def perplexity(self) -> float:
        return perplexity(self.nats_per_token * self.tokens, self.tokens)


def language_model_loss(model: nn.Module, batch: Batch) -> SummedLoss:
    """The loss function of a causal language model, for the loop."""
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    return causal_loss(logits, batch["labels"])


def train_epoch(
    model: nn.Module,
    dataset: loop.Examples[Sequence[int]],
    tokenizer: PreTrainedTokenizerBase,
    *,
    learning_rate: float,
    batch_size: int,
    seed: int = 0,
    progress: bool = True,
) -> list[loop.StepRecord]:
    """Goes once through the texts. For several epochs under one schedule, call `aigc_ref.train.loop.fit`."""
    recipe = loop.Recipe(epochs=1, batch_size=batch_size, learning_rate=learning_rate, seed=seed)
    collate = causal_collator(pad_token_id(tokenizer))
    return list(loop.fit(model, dataset, collate, language_model_loss, recipe, progress=progress))


def evaluate(
    model: nn.Module,
    dataset: loop.Examples[Sequence[int]],
    tokenizer: PreTrainedTokenizerBase,
    batch_size: int = 64,
) -> Evaluation:
    """The model's loss per token over all texts.

    Raises:
        ValueError: no text has a token to predict.
    """
    collate = causal_collator(pad_token_id(tokenizer))
    loss = loop.evaluate(model, dataset, collate, language_model_loss, batch_size)
    if not loss.count:
        raise ValueError("there is no token to predict: a text needs two tokens at least")
    return Evaluation(loss.mean.item(), int(loss.count))


def windows(texts: Sequence[str], tokenizer: PreTrainedTokenizerBase, max_length: int) -> list[list[int]]:
    """Texts as token ids between a token that begins and one that ends them, in windows that overlap by one token.

    So every token but the first is predicted exactly once. Where the tokenizer does not add the two, they are added;
    GPT-2 has one token for both.

    Raises:
        ValueError: the tokenizer has no end token, or windows are too short to overlap.

    Examples:
        >>> from aigc_ref.text.tokenizers import character_tokenizer
        >>> windows(["abcd"], character_tokenizer(["abcd"]), max_length=4)
        [[2, 4, 5, 6], [6, 7, 3]]
    """
    end = tokenizer.eos_token_id
    if end is None or max_length < 2:
        raise ValueError(f"windows need a tokenizer with an end token and two tokens at least, not {max_length}")
    begin = end if tokenizer.bos_token_id is None else tokenizer.bos_token_id
    found: list[list[int]] = []
    for ids in tokenizer(list(texts), add_special_tokens=False)["input_ids"] if texts else []:
        whole = [begin, *ids, end]
        found += [whole[start : start + max_length] for start in range(0, len(whole) - 1, max_length - 1)]
    return found
