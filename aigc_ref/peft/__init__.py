"""Parameter-efficient fine-tuning: a frozen model, and the few weights beside it that learn."""
