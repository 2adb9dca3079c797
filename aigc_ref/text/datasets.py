"""A dataset of texts that does not pad: padding belongs to the batch (see `collate`)."""

from collections.abc import Sequence

from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerBase


class TextDataset(Dataset[list[int]]):
    """Texts as lists of token ids, each as long as its text.

    Args:
        texts: one example each.
        tokenizer: of transformers; it adds the special tokens that it is made to add.
        max_length: in tokens; what goes beyond it is cut off.

    Examples:
        >>> from aigc_ref.text.tokenizers import character_tokenizer
        >>> data = TextDataset(["床前明月光", "月"], character_tokenizer(["床前明月光"]))
        >>> data.lengths
        [7, 3]
    """

    def __init__(self, texts: Sequence[str], tokenizer: PreTrainedTokenizerBase, max_length: int = 512) -> None:
        self._ids: list[list[int]] = tokenizer(list(texts), truncation=True, max_length=max_length)["input_ids"]

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
