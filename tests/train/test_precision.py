"""In what precision a model computes, and that `auto` asks the device; each branch is forced."""

import pytest
import torch

from aigc_ref.train.precision import Precision, autocast, computes_bfloat16

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("capabilities", "half"),
    [({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"bf16": True}, True), ({"avx2": True}, False)],
    ids=["AVX-512", "AMX", "Arm", "AVX2"],
)
def test_auto_computes_in_what_the_processor_knows(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], half: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert computes_bfloat16(CPU) is half
    with autocast(CPU, "auto"):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if half else torch.float32)


@pytest.mark.parametrize(("precision", "dtype"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)])
def test_a_precision_that_is_named_is_taken_wherever_it_runs(
    monkeypatch: pytest.MonkeyPatch, precision: Precision, dtype: torch.dtype
) -> None:
    for capabilities in ({"amx_bf16": True}, {}):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda found=capabilities: found)
        with autocast(CPU, precision):
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


@pytest.mark.parametrize("emulated", [True, False])
def test_a_graphics_card_that_only_emulates_it_does_not_count(monkeypatch: pytest.MonkeyPatch, emulated: bool) -> None:
    def supported(*, including_emulation: bool) -> bool:
        return including_emulation or not emulated

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert computes_bfloat16(torch.device("cuda")) is not emulated


def test_a_precision_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="precision is one of auto, float32, bfloat16; not 'float16'"):
        autocast(CPU, "float16")  # type: ignore[arg-type]  # that is the point
