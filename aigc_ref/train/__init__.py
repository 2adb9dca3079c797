"""The one training loop, and what it needs: validation, checkpoints, and the record of a run."""
