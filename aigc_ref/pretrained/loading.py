"""Reading what is pre-trained: a folder, or a name on the Hugging Face hub."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from transformers import AutoTokenizer, PreTrainedTokenizerBase


@contextmanager
def named_errors(name: str) -> Iterator[None]:
    """Turns what transformers says of a name that it cannot read into one line that says what to do.

    Only a call of transformers belongs into it: whatever goes wrong there counts as the model's fault.

    Raises:
        ValueError: the name is of no folder, or nothing that can be used came from the folder or the hub.
    """
    if (name.startswith((".", "~")) or os.path.isabs(name)) and not Path(name).is_dir():  # noqa: PTH117  a str stays one
        raise ValueError(f"no folder {name}; name the folder of a model, or a model of the Hugging Face hub")
    try:
        yield
    except OSError as error:
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(
            f"cannot read a model from {name!r}, neither as a folder nor from the Hugging Face hub: {reason}"
        ) from error
    except Exception as error:  # each library that reads a part of it has errors of its own kind
        reason = str(error).strip().partition("\n")[0]
        if "ignore_mismatched_sizes" in reason:  # it goes on: look at the above report, which no one sees
            reason = "config.json and the weights are of different sizes"
        raise ValueError(
            f"cannot use the model {name!r}: {reason}; save or download it again, or name another"
        ) from error


def load_tokenizer(name: str) -> PreTrainedTokenizerBase:
    """The tokenizer of a folder or of the hub.

    Raises:
        ValueError: there is none. From a folder without one transformers makes an empty one, which knows no word.
    """
    with named_errors(name):
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(name)
    if len(tokenizer) <= len(tokenizer.all_special_ids):
        raise ValueError(f"{name} holds no tokenizer; save it there with `tokenizer.save_pretrained`")
    return tokenizer


def pad_token_id(tokenizer: PreTrainedTokenizerBase) -> int:
    """What batches are filled up with.

    Raises:
        ValueError: the tokenizer has nothing for it.
    """
    pad: int | None = tokenizer.pad_token_id
    if pad is None:
        raise ValueError(
            "the tokenizer has no padding token; set one, for GPT-2 `tokenizer.pad_token = '<|endoftext|>'`"
        )
    return pad
