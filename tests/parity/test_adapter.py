"""Houlsby's adapter against the library adapters, by the numbers that it gave (see golden/adapters.py)."""

import json

import pytest
import torch
import torch.nn.functional as F

from aigc_ref.peft.adapter import Adapted, add_adapters
from aigc_ref.peft.layers import wrapped_layers
from tests.parity.golden.adapters import ACTIVATIONS, LAYERS, SIZE, STORE, WIDTH, bert, fill, measure

GOLDEN = json.loads(STORE.read_text(encoding="utf-8"))
ANSWERS, VERSION = GOLDEN["answers"], GOLDEN["versions"]["adapters"]


@pytest.mark.compares("adapters", technique="aigc_ref.peft.adapter", atol=1e-12, version=VERSION)
@pytest.mark.parametrize(("theirs", "ours"), ACTIVATIONS.items())
def test_hidden_states_and_gradients_are_those_of_adapters(theirs: str, ours: str) -> None:
    model = bert()
    add_adapters(model, size=SIZE, activation=getattr(F, ours))
    fill(model.double().eval())
    measured, golden = measure(model), ANSWERS[theirs]
    hidden, expected = (torch.tensor(side["hidden"], dtype=torch.float64) for side in (measured, golden))
    torch.testing.assert_close(hidden, expected, rtol=0, atol=1e-12)
    learnt = {name: numbers for name, numbers in measured["gradients"].items() if ".adapter." in name}
    assert learnt.keys() == golden["gradients"].keys()
    for name, numbers in golden["gradients"].items():
        assert learnt[name] == pytest.approx(numbers, rel=0, abs=1e-12)


def test_another_activation_gives_other_numbers() -> None:
    model = bert()
    add_adapters(model, size=SIZE, activation=F.relu)
    fill(model.double().eval())
    hidden = torch.tensor(measure(model)["hidden"], dtype=torch.float64)
    for golden in ANSWERS.values():
        assert (hidden - torch.tensor(golden["hidden"], dtype=torch.float64)).abs().max() > 1e-3


@pytest.mark.compares("adapters", technique="aigc_ref.peft.adapter", version=VERSION)
def test_as_many_parameters_are_added_as_adapters_adds() -> None:
    model = bert()
    add_adapters(model, size=SIZE)
    adapters = [layer.adapter for layer in wrapped_layers(model).values() if isinstance(layer, Adapted)]
    counted = [sum(parameter.numel() for parameter in adapter.parameters()) for adapter in adapters]
    assert counted == 2 * LAYERS * [2 * SIZE * WIDTH + WIDTH + SIZE]
    assert sum(counted) == ANSWERS["gelu"]["trained"]
