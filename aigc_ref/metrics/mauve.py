"""MAUVE: how alike two distributions are, by what either says that the other does not.

P is the distribution of human texts, Q that of generated ones, R_λ = λP + (1 - λ)Q a mixture. Two things can go wrong:
Q writes what P does not, which makes KL(Q ‖ R_λ) large, or P writes what Q does not: KL(P ‖ R_λ). Their trade-off is
the curve

    x(λ) = exp(-c KL(Q ‖ R_λ)),   y(λ) = exp(-c KL(P ‖ R_λ)),   0 < λ < 1,   c = 5

from (1, 0) to (0, 1), and MAUVE the area under it: from 0 to 1, higher is better, 1 where P = Q.

Texts become histograms by the features of a language model: both sets together are grouped by k-means, and P and Q are
the shares of the groups. This part has chance in it, and no two programs agree on it digit for digit; from the
histograms on, the number is exact. Compare only scores of one program, with the same features, as many groups and as
many texts.

Paper: paper-mauve.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_ref.metrics.features import feature_matrices, feature_matrix
from aigc_ref.metrics.kmeans import kmeans

EDGE = 1e-6
"""λ stays this far from 0 and 1, where a KL divergence is infinite if a group is empty in one of the histograms."""
EXPLAINED = 0.9
"""The share of the variance that is kept before grouping, as by the paper's authors."""


def divergence_curve(p: Tensor, q: Tensor, *, scale: float = 5.0, mixtures: int = 25) -> Tensor:
    """Points (x, y) of the curve, x falling from 1 to 0.

    Args:
        p: shares or counts of the groups in the human texts, shape (groups,).
        q: the same of the generated texts.
        scale: c.
        mixtures: how many λ, evenly spaced, at least 2.

    Returns:
        Shape (mixtures + 2, 2), with both end points.

    Raises:
        ValueError: they are not two histograms over the same groups, or there are fewer than 2 mixtures.

    Examples:
        >>> curve = divergence_curve(torch.tensor([3, 0]), torch.tensor([0, 7]), mixtures=3)
        >>> curve[2].tolist()  # λ = ½: exp(-5 log 2)
        [0.03125, 0.03125]
    """
    if mixtures < 2:
        raise ValueError(f"a curve has at least 2 mixtures, not {mixtures}")
    p, q = _shares(p), _shares(q)
    if p.shape != q.shape:
        raise ValueError(f"histograms of {len(p)} and {len(q)} groups do not compare; group both sets together")
    weights = torch.linspace(EDGE, 1 - EDGE, mixtures, dtype=p.dtype, device=p.device).unsqueeze(1)
    mixed = weights * p + (1 - weights) * q
    divergences = torch.stack([_divergence(q, mixed), _divergence(p, mixed)], dim=1)
    ends = torch.eye(2).to(p)
    return torch.cat([ends[:1], (-scale * divergences).exp(), ends[1:]])


def mauve(p: Tensor, q: Tensor, *, scale: float = 5.0, mixtures: int = 25) -> float:
    """The area under the divergence curve, by the trapezoidal rule.

    Args:
        p: see `divergence_curve`.
        q: see `divergence_curve`.
        scale: see `divergence_curve`.
        mixtures: see `divergence_curve`.

    Raises:
        ValueError: see `divergence_curve`.

    Examples:
        >>> round(mauve(torch.tensor([1, 1]), torch.tensor([1, 1])), 9)
        1.0
        >>> round(mauve(torch.tensor([1, 1, 0]), torch.tensor([0, 1, 1])), 2)
        0.09
    """
    x, y = divergence_curve(p, q, scale=scale, mixtures=mixtures).unbind(dim=1)
    return -torch.trapezoid(y, x).item()


def histograms(
    features: Tensor, other_features: Tensor, *, groups: int | None = None, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """How many texts of either set fall into each group of both sets together.

    Features are scaled to length 1, reduced to the principal components that hold 90 % of the variance, and grouped.

    Args:
        features: of human texts, shape (texts, features): a language model's last hidden state at each text's end.
        other_features: of generated texts.
        groups: how many; a tenth of the smaller set where it is not given.
        seed: of k-means.

    Returns:
        Two tensors of counts, shape (groups,).

    Raises:
        ValueError: either is no matrix of finite features, they do not have as many features, a text's features are
            all 0, or there is no group or more of them than texts.

    Examples:
        >>> p, q = histograms(torch.eye(2).repeat(3, 1), torch.eye(2)[[0, 0, 0, 0]], groups=2)
        >>> sorted(zip(p.tolist(), q.tolist()))
        [(3, 0), (3, 4)]
    """
    one, other = feature_matrices(features, other_features)
    together = torch.cat([one, other])
    if not together.any(dim=1).all():
        raise ValueError("a text whose features are all 0 has no direction; leave out empty texts")
    if groups is None:
        groups = max(2, round(min(len(one), len(other)) / 10))
    found = kmeans(principal_components(F.normalize(together, dim=1)), groups, seed=seed)
    counts = [labels.bincount(minlength=groups) for labels in found.labels.split([len(one), len(other)])]
    return counts[0], counts[1]


def principal_components(points: Tensor) -> Tensor:
    """The points' coordinates along the fewest directions that hold 90 % of their variance.

    Examples:
        >>> points = torch.tensor([[3.0, 0.1], [-3.0, -0.1], [3.0, 0.1], [-3.0, -0.1]])
        >>> principal_components(points).shape
        torch.Size([4, 1])
    """
    deviations = points - points.mean(dim=0)
    left, lengths, _ = torch.linalg.svd(deviations, full_matrices=False)
    shares = lengths.square().cumsum(dim=0) / lengths.square().sum()
    kept = int((shares < EXPLAINED).sum()) + 1
    coordinates: Tensor = left[:, :kept] * lengths[:kept]
    return coordinates


def _shares(counts: Tensor) -> Tensor:
    shares = feature_matrix(counts.unsqueeze(0)).squeeze(0)
    if (shares < 0).any() or not shares.any():
        raise ValueError("a histogram has no negative count, and at least one that is not 0")
    return shares / shares.sum()


def _divergence(p: Tensor, mixed: Tensor) -> Tensor:
    """KL(p ‖ r) in nats for each row r of `mixed`; 0 log 0 is 0."""
    terms: Tensor = torch.xlogy(p, p) - torch.xlogy(p, mixed)
    return terms.sum(dim=1)
