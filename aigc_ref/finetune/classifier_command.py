"""What the two commands that train classifiers share, beyond what all commands do."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from torch import nn

from aigc_ref.arguments import bounded
from aigc_ref.finetune import command
from aigc_ref.finetune.classification import (
    Classifier,
    Kind,
    classification_loss,
    fold_head,
    load_classifier,
    standardise_head,
)
from aigc_ref.pretrained.encoders import PACKAGES
from aigc_ref.train.batch import Batch
from aigc_ref.train.loop import Examples
from aigc_ref.train.validation import Validation

Example = TypeVar("Example")
Example_co = TypeVar("Example_co", covariant=True)


class Rows(Examples[Example_co], Protocol[Example_co]):
    """Examples of which the token ids are known."""

    @property
    def rows(self) -> Sequence[Sequence[int]]: ...


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of a classifier's command."""
    packaged = ", ".join(sorted(PACKAGES))
    classifier = parser.add_argument_group("classifier")
    classifier.add_argument(
        "--model", required=True, metavar="NAME", help=f"a folder, a name on the Hugging Face hub, or one of {packaged}"
    )
    classifier.add_argument(
        "--head-learning-rate",
        type=bounded(float, 0),
        default=1e-3,
        metavar="N",
        help="peak learning rate of the newly initialised weights (%(default)g)",
    )
    classifier.add_argument(
        "--prune-vocabulary", action="store_true", help="drop the tokens that --train does not use, for speed"
    )


def load(options: argparse.Namespace, kind: Kind, labels: Sequence[str], texts: Sequence[str]) -> Classifier:
    """The model that the arguments name, on its device."""
    classifier = load_classifier(options.model, kind, labels, vocabulary_of=texts if options.prune_vocabulary else None)
    command.to_device(options, classifier.model)
    return classifier


def train(
    options: argparse.Namespace,
    classifier: Classifier,
    dataset: Rows[Example],
    collate: Callable[[Sequence[Example]], Batch],
    measure: Callable[[nn.Module], dict[str, float]] | None,
    monitor: str,
) -> None:
    """Trains as the arguments say; a head that is standardised meanwhile is folded in the end.

    Args:
        options: the arguments.
        classifier: trained in place.
        dataset: what it learns from.
        collate: makes a batch of examples.
        measure: gives the scores by which the best weights are chosen, where there are data to choose by.
        monitor: the score that decides.
    """

    def batches() -> Iterator[Batch]:
        for start in range(0, len(dataset), options.batch_size):
            yield collate([dataset[index] for index in range(start, min(start + options.batch_size, len(dataset)))])

    standardise_head(classifier, batches())
    command.train(
        options,
        classifier.model,
        dataset,
        [len(row) for row in dataset.rows],
        collate,
        classification_loss,
        learning_rates=dict.fromkeys(classifier.newly_initialised, options.head_learning_rate),
        validation=measure and Validation(measure, monitor, True, options.every, options.patience),
    )
    fold_head(classifier)
