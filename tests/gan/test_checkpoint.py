"""The generator that the tutorial on GANs leaves to later ones is built again from its two files alone."""

import json

import torch
from safetensors.torch import load_file

from aigc_ref.gan.networks import Generator
from aigc_ref.pretrained.tutorial_checkpoints import COMMITTED

FOLDER = COMMITTED / "gan-fashion"


def test_the_generator_is_built_again_and_makes_pictures() -> None:
    config = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
    generator = Generator(**config).eval()
    generator.load_state_dict(load_file(FOLDER / "model.safetensors"))
    with torch.no_grad():
        pictures = generator(torch.randn(64, config["noise_size"], generator=torch.Generator().manual_seed(0)))
    assert pictures.shape == (64, 1, 28, 28)
    assert pictures.isfinite().all()
    assert -0.95 < pictures.mean() < 0  # clothes on black
    assert pictures.std(dim=0).mean() > 0.3  # not the same picture every time


def test_it_is_small_enough_to_commit_and_has_a_card() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 2_000_000
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert "Fashion-MNIST" in card
    assert "This is not FID" in card
