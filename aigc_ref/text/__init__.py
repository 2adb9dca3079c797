"""Text as numbers: character tokenizers, datasets that do not pad, collators that pad a batch."""
