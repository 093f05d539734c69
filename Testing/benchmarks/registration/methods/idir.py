"""IDIR's own code (Wolterink, Zwienenberg & Brune, MIDL 2022), run where it was checked out and patched in memory for
machines without CUDA. Options: folder (of the checkout), epochs (2500 in the paper), seconds (of the clock, after which
the fit ends with the steps it has made; none)."""

from __future__ import annotations

import importlib.machinery
import sys
import time
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from ..exchange import Job, MissingError, transformed

_JACOBIAN_WEIGHT = 0.05
_CHUNK = 1 << 17


def prepare(job: Job) -> Callable[[], tuple[np.ndarray, str]]:
    """The code takes two arrays of one lattice and a mask: the moving image is resampled to the fixed lattice through
    the start. SIREN, 2500 steps of 10,000 points, Adam 1e-5, NCC, Jacobian weight 0.05, as in the paper."""
    import torch
    from scipy import ndimage

    folder = job.options.get("folder")
    if not folder:
        raise MissingError("not run: no checkout of MIAGroupUT/IDIR (see --idir)")
    sys.path.insert(0, folder)
    steps = _Steps(float(job.options.get("seconds", "inf")))
    sys.modules["tqdm"] = _module_of(steps)
    on_gpu = job.device == "cuda" and torch.cuda.is_available()
    if not on_gpu:
        _without_cuda(torch)
    from models import models

    epochs = int(job.options.get("epochs", 2500))
    index = transformed(np.linalg.inv(job.moving_affine), job.started(job.fixed_points()))
    moving = ndimage.map_coordinates(job.moving, np.moveaxis(index[..., ::-1], -1, 0), order=1, mode="nearest")

    def registration() -> tuple[np.ndarray, str]:
        model = models.ImplicitRegistrator(
            torch.from_numpy(moving), torch.from_numpy(job.fixed), mask=job.mask, epochs=epochs, gpu=on_gpu,
            network_type="SIREN", jacobian_regularization=True, alpha_jacobian=_JACOBIAN_WEIGHT, verbose=False,
            save_folder="",
        )  # fmt: skip
        model.fit()
        return job.started(_moved(job, model, torch)), f"{steps.made} of 2500 steps" if steps.made != 2500 else ""

    return registration


def _moved(job: Job, model: Any, torch: Any) -> np.ndarray:
    """(k, j, i, 3) RAS mm on the fixed lattice: IDIR's coordinates are -1 to 1 between the first and the last voxel
    centre along each array axis."""
    half = (np.array(job.fixed.shape) - 1) / 2
    where = np.moveaxis(np.indices(job.fixed.shape), 0, -1).reshape(-1, 3) / half - 1
    out = np.empty_like(where)
    device = next(model.network.parameters()).device
    with torch.no_grad():
        for start in range(0, len(where), _CHUNK):
            points = torch.as_tensor(where[start : start + _CHUNK], dtype=torch.float32, device=device)
            out[start : start + _CHUNK] = model.network(points).cpu().numpy()
    index = (where + out + 1) * half
    return transformed(job.fixed_affine, index[:, ::-1]).reshape(*job.fixed.shape, 3)


def _without_cuda(torch: Any) -> None:
    """Its `.cuda()` calls do nothing and its permutations are drawn on the CPU; nothing else changes."""
    torch.Tensor.cuda = lambda self, *_, **__: self
    drawn = torch.randperm

    def randperm(*arguments: Any, **names: Any) -> Any:
        names.pop("device", None)
        return drawn(*arguments, **names)

    torch.randperm = randperm


class _Steps:
    """Stands in for the progress bar: counts the steps and ends them when the time is up."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self.made = seconds, 0

    def __call__(self, numbers: Iterable[int]) -> Iterator[int]:
        end = time.monotonic() + self._seconds
        for number in numbers:
            if time.monotonic() > end:
                return
            yield number
            self.made += 1


def _module_of(steps: _Steps) -> types.ModuleType:
    """Not every environment has the module of the progress bar; torch asks modules for their spec."""
    module = types.ModuleType("tqdm")
    module.__spec__ = importlib.machinery.ModuleSpec("tqdm", None)
    module.tqdm = steps  # type: ignore[attr-defined]
    return module
