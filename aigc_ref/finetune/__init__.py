"""Fine-tuning transformers' models on one's own data."""
