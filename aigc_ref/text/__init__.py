"""Text: files of it, tags on it, and how it becomes numbers.

    files        lines, conll, labelled
    tags         tags, from one scheme to another and to entities
    cutting      segmentation (without torch), tokenizers, word_pieces
    batches      datasets that do not pad, sampling by length, collate, packing

The room knows `train` (what a batch is) and no other.
"""
