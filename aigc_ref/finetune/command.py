"""What the fine-tuning commands share: their arguments, the training, and what they leave in a folder.

    config.json, model.safetensors, tokenizer.json …   the model, for `from_pretrained`
    report.txt, report.json                            what was printed, and the same for programs
    record.jsonl                                       the run: its settings and versions, and a line for each step
    checkpoint.pt                                      while the run is unfinished: the same command resumes from it

Exit codes:
  0    success
  1    the training failed: the loss is infinite or not a number
  2    wrong usage, or a file or model that cannot be read; the message names the file and line
  130  interrupted; run the same command again to resume
"""

import argparse
import json
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

from aigc_ref.arguments import bounded
from aigc_ref.fetch.cache import DataError, sha256
from aigc_ref.text.sampling import length_buckets
from aigc_ref.train.batch import Batch
from aigc_ref.train.loop import Examples, LossFunction, Recipe, fit
from aigc_ref.train.precision import Precision
from aigc_ref.train.record import TRACKERS
from aigc_ref.train.validation import Validation

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

Example = TypeVar("Example")
Arguments = argparse.Namespace


def parser(module: str, summary: str, *, learning_rate: float, batch_size: int, epochs: int) -> argparse.ArgumentParser:
    """The arguments that all commands share, with defaults of each command's own."""
    made = argparse.ArgumentParser(
        prog=f"python -m {module}",
        usage="%(prog)s --train FILE --test FILE --model NAME [more, see below]",
        description=summary,
        epilog="exit codes:\n" + (__doc__ or "").partition("Exit codes:\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    data = made.add_argument_group("data and model")
    data.add_argument("--train", type=Path, required=True, metavar="FILE", help="training data")
    data.add_argument("--test", type=Path, required=True, metavar="FILE", help="test data, for the final report")
    data.add_argument(
        "--dev",
        type=Path,
        metavar="FILE",
        help="validation data: keep the weights that do best on it, not the last ones",
    )
    output = Path("runs") / module.rpartition(".")[2]
    data.add_argument(
        "--output",
        type=Path,
        default=output,
        metavar="DIR",
        help=f"where to save everything; an unfinished run in this folder is resumed ({output})",
    )

    def number(name: str, default: float | None, meaning: str, least: int = 1, most: float | None = None) -> None:
        kind = bounded(float if isinstance(default, float) else int, least, most)
        shown = "" if default is None else f" ({default:g})"
        training.add_argument(name, type=kind, default=default, metavar="N", help=meaning + shown)

    training = made.add_argument_group("training")
    number("--epochs", epochs, "passes over the training data")
    number("--batch-size", batch_size, "texts per batch")
    number("--accumulation", 1, "batches per optimizer step")
    number(
        "--learning-rate", learning_rate, "peak learning rate; for models over 100 million weights try 2e-5 to 5e-5", 0
    )
    number("--warmup-ratio", 0.1, "share of the steps in which the learning rate rises", 0, 1)
    number("--weight-decay", 0.01, "weight decay of AdamW", 0)
    number("--max-steps", None, "stop after this many steps")
    number("--max-length", None, "longest text in tokens (what the model allows, at most 512)")
    number("--every", None, "evaluate on --dev every N steps (after each epoch)")
    number("--patience", None, "stop when N evaluations on --dev in a row bring no improvement")
    number("--seed", 0, "seed of the random numbers", 0)
    training.add_argument("--freeze-embeddings", action="store_true", help="do not train the token embeddings")

    machine = made.add_argument_group("machine")
    machine.add_argument(
        "--precision",
        choices=get_args(Precision),
        default="float32",
        help="precision of the training; auto takes bfloat16 where the device computes in it (float32)",
    )
    machine.add_argument("--device", metavar="NAME", help="cpu, cuda or mps (the accelerator if there is one)")
    machine.add_argument("--threads", type=bounded(int, 1), metavar="N", help="CPU threads (as torch decides)")
    machine.add_argument(
        "--tracker",
        action="append",
        default=[],
        choices=TRACKERS,
        help="where else to log; may be given more than once",
    )
    return made


def run(work: Callable[[Arguments], None], options: Arguments) -> int:
    """Does the work and says in one line what went wrong; returns the exit code."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: a scheduler's notice
    try:
        if (options.every or options.patience) and not options.dev:
            raise ValueError("--every and --patience are about evaluations on --dev; name that file")  # noqa: TRY301
        if options.threads:
            torch.set_num_threads(options.threads)
        torch.manual_seed(options.seed)
        work(options)
    except KeyboardInterrupt:
        kept = checkpoint(options).exists()
        say("interrupted; run the same command again to resume" if kept else "interrupted before the first step")
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
    """Prints progress to standard error: standard output is for the report."""
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
        raise ValueError(f"the model reads at most {allowed} tokens of a text, not {wanted}; lower --max-length")
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
        warmup_ratio=options.warmup_ratio,
        weight_decay=options.weight_decay,
        max_steps=options.max_steps,
        seed=options.seed,
        precision=options.precision,
        learning_rates=learning_rates or {},
    )
    data = {"--train": options.train, "--dev": options.dev}
    identity = {name: f"sha256:{sha256(path)}" for name, path in data.items() if path}
    if checkpoint(options).exists():
        say(f"resuming from {checkpoint(options)}")
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
    say(f"saved model, report and predictions to {folder}")
