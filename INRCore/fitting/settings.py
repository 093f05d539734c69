"""How long and how a field is fitted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..devices import DEVICE_NAMES
from ..settings import require_choice, require_range

OPTIMIZER_NAMES = ("adam", "adamw", "lbfgs", "muon", "schedule_free", "sgd", "soap")
SCHEDULE_NAMES = ("constant", "cosine", "exponential")


@dataclass(frozen=True)
class FitSettings:
    """Settings of the fit loop, the same for every task.

    iterations: optimiser steps; points: sample points per step (halved by itself when memory runs out).
    learning_rate: of the first step; sine networks of width 64 to 128: 1e-3 to 2e-3 ('schedule_free' 3e-3), grids: 2e-2
    to 4e-2 ('schedule_free' 6e-2 to 1.2e-1). schedule: 'constant', 'cosine' (to 0) or 'exponential' (to 1 % of it).
    optimizer: 'adam'; 'adamw' (with weight decay); 'schedule_free' (averages its weights, wants a constant schedule);
    'muon' (orthogonal steps for hidden matrices); 'soap' (Adam in turned axes); 'sgd' (plain steps with momentum);
    'lbfgs' (quasi-Newton with a line search, learning rate about 0.5; for few parameters and large batches).
    target_psnr_db, target_loss: stop as soon as the metric (where the task measures it) or the smoothed loss is there.
    plateau_iterations: stop when the smoothed loss has not fallen by 0.1 % for so many iterations; None: never.
    max_seconds: stop after this time; None: no limit.
    report_every: iterations between two progress reports; metric_every: iterations between two measurements of the
    metric, None: twenty per fit.
    seed, device ('auto', 'cuda', 'mps', 'cpu'), max_memory_gb (working memory; None: a sensible default).
    """

    iterations: int = 1000
    points: int = 8192
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    optimizer: str = "adam"
    target_psnr_db: float | None = None
    target_loss: float | None = None
    plateau_iterations: int | None = None
    max_seconds: float | None = None
    report_every: int = 10
    metric_every: int | None = None
    seed: int = 0
    device: str = "auto"
    max_memory_gb: float | None = None

    def __post_init__(self) -> None:
        require_range("The number of iterations", self.iterations, 1, 10_000_000)
        require_range("The number of points per step", self.points, 1, 1 << 26)
        require_range("The learning rate", self.learning_rate, 1e-9, 10)
        require_choice("The schedule", self.schedule, SCHEDULE_NAMES)
        require_choice("The optimizer", self.optimizer, OPTIMIZER_NAMES)
        require_choice("The device", self.device, DEVICE_NAMES)
        require_range("The target PSNR", self.target_psnr_db, 0, 200, "dB")
        require_range("plateau_iterations", self.plateau_iterations, 1, 10_000_000)
        require_range("The time limit", self.max_seconds, 0.1, 1e7, "s")
        require_range("report_every", self.report_every, 1, 1_000_000)
        require_range("metric_every", self.metric_every, 1, 10_000_000)
        require_range("The seed", self.seed, 0, 2**63 - 1)
        require_range("The memory limit", self.max_memory_gb, 0.05, 1e5, "GB")

    def learning_rate_factor(self, iteration: int) -> float:
        """Factor on the learning rate at an iteration (0-based)."""
        done = iteration / self.iterations
        if self.schedule == "cosine":
            return 0.5 * (1 + math.cos(math.pi * done))
        return 1.0 if self.schedule == "constant" else 0.01**done
