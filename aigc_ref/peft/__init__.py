"""Parameter-efficient fine-tuning: a frozen model, and the few weights beside it that learn.

The room knows no other: whatever has linear layers can be wrapped.
"""

from aigc_ref.extras import needs_torch

needs_torch(__name__)
