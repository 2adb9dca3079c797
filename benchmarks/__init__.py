"""How fast ours is beside its peers: one file a comparison, `python -m benchmarks` (or `make bench`) runs them all."""
