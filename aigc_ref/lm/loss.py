"""The loss of a causal language model.

    L = - 1/N · Σ_t log p(x_{t+1} | x_≤t),   summed over the positions whose label is not -100; N is their number

The model's logits at position t are its guess at token t + 1, so that logits and labels are compared one apart: the
last logits and the first label have no partner. Without this shift the model need only copy its input, and its loss
falls to nearly zero while it learns nothing.

Paper: paper-gpt2.
"""

from jaxtyping import Float, Int
from torch import Tensor, nn

from aigc_ref.train.batch import Batch
from aigc_ref.train.loss import SummedLoss, summed_cross_entropy


def causal_loss(logits: Float[Tensor, "batch length vocabulary"], labels: Int[Tensor, "..."]) -> SummedLoss:
    """The negative log-likelihood of the labels, each under the logits one position before it.

    Args:
        logits: shape (batch, length, vocabulary).
        labels: shape (batch, length), not shifted; -100 is passed over. Where there is nothing to predict, as in a
            text of one token, the sum is 0, of 0 tokens.

    Raises:
        ValueError: the shapes do not fit.

    Examples:
        >>> import torch
        >>> uniform = torch.zeros(1, 3, 10)
        >>> loss = causal_loss(uniform, torch.tensor([[4, 5, -100]]))
        >>> loss.count.item(), round(loss.mean.item(), 4)  # one token, log 10
        (1, 2.3026)
    """
    if logits.shape[:-1] != labels.shape:
        raise ValueError(f"logits of shape {tuple(logits.shape)} do not fit labels of shape {tuple(labels.shape)}")
    return summed_cross_entropy(logits[:, :-1], labels[:, 1:])


def packed_loss(model: nn.Module, batch: Batch) -> SummedLoss:
    """The loss of packed documents (see `aigc_ref.text.packing`), as the training loop takes it.

    Without a cache: a model of transformers makes itself one by default, and with a cache, as with an attention mask,
    it does not look where the documents begin, and lets each see those before it.

    Args:
        model: our GPT, or a causal language model of transformers.
        batch: of `packed_collator`.
    """
    logits = model(input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False).logits
    return causal_loss(logits, batch["labels"])
