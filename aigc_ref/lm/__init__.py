"""Causal language models: a GPT and the weights of GPT-2, the loss, sampling, beam search."""
