"""Standardised states: folded away without a trace, blind to neighbours and padding, and worth their while."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import AutoModelForTokenClassification

from aigc_ref.finetune.classification import fold_head, load_classifier, standardise_head
from aigc_ref.finetune.standardised_head import Standardised, fold, states_before
from aigc_ref.text.collate import padded_inputs
from aigc_ref.train.batch import Batch
from tests.finetune.tiny import bert_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bert_folder(tmp_path_factory.mktemp("bert"), ["one two three four five six"], dropout=0.0)


def _anisotropic(size: int) -> tuple[Tensor, Tensor]:
    """States that share a long direction, and whose class is in a small deviation from it."""
    generator = torch.Generator().manual_seed(0)
    common = 4 * torch.randn(64, generator=generator)
    signal = torch.randn(2, 64, generator=generator)
    labels = torch.randint(2, (size,), generator=generator)
    return common + 0.03 * (signal[labels] + torch.randn(size, 64, generator=generator)), labels


BATCH: Batch = {
    **padded_inputs([[2, 7, 8, 9, 3], [2, 10, 3], [2, 6, 5, 11, 12, 3]], 0),
    "labels": torch.tensor([[-100, 0, 1, 0, -100, -100]] * 3),
}


def test_a_folded_layer_gives_the_logits_of_the_standardised_one() -> None:
    states = _anisotropic(200)[0].double()
    linear = nn.Linear(64, 3).double()
    standardised = Standardised(linear, states)
    expected = standardised(states)
    torch.testing.assert_close(
        (states - states.mean(0)) / states.std(0, correction=0), Standardised(nn.Identity(), states)(states)
    )
    fold(standardised, linear)
    torch.testing.assert_close(linear(states), expected, rtol=0, atol=1e-10)


def test_a_coordinate_that_never_moves_is_not_blown_up() -> None:
    states = torch.tensor([[1.0, 2.0], [3.0, 2.0]])
    assert Standardised(nn.Identity(), states)(torch.tensor([[2.0, 2.001]])).abs().max() < 100


def test_a_layer_without_bias_cannot_take_the_mean_up() -> None:
    linear = nn.Linear(2, 1, bias=False)
    with pytest.raises(ValueError, match="no bias"):
        fold(Standardised(linear, torch.tensor([[1.0, 2.0], [3.0, 2.0]])), linear)


def test_a_folded_head_has_the_same_logits_and_transformers_reads_it(folder: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    classifier = load_classifier(str(folder), "token", ["no", "yes"])
    plain = set(classifier.model.state_dict())
    standardise_head(classifier, [BATCH])
    assert set(classifier.model.state_dict()) != plain
    nn.init.normal_(classifier.model.get_parameter("classifier.weight"))
    inputs = {name: tensor for name, tensor in BATCH.items() if name != "labels"}
    classifier.model.double().eval()
    with torch.no_grad():
        before = classifier.model(**inputs).logits
        fold_head(classifier)
        after = classifier.model(**inputs).logits
        classifier.model.save_pretrained(tmp_path)
        again = AutoModelForTokenClassification.from_pretrained(tmp_path).eval()(**inputs).logits
    assert set(classifier.model.state_dict()) == plain
    assert before.abs().max() > 0.5
    torch.testing.assert_close(before, after, rtol=0, atol=1e-10)
    assert torch.equal(after, again)


def test_the_head_of_a_text_classifier_is_left_alone(folder: Path) -> None:
    classifier = load_classifier(str(folder), "sequence", ["no", "yes"])
    names = set(classifier.model.state_dict())
    standardise_head(classifier, [{**BATCH, "labels": torch.tensor([0, 1, 0])}])
    assert set(classifier.model.state_dict()) == names


def test_a_head_that_has_learnt_already_is_left_alone(folder: Path, tmp_path: Path) -> None:
    load_classifier(str(folder), "token", ["no", "yes"]).model.save_pretrained(tmp_path)
    load_classifier(str(folder), "token", ["no", "yes"]).tokenizer.save_pretrained(tmp_path)
    learnt = load_classifier(str(tmp_path), "token", ["yes", "no"])
    assert learnt.newly_initialised == ()
    assert learnt.labels == ["no", "yes"]  # its own order
    names = set(learnt.model.state_dict())
    standardise_head(learnt, [BATCH])
    assert set(learnt.model.state_dict()) == names


def test_states_are_taken_where_there_is_a_label(folder: Path) -> None:
    classifier = load_classifier(str(folder), "token", ["no", "yes"])
    states = states_before(classifier.model, "dropout", [BATCH])
    whole = classifier.model.base_model(BATCH["input_ids"], BATCH["attention_mask"]).last_hidden_state
    torch.testing.assert_close(states, whole[:, 1:4].flatten(0, 1))


@pytest.mark.parametrize(("norm", "same"), [("standardised", True), ("batch", False)])
def test_neighbours_and_padding_change_nothing_as_they_would_with_batch_normalisation(norm: str, same: bool) -> None:
    states, _ = _anisotropic(50)
    module = Standardised(nn.Identity(), states) if norm == "standardised" else nn.BatchNorm1d(64, affine=False)
    module.train()
    alone, padded = module(states[:4]), module(torch.cat([states[:4], torch.zeros(4, 64)]))[:4]
    assert torch.equal(alone, padded) == same


def test_a_standardised_head_learns_in_steps_in_which_a_plain_one_learns_nothing() -> None:
    states, labels = _anisotropic(256)

    def accuracy_after(steps: int, *, standardise: bool) -> float:
        torch.manual_seed(0)
        linear = nn.Linear(64, 2)
        head: nn.Module = Standardised(linear, states) if standardise else linear
        optimizer = torch.optim.AdamW(linear.parameters(), 1e-3)
        for _ in range(steps):
            optimizer.zero_grad()
            cross_entropy(head(states), labels).backward()
            optimizer.step()
        return int((head(states).argmax(-1) == labels).sum()) / len(labels)

    assert accuracy_after(30, standardise=False) < 0.7
    assert accuracy_after(30, standardise=True) > 0.95
