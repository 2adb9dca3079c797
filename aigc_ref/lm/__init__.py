"""Causal language models: a GPT and the weights of GPT-2, the loss, sampling, beam search."""

from aigc_ref.extras import needs_torch

needs_torch(__name__)
