"""Checkpoints that tutorials pass on: what is the same is not written again."""

from pathlib import Path

import pytest

from aigc_ref.pretrained.tutorial_checkpoints import checkpoint, saving_checkpoint


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIGC_CHECKPOINTS", str(tmp_path))
    return tmp_path


def save(weights: bytes, *others: str) -> Path:
    with saving_checkpoint("tiny") as new:
        (new / "deep").mkdir()
        (new / "deep" / "model.safetensors").write_bytes(weights)
        for other in others:
            (new / other).write_text("{}", encoding="utf-8")
    return checkpoint("tiny") / "deep" / "model.safetensors"


def test_a_checkpoint_that_is_the_same_stays_as_it_is(folder: Path) -> None:
    before = save(b"weights").stat()
    after = save(b"weights").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [path.name for path in folder.iterdir()] == ["tiny"]


@pytest.mark.parametrize(("weights", "others"), [(b"WEIGHTS", ()), (b"weights", ("config.json",))])
def test_a_checkpoint_that_differs_takes_the_place_of_the_old_one(
    folder: Path, weights: bytes, others: tuple[str, ...]
) -> None:
    before = save(b"weights").stat()
    file = save(weights, *others)
    assert file.stat().st_ino != before.st_ino
    assert file.read_bytes() == weights
    assert {path.name for path in checkpoint("tiny").iterdir()} == {"deep", *others}
    assert [path.name for path in folder.iterdir()] == ["tiny"]
