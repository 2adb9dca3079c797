"""What the fine-tuning commands share: their arguments, the training, and what they leave in a folder.

    config.json, model.safetensors, tokenizer.json …   the model, for `from_pretrained`
    report.txt, report.json                            what was printed, and the same for programs
    record.jsonl                                       the run: recipe, versions, and a line a step
    checkpoint.pt                                      only while the run is unfinished; the same command goes on

Exit codes:
  0    done
  1    the training failed: its loss is no number
  2    wrong usage, or a file or a model that cannot be read; the message names the file and the line
  130  interrupted; the same command goes on from there
"""

import argparse
import json
import math
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, get_args

import torch
from torch import nn
from tqdm import tqdm
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging

from aigc_ref.fetch.cache import DataError, sha256
from aigc_ref.metrics.report import Counts, Mean
from aigc_ref.text.sampling import length_buckets
from aigc_ref.train.batch import Batch
from aigc_ref.train.loop import Examples, LossFunction, Recipe, fit
from aigc_ref.train.precision import Precision
from aigc_ref.train.record import TRACKERS
from aigc_ref.train.validation import Validation

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

Example = TypeVar("Example")
Arguments = argparse.Namespace
LARGEST = 2**31 - 1  # torch counts threads in an int of C, and the loop makes 64 bits of a thousand times the seed


def bounded(kind: type[int] | type[float], least: int, most: float | None = None) -> Callable[[str], float]:
    """A type of an argument: a number within bounds, both included.

    Args:
        kind: int, which goes to 2³¹ - 1 at most, or float.
        least: the lower bound.
        most: the upper one.

    Examples:
        >>> bounded(int, 1)("16"), bounded(float, 0, most=1)("0.1")
        (16, 0.1)
    """
    end = LARGEST if kind is int and most is None else most

    def parsed(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not least <= value <= (math.inf if end is None else end):
            bounds = f"from {least} on" if end is None else f"from {least} to {end}"
            raise argparse.ArgumentTypeError(f"give a {'whole ' * (kind is int)}number {bounds}, not {text}")
        return value

    return parsed


def parser(module: str, summary: str, *, learning_rate: float, batch_size: int, epochs: int) -> argparse.ArgumentParser:
    """The arguments that every command has, with its own defaults."""
    made = argparse.ArgumentParser(
        prog=f"python -m {module}",
        usage="%(prog)s --train FILE --test FILE --model NAME [more, see below]",
        description=summary,
        epilog="exit codes:\n" + (__doc__ or "").partition("Exit codes:\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    data = made.add_argument_group("data and model")
    data.add_argument("--train", type=Path, required=True, metavar="FILE", help="what to learn from")
    data.add_argument("--test", type=Path, required=True, metavar="FILE", help="what to report on, at the end")
    data.add_argument(
        "--dev", type=Path, metavar="FILE", help="what to choose the best weights by; else the last count"
    )
    output = Path("runs") / module.rpartition(".")[2]
    data.add_argument(
        "--output", type=Path, default=output, metavar="DIR", help=f"a run in it that is unfinished goes on ({output})"
    )

    def number(name: str, default: float | None, meaning: str, least: int = 1, most: float | None = None) -> None:
        kind = bounded(float if isinstance(default, float) else int, least, most)
        shown = "" if default is None else f" ({default:g})"
        training.add_argument(name, type=kind, default=default, metavar="N", help=meaning + shown)

    training = made.add_argument_group("training")
    number("--epochs", epochs, "how often to go through the data")
    number("--batch-size", batch_size, "texts to a batch")
    number("--accumulation", 1, "batches to a step")
    number("--learning-rate", learning_rate, "its peak; a model of 100 million weights or more wants 2e-5 to 5e-5", 0)
    number("--warmup", 0.1, "the share of the steps in which it rises", 0, 1)
    number("--weight-decay", 0.01, "of AdamW", 0)
    number("--max-steps", None, "end early, after so many")
    number("--max-length", None, "tokens to a text (what the model allows, at most 512)")
    number("--every", None, "look at --dev every so many steps (after each epoch)")
    number("--patience", None, "end when so many looks at --dev in a row brought nothing better")
    number("--seed", 0, "of all chance", 0)
    training.add_argument("--freeze-embeddings", action="store_true", help="leave the token embeddings as they are")

    machine = made.add_argument_group("machine")
    machine.add_argument("--precision", choices=get_args(Precision), default="float32", help="of the training")
    machine.add_argument("--device", metavar="NAME", help="cpu, cuda, mps (the accelerator, where there is one)")
    machine.add_argument("--threads", type=bounded(int, 1), metavar="N", help="of the processor (as torch decides)")
    machine.add_argument("--tracker", action="append", default=[], choices=TRACKERS, help="may be given twice")
    return made


def run(work: Callable[[Arguments], None], options: Arguments) -> int:
    """Does the work and says in one line what went wrong; returns the exit code."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: a scheduler's notice
    try:
        if (options.every or options.patience) and not options.dev:
            raise ValueError("--every and --patience say when to look at --dev; name that file")  # noqa: TRY301
        if options.threads:
            torch.set_num_threads(options.threads)
        torch.manual_seed(options.seed)
        work(options)
    except KeyboardInterrupt:
        kept = checkpoint(options).exists()
        say("interrupted; the same command goes on from there" if kept else "interrupted before the first step")
        return INTERRUPTED
    except FloatingPointError as error:
        say(str(error))
        return FAILED
    except OSError as error:
        say(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return USAGE
    except (ValueError, DataError) as error:
        say(str(error))
        return USAGE
    finally:
        signal.signal(signal.SIGTERM, before)
    return DONE


def say(line: str) -> None:
    """Tells the person who waits, on standard error: standard output is the report's."""
    tqdm.write(line, file=sys.stderr)


def checkpoint(options: Arguments) -> Path:
    folder: Path = options.output
    return folder / "checkpoint.pt"


def to_device(options: Arguments, model: nn.Module) -> None:
    """Moves the model to the device that was asked for, or to the accelerator where there is one.

    Raises:
        ValueError: the device is not there.
    """
    found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    try:
        model.to(torch.device(options.device or found or "cpu"))
    except (RuntimeError, AssertionError) as error:  # an AssertionError: torch was built without it
        reason = str(error).partition("\n")[0]
        raise ValueError(f"--device {options.device}: {reason}") from error


def max_length(options: Arguments, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int:
    """How many tokens a text may have, special ones included.

    Raises:
        ValueError: the model does not allow as many as were asked for.
    """
    positions = getattr(model.config, "max_position_embeddings", None) or tokenizer.model_max_length
    allowed = int(min(positions, tokenizer.model_max_length))
    wanted: int = options.max_length or min(allowed, 512)
    if wanted > allowed:
        raise ValueError(f"the model allows {allowed} tokens a text, not {wanted}; lower --max-length")
    return wanted


def train(
    options: Arguments,
    model: PreTrainedModel,
    dataset: Examples[Example],
    lengths: Sequence[int],
    collate: Callable[[Sequence[Example]], Batch],
    loss_function: LossFunction,
    *,
    learning_rates: Mapping[str, float] | None = None,
    validation: Validation | None,
) -> None:
    """Trains as the arguments say, in batches of texts of like length."""
    if options.freeze_embeddings:
        model.get_input_embeddings().requires_grad_(False)
    recipe = Recipe(
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        accumulation=options.accumulation,
        warmup_ratio=options.warmup,
        weight_decay=options.weight_decay,
        max_steps=options.max_steps,
        seed=options.seed,
        precision=options.precision,
        learning_rates=learning_rates or {},
    )
    data = {"--train": options.train, "--dev": options.dev}
    identity = {name: f"sha256:{sha256(path)}" for name, path in data.items() if path}
    if checkpoint(options).exists():
        say(f"going on from {checkpoint(options)}")
    steps = fit(
        model,
        dataset,
        collate,
        loss_function,
        recipe,
        batch_sampler=partial(length_buckets, lengths, options.batch_size),
        validation=validation,
        checkpoint=checkpoint(options),
        identity=identity | {"--model": str(options.model), "--max-length": str(options.max_length)},
        log=options.output / "record.jsonl",
        trackers=options.tracker,
    )
    with closing(steps):
        for step in steps:
            if step.scores:
                scores = ", ".join(f"{name} {score:.4f}" for name, score in step.scores.items())
                say(f"step {step.step}, epoch {step.epoch + 1}: {scores}")


def figures(row: Counts | Mean) -> dict[str, float]:
    """A row of a report for programs."""
    support = {"support": row.support} if isinstance(row, Counts) else {}
    return {"precision": row.precision, "recall": row.recall, "f1": row.f1, **support}


def finish(
    options: Arguments,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    report: str,
    figures: Mapping[str, Any],
) -> None:
    """Prints the report, and writes it with the model; the run is finished then."""
    folder: Path = options.output
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "report.txt").write_text(report + "\n", encoding="utf-8")
    (folder / "report.json").write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    checkpoint(options).unlink(missing_ok=True)
    print(report, flush=True)  # noqa: T201
    say(f"model, report and predictions: {folder}")
