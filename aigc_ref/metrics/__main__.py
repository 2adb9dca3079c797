"""Metrics from the command line.

Text files are UTF-8 with one text per line; files that are compared have the same number of lines. They are streamed,
so that a file may be larger than memory, except for self-bleu. Scores range from 0 to 1.
Features are NumPy matrices (.npy) with a row per sample, from a model of your choice; their metrics need torch.
"""

import json
import os
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from itertools import tee
from typing import Literal, get_args

from aigc_ref.arguments import bounded
from aigc_ref.extras import INSTALL
from aigc_ref.metrics.bleu import Smoothing, corpus_bleu
from aigc_ref.metrics.chrf import corpus_chrf
from aigc_ref.metrics.command import Answer, Command, Run, plain
from aigc_ref.metrics.diversity import distinct, self_bleu
from aigc_ref.metrics.feature_commands import FEATURE_COMMANDS
from aigc_ref.metrics.ner import ner_report
from aigc_ref.metrics.rouge import corpus_rouge
from aigc_ref.text.conll import stream_aligned_tags
from aigc_ref.text.lines import stream_aligned_lines
from aigc_ref.text.segmentation import Tokenize, english_words, tokenize, words

CLOSED_PIPE = 128 + 13  # what a shell makes of SIGPIPE, which ends other programs there

TOKENIZERS: dict[str, Tokenize] = {
    "tokens": tokenize,
    "words": words,
    "english": english_words,
    "spaces": str.split,
    "characters": lambda text: list("".join(text.split())),
}


def bleu_command(parser: ArgumentParser) -> Run:
    """BLEU of a corpus with one or more references."""
    _add_texts(parser, "+")
    _add_order(parser, 4)
    _add_smoothing(parser, "none")
    _add_tokenizer(parser, "tokens")

    def run(options: Namespace) -> Answer:
        found = corpus_bleu(
            *_hypotheses_and_references(options),
            order=options.order,
            smoothing=options.smoothing,
            tokenize=TOKENIZERS[options.tokenizer],
        )
        result = {
            "score": found.score,
            "precisions": found.precisions,
            "brevity_penalty": found.brevity_penalty,
            "hypothesis_length": found.hypothesis_length,
            "reference_length": found.reference_length,
        }
        return plain("bleu", result, _settings(options, "order", "smoothing", "tokenizer"))

    return run


def chrf_command(parser: ArgumentParser) -> Run:
    """The chrF of a corpus with one or more references; chrF++ with --word-order 2."""
    _add_texts(parser, "+")
    _add_order(parser, 6)
    parser.add_argument(
        "--word-order", type=bounded(int, 0), default=0, metavar="N", help="longest n-gram of words (%(default)s)"
    )
    parser.add_argument(
        "--beta",
        type=bounded(float, 0),
        default=2.0,
        metavar="B",
        help="weight of recall against precision (%(default)s)",
    )

    def run(options: Namespace) -> Answer:
        score = corpus_chrf(
            *_hypotheses_and_references(options),
            order=options.order,
            word_order=options.word_order,
            beta=options.beta,
        )
        return plain("chrf", {"score": score}, _settings(options, "order", "word_order", "beta"))

    return run


def rouge_command(parser: ArgumentParser) -> Run:
    """ROUGE-1, ROUGE-2 and ROUGE-L, with --newline also ROUGE-Lsum, each averaged over the lines."""
    _add_texts(parser, None)
    _add_tokenizer(parser, "words")
    parser.add_argument(
        "--newline", metavar="TEXT", help="separator of sentences within a line, such as <n>; adds ROUGE-Lsum"
    )

    def run(options: Namespace) -> Answer:
        def parted(text: str) -> str:
            return text.replace(options.newline, "\n") if options.newline else text

        hypotheses, references = tee(stream_aligned_lines([options.hypotheses, options.references]))
        scores = corpus_rouge(
            (parted(hypothesis) for hypothesis, _ in hypotheses),
            (parted(reference) for _, reference in references),
            tokenize=TOKENIZERS[options.tokenizer],
        )
        found = {name: score._asdict() for name, score in scores._asdict().items()}
        if not options.newline:
            del found["rouge_lsum"]  # the same as ROUGE-L where a text is one line
        return plain("rouge", found, _settings(options, "tokenizer"))

    return run


def ner_command(parser: ArgumentParser) -> Run:
    """Precision, recall and F1 of entities and of tokens, from two CoNLL files with the same tokens."""
    parser.add_argument("gold", metavar="GOLD", help="file with the correct tags, in the last column")
    parser.add_argument("predicted", metavar="PRED", help="file with a model's tags, in the last column")
    parser.add_argument("--strict", action="store_true", help="read tags as strict IOB2, not as conlleval does")

    def run(options: Namespace) -> Answer:
        gold, predicted = tee(stream_aligned_tags(options.gold, options.predicted))
        report = ner_report((tags for tags, _ in gold), (tags for _, tags in predicted), strict=options.strict)
        return Answer({"metric": "ner", **report.data()}, str(report))

    return run


def distinct_command(parser: ArgumentParser) -> Run:
    """The share of distinct n-grams; higher is more diverse."""
    parser.add_argument("texts", metavar="FILE")
    _add_order(parser, 2)
    _add_tokenizer(parser, "tokens")

    def run(options: Namespace) -> Answer:
        shares = distinct(_only(options.texts), options.order, tokenize=TOKENIZERS[options.tokenizer])
        found = {f"distinct_{n}": share for n, share in enumerate(shares, start=1)}
        return plain("distinct", found, _settings(options, "tokenizer"))

    return run


def self_bleu_command(parser: ArgumentParser) -> Run:
    """The mean BLEU of each line against all the others; lower is more diverse."""
    parser.add_argument("texts", metavar="FILE")
    _add_order(parser, 4)
    _add_smoothing(parser, "floor")
    _add_tokenizer(parser, "tokens")

    def run(options: Namespace) -> Answer:
        score = self_bleu(
            list(_only(options.texts)),
            order=options.order,
            smoothing=options.smoothing,
            tokenize=TOKENIZERS[options.tokenizer],
        )
        return plain("self-bleu", {"score": score}, _settings(options, "order", "smoothing", "tokenizer"))

    return run


COMMANDS: dict[str, Command] = {
    "bleu": bleu_command,
    "chrf": chrf_command,
    "rouge": rouge_command,
    "ner": ner_command,
    "distinct": distinct_command,
    "self-bleu": self_bleu_command,
    **FEATURE_COMMANDS,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command. Returns 2, after a line on standard error, where a file or a package cannot be used."""
    parser = ArgumentParser(
        "python -m aigc_ref.metrics", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, command in COMMANDS.items():
        own = commands.add_parser(name, help=command.__doc__, description=command.__doc__)
        own.set_defaults(run=command(own))
        own.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    if "run" not in options:
        return _print(parser.format_help())
    try:
        answer: Answer = options.run(options)
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}")
    except ValueError as error:
        return _fail(str(error))
    except ModuleNotFoundError as error:
        return _fail(f"needs {error.name}: run {INSTALL}")
    return _print((json.dumps(answer.data, ensure_ascii=False, indent=2) if options.json else answer.table) + "\n")


def _settings(options: Namespace, *names: str) -> dict[str, object]:
    return {name: getattr(options, name) for name in names}


def _hypotheses_and_references(options: Namespace) -> tuple[Iterator[str], Iterator[tuple[str, ...]]]:
    rows, again = tee(stream_aligned_lines([options.hypotheses, *options.references]))
    return (row[0] for row in rows), (row[1:] for row in again)


def _only(path: str) -> Iterator[str]:
    return (text for (text,) in stream_aligned_lines([path]))


def _add_texts(parser: ArgumentParser, references: Literal["+"] | None) -> None:
    parser.add_argument("hypotheses", metavar="HYP", help="generated texts, one per line")
    parser.add_argument("references", metavar="REF", nargs=references, help="reference texts, on the same lines")


def _add_order(parser: ArgumentParser, default: int) -> None:
    parser.add_argument(
        "--order", type=bounded(int, 1), default=default, metavar="N", help="longest n-gram (%(default)s)"
    )


def _add_smoothing(parser: ArgumentParser, default: Smoothing) -> None:
    choices = get_args(Smoothing)
    parser.add_argument(
        "--smoothing", choices=choices, default=default, help="what to do where no n-gram matches (%(default)s)"
    )


def _add_tokenizer(parser: ArgumentParser, default: str) -> None:
    ways = (
        "tokens: Han characters, words and punctuation; words: the same without punctuation, in lower case; "
        "english: as rouge-score; spaces: split at white space; characters"
    )
    parser.add_argument("--tokenizer", choices=TOKENIZERS, default=default, help=f"{ways} ({default})")


def _print(text: str) -> int:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more as it ends
        if isinstance(error, BrokenPipeError):  # who reads has had enough, as with head
            return CLOSED_PIPE
        return _fail(f"standard output: {error.strerror}; free some space, or write elsewhere")
    return 0


def _fail(message: str) -> int:
    sys.stderr.write(f"error: {message}\n")
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
