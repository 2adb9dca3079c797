"""Commands on features say what the functions say, and name a file that cannot be used."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from aigc_ref.metrics.__main__ import main
from aigc_ref.metrics.frechet import frechet_distance
from aigc_ref.metrics.inception_score import inception_scores
from aigc_ref.metrics.mauve import histograms, mauve
from aigc_ref.metrics.prdc import precision_recall_density_coverage


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    rng = np.random.default_rng(0)
    for name, shift in (("real", 0.0), ("generated", 0.5)):
        np.save(tmp_path / f"{name}.npy", rng.normal(shift, 1.0, (60, 4)).astype(np.float32))
    return str(tmp_path / "real.npy"), str(tmp_path / "generated.npy")


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert main([*arguments, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_distances_are_those_of_the_functions(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    real, generated = (torch.from_numpy(np.load(path)) for path in files)
    assert answer(capsys, "frechet", *files)["distance"] == frechet_distance(real, generated)
    found = answer(capsys, "prdc", *files, "--neighbours", "3")
    expected = asdict(precision_recall_density_coverage(real, generated, neighbours=3))
    assert {name: found[name] for name in expected} == expected
    kernel = answer(capsys, "kernel-distance", *files, "--subsets", "5")
    assert kernel["subset_size"] == 60
    assert kernel["mean"] > 0  # type: ignore[operator]  # a number


def test_mauve_of_a_set_with_itself_is_one(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "mauve", files[0], files[0])["score"] == pytest.approx(1.0)
    assert answer(capsys, "mauve", *files)["score"] < 1  # type: ignore[operator]  # a number


@pytest.mark.parametrize(("texts", "groups"), [(24, 2), (27, 3), (29, 3)])
def test_mauve_takes_as_many_groups_as_the_function(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], texts: int, groups: int
) -> None:
    features = torch.randn(2, texts, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    files = [str(tmp_path / name) for name in ("human.npy", "generated.npy")]
    for path, part in zip(files, features, strict=True):
        np.save(path, part.numpy())
    found = answer(capsys, "mauve", *files)
    assert (found["score"], found["groups"]) == (mauve(*histograms(*features)), groups)
    assert main(["mauve", *files, "--groups", str(2 * texts + 1)]) == 2
    assert f"cannot make {2 * texts + 1} groups" in capsys.readouterr().err


def test_inception_score_is_that_of_the_function(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(5), 40)
    np.save(tmp_path / "p.npy", probabilities)
    found = answer(capsys, "inception-score", str(tmp_path / "p.npy"), "--splits", "4")
    assert found["mean"] == pytest.approx(sum(inception_scores(torch.from_numpy(probabilities), splits=4)) / 4)


@pytest.mark.parametrize("content", [b"", b"text", b"\x93NUMPY", b"PK\x03\x04garbage"])
def test_a_file_that_is_no_array_is_named(
    tmp_path: Path, files: tuple[str, str], capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    path = tmp_path / "broken.npy"
    path.write_bytes(content)
    assert main(["frechet", str(path), files[1]]) == 2
    assert str(path) in capsys.readouterr().err
    assert main(["frechet", str(tmp_path / "absent.npy"), files[1]]) == 2
    assert "absent.npy" in capsys.readouterr().err


def test_pickles_and_vectors_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "objects.npy", np.array([[{}]], dtype=object), allow_pickle=True)
    np.save(tmp_path / "vector.npy", np.ones(3))
    for name in ("objects.npy", "vector.npy"):
        assert main(["frechet", str(tmp_path / name), str(tmp_path / name)]) == 2
        assert name in capsys.readouterr().err


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([[0.0, 1.0], [np.nan, 1.0], [0.0, 2.0]]), "bad.npy: sample 1 holds NaN or infinity"),
        (np.ones((1, 2)), "bad.npy: at least 2 samples"),
        (np.ones((3, 5)), "bad.npy: 4 and 5 features do not compare"),
    ],
)
def test_features_that_cannot_be_used_are_named_by_their_file(
    tmp_path: Path, files: tuple[str, str], capsys: pytest.CaptureFixture[str], array: np.ndarray, message: str
) -> None:
    np.save(tmp_path / "bad.npy", array)
    assert main(["frechet", files[0], str(tmp_path / "bad.npy")]) == 2
    assert message in capsys.readouterr().err
