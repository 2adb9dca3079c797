"""Training, whatever is trained: losses with their counts, batches, recipes, the course of a run, and its files.

The ground floor, with `aigc_ref.fetch`: nothing here knows texts, pictures or models, and nothing here is imported
from above. `loop.fit` trains one model on labelled examples; what learns otherwise, such as the two networks of
`aigc_ref.gan`, brings its own step to `run.run` and has checkpoints, records and an exact resume as well.
"""
