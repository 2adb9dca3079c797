"""Fine-tuning transformers' models on one's own data.

Public: `causal_lm`, `token_classification`, `sequence_classification`, each also a command (`python -m
aigc_ref.finetune.NAME --help`), and `standardise`, which makes a new head learn fast.
"""

from aigc_ref.extras import needs_torch

needs_torch(__name__)
