"""A dataset of texts that does not pad: padding belongs to the batch (see `collate`)."""

from collections.abc import Sequence

from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerBase


def token_ids(texts: Sequence[str], tokenizer: PreTrainedTokenizerBase, max_length: int) -> list[list[int]]:
    """Texts as token ids with the special tokens that the tokenizer adds, cut to a length.

    Raises:
        ValueError: max_length leaves no room beside the special tokens; the tokenizer would not cut at all.

    Examples:
        >>> from aigc_ref.text.tokenizers import character_tokenizer
        >>> token_ids(["abc"], character_tokenizer(["abc"]), max_length=4)
        [[2, 4, 5, 3]]
    """
    least = tokenizer.num_special_tokens_to_add() + 1
    if max_length < least:
        raise ValueError(f"max_length must be at least {least} for this tokenizer, not {max_length}")
    if not texts:  # a tokenizer takes no empty list
        return []
    ids: list[list[int]] = tokenizer(list(texts), truncation=True, max_length=max_length)["input_ids"]
    return ids


class TextDataset(Dataset[list[int]]):
    """Texts as lists of token ids, each as long as its text.

    Args:
        texts: one example each.
        tokenizer: of transformers; it adds the special tokens that it is made to add.
        max_length: in tokens, special ones included; what goes beyond it is cut off.

    Raises:
        ValueError: max_length leaves no room beside the special tokens.

    Examples:
        >>> from aigc_ref.text.tokenizers import character_tokenizer
        >>> data = TextDataset(["床前明月光", "月"], character_tokenizer(["床前明月光"]))
        >>> data.lengths
        [7, 3]
    """

    def __init__(self, texts: Sequence[str], tokenizer: PreTrainedTokenizerBase, max_length: int = 512) -> None:
        self._ids: list[list[int]] = token_ids(texts, tokenizer, max_length)

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def lengths(self) -> list[int]:
        """Of the texts, in tokens: what `aigc_ref.text.sampling` makes batches by."""
        return [len(ids) for ids in self._ids]

    def __getitem__(self, index: int) -> list[int]:
        if not -len(self._ids) <= index < len(self._ids):
            raise IndexError(index)
        return self._ids[index]
