"""Self-supervised learning: labels that the data itself gives, and a probe of what was learnt from them."""
