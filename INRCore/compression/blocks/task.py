"""Compression by the codec 'blocks': boxes, one fit of all their networks, steps of the weights that fill the file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...fitting import Control, FitLoop, Progress
from ...fitting.progress import Steps
from ...results import loop_record
from ...settings import require
from ...volume import Volume
from ..files import inr_to_bytes
from ..holes import fill_holes
from ..inr_file import InrFile
from ..settings import CompressionSettings
from .fit import LEARNING_RATE_FACTOR, BlocksProblem
from .partition import plan_blocks
from .stored import Blocks, StoredBlocks

_BITS = 5.3
"""Of a parameter in the file, its share of the boxes included, for the first guess of how many there is room for."""
_COARSEST = 3.0
"""Largest factor on the steps; beyond it the networks fall apart."""


def check_blocks(volume: Volume, settings: CompressionSettings) -> None:
    """Raises `InputError` when the codec 'blocks' cannot do what is asked for."""
    require(
        settings.target_max_error is None and settings.target_psnr_db is None,
        "The codec 'blocks' knows ratios and file sizes only; leave the largest error and the PSNR out.",
    )


def blocks_steps(
    volume: Volume, content: InrFile, settings: CompressionSettings, control: Control | None
) -> Steps[tuple[InrFile, dict[str, Any]]]:
    """The content of the file and what the fit has to say; yields progress of the stages 'quantise' and 'fit'."""
    check_blocks(volume, settings)
    asked = settings.within(volume.nbytes).target_ratio
    yield Progress("quantise", 0, 1)
    values = fill_holes(volume.array.astype(np.float64))
    empty = len(inr_to_bytes(replace(content, blocks=StoredBlocks(volume.grid.shape, {}, b"", b""))))
    goal = volume.nbytes / asked if asked else volume.nbytes / settings.usual_ratio + empty
    leaves, kinds = plan_blocks(values, max(goal - empty, 0) * 8 / _BITS)
    fit = replace(settings.fit, learning_rate=min(settings.fit.learning_rate * LEARNING_RATE_FACTOR, 1.0))
    problem = BlocksProblem(values, content.intensity, leaves, kinds, fit.seed, fit.iterations)
    record: dict[str, Any] = {"device": "cpu (boxes without networks)"}
    if (kinds > 0).any():
        loop = FitLoop(problem, fit, control)
        yield from loop.run()
        record = loop_record(loop)
    return _filled(volume, content, problem, goal, asked is not None), record


def _filled(volume: Volume, content: InrFile, problem: BlocksProblem, goal: float, is_asked: bool) -> InrFile:
    """The file with the finest steps for which it keeps to `goal` bytes. Raises `InputError` when none does and it was
    asked for."""

    def at(factor: float) -> tuple[InrFile, int]:
        file = replace(content, blocks=_packed(problem.stored(problem.steps(factor)), volume))
        return file, len(inr_to_bytes(file))

    low, high = 1.0, _COARSEST
    file, size = at(low)
    if size > goal:
        best, smallest = at(high)
        require(
            smallest <= goal or not is_asked,
            f"{volume.label} cannot be compressed {volume.nbytes / goal:.4g}:1 by 'blocks': the smallest file gives "
            f"{volume.nbytes / smallest:.3g}:1; ask for a lower ratio.",
        )
        for _ in range(6):
            middle = (low * high) ** 0.5
            trial, size = at(middle)
            if size > goal:
                low = middle
            else:
                best, high = trial, middle
        return best
    for factor in (0.87, 0.75, 0.65):
        trial, size = at(factor)
        if size > goal:
            break
        file = trial
    return file


def _packed(blocks: Blocks, volume: Volume) -> StoredBlocks:
    return StoredBlocks(blocks.leaves.shape, blocks.steps, *blocks.to_streams(), volume.label)
