"""A recipe by itself."""

import pytest

from aigc_ref.train.recipe import Recipe


def test_a_precision_that_there_is_not_is_refused_and_not_float32() -> None:
    with pytest.raises(ValueError, match="precision is one of float32, bfloat16; not 'float16'"):
        Recipe(epochs=1, batch_size=1, learning_rate=1e-3, precision="float16")  # type: ignore[arg-type]  # that is the point
