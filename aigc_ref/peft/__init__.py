"""Parameter-efficient fine-tuning: a frozen model, and the few weights beside it that learn."""

from aigc_ref.extras import needs_torch

needs_torch(__name__)
