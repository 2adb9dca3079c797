"""Metrics of generated text, right for Chinese by default. They know nothing of torch."""
