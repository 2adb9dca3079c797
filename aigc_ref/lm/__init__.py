"""Causal language models: a GPT and the weights of GPT-2, the loss, sampling, beam search.

The room knows `train` (what a batch and a loss are) and no other.
"""

from aigc_ref.extras import needs_torch

needs_torch(__name__)
