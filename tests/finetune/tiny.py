"""Sentences of our own and models that are made in a moment, for the tests of this folder."""

import json
import random
from pathlib import Path
from string import ascii_letters

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import WordPieceTrainer
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from aigc_ref.text.tokenizers import character_tokenizer

PEOPLE = ["Anna Berg", "Li Wei", "Tom", "Maria Costa", "Olga"]
PLACES = ["Lund", "Suzhou", "Porto", "New Haven"]
FIRMS = ["Nordlys", "Blue Kite", "Acme"]
PATTERNS = ["{person} moved to {place} .", "In {place} {firm} hired {person} .", "{firm} left {place} last year ."]

POEMS = ["白日依山尽，黄河入海流。", "欲穷千里目，更上一层楼。", "床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"]


def conll(size: int, start: int = 0, scheme: str = "IOB2") -> str:
    """Sentences with their entities, as a file in CoNLL format."""
    lines = []
    for index in range(start, start + size):
        names = {
            "person": (PEOPLE[index % len(PEOPLE)], "PER"),
            "place": (PLACES[index % len(PLACES)], "LOC"),
            "firm": (FIRMS[index % len(FIRMS)], "ORG"),
        }
        for part in PATTERNS[index % len(PATTERNS)].split():
            if part.startswith("{"):
                words, kind = names[part.strip("{}")][0].split(), names[part.strip("{}")][1]
                first = "I" if scheme == "IOB1" else "B"
                lines += [f"{word}\t{'I' if place else first}-{kind}" for place, word in enumerate(words)]
            else:
                lines.append(f"{part}\tO")
        lines.append("")
    return "\n".join(lines) + "\n"


def bert_folder(folder: Path, texts: list[str], *, width: int = 32, dropout: float = 0.1) -> Path:
    """A BERT with random weights and a vocabulary of these texts, as `save_pretrained` leaves them."""
    tokenizer = Tokenizer(WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [ascii_letters, ascii_letters[::-1]]  # so that every word can be spelt
    trainer = WordPieceTrainer(vocab_size=220, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(texts + letters, trainer)
    ids = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ids)
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **names)
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=len(fast),
        hidden_size=width,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=64,
        pad_token_id=fast.pad_token_id,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
        initializer_range=0.2,  # so that states differ from text to text
    )
    BertModel(shape, add_pooling_layer=False).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def gpt_folder(folder: Path, texts: list[str]) -> Path:
    """A GPT-2 with random weights and the characters of these texts, as `save_pretrained` leaves them."""
    tokenizer = character_tokenizer(texts)
    torch.manual_seed(0)
    shape = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=32,
        n_layer=1,
        n_head=2,
        n_embd=32,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    GPT2LMHeadModel(shape).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def reviews(size: int, ending: str, seed: int = 0) -> str:
    """Opinions on a film with their labels, as CSV or as JSON lines."""
    rng = random.Random(seed)
    rows = []
    for _ in range(size):
        label, words = rng.choice([("good", ["great", "bright"]), ("bad", ["dull", "flat"])])
        rows.append((f"the film is {rng.choice(['very', 'rather', 'so'])} {rng.choice(words)}", label))
    if ending == "jsonl":
        return "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows)
    return "text,label\n" + "".join(f"{text},{label}\n" for text, label in rows)
