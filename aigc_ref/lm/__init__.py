"""Causal language models: the loss, and generation. The models are transformers'."""
