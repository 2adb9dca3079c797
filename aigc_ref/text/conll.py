"""Files in CoNLL format: a token and its tag on a line, a blank line after each sentence.

    EU       NNP  B-NP  B-ORG        the token is the first column, the tag the last; between them may stand others,
    rejects  VBZ  B-VP  O            but every line has as many
    German   JJ   B-NP  B-MISC

Columns are parted by a tab, or by spaces where a line has no tab. Lines that begin with -DOCSTART- part documents
and hold no token. Tags are read as `aigc_ref.text.tags` tells.

Paper: paper-conll2003.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from aigc_ref.text.lines import stream_lines
from aigc_ref.text.tags import OUTSIDE, Scheme, split_tag

_SPACES = re.compile(" +")  # not \s+: an ideographic space is a token of Chinese files


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens and their tags, one for one."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    line: int
    """Where it starts in its file, from 1."""


def read_conll(path: str | Path) -> list[Sentence]:
    r"""Every sentence of a file.

    Raises:
        ValueError: as `stream_conll`.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "train.conll")
        ...     _ = path.write_text("-DOCSTART- O\n\n王 B-PER\n维 I-PER\n写 O\n", encoding="utf-8")
        ...     read_conll(path)
        [Sentence(tokens=('王', '维', '写'), tags=('B-PER', 'I-PER', 'O'), line=3)]
    """
    return list(stream_conll(path))


def stream_conll(path: str | Path) -> Iterator[Sentence]:
    """The sentences of a file one by one, so that memory holds a single one of them.

    A line that begins with # is a comment where a sentence could start, unless it can be read as a token and its tag.

    Args:
        path: a file in UTF-8, with or without byte order mark, whatever system its line ends come from.

    Raises:
        ValueError: the file cannot be read by `stream_lines`, a line has fewer than two columns, an empty token,
            another number of columns than the lines before it or an unknown form of tag, or there is no sentence; the
            message begins with file:line and says how to mend it.
    """
    tokens: list[str] = []
    tags: list[str] = []
    columns = start = 0
    known = {OUTSIDE}
    for number, line in enumerate(stream_lines(path), start=1):
        stripped = line.strip(" ")
        fields = [field.strip(" ") for field in stripped.split("\t")] if "\t" in line else _SPACES.split(stripped)
        if not stripped.strip() or fields[0] == "-DOCSTART-":
            if tokens:
                yield Sentence(tuple(tokens), tuple(tags), start)
                tokens, tags = [], []
            continue
        if len(fields) != columns or fields[-1] not in known or not fields[0]:
            if not tokens and fields[0].startswith("#") and _fault_of_tag(fields[-1]):  # a comment
                continue
            if fault := _fault(fields, columns):
                raise ValueError(f"{path}:{number}: {fault}")
            columns = len(fields)
            known.add(fields[-1])
        if not tokens:
            start = number
        tokens.append(fields[0])
        tags.append(fields[-1])
    if tokens:
        yield Sentence(tuple(tokens), tuple(tags), start)
    if not start:
        raise ValueError(f"{path}: holds no sentence; expected lines of a token and its tag, as in 'Paris B-LOC'")


def stream_aligned_tags(gold: str | Path, predicted: str | Path) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The tags that a sentence has in either file, sentence by sentence.

    Raises:
        ValueError: the files do not hold the same tokens; the message says where they part.
    """
    for one, other in zip_longest(stream_conll(gold), stream_conll(predicted)):
        if one is None or other is None:
            short, longer, rest = (gold, predicted, other) if one is None else (predicted, gold, one)
            raise ValueError(
                f"{longer}:{rest.line}: {short} ends before this sentence; tag every sentence in both files"
            )
        if one.tokens != other.tokens:
            pairs = enumerate(zip_longest(one.tokens, other.tokens))
            place, (token, another) = next((place, pair) for place, pair in pairs if len(set(pair)) > 1)
            there, here = (repr(word) if word else "the end of the sentence" for word in (token, another))
            raise ValueError(
                f"{gold}:{one.line + place} has {there} where {predicted}:{other.line + place} has {here}; "
                "tag the same tokens in both files"
            )
        yield one.tags, other.tags


def _fault(fields: Sequence[str], columns: int) -> str:
    """What is wrong with a line, and how to mend it; the lines before have so many columns (0: there are none)."""
    if len(fields) < 2:
        return f"one column, {fields[0]!r}; write the token, a space or tab and its tag, as in 'Paris B-LOC'"
    if columns and len(fields) != columns:
        return f"{len(fields)} columns where the lines before have {columns}; write as many on every line"
    if not fields[0]:
        return "an empty token before the first tab; write the token there, or remove the line"
    return _fault_of_tag(fields[-1])


def _fault_of_tag(tag: str) -> str:
    try:
        if tag != OUTSIDE:
            split_tag(tag)
    except ValueError as error:
        return str(error)
    return ""


def detect_scheme(sentences: Iterable[Sentence]) -> Scheme:
    """The scheme that a corpus is tagged under; IOB2 where several fit, as they do when there is no entity.

    Args:
        sentences: gold ones. A model's predictions may fit no scheme.

    Raises:
        ValueError: a tag has an unknown form, no scheme has all of these prefixes, or I- begins some entities after O
            and B- others; the message names the lines.

    Examples:
        >>> detect_scheme([Sentence(("U.N.", "official"), ("I-ORG", "O"), line=1)])
        'IOB1'
        >>> detect_scheme([Sentence(("王", "维"), ("B-PER", "E-PER"), line=1)])
        'IOBES'
    """
    prefixes: dict[str, int] = {}  # the line where each is first
    begun_by_i = begun_by_b = 0  # lines: an entity begins with I-; with B- and not right behind one of its type
    for sentence in sentences:
        previous = OUTSIDE
        for offset, tag in enumerate(sentence.tags):
            if tag != OUTSIDE:
                try:
                    prefix, kind = split_tag(tag)
                except ValueError as error:
                    raise ValueError(f"line {sentence.line + offset}: {error}") from None
                prefixes.setdefault(prefix, sentence.line + offset)
                after_its_type = previous != OUTSIDE and split_tag(previous)[1] == kind
                if prefix == "I" and not after_its_type:
                    begun_by_i = begun_by_i or sentence.line + offset
                elif prefix == "B" and not after_its_type:
                    begun_by_b = begun_by_b or sentence.line + offset
            previous = tag
    if prefixes.keys() <= set("IB"):
        if begun_by_i and begun_by_b:
            raise ValueError(
                f"neither IOB1 nor IOB2: line {begun_by_i} begins an entity with I-, line {begun_by_b} with B-; "
                "make them IOB2 with `to_iob2`"
            )
        return "IOB1" if begun_by_i else "IOB2"
    schemes: dict[Scheme, str] = {"IOBES": "IOBES", "BILOU": "BILOU", "BMES": "BMES"}
    for scheme, letters in schemes.items():
        if prefixes.keys() <= set(letters):
            return scheme
    found = ", ".join(f"{prefix}- (line {line})" for prefix, line in sorted(prefixes.items()))
    raise ValueError(f"no scheme has the prefixes {found} together; make the tags of one scheme")
