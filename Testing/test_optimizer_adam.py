"""Adam by torch's kernels, without torch's compiler."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from INRCore.fitting.optimizer_adam import Adam


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.complex64])
@pytest.mark.parametrize("single_kernel", [False, None])
def test_adam_takes_the_very_steps_of_torchs_own(kind, single_kernel):
    generator = torch.Generator().manual_seed(0)
    first = [torch.randn(shape, dtype=kind, generator=generator) for shape in ((7, 5), (3,))]
    ours, theirs = ([torch.nn.Parameter(value.clone()) for value in first] for _ in range(2))
    fused = single_kernel is None and not kind.is_complex
    one = Adam(ours, 0.1, (0.8, 0.95), 1e-3, single_kernel)
    two = torch.optim.Adam(theirs, 0.1, (0.8, 0.95), 1e-3, fused=fused or None)
    for step in range(5):
        for parameters in zip(ours, theirs, strict=True):
            gradient = torch.randn(parameters[0].shape, dtype=kind, generator=generator)
            for parameter in parameters:
                parameter.grad = gradient.clone() if step != 2 else None
        one.step()
        two.step()
        one.zero_grad()
        assert all(parameter.grad is None for parameter in ours)
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(ours, first, strict=True))


def test_a_fit_does_not_load_torchs_compiler():
    script = """
import sys
import numpy as np
import INRCore, torch
from INRCore.fitting.optimizers import OPTIMIZERS
parameter = torch.nn.Parameter(torch.ones(3))
for name in ("adam", "muon", "soap", "schedule_free"):
    optimizer = OPTIMIZERS[name]([parameter], 0.1)
    def closure():
        optimizer.zero_grad()
        total = parameter.square().sum()
        total.backward()
        return total
    optimizer.step(closure)
assert "torch._dynamo" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).resolve().parents[1])
