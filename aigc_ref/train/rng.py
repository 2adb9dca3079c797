"""Chance that belongs to a place in the run, and not to a process or to what was drawn before.

    seed of an epoch's order     h(seed, "epoch", epoch)
    seed of a micro-batch        h(seed, "batch", step, number in the step)        h: a hash, 63 bits of BLAKE2b

What is drawn for a micro-batch, such as dropout's masks, is then the same whichever process computes it, and after an
interruption it needs no state of a generator to draw it again. Sums such as 1000·seed + epoch would not do: epoch
1000 of seed 0 would be epoch 0 of seed 1.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def derived_seed(seed: int, *place: int | str) -> int:
    """A seed for a place in the run of that seed; other places get others, without any pattern.

    Examples:
        >>> derived_seed(0, "epoch", 1) == derived_seed(0, "epoch", 1)
        True
        >>> derived_seed(0, "epoch", 1000) == derived_seed(1, "epoch", 0)
        False
    """
    digest = hashlib.blake2b(repr((seed, *place)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Within the block torch's generators start from the seed; after it they are as they were before.

    Args:
        seed: such as `derived_seed` gives.
        device: whose generator is put back beside the processor's.

    Examples:
        >>> cpu, state = torch.device("cpu"), torch.get_rng_state()
        >>> with seeded(7, cpu):
        ...     first = torch.rand(2)
        >>> with seeded(7, cpu):
        ...     print(torch.equal(first, torch.rand(2)))
        True
        >>> torch.equal(state, torch.get_rng_state())
        True
    """
    accelerator = None if device.type == "cpu" else torch.get_device_module(device)
    states = torch.get_rng_state(), accelerator and accelerator.get_rng_state()
    torch.manual_seed(seed)
    try:
        yield
    finally:
        torch.set_rng_state(states[0])
        if accelerator:
            accelerator.set_rng_state(states[1])
