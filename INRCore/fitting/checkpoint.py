"""A fit's state in a file, so that it can be resumed after a crash or on another day (no pickle)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..storage import load_tensors, save_tensors
from .optimizer_base import Optimizer

FORMAT = "INRCore checkpoint 1"
_COMPLEX = "#complex"


def save_checkpoint(path: str | Path, groups: dict[str, dict[str, Tensor]], numbers: dict[str, Any]) -> None:
    """Writes named groups of tensors and JSON numbers atomically, over an older checkpoint of the same name."""
    tensors: dict[str, np.ndarray] = {}
    for group, members in groups.items():
        for name, tensor in members.items():
            suffix = _COMPLEX if tensor.is_complex() else ""
            real = torch.view_as_real(tensor) if tensor.is_complex() else tensor
            tensors[f"{group}/{name}{suffix}"] = real.detach().cpu().numpy()
    save_tensors(path, tensors, {"format": FORMAT, "numbers": json.dumps(numbers)}, force=True)


def load_checkpoint(path: str | Path) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]]:
    """What `save_checkpoint` wrote. Raises `InputError` when it is missing, damaged or no checkpoint."""
    arrays, metadata = load_tensors(path)
    if metadata.get("format") != FORMAT:
        raise InputError(f"'{path}' is no checkpoint of this version; start the fit anew.")
    groups: dict[str, dict[str, Tensor]] = {}
    for key, array in arrays.items():
        group, name = key.split("/", 1)
        tensor = torch.from_numpy(array)
        if name.endswith(_COMPLEX):
            name, tensor = name[: -len(_COMPLEX)], torch.view_as_complex(tensor)
        groups.setdefault(group, {})[name] = tensor
    return groups, json.loads(metadata["numbers"])


def optimizer_tensors(optimizer: Optimizer | torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimiser's state as named tensors; 'parameter number.name'. Raises `InputError` for L-BFGS, whose history is
    no fixed set of tensors."""
    if isinstance(optimizer, torch.optim.LBFGS):
        raise InputError("A fit with the optimizer 'lbfgs' cannot be saved half-way; choose 'adam'.")
    state = optimizer.state_dict()["state"]
    return {f"{n}.{name}": torch.as_tensor(value) for n, entry in state.items() for name, value in entry.items()}


def restore_optimizer(optimizer: Optimizer | torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Undoes `optimizer_tensors`; the learning rate is set by the loop at every step."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        number, name = key.split(".", 1)
        state.setdefault(int(number), {})[name] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
