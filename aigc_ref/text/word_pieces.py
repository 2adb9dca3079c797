"""From words with tags to tokens with labels, for models that label tokens.

A tokenizer cuts a word into pieces; its label goes to the first of them and the others get -100. No word gets lost on
the way: where a tokenizer makes nothing of a word, it becomes the unknown token; a sentence that is longer than the
model allows is cut between words into several windows; a word that alone is too long is shortened, but labelled.

Chinese files hold a character a line. A SentencePiece tokenizer marks the beginning of every word (▁), and a lone
character would mostly become two tokens, an empty mark and itself: twice the length, and not what the model was
trained on, where characters stand in the middle of a text. A Han character is therefore its own piece where the
vocabulary has it, and an empty mark is left out.

Paper: paper-bert (section 5.3, labels on first pieces).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from aigc_ref.text.segmentation import HAN
from aigc_ref.train.loss import IGNORE_INDEX

SENTENCEPIECE, BYTE_LEVEL = "▁", "Ġ"  # how the two kinds of vocabulary write the space before a word
_HAN = re.compile(f"[{HAN}]")


@dataclass(frozen=True, slots=True)
class Window:
    """A sentence, or a part of it, as the model reads it."""

    sentence: int
    ids: list[int]
    labels: list[int]
    """As long as the ids: a word's label at its first piece, elsewhere -100."""
    starts: list[int]
    """Where the first pieces are."""


class WordPieces:
    """A tokenizer for single words.

    Args:
        tokenizer: a fast one of transformers.
        words: that will be asked for.

    Raises:
        ValueError: the tokenizer makes nothing of a word, and has no unknown token.

    Examples:
        >>> from aigc_ref.text.tokenizers import character_tokenizer
        >>> pieces = WordPieces(character_tokenizer(["abc"]), ["ab", "c"])
        >>> pieces["ab"], pieces.before, pieces.behind
        ([4, 5], [2], [3])
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, words: Iterable[str]) -> None:
        vocabulary = tokenizer.get_vocab()
        distinct = sorted(set(words))
        space = " " if BYTE_LEVEL in vocabulary else ""
        cut = tokenizer([space + word for word in distinct], add_special_tokens=False)["input_ids"] if distinct else []
        mark = vocabulary.get(SENTENCEPIECE)
        self._pieces: dict[str, list[int]] = {}
        for word, ids in zip(distinct, cut, strict=True):
            own = ids[1:] if len(ids) > 1 and ids[0] == mark else ids
            if _HAN.fullmatch(word) and word in vocabulary:
                own = [vocabulary[word]]
            if not own and tokenizer.unk_token_id is None:
                raise ValueError(f"the tokenizer makes nothing of the word {word!r} and has no unknown token")
            self._pieces[word] = list(own) or [tokenizer.unk_token_id]
        example = tokenizer("a", return_special_tokens_mask=True)
        middle = example["special_tokens_mask"].index(0)
        self.before: list[int] = example["input_ids"][:middle]
        self.behind: list[int] = example["input_ids"][middle + example["special_tokens_mask"].count(0) :]

    def __getitem__(self, word: str) -> list[int]:
        return self._pieces[word]


def windows(
    sentence: int, words: Sequence[str], labels: Sequence[int], pieces: WordPieces, max_length: int
) -> Iterator[Window]:
    """A sentence in as many windows as it needs.

    Args:
        sentence: its number.
        words: at least one.
        labels: one a word.
        pieces: that knows the words.
        max_length: of a window, special tokens included.

    Raises:
        ValueError: not even one piece would fit.
    """
    room = max_length - len(pieces.before) - len(pieces.behind)
    if room < 1:
        raise ValueError(f"max_length must be at least {max_length - room + 1} for this tokenizer, not {max_length}")
    group: list[tuple[list[int], int]] = []
    filled = 0
    for word, label in zip(words, labels, strict=True):
        cut = pieces[word][:room]
        if filled + len(cut) > room:
            yield _window(sentence, group, pieces)
            group, filled = [], 0
        group.append((cut, label))
        filled += len(cut)
    yield _window(sentence, group, pieces)


def _window(sentence: int, group: Sequence[tuple[list[int], int]], pieces: WordPieces) -> Window:
    ids, labels, starts = list(pieces.before), [IGNORE_INDEX] * len(pieces.before), []
    for cut, label in group:
        starts.append(len(ids))
        ids += cut
        labels += [label, *[IGNORE_INDEX] * (len(cut) - 1)]
    return Window(sentence, ids + pieces.behind, labels + [IGNORE_INDEX] * len(pieces.behind), starts)
