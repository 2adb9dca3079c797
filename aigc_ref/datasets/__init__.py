"""Where data comes from, each with its licence and its checksum.

Public: `fashion_mnist` (images), `poetry` (Tang poems), `encoders` (pre-trained text encoders), `pruning` (their
vocabulary), and `cache`, which they share.
"""
