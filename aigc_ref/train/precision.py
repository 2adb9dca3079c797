"""In what precision a model computes.

    float32    as the weights are stored
    bfloat16   under autocast: weights, losses and optimizers stay float32, and only what autocast deems safe is
               computed in half precision; its exponent is that of float32, so that no loss need be scaled
    auto       bfloat16 where the device computes in it, else float32

A processor that does not know bfloat16 emulates it, and a step takes up to ten times as long as in float32.

Paper: paper-mixed-precision.
"""

from typing import Literal, get_args

import torch

Precision = Literal["auto", "float32", "bfloat16"]


def check_precision(precision: str) -> None:
    """Refuses a precision that there is not.

    Raises:
        ValueError: the name is none of `Precision`.
    """
    if precision not in get_args(Precision):
        raise ValueError(f"precision is one of {', '.join(get_args(Precision))}; not {precision!r}")


def computes_bfloat16(device: torch.device) -> bool:
    """Whether the device has instructions for bfloat16: in x86 AVX512-BF16 or AMX, in Arm BF16."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return device.type in {"xpu", "npu"}


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """The context to compute in; with "float32", or where "auto" finds no bfloat16, it does nothing.

    Examples:
        >>> with autocast(torch.device("cpu"), "bfloat16"):
        ...     product = torch.ones(2, 2) @ torch.ones(2, 2)
        >>> product.dtype
        torch.bfloat16
    """
    check_precision(precision)
    half = computes_bfloat16(device) if precision == "auto" else precision == "bfloat16"
    return torch.autocast(device.type, torch.bfloat16, enabled=half)
