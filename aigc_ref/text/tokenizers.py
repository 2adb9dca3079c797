"""Tokenizers made offline from a corpus: single characters, or byte pairs.

    characters   a token is a character. For classical Chinese it is nearly a word; a few thousand of them hold nearly
                 every poem. What the vocabulary lacks becomes `<unk>`.
    byte pairs   a token is a run of bytes: the 256 bytes, and the pair that is commonest in the corpus made into one,
                 again and again, until the vocabulary is full. Nothing is unknown: any text comes back as it was.

Both put `<bos>` before a text and `<eos>` behind it. A text that holds the letters `<eos>` is a text that speaks of
the end, not one that has ended: the special tokens are never read out of a text.

Paper: paper-bpe; on bytes instead of characters: paper-gpt2.
"""

from collections import Counter
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.decoders import Fuse
from tokenizers.models import BPE, WordLevel
from tokenizers.pre_tokenizers import ByteLevel, Split
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import BpeTrainer
from transformers import PreTrainedTokenizerFast

PAD, UNK, BOS, EOS = "<pad>", "<unk>", "<bos>", "<eos>"


def character_tokenizer(texts: Iterable[str], least_count: int = 1) -> PreTrainedTokenizerFast:
    """A tokenizer whose tokens are the characters of the texts, the commonest first.

    The four special tokens have the ids 0 to 3.

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
    return _for_transformers(tokenizer, unk_token=UNK)


def byte_pair_tokenizer(texts: Iterable[str], vocab_size: int) -> PreTrainedTokenizerFast:
    """A tokenizer of byte pairs, learnt from the texts. Pairs are not made across words.

    The special tokens `<pad>`, `<bos>` and `<eos>` have the ids 0 to 2.

    Args:
        texts: the corpus.
        vocab_size: tokens in all, at least the 256 bytes and the three special ones; fewer come out of a corpus that
            has no more pairs.

    Raises:
        ValueError: the vocabulary is too small for the bytes.

    Examples:
        >>> tokenizer = byte_pair_tokenizer(["low lower lowest"] * 9, vocab_size=262)
        >>> tokenizer.tokenize("low lowest owl")  # Ġ stands for a space
        ['low', 'Ġlow', 'e', 's', 't', 'Ġ', 'o', 'w', 'l']
        >>> tokenizer.decode(tokenizer("🙂，春")["input_ids"], skip_special_tokens=True)
        '🙂，春'
    """
    alphabet = sorted(ByteLevel.alphabet())
    special = [PAD, BOS, EOS]
    if vocab_size < len(alphabet) + len(special):
        raise ValueError(f"a vocabulary of {vocab_size} does not hold 256 bytes and {len(special)} special tokens")
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteLevelDecoder()
    trainer = BpeTrainer(vocab_size=vocab_size, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return _for_transformers(tokenizer, unk_token=None)


def _for_transformers(tokenizer: Tokenizer, unk_token: str | None) -> PreTrainedTokenizerFast:
    tokenizer.post_processor = TemplateProcessing(
        single=f"{BOS} $A {EOS}", special_tokens=[(token, tokenizer.token_to_id(token)) for token in (BOS, EOS)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        unk_token=unk_token,
        bos_token=BOS,
        eos_token=EOS,
        split_special_tokens=True,
    )
