import torch

from aigc_ref.gan.toy import centres, modes_covered, ring_batches


def test_modes_are_counted_by_their_share() -> None:
    few = torch.cat([centres()[:1].repeat(99, 1), centres()[1:2]])  # the second mode has 1 %
    assert modes_covered(few) == (1, 1.0)
    assert modes_covered(few, least_share=0.01) == (2, 1.0)
    assert modes_covered(torch.zeros(10, 2)) == (0, 0.0)


def test_the_data_cover_the_ring() -> None:
    modes, share = modes_covered(next(ring_batches(1, 4096, seed=0)))
    assert modes == 8
    assert share > 0.98  # within three standard deviations in the plane: 1 - exp(-4.5) = 0.989
