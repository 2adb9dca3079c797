"""A tokenizer of single characters, made offline from the corpus.

For classical Chinese a character is nearly a word, so that a vocabulary of a few thousand characters holds nearly
every poem, and a sequence is as long as its text. What the vocabulary lacks becomes <unk>.
"""

from collections import Counter
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer
from tokenizers.decoders import Fuse
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

PAD, UNK, BOS, EOS = "<pad>", "<unk>", "<bos>", "<eos>"


def character_tokenizer(texts: Iterable[str], least_count: int = 1) -> PreTrainedTokenizerFast:
    """A tokenizer whose tokens are the characters of the texts, the commonest first.

    Encoding puts <bos> before the text and <eos> behind it; the four special tokens have the ids 0 to 3.

    Args:
        texts: the corpus.
        least_count: how often a character must occur to enter the vocabulary.

    Examples:
        >>> tokenizer = character_tokenizer(["春眠不觉晓，", "处处闻啼鸟。"])
        >>> tokenizer.decode(tokenizer("春鸟，")["input_ids"])
        '<bos>春鸟，<eos>'
        >>> tokenizer.decode(tokenizer("春风")["input_ids"], skip_special_tokens=True)
        '春'
    """
    counts = Counter(character for text in texts for character in text)
    # Equals by code point: the same corpus gives the same ids, in whatever order it comes.
    ranked = sorted(counts, key=lambda character: (-counts[character], character))
    kept = [character for character in ranked if counts[character] >= least_count]
    vocabulary = {token: index for index, token in enumerate([PAD, UNK, BOS, EOS, *kept])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token=UNK))
    tokenizer.pre_tokenizer = Split(Regex(r"[\s\S]"), behavior="isolated")
    tokenizer.decoder = Fuse()
    tokenizer.post_processor = TemplateProcessing(
        single=f"{BOS} $A {EOS}", special_tokens=[(token, vocabulary[token]) for token in (BOS, EOS)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=PAD, unk_token=UNK, bos_token=BOS, eos_token=EOS
    )
