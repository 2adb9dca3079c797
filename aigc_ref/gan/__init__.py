"""Generative adversarial networks: losses, networks, one training step, and a toy problem that one can see through."""
