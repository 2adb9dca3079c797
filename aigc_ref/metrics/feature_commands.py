"""Commands for metrics of features: two files of numpy's .npy, samples by features, or probabilities of classes.

torch is imported where a command runs, so that those of texts start without it.
"""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from statistics import fmean, pstdev
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from aigc_ref.arguments import bounded
from aigc_ref.metrics.command import Answer, Command, Run, plain

if TYPE_CHECKING:
    from torch import Tensor


def frechet_command(parser: ArgumentParser) -> Run:
    """The Fréchet distance between two sets of features; FID if they are Inception's."""
    _add_features(parser)

    def run(options: Namespace) -> Answer:
        from aigc_ref.metrics.frechet import frechet_distance

        features, others = _features(options, least=2)
        return plain("frechet", {"distance": frechet_distance(features, others)}, _sizes(features, others))

    return run


def kernel_command(parser: ArgumentParser) -> Run:
    """The kernel distance (KID) between two sets of features: mean and standard deviation over random subsets."""
    _add_features(parser)
    parser.add_argument(
        "--subsets", type=bounded(int, 1), default=100, metavar="N", help="random subsets (%(default)s)"
    )
    parser.add_argument(
        "--subset-size", type=bounded(int, 2), default=1000, metavar="N", help="samples per subset (%(default)s)"
    )
    _add_seed(parser)

    def run(options: Namespace) -> Answer:
        from aigc_ref.metrics.kernel_distance import kernel_distances

        features, others = _features(options, least=2)
        size = min(options.subset_size, len(features), len(others))
        found = kernel_distances(features, others, subsets=options.subsets, subset_size=size, seed=options.seed)
        distance = {"mean": fmean(found), "deviation": pstdev(found)}
        return plain("kernel-distance", distance, _sizes(features, others) | {"subset_size": size})

    return run


def neighbours_command(parser: ArgumentParser) -> Run:
    """Precision, recall, density and coverage of generated features, by nearest neighbours."""
    _add_features(parser)
    parser.add_argument(
        "--neighbours",
        type=bounded(int, 1),
        default=5,
        metavar="K",
        help="the radius around a sample is its distance to the K-th neighbour (%(default)s)",
    )

    def run(options: Namespace) -> Answer:
        from aigc_ref.metrics.prdc import precision_recall_density_coverage

        real, generated = _features(options, least=options.neighbours + 1)
        found = asdict(precision_recall_density_coverage(real, generated, neighbours=options.neighbours))
        return plain("prdc", found, _sizes(real, generated) | {"neighbours": options.neighbours})

    return run


def mauve_command(parser: ArgumentParser) -> Run:
    """MAUVE: how similar two sets of texts are, by their features."""
    _add_features(parser)
    parser.add_argument(
        "--groups", type=bounded(int, 1), metavar="N", help="clusters of k-means (a tenth of the smaller set)"
    )
    _add_seed(parser)

    def run(options: Namespace) -> Answer:
        from aigc_ref.metrics.mauve import histograms, mauve

        human, generated = _features(options)
        p, q = histograms(human, generated, groups=options.groups, seed=options.seed)
        return plain("mauve", {"score": mauve(p, q)}, _sizes(human, generated) | {"groups": len(p)})

    return run


def inception_command(parser: ArgumentParser) -> Run:
    """The inception score, from class probabilities with a row per sample."""
    parser.add_argument("probabilities", metavar="FILE.npy")
    parser.add_argument(
        "--splits", type=bounded(int, 1), default=10, metavar="N", help="parts of the samples (%(default)s)"
    )

    def run(options: Namespace) -> Answer:
        from aigc_ref.metrics.inception_score import inception_scores

        found = inception_scores(_matrix(options.probabilities), splits=options.splits)
        score = {"mean": fmean(found), "deviation": pstdev(found)}
        return plain("inception-score", score, {"splits": options.splits})

    return run


FEATURE_COMMANDS: dict[str, Command] = {
    "frechet": frechet_command,
    "kernel-distance": kernel_command,
    "prdc": neighbours_command,
    "mauve": mauve_command,
    "inception-score": inception_command,
}


def _add_features(parser: ArgumentParser) -> None:
    parser.add_argument("real", metavar="REAL.npy", help="features of the real samples")
    parser.add_argument("generated", metavar="GENERATED.npy", help="features of the generated samples")


def _add_seed(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--seed", type=bounded(int, 0), default=0, metavar="N", help="seed of the random numbers (%(default)s)"
    )


def _features(options: Namespace, least: int = 1) -> "tuple[Tensor, Tensor]":
    from aigc_ref.metrics.features import feature_matrices

    real, generated = _matrix(options.real, least), _matrix(options.generated, least)
    try:
        return feature_matrices(real, generated)
    except ValueError as error:
        raise ValueError(f"{options.real} and {options.generated}: {error}") from None


def _sizes(real: "Tensor", generated: "Tensor") -> dict[str, object]:
    return {"real_samples": len(real), "generated_samples": len(generated), "features": real.shape[1]}


def _matrix(path: str, least: int = 1) -> "Tensor":
    """The file's matrix.

    Raises:
        ValueError: it holds no matrix of finite numbers, or too few samples; the message names the file.
    """
    import numpy
    import torch

    from aigc_ref.metrics.features import feature_matrix

    try:
        array = numpy.load(Path(path), allow_pickle=False)
    except (ValueError, EOFError, BadZipFile) as error:  # a .npz is a zip file, and known by how it begins
        raise ValueError(f"{path}: not a NumPy array ({error}); write one with numpy.save") from None
    if not isinstance(array, numpy.ndarray) or array.ndim != 2 or array.dtype.kind not in "fiu":
        shape = getattr(array, "shape", "several arrays")
        raise ValueError(f"{path}: holds {shape}, not a matrix of numbers; write one array, samples by features")
    try:
        return feature_matrix(torch.from_numpy(array.astype(numpy.float64)), least)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
