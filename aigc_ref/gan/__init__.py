"""Generative adversarial networks: losses, networks, one training step, and a toy problem that one can see through.

The room knows `train` and no other.
"""

from aigc_ref.extras import needs_torch

needs_torch(__name__)
