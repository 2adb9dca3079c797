"""Text as numbers: tokenizers, datasets that do not pad, batches of like length, collators that pad or pack them."""
