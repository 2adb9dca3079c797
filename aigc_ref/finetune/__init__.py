"""Fine-tuning transformers' models on one's own data.

Public: `causal_lm`, `token_classification`, `sequence_classification`, each a package with a command in its `__main__`
(`python -m aigc_ref.finetune.NAME --help`); `classification`, which the latter two share; and `standardised_head`,
which makes a new head learn fast.

The room stands on all others but `gan`, `selfsup`, `peft` and `datasets`; no other knows it.
"""

from aigc_ref.extras import needs_torch

needs_torch(__name__)
