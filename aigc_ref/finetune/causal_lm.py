"""Fine-tuning a causal language model of transformers on texts.

`train_epoch` goes once through the texts, `evaluate` measures the model on others; both use the loss of
`aigc_ref.lm.losses`, which shifts and passes over padding, and the loop of `aigc_ref.train.loop`.

    >>> from transformers import GPT2Config, GPT2LMHeadModel
    >>> from aigc_ref.text.tokenizers import character_tokenizer
    >>> texts = ["床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"]
    >>> tokenizer = character_tokenizer(texts)
    >>> model = GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), n_layer=1, n_head=2, n_embd=16))
    >>> records = train_epoch(model, TextDataset(texts, tokenizer), tokenizer, learning_rate=1e-2, batch_size=2)
    >>> len(records), evaluate(model, TextDataset(texts, tokenizer), tokenizer).perplexity > 1
    (1, True)
"""

from dataclasses import dataclass

from torch import nn
from transformers import PreTrainedTokenizerBase

from aigc_ref.lm.losses import TokenLoss, causal_loss
from aigc_ref.metrics.perplexity import perplexity
from aigc_ref.text.collate import Batch, causal_collator
from aigc_ref.text.datasets import TextDataset
from aigc_ref.train import loop


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a model predicts a corpus."""

    nats_per_token: float
    tokens: int

    @property
    def perplexity(self) -> float:
        return perplexity(self.nats_per_token * self.tokens, self.tokens)


def language_model_loss(model: nn.Module, batch: Batch) -> TokenLoss:
    """The loss function of a causal language model, for the loop."""
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    return causal_loss(logits, batch["labels"])


def train_epoch(
    model: nn.Module,
    dataset: TextDataset,
    tokenizer: PreTrainedTokenizerBase,
    *,
    learning_rate: float,
    batch_size: int,
    seed: int = 0,
    progress: bool = True,
) -> list[loop.StepRecord]:
    """Goes once through the texts. For several epochs under one schedule, call `aigc_ref.train.loop.fit`."""
    recipe = loop.Recipe(epochs=1, batch_size=batch_size, learning_rate=learning_rate, seed=seed)
    collate = causal_collator(_pad_token_id(tokenizer))
    return list(loop.fit(model, dataset, collate, language_model_loss, recipe, progress=progress))


def evaluate(
    model: nn.Module, dataset: TextDataset, tokenizer: PreTrainedTokenizerBase, batch_size: int = 64
) -> Evaluation:
    """The model's loss per token over all texts."""
    collate = causal_collator(_pad_token_id(tokenizer))
    loss = loop.evaluate(model, dataset, collate, language_model_loss, batch_size)
    return Evaluation(loss.mean.item(), int(loss.tokens))


def _pad_token_id(tokenizer: PreTrainedTokenizerBase) -> int:
    pad: int | None = tokenizer.pad_token_id
    if pad is None:
        raise ValueError(
            "the tokenizer has no padding token; set one, for GPT-2 `tokenizer.pad_token = '<|endoftext|>'`"
        )
    return pad
