"""Where it is decided what depends on the number of processes that share a run.

The loop asks its strategy for a process's share of a step's batches, for sums over all processes, for the norm of a
gradient whose parts may lie apart, for who writes files, and for whole state dicts. With `Local`, a run is one
process, and every answer is the plain one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from torch import Tensor, nn
from torch.optim import Optimizer

T = TypeVar("T")


class Strategy(Protocol):
    """What `aigc_ref.train` asks of whoever knows the other processes. All of them call each of these, in one order."""

    @property
    def is_main(self) -> bool:
        """Whether this process writes records, checkpoints and what a person sees; exactly one does."""
        ...

    def shard(self, batches: Sequence[T]) -> Sequence[tuple[int, T]]:
        """This process's batches of a step, each with its number in the step; a share may be empty."""
        ...

    def backward(self, loss: Tensor) -> None:
        """Adds the gradient of a sum of losses to what this process has gathered in the step."""
        ...

    def sum_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replaces the gradients by their sums over all processes, once a step, after all backward passes."""
        ...

    def sum(self, *values: float) -> list[float]:
        """Each value summed over all processes, in float64."""
        ...

    def clip(self, parameters: Sequence[nn.Parameter], max_norm: float) -> float:
        """Shortens the gradient of all parameters together to `max_norm`; returns its norm before."""
        ...

    def from_main(self, measure: Callable[[], dict[str, float]]) -> dict[str, float]:
        """What the main process measures, in every process: they must decide alike."""
        ...

    def state_dict(self, of: nn.Module | Optimizer) -> Mapping[str, Any]:
        """The whole state, wherever its parts lie, as one process without a strategy would have it."""
        ...

    def load_state_dict(self, into: nn.Module | Optimizer, state: Mapping[str, Any]) -> None:
        """Puts a whole state back."""
        ...


class Local:
    """One process with everything."""

    is_main = True

    def shard(self, batches: Sequence[T]) -> Sequence[tuple[int, T]]:
        return list(enumerate(batches))

    def backward(self, loss: Tensor) -> None:
        loss.backward()

    def sum_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        pass

    def sum(self, *values: float) -> list[float]:
        return list(values)

    def clip(self, parameters: Sequence[nn.Parameter], max_norm: float) -> float:
        return float(nn.utils.clip_grad_norm_(parameters, max_norm))

    def from_main(self, measure: Callable[[], dict[str, float]]) -> dict[str, float]:
        return measure()

    def state_dict(self, of: nn.Module | Optimizer) -> Mapping[str, Any]:
        return of.state_dict()

    def load_state_dict(self, into: nn.Module | Optimizer, state: Mapping[str, Any]) -> None:
        into.load_state_dict(dict(state))
