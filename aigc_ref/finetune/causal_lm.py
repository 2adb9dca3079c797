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

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel, PreTrainedModel, PreTrainedTokenizerBase

from aigc_ref.finetune import command
from aigc_ref.finetune.pretrained import load_tokenizer, named_errors, pad_token_id
from aigc_ref.finetune.texts import read_lines
from aigc_ref.lm.generate import generate
from aigc_ref.lm.loss import causal_loss
from aigc_ref.metrics.perplexity import bits_per_character, perplexity
from aigc_ref.text.collate import causal_collator
from aigc_ref.text.datasets import TextDataset
from aigc_ref.text.tokenizers import byte_pair_tokenizer
from aigc_ref.train import loop
from aigc_ref.train.batch import Batch
from aigc_ref.train.loss import SummedLoss
from aigc_ref.train.validation import Validation

__all__ = ["Evaluation", "TextDataset", "evaluate", "language_model_loss", "main", "train_epoch", "windows"]


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


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = command.parser(
        "aigc_ref.finetune.causal_lm",
        "Fine-tune a causal language model on text files.",
        learning_rate=5e-5,
        batch_size=8,
        epochs=3,
    )
    own = parser.add_argument_group("language model")
    own.add_argument(
        "--model",
        metavar="NAME",
        help="a folder or a name on the Hugging Face hub; without it a small new one is made, which wants a learning "
        "rate near 1e-3",
    )
    own.add_argument("--block", action="store_true", help="a file is one text, in blocks, not a text a line")
    own.add_argument(
        "--samples",
        type=command.bounded(int, 0),
        default=5,
        metavar="N",
        help="texts to write in the end (%(default)s)",
    )
    return command.run(_work, parser.parse_args(arguments))


def _work(options: argparse.Namespace) -> None:
    train, dev, test = (_read(path, whole=options.block) for path in (options.train, options.dev, options.test))
    model, tokenizer = _pretrained(options.model) if options.model else _new(train, options.max_length or 256)
    length = command.max_length(options, model, tokenizer)
    learnt, chosen, unseen = (windows(texts, tokenizer, length) for texts in (train, dev, test))
    command.to_device(options, model)
    figures = {}
    if options.model:  # a new model knows nothing yet
        figures["before"] = _figures(evaluate(model, unseen, tokenizer, options.batch_size), test)

    def measure(model: nn.Module) -> dict[str, float]:
        return {"loss": evaluate(model, chosen, tokenizer, options.batch_size).nats_per_token}

    command.train(
        options,
        model,
        learnt,
        [len(ids) for ids in learnt],
        causal_collator(pad_token_id(tokenizer)),
        language_model_loss,
        validation=Validation(measure, every=options.every, patience=options.patience) if chosen else None,
    )
    figures["after"] = _figures(evaluate(model, unseen, tokenizer, options.batch_size), test)
    if options.samples:
        samples = _samples(model, tokenizer, options.samples, min(length, 128), options.seed)
        (options.output / "samples.txt").write_text("".join(samples), encoding="utf-8")
    unknown = sum(ids.count(tokenizer.unk_token_id) for ids in unseen)
    command.finish(options, model, tokenizer, _report(figures, unknown), figures)


def _read(path: Path | None, *, whole: bool) -> list[str]:
    """The texts of a file: its lines that are not blank, or all of it."""
    if path is None:
        return []
    lines = read_lines(path)
    texts = ["\n".join(lines)] if whole else [line for line in lines if line.strip()]
    if not any(text.strip() for text in texts):
        raise ValueError(f"{path}: holds no text")
    return texts


def _pretrained(name: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    tokenizer = load_tokenizer(name)
    with named_errors(name):
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token  # harmless: labels come from the mask, not from the token
    return model, tokenizer


def _new(texts: Sequence[str], context: int) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A GPT-2 of four layers, and a vocabulary of byte pairs that knows every text."""
    tokenizer = byte_pair_tokenizer(texts, vocab_size=8000)
    shape = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=context,
        n_embd=256,
        n_layer=4,
        n_head=4,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return GPT2LMHeadModel(shape), tokenizer


def _figures(result: Evaluation, texts: Sequence[str]) -> dict[str, float]:
    nats, whole = result.nats_per_token * result.tokens, "".join(texts)
    bits = bits_per_character(nats, whole)
    return {
        "perplexity": result.perplexity,
        "bits_per_character": bits,
        "bits_per_byte": bits * len(whole) / len(whole.encode()),
        "tokens": result.tokens,
        "characters": len(whole),
        "texts": len(texts),
    }


def _report(figures: Mapping[str, Mapping[str, float]], unknown: int) -> str:
    """The figures as a table, before and after where there was a before."""
    columns = [column for column in ("before", "after") if column in figures]
    after = figures["after"]
    lines = [f"{'':22}" + "".join(f"{column:>12}" for column in columns)]
    for name in ("perplexity", "bits_per_character", "bits_per_byte"):
        values = "".join(f"{figures[column][name]:12.3f}" for column in columns)
        lines.append(f"{name.replace('_', ' '):22}{values}")
    lines.append(f"on {after['texts']:,} texts of {after['characters']:,} characters, {after['tokens']:,} tokens")
    if unknown:
        lines.append(
            f"{unknown:,} tokens are unknown to the vocabulary: bits are of a text that has one sign for all of them"
        )
    return "\n".join(lines)


def _samples(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, number: int, length: int, seed: int
) -> Iterator[str]:
    """Texts that the model writes from nothing, its least probable words left out."""
    begin = tokenizer.eos_token_id if tokenizer.bos_token_id is None else tokenizer.bos_token_id
    prompts = torch.full((number, 1), begin, device=model.device)
    written = generate(
        model, prompts, max_new_tokens=length - 1, eos_token_id=tokenizer.eos_token_id, top_p=0.95, seed=seed
    )
    for index, ids in enumerate(written, start=1):
        yield f"[{index}] {tokenizer.decode(ids, skip_special_tokens=True)}\n"


if __name__ == "__main__":
    raise SystemExit(main())
