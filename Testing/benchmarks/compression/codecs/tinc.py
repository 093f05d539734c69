"""TINC's own code (Yang, CVPR 2023) from benchmark_output/TINC: a tree of sine networks, as in its example.
Quality: log2 of the ratio asked for. Options: epochs (10000 in its example), points (in each step over all blocks;
262144 in its example)."""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ..exchange import MissingError
from ..streams import Levels, as_dtype, pack, unpack

_FOLDER = Path("benchmark_output/TINC")
_BLOCKS = 4  # along each axis on the finest of three levels: sizes must be multiples of it
# Parameters for each node relative to the others, layers, activation; shared out equally, which a decoder can repeat
# without the original volume (the example shares the last level's out by what it finds in the volume).
_TREE = [[1.0, 2, "Sine", "equal"], [0.8, 2, "Sine", "equal"], [1.5, 3, "Sine", "equal"]]


def encode(voxels: np.ndarray, quality: float, options: dict[str, Any]) -> bytes:
    """Adamax and the rate 1e-3 of the example; the parameters are stored as float32, as its code does."""
    padding = [(0, -size % _BLOCKS) for size in voxels.shape]
    target = voxels.nbytes / 2.0**quality
    batch, epochs = int(options.get("points", 262144)), int(options.get("epochs", 10000))
    tree = _tree(np.pad(voxels, padding, mode="edge"), target, batch, epochs)
    for chosen, places in tree.sampler:
        tree.optimizer.zero_grad()
        tree.cal_loss(chosen, places).backward()
        tree.optimizer.step()
        tree.lr_scheduler.step()
    weights = [parameter.detach().numpy().ravel() for parameter in _parameters(tree)]
    return pack(Levels.of(voxels, 16), [np.concatenate(weights).astype("<f4").tobytes(), np.float64(target).tobytes()])


def decode(data: bytes) -> np.ndarray:
    """(k, j, i) in the voxels' own type."""
    import torch

    levels, (stream, target) = unpack(data)
    shape = [size + -size % _BLOCKS for size in levels.shape]
    stand_in = np.zeros(shape, levels.dtype)
    stand_in[0, 0, 0] = 1  # only the sizes matter; constant volumes have no range
    tree, at = _tree(stand_in, float(np.frombuffer(target)[0]), 262144, 1), 0
    weights = np.frombuffer(stream, "<f4")
    with torch.no_grad():
        for parameter in _parameters(tree):
            part = weights[at : at + parameter.numel()].copy()
            parameter.copy_(torch.from_numpy(part).reshape(parameter.shape))
            at += parameter.numel()
    tree.side_info |= {"data_min": levels.low, "data_max": levels.low + 65535 * levels.step, "dtype": np.float64}
    with contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
        values = tree.predict(batch_size=1 << 15)[..., 0]
    return as_dtype(values[tuple(slice(0, size) for size in levels.shape)], levels.dtype)


def _parameters(tree: Any) -> list[Any]:
    return [parameter for node in tree.node_list for parameter in node.net.net.parameters()]


def _tree(volume: np.ndarray, target_bytes: float, batch: int, epochs: int) -> Any:
    if not _FOLDER.exists():
        raise MissingError(f"not run: no checkout of RichealYoung/TINC in {_FOLDER}")
    import tifffile
    from omegaconf import OmegaConf

    sys.path.insert(0, str(_FOLDER))
    from utils.OctTree import OctTreeMLP

    with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()):
        path = Path(name, "volume.tif")
        tifffile.imwrite(path, volume)
        train = {
            "batch_size": batch, "epochs": epochs, "device": "cpu", "optimizer": {"type": "Adamax", "lr": 1e-3},
            "lr_scheduler": {"name": "MultiStepLR", "milestones": [20000, 50000], "gamma": 0.2},
            "weight": [2001, 65535, 0.01],
        }  # fmt: skip
        return OctTreeMLP(
            OmegaConf.create(
                {
                    "Path": str(path), "Ratio": path.stat().st_size / target_bytes, "Train": train,
                    "Preprocess": {"normal_min": 0, "normal_max": 100},
                    "Network": {"input": 3, "output": 1, "level_info": _TREE, "w0": 30},
                }
            )
        )  # fmt: skip
