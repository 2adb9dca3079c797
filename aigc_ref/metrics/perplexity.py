"""Perplexity: among how many equally likely tokens a language model chooses, on average.

    perplexity           exp(Σ nats / Σ tokens), both sums over the whole corpus
    bits per character   Σ nats / (log 2 · Σ characters)

The exponential of a mean of batch means is another number, and a wrong one (transformers#39241). Perplexities compare
only under one tokenizer; bits per character compare across tokenizers, because the characters are the same.
"""

import math


def perplexity(nats: float, tokens: int) -> float:
    """The perplexity of a corpus.

    Args:
        nats: negative log-likelihood, summed over the corpus.
        tokens: those that it is summed over.

    Raises:
        ValueError: there is no token.

    Examples:
        >>> round(perplexity(nats=3 * math.log(10), tokens=3), 6)
        10.0
    """
    if tokens < 1:
        raise ValueError("a corpus without tokens has no perplexity")
    return math.exp(nats / tokens)


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
