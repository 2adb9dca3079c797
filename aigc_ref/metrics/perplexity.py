"""Perplexity: among how many equally likely tokens a language model chooses, on average.

    perplexity           exp(Σ nats / Σ tokens), both sums over the whole corpus
    bits per character   Σ nats / (log 2 · Σ characters)
    bits per byte        Σ nats / (log 2 · Σ bytes in UTF-8)

The exponential of a mean of batch means is another number, and a wrong one (transformers#39241). Perplexities compare
only under one tokenizer; bits per character or byte compare across tokenizers, because the text is the same. A byte
is what compression is measured in, and a third of most Han characters: between languages neither compares.
"""

import math
from collections.abc import Iterable


def perplexity(nats: float, tokens: int) -> float:
    """The perplexity of a corpus.

    Args:
        nats: negative log-likelihood, summed over the corpus.
        tokens: those that it is summed over.

    Returns:
        1 at best; infinite where no float is as large.

    Raises:
        ValueError: there is no token.

    Examples:
        >>> round(perplexity(nats=3 * math.log(10), tokens=3), 6)
        10.0
    """
    if tokens < 1:
        raise ValueError("a corpus without tokens has no perplexity")
    try:
        return math.exp(nats / tokens)
    except OverflowError:
        return math.inf


def bits_per_character(nats: float, text: str) -> float:
    """How many bits the model needs for a character of the text that `nats` are summed over.

    Raises:
        ValueError: the text is empty.

    Examples:
        >>> bits_per_character(nats=math.log(4), text="月")
        2.0
    """
    if not text:
        raise ValueError("an empty text has no bits per character")
    return nats / (math.log(2) * len(text))


def bits_per_byte(nats: float, texts: Iterable[str]) -> float:
    """How many bits the model needs for a byte of the corpus that `nats` are summed over.

    Args:
        nats: negative log-likelihood, summed over the corpus.
        texts: the corpus, as it was before a tokenizer; it may be a stream.

    Raises:
        ValueError: the texts are all empty.

    Examples:
        >>> bits_per_byte(nats=math.log(2) * 6, texts=["月", "明"])
        1.0
    """
    size = sum(len(text.encode()) for text in texts)
    if not size:
        raise ValueError("an empty corpus has no bits per byte")
    return nats / (math.log(2) * size)
