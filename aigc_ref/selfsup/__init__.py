"""Self-supervised learning: labels that the data itself gives, and a probe of what was learnt from them.

The room knows `train` and `text`.
"""

from aigc_ref.extras import needs_torch

needs_torch(__name__)
