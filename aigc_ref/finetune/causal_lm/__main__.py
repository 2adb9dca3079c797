"""The command that fine-tunes a causal language model; `--help` says what it takes."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import nn
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel, PreTrainedModel, PreTrainedTokenizerBase

from aigc_ref.arguments import bounded
from aigc_ref.finetune import command
from aigc_ref.finetune.causal_lm import Evaluation, evaluate, language_model_loss, windows
from aigc_ref.lm.generate import generate
from aigc_ref.metrics.perplexity import bits_per_character
from aigc_ref.pretrained.loading import load_tokenizer, named_errors, pad_token_id
from aigc_ref.text.collate import causal_collator
from aigc_ref.text.lines import read_lines
from aigc_ref.text.tokenizers import byte_pair_tokenizer
from aigc_ref.train.validation import Validation


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
        help="a folder, or a name on the Hugging Face hub; without it a small model is trained from scratch: try a "
        "learning rate near 1e-3",
    )
    own.add_argument(
        "--block", action="store_true", help="treat each file as one text, cut into blocks, not as a text per line"
    )
    own.add_argument(
        "--samples",
        type=bounded(int, 0),
        default=5,
        metavar="N",
        help="texts to generate at the end (%(default)s)",
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
            f"{unknown:,} tokens are not in the vocabulary: the bits are of a text with one placeholder for all of them"
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
