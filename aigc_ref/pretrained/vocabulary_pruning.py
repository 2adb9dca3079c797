"""Fewer tokens for an encoder: what one's own texts do not use is left out.

Of multilingual-e5-small's 118 million parameters 96 million are embeddings, most of them for other languages than
yours. Without them it trains in a fraction of the memory and gives the same states, to the last bit.

Kept are the tokens of the texts, the special tokens, and every single character. Why the texts are still cut alike: a
tokenizer of type Unigram takes the likeliest of all ways to cut, and one of type WordPiece the longest piece at each
place; what they chose among all pieces they choose again among fewer, as long as it is still there. A text that was
not given falls into shorter pieces, and into unknown ones only where no piece is the character by itself.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tokenizers import Tokenizer
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from aigc_ref.pretrained.encoders import Encoder

EMBEDDING = "embeddings.word_embeddings.weight"
CONTINUED = "##"  # marks a piece of WordPiece that does not begin a word


def prune_vocabulary(encoder: Encoder, texts: Sequence[str]) -> Encoder:
    """A smaller encoder that gives these texts the same states: the tokens that they do not use are left out.

    The given encoder stays as it is; the two share no weights.

    Args:
        encoder: with a Unigram or WordPiece tokenizer, as those of `encoders` have.
        texts: as they will be fed, with prefixes such as "query: ".

    Raises:
        ValueError: the tokenizer is of another kind, or there is no text.
    """
    if not texts:
        raise ValueError("there is no text whose tokens could be kept; give those that the encoder will read")
    state = {**json.loads(encoder.tokenizer.backend_tokenizer.to_str()), "truncation": None, "padding": None}
    vocabulary = encoder.tokenizer.get_vocab()
    kept = {index for ids in encoder.tokenizer(list(texts))["input_ids"] for index in ids}
    kept.update(encoder.tokenizer.all_special_ids)
    kept.update(index for token, index in vocabulary.items() if len(token.removeprefix(CONTINUED)) == 1)
    if state["model"]["type"] == "Unigram":
        scores = [score for _, score in state["model"]["vocab"]]
        kept.add(scores.index(min(scores)))  # an unknown character costs ten more than the least likely piece
    rows = sorted(kept)
    tokenizer = _with_ids(encoder.tokenizer, state, {old: new for new, old in enumerate(rows)})
    shape = {**encoder.model.config.to_dict(), "vocab_size": len(rows), "pad_token_id": tokenizer.pad_token_id}
    weights = encoder.model.state_dict()
    weights[EMBEDDING] = encoder.model.embeddings.word_embeddings.weight.detach()[rows]
    model = BertModel(BertConfig.from_dict(shape), add_pooling_layer=False)
    model.load_state_dict(weights)
    model.eval()
    return Encoder(model, tokenizer)


def _with_ids(tokenizer: PreTrainedTokenizerFast, state: Any, ids: Mapping[int, int]) -> PreTrainedTokenizerFast:
    """The tokenizer with the tokens that `ids` names, from the old id to the new one.

    Args:
        tokenizer: whose special tokens and greatest length stay.
        state: its backend, as its JSON says; it is changed.
        ids: in rising order.
    """
    model = state["model"]
    if model["type"] == "Unigram":
        model["vocab"] = [model["vocab"][old] for old in ids]
        model["unk_id"] = ids[model["unk_id"]]
    elif model["type"] == "WordPiece":
        model["vocab"] = {token: ids[old] for token, old in model["vocab"].items() if old in ids}
    else:
        raise ValueError(f"a tokenizer of Unigram or WordPiece can be pruned, not one of {model['type']}")
    for token in state["added_tokens"]:
        token["id"] = ids[token["id"]]
    for token in state["post_processor"]["special_tokens"].values():
        token["ids"] = [ids[old] for old in token["ids"]]
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(state)),
        model_max_length=tokenizer.model_max_length,
        **tokenizer.special_tokens_map,
    )
