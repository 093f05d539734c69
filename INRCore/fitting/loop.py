"""`FitLoop`: fits the parameters of a `Problem`, step by step, for whoever drives it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from ..devices import choose_device
from ..errors import DeviceError, InputError
from ..memory import is_out_of_memory, release
from ..volume import Volume
from .checkpoint import load_checkpoint, optimizer_tensors, restore_optimizer, save_checkpoint
from .optimizers import OPTIMIZERS
from .progress import Control, Progress
from .settings import FitSettings

_SMOOTHING = 0.7
_PLATEAU_GAIN = 1e-3
_MAX_RESTARTS = 3
_FEWEST_POINTS = 64


class Problem:
    """What a task asks of the loop: a module to fit and a loss. Subclasses move their data in `to`."""

    module: nn.Module

    def to(self, device: torch.device) -> None:
        """Moves module and data to the device; called once, before the first step."""
        self.module.to(device)

    def losses(self, points: int, generator: torch.Generator, iteration: int) -> dict[str, Tensor]:
        """Weighted terms of the loss (their sum is minimised) on a fresh sample of about `points` points, drawn with
        `generator` (on the module's device) so that a seed repeats the fit."""
        raise NotImplementedError

    def metrics(self) -> dict[str, float]:
        """Measurements of the present state by their report names, called seldom; empty: the task has none."""
        return {}

    def preview(self, voxels: int) -> Volume | None:
        """The result so far on a coarse grid of about so many voxels; None: the task has none."""
        return None


class FitLoop:
    """Iterate over `run()` for `Progress` reports; when it ends, for whatever reason, the problem's module holds the
    best parameters so far and `stop_reason` says why it ended.

    Raises `DeviceError` when memory runs out even with the smallest batch, `InputError` when the loss is not finite in
    spite of smaller steps.
    """

    def __init__(self, problem: Problem, settings: FitSettings, control: Control | None = None, stage: str = "fit"):
        self.problem, self.settings, self.stage = problem, settings, stage
        self.control = control or Control()
        self.choice = choose_device(settings.device)
        problem.to(self.choice.device)
        self.generator = torch.Generator(self.choice.device).manual_seed(settings.seed)
        self.optimizer = OPTIMIZERS[settings.optimizer](problem.module.parameters(), settings.learning_rate)
        self.iteration, self.points = 0, settings.points
        self.stop_reason, self.notes = "", list[str]()
        self.loss_history: list[tuple[int, float]] = []
        self.metrics: dict[str, float] = {}
        self.elapsed = 0.0
        self._rate_factor = 1.0
        self._smoothed, self._best_loss, self._best_iteration = math.inf, math.inf, 0
        self._best = self._snapshot()

    @property
    def device(self) -> torch.device:
        return self.choice.device

    # -- running -----------------------------------------------------------------------------------------------------
    def run(self) -> Iterator[Progress]:
        """Yields a report every `report_every` iterations and at the end."""
        settings, started = self.settings, time.perf_counter() - self.elapsed
        every = settings.metric_every or max(settings.report_every, settings.iterations // 20)
        sums: dict[str, Tensor] = {}
        count = 0
        while self.iteration < settings.iterations and not self.stop_reason:
            terms = self._step_with_less_memory()
            for name, term in terms.items():
                sums[name] = sums.get(name, 0) + term.detach()
            self.iteration, count = self.iteration + 1, count + 1
            self.elapsed = time.perf_counter() - started
            last = self.iteration == settings.iterations
            measure = self.iteration % every == 0 or last
            if self.control.stopped:
                self.stop_reason = "stopped"
            if not (measure or self.iteration % settings.report_every == 0 or self.stop_reason):
                continue
            losses = {name: float(total) / count for name, total in sums.items()}
            sums, count = {}, 0
            if self._accept(sum(losses.values())) and measure:
                self.metrics = self.problem.metrics()
            self._check_targets()
            yield self._progress(losses)
        self.stop_reason = self.stop_reason or "iterations"
        self._restore(self._best)

    def _step_with_less_memory(self) -> dict[str, Tensor]:
        while True:
            try:
                return self._step()
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                if self.points // 2 < _FEWEST_POINTS:
                    raise DeviceError(
                        f"{self.choice.reason}: out of memory even with {self.points} points per step; "
                        "choose a smaller network, close other programs, or use the CPU."
                    ) from error
            # Outside the handler, so that the failed step's tensors are no longer held by the exception.
            self.points //= 2
            self.notes.append(f"Memory ran out; going on with {self.points} points per step.")
            release(self.device)

    def _step(self) -> dict[str, Tensor]:
        for group in self.optimizer.param_groups:
            group["lr"] = (
                self._rate_factor * self.settings.learning_rate * self.settings.learning_rate_factor(self.iteration)
            )
        state = self.generator.get_state() if self.settings.optimizer == "lbfgs" else None
        terms: dict[str, Tensor] = {}

        def closure() -> Tensor:
            if state is not None:
                self.generator.set_state(state)  # a line search must see the same sample at every trial
            self.optimizer.zero_grad(set_to_none=True)
            now = self.problem.losses(self.points, self.generator, self.iteration)
            total = torch.stack(list(now.values())).sum()
            total.backward()
            if not terms:
                terms.update(now)
            return total

        self.optimizer.step(closure)  # type: ignore[arg-type]
        return terms

    # -- judging -----------------------------------------------------------------------------------------------------
    def _accept(self, loss: float) -> bool:
        """Takes a report's mean loss into account; False when it is not finite and the fit was put back."""
        if not math.isfinite(loss):
            self._go_back()
            return False
        previous = self._smoothed if math.isfinite(self._smoothed) else loss
        self._smoothed = _SMOOTHING * previous + (1 - _SMOOTHING) * loss
        self.loss_history.append((self.iteration, loss))
        if self._smoothed < self._best_loss:
            if self._smoothed < self._best_loss - _PLATEAU_GAIN * abs(self._best_loss):
                self._best_iteration = self.iteration
            self._best_loss, self._best = self._smoothed, self._snapshot()
        return True

    def _go_back(self) -> None:
        self._rate_factor /= 4
        if self._rate_factor < 4.0**-_MAX_RESTARTS:
            raise InputError(
                "The fit diverged (loss not finite) even with smaller steps; lower the learning rate or check the "
                "input for extreme values."
            )
        self.notes.append(f"The loss was not finite; going back with a learning rate of {self._rate_factor:g} times.")
        self._restore(self._best)
        self.optimizer.state.clear()

    def _check_targets(self) -> None:
        s = self.settings
        if self.stop_reason:
            return
        if s.target_psnr_db is not None and self.metrics.get("psnr_db", -math.inf) >= s.target_psnr_db:
            self.stop_reason, self._best = "target", self._snapshot()
        elif s.target_loss is not None and self._smoothed <= s.target_loss:
            self.stop_reason = "target"
        elif s.plateau_iterations is not None and self.iteration - self._best_iteration >= s.plateau_iterations:
            self.stop_reason = "plateau"
        elif s.max_seconds is not None and self.elapsed >= s.max_seconds:
            self.stop_reason = "time"

    def _progress(self, losses: dict[str, float]) -> Progress:
        left = self.settings.iterations - self.iteration
        eta = 0.0 if self.stop_reason else self.elapsed / self.iteration * left
        note = self.notes[-1] if self.notes else ""
        return Progress(
            self.stage, self.iteration, self.settings.iterations, losses, dict(self.metrics), self.elapsed, eta, note,
            self.problem.preview,
        )  # fmt: skip

    # -- state -------------------------------------------------------------------------------------------------------
    def _snapshot(self) -> dict[str, Tensor]:
        return {name: tensor.detach().clone() for name, tensor in self.problem.module.state_dict().items()}

    def _restore(self, state: dict[str, Tensor]) -> None:
        self.problem.module.load_state_dict(state)

    def save_checkpoint(self, path: str | Path) -> None:
        """Writes the state of the fit; `resume` of a loop over the same problem and settings goes on from it."""
        groups = {
            "module": self._snapshot(),
            "best": self._best,
            "optimizer": optimizer_tensors(self.optimizer),
            "generator": {self.device.type: self.generator.get_state()},
        }
        judged = [self._smoothed, self._best_loss]
        numbers = {
            "iteration": self.iteration, "points": self.points, "elapsed": self.elapsed, "history": self.loss_history,
            "judged": [j if math.isfinite(j) else None for j in judged], "best_iteration": self._best_iteration,
            "rate_factor": self._rate_factor,
        }  # fmt: skip
        save_checkpoint(path, groups, numbers)

    def resume(self, path: str | Path) -> None:
        """Goes on from a checkpoint. Raises `InputError` when it is damaged or belongs to another network."""
        groups, numbers = load_checkpoint(path)
        present = {name: (t.shape, t.dtype) for name, t in self.problem.module.state_dict().items()}
        if {name: (t.shape, t.dtype) for name, t in groups.get("module", {}).items()} != present:
            raise InputError(f"'{path}' belongs to another network; resume with the settings it was made with.")
        self._restore(groups["module"])
        restore_optimizer(self.optimizer, groups.get("optimizer", {}))
        self._best = {name: tensor.to(self.device) for name, tensor in groups["best"].items()}
        if self.device.type in groups["generator"]:
            self.generator.set_state(groups["generator"][self.device.type])
        else:  # another kind of device: its generator has another state, so only a fresh seed is possible
            self.generator.manual_seed(self.settings.seed + numbers["iteration"])
        self.iteration, self.points, self.elapsed = numbers["iteration"], numbers["points"], numbers["elapsed"]
        self.loss_history = [(int(i), float(loss)) for i, loss in numbers["history"]]
        self._smoothed, self._best_loss = (math.inf if j is None else j for j in numbers["judged"])
        self._best_iteration, self._rate_factor = numbers["best_iteration"], numbers["rate_factor"]
