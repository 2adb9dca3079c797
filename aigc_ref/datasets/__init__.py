"""Where data comes from, each with its licence and its checksum.

Public: `fashion_mnist` (images), `poetry` (Tang poems), and `cache`, which they share.
"""
